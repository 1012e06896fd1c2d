"""Standardised scores: what a model says of a gene, less what it says of the gene whatever it is given.

The logit of a gene, centred within its set, is compared with those for random sets of about the same size,
which takes the gene's popularity off: their mean is subtracted, and the difference is divided by their
standard deviation plus its median over the genes (the offset keeps genes that hardly vary from dominating;
Tusher et al. 2001). The resulting scores are centred and scaled within each set. Logits are linear in the
representation of a set, so all of this is folded into one factor a set and one factor a gene, and any block
of scores is a product of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from gsfm_enrich.model.channels import ChannelGSFM
from gsfm_enrich.model.gsfm import GSFM, multi_hot, product
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.model.wide import wide_evidence, wide_similarity

REFERENCE_SIZES = (3, 10, 30, 100, 300, 1000)
REFERENCE_SETS = 500


def nearest_reference(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, for each set size, the index of the nearest of ``REFERENCE_SIZES`` on a log scale."""
    distance = np.abs(np.log(np.maximum(sizes, 1))[:, None] - np.log(REFERENCE_SIZES)[None])
    return np.asarray(distance.argmin(axis=1))


@lru_cache(maxsize=4)
def centred_output(model: GSFM) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weight and bias of the output layer less their means over the genes.

    A softmax does not change when all logits of a set move together, so training leaves that common part
    undetermined, and only the difference between genes has a meaning.
    """
    weight, bias = model.output
    return weight - weight[N_SPECIAL:].mean(axis=0), bias - bias[N_SPECIAL:].mean()


@lru_cache(maxsize=4 * len(REFERENCE_SIZES))
def reference(model: GSFM, size: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and scale of the centred logit of every gene over random sets of a size.

    The scale is the standard deviation plus the median standard deviation of all genes.

    Logits are linear in the representation of a set, so both follow from the mean and the covariance of the
    representations.
    """
    weight, bias = centred_output(model)
    rng = np.random.default_rng([seed, size])
    genes = np.arange(N_SPECIAL, len(model.vocab))
    size = min(size, len(genes))
    sets: list[NDArray[np.int64]] = []
    while len(sets) < REFERENCE_SETS:  # a permutation cut into pieces: no gene twice in a set
        sets += np.split(rng.permutation(genes)[: len(genes) // size * size], len(genes) // size)
    activations = model.represent(sets[:REFERENCE_SETS])
    mean, covariance = mean_and_covariance(activations)
    variance = np.einsum("vi,vi->v", product(weight, covariance), weight)
    sd = np.sqrt(np.maximum(variance, 1e-12))
    return weight @ mean + bias, sd + np.median(sd[N_SPECIAL:])


def mean_and_covariance(x: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return both over the rows of x, in single precision: `numpy.cov` would take ten times as long."""
    mean = x.mean(axis=0)
    centred = x - mean
    return mean, product(centred.T, centred) / np.float32(max(len(x) - 1, 1))


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
        similarity = wide_similarity(model)
        self._similarity = None if similarity is None else csr_array(similarity[:, units])

    def standard(self, group: int) -> Standard:
        """Return the factors for one of ``REFERENCE_SIZES``."""
        if group not in self._standards and isinstance(self.model, ChannelGSFM):
            places = np.ascontiguousarray(self.model.output[0][self.units])
            width = places.shape[1]  # centred over the genes as they are, and compared with random sets, too
            self._standards[group] = Standard(
                places, np.zeros(width, np.float32), np.eye(width, dtype=np.float32)
            )
        if group not in self._standards:
            mean, sd = reference(self.model, REFERENCE_SIZES[group])
            weight, bias = centred_output(self.model)
            factors = np.column_stack([weight, bias - mean]).astype(np.float32)[self.units]
            factors /= sd[self.units, None]
            centre, covariance = mean_and_covariance(factors)
            factors -= centre
            self._standards[group] = Standard(factors, centre, covariance)
        return self._standards[group]

    def score(self, sets: list[NDArray[np.int64]]) -> Scores:
        """Score sets of units."""
        if isinstance(self.model, ChannelGSFM):
            return self._score_channels(self.model, sets)
        groups = nearest_reference(np.array([len(units) for units in sets], dtype=np.int64))
        factors = np.column_stack([self.model.represent(sets), np.ones(len(sets), dtype=np.float32)])
        spread = np.empty(len(sets), dtype=np.float32)
        for group in np.unique(groups):
            here = groups == group
            variance = np.einsum(
                "ti,ti->t", product(factors[here], self.standard(group).covariance), factors[here]
            )
            spread[here] = np.sqrt(np.maximum(variance, 1e-12))
        factors /= spread[:, None]
        return Scores(self, groups, factors, spread, self._wide(sets))

    def _score_channels(self, model: ChannelGSFM, sets: list[NDArray[np.int64]]) -> Scores:
        """Score sets of units by a model whose channels are standardised already."""
        representation, tables, random = model.channels(multi_hot(sets, len(model.vocab)))
        groups = np.zeros(len(sets), dtype=np.int64)
        return Scores(self, groups, representation, np.float32(1) / random, csr_array(tables[:, self.units]))

    def _wide(self, sets: list[NDArray[np.int64]]) -> csr_array | None:
        """Return what the wide part adds for sets, None when the model has none."""
        if self._similarity is None:
            return None
        given = multi_hot(sets, len(self.model.vocab))
        return wide_evidence(self._similarity, given)


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
    wide : csr_array, shape (n_sets, n_genes), or None
        What the wide part of the model adds, see `gsfm_enrich.model.wide`.
    """

    genes: GeneFactors
    groups: NDArray[np.int64]
    sets: NDArray[np.float32]
    spread: NDArray[np.float32]
    wide: csr_array | None

    def block(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return scores of some sets (axis 0) for some genes, positions in ``genes.units`` (axis 1)."""
        groups = self.groups[rows]
        scores = np.empty((len(rows), len(columns)), dtype=np.float32)
        for group in np.unique(groups):
            here = groups == group
            scores[here] = product(self.sets[rows[here]], self.genes.standard(group).factors[columns].T)
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

    def wide_block(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return what the wide part adds for some sets and genes, shape (n_rows, n_columns)."""
        if self.wide is None:
            return np.zeros((len(rows), len(columns)), dtype=np.float32)
        if len(columns) < len(rows):
            return np.asarray(self.by_gene[:, columns][rows].toarray())
        return np.asarray(self.wide[rows][:, columns].toarray())

    @cached_property
    def by_gene(self) -> csc_array:
        """The wide part, fast to read by columns."""
        shape = (len(self.sets), len(self.genes.units))
        return csc_array(shape, dtype=np.float32) if self.wide is None else csc_array(self.wide)

    def wide_pairs(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return what the wide part adds for set ``rows[i]`` and gene ``columns[i]``, shape (n_pairs,)."""
        if self.wide is None:
            return np.zeros(len(rows), dtype=np.float32)
        return np.asarray(self.wide[rows, columns]).ravel()

    def against_random(self, scores: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Turn scores (first axis: ``rows``) into standard deviations above the mean over random sets."""
        centre = np.stack([self.genes.standard(group).centre for group in self.groups[rows]])
        shape = (len(rows),) + (1,) * (scores.ndim - 1)
        offset = np.einsum("ti,ti->t", self.sets[rows], centre)
        z_scores: NDArray[np.float32] = (scores + offset.reshape(shape)) * self.spread[rows].reshape(shape)
        return z_scores
