"""Are the p-values true? Random queries from the genes of a library against the intact library.

    python -m benchmarks.calibration --data ../shared/data

Genes are drawn uniformly, from every evaluation library; and in proportion to their publications, as
experiments and literature do, tested without and with ``propensity="publications"``.
"""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.protocols import read_library, write_table
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.counts import count_overlap
from gsfm_enrich.ranking.lists import rank_terms
from gsfm_enrich.ranking.overlap import benjamini_hochberg
from gsfm_enrich.ranking.rerank import rerank
from gsfm_enrich.ranking.strata import as_propensity, values_for

BIASED = ("KEGG_2021_Human", "MGI_Mammalian_Phenotype_Level_4_2021", "ChEA_ChEA3")


def figures(p: np.ndarray, adjusted: np.ndarray) -> dict[str, object]:
    """Summarise p-values of shape (queries, terms); a discrete p-value may only be too rarely small."""
    ordered = np.sort(p.ravel())
    above = (np.arange(1, len(ordered) + 1) / len(ordered) - ordered)[ordered < 1].max(initial=0)
    return {
        "queries": len(p),
        "most above uniform": f"{above:.4f}",
        "p<.05": f"{np.mean(p < 0.05):.4f}",
        "p<.01": f"{np.mean(p < 0.01):.4f}",
        "p<.001": f"{np.mean(p < 0.001):.5f}",
        "queries with any FDR<.05": f"{np.mean(adjusted.min(axis=1) < 0.05):.3f}",
    }


def uniform(
    library: GeneSetLibrary, queries: list[list[str]], model: GSFM
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return p-values and adjusted p-values by method."""
    table = rank_terms(dict(enumerate(queries)), library, top=len(library), model=model, progress=False)
    at = table["list"].to_numpy(int), np.array([library.position(term) for term in table["term"]])
    shape = len(queries), len(library)
    p, adjusted, overlap_p, hits = np.ones(shape), np.ones(shape), np.ones(shape), np.zeros(shape)
    p[at], adjusted[at] = table["gsfm_p_value"], table["gsfm_adjusted_p_value"]
    overlap_p[at], hits[at] = table["p_value"], table["overlap"]
    return {
        "GSFM p-value": (p, adjusted),
        "overlap test (gseapy)": (overlap_p, benjamini_hochberg(overlap_p, hits > 0)),
    }


def biased(
    library: GeneSetLibrary, queries: list[list[str]], model: GSFM
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the same without and with the propensity."""
    propensity = as_propensity("publications")
    found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for query in queries:
        counts = count_overlap(library, query)
        overlap = counts.overlap
        adjusted = benjamini_hochberg(overlap.p_values, overlap.hits > 0)
        found.setdefault("overlap test (gseapy)", []).append((overlap.p_values, adjusted))
        for method, known in {"GSFM p-value": None, "GSFM p-value, propensity given": propensity}.items():
            table = rerank(counts, model, known).columns
            columns = table["GSFM P-value"].to_numpy(), table["GSFM Adjusted P-value"].to_numpy()
            found.setdefault(method, []).append(columns)
    return {
        method: (np.stack([p for p, _ in pairs]), np.stack([q for _, q in pairs]))
        for method, pairs in found.items()
    }


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    model: Annotated[str, typer.Option(help="Checkpoint.")] = "default",
    n_queries: Annotated[int, typer.Option(help="Random queries a library and size.")] = 100,
    sizes: Annotated[str, typer.Option(help="Genes a query, comma-separated.")] = "3,10,50,200,1000",
    libraries: Annotated[str, typer.Option(help="Comma-separated names; all when empty.")] = "",
    biased_sizes: Annotated[str, typer.Option(help="The same for biased queries.")] = "10,100",
    seed: int = 0,
) -> None:
    """Print and write the shares of small p-values and of queries with any significant term."""
    warnings.simplefilter("ignore")
    network = load_model(model)
    names = libraries.split(",") if libraries else []
    names = names or sorted(p.name.removesuffix(".gmt.gz") for p in (data / "libraries").glob("*.gmt.gz"))
    plan = [(name, "uniform", int(size)) for name in names for size in sizes.split(",")]
    plan += [
        (name, "by publications", int(size)) for name in BIASED for size in biased_sizes.split(",") if size
    ]
    rows: list[dict[str, object]] = []
    for name, drawn, size in plan:
        start = time.perf_counter()
        library = read_library(data, name)
        rng = np.random.default_rng([seed, size])
        chance = None
        if drawn != "uniform":
            publications = values_for(library.genes, dict(as_propensity("publications") or ()), "human")
            chance = publications / publications.sum()
        n = min(size, len(library.genes) // 4)
        queries = [list(rng.choice(library.genes, n, replace=False, p=chance)) for _ in range(n_queries)]
        methods = (uniform if chance is None else biased)(library, queries, network)
        for method, (p, adjusted) in methods.items():
            known = {"library": name, "genes drawn": drawn, "query size": n, "method": method}
            rows.append(known | figures(p, adjusted))
        print(name, drawn, size, f"{time.perf_counter() - start:.0f} s", flush=True)
    write_table(rows, "calibration")


if __name__ == "__main__":
    typer.run(main)
