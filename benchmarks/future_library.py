"""Which order of an old release's terms foresees the overlap test with the new release.

    gsfm-enrich build --literature org.Hs.eg.sqlite --before 29300000 --gmt corpus_2017/ \
        --exclude benchmark/ --out runs/time_split
    python -m benchmarks.future_library --model runs/time_split

A list is tested against an old release, by a model that saw publications and gene sets up to the end of 2017
alone. The truth is the overlap test of the same list against the new release: terms with a false discovery
rate below .05, and those of them that the overlap test did not find in the old release (*gained*). As most of
a term stays what it was, this favours the overlap test.

Lists: cell type signatures that are later than the model (c8), and genes that change when a transcription
factor is perturbed. The lists are parted in two by hash: something may be chosen on one part, the other one
confirms.
"""

from __future__ import annotations

import gzip
import re
import warnings
import zlib
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray

from benchmarks.orders import ORDERS, complete, incidence, reported_order
from benchmarks.protocols import bootstrap, read_library, write_table
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.ranking.overlap import benjamini_hochberg, hypergeometric_tail

RELEASES = {
    "GO BP 2018 to 2023": ("GO_Biological_Process_2018", "GO_Biological_Process_2023"),
    "Reactome 7.0 to 2024.1": ("Reactome_MSigDB_7.0", "Reactome_MSigDB_2024.1"),
    "HPO 7.2 to 2024.1": ("HPO_MSigDB_7.2", "HPO_MSigDB_2024.1"),
    "GWAS 2019 to 2023": ("GWAS_Catalog_2019", "GWAS_Catalog_2023"),
}
LISTS = {
    "c8": "corpus/msigdb_2024.1_c8.gmt.gz",
    "TF perturbations": "benchmark/tf_perturbations_dev.gmt.gz",
}
SMALLEST, LARGEST = 20, 600
GO_ID = re.compile(r"GO:\d{7}")
TOP = 20
BASE = "overlap test"
REPORTED = "GSFM Rank"


def read_lists(path: Path, n: int, seed: int) -> dict[str, list[str]]:
    """Return some of the gene lists of a file, drawn at random."""
    lines = [line.split("\t") for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    lists = {cells[0]: [gene for gene in cells[2:] if gene] for cells in lines}
    usable = [name for name, genes in lists.items() if SMALLEST <= len(genes) <= LARGEST]
    chosen = np.random.default_rng(seed).permutation(len(usable))[:n]
    return {usable[i]: lists[usable[i]] for i in chosen}


def used_to_choose(name: str) -> bool:
    """Return whether something may be chosen on a list: half of them, by hash."""
    return zlib.crc32(name.encode()) % 2 == 0


def of_both(old: GeneSetLibrary, new: GeneSetLibrary) -> tuple[GeneSetLibrary, GeneSetLibrary]:
    """Return the terms of both releases, as the old and as the new one has them, in one order."""

    def identity(term: str) -> str:
        found = GO_ID.search(term)
        return found[0] if found else term.casefold()

    later = {identity(term): term for term in new.terms}
    pairs = [(term, later[identity(term)]) for term in old.terms if identity(term) in later]
    return (
        GeneSetLibrary.from_dict({before: old[before] for before, _ in pairs}, old.name),
        GeneSetLibrary.from_dict({before: new[after] for before, after in pairs}, new.name),
    )


def average_precision(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the mean precision at each right term, the lowest score first; ties in order of position."""
    found = right[np.argsort(scores, kind="stable")]
    return float((np.cumsum(found) / np.arange(1, len(found) + 1))[found].mean())


def figures_of(
    scores: NDArray[np.float64],
    truth: NDArray[np.float64],
    called: NDArray[np.bool_],
    gained: NDArray[np.bool_],
) -> dict[str, float]:
    """Return how well the order of one list foresees the new release.

    Parameters
    ----------
    scores
        Of the order, the lower the better; as all others of shape (n_terms,).
    truth
        P-values of the overlap test with the new release.
    called, gained
        Terms that it calls, and those of them that the old release did not. The latter are looked for among
        the terms that the old release did not call.
    """
    best, later = (np.argsort(values, kind="stable")[:TOP] for values in (scores, truth))
    open_terms = gained | ~called
    return {
        "AP": average_precision(scores, called) if called.any() else np.nan,
        "gained AP": average_precision(scores[open_terms], gained[open_terms]) if gained.any() else np.nan,
        "new top 20": len(np.intersect1d(best, later)) / TOP if called.any() else np.nan,
    }


def measure(
    old: GeneSetLibrary, new: GeneSetLibrary, lists: dict[str, list[str]], model: str
) -> dict[str, pd.DataFrame]:
    """Return the figures of every order, one row a list."""
    genes = list(dict.fromkeys([*old.genes, *new.genes]))
    network, queries = load_model(model), list(lists.values())
    found = complete(old, network, genes, queries)
    later = incidence(new, genes)
    hits = np.rint((found.held @ later.T).toarray()).astype(np.int64)
    sizes = np.asarray(later.sum(axis=1)).astype(np.int64)
    truth = hypergeometric_tail(hits, sizes, found.drawn, found.population)
    called = benjamini_hochberg(truth, hits > 0) < 0.05
    scores = {order: score(found) for order, score in ORDERS.items()}
    before = benjamini_hochberg(scores[BASE], found.hits > 0) < 0.05
    gained = called & ~before
    scores[REPORTED] = reported_order(old, network, genes, queries)
    return {
        order: pd.DataFrame(
            [figures_of(values[i], truth[i], called[i], gained[i]) for i in range(len(queries))],
            index=list(lists),
        )
        for order, values in scores.items()
    }


def rows_of(known: dict[str, object], figures: dict[str, pd.DataFrame]) -> list[dict[str, object]]:
    """Return one row of the table an order; differences are those to the overlap test on the same lists."""
    rows = []
    for order, table in figures.items():
        row = known | {"order": order, "lists": int(table["AP"].notna().sum())}
        for figure in map(str, table):
            there = table[figure].dropna()
            row[figure] = f"{there.mean():.3f}"
            row[f"{figure} gain"] = bootstrap((there - figures[BASE].loc[there.index, figure]).to_numpy())
        rows.append(row)
    return rows


def main(
    model: Annotated[str, typer.Option(help="Checkpoint trained on what existed at the cut-off.")],
    data: Annotated[Path, typer.Option(help="Folder with corpus/, libraries/ and benchmark/.")] = Path(
        "../shared/data"
    ),
    n_lists: Annotated[int, typer.Option(help="Lists of each kind, drawn at random.")] = 240,
    seed: int = 0,
) -> None:
    """Print and write what each order foresees, for lists on which something may be chosen and for others."""
    warnings.simplefilter("ignore")
    rows: list[dict[str, object]] = []
    for releases, (before, after) in RELEASES.items():
        old, new = of_both(read_library(data, before), read_library(data, after))
        for kind, path in LISTS.items():
            lists = read_lists(data / path, n_lists, seed)
            figures = measure(old, new, lists, model)
            for part, chosen in {"to choose on": True, "others": False}.items():
                names = [name for name in lists if used_to_choose(name) == chosen]
                known: dict[str, object] = {
                    "releases": releases,
                    "terms": len(old),
                    "kind": kind,
                    "part": part,
                }
                rows += rows_of(known, {order: table.loc[names] for order, table in figures.items()})
            print(releases, kind, flush=True)
    write_table(rows, "future_library")


if __name__ == "__main__":
    typer.run(main)
