"""The slow competitors beside re-ranking: blitzgsea over gene scores, decoupler's query_set.

    python -m benchmarks.competitors --data ../shared/data

*Gene scores, GSEA* is what the site of the published models does: the list is completed, and the terms are
tested for high scores of their genes (blitzgsea, by p-value and direction).
"""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Annotated

import blitzgsea
import decoupler
import numpy as np
import pandas as pd
import typer

from benchmarks.protocols import write_table
from benchmarks.queries import Task, contaminated, mixtures
from benchmarks.term_ranking import fast_methods, rows_of
from gsfm_enrich.functions.augment import augment
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM


def gene_score_gsea(task: Task, query: list[str], sets: dict[str, list[str]], model: GSFM) -> np.ndarray:
    """Return -|NES| signed so that terms of high-scoring genes come first."""
    scores = augment(query, n=None, known=True, model=model)
    signature = pd.DataFrame({0: scores["gene"], 1: scores["score"]})
    found = blitzgsea.gsea(signature, sets, permutations=200, processes=1, seed=0)
    order = np.full(len(task.terms), np.inf)
    where = [task.terms.position(term) for term in found.index]
    order[where] = -np.sign(found["nes"]) * -np.log10(found["pval"].clip(lower=1e-300))
    return order


def query_set(task: Task, query: list[str], net: pd.DataFrame) -> np.ndarray:
    """Return decoupler's p-value of each term."""
    found = decoupler.mt.query_set(query, net, n_bg=len(task.terms.genes), tmin=0).set_index("source")
    order = np.ones(len(task.terms))
    order[[task.terms.position(term) for term in found.index]] = found["pval"]
    return order


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/ and benchmark/.")] = Path(
        "../shared/data"
    ),
    model: Annotated[str, typer.Option(help="Checkpoint.")] = "default",
    n_queries: Annotated[int, typer.Option(help="Queries a library and protocol.")] = 30,
    libraries: Annotated[
        str, typer.Option(help="Comma-separated names.")
    ] = "KEGG_2021_Human,WikiPathway_2023_Human",
    n_contaminated: Annotated[int, typer.Option(help="Queries of contaminated sets; 0: none.")] = 0,
    seed: int = 0,
) -> None:
    """Print and write where the right term stands, method by method."""
    warnings.simplefilter("ignore")
    network = load_model(model)
    tasks = list(mixtures(data, libraries.split(","), n_queries, seed))
    if n_contaminated:
        tasks.append(contaminated(data, n_contaminated, seed))
    rows: list[dict[str, object]] = []
    for task in tasks:
        start = time.perf_counter()
        sets = task.terms.to_dict()
        net = pd.DataFrame(
            [(term, gene) for term, genes in sets.items() for gene in genes], columns=["source", "target"]
        )
        known = [list(set(query) & set(task.terms.genes)) for query in task.queries]
        matrices = fast_methods(task, network)
        matrices["gene scores, GSEA (blitzgsea)"] = np.stack(
            [gene_score_gsea(task, query, sets, network) for query in task.queries]
        )
        matrices["query_set (decoupler)"] = np.stack([query_set(task, query, net) for query in known])
        rows += rows_of(task, matrices, "GSFM p-value")
        print(task.protocol, task.library, f"{time.perf_counter() - start:.0f} s", flush=True)
    write_table(rows, "competitors")


if __name__ == "__main__":
    typer.run(main)
