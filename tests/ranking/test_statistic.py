"""The order of terms, of all of them and of the best alone."""

from __future__ import annotations

import numpy as np
import pytest

from gsfm_enrich.ranking.statistic import CompletedTest


@pytest.mark.parametrize("top", [1, 7, 30, 59, 60, 99])
def test_the_best_terms_are_the_first_of_all(top: int) -> None:
    rng = np.random.default_rng(top)
    shape = (9, 60)
    hits = rng.integers(0, 4, shape)
    p = rng.choice([1e-300, 1e-12, 2e-12, 0.3, 1.0], shape)  # many ties, and p-values that 2 swallows
    fold = rng.choice([0.5, 2.0, 3.0], shape)
    test = CompletedTest(rng.random(60) < 0.8, hits, hits.astype(float), fold, p)
    np.testing.assert_array_equal(test.order(top), test.order()[:, :top])


def test_terms_with_members_come_first_and_ties_go_to_the_larger_fold() -> None:
    tested = np.array([True, True, True, True, False])
    hits = np.array([[1, 2, 3, 2, 0]])
    fold = np.array([[9.0, 1.0, 2.0, 1.0, 0.0]])
    p = np.array([[1e-9, 0.1, 0.1, 0.1, 1.0]])
    test = CompletedTest(tested, hits, hits.astype(float), fold, p)
    assert test.order().tolist() == [[2, 1, 3, 0, 4]]
