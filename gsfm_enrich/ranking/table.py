"""Re-rank the terms of a library for one query: the model's columns of a result table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gsfm_enrich.genes.match import match
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.membership import Membership, library_membership
from gsfm_enrich.ranking.null import Stratum, evidence, evidence_sf, mean_and_variance
from gsfm_enrich.ranking.overlap import Overlap, benjamini_hochberg

MODEL_COLUMNS = (
    "Expected Overlap",
    "GSFM Fold Enrichment",
    "GSFM P-value",
    "GSFM Adjusted P-value",
    "GSFM Rank",
    "Rank Change",
    "Predicted Genes",
)
MATERIAL = 0.25
"""A gene is listed under Predicted Genes when it weighs at least this much of a member."""
BLOCK = 512

Ids = tuple[str, ...]


def rerank(
    library: GeneSetLibrary,
    query: Sequence[str],
    model: GSFM,
    *,
    organism: str = "human",
    background: Sequence[str] | int | None = None,
    overlap: Overlap,
) -> pd.DataFrame:
    """Compute the model's columns for every term of a library.

    Parameters
    ----------
    library
        The terms.
    query
        Identifiers of the query's genes.
    model
        What completes the terms.
    organism
        Of query, background and library.
    background
        What the overlap test drew from: None for the genes of the library, a number of genes, or identifiers.
        With None, genes of the query that the library does not hold are compared with random genes of the
        same kind: those that the model knows and the library does not.
    overlap
        The overlap test of the same query and background.

    Returns
    -------
    DataFrame
        ``MODEL_COLUMNS``, one row a term in the library's order. Terms without a gene in the background
        have an expected overlap of 0, a p-value of 1 and the last rank.

    Notes
    -----
    Expected overlap: hits + the sum of the probabilities of the query's other genes. The p-value is the
    chance of as much for a random query, see `gsfm_enrich.ranking.null`. Terms are ranked by p-value, then
    by fold enrichment.
    """
    table = library_membership(library, model, organism)
    drawn = locate(query, library, table, organism, background)
    predicted = table.predicted(columns=np.concatenate([drawn.inside, drawn.outside]))  # (terms, genes)
    weights = evidence(predicted)
    expected = overlap.hits + predicted.sum(axis=1, dtype=np.float64)
    observed = overlap.hits + weights.sum(axis=1, dtype=np.float64)
    key = background if background is None or isinstance(background, int) else tuple(background)
    inside = inside_stratum(library, model, organism, key, overlap.population)
    # Most queries have no gene outside, and describing those costs half as much again.
    outside = outside_stratum(library, model, organism) if len(drawn.outside) else nothing(len(library))
    tested = overlap.sizes > 0
    mean = overlap.drawn / overlap.population * (overlap.sizes + inside.probability * inside.population)
    mean = mean + len(drawn.outside) * outside.probability
    p = evidence_sf(observed, overlap.sizes, (inside, overlap.drawn), (outside, len(drawn.outside)))
    p = np.where(tested, p, 1.0)
    fold = np.divide(expected, mean, out=np.zeros_like(expected), where=tested & (mean > 0))
    rank = np.empty(len(p), dtype=np.int64)
    rank[np.lexsort((-fold, p, ~tested))] = np.arange(1, len(p) + 1)
    before = np.empty_like(rank)  # equal overlaps stay in the model's order: a tie is no movement
    before[np.lexsort((rank, overlap.p_values))] = np.arange(1, len(p) + 1)
    return pd.DataFrame(
        {
            "Expected Overlap": np.where(tested, expected, 0.0),
            "GSFM Fold Enrichment": fold,
            "GSFM P-value": p,
            "GSFM Adjusted P-value": benjamini_hochberg(p, tested),
            "GSFM Rank": rank,
            "Rank Change": before - rank,
            "Predicted Genes": list_predicted(weights, drawn.names),
        }
    )


@dataclass(frozen=True)
class Drawn:
    """Where the genes of a query stand in a membership table.

    Attributes
    ----------
    inside, outside : int64 arrays
        Columns of the genes drawn from the background, and of those drawn apart from it.
    names : list of str
        How the user spells them, in that order.
    """

    inside: NDArray[np.int64]
    outside: NDArray[np.int64]
    names: list[str]


def locate(
    query: Sequence[str],
    library: GeneSetLibrary,
    table: Membership,
    organism: str,
    background: Sequence[str] | int | None,
) -> Drawn:
    """Find the genes of a query among the columns of a membership table; the unknown ones are left out."""
    ids = list(dict.fromkeys(query))
    if background is not None and not isinstance(background, int):
        within = match(ids, tuple(background), organism).columns
        ids = [gene for gene, position in zip(ids, within, strict=True) if position >= 0]
    columns = columns_of(ids, library, table, organism)
    found = columns >= 0
    apart = found & (columns >= table.n_library) if background is None else np.zeros_like(found)
    order = np.concatenate([np.flatnonzero(found & ~apart), np.flatnonzero(apart)])
    return Drawn(columns[found & ~apart], columns[apart], [ids[i] for i in order])


def columns_of(
    ids: Sequence[str], library: GeneSetLibrary, table: Membership, organism: str
) -> NDArray[np.int64]:
    """Return the column of each distinct identifier, by the library's spelling or the model's; -1: none."""
    held = match(ids, library.genes, organism).columns
    columns = np.where(held >= 0, table.of_library[held], -1)
    unit = match(ids, table.model.vocab.tokens, organism).columns
    columns = np.where((held < 0) & (unit >= 0), table.of_unit[unit], columns)
    first = np.zeros(len(columns), dtype=bool)
    first[np.unique(columns, return_index=True)[1]] = True
    return np.where(first, columns, -1)  # two spellings of one gene are one gene


@lru_cache(maxsize=16)
def inside_stratum(
    library: GeneSetLibrary, model: GSFM, organism: str, background: Ids | int | None, population: int
) -> Stratum:
    """Describe the non-members of a background of ``population`` genes; depends on no query and is kept."""
    table = library_membership(library, model, organism)
    everything = np.arange(len(table.units))
    sizes = library.sizes
    if background is None:
        columns = everything[: table.n_library]
    elif isinstance(background, int):
        columns = everything
    else:
        columns = columns_of(background, library, table, organism)
        columns = np.unique(columns[columns >= 0])
        held = match(background, library.genes, organism).columns
        held = np.unique(held[held >= 0])
        sizes = np.asarray(library.incidence[:, held].sum(axis=1)).astype(np.int64)
    return describe(table, columns, population - sizes)


@lru_cache(maxsize=16)
def outside_stratum(library: GeneSetLibrary, model: GSFM, organism: str) -> Stratum:
    """Describe the genes that only the model knows, which are drawn apart from the library's."""
    table = library_membership(library, model, organism)
    apart = np.arange(table.n_library, len(table.units))
    return describe(table, apart, np.full(len(library), len(apart)))


