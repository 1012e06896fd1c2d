"""Where the genes of queries are in a library, its membership table and the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from gsfm_enrich.ranking.counts import QueryCounts
from gsfm_enrich.ranking.membership import Membership
from gsfm_enrich.ranking.statistic import CompletedTerms, PlacedQueries, sparse_rows
from gsfm_enrich.ranking.strata import Propensity, inside_background, outside_background


@dataclass(frozen=True)
class LocatedQuery:
    """Where the genes of a query are in a membership table.

    Attributes
    ----------
    inside, outside : int64 arrays
        Columns of the genes drawn from the background, and of those drawn separately.
    names : list of str
        The user's spelling of these genes, in that order.
    """

    inside: NDArray[np.int64]
    outside: NDArray[np.int64]
    names: list[str]

    @property
    def columns(self) -> NDArray[np.int64]:
        """Columns of all genes."""
        return np.concatenate([self.inside, self.outside])

    def probable(self, table: Membership) -> csc_array:
        """Return the probabilities of these genes for each term, shape (n_terms, n_genes)."""
        within = self.columns.max(initial=0) < table.n_library
        return csc_array((table.probable_inside if within else table.probable)[:, self.columns])

    def weights(self, table: Membership) -> csc_array:
        """Return what those that are not members count, as a share of a member, shape (n_terms, n_genes)."""
        within = self.columns.max(initial=0) < table.n_library
        return csc_array((table.weights_inside if within else table.weights)[:, self.columns])


def locate(counts: Sequence[QueryCounts], table: Membership) -> list[LocatedQuery]:
    """Find the genes of queries among the columns of a membership table; the unknown ones are left out.

    If no background is given, genes that only the model knows are drawn separately from the library's genes.
    """
    located = []
    for query, columns in zip(counts, table.columns_of_lists([each.within for each in counts]), strict=True):
        found = columns >= 0
        apart = found & (columns >= table.n_library) if query.background is None else np.zeros_like(found)
        order = np.concatenate([np.flatnonzero(found & ~apart), np.flatnonzero(apart)])
        names = [query.within[i] for i in order.tolist()]
        located.append(LocatedQuery(columns[found & ~apart], columns[apart], names))
    return located


def place(
    counts: Sequence[QueryCounts],
    located: Sequence[LocatedQuery],
    table: Membership,
    propensity: Propensity | None = None,
) -> tuple[CompletedTerms, PlacedQueries]:
    """Convert queries with one background, and the library, to the numbers of a test.

    Parameters
    ----------
    counts, located
        The queries, at least one; see `gsfm_enrich.ranking.counts.count_overlaps` and `locate`.
    table
        The membership table of their library.
    propensity
        Genes and how likely an experiment lists them, see `gsfm_enrich.ranking.strata`; None: all equally.

    Raises
    ------
    InputError
        If a propensity is given for a background that is a number.
    """
    background, population = counts[0].background, counts[0].population
    inside = inside_background(table, background, population=population, propensity=propensity)
    backgrounds = [inside]
    drawn = [inside.drawn(query.within, table.organism, query.drawn) for query in counts]
    apart = np.array([len(query.outside) for query in located])
    numbers = np.array(drawn, dtype=np.int64).reshape(len(counts), -1)
    if apart.any():
        backgrounds.append(outside_background(table))
        numbers = np.column_stack([numbers, apart])
    columns = sparse_rows([query.columns for query in located], len(table.units))
    if (columns.indices >= table.n_library).any():
        probable, weights = table.probable, table.weights
    else:
        probable, weights = table.probable_inside, table.weights_inside
        columns = csr_array(columns[:, : table.n_library])
    held = sparse_rows([query.columns for query in counts], len(table.library.genes))
    by_column = csr_array(probable.T)
    counting = by_column if weights is probable else csr_array(weights.T)
    terms = CompletedTerms(table.library.by_gene, by_column, counting, backgrounds)
    return terms, PlacedQueries(held, columns, numbers)
