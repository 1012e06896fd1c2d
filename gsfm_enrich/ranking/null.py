"""How much evidence for a term a random query holds.

Evidence is counted in quarters of a member (see `gsfm_enrich.ranking.weights`): a member of the term in the
query adds four, a gene that the model places in the term adds one, two or three, any other gene nothing. So
the evidence of a query is a whole number, and its null distribution can be computed instead of approximated.

The library stays intact; the query is what is random. From each *stratum* of the background as many genes are
drawn, without replacement, as the query has of it. With one stratum and no predicted genes this is the
hypergeometric test. With strata of equal propensity it is the test for a query whose genes were listed
because experiments find such genes easily.

`survival` computes the chance of at least as much evidence exactly (up to a remainder that it knows to be
negligible) where few predicted genes are drawn, and by the saddlepoint approximation elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from gsfm_enrich.model.blocks import in_threads
from gsfm_enrich.ranking.overlap import hypergeometric_tail
from gsfm_enrich.ranking.saddlepoint import saddlepoint_tail
from gsfm_enrich.ranking.weights import LEVELS

TINY = float(np.finfo(np.float64).tiny)
"""Smallest p-value that is reported: the smallest normal double, since a p-value is never 0."""

MOST_DRAWN = (6, 20)
"""Numbers of predicted genes in a query up to which the sum is exact: few first, then more where needed."""
MOST_EVIDENCE = 400
"""Evidence up to which the sum is worth its time; beyond, many genes count and the saddlepoint is as good."""
MOST_CELLS = 3_000_000
REMAINDER = 1e-3
"""Largest share of a p-value that may come from queries with more predicted genes than were summed over."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stratum:
    """Genes that a random query draws from as one urn.

    Attributes
    ----------
    population : int
        Genes in it.
    drawn : int
        Genes of the query in it.
    members : int64 array, shape (n_terms,)
        Members of each term in it.
    predicted : int64 array, shape (n_terms, LEVELS - 1)
        Genes in it that the model places in each term, by their weight: one, two and three quarters.
    """

    population: int
    drawn: int
    members: Ints
    predicted: Ints

    def terms(self, rows: Ints) -> Stratum:
        """Return the stratum for some terms only."""
        return Stratum(self.population, self.drawn, self.members[rows], self.predicted[rows])


class Law(NamedTuple):
    """Distribution of the evidence from one stratum or more, for the values 0 ... top.

    Attributes
    ----------
    mass, tail : float64 arrays, shape (n_terms, top + 1)
        P(X = x) and P(X >= x).
    """

    mass: Floats
    tail: Floats


