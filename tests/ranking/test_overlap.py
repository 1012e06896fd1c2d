"""The overlap test against exact arithmetic, scipy and gseapy's own helpers."""

from fractions import Fraction
from math import comb, log

import numpy as np
import pytest
from gseapy.stats import calc_pvalues, multiple_testing_correction
from scipy.stats import false_discovery_control, hypergeom

from gsfm_enrich.errors import InputError
from gsfm_enrich.ranking import hypergeometric
from gsfm_enrich.ranking.hypergeometric import upper_tail
from gsfm_enrich.ranking.overlap import (
    adjusted_of_some,
    benjamini_hochberg,
    combined_score,
    hypergeometric_tail,
    odds_ratio,
    overlap_test,
)

MORE_HITS = "There are more hits than genes in the query or in the term, or a negative number."


def exact_tail(x, n, N, M):
    """Add up the counts of draws as whole numbers."""
    ways = sum(comb(n, j) * comb(M - n, N - j) for j in range(x, min(n, N) + 1))
    return float(Fraction(ways, comb(M, N)))


def possible(rng, N, M, size, largest=2500):
    n = rng.integers(1, min(M, largest) + 1, size)
    typical = rng.poisson(n * N / M * rng.choice([0.5, 1, 2, 3], size) + rng.choice([0, 1, 5], size))
    return np.clip(typical, np.maximum(0, n + N - M), np.minimum(n, N)), n


@pytest.mark.parametrize(
    ("N", "M"),
    [(5, 20), (1, 20), (20, 20), (100, 300), (300, 765), (100, 15_000), (1000, 15_000), (3000, 20_000),
     (15_000, 20_000), (50, 20_000), (400, 60_000),
     (3405, 3425), (2000, 3425)],
)  # fmt: skip
def test_tail_is_exact(N, M):
    rng = np.random.default_rng(N + M)
    x, n = possible(rng, N, M, 25 if N <= 1000 else 3, largest=2500 if N <= 400 else 900)
    exact = np.array([exact_tail(*case, N, M) for case in zip(x.tolist(), n.tolist(), strict=True)])
    tail = upper_tail(x, n, N, M)
    normal = exact > 1e-300
    np.testing.assert_allclose(tail[normal], exact[normal], rtol=1e-12, atol=0)
    assert np.all(tail[~normal] < 1e-299)


def test_every_small_table_against_scipy():
    for M in range(1, 13):
        cases = [
            (x, n, N)
            for N in range(M + 1)
            for n in range(M + 1)
            for x in range(max(0, n + N - M), min(n, N) + 1)
        ]
        x, n, N = np.array(cases).T
        np.testing.assert_allclose(hypergeometric_tail(x, n, N, M), hypergeom.sf(x - 1, M, n, N), rtol=1e-12)


def test_extreme_tails_are_left_to_scipy():
    x, n = np.array([500, 150, 1]), np.array([500, 150, 1900])
    N, M = 500, 20_000
    np.testing.assert_allclose(upper_tail(x, n, N, M), hypergeom.sf(x - 1, M, n, N), rtol=1e-12, atol=0)
    x, n = possible(np.random.default_rng(0), 400, 150_000, 50)
    np.testing.assert_array_equal(
        upper_tail(x, n, 400, 150_000), np.where(x > 0, hypergeom.sf(x - 1, 150_000, n, 400), 1)
    )
    # the chance of no hit underflows, that of 700 hits does not
    assert upper_tail([700], [4000], 3000, 20_000)[0] == pytest.approx(
        hypergeom.sf(699, 20_000, 4000, 3000), rel=1e-12
    )


def test_scipy_is_only_asked_for_what_is_not_surprising(monkeypatch):
    x, n = possible(np.random.default_rng(0), 100, 15_000, 200)
    expected = np.where(x > 0, hypergeom.sf(x - 1, 15_000, n, 100), 1)
    asked = []

    def record(k, M, sizes, N):
        asked.extend(zip((k + 1).tolist(), sizes.tolist(), strict=True))
        return np.full(len(k), 0.95)

    monkeypatch.setattr(hypergeom, "sf", record)
    upper_tail(x, n, 100, 15_000)
    likely = (x > 0) & (expected >= 0.9)
    assert sorted(asked) == sorted(zip(x[likely].tolist(), n[likely].tolist(), strict=True))
    assert 0 < len(asked) < 100


def test_logarithms_of_chances_near_one_are_scipys():
    x, n = np.array([1, 1, 3, 40]), np.array([1500, 4000, 2000, 3000])
    theirs = np.log(hypergeom.sf(x - 1, 8000, n, 300))
    np.testing.assert_allclose(np.log(upper_tail(x, n, 300, 8000)), theirs, rtol=1e-12, atol=0)


