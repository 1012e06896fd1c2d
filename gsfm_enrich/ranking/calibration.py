"""What a score is worth in a library: a logistic regression on members that were hidden from the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from gsfm_enrich.model.scores import GeneFactors

HIDDEN_SHARE = 0.2
"""Share of a term hidden: the table says how probable members are if a fifth of each term were missing."""


@dataclass(frozen=True)
class Calibration:
    """Logistic regression from scores to the probability of membership.

    Attributes
    ----------
    intercept, log_size : float
        Constant, and coefficient of the logarithm of the number of genes given.
    slope, wide_slope : float
        Coefficients of the score of the deep part and of the wide part, not below 0. Both 0 means that the
        model does not predict this library: all probabilities are zero then.
    """

    intercept: float
    slope: float
    wide_slope: float
    log_size: float

    @property
    def trusted(self) -> bool:
        """Whether higher scores mean members here."""
        return self.slope > 0 or self.wide_slope > 0

    def log_odds(self, deep: NDArray[np.float32], wide: NDArray[np.float32]) -> NDArray[np.float32]:
        """Weigh the scores of both parts; equally, where neither is trusted. Overwrites the arguments."""
        if self.trusted:
            deep *= np.float32(self.slope)
            wide *= np.float32(self.wide_slope)
        deep += wide
        return deep

    def probability(self, log_odds: NDArray[np.float32], sizes: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return probabilities for sets of these sizes, 0 for empty ones. Overwrites ``log_odds``."""
        if not self.trusted:
            return np.zeros_like(log_odds)
        offset = self.intercept + self.log_size * np.log(np.maximum(sizes, 1))
        log_odds += np.where(sizes > 0, offset, -np.inf).astype(np.float32)
        np.negative(log_odds, out=log_odds)
        with np.errstate(over="ignore"):  # exp overflows to infinity, whose reciprocal is the 0 that is meant
            np.exp(log_odds, out=log_odds)  # four times as fast as scipy's expit, and here the time goes
        log_odds += 1
        return np.reciprocal(log_odds, out=log_odds)


def calibrate(
    genes: GeneFactors,
    sets: list[NDArray[np.int32]],
    seed: int = 0,
    max_terms: int = 400,
    negatives: int = 400,
) -> Calibration:
    """Learn from hidden members what a score is worth in a library.

    A fifth of each of up to ``max_terms`` terms is hidden, the rest completed, and a logistic regression
    tells the hidden members from the other genes by their scores and the number of genes given.

    Parameters
    ----------
    genes
        All genes, and the model that completes the terms.
    sets
        Members of each term, positions in ``genes.units``.
    seed
        Seed of what is hidden and of which other genes are compared.
    max_terms
        Terms to use, at most.
    negatives
        Other genes to compare with, a term; they are weighted up to all other genes.

    Returns
    -------
    Calibration
        With slopes 0 when fewer than ten terms have enough genes.
    """
    rng = np.random.default_rng(seed)
    units = genes.units
    usable = np.flatnonzero([len(members) >= 5 for members in sets])
    if len(usable) < 10:
        return Calibration(-np.inf, 0.0, 0.0, 0.0)
    if len(usable) > max_terms:
        usable = np.sort(rng.choice(usable, max_terms, replace=False))
    shown, hidden, others = [], [], []
    for term in usable:
        members = rng.permutation(sets[term])
        cut = max(round(len(members) * HIDDEN_SHARE), 1)
        hidden.append(members[:cut])
        shown.append(members[cut:])
        drawn = rng.integers(len(units), size=negatives)
        others.append(drawn[~np.isin(drawn, members)])
    scores = genes.score([units[members] for members in shown])
    features, truth, weights = [], [], []
    for row in range(len(usable)):
        asked = np.concatenate([hidden[row], others[row]])
        here = np.full(len(asked), row)
        size = np.full(len(asked), np.log(len(shown[row])))
        deep, wide = scores.pairs(here, asked), scores.wide_pairs(here, asked)
        features.append(np.column_stack([np.ones(len(asked)), deep, wide, size]))
        truth.append(np.arange(len(asked)) < len(hidden[row]))
        up = (len(units) - len(sets[usable[row]])) / max(len(others[row]), 1)
        weights.append(np.where(truth[-1], 1.0, up))
    # The chance that a gene was hidden grows with the size of the term; terms of one size cannot show it.
    prior = np.array([[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 10.0]])
    intercept, slope, wide_slope, log_size = logistic(
        np.concatenate(features), np.concatenate(truth), np.concatenate(weights), *prior, at_least_0=(1, 2)
    )
    return Calibration(float(intercept), float(slope), float(wide_slope), float(log_size))


def logistic(
    features: NDArray[np.float64],
    truth: NDArray[np.bool_],
    weights: NDArray[np.float64],
    centre: NDArray[np.float64],
    precision: NDArray[np.float64],
    *,
    at_least_0: Sequence[int] = (),
) -> NDArray[np.float64]:
    """Fit a weighted logistic regression; return one coefficient a feature.

    Parameters
    ----------
    features : shape (n, n_features)
    truth, weights : shape (n,)
    centre, precision : shape (n_features,)
        Of a normal prior on the coefficients; precision 0 leaves a coefficient to the data.
    at_least_0
        Coefficients that may not be negative.
    """
    sign = np.where(truth, 1.0, -1.0)
    total = weights[truth].sum()

    def loss(coefficients: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (features @ coefficients)
        away = coefficients - centre
        value = weights @ np.logaddexp(0, -margin) + precision @ away**2 / 2
        slope = precision * away - features.T @ (weights * sign * expit(-margin))
        return float(value / total), slope / total

    start = centre.copy()
    start[0] = np.log(total / weights.sum()) - (features[:, 1:] @ centre[1:]).mean()
    bounds = [(0.0 if i in at_least_0 else None, None) for i in range(len(start))]
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x)
