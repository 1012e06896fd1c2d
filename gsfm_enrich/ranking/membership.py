"""The membership table: how probable it is that a gene belongs to a term that does not list it.

The model completes every term of a library. Its logits are linear in the representation of the set, so the
table is a product of one factor a term and one factor a gene, and any column or row of it is computed when
it is needed.

Three steps lead from a logit to a probability. *Popularity*: the logit of a gene is compared with its
logits for random sets of about the same size (mean and standard deviation over them). *Scale*: the
resulting scores are centred and scaled within each term. *Reliability*: a logistic regression, fitted for
each library on members that were hidden from the model, says what such a score is worth there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import expit

from gsfm_enrich.genes.match import match
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.vocab import N_SPECIAL

REFERENCE_SIZES = (3, 10, 30, 100, 300, 1000)
REFERENCE_SETS = 500
HIDDEN_SHARE = 0.2
"""Share of a term hidden for the calibration: the table says how probable members are if a fifth were
missing."""


def nearest_reference(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, for each set size, the index of the nearest of ``REFERENCE_SIZES`` on a log scale."""
    distance = np.abs(np.log(np.maximum(sizes, 1))[:, None] - np.log(REFERENCE_SIZES)[None])
    return np.asarray(distance.argmin(axis=1))


@lru_cache(maxsize=4 * len(REFERENCE_SIZES))
def reference(model: GSFM, size: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and standard deviation of the logit of every gene over random sets of a size.

    Logits are linear in the representation of a set, so both follow from the mean and the covariance of the
    representations.
    """
    weight, bias = model.output
    rng = np.random.default_rng([seed, size])
    genes = np.arange(N_SPECIAL, len(model.vocab))
    size = min(size, len(genes))
    sets: list[NDArray[np.int64]] = []
    while len(sets) < REFERENCE_SETS:  # a permutation cut into pieces: no gene twice in a set
        sets += np.split(rng.permutation(genes)[: len(genes) // size * size], len(genes) // size)
    activations = model.represent(sets[:REFERENCE_SETS])
    mean, covariance = mean_and_covariance(activations)
    variance = np.einsum("vi,vi->v", weight @ covariance, weight)
    return weight @ mean + bias, np.sqrt(np.maximum(variance, 1e-12))


def mean_and_covariance(x: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return both over the rows of x, in single precision: `numpy.cov` would take ten times as long."""
    mean = x.mean(axis=0)
    centred = x - mean
    return mean, centred.T @ centred / max(len(x) - 1, 1)


@dataclass(frozen=True)
class Calibration:
    """Logistic regression from a score to the probability of membership: intercept, slope, and log term size.

    ``slope`` 0 means that the model does not predict this library: all probabilities are zero then.
    """

    intercept: float
    slope: float
    log_size: float

    @property
    def trusted(self) -> bool:
        """Whether higher scores mean members here."""
        return self.slope > 0

    def probability(self, scores: NDArray[np.float32], sizes: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return probabilities for scores of sets of these sizes; 0 for empty sets. Overwrites ``scores``."""
        if not self.trusted:
            return np.zeros_like(scores)
        offset = self.intercept + self.log_size * np.log(np.maximum(sizes, 1))
        scores *= np.float32(-self.slope)
        scores -= np.where(sizes > 0, offset, -np.inf).astype(np.float32)
        with np.errstate(over="ignore"):  # exp overflows to infinity, whose reciprocal is the 0 that is meant
            np.exp(scores, out=scores)  # four times as fast as scipy's expit, and this is where the time goes
        scores += 1
        return np.reciprocal(scores, out=scores)


@dataclass(frozen=True, eq=False)
class Standard:
    """The gene side of standardised scores for sets of about one size.

    Attributes
    ----------
    factors : float32 array, shape (n_genes, width + 1)
        Their product with a representation of a set (and 1) is the logit, counted in standard deviations
        from the mean over random sets, less ``centre``.
    centre : float32 array, shape (width + 1,)
        Mean factor over the genes.
    covariance : float32 array, shape (width + 1, width + 1)
        Of the factors over the genes.
    """

    factors: NDArray[np.float32]
    centre: NDArray[np.float32]
    covariance: NDArray[np.float32]


class GeneFactors:
    """The gene side of standardised scores, worked out once for each reference size.

    Parameters
    ----------
    model
        The model that completes sets.
    units
        Units of the genes that are scored; the scores of a set are centred and scaled over them.
    """

    def __init__(self, model: GSFM, units: NDArray[np.int64]) -> None:
        self.model, self.units = model, units
        self._standards: dict[int, Standard] = {}

    def standard(self, group: int) -> Standard:
        """Return the factors for one of ``REFERENCE_SIZES``."""
        if group not in self._standards:
            mean, sd = reference(self.model, REFERENCE_SIZES[group])
            weight, bias = self.model.output
            factors = np.column_stack([weight, bias - mean]).astype(np.float32)[self.units]
            factors /= sd[self.units, None]
            centre, covariance = mean_and_covariance(factors)
            factors -= centre
            self._standards[group] = Standard(factors, centre, covariance)
        return self._standards[group]

    def score(self, sets: list[NDArray[np.int64]]) -> Scores:
        """Score sets of units."""
        groups = nearest_reference(np.array([len(units) for units in sets], dtype=np.int64))
        factors = np.column_stack([self.model.represent(sets), np.ones(len(sets), dtype=np.float32)])
        spread = np.empty(len(sets), dtype=np.float32)
        for group in np.unique(groups):
            here = groups == group
            variance = np.einsum("ti,ti->t", factors[here] @ self.standard(group).covariance, factors[here])
            spread[here] = np.sqrt(np.maximum(variance, 1e-12))
        factors /= spread[:, None]
        return Scores(self, groups, factors, spread)


@dataclass(frozen=True, eq=False)
class Scores:
    """Standardised scores of sets for genes, as factors.

    Attributes
    ----------
    genes : GeneFactors
    groups : int64 array, shape (n_sets,)
        Reference size of each set.
    sets : float32 array, shape (n_sets, width + 1)
        The set side.
    spread : float32 array, shape (n_sets,)
        Standard deviation over the genes that the scores of each set were divided by.
    """

    genes: GeneFactors
    groups: NDArray[np.int64]
    sets: NDArray[np.float32]
    spread: NDArray[np.float32]

    def block(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return scores of some sets (axis 0) for some genes, positions in ``genes.units`` (axis 1)."""
        groups = self.groups[rows]
        scores = np.empty((len(rows), len(columns)), dtype=np.float32)
        for group in np.unique(groups):
            here = groups == group
            scores[here] = self.sets[rows[here]] @ self.genes.standard(group).factors[columns].T
        return scores

    def pairs(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the score of set ``rows[i]`` for gene ``columns[i]``, shape (n_pairs,)."""
        scores = np.empty(len(rows), dtype=np.float32)
        groups = self.groups[rows]
        for group in np.unique(groups):
            here = groups == group
            factors = self.genes.standard(group).factors[columns[here]]
            scores[here] = np.einsum("pi,pi->p", self.sets[rows[here]], factors)
        return scores

    def against_random(self, scores: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Turn scores (first axis: ``rows``) into standard deviations above the mean over random sets."""
        centre = np.stack([self.genes.standard(group).centre for group in self.groups[rows]])
        shape = (len(rows),) + (1,) * (scores.ndim - 1)
        offset = np.einsum("ti,ti->t", self.sets[rows], centre)
        z_scores: NDArray[np.float32] = (scores + offset.reshape(shape)) * self.spread[rows].reshape(shape)
        return z_scores


class Membership:
    """The membership table of a library, completed by a model: terms x genes.

    Its columns are the genes that the model knows, those of the library first.

    Parameters
    ----------
    library
        Known members.
    model
        What completes the terms.
    organism
        Of the library's symbols.
    seed
        Seed of the held-out members that the calibration is fitted on.

    Attributes
    ----------
    library : GeneSetLibrary
    model : GSFM
    units : int64 array, shape (n_columns,)
        Unit of the model's vocabulary for each column.
    of_library : int64 array, shape (n_library_genes,)
        Column of each gene of the library, -1 for one that the model does not know.
    of_unit : int64 array, shape (V,)
        Column of each unit, -1 for the special ones.
    n_library : int
        Columns that are genes of the library.
    sizes : int64 array, shape (n_terms,)
        Members of each term that the model knows.
    calibration : Calibration
    """

    def __init__(self, library: GeneSetLibrary, model: GSFM, organism: str = "human", seed: int = 0) -> None:
        self.library, self.model = library, model
        units = match(library.genes, model.vocab.tokens, organism).columns
        known = np.flatnonzero(units >= N_SPECIAL)
        rest = np.setdiff1d(np.arange(N_SPECIAL, len(model.vocab)), units)
        self.units = np.concatenate([units[known], rest])
        self.n_library = len(known)
        self.of_library = np.full(len(units), -1, dtype=np.int64)
        self.of_library[known] = np.arange(len(known))
        self.of_unit = np.full(len(model.vocab), -1, dtype=np.int64)
        self.of_unit[self.units] = np.arange(len(self.units))
        incidence = library.incidence[:, known]
        self.known = csr_array(
            (incidence.data, incidence.indices, incidence.indptr), shape=(len(library), len(self.units))
        )
        members = np.split(incidence.indices, incidence.indptr[1:-1])
        self.sizes = np.diff(incidence.indptr).astype(np.int64)
        self.genes = GeneFactors(model, self.units)
        self.calibration = calibrate(self.genes, members, seed)
        self.scores = self.genes.score([self.units[columns] for columns in members])

    def predicted(
        self, rows: NDArray[np.int64] | slice = slice(None), columns: NDArray[np.int64] | slice = slice(None)
    ) -> NDArray[np.float32]:
        """Return the probability that genes belong to terms that do not list them; 0 where they do.

        Parameters
        ----------
        rows
            Terms; all by default.
        columns
            Columns of the table; all by default.

        Returns
        -------
        ndarray of float32, shape (n_rows, n_columns)
        """
        terms = np.arange(len(self.sizes))[rows]
        genes = np.arange(len(self.units))[columns]
        if not self.calibration.trusted:
            return np.zeros((len(terms), len(genes)), dtype=np.float32)
        probability = self.calibration.probability(
            self.scores.block(terms, genes), self.sizes[terms][:, None]
        )
        known = self.known[terms][:, genes].tocoo()
        probability[known.row, known.col] = 0
        return probability

    def left_out(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Scores:
        """Score terms completed without one member each: set i is term ``rows[i]`` less ``columns[i]``."""
        sets = []
        for row, column in zip(rows, columns, strict=True):
            members = self.known.indices[self.known.indptr[row] : self.known.indptr[row + 1]]
            sets.append(self.units[members[members != column]])
        return self.genes.score(sets)


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
        With slope 0 when fewer than ten terms have enough genes.
    """
    rng = np.random.default_rng(seed)
    units = genes.units
    usable = np.flatnonzero([len(members) >= 5 for members in sets])
    if len(usable) < 10:
        return Calibration(-np.inf, 0.0, 0.0)
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
    x, y, w, size = [], [], [], []
    for row in range(len(usable)):
        asked = np.concatenate([hidden[row], others[row]])
        x.append(scores.block(np.array([row]), asked)[0])
        y.append(np.arange(len(asked)) < len(hidden[row]))
        up = (len(units) - len(sets[usable[row]])) / max(len(others[row]), 1)
        w.append(np.where(y[-1], 1.0, up))
        size.append(np.full(len(asked), np.log(len(shown[row]))))
    features = np.column_stack([np.ones(sum(map(len, x))), np.concatenate(x), np.concatenate(size)])
    # The chance that a gene was hidden grows with the size of the term; terms of one size cannot show it.
    intercept, slope, log_size = logistic(
        features, np.concatenate(y), np.concatenate(w), np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.0, 10.0])
    )
    return Calibration(float(intercept), max(float(slope), 0.0), float(log_size))


def logistic(
    features: NDArray[np.float64],
    truth: NDArray[np.bool_],
    weights: NDArray[np.float64],
    centre: NDArray[np.float64],
    precision: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Fit a weighted logistic regression; return one coefficient a feature.

    Parameters
    ----------
    features : shape (n, n_features)
    truth, weights : shape (n,)
    centre, precision : shape (n_features,)
        Of a normal prior on the coefficients; precision 0 leaves a coefficient to the data.
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
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)


@lru_cache(maxsize=8)
def library_membership(library: GeneSetLibrary, model: GSFM, organism: str = "human") -> Membership:
    """Return the membership table of a library; those of the last eight libraries are kept."""
    return Membership(library, model, organism)
