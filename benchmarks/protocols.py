"""Queries with a known answer, shared by the benchmarks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from gsfm_enrich.evaluation.measures import bootstrap_interval
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.training.assemble import build_corpus
from gsfm_enrich.training.corpus import Corpus
from gsfm_enrich.training.sources import geo_series


def read_library(data: Path, name: str) -> GeneSetLibrary:
    """Read one of the evaluation libraries."""
    return GeneSetLibrary.from_gmt(data / "libraries" / f"{name}.gmt.gz", name=name)


def noisy_mixture(
    library: GeneSetLibrary, n_terms: int, hidden: float, left: float, seed: int
) -> tuple[GeneSetLibrary, list[tuple[str, list[str]]]]:
    """Make queries of part of a term's genes and twice as many random ones.

    Parameters
    ----------
    library
        Terms of 20 to 500 genes are asked for.
    n_terms
        Queries, at most one a term.
    hidden, left
        Share of the term in the query that is taken out of the library, and that stays in it.
    seed
        Of terms, parts and random genes.

    Returns
    -------
    library, queries
        The library without the hidden members, and pairs of the right term and a query.
    """
    rng = np.random.default_rng(seed)
    sizes = library.sizes
    usable = np.flatnonzero((sizes >= 20) & (sizes <= 500))
    chosen = rng.choice(usable, min(n_terms, len(usable)), replace=False)
    sets = library.to_dict()
    queries = []
    for row in chosen:
        term = library.terms[row]
        genes = list(rng.permutation(sets[term]))
        n_hidden, n_left = round(hidden * len(genes)), round(left * len(genes))
        inside = genes[: n_hidden + n_left]
        noise = list(rng.choice(library.genes, 2 * len(inside), replace=False))
        queries.append((term, list(dict.fromkeys([*inside, *noise]))))
        sets[term] = genes[n_hidden:]
    return GeneSetLibrary.from_dict(sets, library.name), queries


def bootstrap(values: np.ndarray, statistic: Callable[[np.ndarray], float] = np.mean, seed: int = 0) -> str:
    """Return a statistic with its bootstrap interval (95 %)."""
    value, low, high = bootstrap_interval(values, statistic, seed=seed)
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def training_corpus(data: Path, org_db: Path, folder: str = "corpus", before: int | None = None) -> Corpus:
    """Read the corpus that the bundled model was trained on, or the part of it that existed at a cut-off."""
    exclude = geo_series(sorted((data / "benchmark").glob("*.gmt.gz")))
    return build_corpus(sorted((data / folder).glob("*.gmt.gz")), org_db, before=before, exclude=exclude)


def write_table(rows: list[dict[str, object]], name: str) -> None:
    """Print a table and write it under benchmarks/results/."""
    table = pd.DataFrame(rows)
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    table.to_csv(folder / f"{name}.tsv", sep="\t", index=False)
    print(table.to_string(index=False))
    print(f"written to benchmarks/results/{name}.tsv")
