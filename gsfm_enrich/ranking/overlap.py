"""The overlap test: how surprising it is that a query shares this many genes with a term.

The arithmetic and the columns are those of gseapy's offline enrichment, for all terms at once. The model's
columns are based on the same counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from gsfm_enrich.arrays import Floats, Ints
from gsfm_enrich.errors import InputError
from gsfm_enrich.ranking.hypergeometric import upper_tail

_BASE = 0.5  # added to every cell of the odds ratio, so that an empty one does not divide by zero


@dataclass(frozen=True)
class Overlap:
    """The overlap test of one query against every term of a library.

    Attributes
    ----------
    hits
        Number of genes that query and term share, shape (terms,).
    sizes
        Number of genes of each term that are in the background, shape (terms,).
    drawn
        Number of genes of the query that are in the background (N of the hypergeometric distribution).
    population
        Number of genes in the background (M).
    p_values
        Chance of at least as many hits for a random query of `drawn` genes, shape (terms,).
    odds_ratios
        Odds ratios with half a gene added to every cell, shape (terms,).
    combined_scores
        Enrichr's ``-ln(p) * odds ratio``, shape (terms,).
    """

    hits: Ints
    sizes: Ints
    drawn: int
    population: int
    p_values: Floats
    odds_ratios: Floats
    combined_scores: Floats


def overlap_test(hits: npt.ArrayLike, sizes: npt.ArrayLike, drawn: int, population: int) -> Overlap:
    """Test one query against every term.

    Parameters
    ----------
    hits
        Number of genes that query and term share, shape (terms,).
    sizes
        Number of genes of each term that are in the background, shape (terms,).
    drawn
        Number of genes of the query that are in the background.
    population
        Number of genes in the background.

    Returns
    -------
    Overlap

    Raises
    ------
    InputError
        If the counts are impossible: more hits than genes, or a background that cannot hold query and term.

    Examples
    --------
    >>> test = overlap_test([2, 0], [3, 4], drawn=5, population=20)
    >>> test.p_values.round(4)
    array([0.1404, 1.    ])
    """
    hits = np.asarray(hits, dtype=np.int64)
    sizes = np.asarray(sizes, dtype=np.int64)
    _check_counts(hits, sizes, drawn, population)
    p_values = hypergeometric_tail(hits, sizes, drawn, population)
    odds = odds_ratio(hits, sizes, drawn, population)
    scores = combined_score(p_values, odds)
    return Overlap(hits, sizes, int(drawn), int(population), p_values, odds, scores)


def hypergeometric_tail(
    hits: npt.ArrayLike, sizes: npt.ArrayLike, drawn: npt.ArrayLike, population: npt.ArrayLike
) -> Floats:
    """Return the chance of at least `hits` members among `drawn` genes, for any shapes that broadcast.

    Parameters
    ----------
    hits, sizes, drawn, population
        Integers: members drawn, all members, genes drawn, all genes. For several queries give hits of shape
        (queries, terms) and drawn of shape (queries, 1).

    Returns
    -------
    ndarray
        P(X >= hits) for a hypergeometric X, float64, of the common shape.

    Notes
    -----
    Terms of equal size and overlap have equal chances, so each combination is computed once; 100 genes
    against 6,000 terms give some 400. See :func:`gsfm_enrich.ranking.hypergeometric.upper_tail`.

    Examples
    --------
    >>> hypergeometric_tail([[1], [2]], [3, 4], 5, 20).round(4)
    array([[0.6009, 0.7183],
           [0.1404, 0.2487]])
    """
    x, n, N, M = (np.asarray(count, dtype=np.int64) for count in (hits, sizes, drawn, population))
    x, n, N, M = np.broadcast_arrays(x, n, N, M)
    tail = np.empty(x.shape)
    for drawn_here, population_here in {*zip(N.ravel().tolist(), M.ravel().tolist(), strict=True)}:
        same = (drawn_here == N) & (population_here == M)
        keys, where = np.unique(x[same] * (int(n.max()) + 1) + n[same], return_inverse=True)
        combinations = np.divmod(keys, int(n.max()) + 1)
        tail[same] = upper_tail(*combinations, drawn_here, population_here)[where]
    return tail


def odds_ratio(
    hits: npt.ArrayLike, sizes: npt.ArrayLike, drawn: npt.ArrayLike, population: npt.ArrayLike
) -> Floats:
    """Return the odds ratio of the two-by-two table, with half a gene added to each cell.

    Parameters
    ----------
    hits, sizes, drawn, population
        As in :func:`hypergeometric_tail`.

    Returns
    -------
    ndarray
        ``(k + .5)(M - m - n + k + .5) / ((m - k + .5)(n - k + .5))`` with k hits, m the size, n drawn and
        M the population: gseapy's form of the Haldane-Anscombe correction.

    Examples
    --------
    >>> float(odds_ratio(2, 3, 5, 20).round(4))
    6.9048
    """
    k, m, n, M = (np.asarray(count, dtype=np.float64) for count in (hits, sizes, drawn, population))
    ratio: Floats = ((k + _BASE) * (M - m - n + k + _BASE)) / ((m - k + _BASE) * (n - k + _BASE))
    return ratio


def combined_score(p_values: npt.ArrayLike, odds_ratios: npt.ArrayLike) -> Floats:
    """Return Enrichr's combined score, ``-ln(p) * odds ratio``.

    Parameters
    ----------
    p_values, odds_ratios
        Any shapes that broadcast. A p-value that underflows to zero gives an infinite score.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> float(combined_score(0.01, 2.0).round(4))
    9.2103
    """
    with np.errstate(divide="ignore"):
        score: Floats = -np.log(np.asarray(p_values, dtype=np.float64)) * np.asarray(odds_ratios)
    return score


def benjamini_hochberg(p_values: npt.ArrayLike, tested: npt.ArrayLike | None = None) -> Floats:
    """Adjust p-values for the number of terms tested, by the method of Benjamini and Hochberg.

    Parameters
    ----------
    p_values
        Shape (terms,) or (queries, terms); each query is adjusted separately.
    tested
        Which terms count as tested, of the same shape; gseapy tests those with at least one hit. By
        default all.

    Returns
    -------
    ndarray
        Adjusted p-values; 1 for terms not tested.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. J. R. Stat. Soc. B 57,
    289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 1.0], tested=[True, True, True, False])
    array([0.03, 0.04, 0.04, 1.  ])
    """
    p = np.asarray(p_values, dtype=np.float64)
    if tested is not None:
        p = np.where(np.asarray(tested, dtype=bool), p, np.inf)
    order = np.argsort(p, axis=-1)
    ranked = np.take_along_axis(p, order, axis=-1)
    n_tested = np.isfinite(p).sum(axis=-1, keepdims=True)
    share = np.arange(1, p.shape[-1] + 1) / np.maximum(n_tested, 1).astype(np.float64)
    stepped = np.minimum.accumulate((ranked / share)[..., ::-1], axis=-1)[..., ::-1]
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, np.minimum(stepped, 1.0), axis=-1)
    return adjusted


def adjusted_of_some(p_values: Floats, rows: Ints, some: Floats) -> Floats:
    """Return what `benjamini_hochberg` gives for a few p-values of each query, without adjusting all of them.

    Parameters
    ----------
    p_values : shape (n_queries, n_tested)
        P-values of all tested terms.
    rows : shape (n_some,)
        Query of each p-value that is asked for, in ascending order.
    some : shape (n_some,)
        These p-values.

    Examples
    --------
    >>> adjusted_of_some(np.array([[0.01, 0.04, 0.03]]), np.array([0]), np.array([0.04]))
    array([0.04])
    """
    n = p_values.shape[1]
    ranked = np.sort(p_values, axis=1)
    stepped = np.minimum.accumulate((ranked * (n / np.arange(1, n + 1)))[:, ::-1], axis=1)[:, ::-1]
    bounds = np.searchsorted(rows, np.arange(len(ranked) + 1))
    adjusted = np.ones(len(some))
    for row, (start, stop) in enumerate(pairwise(bounds)):
        adjusted[start:stop] = stepped[row, np.searchsorted(ranked[row], some[start:stop])]
    return np.minimum(adjusted, 1.0)


def _check_counts(hits: Any, sizes: Any, drawn: int, population: int) -> None:
    """Raise an InputError for counts that no two-by-two table has."""
    if hits.shape != sizes.shape or hits.ndim != 1:
        raise InputError(
            f"Expected hits and sizes of one shape (terms,), not {hits.shape} and {sizes.shape}."
        )
    if np.any(hits < 0) or np.any(hits > np.minimum(sizes, drawn)):
        raise InputError("There are more hits than genes in the query or in the term, or a negative number.")
    together = sizes + drawn - hits
    if together.size and together.max() > population:
        worst = int(together.argmax())
        raise InputError(
            f"A background of {population:,} genes is too small: the query has {drawn:,} genes and a term "
            f"{sizes[worst]:,}, together {together[worst]:,} different ones."
        )
