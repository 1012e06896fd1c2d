"""Weights of genes against the likelihood ratio they round."""

from __future__ import annotations

import numpy as np
import pytest

from gsfm_enrich.ranking.weights import LEVELS, levels, thresholds


@pytest.mark.parametrize("theta", [1.5, 20.0, 100.0])
def test_weights_are_the_log_likelihood_ratio_in_quarters(theta: float) -> None:
    p = np.random.default_rng(0).random(2000).astype(np.float32)
    exact = LEVELS * np.log1p((theta - 1) * p) / np.log(theta)
    clear = np.abs(exact % 1 - 0.5) > 1e-4  # away from where rounding could go either way
    np.testing.assert_array_equal(levels(p, theta)[clear], np.minimum(np.rint(exact), LEVELS - 1)[clear])


def test_weak_evidence_counts_nothing() -> None:
    theta = 100.0
    assert levels(np.float32([0.0, 0.001, thresholds(theta)[0] * 0.999]), theta).tolist() == [0, 0, 0]
    assert levels(np.float32([1.0]), theta).tolist() == [LEVELS - 1]  # a prediction is never a member
