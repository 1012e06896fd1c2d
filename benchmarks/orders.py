"""Candidate orders of the terms of a library for gene lists, computed from one completed library.

Benchmarks that ask which order is best score all of them on the same lists in one run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack
from scipy.special import expit, logit

from gsfm_enrich.genes.match import match
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.caution import STEM
from gsfm_enrich.ranking.expected_counts import Stratum, survival
from gsfm_enrich.ranking.lists import rank_terms
from gsfm_enrich.ranking.membership import library_membership

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Completed:
    """Lists against a completed library, all within one background.

    Attributes
    ----------
    members, probable : csr_array, shape (n_terms, n_genes)
        1 for a member; the probability of membership for other genes.
    held : csr_array, shape (n_lists, n_genes)
        1 for the genes of each list.
    families : int64 array, shape (n_genes,)
        Family of each gene: those whose symbols start with the same letters.
    """

    members: csr_array
    probable: csr_array
    held: csr_array
    families: NDArray[np.int64]

    @property
    def drawn(self) -> NDArray[np.int64]:
        """Genes of each list in the background, shape (n_lists, 1)."""
        return np.diff(self.held.indptr).astype(np.int64)[:, None]

    @property
    def population(self) -> int:
        """Genes of the background."""
        return int(self.held.shape[1])

    @property
    def hits(self) -> Floats:
        """Members on each list, shape (n_lists, n_terms)."""
        return np.asarray((self.held @ self.members.T).toarray(), dtype=np.float64)

    @property
    def sizes(self) -> Floats:
        """Members of each term, shape (n_terms,)."""
        return np.asarray(self.members.sum(axis=1), dtype=np.float64)

    @property
    def expected(self) -> Floats:
        """Sum of the probabilities of other genes on each list, shape (n_lists, n_terms)."""
        return np.asarray((self.held @ self.probable.T).toarray(), dtype=np.float64)

    @property
    def missing(self) -> Floats:
        """Sum of the probabilities of all other genes, shape (n_terms,)."""
        return np.asarray(self.probable.sum(axis=1), dtype=np.float64)

    def with_probabilities(self, change: Callable[[NDArray[np.float32]], NDArray[Any]]) -> Completed:
        """Return the same with changed probabilities."""
        table = self.probable.copy()
        table.data = change(table.data).astype(np.float32)
        return replace(self, probable=table)


def incidence(library: GeneSetLibrary, genes: Sequence[str]) -> csr_array:
    """Return which genes are members of which terms, shape (n_terms, n_genes)."""
    columns = match(genes, library.genes, "human").columns
    table = hstack([library.incidence, csr_array((len(library), 1))], format="csc")
    return csr_array(table[:, np.where(columns >= 0, columns, len(library.genes))])


def complete(
    library: GeneSetLibrary, model: GSFM, genes: Sequence[str], lists: Sequence[Sequence[str]]
) -> Completed:
    """Complete a library within a background.

    Parameters
    ----------
    library
        The terms.
    model
        What completes them.
    genes
        The background.
    lists
        Genes of each list.
    """
    table = library_membership(library, model, "human")
    columns = table.columns_of(genes)
    probable = hstack([table.probable, csr_array((len(library), 1))], format="csc")
    placed = [match(list(dict.fromkeys(query)), genes, "human").columns for query in lists]
    placed = [columns[columns >= 0] for columns in placed]
    starts = np.cumsum([0, *map(len, placed)])
    there = np.concatenate(placed)
    held = csr_array((np.ones(len(there), np.float32), there, starts), shape=(len(lists), len(genes)))
    return Completed(
        csr_array(incidence(library, genes).astype(np.float32)),
        csr_array(probable[:, np.where(columns >= 0, columns, table.known.shape[1])]),
        held,
        np.unique([start[0] if (start := STEM.match(name)) else name for name in genes], return_inverse=True)[
            1
        ],
    )


def of_all_lists(hits: Floats, sizes: Floats, lists: Completed) -> Floats:
    """Return the tails of expected counts; lists of one length share a table."""
    scores = np.empty(hits.shape)
    for drawn in np.unique(lists.drawn):
        rows = np.flatnonzero(lists.drawn[:, 0] == drawn)
        scores[rows] = survival(hits[rows], [Stratum(lists.population, int(drawn), sizes)])
    return scores


def overlap_order(lists: Completed) -> Floats:
    """Return the p-values of the overlap test."""
    return of_all_lists(lists.hits, lists.sizes, lists)


def expected_counts(lists: Completed) -> Floats:
    """Return the overlap test's tail of expected counts: what it would say of the completed library."""
    hits, sizes = lists.hits + lists.expected, lists.sizes + lists.missing
    return of_all_lists(hits, sizes, lists)


def families_once(lists: Completed) -> Floats:
    """Return the tails of expected counts, where only the most probable gene of a family counts in a list."""
    by_gene = csr_array(lists.probable.T)
    expected = np.empty((lists.held.shape[0], lists.probable.shape[0]))
    for row, (start, stop) in enumerate(pairwise(lists.held.indptr)):
        genes = lists.held.indices[start:stop]
        genes = genes[np.argsort(lists.families[genes], kind="stable")]
        first = np.flatnonzero(np.diff(lists.families[genes], prepend=-1))
        expected[row] = np.maximum.reduceat(by_gene[genes].toarray(), first, axis=0).sum(axis=0)
    return of_all_lists(lists.hits + expected, lists.sizes + lists.missing, lists)


def shrunk(p: NDArray[np.float32], offset: float) -> NDArray[np.float32]:
    """Return probabilities of half the log odds, moved by an offset, never above what they were."""
    return np.minimum(p, expit(offset + 0.5 * logit(np.clip(p, 1e-4, 1 - 1e-4)))).astype(np.float32)


def two_members(scores: Floats, lists: Completed) -> Floats:
    """Rank terms of fewer than two members on the list last, p-values among themselves as they were."""
    return scores + 2.0 * (lists.hits < 2)


ORDERS: dict[str, Callable[[Completed], Floats]] = {
    "overlap test": overlap_order,
    "expected counts": expected_counts,
    "expected counts, half of each": lambda lists: expected_counts(lists.with_probabilities(lambda p: p / 2)),
    "expected counts, at most .2": lambda lists: expected_counts(
        lists.with_probabilities(lambda p: np.minimum(p, 0.2))
    ),
    "expected counts, top shrunk": lambda lists: expected_counts(
        lists.with_probabilities(lambda p: shrunk(p, -0.7))
    ),
    "expected counts, top shrunk more": lambda lists: expected_counts(
        lists.with_probabilities(lambda p: shrunk(p, -1.4))
    ),
    "expected counts, a family once": families_once,
    "expected counts, two members": lambda lists: two_members(expected_counts(lists), lists),
    "geometric mean of overlap test and expected counts": lambda lists: np.sqrt(
        overlap_order(lists) * expected_counts(lists)
    ),
}
"""Scores of every term for every list, shape (n_lists, n_terms); the lower the better."""


def reported_order(
    library: GeneSetLibrary, model: GSFM, genes: Sequence[str], lists: Sequence[Sequence[str]]
) -> Floats:
    """Return the ranks that the package gives, shape (n_lists, n_terms)."""
    queries = dict(enumerate(lists))
    table = rank_terms(
        queries, library, background=list(genes), top=len(library), model=model, progress=False
    )
    ranks = np.full((len(lists), len(library)), np.inf)
    terms = np.array([library.position(term) for term in table["term"]])
    ranks[table["list"].to_numpy(int), terms] = table["gsfm_rank"]
    return ranks
