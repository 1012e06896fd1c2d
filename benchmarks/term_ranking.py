"""Does re-ranking put the right term higher? All protocols, overlap test and re-ranking on the same queries.

    python -m benchmarks.term_ranking --data ../shared/data

Slow methods have their own command, `benchmarks.competitors`.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.protocols import bootstrap, write_table
from benchmarks.queries import (
    PERTURBED,
    Task,
    contaminated,
    halves,
    mixtures,
    new_members,
    perturbations,
)
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.lists import rank_terms
from gsfm_enrich.ranking.overlap import combined_score, odds_ratio

LIBRARIES = (
    "KEGG_2021_Human",
    "WikiPathway_2023_Human",
    "MGI_Mammalian_Phenotype_Level_4_2021",
    "GO_Biological_Process_2023",
    "ChEA_ChEA3",
    "GO_Biological_Process_2021",
    "GO_CC_MSigDB_2024.1",
    "GO_MF_MSigDB_2024.1",
    "Reactome_MSigDB_2024.1",
    "Reactome_2016",
    "KEGG_2016",
    "MSigDB_Hallmark_2024.1",
    "GWAS_Catalog_2019",
    "GWAS_Catalog_2023",
    "HPO_MSigDB_2024.1",
    "Human_Phenotype_Ontology",
    "InterPro_Domains_2019",
    "CellMarker_Human",
    "PanglaoDB_Human",
    "ENCODE_ChEA3",
    "ReMap_ChEA3",
)
FACTORS = ("ChEA_ChEA3", "ENCODE_ChEA3", "ReMap_ChEA3")


def tasks(data: Path, names: list[str], n: int, n_factors: int, seed: int) -> Iterator[Task]:
    """Go through all protocols."""
    yield from mixtures(data, names, n, seed)
    yield new_members(data, n, seed)
    yield contaminated(data, n, seed)
    for name in FACTORS if n_factors else ():
        yield perturbations(data, name, n_factors, seed)


def fast_methods(task: Task, model: GSFM) -> dict[str, np.ndarray]:
    """Return the scores of every term for every query, the lower the better, shape (queries, terms)."""
    n = len(task.terms)
    lists = dict(enumerate(task.queries))
    table = rank_terms(lists, task.terms, top=n, model=model, progress=False)
    rows, columns = table["list"].to_numpy(int), [task.terms.position(term) for term in table["term"]]
    drawn = np.array([len(set(q) & set(task.terms.genes)) for q in task.queries])[rows]
    odds = odds_ratio(table["overlap"], table["size"], drawn, len(task.terms.genes))
    scores = {
        "overlap test (gseapy)": table["p_value"],
        "combined score (gseapy)": -combined_score(table["p_value"], odds),
        "GSFM p-value": table["gsfm_p_value"],
    }
    matrices = {}
    for method, values in scores.items():
        matrices[method] = np.full((len(lists), n), np.inf)
        matrices[method][rows, columns] = values
    return matrices


def evaluate(task: Task, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each query the rank of the best right term, and the AUROC of all right terms."""
    best, auroc = [], []
    for row, answers in zip(scores, task.answers, strict=True):
        right = np.zeros(len(row), dtype=bool)
        right[[task.terms.position(term) for term in answers]] = True
        ranks = average_ranks(row)
        best.append(ranks[right].min())
        n, m = right.sum(), (~right).sum()
        auroc.append(1 - (ranks[right].sum() - n * (n + 1) / 2) / (n * m))
    return np.array(best), np.array(auroc)


def average_ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks from 1; ties share the mean of their ranks."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[where]


def rows_of(task: Task, matrices: dict[str, np.ndarray], base: str) -> Iterator[dict[str, object]]:
    """Yield one row of the table a method."""
    ranks, aurocs = zip(*(evaluate(task, scores) for scores in matrices.values()), strict=True)
    reference = list(matrices).index(base)
    for method, rank, auroc in zip(matrices, ranks, aurocs, strict=True):
        yield {
            "library": task.library,
            "protocol": task.protocol,
            "method": method,
            "queries": len(rank),
            "MRR": bootstrap(1 / rank),
            "gain over " + ("overlap" if base.startswith("overlap") else "GSFM"): bootstrap(
                1 / rank - 1 / ranks[reference]
            ),
            "top ten": f"{np.mean(rank <= 10):.3f}",
            "AUROC": f"{auroc.mean():.3f}",
            "AUROC gain": bootstrap(auroc - aurocs[reference]),
        }


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/ and benchmark/.")] = Path(
        "../shared/data"
    ),
    model: Annotated[str, typer.Option(help="Checkpoint.")] = "default",
    n_queries: Annotated[int, typer.Option(help="Queries a library and protocol.")] = 150,
    n_factors: Annotated[int, typer.Option(help="TF perturbations a library; 0 leaves them out.")] = 452,
    libraries: Annotated[str, typer.Option(help="Comma-separated names.")] = ",".join(LIBRARIES),
    name: Annotated[str, typer.Option(help="Name of the table.")] = "term_ranking",
    seed: int = 0,
) -> None:
    """Print and write where the right term stands, protocol by protocol."""
    warnings.simplefilter("ignore")
    network = load_model(model)
    rows: list[dict[str, object]] = []
    for task in tasks(data, libraries.split(","), n_queries, n_factors, seed):
        start = time.perf_counter()
        scores, base = fast_methods(task, network), "overlap test (gseapy)"
        rows += rows_of(task, scores, base)
        for part, kept in halves(task) if task.protocol == PERTURBED else ():
            rows += rows_of(part, {method: values[kept] for method, values in scores.items()}, base)
        print(
            task.protocol, task.library, rows[-1]["MRR"], f"{time.perf_counter() - start:.0f} s", flush=True
        )
    write_table(rows, name)


if __name__ == "__main__":
    typer.run(main)
