"""Completion of mouse libraries: a species layer that learned from mouse sets, and plain orthology.

    python -m benchmarks.species_layer --data ../shared/data

Half of each term of mouse libraries is given. Every gene that any of the methods can place is asked about;
one that a method cannot place is not given to it either, and gets its lowest score.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from benchmarks.protocols import bootstrap, read_library, write_table
from gsfm_enrich.evaluation.evaluate import complete_halves
from gsfm_enrich.evaluation.scorers import Scorer, model_scorer
from gsfm_enrich.files import CACHE_VARIABLE
from gsfm_enrich.genes.orthology import install_orthology, load_orthology
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.species import biadjacency
from gsfm_enrich.model.species_channels import species_layer
from gsfm_enrich.training.species import fit_species, species_corpus

LIBRARIES = ("Mouse_Hallmark_MSigDB_2024.1", "Mouse_Reactome_MSigDB_2024.1", "PanglaoDB_Mouse")
PLAIN, LEARNED = "plain mapping", "learned layer"


def by_upper_case(scorer: Scorer) -> Scorer:
    """Read every mouse symbol as the human symbol of the same letters."""

    def score(sets: Sequence[Sequence[str]], genes: Sequence[str]) -> np.ndarray:
        return scorer([[gene.upper() for gene in given] for given in sets], [gene.upper() for gene in genes])

    return score


def with_lowest(scorer: Scorer, placed: set[str]) -> Scorer:
    """Give the genes that this method cannot place, but another can, the lowest score."""

    def score(sets: Sequence[Sequence[str]], genes: Sequence[str]) -> np.ndarray:
        found = scorer(sets, genes)
        lowest = np.nanmin(found, axis=1, keepdims=True) - 1
        asked = np.array([gene in placed for gene in genes])
        return np.where(np.isnan(found) & asked, lowest, found)

    return score


def show(step: int, loss: float, checked: float | None) -> None:
    """Say how far the training is."""
    if checked is not None:
        print(f"{step} steps, loss {loss:.4f}", flush=True)


def main(
    data: Annotated[Path, typer.Option(help="Folder with corpus/, libraries/ and ids/.")] = Path(
        "../shared/data"
    ),
    model: Annotated[
        str, typer.Option(help="A human checkpoint, not trained on these libraries.")
    ] = "default",
    splits: Annotated[int, typer.Option(help="Random halves a term.")] = 2,
    max_terms: Annotated[int, typer.Option(help="Terms a library, drawn at random.")] = 100,
) -> None:
    """Fit the layer, then print and write one table: libraries by methods."""
    os.environ[CACHE_VARIABLE] = tempfile.mkdtemp()
    print(install_orthology("mouse", data / "ids" / "HOM_MouseHumanSequence.rpt.gz"))
    human, orthology = load_model(model), load_orthology("mouse")
    pairs = biadjacency(human, orthology)
    plain, layer = species_layer(human, pairs), species_layer(human, pairs)
    corpus = species_corpus(sorted((data / "corpus").glob("*_mouse_*.gmt.gz")), orthology, layer)
    print(f"{len(corpus):,} mouse sets; left out: {corpus.left_out}", flush=True)
    for step, loss in fit_species(layer, corpus, report=show):
        print(f"step {step}: validation loss {loss:.4f}")
    weights = layer.weight.detach()
    moved = (weights - plain.weight.detach()).abs() > 0.1
    print(f"{len(weights):,} weights, {int(moved.sum()):,} of them moved by more than 0.1")
    rows = []
    for name in LIBRARIES:
        library = read_library(data, name)
        scorers = {
            "upper-case rule": by_upper_case(model_scorer(human)),
            PLAIN: model_scorer(plain),
            LEARNED: model_scorer(layer),
        }
        finite = [np.isfinite(scorer([[]], library.genes)[0]) for scorer in scorers.values()]
        placed = {gene for gene, known in zip(library.genes, np.any(finite, axis=0), strict=True) if known}
        figures = {}
        for method, scorer in scorers.items():
            found = complete_halves(library, with_lowest(scorer, placed), splits=splits, max_terms=max_terms)
            figures[method] = pd.DataFrame(found).groupby("term")[["auroc", "average_precision"]].mean()
        for (method, terms), known in zip(figures.items(), finite, strict=True):
            other = figures[PLAIN]
            gain = (terms - other)["auroc"].to_numpy()
            rows.append(
                {
                    "library": name,
                    "method": method,
                    "terms": len(terms),
                    "genes placed": f"{known.mean():.3f}",
                    "median AUROC": bootstrap(terms["auroc"].to_numpy(), np.median),
                    "mean AP": bootstrap(terms["average_precision"].to_numpy()),
                    "mean gain in AUROC over plain": bootstrap(gain) if method == LEARNED else "",
                }
            )
            print(*rows[-1].values(), sep="\t", flush=True)
    write_table(rows, "species_layer")


if __name__ == "__main__":
    typer.run(main)
