"""The overlap test of a completed library: expected counts in place of counts.

Were the library as complete as the model believes, a term would have, beside its members, as many genes as
the probabilities of all others add up to, and a query would hit, beside the members on it, as many as the
probabilities of its other genes add up to. The p-value is the upper tail of the hypergeometric distribution
at these *expected counts*. No gene counts more than its probability, and a term that may have many more
members has to show more of them.

With probabilities of 0 and 1 this is the overlap test, exactly. Fractions are read as follows. A size between
two whole numbers is the larger one with the chance that the fraction says. Between two whole numbers of hits
the logarithm of the tail is a straight line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gsfm_enrich.arrays import Floats, Ints

TINY = float(np.finfo(np.float64).tiny)
"""Smallest p-value that is reported: the smallest normal double, since a p-value is never 0."""
ROUNDING = 1e-6
"""Sums of probabilities that are this close to a whole number are meant to be it."""
BLOCK = 512
"""Terms whose distributions are added up at a time."""


@dataclass(frozen=True)
class Stratum:
    """Genes that a random query draws from as one urn.

    Attributes
    ----------
    population : int
        Genes in it.
    drawn : int
        Genes of the query in it.
    sizes : float64 array, shape (n_terms,)
        Expected members of each term in it.
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
    if not strata:  # nothing was drawn
        return p
    highest = np.floor(hits.max(axis=0, initial=0.0) + ROUNDING).astype(np.int64)
    order = np.argsort(highest, kind="stable")
    step = len(order) if len(strata) == 1 else BLOCK
    for start in range(0, len(order), max(step, 1)):
        terms = order[start : start + step]
        if highest[terms[-1]] >= 0 and hits[:, terms].any():
            tails = log_tails(strata, terms, int(highest[terms[-1]]) + 1)
            p[:, terms] = interpolated(hits[:, terms], tails)
    return p


def interpolated(hits: Floats, log_tails: Floats) -> Floats:
    """Return the tails at fractions of hits.

    Parameters
    ----------
    hits : shape (n_queries, n_terms)
    log_tails : shape (n_terms, most + 1)
        Logarithms of the tails at whole numbers, ``most`` above all hits.
    """
    whole = np.floor(hits + ROUNDING).astype(np.int64)
    part = np.maximum(hits - whole, 0.0)
    part[part < ROUNDING] = 0.0
    at = np.arange(len(log_tails)) * log_tails.shape[1] + whole
    lower, upper = log_tails.ravel()[at], log_tails.ravel()[at + 1]
    return np.asarray(np.clip(np.exp(lower + part * (upper - lower)), TINY, 1.0))


def log_tails(strata: Sequence[Stratum], terms: Ints, most: int) -> Floats:
    """Return the logarithms of the tails of some terms, shape (n_terms, most + 1)."""
    total = fractional_law(strata[0], terms, most)
    for stratum in strata[1:]:
        total = add(total, fractional_law(stratum, terms, most))
    return np.asarray(np.log(np.maximum(total.tail, TINY)))


def fractional_law(stratum: Stratum, terms: Ints, most: int) -> Law:
    """Return the distributions of hits of some terms, of fractional size, in one stratum."""
    sizes = np.minimum(stratum.sizes[terms], stratum.population)
    whole = np.floor(sizes + ROUNDING).astype(np.int64)
    part = np.maximum(sizes - whole, 0.0)
    part[part < ROUNDING] = 0.0
    both = np.concatenate([whole, np.minimum(whole + 1, stratum.population)])
    kinds, where = np.unique(both, return_inverse=True)
    law = hypergeometric_law(kinds, stratum.drawn, stratum.population, most)
    smaller, larger = np.split(where.ravel(), 2)
    return Law(*((1 - part)[:, None] * some[smaller] + part[:, None] * some[larger] for some in law))


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
    nor differences are needed, so that all digits hold in the far tail. Summation ends where no double sees
    what is left.

    Examples
    --------
    >>> hypergeometric_law(np.array([3, 4]), drawn=5, population=20, most=2).tail.round(4)
    array([[1.    , 0.6009, 0.1404],
           [1.    , 0.7183, 0.2487]])
    """
    n, N, M = np.asarray(sizes, dtype=np.float64)[:, None], float(drawn), float(population)
    largest = float(np.max(sizes, initial=0))
    mean = N * largest / max(M, 1.0)
    width = int(min(max(mean + 40 * np.sqrt(mean) + 60, most), N, largest))
    k = np.arange(width + 1)
    least = np.maximum(n + N - M, 0)
    possible = (k >= least) & (k <= np.minimum(n, N))
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.log((n - k) * (N - k)) - np.log((k + 1) * (M - n - N + k + 1))
    logs = np.cumsum(np.where(possible & (k < np.minimum(n, N)), steps, 0.0), axis=1)
    logs = np.concatenate([np.zeros((len(n), 1)), logs[:, :-1]], axis=1)
    logs = np.where(possible, logs, -np.inf)
    mass = np.exp(logs - logs.max(axis=1, keepdims=True))
    mass /= mass.sum(axis=1, keepdims=True)
    law = np.zeros((2, len(n), most + 1))
    shown = min(width, most) + 1
    law[0, :, :shown] = mass[:, :shown]
    law[1, :, :shown] = np.minimum(mass[:, ::-1].cumsum(axis=1)[:, ::-1], 1.0)[:, :shown]
    return Law(law[0], law[1])


def add(x: Law, y: Law) -> Law:
    """Return the law of the sum of two independent numbers."""
    mass, tail = np.zeros_like(x.mass), x.tail.copy()
    width = mass.shape[1]
    for value in np.flatnonzero(x.mass.any(axis=0)):
        here = x.mass[:, value, None]
        mass[:, value:] += here * y.mass[:, : width - value]
        tail[:, value + 1 :] += here * y.tail[:, 1 : width - value]
    return Law(mass, tail)
