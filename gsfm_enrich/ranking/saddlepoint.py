"""The tail of the evidence in a random query by the saddlepoint approximation.

Drawing without replacement is independent drawing, given how many genes come from each stratum. The tail of a
sum under such a condition is approximated by Skovgaard's double saddlepoint formula (Skovgaard 1987, J. Appl.
Prob. 24, 875-887), in its form for whole numbers (Butler 2007, Saddlepoint Approximations with Applications,
section 4.2). Its relative error is small even far in the tail; the more genes count, the smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from gsfm_enrich.ranking.weights import LEVELS

if TYPE_CHECKING:
    from gsfm_enrich.ranking.null import Stratum

STEPS = 80
LONGEST_STEP = 2.0
CLOSE = 1e-9
NEAR_MEAN = 1e-3

Floats = NDArray[np.float64]


def saddlepoint_tail(observed: NDArray[np.int64], strata: Sequence[Stratum]) -> Floats:
    """Return P(X >= observed) for each term.

    Parameters
    ----------
    observed : shape (n_terms,)
        Evidence in the query, in quarters of a member.
    strata
        What the query is drawn from.

    Returns
    -------
    ndarray of float64, shape (n_terms,)
        Exactly 0 above the largest possible value, the mass of the largest value at it.
    """
    urns = [Urn(stratum) for stratum in strata if stratum.drawn]
    p = np.ones(len(observed))
    if not urns:
        return np.asarray((observed <= 0).astype(np.float64))
    largest = np.sum([urn.largest for urn in urns], axis=0)
    least = np.sum([urn.least for urn in urns], axis=0)
    p[observed > largest] = 0.0
    inner = np.flatnonzero((observed > least) & (observed <= largest))
    if not len(inner):
        return p
    urns = [urn.terms(inner) for urn in urns]
    # The largest value has its saddlepoint at infinity: half a step inside it, the formula still holds.
    x = np.minimum(observed[inner] - 0.5, largest[inner] - 0.5)
    p[inner] = continuity_corrected(x, urns)
    return p


class Urn:
    """One stratum under independent drawing: counts of genes by weight, tilted by their weight.

    Parameters
    ----------
    stratum
        Population, drawn genes, members and predicted genes.
    """

    def __init__(self, stratum: Stratum) -> None:
        some = np.column_stack([stratum.predicted, stratum.members])
        none = stratum.population - some.sum(axis=1)
        self.counts = np.column_stack([none, some]).astype(np.float64)  # (n_terms, LEVELS + 1)
        self.drawn, self.population = stratum.drawn, stratum.population
        self.shift = np.log(self.drawn) - np.log(max(self.population - self.drawn, 1e-9))

    def terms(self, rows: NDArray[np.int64]) -> Urn:
        """Return the urn for some terms only."""
        urn = object.__new__(Urn)
        urn.__dict__.update(self.__dict__, counts=self.counts[rows])
        return urn

    @property
    def largest(self) -> Floats:
        """Most evidence that ``drawn`` genes can hold."""
        return self._extreme(self.counts[:, ::-1], np.arange(LEVELS, -1, -1))

    @property
    def least(self) -> Floats:
        """Least evidence that ``drawn`` genes can hold."""
        return self._extreme(self.counts, np.arange(LEVELS + 1))

    def _extreme(self, counts: Floats, weights: NDArray[np.int64]) -> Floats:
        taken = np.diff(np.minimum(np.cumsum(counts, axis=1), self.drawn), axis=1, prepend=0)
        return np.asarray(taken @ weights)

    def moments(self, t: Floats, u: Floats) -> tuple[Floats, ...]:
        """Return the cumulant function and its derivatives (by t, u, tt, tu, uu) at a tilt.

        Parameters
        ----------
        t, u : shape (n_terms,)
            Tilt of a gene by its evidence, and of every gene of the urn.
        """
        weights = np.arange(LEVELS + 1)
        tilt = self.shift + np.outer(t, weights) + u[:, None]
        share = 1 / (1 + np.exp(-tilt))
        spread = self.counts * share * (1 - share)
        base = np.logaddexp(0, self.shift)
        cumulant = (self.counts * (np.logaddexp(0, tilt) - base)).sum(axis=1)
        drawn = self.counts * share
        return (
            cumulant,
            drawn @ weights,
            drawn.sum(axis=1),
            spread @ weights**2,
            spread @ weights,
            spread.sum(axis=1),
        )


def solve(x: Floats, urns: Sequence[Urn]) -> tuple[Floats, Floats]:
    """Find the tilts t of the evidence, shape (n_terms,), and u of each urn, (n_urns, n_terms), by Newton.

    At them the mean evidence is x and the mean number of genes from each urn is what is drawn.
    """
    t, u = np.zeros(len(x)), np.zeros((len(urns), len(x)))
    for _ in range(STEPS):
        by_u, mixed, twice_u = np.empty_like(u), np.empty_like(u), np.empty_like(u)
        by_t, twice_t = -x.copy(), np.zeros(len(x))
        for number, urn in enumerate(urns):
            _, mean, drawn, tt, tu, uu = urn.moments(t, u[number])
            by_t, twice_t = by_t + mean, twice_t + tt
            by_u[number], mixed[number], twice_u[number] = drawn - urn.drawn, tu, np.maximum(uu, 1e-12)
        # The Hessian is an arrow: one row for t, and a diagonal for the urns.
        slope = by_t - (mixed * by_u / twice_u).sum(axis=0)
        curvature = np.maximum(twice_t - (mixed**2 / twice_u).sum(axis=0), 1e-12)
        step = -slope / curvature
        step_u = -(by_u + mixed * step) / twice_u
        change = np.maximum(np.abs(step) * LEVELS, 0) + np.abs(step_u).max(axis=0)  # of the tilt of a member
        damped = np.minimum(1, LONGEST_STEP / np.maximum(change, 1e-300))
        t, u = t + damped * step, u + damped * step_u
        if change.max(initial=0) < CLOSE:
            break
    return t, u


def continuity_corrected(x: Floats, urns: Sequence[Urn]) -> Floats:
    """Return P(X >= x + 1/2) by Skovgaard's formula; the second continuity correction of Daniels (1987)."""
    t, u = solve(x, urns)
    exponent, twice_t, ratio = t * x, np.zeros(len(x)), np.ones(len(x))
    for number, urn in enumerate(urns):
        cumulant, _, _, tt, tu, uu = urn.moments(t, u[number])
        exponent = exponent + u[number] * urn.drawn - cumulant
        twice_t = twice_t + tt - tu**2 / np.maximum(uu, 1e-300)
        ratio = ratio * uu / urn.moments(np.zeros(len(x)), np.zeros(len(x)))[5]
    r = np.sign(t) * np.sqrt(2 * np.maximum(exponent, 0))
    v = 2 * np.sinh(t / 2) * np.sqrt(np.maximum(twice_t * ratio, 1e-300))
    near = np.abs(r) < NEAR_MEAN
    safe_r, safe_v = np.where(near, 1.0, r), np.where(near, 1.0, v)
    correction = np.where(near, 0.0, 1 / safe_v - 1 / safe_r)
    log_density = -(r**2) / 2 - np.log(2 * np.pi) / 2
    p = np.exp(log_ndtr(-r)) + np.exp(log_density) * correction
    # The Lugannani-Rice sum can leave (0, 1) where hardly anything is drawn; Barndorff-Nielsen's form cannot.
    star = r + np.log(np.maximum(safe_v / safe_r, 1e-300)) / safe_r
    outside = ~((p > 0) & (p < 1))
    return np.asarray(np.where(outside & ~near, np.exp(log_ndtr(-star)), np.clip(p, 0.0, 1.0)))