def test_log_no_hit_keeps_its_digits():
    n = np.array([1, 10, 2000])
    exact = [log(Fraction(comb(15_000 - k, 1000), comb(15_000, 1000))) for k in n.tolist()]
    computed = hypergeometric._log_no_hit(n, 1000, 15_000)
    np.testing.assert_allclose(computed, exact, rtol=1e-15)


def test_queries_and_terms_broadcast():
    rng = np.random.default_rng(3)
    sizes = rng.integers(5, 300, 40)
    drawn = np.array([[10], [100], [10]])
    hits = np.minimum(rng.integers(0, 8, (3, 40)), np.minimum(sizes, drawn))
    population = np.array([[5000], [5000], [6000]])
    tail = hypergeometric_tail(hits, sizes, drawn, population)
    assert tail.shape == (3, 40)
    np.testing.assert_allclose(tail, hypergeom.sf(hits - 1, population, sizes, drawn), rtol=1e-12)
    odds = odds_ratio(hits, sizes, drawn, population)
    for row in range(3):
        one = overlap_test(hits[row], sizes, int(drawn[row, 0]), int(population[row, 0]))
        np.testing.assert_array_equal(one.p_values, tail[row])
        np.testing.assert_array_equal(one.odds_ratios, odds[row])


def test_overlap_test_against_gseapy():
    rng = np.random.default_rng(1)
    genes = [f"G{i}" for i in range(500)]
    sets = {f"t{i:03}": rng.choice(genes, rng.integers(1, 200), replace=False).tolist() for i in range(80)}
    query = set(rng.choice(genes, 60, replace=False).tolist())
    terms, p, odds, hits, sizes, _ = zip(*zip(*calc_pvalues(query, sets, 700), strict=True), strict=True)
    ours = overlap_test(hits, sizes, drawn=60, population=700)
    np.testing.assert_allclose(ours.p_values, p, rtol=1e-12)
    np.testing.assert_allclose(ours.odds_ratios, odds, rtol=1e-12)
    np.testing.assert_allclose(ours.combined_scores, -np.log(p) * odds, rtol=1e-12)
    assert ours.hits.tolist() == list(hits)
    assert ours.sizes.tolist() == list(sizes)
    assert (ours.drawn, ours.population) == (60, 700)
    assert len(terms) > 70


def test_no_hits_and_no_genes():
    test = overlap_test([0, 0], [5, 0], drawn=0, population=10)
    assert test.p_values.tolist() == [1, 1]
    assert test.combined_scores.tolist() == [0, 0]
    assert overlap_test([], [], drawn=3, population=10).p_values.shape == (0,)


def test_a_p_value_that_underflows_has_an_infinite_score():
    assert combined_score(0.0, 2.0) == np.inf


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (([1], [2, 3], 4, 10), "Expected hits and sizes of one shape (terms,), not (1,) and (2,)."),
        (([[1]], [[2]], 4, 10), "Expected hits and sizes of one shape (terms,), not (1, 1) and (1, 1)."),
        (
            ([3], [2], 4, 10),
            MORE_HITS,
        ),
        (
            ([3], [5], 2, 10),
            MORE_HITS,
        ),
        (
            ([-1], [5], 2, 10),
            MORE_HITS,
        ),
        (
            ([2, 1], [3, 8], 5, 10),
            "A background of 10 genes is too small: the query has 5 genes and a term 8, "
            "together 12 different ones.",
        ),
    ],
)
def test_impossible_counts(counts, message):
    with pytest.raises(InputError) as caught:
        overlap_test(*counts)
    assert str(caught.value) == message


def test_benjamini_hochberg_against_scipy_and_gseapy():
    rng = np.random.default_rng(2)
    p = np.concatenate([rng.random(80), rng.random(20) * 1e-4, [0.5, 0.5, 0.0, 1.0]])
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p), rtol=1e-12)
    np.testing.assert_array_equal(benjamini_hochberg(p), multiple_testing_correction(p)[0])


def test_benjamini_hochberg_counts_only_what_was_tested():
    rng = np.random.default_rng(4)
    p = rng.random((3, 50)) ** 3
    tested = rng.random((3, 50)) < 0.6
    tested[2] = False
    adjusted = benjamini_hochberg(p, tested)
    for row in range(2):
        expected = false_discovery_control(p[row, tested[row]])
        np.testing.assert_allclose(adjusted[row, tested[row]], expected, rtol=1e-12)
    assert np.all(adjusted[~tested] == 1)
    assert benjamini_hochberg([]).shape == (0,)


def test_some_adjusted_p_values_are_those_of_all():
    p = np.random.default_rng(0).uniform(size=(4, 300)) ** 3
    p[:, 50:80] = p[:, [50]]  # ties
    p[2] = 1
    rows = np.repeat([0, 2, 3], 40)
    columns = np.tile(np.arange(30, 70), 3)
    some = adjusted_of_some(p, rows, p[rows, columns])
    np.testing.assert_allclose(some, benjamini_hochberg(p)[rows, columns], rtol=1e-14)
