"""``gsfm-enrich describe``: a gene in plain sentences."""

from __future__ import annotations

from typing import Annotated

import typer

from gsfm_enrich.commands.options import THREE_OF_GO, FunctionSets, Gene, Model, Organism
from gsfm_enrich.commands.output import NOTHING_FOUND, closing, printable, working

DESCRIBE_CLOSING = closing(
    "Examples:",
    "  gsfm-enrich describe C1orf112",
    "  gsfm-enrich describe FAM111B -g GO_Biological_Process --top 1",
    "",
    "Exit code: 0 with a prediction, 1 without any, 2 on bad input.",
)


def describe(
    *,
    name: Gene,
    gene_sets: FunctionSets = THREE_OF_GO,
    top: Annotated[
        int, typer.Option("-t", "--top", min=1, help="Largest number of new functions to describe.")
    ] = 3,
    organism: Organism = "human",
    model: Model = "default",
) -> None:
    """Say in plain sentences what a gene does and may do.

    What is known, what is predicted, what that rests on, how sure it is, and what speaks against it.
    """
    with working("Completing the terms of the libraries"):
        from gsfm_enrich.prediction.describe import describe_gene

        found = describe_gene(name, gene_sets, top=top, organism=organism, model=model)
    typer.echo("\n\n".join(map(printable, found.text.split("\n\n"))))
    if not (found.functions["out_of_reach"] == "").any():
        raise typer.Exit(NOTHING_FOUND)
