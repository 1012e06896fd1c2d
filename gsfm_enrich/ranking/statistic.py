"""The statistic of queries and terms, and its p-value.

No gene names are needed here: a library, completed by the model, and the queries that are tested
against it are tables of numbers. `completed_test` defines the statistic and the null distribution that
gives its p-value, for every query of the package, be it one or thousands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gsfm_enrich.arrays import Floats, Ints
from gsfm_enrich.ranking.expected_counts import survival
from gsfm_enrich.ranking.strata import StratifiedBackground

MIN_OVERLAP = 2
"""Terms with fewer members in the query are ranked last: one gene says little, a prediction even less."""


@dataclass(frozen=True, eq=False)
class CompletedTerms:
    """What the test needs to know about a library: numbers only, so that little is sent to other processes.

    Attributes
    ----------
    incidence : csr_array, shape (n_genes, n_terms)
        1 for members.
    probable, weights : csr_array, shape (n_columns, n_terms)
        Probabilities of genes that are not members, and what they count; the two differ only if terms are
        named after genes.
    backgrounds : list of StratifiedBackground
        What queries are drawn from: the background of the test and, if it is None, the genes that only the
        model knows.
    """

    incidence: csr_array
    probable: csr_array
    weights: csr_array
    backgrounds: list[StratifiedBackground]

    @property
    def sizes(self) -> Ints:
        """Members of each term in the background, shape (n_terms,)."""
        return np.asarray(self.backgrounds[0].members.sum(axis=0))

    @property
    def population(self) -> int:
        """Genes in the background."""
        return int(self.backgrounds[0].populations.sum())

    def by_background(self, drawn: Ints) -> list[tuple[StratifiedBackground, Ints]]:
        """Return the backgrounds, each with the number of genes of a query in its strata."""
        ends = np.cumsum([len(background.populations) for background in self.backgrounds])
        return list(zip(self.backgrounds, np.split(drawn, ends[:-1]), strict=True))


@dataclass(frozen=True, eq=False)
class PlacedQueries:
    """Positions of the genes of queries in a library and its membership table.

    Attributes
    ----------
    held : csr_array, shape (n_queries, n_genes)
        Genes of each query in the library, within the background.
    columns : csr_array, shape (n_queries, n_columns)
        The same in the membership table.
    drawn : int64 array, shape (n_queries, n_strata)
        Number of genes of each query in each stratum, one background after the other.
    """

    held: csr_array
    columns: csr_array
    drawn: Ints

    def queries(self, rows: Ints) -> PlacedQueries:
        """Return some of the queries."""
        return PlacedQueries(self.held[rows], self.columns[rows], self.drawn[rows])


@dataclass(frozen=True, eq=False)
class CompletedTest:
    """The test of queries against the completed terms of a library.

    Attributes
    ----------
    tested : bool array, shape (n_terms,)
        Whether a term has a gene in the background; other terms have an expected overlap of 0 and a p-value
        of 1.
    hits : int64 array, shape (n_queries, n_terms)
        Members of the term in the query.
    expected : float64 array, shape (n_queries, n_terms)
        Expected overlap: hits, plus the probabilities of the query's other genes.
    fold : float64 array, shape (n_queries, n_terms)
        Expected overlap over its mean in random queries.
    p_values : float64 array, shape (n_queries, n_terms)
    """

    tested: NDArray[np.bool_]
    hits: Ints
    expected: Floats
    fold: Floats
    p_values: Floats

    def order(self, top: int | None = None) -> Ints:
        """Return the terms from the best to the last, or only the best ones, shape (n_queries, n_shown).

        Tested terms come first, those with enough members in the query before the others, then the smallest
        p-value, the largest fold enrichment, the first position.

        Parameters
        ----------
        top
            Number of terms; None for all.
        """
        last = np.where(self.tested, self.hits < MIN_OVERLAP, 2)
        if top is None or top >= len(self.tested):
            return np.asarray(np.lexsort((-self.fold, self.p_values, last), axis=-1))
        coarse = 2.0 * last + self.p_values  # never falls along the order: the best are within the bound
        bound = np.partition(coarse, top - 1, axis=1)[:, top - 1, None]
        rows, terms = np.nonzero(coarse <= bound)
        at = rows, terms
        order = np.lexsort((-self.fold[at], self.p_values[at], last[at], rows))
        starts = np.searchsorted(rows, np.arange(len(bound)))
        return np.asarray(terms[order][starts[:, None] + np.arange(top)])


def completed_test(terms: CompletedTerms, queries: PlacedQueries) -> CompletedTest:
    """Test queries against completed terms.

    Parameters
    ----------
    terms
        The library, completed by the model, and what queries are drawn from.
    queries
        The queries, with the positions of their genes.

    Returns
    -------
    CompletedTest

    Notes
    -----
    The statistic is the number of members in the query, plus what its other genes count. The p-value is the
    tail of the overlap test at expected counts, see `gsfm_enrich.ranking.expected_counts`.
    """
    hits = np.rint((queries.held @ terms.incidence).toarray()).astype(np.int64)
    expected = hits + (queries.columns @ terms.probable).toarray()
    observed = expected
    if terms.weights is not terms.probable:
        observed = hits + (queries.columns @ terms.weights).toarray()
    tested = terms.sizes > 0
    expected[:, ~tested] = 0.0
    observed = np.where(tested, observed, 0.0)
    p, mean = np.ones(observed.shape), np.zeros(observed.shape)
    for drawn in np.unique(queries.drawn, axis=0):  # these queries share their null distribution
        rows = np.flatnonzero((queries.drawn == drawn).all(axis=1))
        by_background = terms.by_background(drawn)
        strata = [stratum for background, part in by_background for stratum in background.strata(part)]
        p[rows] = survival(observed[rows], strata)
        mean[rows] = sum(background.expected(part) for background, part in by_background)
    fold = np.divide(expected, mean, out=np.zeros(observed.shape), where=tested & (mean > 0))
    return CompletedTest(tested, hits, expected, fold, p)


def sparse_rows(positions: Sequence[Ints], width: int) -> csr_array:
    """Return lists of columns as a sparse table of ones."""
    starts = np.cumsum([0, *map(len, positions)])
    there = np.concatenate(positions) if len(positions) else np.zeros(0, dtype=np.int64)
    ones = np.ones(len(there), dtype=np.float32)
    return csr_array((ones, there, starts), shape=(len(positions), width))
