"""The tail of expected counts against scipy's hypergeometric law, enumeration and random completions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from gsfm_enrich.ranking.expected_counts import TINY, Stratum, hypergeometric_law, survival


@pytest.mark.parametrize("drawn", [1, 10, 200, 3000, 5000, 14_999])
def test_binary_membership_is_the_hypergeometric_test(drawn: int) -> None:
    population = 15_000
    sizes = np.repeat([1, 5, 60, 2000, 5000], 8)
    hits = np.minimum(np.tile([0, 1, 2, 3, 5, 20, 60, 150], 5), np.minimum(sizes, drawn))
    p = survival(hits[None].astype(float), [Stratum(population, drawn, sizes.astype(float))])[0]
    expected = hypergeom.sf(hits - 1, population, sizes, drawn)
    np.testing.assert_allclose(p, np.maximum(expected, TINY), rtol=1e-10)


@pytest.mark.parametrize(("size", "drawn"), [(3, 2000), (400, 150), (900, 900), (2500, 4000)])
def test_tails_are_exact_from_the_mean_to_the_highest_hits(size: int, drawn: int) -> None:
    population = 12_000
    mean = size * drawn / population
    most = int(min(size, drawn, mean + 60 * np.sqrt(mean) + 60))
    k = np.arange(most + 1)
    expected = hypergeom.sf(k - 1, population, size, drawn)
    for highest in {most, int(mean), int((most + mean) / 2)}:  # how far one is asked changes nothing
        tail = hypergeometric_law(np.array([size]), drawn, population, highest).tail[0]
        seen = expected[: highest + 1] > TINY
        np.testing.assert_allclose(tail[seen], expected[: highest + 1][seen], rtol=1e-10)


def test_laws_hold_where_hits_are_certain() -> None:
    law = hypergeometric_law(np.array([0, 9, 10]), drawn=8, population=10, most=9)
    k = np.arange(10)
    for row, size in enumerate([0, 9, 10]):
        np.testing.assert_allclose(law.mass[row], hypergeom.pmf(k, 10, size, 8), atol=1e-15)
        np.testing.assert_allclose(law.tail[row], hypergeom.sf(k - 1, 10, size, 8), atol=1e-15)


def test_a_fraction_of_a_member_is_one_with_that_chance() -> None:
    urn = Stratum(500, 40, np.array([6.25]))
    for hits in range(1, 7):
        six, seven = hypergeom.sf(hits - 1, 500, [6, 7], 40)
        assert survival(np.array([[float(hits)]]), [urn])[0, 0] == pytest.approx(0.75 * six + 0.25 * seven)


def test_between_whole_numbers_of_hits_the_logarithm_is_a_straight_line() -> None:
    urn = Stratum(500, 40, np.full(5, 12.0))
    p = survival(np.array([[3.0, 3.25, 3.5, 3.75, 4.0]]), [urn])[0]
    np.testing.assert_allclose(np.diff(np.log(p)), np.full(4, np.log(p[4] / p[0]) / 4))


def test_strata_are_drawn_apart() -> None:
    first, second = hypergeom.pmf(np.arange(6), 300, 10, 5), hypergeom.pmf(np.arange(9), 50, 8, 20)
    together = np.convolve(first, second)
    strata = [Stratum(300, 5, np.array([10.0])), Stratum(50, 20, np.array([8.0]))]
    for hits in range(1, 14):
        p = survival(np.array([[float(hits)]]), strata)[0, 0]
        assert p == pytest.approx(together[hits:].sum(), rel=1e-10)
    beside = [strata[0], Stratum(900, 40, np.zeros(1))]
    hits = np.array([[2.0]])
    assert survival(hits, beside) == pytest.approx(survival(hits, strata[:1]), rel=1e-12)


def test_terms_of_many_kinds_get_what_each_gets_alone() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.uniform(1, 300, 700)
    hits = np.minimum(rng.exponential(3, (3, 700)), sizes)
    for strata in ([Stratum(9000, 90, sizes)], [Stratum(9000, 90, sizes), Stratum(3000, 30, sizes / 5)]):
        p = survival(hits, strata)
        assert ((p >= TINY) & (p <= 1)).all()
        for term in (0, 17, 699):
            alone = [Stratum(u.population, u.drawn, u.sizes[[term]]) for u in strata]
            np.testing.assert_allclose(p[:, [term]], survival(hits[:, [term]], alone), rtol=1e-10)


def test_the_smallest_p_value_is_a_normal_double() -> None:
    p = survival(np.array([[400.0, 4.9]]), [Stratum(20_000, 400, np.array([400.0, 4.9]))])
    assert TINY <= p[0, 0] < 1.001 * TINY
    assert 0 < p[0, 1] < 1e-5


def test_nothing_drawn_is_no_evidence() -> None:
    assert survival(np.zeros((1, 3)), []).tolist() == [[1, 1, 1]]


@pytest.mark.parametrize("drawn", [3, 10, 50, 200])
def test_random_lists_are_rarely_significant(drawn: int) -> None:
    """The statistic varies less than a count does: in random lists its p-values are at most too large."""
    rng = np.random.default_rng(drawn)
    population, n_terms, n_lists = 2000, 60, 2000
    sizes = rng.integers(2, 40, n_terms)
    table = np.zeros((n_terms, population))
    for row, size in zip(table, sizes, strict=True):
        genes = rng.permutation(population)
        row[genes[:size]] = 1
        n_predicted = rng.integers(0, 80)
        row[genes[size : size + n_predicted]] = rng.beta(0.4, 1.5, n_predicted)
    lists = np.zeros((n_lists, population))
    np.put_along_axis(
        lists, rng.random((n_lists, population)).argpartition(drawn, axis=1)[:, :drawn], 1, axis=1
    )
    p = survival(lists @ table.T, [Stratum(population, drawn, table.sum(axis=1))])
    for level in (0.05, 0.01, 0.001):
        noise = 3 * np.sqrt(level / p.size)
        assert (p < level).mean() <= level + noise
