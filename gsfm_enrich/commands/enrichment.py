"""``gsfm-enrich enrichr``: gseapy's command, its terms re-ranked."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gsfm_enrich.commands.options import GeneSets, Model, Organism, check_folder, genes_of
from gsfm_enrich.commands.output import NOTHING_FOUND, closing, say, show_table, without_constant, working

WATCHED_ROWS = 20
WATCHED_COLUMNS = {
    "Gene_set": "Library",
    "Term": "Term",
    "Overlap": "Overlap",
    "P-value": "P-value",
    "Expected Overlap": "Expected",
    "GSFM Adjusted P-value": "GSFM adj. P",
    "GSFM Rank": "Rank",
    "Rank Change": "Change",
    "Predicted Genes": "Predicted genes",
}
"""The columns shown in a terminal, and their shorter names."""

ENRICHR_CLOSING = closing(
    "Examples:",
    "  gsfm-enrich enrichr -i genes.txt -g GO_Biological_Process",
    "  gsfm-enrich enrichr -i genes.txt -g KEGG_2021_Human,my.gmt -b measured.txt -o results",
    "  cut -f1 hits.tsv | gsfm-enrich enrichr -i - -g GO_Molecular_Function --no-files > t.tsv",
    "",
    "Exit code: 0 with terms, 1 when no term shares a gene with the list, 2 on bad input.",
)


def enrichr(
    *,
    input_list: Annotated[
        str,
        typer.Option(
            "-i",
            "--input-list",
            metavar="IDS",
            help="Text file with one gene per line, - for stdin, or genes separated by commas.",
        ),
    ],
    gene_sets: GeneSets,
    organism: Organism = "human",
    description: Annotated[
        str,
        typer.Option(
            "--ds", "--description", help="Accepted for compatibility with gseapy; nothing is sent anywhere."
        ),
    ] = "enrichr",
    cutoff: Annotated[
        float, typer.Option("--cut", "--cut-off", help="Largest adjusted p-value in the figure.")
    ] = 0.05,
    background: Annotated[
        str | None,
        typer.Option(
            "-b",
            "--bg",
            "--background",
            metavar="BG",
            help="Genes that could have been in the list: a text file with one per line (best: all measured "
            "genes), or their number. Default: all genes of each library.",
        ),
    ] = None,
    top_term: Annotated[
        int, typer.Option("-t", "--top-term", min=1, help="Number of terms in the figure.")
    ] = 10,
    outdir: Annotated[
        str, typer.Option("-o", "--outdir", metavar="DIR", help="Folder for the table and the figure.")
    ] = "GSEApy_reports",
    format_: Annotated[
        Literal["pdf", "png", "jpeg", "eps", "svg"],
        typer.Option("-f", "--format", help="File format of the figure."),
    ] = "pdf",
    figsize: Annotated[
        tuple[float, float],
        typer.Option("--fs", "--figsize", metavar="W H", help="Size of the figure in inches."),
    ] = (6.5, 6.0),
    graph: Annotated[int, typer.Option("--graph", hidden=True)] = 20,
    no_plot: Annotated[bool, typer.Option("--no-plot", help="Do not draw a figure.")] = False,
    no_files: Annotated[
        bool, typer.Option("--no-files", help="Do not write files, only print the table.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Report how the genes were found.")
    ] = False,
    model: Model = "default",
    rerank: Annotated[
        bool,
        typer.Option("--rerank/--no-rerank", help="Re-rank with the model, or run the overlap test only."),
    ] = True,
    min_overlap: Annotated[
        int,
        typer.Option("--min-overlap", min=0, help="Omit terms that share fewer genes with the list."),
    ] = 1,
    propensity: Annotated[
        Literal["publications"] | None,
        typer.Option(
            "--propensity", help="Compare with random lists that are as biased towards well-studied genes."
        ),
    ] = None,
    completeness: Annotated[
        float | None,
        typer.Option(
            "--completeness",
            min=0,
            max=1,
            help="How complete the libraries are; the more, the less is added. Reactome: 0.98, others: 0.",
        ),
    ] = None,
    fdr_over: Annotated[
        Literal["library", "all"],
        typer.Option("--fdr-over", help="Adjust p-values within each library, or over all of them."),
    ] = "library",
    sort: Annotated[
        Literal["gsfm", "gseapy"],
        typer.Option("--sort", help="Order of the terms: best first, or by name."),
    ] = "gsfm",
) -> None:
    """Find the terms that a list of genes is about.

    Accepts the options of gseapy's enrichr and writes its files. The overlap test is the same as gseapy's.
    The model then completes every term, and terms are re-ranked by the overlap that a complete library would
    show. The table is also printed to standard output.
    """
    if not no_files:
        check_folder(outdir)
    with working("Testing the terms" + (" and completing them with the model" if rerank else "")):
        from gsfm_enrich.drop_in.enrichr import enrichr as run

        result = run(
            genes_of(None, input_list),
            gene_sets,
            organism=organism,
            outdir=None if no_files else outdir,
            background=background,
            cutoff=cutoff,
            format=format_,
            figsize=figsize,
            top_term=top_term,
            no_plot=no_plot,
            model=model,
            rerank=rerank,
            min_overlap=min_overlap,
            sort=sort,
            propensity=propensity,
            completeness=completeness,
            fdr_over=fdr_over,
        )
    if verbose:
        for line in result.gene_report.splitlines():
            say(line)
    table = result.results
    if not rerank and sort == "gsfm":  # then the file is in gseapy's order, by name, which is hard to read
        table = table.sort_values("P-value", kind="stable")
    show_table(table, columns=without_constant(WATCHED_COLUMNS, table), rows=WATCHED_ROWS)
    if not no_files:
        say(f"Table{'' if no_plot else ' and figure'} in {result.outdir}/")
    if result.results.empty:
        raise typer.Exit(NOTHING_FOUND)
