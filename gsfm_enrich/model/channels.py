"""A model of several channels, each a closed-form view of which genes go together, weighted for each set.

A *dense* channel places every gene in a space of a few hundred dimensions, learned from one kind of gene sets
and whitened, so that no large group of genes (cell cycle, ribosome, immune) dominates: a linear autoencoder
in closed form. A *table* remembers for every gene the few genes nearest to it, such as those published
together with it. How much a channel counts depends on the set: if the genes of a set are close to each other
in a channel, the channel gets a high weight. These weights are learned, see `gsfm_enrich.training.gate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, hstack
from torch import Tensor, nn

from gsfm_enrich.arrays import Floats32
from gsfm_enrich.kept import kept_property
from gsfm_enrich.model.blocks import in_blocks, product
from gsfm_enrich.model.channel_kinds import Dense, Table
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM, multi_hot
from gsfm_enrich.model.vocab import Vocab

TYPICAL_SIZE = 50.0
"""Set size at which the coefficient of the size has no effect."""
AT_ONCE = 64
"""Sets whose scores of all genes are computed at once: fewer than a block, so that threads share a batch."""


@dataclass(frozen=True, eq=False)
class Weighing:
    """The weight of each channel for each set: small, but the slow part of completing sets.

    Attributes
    ----------
    weights : float32 array, shape (n_sets, n_channels)
        Weights of the channels, dense ones first.
    spread : float32 array, shape (n_sets, n_dense)
        Standard deviation over the genes of each dense channel's scores.
    random : float32 array, shape (n_sets,)
        Standard deviation of the dense channels' sum over random sets of the same size, weighted the same.
    own : float32 array, shape (n_sets, n_channels)
        Mean score of the genes of the set itself.
    """

    weights: Floats32
    spread: Floats32
    random: Floats32
    own: Floats32


class ChannelGSFM(GSFM):
    """A gene set foundation model of dense channels and tables, weighted for each set.

    The score of a gene for a set is the sum over the channels of the channel's weight for that set times
    its score. A dense channel scores by the product of the gene's place with the mean place of the set,
    in standard deviations over the genes; a table by the logarithm of 1 + the mean similarity.

    Parameters
    ----------
    config
        ``config.dense`` and ``config.tables`` give the names and sizes of the channels.
    vocab
        The genes that its units stand for.

    Attributes
    ----------
    gate : float tensor, shape (n_channels, 3)
        Constant, and coefficients of the coherence and of the set size: see `gate_weights`.
    """

    gate: Tensor

    def __init__(self, config: GSFMConfig, vocab: Vocab) -> None:
        super().__init__(config, vocab)
        v = config.vocab_size
        self.dense = nn.ModuleDict({name: Dense(v, width) for name, width in config.dense.items()})
        self.tables = nn.ModuleDict({name: Table(v, k) for name, k in config.tables.items()})
        self.register_buffer("gate", torch.zeros(len(config.dense) + len(config.tables), 3))

    def _make_layers(self) -> None:
        """Make no layers: a model of channels has none."""

    def lay_out(self) -> None:
        """Leave the channels as they are."""

    @property
    def dense_channels(self) -> list[Dense]:
        """The dense channels, in the order of ``config.dense``."""
        return [cast(Dense, channel) for channel in self.dense.values()]

    @property
    def table_channels(self) -> list[Table]:
        """The tables, in the order of ``config.tables``."""
        return [cast(Table, channel) for channel in self.tables.values()]

    @kept_property
    def output(self) -> tuple[Floats32, Floats32]:
        """Places of the genes in all dense channels (V, width), and zeros (V,)."""
        none = [np.zeros((len(self.vocab), 0), dtype=np.float32)]
        places = np.hstack([channel.places for channel in self.dense_channels] or none)
        return places, np.zeros(len(places), dtype=np.float32)

    @kept_property
    def tables_side_by_side(self) -> csr_array:
        """Similarities in all tables, shape (V, n_tables * V): table t has the columns from t * V on."""
        if not self.table_channels:
            return csr_array(np.zeros((len(self.vocab), 0), dtype=np.float32))
        return csr_array(hstack([table.matrix for table in self.table_channels], format="csr"))

    @kept_property
    def tables_by_gene(self) -> csc_array:
        """The same similarities, fast to read by columns."""
        return csc_array(self.tables_side_by_side)

    def mean_places(self, sets: csr_array) -> Floats32:
        """Return the mean place of each set's given genes, shape (n_sets, width)."""
        return np.asarray(sets @ self.output[0], dtype=np.float32) / sizes_of(sets)[:, None]

    def dense_scores(self, sets: csr_array) -> tuple[Floats32, Floats32]:
        """Score sets by the dense channels: the product of a gene's place and the set's mean place.

        Parameters
        ----------
        sets : shape (n_sets, V)
            1 for the given genes.

        Returns
        -------
        spread : float32 array, shape (n_sets, n_dense)
            Standard deviation of the product over the genes.
        own : float32 array, shape (n_sets, n_dense)
            Mean score of the given genes, in units of `spread`.
        """
        places = self.mean_places(sets)
        spread, own = np.ones((2, sets.shape[0], len(self.dense_channels)), dtype=np.float32)
        for i, (channel, part) in enumerate(zip(self.dense_channels, self.dense_parts, strict=True)):
            mean = places[:, part]
            variance = np.einsum("tk,tk->t", product(mean, channel.covariance), mean)
            spread[:, i] = np.sqrt(np.maximum(variance, 1e-20))
            own[:, i] = np.einsum("tk,tk->t", mean, mean) / spread[:, i]
        return spread, own

    @property
    def dense_parts(self) -> list[slice]:
        """Slice of each dense channel within the width of a representation."""
        ends = np.cumsum([0, *self.config.dense.values()]).tolist()
        return [slice(*part) for part in pairwise(ends)]

    def coherence_in_dense(self, sets: csr_array, spread: Floats32, own: Floats32) -> Floats32:
        """Return how well the genes of each set find each other in dense channels, shape (n_sets, n_dense).

        This is the mean score of a given gene when the others are given; the mean over all genes is 0.
        """
        n = sizes_of(sets)[:, None]
        squares = np.reshape([channel.squares for channel in self.dense_channels], (-1, len(self.vocab))).T
        return np.asarray(own - (sets @ squares) / n**2 / spread, dtype=np.float32)

    def table_sums(self, sets: csr_array) -> csr_array:
        """Return the sums of similarities to the given genes, shape (n_sets, n_tables * V)."""
        return csr_array(sets @ self.tables_side_by_side)

    def coherence_in_tables(self, sets: csr_array, sums: csr_array) -> tuple[Floats32, Floats32]:
        """Return how well the genes of each set find each other in the tables, shape (n_sets, n_tables).

        Parameters
        ----------
        sets : shape (n_sets, V)
            1 for the given genes.
        sums : shape (n_sets, n_tables * V)
            Sums of similarities to the given genes, see `table_sums`.

        Returns
        -------
        coherence
            Mean score of a given gene when the others are given, minus the mean over all genes.
        own
            Mean score of the given genes. No gene is its own neighbour, so only the set size differs.
        """
        n, v = sizes_of(sets), len(self.vocab)
        n_tables = len(self.table_channels)
        if n_tables == 0:
            return (np.zeros((sets.shape[0], 0), dtype=np.float32),) * 2
        members = csr_array(hstack([sets] * n_tables))
        pairs = csr_array(sums.multiply(members))
        own = by_table(scores_of_sums(pairs, n), v, n_tables) / n[:, None]
        others = by_table(scores_of_sums(pairs, np.maximum(n - 1, 1)), v, n_tables) / n[:, None]
        return others - by_table(scores_of_sums(sums, n), v, n_tables) / np.float32(v), own

    def gate_weights(self, sets: csr_array, coherence: Floats32) -> Floats32:
        """Return the weight of each channel for each set, shape (n_sets, n_channels).

        ``softplus(a + b log(1 + coherence) + c log(n / 50))`` for a set of n genes; a negative coherence
        counts as 0.
        """
        constant, slope, size = self.gate.numpy().T
        n = np.log(sizes_of(sets) / TYPICAL_SIZE)[:, None]
        raw = constant + slope * np.log1p(np.maximum(coherence, 0)) + size * n
        return np.asarray(np.logaddexp(0, raw), dtype=np.float32)

    def weigh(self, sets: csr_array) -> Weighing:
        """Weigh the channels for sets.

        Parameters
        ----------
        sets : shape (n_sets, V)
            1 for the given genes.
        """

        def work(block: slice) -> Weighing:
            some = sets[block]
            return self.weigh_with_sums(some, self.table_sums(some))

        parts = in_blocks(work, sets.shape[0], what="weighing channels") or [work(slice(0, 0))]
        columns = zip(*((p.weights, p.spread, p.random, p.own) for p in parts), strict=True)
        return Weighing(*(np.concatenate(column) for column in columns))

    def weigh_with_sums(self, sets: csr_array, sums: csr_array) -> Weighing:
        """Do the same as `weigh` for a block of sets whose `table_sums` are known."""
        spread, own = self.dense_scores(sets)
        of_tables, own_in_tables = self.coherence_in_tables(sets, sums)
        coherence = np.hstack([self.coherence_in_dense(sets, spread, own), of_tables])
        own = np.hstack([own, own_in_tables])
        weights = self.gate_weights(sets, coherence)
        # Places are scaled so that one random gene scores with a standard deviation of about 1 (training).
        variance = np.square(weights[:, : spread.shape[1]] / spread).sum(axis=1) / sizes_of(sets)
        random = np.maximum(np.sqrt(variance), 1e-12)
        return Weighing(weights, spread, random.astype(np.float32), own * weights)

    def weighed_places(self, sets: csr_array, spread: Floats32, weights: Floats32) -> Floats32:
        """Place sets in the dense channels, each divided by its spread and multiplied by its weight.

        The product with `output` is the dense channels' score of every gene.

        Parameters
        ----------
        sets : shape (n_sets, V)
            1 for the given genes.
        spread, weights
            As `Weighing` has them.

        Returns
        -------
        float32 array, shape (n_sets, width)
        """
        places = self.mean_places(sets)
        for part, sd, weight in zip(self.dense_parts, spread.T, weights.T, strict=False):
            places[:, part] = places[:, part] / sd[:, None] * weight[:, None]
        return places

    def represent(self, sets: Sequence[NDArray[np.int64]]) -> Floats32:
        """Represent sets of units by their weighted places in the dense channels, shape (n_sets, width)."""
        given = multi_hot(sets, len(self.vocab))
        weighing = self.weigh(given)
        return self.weighed_places(given, weighing.spread, weighing.weights)

    def forward(self, units: Tensor, offsets: Tensor) -> Tensor:
        """Return scores, shape (n_sets, V); the arguments are those of `GSFM.encode`."""
        sets = multi_hot(np.split(units.numpy(), offsets.numpy()[1:])[: len(offsets)], len(self.vocab))
        genes = self.output[0].T
        scores = np.empty((len(offsets), len(self.vocab)), dtype=np.float32)

        def work(block: slice) -> None:
            some = sets[block]
            sums = self.table_sums(some)
            weighed = self.weigh_with_sums(some, sums)
            np.matmul(self.weighed_places(some, weighed.spread, weighed.weights), genes, out=scores[block])
            if len(self.table_channels):
                scores[block] += weighed_sums(sums, sizes_of(some), weighed.weights[:, len(self.dense) :])

        in_blocks(work, len(offsets), AT_ONCE)
        return torch.from_numpy(scores)


