"""``gsfm-enrich list``: a page on a list of genes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gsfm_enrich.commands.options import DEFAULT_LIBRARY, GeneFile, Genes, GeneSets, Model, Organism, genes_of
from gsfm_enrich.commands.output import closing, say, working

LIST_CLOSING = closing(
    "Examples:",
    "  gsfm-enrich list -i hits.txt -o hits.html",
    "  gsfm-enrich list CD79A CD79B MS4A1 CD19 CD22 --negatives others.txt -n 20",
    "",
    "Exit code: 0 when written, 2 on bad input.",
)


def list_page(
    *,
    genes: Genes = None,
    gene_file: GeneFile = None,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="HTML", help="File to write.")] = Path(
        "list.html"
    ),
    negatives: Annotated[
        str | None,
        typer.Option(
            "--negatives", metavar="FILE", help="Text file with genes that do not belong, one per line."
        ),
    ] = None,
    gene_sets: GeneSets = DEFAULT_LIBRARY,
    n: Annotated[int, typer.Option("-n", "--number", min=1, help="Number of genes to add.")] = 50,
    organism: Organism = "human",
    model: Model = "default",
) -> None:
    """Write an HTML page on whether a list hangs together.

    Whether its genes are found from one another better than those of random lists, which do not fit, which
    terms it resembles, and which genes belong with it. The sentences also go to standard output.
    """
    given = genes_of(genes, gene_file)
    against = genes_of(None, negatives) if negatives is not None else None
    with working("Completing the list"):
        from gsfm_enrich.html.list_page import write_list_page
        from gsfm_enrich.prediction.list_fit import list_fit

        found = list_fit(given, gene_sets, negatives=against, n=n, organism=organism, model=model)
        written = write_list_page(found, out)
    typer.echo(found.text)
    say(f"Page in {written}")
