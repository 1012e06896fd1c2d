"""``gsfm-enrich ranked``: the threshold-free test of a ranked table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from gsfm_enrich.commands.options import GeneSets, Model, Organism
from gsfm_enrich.commands.output import NOTHING_FOUND, closing, say, show_table, without_constant, working

WATCHED_ROWS = 20
WATCHED_COLUMNS = {
    "group": "Group",
    "Gene_set": "Library",
    "Term": "Term",
    "Size": "Size",
    "NES": "NES",
    "NOM p-val": "P-value",
    "FDR q-val": "FDR",
    "Lead_genes": "Leading genes",
    "Predicted Lead Genes": "Predicted",
}
"""The columns shown in a terminal, and their shorter names."""

RANKED_CLOSING = closing(
    "Examples:",
    "  gsfm-enrich ranked -i ranks.rnk -g GO_Biological_Process",
    "  gsfm-enrich ranked -i deseq2.csv -g GO_Biological_Process --direction up -o terms.tsv",
    "",
    "Exit code: 0 with terms, 1 when no term can be tested, 2 on bad input.",
)


def ranked(
    *,
    input_table: Annotated[
        str,
        typer.Option(
            "-i",
            "--input",
            metavar="FILE",
            help="All measured genes with a signed statistic: a .rnk file, or a csv or tsv table.",
        ),
    ],
    gene_sets: GeneSets,
    organism: Organism = "human",
    direction: Annotated[
        Literal["both", "up", "down"],
        typer.Option(
            "--direction", help="Genes that change in either direction, that go up, or that go down."
        ),
    ] = "both",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Tab-separated file to write.")
    ] = None,
    min_size: Annotated[
        int, typer.Option("--min-size", min=1, help="Smallest number of measured members of a term.")
    ] = 5,
    model: Model = "default",
) -> None:
    """Find the terms whose genes change, without a cut-off.

    All measured genes count with their statistic: members of a term fully, predicted members with less
    weight. The p-values are estimates, because a table alone does not tell how its genes are correlated.
    """
    with working("Testing the terms, completed with the model"):
        from gsfm_enrich.tl._ranked_tables import enrich_ranked

        result = enrich_ranked(
            input_table, gene_sets, direction=direction, organism=organism, model=model, min_size=min_size
        ).results
    show_table(result, columns=without_constant(WATCHED_COLUMNS, result), rows=WATCHED_ROWS)
    if out is not None:
        result.to_csv(out, sep="\t", index=False)
        say(f"Table in {out}")
    if result.empty:
        raise typer.Exit(NOTHING_FOUND)
