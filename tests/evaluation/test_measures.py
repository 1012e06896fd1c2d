"""Measures, against scikit-learn, brute force over pairs and over orders, and scipy's bootstrap."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import bootstrap
from sklearn.metrics import average_precision_score, roc_auc_score

from gsfm_enrich.evaluation.measures import auroc, average_precision, bootstrap_interval, recall_at


def pairs_won(scores, positive):
    differences = scores[positive][:, None] - scores[~positive][None]
    return float(((differences > 0) + 0.5 * (differences == 0)).mean())


@pytest.mark.parametrize("n_values", [2, 5, 10**6])
@pytest.mark.parametrize("n_positive", [1, 10, 59])
def test_auroc(n_values, n_positive):
    rng = np.random.default_rng(n_values + n_positive)
    scores = rng.integers(n_values, size=60).astype(float)
    positive = rng.permutation(60) < n_positive
    assert auroc(scores, positive) == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    assert auroc(scores, positive) == pytest.approx(pairs_won(scores, positive), abs=1e-12)


@pytest.mark.parametrize("n_positive", [1, 10, 60])
def test_average_precision_without_ties(n_positive):
    rng = np.random.default_rng(n_positive)
    scores, positive = rng.normal(size=60), rng.permutation(60) < n_positive
    expected = average_precision_score(positive, scores)
    assert average_precision(scores, positive) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_ties_are_broken_against_the_positives(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(3, size=7).astype(float)
    positive = rng.permutation(7) < 3
    orders = [np.array(p) for p in permutations(range(7)) if (np.diff(scores[list(p)]) <= 0).all()]
    precisions = [np.mean([positive[o][: i + 1].mean() for i in range(7) if positive[o[i]]]) for o in orders]
    assert average_precision(scores, positive) == pytest.approx(min(precisions), abs=1e-12)
    for n in range(1, 8):
        recalls = [positive[o][:n].sum() / 3 for o in orders]
        assert recall_at(scores, positive, n) == pytest.approx(min(recalls), abs=1e-12)


def test_recall_beyond_the_end():
    assert recall_at(np.array([1.0, 2.0]), np.array([True, False]), 50) == 1.0


@pytest.mark.parametrize("statistic", [np.mean, np.median])
def test_bootstrap_interval(statistic):
    values = np.random.default_rng(0).gamma(2, size=200)
    value, low, high = bootstrap_interval(values, statistic, draws=5000)
    expected = bootstrap((values,), statistic, n_resamples=5000, method="percentile", random_state=1)
    assert value == statistic(values)
    width = high - low
    assert low == pytest.approx(expected.confidence_interval.low, abs=0.1 * width)
    assert high == pytest.approx(expected.confidence_interval.high, abs=0.1 * width)
    assert bootstrap_interval(values, statistic, draws=50) == bootstrap_interval(values, statistic, draws=50)
    assert bootstrap_interval(values, statistic, seed=1) != bootstrap_interval(values, statistic)
