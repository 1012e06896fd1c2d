"""Re-rank the terms of a library for one query: the model's columns of a result table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csc_array

from gsfm_enrich.genes.match import match
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.membership import Membership, library_membership
from gsfm_enrich.ranking.null import survival
from gsfm_enrich.ranking.overlap import Overlap, benjamini_hochberg
from gsfm_enrich.ranking.strata import Propensity, columns_of, inside_background, outside_background
from gsfm_enrich.ranking.weights import LEVELS

MODEL_COLUMNS = (
    "Expected Overlap",
    "GSFM Fold Enrichment",
    "GSFM P-value",
    "GSFM Adjusted P-value",
    "GSFM Rank",
    "Rank Change",
    "Predicted Genes",
)
LAST = 1e-9
"""Below any probability that counts, and too small to change one."""


def rerank(
    library: GeneSetLibrary,
    query: Sequence[str],
    model: GSFM,
    *,
    organism: str = "human",
    background: Sequence[str] | int | None = None,
    overlap: Overlap,
    propensity: Propensity | None = None,
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
    propensity
        Genes and how likely an experiment lists them, see `gsfm_enrich.ranking.strata`; None: all alike.

    Returns
    -------
    DataFrame
        ``MODEL_COLUMNS``, one row a term in the library's order. Terms without a gene in the background
        have an expected overlap of 0, a p-value of 1 and the last rank.

    Raises
    ------
    InputError
        If a propensity is given for a background that is a number.

    Notes
    -----
    Expected overlap: hits + the sum of the probabilities of the query's other genes, as far as they count
    (`gsfm_enrich.ranking.weights`). The p-value is the chance of as much evidence in a random query, see
    `gsfm_enrich.ranking.null`. Terms are ranked by p-value, then by fold enrichment.
    """
    table = library_membership(library, model, organism)
    drawn = locate(query, library, table, organism, background)
    probable = drawn.probable(table)
    evidence = drawn.evidence(table)
    observed = LEVELS * overlap.hits + np.rint(evidence.sum(axis=1)).astype(np.int64)
    expected = overlap.hits + probable.sum(axis=1)
    key = background if background is None or isinstance(background, int) else tuple(background)
    inside = inside_background(
        library, model, organism, key, population=overlap.population, propensity=propensity
    )
    numbers = inside.drawn(query, organism, overlap.drawn)
    strata, mean = inside.strata(numbers), inside.expected(numbers)
    if len(drawn.outside):
        apart = outside_background(library, model, organism)
        strata += apart.strata(np.array([len(drawn.outside)]))
        mean = mean + apart.expected(np.array([len(drawn.outside)]))
    tested = overlap.sizes > 0
    p = np.where(tested, survival(np.where(tested, observed, 0), strata), 1.0)
    fold = np.divide(expected, mean, out=np.zeros_like(expected), where=tested & (mean > 0))
    rank = ranks(p, fold, tested)
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
            "Predicted Genes": list_predicted(probable, evidence, drawn.names),
        }
    )


def ranks(p: NDArray[np.float64], fold: NDArray[np.float64], tested: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return ranks from 1: tested terms first, then by p-value, by fold enrichment, and by position."""
    rank = np.empty(len(p), dtype=np.int64)
    rank[np.lexsort((-fold, p, ~tested))] = np.arange(1, len(p) + 1)
    return rank


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

    @property
    def columns(self) -> NDArray[np.int64]:
        """Columns of all genes."""
        return np.concatenate([self.inside, self.outside])

    def probable(self, table: Membership) -> csc_array:
        """Return the probable genes of each term among them, shape (n_terms, n_genes)."""
        within = self.columns.max(initial=0) < table.n_library
        return csc_array((table.probable_inside if within else table.probable)[:, self.columns])

    def evidence(self, table: Membership) -> csc_array:
        """Return what those that are no members count, in quarters of a member, shape (n_terms, n_genes)."""
        within = self.columns.max(initial=0) < table.n_library
        return csc_array((table.evidence_inside if within else table.evidence)[:, self.columns])


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


def list_predicted(probable: csc_array, evidence: csc_array, names: Sequence[str]) -> list[str]:
    """Return for each term the names of the genes that count: the most probable first, neighbours last."""
    shown = csc_array(probable + LAST * evidence)
    columns = np.repeat(np.arange(shown.shape[1]), np.diff(shown.indptr))
    order = np.lexsort((columns, -shown.data, shown.indices))
    listed: list[list[str]] = [[] for _ in range(shown.shape[0])]
    for row, column in zip(shown.indices[order].tolist(), columns[order].tolist(), strict=True):
        listed[row].append(names[column])
    return [";".join(genes) for genes in listed]
