"""The slow competitors beside re-ranking: blitzgsea over gene scores, decoupler's query_set.

    python -m benchmarks.competitors --data ../shared/data

*Gene scores, GSEA* is what the site of the published models does: the list is completed, and the terms are
tested for high scores of their genes (blitzgsea, by p-value and direction). Random lists show what its
p-values are worth: it permutes genes within the ranking that the model made, so whatever genes the model
finds alike look like a finding. *Random ranking, GSEA* is the same test where nothing was completed.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import blitzgsea
import decoupler
import numpy as np
import pandas as pd
import typer

from benchmarks.protocols import read_library, write_table
from benchmarks.queries import Task, contaminated, mixtures
from benchmarks.term_ranking import fast_methods, measured, rows_of
from gsfm_enrich.drop_in.enrichr import enrich
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.augment import augment

RANDOM = ("KEGG_2021_Human", "ChEA_ChEA3")
RANDOM_SIZE = 100


def gsea(genes: Sequence[str], scores: np.ndarray, sets: dict[str, list[str]]) -> pd.DataFrame:
    """Return blitzgsea's table for scored genes."""
    signature = pd.DataFrame({0: list(genes), 1: scores})
    return blitzgsea.gsea(signature, sets, permutations=200, processes=2, seed=0)


def gene_score_gsea(task: Task, query: list[str], sets: dict[str, list[str]], model: GSFM) -> np.ndarray:
    """Return -|NES| signed so that terms of high-scoring genes come first."""
    scores = augment(query, n=None, known=True, model=model)
    found = gsea(scores["gene"], scores["score"].to_numpy(), sets)
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


def random_lists(data: Path, n_queries: int, model: GSFM, seed: int) -> list[dict[str, object]]:
    """Test random lists by all methods: how often p-values are small, and any term significant."""
    rows: list[dict[str, object]] = []
    for name in RANDOM:
        library = read_library(data, name)
        sets, rng = library.to_dict(), np.random.default_rng(seed)
        queries = [list(rng.choice(library.genes, RANDOM_SIZE, replace=False)) for _ in range(n_queries)]
        tables: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
        for query in queries:
            ours = enrich(query, library, model=model, min_overlap=0).results
            for method, p, q in (
                ("GSFM p-value", "GSFM P-value", "GSFM Adjusted P-value"),
                ("overlap test (gseapy)", "P-value", "Adjusted P-value"),
            ):
                seen = ours if method.startswith("GSFM") else ours[ours["Overlap"].str[:2] != "0/"]
                tables.setdefault(method, []).append((seen[p].to_numpy(), seen[q].to_numpy()))
            completed = augment(query, n=None, known=True, model=model)
            shuffled = rng.standard_normal(len(completed))
            for method, scores in (
                ("gene scores, GSEA (the site's way)", completed["score"].to_numpy()),
                ("random ranking, GSEA (blitzgsea)", shuffled),
            ):
                found = gsea(completed["gene"], scores, sets)
                tables.setdefault(method, []).append((found["pval"].to_numpy(), found["fdr"].to_numpy()))
        for method, found in tables.items():
            p = np.concatenate([values for values, _ in found])
            rows.append(
                {
                    "library": name,
                    "method": method,
                    "random lists": len(found),
                    "p<.05": f"{np.mean(p < 0.05):.4f}",
                    "p<.001": f"{np.mean(p < 0.001):.5f}",
                    "lists with any FDR<.05": f"{np.mean([q.min() < 0.05 for _, q in found]):.2f}",
                }
            )
            print(*rows[-1].values(), sep="\t", flush=True)
    return rows


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/ and benchmark/.")] = Path(
        "../shared/data"
    ),
    model: Annotated[str, typer.Option(help="Checkpoint.")] = "default",
    n_queries: Annotated[int, typer.Option(help="Queries a library and protocol.")] = 30,
    libraries: Annotated[
        str, typer.Option(help="Comma-separated names.")
    ] = "KEGG_2021_Human,WikiPathway_2023_Human",
    n_random: Annotated[int, typer.Option(help="Random lists a library; 0: none.")] = 20,
    n_contaminated: Annotated[int, typer.Option(help="Queries of contaminated sets; 0: none.")] = 0,
    seed: int = 0,
) -> None:
    """Print and write where the right term stands, method by method."""
    warnings.simplefilter("ignore")
    network = load_model(model)
    if n_random:
        write_table(random_lists(data, n_random, network, seed), "competitors_random")
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
        figures = {method: measured(task, scores) for method, scores in matrices.items()}
        rows += rows_of(task, figures, "GSFM p-value")
        print(task.protocol, task.library, f"{time.perf_counter() - start:.0f} s", flush=True)
    write_table(rows, "competitors")


if __name__ == "__main__":
    typer.run(main)
