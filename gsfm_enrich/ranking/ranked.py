"""The threshold-free test: the statistics of all measured genes, averaged over each completed term.

No cut-off is chosen. For each term the statistics of its genes are added up, weighted by
`gsfm_enrich.ranking.ranked_weights`: members count 1, predicted members less by their probability, and genes
that are in many terms less than those in few. The *effect* of the term is how far the sum is from what as
many random genes would give, in standard deviations. There are three *views* of one statistic: its positive
part (``up``), its negative part (``down``) and its absolute value (``absolute``), which sees terms whose
genes change in both directions.

The steps are separate, so that other null distributions can replace random genes: `view_sums` adds up
statistics, `gene_sampling_moments` returns what random genes would give, `standardise` compares the two, and
`pearson3_tail` converts effects to p-values. All take tables x genes and return tables x terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc, gammaincc, ndtr

from gsfm_enrich.arrays import Floats
from gsfm_enrich.errors import InputError
from gsfm_enrich.ranking.ranked_query import check_statistics
from gsfm_enrich.ranking.ranked_weights import TermWeights

View = Literal["up", "down", "absolute"]
VIEWS: tuple[View, ...] = get_args(View)
CUT_SHARE = 1e-4
"""Share of the genes, the strongest ones, that count no more than the next one; at least one gene."""
EMPHASIS = 1.5
"""Power to which the statistic is raised before the sum: strong genes say more than many weak ones."""
MARKER_EMPHASIS = 0.75
"""The same for cell types, whose few strongest markers would otherwise outweigh all other genes."""
EXPRESSED_COST = 0.95
"""Share of its statistic that a gene loses as a marker if all cells express it."""
GENE_CORRELATION = 0.002
"""Mean correlation that the genes of a term are assumed to have: it increases the spread of large terms."""
NORMAL_SKEWNESS = 1e-4
"""Below this skewness the normal tail equals that of Pearson's distribution to all digits."""
SMALLEST_P = float(np.finfo(np.float64).tiny)
"""P-values smaller than floating point numbers can represent are reported as this one."""


def marker_share(expressed: Floats) -> Floats:
    """Return the share of its statistic that a gene keeps as a marker: the more cells express it, the less.

    A gene that every cell expresses is not a marker, however certain a small difference is. Otherwise
    ribosomal genes would put translation first for every type of resting lymphocyte.

    Parameters
    ----------
    expressed
        Share of all cells that express each gene, shape (n_genes,).

    Returns
    -------
    float64 array, shape (n_genes,)

    Examples
    --------
    >>> marker_share(np.array([0.0, 0.5, 1.0])).round(3).tolist()
    [1.0, 0.525, 0.05]
    """
    return 1 - EXPRESSED_COST * expressed


def tamed(statistics: Floats, emphasis: float = EMPHASIS) -> Floats:
    """Return the statistics as they are added up: the strongest genes cut, then strong ones emphasised.

    One gene in ten thousand, and at least one, is cut to the size of the next one, so that a single gene with
    |t| = 80 does not decide the result of its terms. Then sizes are raised to a power. The scale of the
    statistic does not matter.

    Parameters
    ----------
    statistics
        Shape (n_tables, n_genes).
    emphasis
        The power.

    Returns
    -------
    float64 array, shape (n_tables, n_genes)

    Examples
    --------
    >>> tamed(np.array([[1.0, 2.25, 4.0, -80.0]]))
    array([[ 1.   ,  3.375,  8.   , -8.   ]])
    """
    n = statistics.shape[1]
    size = np.abs(statistics)
    place = n - 1 - max(round(CUT_SHARE * n), 1)
    most = np.partition(size, place, axis=1)[:, [place]]
    return np.asarray(np.copysign(np.minimum(size, most) ** emphasis, statistics))


def parts(statistics: Floats) -> dict[View, Floats]:
    """Return the part of the statistics that each view adds up, never negative."""
    up, down = np.maximum(statistics, 0), np.maximum(-statistics, 0)
    return {"up": up, "down": down, "absolute": up + down}


def view_sums(statistics: Floats, weights: TermWeights) -> dict[View, Floats]:
    """Add up the statistics of each term's genes, by view.

    Parameters
    ----------
    statistics
        Shape (n_tables, n_genes); permuted tables are further rows.
    weights
        Weights of the same genes.

    Returns
    -------
    dict of float64 arrays, shape (n_tables, n_terms)
    """
    up = _sums(np.maximum(statistics, 0), weights)
    down = _sums(np.maximum(-statistics, 0), weights)
    return {"up": up, "down": down, "absolute": up + down}


