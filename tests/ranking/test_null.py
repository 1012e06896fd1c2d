"""The null distribution against scipy's hypergeometric law, exact enumeration and random queries."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy.stats import hypergeom, multinomial, multivariate_hypergeom

from gsfm_enrich.ranking.null import (
    MOST_DRAWN,
    TINY,
    Law,
    Stratum,
    add,
    blocks,
    combine,
    exact_tail,
    soft_mass,
    stratum_law,
    survival,
)
from gsfm_enrich.ranking.saddlepoint import saddlepoint_tail
from gsfm_enrich.ranking.weights import LEVELS

Urns = list[tuple[int, int, int, tuple[int, int, int]]]  # population, drawn, members, predicted


def urns(*parts: tuple[int, int, int, tuple[int, int, int]], terms: int = 1) -> list[Stratum]:
    return [Stratum(M, N, np.full(terms, m), np.tile(h, (terms, 1))) for M, N, m, h in parts]


def by_counting(observed: int, parts: Urns) -> float:
    """Count all queries with that much evidence in whole numbers: nothing is rounded but the result."""
    total = {0: Fraction(1)}
    for population, drawn, members, predicted in parts:
        ways = {(0, 0): 1}
        for weight, n in zip((*range(1, LEVELS), LEVELS), (*predicted, members), strict=True):
            more: dict[tuple[int, int], int] = {}
            for (taken, evidence), count in ways.items():
                for k in range(min(n, drawn - taken) + 1):
                    key = taken + k, min(evidence + weight * k, observed)
                    more[key] = more.get(key, 0) + count * comb(n, k)
            ways = more
        others = population - members - sum(predicted)
        law: dict[int, Fraction] = {}
        for (taken, evidence), count in ways.items():
            chance = Fraction(count * comb(others, drawn - taken), comb(population, drawn))
            law[evidence] = law.get(evidence, Fraction(0)) + chance
        summed: dict[int, Fraction] = {}
        for x, p in total.items():
            for y, q in law.items():
                summed[min(x + y, observed)] = summed.get(min(x + y, observed), Fraction(0)) + p * q
        total = summed
    return float(total.get(observed, Fraction(0)))


@pytest.mark.parametrize("drawn", [1, 10, 200, 3000, 5000])
def test_binary_membership_is_the_hypergeometric_test(drawn: int) -> None:
    population = 15_000
    sizes = np.repeat([1, 5, 60, 2000, 5000], 8)
    hits = np.minimum(np.tile([0, 1, 2, 3, 5, 20, 60, 150], 5), np.minimum(sizes, drawn))
    p = survival(LEVELS * hits, [Stratum(population, drawn, sizes, np.zeros((40, 3), dtype=np.int64))])
    expected = hypergeom.sf(hits - 1, population, sizes, drawn)
    np.testing.assert_allclose(p, np.maximum(expected, TINY), rtol=1e-10)


@pytest.mark.parametrize(
    ("part", "observed"),
    [
        ((1000, 3, 20, (30, 5, 1)), (1, 2, 3, 4, 5, 6, 9, 12)),
        ((200, 10, 5, (8, 4, 2)), (1, 2, 4, 6, 9, 13, 20, 27)),
        ((5000, 100, 60, (40, 10, 5)), (1, 2, 4, 6, 9, 13, 20, 40, 60)),
        ((300, 40, 0, (10, 5, 3)), (1, 5, 12, 20, 28)),
        ((50, 45, 10, (7, 7, 6)), (60, 70, 79)),
    ],
)
def test_exact_where_few_predicted_genes_are_drawn(part: tuple, observed: tuple[int, ...]) -> None:
    """Queries of three genes and tails down to 1e-12 among them."""
    p = survival(np.array(observed), urns(part, terms=len(observed)))
    expected = [by_counting(x, [part]) for x in observed]
    np.testing.assert_allclose(p, np.maximum(expected, TINY), rtol=2e-3)


@pytest.mark.parametrize(
    ("part", "observed"),
    [
        ((2000, 300, 30, (50, 20, 10)), (13, 20, 40, 60, 100, 120)),
        ((1000, 200, 50, (60, 20, 15)), (60, 80, 110, 180)),
        ((5000, 100, 60, (40, 10, 5)), (100, 120)),
    ],
)
def test_saddlepoint_is_within_two_percent_far_into_the_tail(part: tuple, observed: tuple[int, ...]) -> None:
    p = saddlepoint_tail(np.array(observed), urns(part, terms=len(observed)))
    expected = np.array([by_counting(x, [part]) for x in observed])
    assert expected.min() < 1e-12
    np.testing.assert_allclose(p, expected, rtol=0.02)


def test_strata_are_drawn_apart() -> None:
    parts: Urns = [(300, 5, 10, (6, 3, 2)), (50, 20, 8, (5, 4, 1)), (400, 30, 0, (4, 2, 0))]
    observed = np.array([3, 9, 17, 25])
    expected = [by_counting(int(x), parts) for x in observed]
    strata = urns(*parts, terms=4)
    np.testing.assert_allclose(survival(observed, strata), expected, rtol=2e-3)
    np.testing.assert_allclose(saddlepoint_tail(observed, strata), expected, rtol=0.06)


def test_nothing_drawn_is_no_evidence() -> None:
    assert survival(np.array([0, 0, 0]), []).tolist() == [1, 1, 1]


def test_strata_without_a_term_change_nothing() -> None:
    observed = np.array([4, 8, 5])
    alone = survival(observed, urns((300, 5, 10, (6, 3, 2)), terms=3))
    beside = survival(observed, urns((300, 5, 10, (6, 3, 2)), (900, 40, 0, (0, 0, 0)), terms=3))
    np.testing.assert_allclose(beside, alone, rtol=1e-12)


@pytest.mark.parametrize(("drawn", "size"), [(3, 30), (10, 10), (50, 300), (400, 60)])
def test_random_queries_have_true_p_values(drawn: int, size: int) -> None:
    rng = np.random.default_rng(drawn + size)
    population, n_queries, predicted = 4000, 20_000, (150, 40, 20)
    weights = np.repeat([LEVELS, 1, 2, 3, 0], [size, *predicted, population - size - sum(predicted)])
    queries = (rng.choice(population, drawn, replace=False) for _ in range(n_queries))
    observed = np.array([weights[query].sum() for query in queries])
    p = survival(observed, urns((population, drawn, size, predicted), terms=n_queries))
    for level in (0.5, 0.05, 0.01, 0.001):
        share = np.mean(p <= level)
        assert share <= level + 4 * np.sqrt(level * (1 - level) / n_queries)
    attainable = np.unique(p)
    reached = attainable[(attainable > 1e-3) & (attainable < 0.9)]
    for level in reached[:: max(len(reached) // 8, 1)]:  # at a value that p can have, the share is that value
        assert np.mean(p <= level * (1 + 1e-9)) == pytest.approx(level, abs=4 * np.sqrt(level / n_queries))


def test_importance_sampling_confirms_a_far_tail() -> None:
    """Members are drawn more often than by chance; the weights of the draws say how much more often."""
    population, drawn, members, predicted, observed = 3000, 60, 40, (30, 12, 6), 44
    rng = np.random.default_rng(0)
    classes = np.array([population - members - sum(predicted), *predicted, members])
    values = np.arange(LEVELS + 1)
    tilted = classes * np.exp(0.72 * values)
    draws = rng.multinomial(drawn, tilted / tilted.sum(), 400_000)
    possible = (draws <= classes).all(axis=1) & (draws @ values >= observed)
    kept = draws[possible]
    ratio = np.exp(
        multivariate_hypergeom.logpmf(kept, classes, drawn)
        - multinomial.logpmf(kept, drawn, tilted / tilted.sum())
    )
    estimate, error = ratio.sum() / len(draws), ratio.std() * np.sqrt(len(kept)) / len(draws)
    p = survival(np.array([observed]), urns((population, drawn, members, predicted)))[0]
    assert p < 1e-9
    assert error < 0.02 * estimate
    assert p == pytest.approx(estimate, rel=0.06)


def test_extremes_are_finite_and_never_zero() -> None:
    sizes = np.array([5000, 5000, 5000, 0, 1, 5000])
    predicted = np.array([[0, 0, 0], [900, 300, 200], [900, 300, 200], [40, 10, 5], [0, 0, 0], [9, 3, 2]])
    observed = np.array([0, 20_000, 12_000, 60, 8, 20_004])
    for drawn in (1, 3, 100, 5000):
        p = survival(observed, [Stratum(20_000, drawn, sizes, predicted)])
        assert np.all(np.isfinite(p))
        assert np.all((p >= TINY) & (p <= 1))
        assert p[0] == 1
        assert p[4] == TINY
    assert survival(np.array([0, 3]), urns((10, 0, 3, (1, 1, 1)), terms=2)).tolist() == [1, TINY]


def test_more_evidence_is_never_less_significant() -> None:
    for part in [(5000, 100, 60, (40, 10, 5)), (2000, 300, 30, (50, 20, 10)), (1000, 3, 20, (30, 5, 1))]:
        observed = np.arange(4 * 60)
        p = survival(observed, urns(part, terms=len(observed)))
        assert np.all(np.diff(np.log(p)) <= 0.02)


def test_law_is_a_probability_law() -> None:
    strata = urns((60, 6, 4, (3, 2, 1)))
    law, remainder = stratum_law(strata[0], 24, 6)
    assert remainder.tolist() == [0.0]
    assert law.mass.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(law.tail, law.mass[:, ::-1].cumsum(axis=1)[:, ::-1], atol=1e-12)


def test_remainder_bounds_what_is_left_out() -> None:
    strata = urns((200, 40, 5, (30, 10, 5)), terms=3)
    observed = np.array([6, 12, 20])
    few, remainder = exact_tail(observed, strata, MOST_DRAWN[0])
    all_of_them = np.array([by_counting(int(x), [(200, 40, 5, (30, 10, 5))]) for x in observed])
    assert np.all(few <= all_of_them * (1 + 1e-9))
    assert np.all(all_of_them <= (few + remainder) * (1 + 1e-9))


def test_sum_of_two_laws_by_hand() -> None:
    coin = Law(np.array([[0.5, 0.5, 0.0]]), np.array([[1.0, 0.5, 0.0]]))
    total = add(coin, coin)
    np.testing.assert_allclose(total.mass, [[0.25, 0.5, 0.25]])
    np.testing.assert_allclose(total.tail, [[1.0, 0.75, 0.25]])


def test_soft_mass_by_hand() -> None:
    """One gene of each weight: one draw is any of them, two draws add up to 3, 4 or 5."""
    law = soft_mass(np.array([[1, 1, 1]]), 2)[0]
    third = 1 / 3
    np.testing.assert_allclose(law[0], [1, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(law[1], [0, third, third, third, 0, 0, 0])
    np.testing.assert_allclose(law[2], [0, 0, 0, third, third, third, 0], atol=1e-12)


def test_combinations_are_all_there() -> None:
    assert len(combine(6)) == comb(6 + LEVELS - 1, LEVELS - 1)


def test_blocks_hold_every_term_once() -> None:
    observed = np.random.default_rng(0).integers(1, 400, 5000)
    rows = np.arange(5000)
    parts = blocks(rows, observed, 20)
    assert sorted(np.concatenate(parts)) == rows.tolist()
    assert len(parts) > 3
