"""The null distribution against scipy's hypergeometric law and against random queries."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma, hypergeom

from gsfm_enrich.ranking.null import (
    THETA,
    TINY,
    Stratum,
    evidence,
    evidence_sf,
    gamma_sf,
    hypergeometric_pmf,
    mean_and_variance,
)


def stratum(population: object, mean: float = 0.0, variance: float = 0.0) -> Stratum:
    population = np.atleast_1d(np.asarray(population, dtype=np.int64))
    return Stratum(population, *(np.full(len(population), value) for value in (mean, variance, mean)))


@pytest.mark.parametrize("drawn", [1, 10, 200, 3000])
def test_binary_membership_is_the_hypergeometric_test(drawn: int) -> None:
    population = 15_000
    sizes = np.repeat([1, 5, 60, 2000], 8)
    observed = np.minimum(np.tile([0, 1, 2, 3, 5, 20, 60, 150], 4), np.minimum(sizes, drawn))
    p = evidence_sf(
        observed.astype(float), sizes, (stratum(population - sizes), drawn), (stratum(np.zeros(32)), 0)
    )
    expected = hypergeom.sf(observed - 1, population, sizes, drawn)
    np.testing.assert_allclose(p, np.maximum(expected, TINY), rtol=1e-9)


def test_pmf_is_scipys() -> None:
    k, sizes = np.meshgrid(np.arange(0, 40), [1, 7, 30, 450])
    k, sizes = k.ravel(), sizes.ravel()
    mass = hypergeometric_pmf(k, sizes, 35, np.full(len(k), 460))
    np.testing.assert_allclose(mass, hypergeom.pmf(k, 460, sizes, 35), rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize(("drawn", "size"), [(5, 10), (50, 10), (50, 300), (400, 60)])
def test_random_queries_have_uniform_p_values(drawn: int, size: int) -> None:
    rng = np.random.default_rng(drawn + size)
    population, n_queries = 4000, 20_000
    weights = rng.beta(0.05, 1.5, population).astype(np.float32)
    weights[:size] = 0
    mean, variance = mean_and_variance(weights[None], np.array([population - size]))
    full = np.where(np.arange(population) < size, 1.0, weights)
    observed = np.array([full[rng.choice(population, drawn, replace=False)].sum() for _ in range(n_queries)])
    inside = stratum(np.full(n_queries, population - size), mean[0], variance[0])
    nothing = stratum(np.zeros(n_queries))
    p = evidence_sf(observed, np.full(n_queries, size), (inside, drawn), (nothing, 0))
    for level in (0.5, 0.05, 0.01, 0.001):
        share = np.mean(p <= level)
        error = np.sqrt(level * (1 - level) / n_queries)
        assert share <= level * 1.15 + 4 * error
    assert np.mean(p <= 0.05) > 0.02


def test_genes_drawn_apart_add_their_moments() -> None:
    inside = stratum([900], 0.0, 0.0)
    outside = stratum([500], 0.02, 0.004)
    p = evidence_sf(np.array([0.5]), np.array([0]), (inside, 10), (outside, 20))
    mean, variance = 20 * 0.02, 20 * 0.004 * (500 - 20) / 499
    assert p[0] == pytest.approx(gamma.sf(0.5, mean**2 / variance, scale=variance / mean))


def test_a_whole_member_is_not_lost_to_rounding() -> None:
    sizes, inside = np.array([10]), (stratum([990], 1e-9, 1e-18), 20)
    nothing = (stratum([0]), 0)
    just_above = evidence_sf(np.array([3 + 1e-7]), sizes, inside, nothing)
    assert just_above[0] == pytest.approx(hypergeom.sf(2, 1000, 10, 20), rel=1e-6)


def test_extremes_are_finite_and_never_zero() -> None:
    p = evidence_sf(
        np.array([0.0, 5000.0, 5000.5, 3.2]),
        np.array([5000, 5000, 5000, 0]),
        (stratum([15_000, 15_000, 15_000, 20_000], 1e-3, 1e-4), 5000),
        (stratum(np.zeros(4)), 0),
    )
    assert np.all(np.isfinite(p))
    assert np.all(p > 0)
    assert p[0] == 1
    assert p[1] == p[2] == TINY


def test_gamma_without_variance_is_a_point() -> None:
    p = gamma_sf(np.array([-1.0, 0.0, 0.1]), np.zeros(3), np.zeros(3))
    assert p.tolist() == [1.0, 1.0, 0.0]


def test_moments_by_hand() -> None:
    mean, variance = mean_and_variance(np.array([[0.5, 0.0, 0.1]], dtype=np.float32), np.array([2]))
    assert mean[0] == pytest.approx(0.3)
    assert variance[0] == pytest.approx(0.04)


def test_evidence_is_the_log_likelihood_ratio() -> None:
    p = np.array([[0.0, 0.1, 1.0]], dtype=np.float32)
    weights = evidence(p)
    np.testing.assert_allclose(weights, [[0, np.log(1 + (THETA - 1) * 0.1) / np.log(THETA), 1]], rtol=1e-6)
