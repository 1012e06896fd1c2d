"""The calibration against known probabilities, maximum likelihood and terms that were not fitted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from gsfm_enrich.ranking.calibration import (
    FEWEST_TERMS,
    HIDDEN_SHARE,
    Calibration,
    Questions,
    ask,
    design,
    fit,
    hide_members,
    highest_share,
    logistic,
    untrusted,
)


def test_logistic_finds_the_maximum_likelihood() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(4000), rng.normal(size=4000)])
    truth = rng.random(4000) < expit(x @ [-2.0, 1.5])
    weights = rng.integers(1, 4, 4000).astype(float)
    fitted = logistic(x, truth, weights, np.zeros(2), np.zeros(2))
    slope = x.T @ (weights * (truth - expit(x @ fitted)))
    np.testing.assert_allclose(slope / weights.sum(), 0, atol=1e-6)
    np.testing.assert_allclose(fitted, [-2.0, 1.5], atol=0.25)


def test_a_prior_decides_where_the_data_cannot() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(500), np.full(500, 2.0)])
    fitted = logistic(x, rng.random(500) < 0.1, np.ones(500), np.array([0.0, 1.0]), np.array([0.0, 10.0]))
    assert fitted[1] == pytest.approx(1.0, abs=1e-3)


def simulated(slope: float, seed: int = 0, sets: int = 200) -> tuple[Questions, np.ndarray]:
    """Two channels, of which the first predicts: log odds -5 + slope * score in sets of 20."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(2, sets, 520))
    truth = rng.random((sets, 500)) < expit(-5 + slope * scores[0, :, :500])
    pairs = np.stack(np.divmod(np.arange(sets * 500), 500))
    shown = [np.arange(500, 520)] * sets
    return Questions(shown, pairs, truth.ravel(), np.ones(sets * 500)), scores