def nothing(n_terms: int) -> Stratum:
    """Describe a stratum that no gene is drawn from."""
    return Stratum(np.zeros(n_terms, dtype=np.int64), *np.zeros((3, n_terms)))


def describe(table: Membership, columns: NDArray[np.int64], population: NDArray[np.int64]) -> Stratum:
    """Return the moments of ``population`` non-members, of which the table knows ``columns``.

    Terms are taken in blocks, so that memory stays bounded whatever the size of the library.
    """
    mean, variance, probability = np.zeros((3, len(table.sizes)))
    if table.calibration.trusted and len(columns):
        for start in range(0, len(table.sizes), BLOCK):
            rows = slice(start, start + BLOCK)
            predicted = table.predicted(rows, columns)
            probability[rows] = predicted.sum(axis=1, dtype=np.float64) / np.maximum(population[rows], 1)
            mean[rows], variance[rows] = mean_and_variance(evidence(predicted), population[rows])
    return Stratum(population, mean, variance, probability)


def list_predicted(weights: NDArray[np.float32], names: Sequence[str]) -> list[str]:
    """Return for each term the names of genes that weigh ``MATERIAL`` or more, heaviest first."""
    rows, columns = np.nonzero(weights >= MATERIAL)
    order = np.lexsort((columns, -weights[rows, columns], rows))
    listed: list[list[str]] = [[] for _ in range(len(weights))]
    for row, column in zip(rows[order], columns[order], strict=True):
        listed[row].append(names[column])
    return [";".join(genes) for genes in listed]
