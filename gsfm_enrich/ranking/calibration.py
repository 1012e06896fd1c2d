"""What the scores of a model are worth in a library, and in each of its terms.

A logistic regression on members that were hidden from the model turns scores into probabilities. A model
gives a gene several scores for a set, one per *channel*; the weight of each channel depends on the term: on
the number of genes given, and on its *coherence*, the mean score of its own members, which distinguishes a
term whose genes the model finds similar from one that looks like a mixture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from gsfm_enrich.arrays import Floats
from gsfm_enrich.model.blocks import in_threads

HIDDEN_SHARE = 0.2
"""Share of each term that is hidden: the table holds for libraries that lack a fifth of the members."""
FEWEST_TERMS = 10
TOP_MEMBERS = 10
"""The highest probability is the share of members among the highest scores, taken this many members deep."""
STRONGEST, RANDOM = 100, 100
"""Genes to ask for in each set besides the hidden members: those with the highest scores, and random ones."""
STEPS = 25


@dataclass(frozen=True)
class Calibration:
    """Logistic regression from the channels of a model to the probability of membership.

    Attributes
    ----------
    coefficients : float64 array, shape (2 + 4 * n_channels,)
        Constant, logarithm of the set's size; then for the channels: score, score times the logarithm of the
        size, coherence, score times coherence.
    scale, shift : float
        The log odds are multiplied and shifted by these, as terms that were not used in the fit support.
    ceiling : float
        Highest probability that held-out data support. 0 means that the model does not predict this library.
    """

    coefficients: Floats
    scale: float
    shift: float
    ceiling: float

    @property
    def trusted(self) -> bool:
        """Whether higher scores indicate members here."""
        return self.ceiling > 0

    def slopes(self, sizes: NDArray[np.int64], coherence: Floats) -> Floats:
        """Return what one unit of each channel adds to the log odds, shape (n_channels, n_sets), not below 0.

        Parameters
        ----------
        sizes : shape (n_sets,)
            Number of genes given.
        coherence : shape (n_channels, n_sets)
            Mean score of the genes given.
        """
        _, _, score, by_size, _, by_coherence = self._parts(len(coherence))
        slope = score[:, None] + by_size[:, None] * log_size(sizes) + by_coherence[:, None] * coherence
        return np.asarray(self.scale * np.maximum(slope, 0))

    def offsets(self, sizes: NDArray[np.int64], coherence: Floats) -> Floats:
        """Return the log odds of a gene with score 0, shape (n_sets,); minus infinity for empty sets."""
        constant, size, _, _, own, _ = self._parts(len(coherence))
        offset = self.scale * (constant + size * log_size(sizes) + own @ coherence) + self.shift
        return np.where(sizes > 0, offset, -np.inf)

    def probability(self, log_odds: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return probabilities, at most the ceiling; all 0 when not trusted."""
        return np.minimum(expit(log_odds), self.ceiling).astype(np.float32)

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the calibration as named arrays."""
        return {name: np.asarray(value, dtype=np.float64) for name, value in vars(self).items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Calibration:
        """Make a calibration from what `to_arrays` returned."""
        numbers = {
            name: float(np.asarray(arrays[name], np.float64)) for name in ("scale", "shift", "ceiling")
        }
        return cls(np.asarray(arrays["coefficients"], dtype=np.float64), **numbers)

    def _parts(self, channels: int) -> tuple[float, float, Floats, Floats, Floats, Floats]:
        constant, size = self.coefficients[:2]
        return float(constant), float(size), *self.coefficients[2:].reshape(4, channels)


def check_arrays(arrays: Mapping[str, NDArray[np.generic]], n_channels: int) -> None:
    """Raise a ValueError for arrays that are not those of a calibration with this many channels."""
    shapes = {"coefficients": (2 + 4 * n_channels,), "scale": (), "shift": (), "ceiling": ()}
    for name, shape in shapes.items():
        array = arrays[name]
        if (
            array.shape != shape
            or array.dtype != np.float64
            or not np.isfinite(np.asarray(array, np.float64)).all()
        ):
            raise ValueError(f"{name} does not have the shape and type of a calibration")


def untrusted(channels: int) -> Calibration:
    """Return the calibration of a library that the model does not predict: all probabilities are 0."""
    coefficients = np.zeros(2 + 4 * channels)
    coefficients[1 : 2 + channels] = 1.0  # all channels weigh the same, and larger terms have more genes
    return Calibration(coefficients, 1.0, 0.0, 0.0)


def log_size(sizes: NDArray[np.int64]) -> Floats:
    """Return the natural logarithm of set sizes, 0 for empty sets."""
    return np.log(np.maximum(sizes, 1).astype(np.float64))


@dataclass(frozen=True)
class Hidden:
    """Sets with hidden members.

    Attributes
    ----------
    shown, hidden : list of int arrays
        Genes of each set that are given, and genes that are not.
    """

    shown: list[NDArray[np.int64]]
    hidden: list[NDArray[np.int64]]


@dataclass(frozen=True)
class Questions:
    """Sets with hidden members, and the genes that are asked about.

    Attributes
    ----------
    shown : list of int arrays
        Genes of each set that are given.
    pairs : int64 array, shape (2, n_pairs)
        Set and gene of each question.
    truth : bool array, shape (n_pairs,)
        Whether the gene is a hidden member.
    weights : float64 array, shape (n_pairs,)
        How many genes a question stands for.
    """

    shown: list[NDArray[np.int64]]
    pairs: NDArray[np.int64]
    truth: NDArray[np.bool_]
    weights: Floats


def hide_members(sets: Sequence[NDArray[np.int64]], seed: int, max_terms: int = 400) -> Hidden | None:
    """Hide a fifth of each of up to ``max_terms`` sets; None if fewer than ten have five genes.

    Parameters
    ----------
    sets
        Genes of each set.
    seed
        Seed of the choice of what is hidden.
    max_terms
        Largest number of sets to use.
    """
    rng = np.random.default_rng(seed)
    usable = np.flatnonzero([len(members) >= 5 for members in sets])
    if len(usable) < FEWEST_TERMS:
        return None
    if len(usable) > max_terms:
        usable = np.sort(rng.choice(usable, max_terms, replace=False))
    shuffled = [rng.permutation(sets[term]) for term in usable.tolist()]
    cuts = [max(round(len(members) * HIDDEN_SHARE), 1) for members in shuffled]
    parted = [np.split(members, [cut]) for members, cut in zip(shuffled, cuts, strict=True)]
    return Hidden([shown for _, shown in parted], [hidden for hidden, _ in parted])


def ask(hidden: Hidden, strongest: Sequence[NDArray[np.int64]], n_genes: int, seed: int) -> Questions:
    """Ask about the hidden members, the strongest candidates and some random other genes of each set.

    It matters what high scores are worth, and hardly any of a few random genes would have one.

    Parameters
    ----------
    hidden
        Sets with hidden members.
    strongest
        For each set the genes with the highest scores among those that are not shown.
    n_genes
        Number of genes.
    seed
        Seed of the random genes; each stands for many that are not asked about.
    """
    rng = np.random.default_rng([seed, 1])
    asked, truth, weights = [], [], []
    for shown, missing, strong in zip(hidden.shown, hidden.hidden, strongest, strict=True):
        candidates = strong[~np.isin(strong, missing)]
        drawn = rng.integers(n_genes, size=RANDOM)
        named = np.concatenate([shown, missing, candidates])
        others = drawn[~np.isin(drawn, named)]
        asked.append(np.concatenate([missing, candidates, others]))
        truth.append(np.arange(len(asked[-1])) < len(missing))
        each = (n_genes - len(named)) / max(len(others), 1)
        weights.append(np.repeat([1.0, each], [len(missing) + len(candidates), len(others)]))
    rows = np.repeat(np.arange(len(asked)), [len(genes) for genes in asked])
    pairs = np.stack([rows, np.concatenate(asked)])
    return Questions(hidden.shown, pairs, np.concatenate(truth), np.concatenate(weights))


def fit(questions: Questions, scores: Floats, coherence: Floats) -> Calibration:
    """Learn from hidden members what scores are worth.

    Each half of the sets is predicted by the regression fitted on the other half. The final probabilities are
    limited by how much these predictions have to be shrunk, and by the highest share of members they reach.

    Parameters
    ----------
    questions
        Sets with hidden members.
    scores : shape (n_channels, n_pairs)
        Scores of the completed ``questions.shown`` for the genes asked about.
    coherence : shape (n_channels, n_sets)
        Mean scores of the genes that are shown.

    Returns
    -------
    Calibration
    """
    rows = questions.pairs[0]
    features = design(scores, np.array([len(s) for s in questions.shown])[rows], coherence[:, rows])
    n_channels = len(coherence)
    centre, precision = np.zeros(features.shape[1]), np.full(features.shape[1], 1.0)
    # The chance that a gene was hidden grows with the size of the term; terms of one size cannot show this.
    centre[1], precision[0], precision[1] = 1.0, 0.0, 10.0
    spread = np.maximum(features.std(axis=0), 1e-6)
    precision[2:] *= spread[2:] ** 2
    everything = np.ones(len(rows), dtype=bool)
    first = rows % 2 == 0

    def learned(part: NDArray[np.bool_]) -> Floats:
        return logistic(features[part], questions.truth[part], questions.weights[part], centre, precision)

    of_first, of_second, coefficients = in_threads(learned, [first, ~first, everything])
    log_odds = np.where(first, features @ of_second, features @ of_first)
    again = np.column_stack([np.ones(len(rows)), log_odds])
    shift, scale = logistic(
        again, questions.truth, questions.weights, np.array([0.0, 1.0]), np.array([1.0, 1.0])
    )
    if scale <= 0:
        return untrusted(n_channels)
    ceiling = highest_share(log_odds, questions.truth, questions.weights)
    return Calibration(coefficients, float(min(scale, 1.0)), float(shift), ceiling)


def design(scores: Floats, sizes: NDArray[np.int64], coherence: Floats) -> Floats:
    """Return the features of pairs, shape (n_pairs, 2 + 4 * n_channels); see `Calibration.coefficients`."""
    size = log_size(sizes)
    columns = [np.ones(len(size)), size, *scores, *(scores * size), *coherence, *(scores * coherence)]
    return np.column_stack(columns)


def highest_share(log_odds: Floats, truth: NDArray[np.bool_], weights: Floats) -> float:
    """Return the share of members among the genes with the highest scores, ``TOP_MEMBERS`` members deep."""
    order = np.argsort(-log_odds, kind="stable")
    members = np.cumsum(np.where(truth[order], 1.0, 0.0))
    everything = np.cumsum(weights[order])
    depth = int(np.searchsorted(members, min(TOP_MEMBERS, members[-1])))
    shares = members / everything
    return float(shares[depth:].max(initial=0.0))


def logistic(
    features: Floats, truth: NDArray[np.bool_], weights: Floats, centre: Floats, precision: Floats
) -> Floats:
    """Fit a weighted logistic regression by Newton's method; return one coefficient per feature.

    Parameters
    ----------
    features : shape (n, n_features)
        The first is constant.
    truth, weights : shape (n,)
        Outcome and weight of each row.
    centre, precision : shape (n_features,)
        Mean and precision of a normal prior on the coefficients; with precision 0 the data alone decide.
    """

    def loss(coefficients: Floats) -> float:
        margin = np.where(truth, 1.0, -1.0) * (features @ coefficients)
        return float(weights @ np.logaddexp(0, -margin) + precision @ (coefficients - centre) ** 2 / 2)

    at = centre.copy()
    at[0] = np.log(weights[truth].sum() / weights.sum()) - (features[:, 1:] @ centre[1:]).mean()
    value = loss(at)
    for _ in range(STEPS):
        p = expit(features @ at)
        gradient = features.T @ (weights * (p - truth)) + precision * (at - centre)
        curvature = (features * (weights * p * (1 - p))[:, None]).T @ features + np.diag(precision + 1e-9)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while (new := loss(at - size * step)) > value and size > 1e-4:
            size /= 2
        gained, at, value = value - new, at - size * step, new
        if gained <= 1e-7 * abs(value):
            break
    return at
