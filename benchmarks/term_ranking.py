"""Does re-ranking put the right term higher? All protocols, overlap test and re-ranking on the same queries.

    python -m benchmarks.term_ranking --data ../shared/data

Slow methods have their own command, `benchmarks.competitors`.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
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


def tasks(
    data: Path, names: list[str], n: int, draws: int, n_factors: int, seed: int
) -> Iterator[tuple[Task, ...]]:
    """Go through all protocols: the tasks that differ in what was drawn at random, together."""
    for name in names:
        yield from zip(*(mixtures(data, [name], n, seed + draw) for draw in range(draws)), strict=True)
    yield (new_members(data, n, seed),)
    yield (contaminated(data, n, seed),)
    for name in FACTORS if n_factors else ():
        yield (perturbations(data, name, n_factors, seed),)


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


def measured(task: Task, scores: np.ndarray) -> pd.DataFrame:
    """Return where the right terms stand, one row a query, named after them."""
    best, auroc = evaluate(task, scores)
    names = ["; ".join(terms) for terms in task.answers]
    return pd.DataFrame({"MRR": 1 / best, "top ten": best <= 10, "AUROC": auroc}, index=names)


def of_all_draws(task: tuple[Task, ...], model: GSFM) -> dict[str, pd.DataFrame]:
    """Return what each method reaches; of a term that is asked for in several draws, the mean."""
    found = [
        {method: measured(draw, scores) for method, scores in fast_methods(draw, model).items()}
        for draw in task
    ]
    if len(found) == 1:  # the signatures of one factor are queries of their own
        return found[0]
    together = {method: pd.concat([draw[method] for draw in found]) for method in found[0]}
    return {method: table.groupby(level=0).mean() for method, table in together.items()}


def rows_of(task: Task, figures: Mapping[str, pd.DataFrame], base: str) -> Iterator[dict[str, object]]:
    """Yield one row of the table a method."""
    reference = figures[base]
    for method, table in figures.items():
        yield {
            "library": task.library,
            "protocol": task.protocol,
            "method": method,
            "queries": len(table),
            "MRR": bootstrap(table["MRR"].to_numpy()),
            "gain over " + ("overlap" if base.startswith("overlap") else "GSFM"): bootstrap(
                (table["MRR"] - reference["MRR"]).to_numpy()
            ),
            "top ten": f"{table['top ten'].mean():.3f}",
            "AUROC": f"{table['AUROC'].mean():.3f}",
            "AUROC gain": bootstrap((table["AUROC"] - reference["AUROC"]).to_numpy()),
        }


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/ and benchmark/.")] = Path(
        "../shared/data"
    ),
    model: Annotated[str, typer.Option(help="Checkpoint.")] = "default",
    n_queries: Annotated[int, typer.Option(help="Queries a library and protocol.")] = 100,
    draws: Annotated[int, typer.Option(help="How often terms, members to hide and noise are drawn.")] = 5,
    n_factors: Annotated[int, typer.Option(help="TF perturbations a library; 0 leaves them out.")] = 452,
    libraries: Annotated[str, typer.Option(help="Comma-separated names.")] = ",".join(LIBRARIES),
    name: Annotated[str, typer.Option(help="Name of the table.")] = "term_ranking",
    seed: int = 0,
) -> None:
    """Print and write where the right term stands, protocol by protocol."""
    warnings.simplefilter("ignore")
    network = load_model(model)
    rows: list[dict[str, object]] = []
    base = "overlap test (gseapy)"
    for task in tasks(data, libraries.split(","), n_queries, draws, n_factors, seed):
        start, first = time.perf_counter(), task[0]
        figures = of_all_draws(task, network)
        rows += rows_of(first, figures, base)
        print(
            first.protocol, first.library, rows[-1]["MRR"], f"{time.perf_counter() - start:.0f} s", flush=True
        )
        for part, kept in halves(first) if first.protocol == PERTURBED else ():
            rows += rows_of(part, {method: table.iloc[kept] for method, table in figures.items()}, base)
    write_table(rows, name)


if __name__ == "__main__":
    typer.run(main)
