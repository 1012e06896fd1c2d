"""``gsfm-enrich report`` and ``gene``: stored results, or everything about one gene, as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gsfm_enrich.commands.options import THREE_OF_GO, FunctionSets, Gene, Model, Organism, genes_of
from gsfm_enrich.commands.output import NOTHING_FOUND, closing, file_stem, say, working

REPORT_CLOSING = closing(
    "Examples:",
    "  gsfm-enrich report pbmc.h5ad",
    "  gsfm-enrich report GSEApy_reports/Enrichr.human.enrichr.reports.txt -o mine.html --title Mine",
    "",
    "Exit code: 0 when written, 2 on bad input.",
)

GENE_CLOSING = closing(
    "Examples:",
    "  gsfm-enrich gene C1orf112",
    "  gsfm-enrich gene FAM111B -i hits.txt -g GO_Biological_Process -o page.html",
    "",
    "Exit code: 0 when written, 1 when the model does not know the gene, 2 on bad input.",
)


def report(
    *,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="An .h5ad file with results of ge.tl.enrichr, or a table from enrichr (.txt, .tsv, .csv).",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="HTML", help="File to write (default: FILE with the ending .html)."
        ),
    ] = None,
    key: Annotated[
        str, typer.Option("--key", metavar="SLOT", help="Key in adata.uns of the results.")
    ] = "gsfm_enrichr",
    top_term: Annotated[
        int,
        typer.Option("-t", "--top-term", min=1, help="Largest number of terms in the table of each list."),
    ] = 50,
    cutoff: Annotated[
        float, typer.Option("--cut", "--cut-off", help="Largest adjusted p-value in the tables.")
    ] = 1.0,
    title: Annotated[str, typer.Option("--title", help="Heading of the report.")] = "Gene set enrichment",
) -> None:
    """Write an HTML report of results that were stored.

    A single file with plots and tables that can be sorted, filtered and expanded. It works offline.
    """
    with working("Writing the report"):
        from gsfm_enrich.get.result_files import read_results
        from gsfm_enrich.html.report import report as write

        results = read_results(file)
        target = file.with_suffix(".html") if out is None else out
        written = write(results, target, key=key, top_term=top_term, cutoff=cutoff, title=title)
    say(f"Report in {written}")


def gene(
    *,
    name: Gene,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="HTML", help="File to write (default: GENE.html)."),
    ] = None,
    companions: Annotated[
        str | None,
        typer.Option(
            "-i",
            "--input-list",
            metavar="FILE",
            help="Text file with the genes it was found with, one per line; - for stdin.",
        ),
    ] = None,
    gene_sets: FunctionSets = THREE_OF_GO,
    top: Annotated[
        int, typer.Option("-t", "--top", min=1, help="Number of terms to list from each library.")
    ] = 10,
    organism: Organism = "human",
    model: Model = "default",
) -> None:
    """Write an HTML page about what a gene may do, and why.

    A single file with a paragraph in plain language, tables, and a plot of its neighbours. It works offline.
    """
    found_with = genes_of(None, companions) if companions is not None else None
    with working("Completing the terms of the libraries"):
        from gsfm_enrich.html.gene_page import gene_report

        target = Path(f"{file_stem(name)}.html") if out is None else out
        written = gene_report(
            name, target, gene_sets, companions=found_with, top=top, organism=organism, model=model
        )
    say(f"Page in {written}")
    from gsfm_enrich.genes.match import match
    from gsfm_enrich.model.checkpoint import load_model
    from gsfm_enrich.organisms import organism_name

    if match([name.strip()], load_model(model).vocab.tokens, organism_name(organism)).columns[0] < 0:
        raise typer.Exit(NOTHING_FOUND)
