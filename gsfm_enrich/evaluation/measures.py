"""Measures of a ranking, and intervals for their mean or median."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Statistic = Callable[[NDArray[np.float64]], float]


def auroc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the probability that a positive scores above a negative, ties counted half (Mann-Whitney U).

    Examples
    --------
    >>> auroc(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False]))
    0.875
    """
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    u = rankdata(scores)[positive].sum() - n_positive * (n_positive + 1) / 2
    return float(u / (n_positive * n_negative))


def average_precision(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the mean, over the positives, of the precision at their rank.

    Ties are broken against the positives.

    Examples
    --------
    >>> average_precision(np.array([0.9, 0.7, 0.5]), np.array([True, False, True]))
    0.8333333333333333
    """
    order = np.lexsort((positive, -scores))
    hits = positive[order]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean())


def recall_at(scores: NDArray[np.float64], positive: NDArray[np.bool_], n: int) -> float:
    """Return the share of the positives among the n highest scores; ties are broken against the positives.

    Examples
    --------
    >>> recall_at(np.array([0.9, 0.7, 0.5]), np.array([True, False, True]), 2)
    0.5
    """
    order = np.lexsort((positive, -scores))
    return float(positive[order][:n].sum() / positive.sum())


def bootstrap_interval(
    values: NDArray[np.float64], statistic: Statistic, *, draws: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """Return a statistic and its 95 % bootstrap interval (Efron 1979, percentile method).

    Parameters
    ----------
    values : shape (n,)
        Independent values, such as one for each term.
    statistic
        Function such as `numpy.median`.
    draws
        Number of samples of n values with replacement.
    seed
        Seed of the samples.

    Returns
    -------
    value, low, high

    Examples
    --------
    >>> bootstrap_interval(np.full(5, 0.5), np.mean)
    (0.5, 0.5, 0.5)
    """
    rng = np.random.default_rng(seed)
    found = [statistic(values[rng.integers(len(values), size=len(values))]) for _ in range(draws)]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(statistic(values)), float(low), float(high)