def _sums(values: Floats, weights: TermWeights) -> Floats:
    return np.ascontiguousarray((weights.weights @ np.ascontiguousarray(values.T)).T)


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean, standard deviation and skewness of the terms' sums under a null hypothesis.

    Attributes
    ----------
    mean, spread, skewness : float64 arrays
        Of a shape that broadcasts to (n_tables, n_terms). A spread of 0 marks terms that cannot be tested.
    """

    mean: Floats
    spread: Floats
    skewness: Floats


def gene_sampling_moments(
    values: Floats, weights: TermWeights, correlation: float = GENE_CORRELATION
) -> Moments:
    """Return the moments of the sums when statistics are assigned to the genes at random.

    Parameters
    ----------
    values
        The part of the statistics that is added up, see `parts`, shape (n_tables, n_genes).
    weights
        Weights of the same genes.
    correlation
        Mean correlation of the genes of a term. With 0 the moments are exactly those of random genes.

    Returns
    -------
    Moments
        Arrays of shape (n_tables, n_terms).

    Notes
    -----
    For a sum of w x over n genes with x permuted, and sums of powers taken about the means: variance
    ``W2 X2 / (n - 1)``, third moment ``n W3 X3 / ((n - 1) (n - 2))``. The spread is then multiplied by the
    root of ``1 + (m - 1) correlation``, the variance inflation of CAMERA (Wu and Smyth, Nucleic Acids Res.
    40:e133, 2012), m being the effective number of genes, ``(sum of w)**2 / sum of w**2``.
    """
    return _sampling_moments(_power_sums(values), values.shape[1], weights, correlation)


def _power_sums(values: Floats) -> Floats:
    """Return the sums of values, squares and cubes of each table, shape (3, n_tables, 1)."""
    squares = values * values
    cubes = np.einsum("ij,ij->i", squares, values)
    return np.stack([values.sum(axis=1), squares.sum(axis=1), cubes])[:, :, None]


def _sampling_moments(powers: Floats, n: int, weights: TermWeights, correlation: float) -> Moments:
    """Return `gene_sampling_moments` of n values with these sums of powers."""
    first, second, third = weights.power_sums
    w2 = np.maximum(second - first**2 / n, 0)
    w3 = third - 3 * first * second / n + 2 * first**3 / n**2
    mean = powers[0] / n
    x2 = np.maximum(powers[1] - n * mean**2, 0)
    x3 = powers[2] - 3 * mean * powers[1] + 2 * n * mean**3
    spread = np.sqrt(x2 / (n - 1)) * np.sqrt(w2)
    skewness = _over_root(x3, x2) * _over_root(w3, w2) * (n * np.sqrt(n - 1) / (n - 2))
    effective = np.divide(first**2, second, out=np.ones_like(first), where=second > 0)
    return Moments(mean * first, spread * np.sqrt(1 + (effective - 1) * correlation), skewness)


def _over_root(third: Floats, second: Floats) -> Floats:
    """Return a third moment over the second to the power of 1.5; 0 where nothing varies."""
    return np.divide(third, second**1.5, out=np.zeros_like(third), where=second > 0)


def standardise(sums: Floats, moments: Moments) -> Floats:
    """Return by how many standard deviations sums exceed their mean; 0 where there is no spread.

    Parameters
    ----------
    sums
        Shape (n_tables, n_terms).
    moments
        Moments of the sums under the null hypothesis.
    """
    spread = np.broadcast_to(moments.spread, sums.shape)
    return np.divide(sums - moments.mean, spread, out=np.zeros_like(sums), where=spread > 0)


def view_effects(statistics: Floats, weights: TermWeights, emphasis: float = EMPHASIS) -> dict[View, Floats]:
    """Return by how many standard deviations of random genes the sums of terms differ from their mean.

    Parameters
    ----------
    statistics
        Shape (n_tables, n_genes).
    weights
        Weights of the same genes.
    emphasis
        See `tamed`.

    Returns
    -------
    dict of float64 arrays, shape (n_tables, n_terms)
    """
    tested = tested_views(tamed(statistics, emphasis), weights, VIEWS)
    return {view: effects for view, (_, _, effects) in tested}


def tested_views(
    statistics: Floats, weights: TermWeights, views: Sequence[View]
) -> Iterator[tuple[View, tuple[Floats, Moments, Floats]]]:
    """Yield for each view the sums of the terms, their moments among random genes, and their effects.

    The statistics are those of `tamed`; see `view_sums`, `gene_sampling_moments` and `standardise`.
    """
    sums = view_sums(statistics, weights)
    up, down = (_power_sums(np.maximum(part, 0)) for part in (statistics, -statistics))
    powers: dict[View, Floats] = {"up": up, "down": down, "absolute": up + down}
    for view in views:
        moments = _sampling_moments(powers[view], statistics.shape[1], weights, GENE_CORRELATION)
        yield view, (sums[view], moments, standardise(sums[view], moments))


def pearson3_tail(effects: npt.ArrayLike, skewness: npt.ArrayLike) -> Floats:
    """Return the chance of an effect at least this large under Pearson's type III distribution.

    Parameters
    ----------
    effects
        Standardised effects: mean 0 and standard deviation 1 under the null hypothesis.
    skewness
        Skewness of the null distribution; 0 gives the normal distribution.

    Returns
    -------
    float64 array
        P-values above 0 and at most 1, of the shape to which both broadcast.

    Examples
    --------
    >>> pearson3_tail([1.96, 1.96, -3.0], [0.0, 1.0, 1.0]).round(4)
    array([0.025 , 0.0447, 1.    ])
    """
    z, skew = np.broadcast_arrays(
        np.asarray(effects, dtype=np.float64), np.asarray(skewness, dtype=np.float64)
    )
    p = ndtr(-z)
    skewed = np.abs(skew) > NORMAL_SKEWNESS
    shape = (2 / skew[skewed]) ** 2
    right = skew[skewed] > 0
    place = np.maximum(shape + np.where(right, z[skewed], -z[skewed]) * np.sqrt(shape), 0)
    p[skewed] = np.where(right, gammaincc(shape, place), gammainc(shape, place))
    return np.asarray(np.maximum(p, SMALLEST_P))


def tail_of(effects: Floats, moments: Moments) -> Floats:
    """Return the chance of standardised effects at least this large; 1 where there is no spread.

    Parameters
    ----------
    effects
        Shape (n_tables, n_terms), standardised by `moments`.
    moments
        Moments of the null distribution.
    """
    return np.where(moments.spread > 0, pearson3_tail(effects, moments.skewness), 1.0)


@dataclass(frozen=True, eq=False)
class ViewResult:
    """One view of ranked tables against a library.

    Attributes
    ----------
    effects : float64 array, shape (n_tables, n_terms)
        Standard deviations by which the terms' sums exceed the mean of random genes; 0 for terms without a
        measured gene.
    p_values : float64 array, shape (n_tables, n_terms)
        Parametric p-values, for random genes with a small correlation; 1 for terms without a measured gene.
    """

    effects: Floats
    p_values: Floats


def rank_views(
    statistics: npt.ArrayLike,
    weights: TermWeights,
    views: Sequence[View] = VIEWS,
    emphasis: float = EMPHASIS,
) -> Mapping[View, ViewResult]:
    """Test all terms of a library for tables of the same genes, without permutations.

    Parameters
    ----------
    statistics
        Signed and finite statistics, shape (n_tables, n_genes).
    weights
        Weights of the same genes, from `ranked_weights`.
    views
        Views to return.
    emphasis
        See `tamed`.

    Returns
    -------
    dict of ViewResult

    Raises
    ------
    InputError
        If the shapes do not match, or a table cannot be tested, see `ranked_query`.

    Examples
    --------
    >>> from gsfm_enrich.libraries.library import GeneSetLibrary
    >>> from gsfm_enrich.ranking.ranked_weights import ranked_weights
    >>> genes = tuple(f"G{i}" for i in range(600))
    >>> library = GeneSetLibrary.from_dict({"top": genes[-20:], "both": [*genes[:10], *genes[-10:]]})
    >>> result = rank_views(np.linspace(-3, 3, 600)[None], ranked_weights(library, None, genes))
    >>> result["up"].effects.round(1), result["absolute"].effects.round(1)
    (array([[10.8,  1.8]]), array([[7.7, 8.1]]))
    """
    table = np.asarray(statistics, dtype=np.float64)
    n_genes = weights.weights.shape[1]
    if table.ndim != 2 or table.shape[1] != n_genes:
        raise InputError(f"Expected statistics of shape (tables, {n_genes:,} genes), not {table.shape}.")
    for row in table:
        check_statistics(row)
    tested = tested_views(tamed(table, emphasis), weights, views)
    return {view: ViewResult(effects, tail_of(effects, moments)) for view, (_, moments, effects) in tested}