def survival(observed: Ints, strata: Sequence[Stratum]) -> Floats:
    """Return the probability that a random query holds at least as much evidence, for each term.

    Parameters
    ----------
    observed : shape (n_terms,)
        Evidence in the query, in quarters of a member.
    strata
        What the query is drawn from.

    Returns
    -------
    ndarray of float64, shape (n_terms,)
        Between the smallest normal double and 1.

    Notes
    -----
    Within a stratum the numbers of members and of genes of each weight that are drawn follow a multivariate
    hypergeometric law, summed over all combinations of up to ``MOST_DRAWN`` predicted genes. Only positive
    numbers are added, so the far tail keeps its digits. The chance of more predicted genes bounds what is
    left out; where that is over ``REMAINDER`` of the sum, the saddlepoint approximation takes its place.

    Examples
    --------
    >>> urn = Stratum(20, 5, np.array([3, 4]), np.zeros((2, 3), dtype=np.int64))
    >>> survival(np.array([4, 8]), [urn]).round(4)
    array([0.6009, 0.2487])
    """
    observed = np.asarray(observed, dtype=np.int64)
    p = np.ones(len(observed))
    if not strata:  # nothing was drawn
        return p
    binary = ~np.any([stratum.predicted.any(axis=1) for stratum in strata], axis=0)
    if len(strata) == 1 and binary.any():
        p[binary] = members_tail(-(-observed[binary] // LEVELS), strata[0].terms(np.flatnonzero(binary)))
    else:
        binary[:] = False
    left = np.flatnonzero((observed > 0) & ~binary & (observed <= MOST_EVIDENCE))
    far = np.flatnonzero(~binary & (observed > MOST_EVIDENCE))
    # Half of all queries have about the mean of predicted genes or more: no use to sum without these.
    mean = np.max([urn.predicted.sum(axis=1) * (urn.drawn / urn.population) for urn in strata], axis=0)
    for most in MOST_DRAWN:
        hopeless = left[mean[left] > most + 1]
        left = left[mean[left] <= most + 1]
        parts = blocks(left, observed, most)
        tails = exact_tails(parts, observed, strata, most)
        undecided = []
        for rows, (tail, remainder) in zip(parts, tails, strict=True):
            p[rows] = tail
            undecided.append(rows[remainder > REMAINDER * tail])
        left = np.concatenate([hopeless, *undecided])
    left = np.concatenate([left, far])
    if len(left):
        p[left] = saddlepoint_tail(observed[left], [stratum.terms(left) for stratum in strata])
    return np.asarray(np.clip(p, TINY, 1.0))


def blocks(rows: Ints, observed: Ints, most: int) -> list[Ints]:
    """Split terms into blocks of similar evidence, so that tables as wide as the most need bounded memory."""
    parts, start = [], 0
    rows = rows[np.argsort(observed[rows], kind="stable")]
    while start < len(rows):
        step = 256
        while start + step < len(rows):
            widest = observed[rows[min(start + 2 * step, len(rows)) - 1]]
            if (
                2 * step * (most + 1) * (widest + 3 * most) > MOST_CELLS
                or widest > 1.5 * observed[rows[start]] + 8
            ):
                break
            step *= 2
        parts.append(rows[start : start + step])
        start += step
    return parts


def exact_tails(
    parts: Sequence[Ints], observed: Ints, strata: Sequence[Stratum], most: int
) -> list[tuple[Floats, Floats]]:
    """Return what `exact_tail` says of each block of terms."""

    def work(rows: Ints) -> tuple[Floats, Floats]:
        return exact_tail(observed[rows], [stratum.terms(rows) for stratum in strata], most)

    return in_threads(work, parts)


def exact_tail(observed: Ints, strata: Sequence[Stratum], most: int) -> tuple[Floats, Floats]:
    """Return P(X >= observed) without queries of over ``most`` predicted genes, and a bound of these."""
    top = int(observed.max(initial=0))
    total, remainder = stratum_law(strata[0], top, most)
    for stratum in strata[1:]:
        law, more = stratum_law(stratum, top, most)
        total, remainder = add(total, law), remainder + more
    return total.tail[np.arange(len(observed)), observed], remainder


def add(x: Law, y: Law) -> Law:
    """Return the law of the sum of two independent numbers."""
    mass, tail = np.zeros_like(x.mass), x.tail.copy()
    width = mass.shape[1]
    for value in np.flatnonzero(x.mass.any(axis=0)):
        here = x.mass[:, value, None]
        mass[:, value:] += here * y.mass[:, : width - value]
        tail[:, value + 1 :] += here * y.tail[:, 1 : width - value]
    return Law(mass, tail)


def stratum_law(stratum: Stratum, top: int, most: int) -> tuple[Law, Floats]:
    """Return the law of the evidence from one stratum, and the chance of over ``most`` predicted genes."""
    predicted = stratum.predicted.sum(axis=1)
    most = int(min(most, predicted.max(initial=0), stratum.drawn))
    n_terms, n_members = (
        len(predicted),
        min(top // LEVELS + 1, int(stratum.members.max(initial=0)), stratum.drawn),
    )
    k = np.arange(n_members + 1)
    drawn = drawn_together(stratum, k, most)  # (n_terms, members, predicted)
    soft = soft_mass(stratum.predicted, most)  # (n_terms, predicted, evidence)
    soft_tail = soft[..., ::-1].cumsum(axis=2)[..., ::-1]
    mass = np.zeros((n_terms, top + 1))
    needed = -(-np.arange(top + 1) // LEVELS)  # members that reach it alone
    tail = members_tails(int(needed[-1]), stratum)[:, needed]
    for members in k[LEVELS * k <= top]:
        start = LEVELS * members
        width = min(soft.shape[2], top + 1 - start)
        weights = drawn[:, members, None, :]
        mass[:, start : start + width] += (weights @ soft[..., :width])[:, 0]
        tail[:, start + 1 : start + width] += (weights @ soft_tail[..., 1:width])[:, 0]
    rest = hypergeometric_tail(np.minimum(most + 1, predicted), predicted, stratum.drawn, stratum.population)
    return Law(mass, tail), np.where(predicted > most, rest, 0.0)


def members_tail(k: Ints, stratum: Stratum) -> Floats:
    """Return the chance of at least k members, shape (n_terms,); 0 where impossible."""
    possible = np.minimum(stratum.members, stratum.drawn)
    chance = hypergeometric_tail(np.minimum(k, possible), stratum.members, stratum.drawn, stratum.population)
    return np.where(k <= possible, chance, 0.0)


def members_tails(most: int, stratum: Stratum) -> Floats:
    """Return the chance of at least 0 ... most members, shape (n_terms, most + 1).

    The chances of single numbers are added up from far out, where no double sees what is left out.
    """
    largest = int(stratum.members.max(initial=0))
    mean = stratum.drawn * largest / stratum.population
    far = max(most, int(mean)) + int(12 * np.sqrt(mean)) + 60
    k = np.arange(max(min(far, largest, stratum.drawn), most) + 1)
    alone = replace(stratum, predicted=np.zeros_like(stratum.predicted))
    chance = drawn_together(alone, k, 0)[..., 0]
    return np.asarray(np.minimum(chance[:, ::-1].cumsum(axis=1)[:, ::-1][:, : most + 1], 1.0))


def drawn_together(stratum: Stratum, k: Ints, most: int) -> Floats:
    """Return the chance of k members and 0 ... most predicted genes, shape (n_terms, len(k), most + 1)."""
    m, h = stratum.members[:, None, None], stratum.predicted.sum(axis=1)[:, None, None]
    i = np.arange(most + 1)
    others, rest = stratum.population - m - h, stratum.drawn - k[:, None] - i
    possible = (k[:, None] <= m) & (i <= h) & (rest >= 0) & (rest <= others)

    whole = log_ways(np.array([stratum.population]), np.array([stratum.drawn]))
    log_chance = log_ways(m, k[:, None]) + log_ways(h, i) + log_ways(others, rest) - whole
    return np.where(possible, np.exp(np.where(possible, log_chance, 0.0)), 0.0)


def soft_mass(predicted: Ints, most: int) -> Floats:
    """Return the law of the evidence of i predicted genes, shape (n_terms, most + 1, values)."""
    kinds, where = np.unique(predicted, axis=0, return_inverse=True)
    combinations = combine(most)  # (n_combinations, LEVELS - 1)
    drawn = combinations.sum(axis=1)
    log_chance = np.zeros((len(kinds), len(combinations)))
    possible = np.ones_like(log_chance, dtype=bool)
    for level in range(LEVELS - 1):
        possible &= combinations[:, level] <= kinds[:, level, None]
        log_chance += log_ways(kinds[:, level, None], combinations[:, level])
    log_chance -= log_ways(kinds.sum(axis=1)[:, None], drawn)
    chance = np.where(possible, np.exp(np.where(possible, log_chance, 0.0)), 0.0)
    width = (LEVELS - 1) * most + 1
    cells = drawn * width + combinations @ np.arange(1, LEVELS)
    table = np.zeros((len(kinds), (most + 1) * width))
    order = np.argsort(cells, kind="stable")
    firsts = np.flatnonzero(np.diff(cells[order], prepend=-1))
    table[:, cells[order][firsts]] = np.add.reduceat(chance[:, order], firsts, axis=1)
    return table.reshape(len(kinds), most + 1, width)[where.ravel()]


def log_ways(n: Ints, chosen: Ints) -> Floats:
    """Return the logarithm of the number of ways to choose genes out of n; 0 where there are none."""
    log_factorial = log_factorials(1 << int(n.max(initial=0)).bit_length())
    chosen = np.clip(chosen, 0, n)
    return np.asarray(log_factorial[n] - log_factorial[chosen] - log_factorial[n - chosen])


@lru_cache(maxsize=32)
def combine(most: int) -> Ints:
    """List all ways to take up to ``most`` genes of LEVELS - 1 kinds, shape (n_combinations, LEVELS - 1)."""
    grid = np.stack(np.meshgrid(*[np.arange(most + 1)] * (LEVELS - 1), indexing="ij"), axis=-1)
    grid = grid.reshape(-1, LEVELS - 1)
    return np.asarray(grid[grid.sum(axis=1) <= most])


@lru_cache(maxsize=32)
def log_factorials(largest: int) -> Floats:
    """Return log(0!), log(1!), ... log(largest!)."""
    return np.asarray(gammaln(np.arange(largest + 1) + 1.0))
