"""Standardised scores: what a model says of a gene, minus what it says of it whatever set is given.

The logit of a gene, centred within its set, is compared with those for random sets of about the same size,
which corrects for the gene's popularity: their mean is subtracted, and the difference is divided by their
standard deviation plus its median over the genes (the offset keeps genes that hardly vary from dominating;
Tusher et al. 2001). The resulting scores are centred and scaled within each set. Logits are linear in the
representation of a set, so all of this is folded into one factor per set and one per gene, and any block of
scores is a product of the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from gsfm_enrich.kept import kept_on_first, kept_property
from gsfm_enrich.model.blocks import in_blocks, product
from gsfm_enrich.model.channels import ChannelGSFM, Weighing, side_by_side, sizes_of, weighed_scores
from gsfm_enrich.model.gsfm import GSFM, multi_hot
from gsfm_enrich.model.vocab import N_SPECIAL

REFERENCE_SIZES = (3, 10, 30, 100, 300, 1000)
REFERENCE_SETS = 500
PAIRS = 4096
"""Number of (set, gene) pairs to score at once."""


def nearest_reference(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, for each set size, the index of the nearest of ``REFERENCE_SIZES`` on a log scale."""
    distance = np.abs(np.log(np.maximum(sizes, 1))[:, None] - np.log(REFERENCE_SIZES)[None])
    return np.asarray(distance.argmin(axis=1))


