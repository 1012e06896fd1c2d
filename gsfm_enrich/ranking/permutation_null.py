"""The distribution of effects under permuted labels: what correlated genes do by themselves.

Genes of one term go up and down together in any cells, so that the mean of their statistics varies more than
that of independent genes. How much more is read from tables whose labels mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from scipy.special import ndtri, stdtr

from gsfm_enrich.arrays import Floats
from gsfm_enrich.model.blocks import in_threads
from gsfm_enrich.ranking.ranked import (
    EMPHASIS,
    SMALLEST_P,
    VIEWS,
    Moments,
    View,
    standardise,
    tail_of,
    tamed,
    tested_views,
)
from gsfm_enrich.ranking.ranked_weights import TermWeights

SKEWNESS_SHRINKAGE = 0.5
"""How far the skewness of each term is moved towards the mean of all terms: a third moment is noisy."""
DRAWS_AT_ONCE = 16
"""Draws that threads share before the next ones begin."""
TABLES_AT_ONCE = 32
"""Tables whose terms are summed at once, so that they stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class PermutationNull:
    """Moments of the effects of each term in tables of permuted labels, by view.

    Attributes
    ----------
    moments : dict of Moments
        Moments of each view, of shape (n_terms,).
    n_tables : int
        Number of permuted tables they come from.
    """

    moments: Mapping[View, Moments]
    n_tables: int

    def p_values(self, effects: Floats, view: View) -> Floats:
        """Return how often permuted tables have effects at least this large.

        Parameters
        ----------
        effects
            Shape (n_tables, n_terms), from `gsfm_enrich.ranking.ranked.rank_views`.
        view
            The view of the effects.

        Returns
        -------
        float64 array, shape (n_tables, n_terms)
            Tail of Pearson's type III distribution with these moments. P-values below one in `n_tables` are
            extrapolated.

        Notes
        -----
        Mean and spread come from n tables, so that a standardised effect follows ``sqrt(1 + 1 / n)`` times
        Student's t with n - 1 degrees of freedom if the effects are normal. It is replaced by the normal
        deviate of the same probability, which is smaller the fewer the tables.
        """
        moments = self.moments[view]
        t = standardise(effects, moments) / np.sqrt(1 + 1 / self.n_tables)
        tail = np.maximum(stdtr(max(self.n_tables - 1, 1), -np.abs(t)), SMALLEST_P)
        return tail_of(np.copysign(ndtri(tail), t), moments)


def permutation_nulls(
    draws: Iterable[Callable[[], Floats]], weights: Sequence[TermWeights], emphasis: float = EMPHASIS
) -> list[PermutationNull]:
    """Compute the moments of the effects in permuted tables, for several libraries.

    Parameters
    ----------
    draws
        Functions that give the statistics of permuted tables, each of shape (n_tables, n_genes). Threads
        share the calls.
    weights
        What the genes count in each library.
    emphasis
        As for the real tables, see `gsfm_enrich.ranking.ranked.tamed`.

    Returns
    -------
    list of PermutationNull
        One per library.

    Examples
    --------
    >>> from gsfm_enrich.libraries.library import GeneSetLibrary
    >>> from gsfm_enrich.ranking.ranked_weights import ranked_weights
    >>> genes = tuple(f"G{i}" for i in range(600))
    >>> weights = ranked_weights(GeneSetLibrary.from_dict({"a": genes[:20]}), None, genes)
    >>> independent = np.random.default_rng(0).normal(size=(500, 600))
    >>> null, = permutation_nulls([lambda: independent], [weights])
    >>> null.n_tables, null.moments["up"].spread.round(1)
    (500, array([0.9]))
    """

    def work(draw: Callable[[], Floats]) -> tuple[int, list[Floats]]:
        tables = draw()
        return len(tables), _powers(tables, weights, emphasis)

    n, sums, waiting = 0, [np.zeros(()) for _ in weights], iter(draws)
    while batch := list(islice(waiting, DRAWS_AT_ONCE)):
        for n_tables, found in in_threads(work, batch):  # in the order of the draws
            n += n_tables
            sums = [total + own for total, own in zip(sums, found, strict=True)]
    return [
        PermutationNull(dict(zip(VIEWS, (_moments(raw / n, n) for raw in own), strict=True)), n)
        for own in sums
    ]


def _powers(tables: Floats, weights: Sequence[TermWeights], emphasis: float) -> list[Floats]:
    """Return the sums of effects, squares and cubes over tables, of shape (3 views, 3, n_terms) each."""
    sums = [np.zeros((len(VIEWS), 3, own.weights.shape[0])) for own in weights]
    for start in range(0, len(tables), TABLES_AT_ONCE):
        statistics = tamed(tables[start : start + TABLES_AT_ONCE], emphasis)
        for total, own in zip(sums, weights, strict=True):
            for power, (_, (_, _, effects)) in zip(total, tested_views(statistics, own, VIEWS), strict=True):
                squares = effects * effects
                power += [effects.sum(axis=0), squares.sum(axis=0), (squares * effects).sum(axis=0)]
    return sums


def _moments(raw: Floats, n: int) -> Moments:
    """Convert raw moments, shape (3, n_terms), to those that the tail needs."""
    mean, second, third = raw
    variance = np.maximum(second - mean**2, 0)
    spread = np.sqrt(variance * n / max(n - 1, 1))
    central = third - 3 * mean * second + 2 * mean**3
    there = spread > 0
    skewness = np.divide(central, spread**3, out=np.zeros_like(spread), where=there)
    typical = float(skewness[there].mean()) if there.any() else 0.0
    shrunk = (1 - SKEWNESS_SHRINKAGE) * skewness + SKEWNESS_SHRINKAGE * typical
    return Moments(mean, spread, np.where(there, shrunk, 0.0))