def sizes_of(sets: csr_array) -> Floats32:
    """Return the number of genes of each set, at least 1, shape (n_sets,)."""
    return np.maximum(np.diff(sets.indptr), 1).astype(np.float32)


def side_by_side(model: ChannelGSFM, units: NDArray[np.int64]) -> csc_array:
    """Return the similarities to some units in every table, shape (V, n_tables * n_units), table by table."""
    starts = range(0, len(model.vocab) * len(model.table_channels), len(model.vocab))
    columns = [start + units for start in starts]
    return csc_array(model.tables_by_gene[:, np.concatenate(columns) if columns else units[:0]])


def scores_of_sums(sums: csr_array, n: Floats32) -> csr_array:
    """Return the scores of tables, log(1 + sum / n), from sums of similarities to sets of n genes."""
    data = sums.data / np.repeat(n, np.diff(sums.indptr))
    torch.from_numpy(data).log1p_()  # vectorised, unlike numpy's
    return csr_array((data, sums.indices, sums.indptr), shape=sums.shape)


def by_table(scores: csr_array, n_units: int, n_tables: int) -> Floats32:
    """Add up the scores of each set in each table, shape (n_sets, n_tables)."""
    tables = np.repeat(np.eye(n_tables, dtype=np.float32), n_units, axis=0)
    return np.asarray(scores @ tables, dtype=np.float32)


def weighed_scores(sets: csr_array, tables: csr_array, weights: Floats32) -> Floats32:
    """Return the tables' scores of genes: the sum over tables, each times its weight for the set.

    Parameters
    ----------
    sets : shape (n_sets, V)
        1 for the given genes.
    tables : shape (V, n_tables * n_genes)
        Similarities, table by table: see `side_by_side`.
    weights : shape (n_sets, n_tables)

    Returns
    -------
    float32 array, shape (n_sets, n_genes)
    """
    return weighed_sums(csr_array(sets @ tables), sizes_of(sets), weights)


def weighed_sums(sums: csr_array, n: Floats32, weights: Floats32) -> Floats32:
    """Return the same as `weighed_scores` from the products of sets, of n genes each, and tables."""
    n_genes = sums.shape[1] // weights.shape[1]
    scores = scores_of_sums(sums, n)
    table, gene = np.divmod(scores.indices, np.int32(n_genes))
    rows = np.repeat(np.arange(len(weights)), np.diff(scores.indptr))
    data = scores.data * weights[rows, table]
    # A gene that several tables hold is there several times; these entries are added when made dense.
    return np.asarray(csr_array((data, gene, scores.indptr), shape=(len(weights), n_genes)).toarray())
