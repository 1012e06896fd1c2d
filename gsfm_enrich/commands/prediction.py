"""``gsfm-enrich predict`` and ``augment``: predictions for genes, terms and lists."""

from __future__ import annotations

from typing import Annotated

import typer

from gsfm_enrich.commands.options import (
    DEFAULT_LIBRARY,
    GeneFile,
    Genes,
    GeneSets,
    Model,
    Organism,
    genes_of,
)
from gsfm_enrich.commands.output import NOTHING_FOUND, closing, show_table, working
from gsfm_enrich.errors import InputError

DEFAULT_FUNCTIONS, DEFAULT_GENES = 10, 50
SHOWN_ROWS = 50
"""Rows of all predictions that a terminal shows."""

SHOWN_FUNCTIONS = {
    "gene": "gene", "term": "term", "rank": "rank", "probability": "probability", "z_score": "z-score",
    "known": "known", "term_auroc": "term AUROC", "neighbours": "closest genes there", "caution": "caution",
}  # fmt: skip
"""The columns shown in a terminal; a pipe or a file gets all of them."""

PREDICT_CLOSING = closing(
    "Examples:",
    "  gsfm-enrich predict C1orf112 FAM111B",
    "  gsfm-enrich predict -i hits.txt -g GO_Molecular_Function --top 5 --new > predicted.tsv",
    '  gsfm-enrich predict --term "apoptotic process (GO:0006915)" --new',
    "",
    "Exit code: 0 with predictions, 1 without any, 2 on bad input.",
)
COMPLETE_CLOSING = closing(
    "Examples:",
    "  gsfm-enrich complete > predicted.tsv",
    "  gsfm-enrich complete -g GO_Molecular_Function --min-probability 0.5 > sure.tsv",
    "",
    "Exit code: 0 with predictions, 1 without any, 2 on bad input.",
)
AUGMENT_CLOSING = closing(
    "Examples:",
    "  gsfm-enrich augment TP53 MDM2 CDKN1A -n 20",
    "  gsfm-enrich augment -i hits.txt > more_genes.tsv",
    "",
    "Exit code: 0 with genes, 1 without any, 2 on bad input.",
)


def predict(
    *,
    genes: Genes = None,
    gene_file: GeneFile = None,
    term: Annotated[
        str | None,
        typer.Option(
            "--term", metavar="TERM", help="Predict the genes of this term instead of the functions of genes."
        ),
    ] = None,
    gene_sets: GeneSets = DEFAULT_LIBRARY,
    top: Annotated[
        int | None,
        typer.Option(
            "-t",
            "--top",
            min=1,
            help=f"Terms per gene and library (default: {DEFAULT_FUNCTIONS}), or genes for the term "
            f"(default: {DEFAULT_GENES}).",
            show_default=False,
        ),
    ] = None,
    known: Annotated[
        bool,
        typer.Option(
            "--known/--new", help="Include memberships that the library lists, or show only new ones."
        ),
    ] = True,
    organism: Organism = "human",
    model: Model = "default",
) -> None:
    """Find functions of genes, or genes of a term.

    The model completes the terms, so this includes functions that the library does not list. The score
    compares the gene with all others in the completed term. The z-score corrects for the gene's scores in
    random sets, so that well-studied genes do not win for that reason alone.
    """
    if term is not None and (genes or gene_file is not None):
        raise InputError("predict takes genes or --term, not both.")
    given = genes_of(genes, gene_file) if term is None else []
    with working("Completing the terms of the library"):
        from gsfm_enrich.prediction.predict import predict_functions, predict_genes

        if term is None:
            top = top or DEFAULT_FUNCTIONS
            table = predict_functions(given, gene_sets, top=top, known=known, organism=organism, model=model)
        else:
            top = top or DEFAULT_GENES
            table = predict_genes(term, gene_sets, top=top, known=known, organism=organism, model=model)
    show_table(table, columns=SHOWN_FUNCTIONS if term is None else None)
    if table.empty:
        raise typer.Exit(NOTHING_FOUND)


def complete(
    *,
    gene_sets: GeneSets = DEFAULT_LIBRARY,
    min_probability: Annotated[
        float, typer.Option("--min-probability", min=0, max=1, help="Smallest probability to write.")
    ] = 0.1,
    organism: Organism = "human",
    model: Model = "default",
) -> None:
    """Find the new members of all terms.

    Every gene that the model knows and every term that does not list it, down to a probability, with
    the number of genes that have the term among their ten best.
    """
    with working("Completing the terms of the library"):
        from gsfm_enrich.prediction.predict_all import predict_all

        table = predict_all(gene_sets, min_probability=min_probability, organism=organism, model=model)
    show_table(table, rows=SHOWN_ROWS)
    if table.empty:
        raise typer.Exit(NOTHING_FOUND)


def augment(
    *,
    genes: Genes = None,
    gene_file: GeneFile = None,
    n: Annotated[int, typer.Option("-n", "--number", min=1, help="Number of genes to add.")] = 50,
    organism: Organism = "human",
    model: Model = "default",
) -> None:
    """Find the genes that a list lacks, strongest first."""
    given = genes_of(genes, gene_file)
    with working("Completing the list"):
        from gsfm_enrich.prediction.augment import augment as run

        table = run(given, n, organism=organism, model=model)
    show_table(table)
    if table.empty:
        raise typer.Exit(NOTHING_FOUND)
