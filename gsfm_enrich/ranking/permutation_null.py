"""The distribution of effects under permuted labels: what correlated genes do by themselves.

Genes of one term go up and down together in any cells, so that the mean of their statistics varies more than
that of independent genes. How much more is read from tables whose labels mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gsfm_enrich.arrays import Floats
from gsfm_enrich.ranking.ranked import EMPHASIS, Moments, View, standardise, tail_of, view_effects
from gsfm_enrich.ranking.ranked_weights import TermWeights

SKEWNESS_SHRINKAGE = 0.5
"""How far the skewness of each term is moved towards the mean of all terms: a third moment is noisy."""


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
        """
        moments = self.moments[view]
        return tail_of(standardise(effects, moments), moments)


def permutation_nulls(
    statistics: Iterable[Floats], weights: Sequence[TermWeights], emphasis: float = EMPHASIS
) -> list[PermutationNull]:
    """Compute the moments of the effects in permuted tables, for several libraries.

    Parameters
    ----------
    statistics
        Statistics of permuted tables, each of shape (n_tables, n_genes), in as many portions as memory
        requires.
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
    >>> null, = permutation_nulls([independent], [weights])
    >>> null.n_tables, null.moments["up"].spread.round(1)
    (500, array([0.9]))
    """
    sums: list[dict[View, Floats]] = [{} for _ in weights]
    n = 0
    for portion in statistics:
        for own, library_weights in zip(sums, weights, strict=True):
            for view, effects in view_effects(portion, library_weights, emphasis).items():
                powers = np.stack([effects.sum(0), (effects**2).sum(0), (effects**3).sum(0)])
                own[view] = own[view] + powers if view in own else powers
        n += len(portion)
    return [
        PermutationNull({view: _moments(powers / n, n) for view, powers in own.items()}, n) for own in sums
    ]


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