def asked(questions: Questions, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of the pairs asked for, and the mean score of the genes shown of each set."""
    own = [scores[:, row, shown].mean(axis=1) for row, shown in enumerate(questions.shown)]
    return scores[:, questions.pairs[0], questions.pairs[1]], np.stack(own, axis=1)


@pytest.mark.parametrize("slope", [1.0, 2.0])
def test_probabilities_are_found_again(slope: float) -> None:
    questions, scores = simulated(slope)
    calibration = fit(questions, *asked(questions, scores))
    fresh, other = simulated(slope, seed=1)
    sizes, coherence = np.full(200, 20), asked(fresh, other)[1]
    slopes = calibration.slopes(sizes, coherence)
    log_odds = (
        np.einsum("cs,csg->sg", slopes, other[..., :500]) + calibration.offsets(sizes, coherence)[:, None]
    )
    p = calibration.probability(log_odds).ravel()
    assert p.sum() == pytest.approx(fresh.truth.sum(), rel=0.1)
    for low, high in ((0.0, 0.02), (0.02, 0.1), (0.1, 1.0)):
        there = (p >= low) & (p < high)
        assert fresh.truth[there].mean() == pytest.approx(p[there].mean(), rel=0.3)
    assert slopes[0].mean() == pytest.approx(slope, rel=0.15)
    assert abs(slopes[1].mean()) < 0.15


def test_probabilities_never_exceed_what_held_out_sets_support() -> None:
    questions, scores = simulated(1.0)
    calibration = fit(questions, *asked(questions, scores))
    assert calibration.probability(np.array([50.0]))[0] == np.float32(calibration.ceiling)
    assert 0.05 < calibration.ceiling < 0.4


def test_scores_of_noise_are_worth_little() -> None:
    questions, scores = simulated(0.0)
    calibration = fit(questions, *asked(questions, scores))
    slopes = calibration.slopes(np.full(5, 20), np.zeros((2, 5)))
    assert np.all(slopes < 0.3)


def test_coherent_terms_can_be_trusted_more() -> None:
    """The scores of half the sets are noise, and their own members score no higher than other genes."""
    rng = np.random.default_rng(0)
    questions, scores = simulated(2.0)
    truth = questions.truth.reshape(200, 500).copy()
    for number in range(100):
        truth[number] = rng.permutation(truth[number])
    for number in range(100, 200):
        scores[0, number, questions.shown[number]] += 3
    mixed = Questions(questions.shown, questions.pairs, truth.ravel(), questions.weights)
    calibration = fit(mixed, *asked(mixed, scores))
    slopes = calibration.slopes(np.array([20, 20]), np.array([[0.0, 3.0], [0.0, 0.0]]))[0]
    assert slopes[1] > slopes[0] + 1


def test_hidden_members_the_strongest_and_random_genes_are_asked_for() -> None:
    sets = [np.arange(start, start + 20) for start in range(0, 300, 20)]
    hidden = hide_members(sets, seed=0)
    assert hidden is not None
    assert len(hidden.shown) == 15
    strongest = [np.array([*missing[:1], 500 + number]) for number, missing in enumerate(hidden.hidden)]
    questions = ask(hidden, strongest, 1000, seed=0)
    assert questions.shown == hidden.shown
    for number, members in enumerate(sets):
        here = questions.pairs[0] == number
        missing = set(questions.pairs[1][here & questions.truth].tolist())
        assert len(missing) == round(20 * HIDDEN_SHARE)
        assert missing == set(hidden.hidden[number].tolist())
        assert missing | set(questions.shown[number].tolist()) == set(members.tolist())
        others = questions.pairs[1][here & ~questions.truth]
        assert not set(others.tolist()) & set(members.tolist())
        strong = others == 500 + number
        assert questions.weights[here & ~questions.truth][strong].tolist() == [1.0]
        assert questions.weights[here & ~questions.truth].sum() == pytest.approx(980)
        assert np.ptp(questions.weights[here & ~questions.truth][~strong]) == 0


def test_too_few_terms_cannot_be_calibrated() -> None:
    few = [np.arange(20)] * (FEWEST_TERMS - 1) + [np.arange(3)] * 50
    assert hide_members(few, seed=0) is None


def test_without_trust_channels_weigh_the_same_and_probabilities_are_zero() -> None:
    calibration = untrusted(3)
    assert not calibration.trusted
    sizes, coherence = np.array([10, 0]), np.ones((3, 2))
    assert calibration.slopes(sizes, coherence).tolist() == [[1, 1]] * 3
    assert calibration.offsets(sizes, coherence).tolist() == [np.log(10), -np.inf]
    assert calibration.probability(np.array([5.0, -np.inf])).tolist() == [0, 0]


def test_slopes_and_offsets_by_hand() -> None:
    calibration = Calibration(np.array([-4.0, 0.5, 1.0, 0.2, 0.3, -0.5]), 0.9, -0.1, 1.0)
    sizes, coherence = np.array([10, 0, 10]), np.array([[2.0, 2.0, 20.0]])
    assert calibration.slopes(sizes, coherence)[0, 0] == pytest.approx(0.9 * (1 + 0.2 * np.log(10) - 1.0))
    assert calibration.slopes(sizes, coherence)[0, 2] == 0  # never negative
    offsets = calibration.offsets(sizes, coherence)
    assert offsets[0] == pytest.approx(0.9 * (-4 + 0.5 * np.log(10) + 0.6) - 0.1)
    assert offsets[1] == -np.inf


def test_design_follows_the_coefficients() -> None:
    """Features times coefficients are slopes times scores plus the offset."""
    rng = np.random.default_rng(0)
    scores, coherence, sizes = rng.normal(size=(2, 6)), rng.normal(size=(2, 6)), rng.integers(5, 50, 6)
    coefficients = np.concatenate([rng.normal(size=2), 5 + rng.random(2), rng.normal(size=6) * 0.1])
    calibration = Calibration(coefficients, 1.0, 0.0, 1.0)
    log_odds = (calibration.slopes(sizes, coherence) * scores).sum(axis=0)
    log_odds += calibration.offsets(sizes, coherence)
    np.testing.assert_allclose(design(scores, sizes, coherence) @ coefficients, log_odds)


def test_highest_share_by_hand() -> None:
    truth = np.array([False] + [True] * 10 + [False] * 29 + [True] * 10)
    weights = np.where(truth, 1.0, 2.0)
    log_odds = -np.arange(len(truth), dtype=float)
    assert highest_share(log_odds, truth, weights) == pytest.approx(10 / 12)
