"""The membership table: how probable it is that a gene belongs to a term that does not list it.

The model completes every term of a library. Its logits are linear in the representation of the set, so the table is a
product of one factor a term and one factor a gene, and any column or row of it is computed when it is needed.

Three steps lead from a logit to a probability. *Popularity*: the logit of a gene is compared with its logits for
random sets of about the same size (mean and standard deviation over them). *Scale*: the resulting scores are centred
and scaled within each term. *Reliability*: a logistic regression, fitted for each library on members that were hidden
from the model, says what such a score is worth there.
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
REFERENCE_SETS = 2000
HIDDEN_SHARE = 0.2
"""Share of a term hidden for the calibration: the table says how probable members are if a fifth were missing."""


@dataclass(frozen=True)
class Reference:
    """What the model says of random sets of one size.

    Attributes
    ----------
    mean, sd : float32 arrays, shape (V,)
        Of the logit of each gene over random sets.
    """

    mean: NDArray[np.float32]
    sd: NDArray[np.float32]


@lru_cache(maxsize=4)
def references(model: GSFM, seed: int = 0) -> tuple[Reference, ...]:
    """Return what the model says of random sets, one `Reference` for each of ``REFERENCE_SIZES``.

    Logits are linear in the representation of a set, so their mean and variance follow from the mean and the
    covariance of the representations, and 2,000 sets a size cost little.
    """
    weight, bias = model.output
    rng = np.random.default_rng(seed)
    found = []
    for size in REFERENCE_SIZES:
        size = min(size, len(model.vocab) - N_SPECIAL)
        sets = [np.unique(rng.integers(N_SPECIAL, len(model.vocab), size)) for _ in range(REFERENCE_SETS)]
        activations = model.represent(sets)
        covariance = np.cov(activations, rowvar=False).reshape(weight.shape[1], -1).astype(np.float32)
        variance = np.einsum("vi,vi->v", weight @ covariance, weight)
        sd = np.sqrt(np.maximum(variance, np.finfo(np.float32).tiny))
        found.append(Reference(weight @ activations.mean(axis=0) + bias, np.maximum(sd, 1e-6)))
    return tuple(found)


def nearest_reference(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, for each set size, the index of the nearest of ``REFERENCE_SIZES`` on a log scale."""
    distance = np.abs(np.log(np.maximum(sizes, 1))[:, None] - np.log(REFERENCE_SIZES)[None])
    return np.asarray(distance.argmin(axis=1))


@dataclass(frozen=True)
class Calibration:
    """Logistic regression from a score to the probability of membership: intercept, slope, and log term size.

    ``slope`` <= 0 means that the model does not predict this library: all probabilities are zero then.
    """

    intercept: float
    slope: float
    log_size: float

    @property
    def trusted(self) -> bool:
        """Whether higher scores mean members here."""
        return self.slope > 0


class Scores:
    """Standardised scores of sets for genes, as factors.

    Parameters
    ----------
    model
        The model that completes the sets.
    sets
        Units of each set.
    units
        Units of the genes that are scored; the scores of a set are centred and scaled over them.
    """

    def __init__(self, model: GSFM, sets: list[NDArray[np.int64]], units: NDArray[np.int64]) -> None:
        sizes = np.array([len(units_) for units_ in sets], dtype=np.int64)
        self.group = nearest_reference(sizes)
        weight, bias = model.output
        activations = model.represent(sets)
        self._genes: dict[int, NDArray[np.float32]] = {}
        self._sets = np.zeros((len(sets), weight.shape[1] + 1), dtype=np.float32)
        for group in np.unique(self.group):
            reference = references(model)[group]
            genes = np.column_stack([weight[units], (bias - reference.mean)[units]])
            genes /= reference.sd[units, None]
            here = self.group == group
            raw = np.column_stack([activations[here], np.ones(here.sum(), dtype=np.float32)])
            centre = genes.mean(axis=0)
            spread = np.sqrt(np.maximum(np.einsum("ti,ti->t", raw @ np.cov(genes, rowvar=False), raw), 1e-12))
            genes -= centre
            self._genes[int(group)] = genes.astype(np.float32)
            self._sets[here] = raw / spread[:, None]

    def block(self, rows: NDArray[np.int64], columns: NDArray[np.int64] | slice) -> NDArray[np.float32]:
        """Return scores of some sets for some genes (positions in ``units``), shape (n_rows, n_columns)."""
        groups = self.group[rows]
        first = self._genes[int(groups[0])] if len(rows) else next(iter(self._genes.values()))
        scores = np.empty((len(rows), len(first[columns])), dtype=np.float32)
        for group in np.unique(groups):
            here = groups == group
            scores[here] = self._sets[rows[here]] @ self._genes[int(group)][columns].T
        return scores


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
        self.calibration = calibrate(model, members, self.units, seed)
        self._scores = Scores(model, [self.units[columns] for columns in members], self.units)
        size = np.log(np.maximum(self.sizes, 1))
        self._offset = (self.calibration.intercept + self.calibration.log_size * size).astype(np.float32)

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
        scores = self._scores.block(terms, genes)
        scores *= self.calibration.slope
        scores += self._offset[terms, None]
        probability = expit(scores, out=scores)
        probability[self.sizes[terms] == 0] = 0  # nothing was given, so nothing was completed
        known = self.known[terms][:, genes].tocoo()
        probability[known.row, known.col] = 0
        return probability

    def score(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return standardised scores, shape (n_rows, n_columns): standard deviations above a random set's."""
        return self._scores.block(rows, columns)


def calibrate(
    model: GSFM,
    sets: list[NDArray[np.int32]],
    units: NDArray[np.int64],
    seed: int = 0,
    max_terms: int = 400,
    negatives: int = 400,
) -> Calibration:
    """Learn from hidden members what a score is worth in a library.

    A fifth of each of up to ``max_terms`` terms is hidden, the rest completed, and a logistic regression tells the
    hidden members from the other genes by their scores and the number of genes given.

    Parameters
    ----------
    model
        What completes the terms.
    sets
        Members of each term, positions in ``units``.
    units
        Units of all genes.
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
    scores = Scores(model, [units[members] for members in shown], units)
    x, y, w, size = [], [], [], []
    for row in range(len(usable)):
        asked = np.concatenate([hidden[row], others[row]])
        x.append(scores.block(np.array([row]), asked)[0])
        y.append(np.arange(len(asked)) < len(hidden[row]))
        up = (len(units) - len(sets[usable[row]])) / max(len(others[row]), 1)
        w.append(np.where(y[-1], 1.0, up))
        size.append(np.full(len(asked), np.log(len(shown[row]))))
    features = np.column_stack([np.ones(sum(map(len, x))), np.concatenate(x), np.concatenate(size)])
    intercept, slope, log_size = logistic(features, np.concatenate(y), np.concatenate(w))
    return Calibration(float(intercept), max(float(slope), 0.0), float(log_size))


def logistic(
    features: NDArray[np.float64], truth: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fit a weighted logistic regression by maximum likelihood and return its coefficients, shape (n_features,)."""
    sign = np.where(truth, 1.0, -1.0)
    total = weights[truth].sum()

    def loss(coefficients: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (features @ coefficients)
        slope = -weights * sign * expit(-margin)
        return float(weights @ np.logaddexp(0, -margin) / total), features.T @ slope / total

    start = np.zeros(features.shape[1])
    start[0] = np.log(total / weights.sum())
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)


@lru_cache(maxsize=8)
def library_membership(library: GeneSetLibrary, model: GSFM, organism: str = "human") -> Membership:
    """Return the membership table of a library; those of the last eight libraries are kept."""
    return Membership(library, model, organism)
