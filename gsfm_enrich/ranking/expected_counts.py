"""The overlap test of a completed library: expected counts in place of counts.

If the library were as complete as the model believes, a term would have, besides its members, as many genes
as the probabilities of all others add up to, and a query would hit, besides the members in it, as many as the
probabilities of its other genes add up to. The p-value is the upper tail of the hypergeometric distribution
at these *expected counts*. No gene counts more than its probability, and a term that may have many
more members has to show more of them.

With probabilities of 0 and 1 this is exactly the overlap test. Fractions are read as follows. A size between
two whole numbers is the larger one with a chance equal to the fraction. Between two whole numbers of hits the
logarithm of the tail is a straight line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from gsfm_enrich.arrays import Floats, Ints
from gsfm_enrich.kept import read_only

TINY = float(np.finfo(np.float64).tiny)
"""Smallest p-value that is reported: the smallest normal double, since a p-value is never 0."""
ROUNDING = 1e-6
"""Sums of probabilities that are this close to a whole number are taken to be that number."""
BLOCK = 512
"""Terms whose distributions are added up at a time."""


@dataclass(frozen=True)
class Stratum:
    """Genes that a random query draws from as one urn.

    Attributes
    ----------
    population : int
        Genes in the stratum.
    drawn : int
        Genes of the query in the stratum.
    sizes : float64 array, shape (n_terms,)
        Expected members of each term in the stratum.
    """

    population: int
    drawn: int
    sizes: Floats


class Law(NamedTuple):
    """Distributions of hits, for the numbers 0 ... most.

    Attributes
    ----------
    mass, tail : float64 arrays, shape (n_terms, most + 1)
        P(X = k) and P(X >= k).
    """

    mass: Floats
    tail: Floats


def survival(hits: Floats, strata: Sequence[Stratum]) -> Floats:
    """Return the p-values of queries that draw the same number of genes from each stratum.

    Parameters
    ----------
    hits : shape (n_queries, n_terms)
        Expected overlaps.
    strata
        What the queries are drawn from.

    Returns
    -------
    float64 array, shape (n_queries, n_terms)
        Between the smallest normal double and 1.

    Examples
    --------
    >>> urn = Stratum(20, 5, np.array([3.0, 4.5]))
    >>> survival(np.array([[1.0, 1.5]]), [urn]).round(4)
    array([[0.6009, 0.4841]])
    """
    p = np.ones(hits.shape)
    at = np.nonzero(hits >= ROUNDING)
    if not strata or not len(at[0]):
        return p
    found = hits[at]
    whole = np.floor(found + ROUNDING).astype(np.int64)
    part = np.maximum(found - whole, 0.0)
    part[part < ROUNDING] = 0.0
    tail = one_urn if len(strata) == 1 else several_urns
    lower, upper = tail(strata, at[1], whole)
    p[at] = np.clip(np.exp(lower + part * (upper - lower)), TINY, 1.0)
    return p


def one_urn(strata: Sequence[Stratum], terms: Ints, hits: Ints) -> tuple[Floats, Floats]:
    """Return the logarithms of P(X >= hits) and P(X > hits), where all genes are drawn from one urn.

    Parameters
    ----------
    strata
        The urn.
    terms, hits : shape (n_pairs,)
        Term and number of hits of each pair of a query and a term.
    """
    kinds, smaller, larger, part = fractional_sizes(strata[0])
    tail = hypergeometric_law(kinds, strata[0].drawn, strata[0].population, int(hits.max()) + 1).tail
    smaller, larger, part = smaller[terms], larger[terms], part[terms]
    lower, upper = ((1 - part) * tail[smaller, k] + part * tail[larger, k] for k in (hits, hits + 1))
    return np.log(np.maximum(lower, TINY)), np.log(np.maximum(upper, TINY))


def several_urns(strata: Sequence[Stratum], terms: Ints, hits: Ints) -> tuple[Floats, Floats]:
    """Return what `one_urn` does, where genes are drawn from several strata, each by itself."""
    distinct, where = np.unique(terms, return_inverse=True)
    highest = np.zeros(len(distinct), dtype=np.int64)
    np.maximum.at(highest, where, hits)
    starts = np.zeros(len(distinct), dtype=np.int64)
    order = np.argsort(highest, kind="stable")
    tails = []
    length = 0
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        some = log_tails(strata, distinct[block], int(highest[block[-1]]) + 1)
        starts[block] = length + np.arange(len(block)) * some.shape[1]
        tails.append(some.ravel())
        length += some.size
    position, values = starts[where] + hits, np.concatenate(tails)
    return values[position], values[position + 1]


def log_tails(strata: Sequence[Stratum], terms: Ints, most: int) -> Floats:
    """Return the logarithms of the tails of some terms, shape (n_terms, most + 1)."""
    total = fractional_law(strata[0], terms, most)
    for stratum in strata[1:]:
        total = add(fractional_law(stratum, terms, most), total)
    return np.asarray(np.log(np.maximum(total.tail, TINY)))


def fractional_sizes(stratum: Stratum) -> tuple[Ints, Ints, Ints, Floats]:
    """Return the distinct whole sizes around the expected ones, their place for each term, and its fraction.

    Returns
    -------
    kinds : shape (n_kinds,)
    smaller, larger : shape (n_terms,)
        Positions among the kinds.
    part : shape (n_terms,)
        Weight of the larger one.
    """
    sizes = np.minimum(stratum.sizes, stratum.population)
    whole = np.floor(sizes + ROUNDING).astype(np.int64)
    part = np.maximum(sizes - whole, 0.0)
    part[part < ROUNDING] = 0.0
    both = np.concatenate([whole, np.where(part > 0, np.minimum(whole + 1, stratum.population), whole)])
    kinds, where = np.unique(both, return_inverse=True)
    smaller, larger = np.split(where.ravel(), 2)
    return kinds, smaller, larger, part


def fractional_law(stratum: Stratum, terms: Ints, most: int) -> Law:
    """Return the distributions of hits for some terms of fractional size in one stratum."""
    some = Stratum(stratum.population, stratum.drawn, stratum.sizes[terms])
    kinds, smaller, larger, part = fractional_sizes(some)
    law = hypergeometric_law(kinds, stratum.drawn, stratum.population, most)
    return Law(*((1 - part)[:, None] * values[smaller] + part[:, None] * values[larger] for values in law))


def hypergeometric_law(sizes: Ints, drawn: int, population: int, most: int) -> Law:
    """Return hypergeometric distributions, for 0 ... most hits.

    Parameters
    ----------
    sizes : shape (n_terms,)
        Members of each term, at most ``population``.
    drawn, population
        Genes of the query and of the background.
    most
        Highest number of hits.

    Notes
    -----
    The ratios of neighbouring probabilities are simple, and all probabilities add up to 1: neither factorials
    nor differences are needed, so that all digits are right in the far tail. Summation ends when the rest is
    too small to change a double.

    Examples
    --------
    >>> hypergeometric_law(np.array([3, 4]), drawn=5, population=20, most=2).tail.round(4)
    array([[1.    , 0.6009, 0.1404],
           [1.    , 0.7183, 0.2487]])
    """
    n, N, M = np.asarray(sizes, dtype=np.int64)[:, None], drawn, population
    largest = int(np.max(sizes, initial=0))
    spread = np.sqrt(drawn * largest / max(population, 1))
    width = int(min(max(spread**2 + 12 * spread, most + 4 * spread) + 40, drawn, largest))
    k = np.arange(width + 1)
    rises = (k >= n + N - M) & (k < np.minimum(n, N))  # from k to k + 1 hits
    logs = logarithms(population + 1)
    steps = logs[np.abs(n - k)] + logs[N - k] - logs[k + 1] - logs[np.abs(M - n - N + k + 1)]
    logs = np.zeros((len(n), width + 1))
    np.cumsum(np.where(rises, steps, 0.0)[:, :-1], axis=1, out=logs[:, 1:])
    logs[(k < n + N - M) | (k > np.minimum(n, N))] = -np.inf
    mass = np.exp(logs - logs.max(axis=1, keepdims=True))
    mass /= mass.sum(axis=1, keepdims=True)
    law = np.zeros((2, len(n), most + 1))
    shown = min(width, most) + 1
    law[0, :, :shown] = mass[:, :shown]
    law[1, :, :shown] = np.minimum(mass[:, ::-1].cumsum(axis=1)[:, ::-1], 1.0)[:, :shown]
    return Law(law[0], law[1])


@lru_cache(maxsize=4)
def logarithms(n: int) -> Floats:
    """Return the natural logarithms of 0 ... n, with 0 in place of the logarithm of 0."""
    return read_only(np.log(np.maximum(np.arange(n + 1), 1)))


def add(x: Law, y: Law) -> Law:
    """Return the law of the sum of two independent random numbers."""
    mass, tail = np.zeros_like(x.mass), x.tail.copy()
    width = mass.shape[1]
    for value in np.flatnonzero(x.mass.any(axis=0)):
        here = x.mass[:, value, None]
        mass[:, value:] += here * y.mass[:, : width - value]
        tail[:, value + 1 :] += here * y.tail[:, 1 : width - value]
    return Law(mass, tail)
