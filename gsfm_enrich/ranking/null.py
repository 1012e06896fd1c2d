"""How much evidence for a term a random query holds.

A member of the term in the query counts 1; another gene counts by how probable a member it is,
``w(p) = log(1 + (theta - 1) p) / log(theta)``. If genes of a term are theta times as likely to be listed as
others, the sum of these weights is the logarithm of the likelihood ratio of the query, up to a constant.
With probabilities 0 and 1 it is the overlap, whatever theta.

The library stays intact; the query is what is random: N genes drawn from the background without
replacement. Its evidence is the number of members drawn, exactly hypergeometric, plus the weights of the
other genes drawn. Given the number of members drawn, that second part is a sum over genes drawn from the
non-members; its law is matched by a gamma law of the same mean and variance, and the two parts are convolved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaincc

from gsfm_enrich.ranking.overlap import hypergeometric_tail

THETA = 20.0
"""How many times as likely a query lists a gene of its term: see benchmarks/README.md for other values."""

TINY = float(np.finfo(np.float64).tiny)
"""Smallest p-value that is reported: the smallest normal double, since a p-value is never 0."""


@dataclass(frozen=True)
class Stratum:
    """Non-members that a query's genes are drawn from.

    Attributes
    ----------
    population : int64 array, shape (n_terms,)
        How many there are, for each term.
    mean, variance : float64 arrays, shape (n_terms,)
        Of their weights, for each term; the variance divides by their number.
    probability : float64 array, shape (n_terms,)
        Mean of their probabilities of membership, for each term.
    """

    population: NDArray[np.int64]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    probability: NDArray[np.float64]

    def sum_of(
        self, drawn: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return mean and variance of the sum over ``drawn`` genes, drawn without replacement."""
        population = self.population[rows]
        left = np.clip((population - drawn) / np.maximum(population - 1, 1), 0, 1)
        return drawn * self.mean[rows], drawn * self.variance[rows] * left


def evidence(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weight of genes in a query, between 0 and 1, from their probabilities of membership."""
    weights = np.multiply(probabilities, np.float32(THETA - 1))
    np.log1p(weights, out=weights)
    weights /= np.float32(np.log(THETA))
    return weights


def mean_and_variance(
    weights: NDArray[np.float32], population: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both over the non-members of each term (axis 0); those without a column weigh 0."""
    n = np.maximum(population, 1)
    mean = weights.sum(axis=1, dtype=np.float64) / n
    square = np.einsum("tg,tg->t", weights, weights).astype(np.float64) / n
    return mean, np.maximum(square - mean**2, 0)


def evidence_sf(
    observed: NDArray[np.float64],
    sizes: NDArray[np.int64],
    inside: tuple[Stratum, int],
    outside: tuple[Stratum, int],
) -> NDArray[np.float64]:
    """Return the probability that a random query holds at least as much evidence, for each term.

    Parameters
    ----------
    observed : shape (n_terms,)
        Evidence in the query: its members and the weights of its other genes.
    sizes : shape (n_terms,)
        Members of each term in the background.
    inside
        The background's non-members, and how many genes are drawn from members and non-members together.
    outside
        Genes that can be no members and are drawn apart, such as genes that no term of the library holds,
        and how many are drawn.

    Returns
    -------
    ndarray of float64, shape (n_terms,)
        Between the smallest normal double and 1. With weights all 0 it is the hypergeometric survival
        function of ``observed - 1``.

    Notes
    -----
    P(X >= x) = sum_k P(K = k) P(S_k >= x - k), where K is hypergeometric and S_k, the sum of the
    probabilities of the drawn - k other genes, is gamma with the mean and variance of a sum drawn without
    replacement.
    """
    (stratum, drawn), (stratum_outside, drawn_outside) = inside, outside
    observed = np.asarray(observed, dtype=np.float64)
    population = sizes + stratum.population
    # Sums of single precision weights: a rounding error must not ask for one more member.
    whole = np.maximum(np.ceil(observed - 1e-6).astype(np.int64), 0)
    most = np.minimum(drawn, sizes)
    enough = hypergeometric_tail(np.minimum(whole, most), sizes, drawn, population)
    tail = np.where(whole <= most, enough, 0.0)  # members alone reach it
    whole = np.minimum(whole, most + 1)
    rows = np.repeat(np.arange(len(observed)), whole)
    k = np.arange(len(rows)) - np.repeat(np.cumsum(whole) - whole, whole)  # 0 ... whole - 1 for each term
    mass = hypergeometric_pmf(k, sizes[rows], drawn, population[rows])
    alive = mass > 0
    rows, k, mass = rows[alive], k[alive], mass[alive]
    mean, variance = stratum.sum_of(drawn - k, rows)
    mean_outside, variance_outside = stratum_outside.sum_of(np.full(len(rows), drawn_outside), rows)
    rest = gamma_sf(observed[rows] - k, mean + mean_outside, variance + variance_outside)
    tail = tail + np.bincount(rows, weights=mass * rest, minlength=len(observed))
    return np.asarray(np.clip(tail, TINY, 1.0))


def hypergeometric_pmf(
    k: NDArray[np.int64], sizes: NDArray[np.int64], drawn: int, population: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return P(K = k), 0 outside the support: `scipy.stats.hypergeom.pmf` without its set-up time."""
    possible = (k <= sizes) & (k <= drawn) & (drawn - k <= population - sizes)
    k = np.where(possible, k, np.maximum(drawn - (population - sizes), 0))
    log_mass = (
        betaln(sizes + 1, 1)
        + betaln(population - sizes + 1, 1)
        + betaln(population - drawn + 1, drawn + 1)
        - betaln(k + 1, sizes - k + 1)
        - betaln(drawn - k + 1, population - sizes - drawn + k + 1)
        - betaln(population + 1, 1)
    )
    return np.asarray(np.where(possible, np.exp(log_mass), 0.0))


def gamma_sf(
    x: NDArray[np.float64], mean: NDArray[np.float64], variance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return P(S >= x) for a gamma law of this mean and variance; a point mass where either is 0."""
    degenerate = (mean <= 0) | (variance <= 0)
    shape = np.where(degenerate, 1.0, mean**2 / np.where(degenerate, 1.0, variance))
    scale = np.where(degenerate, 1.0, variance / np.where(degenerate, 1.0, mean))
    continuous = gammaincc(shape, np.maximum(x, 0) / scale)
    return np.asarray(np.where(degenerate, x <= mean, continuous))