@kept_on_first(most=1)
def centred_output(model: GSFM) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weight and bias of the output layer minus their means over the genes.

    A softmax does not change when all logits of a set shift together, so training leaves that common part
    undetermined, and only differences between genes are meaningful.
    """
    weight, bias = model.output
    return weight - weight[N_SPECIAL:].mean(axis=0), bias - bias[N_SPECIAL:].mean()


@kept_on_first(most=len(REFERENCE_SIZES))
def reference(model: GSFM, size: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and scale of each gene's centred logit over random sets of a given size.

    The scale is the standard deviation plus the median standard deviation of all genes.

    Logits are linear in the representation of a set, so both follow from the mean and the covariance of the
    representations.
    """
    weight, bias = centred_output(model)
    rng = np.random.default_rng([seed, size])
    genes = np.arange(N_SPECIAL, len(model.vocab))
    size = min(size, len(genes))
    sets: list[NDArray[np.int64]] = []
    while len(sets) < REFERENCE_SETS:  # a permutation cut into pieces, so that no gene is twice in a set
        sets += np.split(rng.permutation(genes)[: len(genes) // size * size], len(genes) // size)
    activations = model.represent(sets[:REFERENCE_SETS])
    mean, covariance = mean_and_covariance(activations)
    variance = np.einsum("vi,vi->v", product(weight, covariance), weight)
    sd = np.sqrt(np.maximum(variance, 1e-12))
    return weight @ mean + bias, sd + np.median(sd[N_SPECIAL:])


def mean_and_covariance(x: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and covariance over the rows of x, in single precision; `numpy.cov` is ten times slower."""
    mean = x.mean(axis=0)
    centred = x - mean
    return mean, product(centred.T, centred) / np.float32(max(len(x) - 1, 1))


@dataclass(frozen=True, eq=False)
class Standard:
    """The gene side of standardised scores for sets of about one size.

    Attributes
    ----------
    factors : float32 array, shape (V, width + 1)
        Factors of every unit. Their product with a representation of a set (and 1) is the logit, in standard
        deviations from the mean over random sets, minus ``centre``.
    centre : float32 array, shape (width + 1,)
        Mean factor over the genes that are scored.
    covariance : float32 array, shape (width + 1, width + 1)
        Covariance of the factors over the genes.
    """

    factors: NDArray[np.float32]
    centre: NDArray[np.float32]
    covariance: NDArray[np.float32]


class GeneFactors:
    """The gene side of standardised scores, computed once for each reference size.

    Parameters
    ----------
    model
        The model that completes sets.
    units
        Units of the genes that are scored; the scores of a set are centred and scaled over them.

    Attributes
    ----------
    n_dense, n_channels : int
        Number of channels that are products of factors, and of all channels. An autoencoder is one channel.
    dense_parts : list of slice
        Slice of each dense channel within the width of the factors.
    """

    def __init__(self, model: GSFM, units: NDArray[np.int64]) -> None:
        self.model, self.units = model, units
        self._standards: dict[int, Standard] = {}
        self.n_dense = self.n_channels = 1
        self.dense_parts = [slice(None)]
        if isinstance(model, ChannelGSFM):
            self.dense_parts = model.dense_parts
            self.n_dense = len(self.dense_parts)
            self.n_channels = self.n_dense + len(model.table_channels)

    def standard(self, size_class: int) -> Standard:
        """Return the factors for one of ``REFERENCE_SIZES``."""
        if size_class not in self._standards:
            self._standards[size_class] = self._make_standard(size_class)
        return self._standards[size_class]

    def _make_standard(self, size_class: int) -> Standard:
        if isinstance(self.model, ChannelGSFM):
            places = self.model.output[0]
            width = places.shape[1]  # places are centred already, over the genes and against random sets
            return Standard(places, np.zeros(width, np.float32), np.eye(width, dtype=np.float32))
        mean, sd = reference(self.model, REFERENCE_SIZES[size_class])
        weight, bias = centred_output(self.model)
        factors = np.column_stack([weight, bias - mean]).astype(np.float32)
        factors /= sd[:, None]
        centre, covariance = mean_and_covariance(factors[self.units])
        return Standard(factors - centre, centre, covariance)

    @kept_property
    def tables(self) -> csc_array:
        """Similarities of the genes in the model's tables, see `gsfm_enrich.model.channels.side_by_side`."""
        if isinstance(self.model, ChannelGSFM) and len(self.model.table_channels):
            return side_by_side(self.model, self.units)
        return csc_array((len(self.model.vocab), 0), dtype=np.float32)

    def at(self, columns: NDArray[np.int64]) -> Genes:
        """Return the genes at the given positions of ``units``, ready to be scored for many sets."""
        return Genes(self, columns)

    def score(self, sets: list[NDArray[np.int64]]) -> Scores:
        """Score sets of units."""
        given = multi_hot(sets, len(self.model.vocab))
        if isinstance(self.model, ChannelGSFM):
            return self.of_channels(self.model, given, self.model.weigh(given))
        size_classes = nearest_reference(np.array([len(units) for units in sets], dtype=np.int64))
        factors = np.column_stack([self.model.represent(sets), np.ones(len(sets), dtype=np.float32)])
        spread = np.empty(len(sets), dtype=np.float32)
        own = np.zeros(len(sets))
        mean = csr_array(given[:, self.units])
        mean.data /= np.repeat(sizes_of(given), np.diff(mean.indptr))
        for size_class in np.unique(size_classes):
            here = size_classes == size_class
            standard = self.standard(size_class)
            variance = np.einsum("ti,ti->t", product(factors[here], standard.covariance), factors[here])
            spread[here] = np.sqrt(np.maximum(variance, 1e-12))
            own[here] = np.einsum("ti,ti->t", factors[here], mean[here] @ standard.factors[self.units])
        factors /= spread[:, None]
        weights = np.ones((len(sets), 1), dtype=np.float32)
        return Scores(self, size_classes, factors, spread, (own / spread)[None], given, weights)

    def of_channels(self, model: ChannelGSFM, given: csr_array, weighing: Weighing) -> Scores:
        """Score sets of units by a model of channels whose weights are already known.

        Parameters
        ----------
        model
            The model of these genes.
        given : shape (n_sets, V)
            1 for the given genes.
        weighing
            Weights of the channels for these sets.
        """
        return Scores(
            self,
            np.zeros(given.shape[0], dtype=np.int64),
            model.weighed_places(given, weighing.spread, weighing.weights),
            np.float32(1) / weighing.random,
            weighing.own.T.astype(np.float64),
            given,
            weighing.weights,
        )


class Genes:
    """Some genes of `GeneFactors`, laid out to be scored for block after block of sets.

    Parameters
    ----------
    factors
        The factors they are taken from.
    columns
        Positions in ``factors.units``.
    """

    def __init__(self, factors: GeneFactors, columns: NDArray[np.int64]) -> None:
        self.factors, self.columns = factors, columns
        self._dense: dict[int, NDArray[np.float32]] = {}

    def __len__(self) -> int:
        return len(self.columns)

    def dense(self, size_class: int) -> NDArray[np.float32]:
        """Return the factors for one of ``REFERENCE_SIZES``, shape (width, n_genes)."""
        if size_class not in self._dense:
            units = self.factors.units[self.columns]
            self._dense[size_class] = self.factors.standard(size_class).factors[units].T
        return self._dense[size_class]

    @kept_property
    def tables(self) -> csr_array:
        """Similarities in the tables, shape (V, n_tables * n_genes)."""
        whole = self.factors.tables
        starts = range(0, whole.shape[1], len(self.factors.units))
        return csr_array(whole[:, np.concatenate([start + self.columns for start in starts])])


@dataclass(frozen=True, eq=False)
class Scores:
    """Standardised scores of sets for genes, as factors.

    Attributes
    ----------
    genes : GeneFactors
    size_classes : int64 array, shape (n_sets,)
        Reference size of each set.
    sets : float32 array, shape (n_sets, width)
        The set side of the dense channels.
    spread : float32 array, shape (n_sets,)
        Standard deviation over the genes that the scores of each set were divided by.
    own : float64 array, shape (n_channels, n_sets)
        Mean score of the given genes, in each channel.
    given : csr_array, shape (n_sets, V)
        1 for the given genes.
    weights : float32 array, shape (n_sets, n_channels)
        Weights of the channels for each set; those of dense channels are already included in ``sets``.
    """

    genes: GeneFactors
    size_classes: NDArray[np.int64]
    sets: NDArray[np.float32]
    spread: NDArray[np.float32]
    own: NDArray[np.float64]
    given: csr_array
    weights: NDArray[np.float32]

    def block(
        self, rows: NDArray[np.int64], genes: Genes, slopes: NDArray[np.floating] | None = None
    ) -> NDArray[np.float32]:
        """Return scores of some sets (axis 0) for some genes (axis 1), summed over the channels.

        Parameters
        ----------
        rows
            Numbers of the sets.
        genes
            Genes, see `GeneFactors.at`.
        slopes : shape (n_channels, n_rows)
            Factor of each channel; 1 when None.
        """
        scores = self.dense(rows, genes, slopes)
        if self.genes.n_channels > self.genes.n_dense:
            weights = self.weights[rows, self.genes.n_dense :]
            if slopes is not None:
                weights = weights * slopes[self.genes.n_dense :].T.astype(np.float32)
            scores += weighed_scores(self.given[rows], genes.tables, weights)
        return scores

    def dense(
        self, rows: NDArray[np.int64], genes: Genes, slopes: NDArray[np.floating] | None = None
    ) -> NDArray[np.float32]:
        """Return the same for the dense channels alone, from which z-scores are computed."""
        sets = self.sets[rows]
        if slopes is not None:
            for part, slope in zip(self.genes.dense_parts, slopes, strict=False):
                sets[:, part] *= slope[:, None].astype(np.float32)
        size_classes = self.size_classes[rows]
        if (size_classes == size_classes[:1]).all():
            return product(sets, genes.dense(int(size_classes[0]) if len(size_classes) else 0))
        scores = np.empty((len(rows), len(genes)), dtype=np.float32)
        for size_class in np.unique(size_classes):
            here = size_classes == size_class
            scores[here] = product(sets[here], genes.dense(size_class))
        return scores

    def pairs(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the score of set ``rows[i]`` for gene ``columns[i]``, shape (n_channels, n_pairs)."""
        found = np.empty((self.genes.n_channels, len(rows)), dtype=np.float32)

        def work(block: slice) -> None:
            sets, genes = rows[block], columns[block]
            self._dense_pairs(sets, genes, found[: self.genes.n_dense, block])
            self._table_pairs(sets, genes, found[self.genes.n_dense :, block])

        in_blocks(work, len(rows), PAIRS)
        return found

    def _dense_pairs(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64], found: NDArray[np.float32]
    ) -> None:
        size_classes, units = self.size_classes[rows], self.genes.units[columns]
        for size_class in np.unique(size_classes):
            here = np.flatnonzero(size_classes == size_class)
            sets, factors = self.sets[rows[here]], self.genes.standard(size_class).factors[units[here]]
            for channel, part in enumerate(self.genes.dense_parts):
                found[channel, here] = np.einsum("pi,pi->p", sets[:, part], factors[:, part])

    def _table_pairs(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64], found: NDArray[np.float32]
    ) -> None:
        given, by_gene = self.given[rows], csr_array(self.genes.tables.T)
        for table, scores in enumerate(found):
            near = by_gene[columns + table * len(self.genes.units)]
            sums = np.asarray(given.multiply(near).sum(axis=1))
            scores[:] = np.log1p(sums / sizes_of(given)) * self.weights[rows, self.genes.n_dense + table]

    def z_scores(self, rows: NDArray[np.int64], genes: Genes) -> NDArray[np.float32]:
        """Return how many standard deviations the dense channels put genes above the mean of random sets."""
        return self.against_random(self.dense(rows, genes), rows)

    def z_pairs(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the z-score of set ``rows[i]`` for gene ``columns[i]``, shape (n_pairs,)."""
        found = np.empty((self.genes.n_dense, len(rows)), dtype=np.float32)

        def work(block: slice) -> None:
            self._dense_pairs(rows[block], columns[block], found[:, block])

        in_blocks(work, len(rows), PAIRS)
        return self.against_random(found.sum(axis=0), rows)

    def against_random(self, scores: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Turn scores (first axis: ``rows``) into standard deviations above the mean over random sets."""
        offset = np.empty(len(rows), dtype=np.float32)
        size_classes = self.size_classes[rows]
        for size_class in np.unique(size_classes):
            here = size_classes == size_class
            offset[here] = self.sets[rows[here]] @ self.genes.standard(size_class).centre
        shape = (len(rows),) + (1,) * (scores.ndim - 1)
        z_scores: NDArray[np.float32] = (scores + offset.reshape(shape)) * self.spread[rows].reshape(shape)
        return z_scores
