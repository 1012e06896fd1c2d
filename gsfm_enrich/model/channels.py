"""A model of several channels, each a closed-form view of which genes go together, weighed for each set.

A *dense* channel places every gene in a space of a few hundred dimensions, learned from one kind of gene sets
and whitened, so that no large group of genes (cell cycle, ribosome, immune) dominates: a linear autoencoder
in closed form. A *table* remembers for every gene the few genes nearest to it, such as those published
together with it. How much a channel says of a given set depends on the set: genes that are close to each
other in a channel belong together in its eyes, and it is listened to. These weights are learned, see
`gsfm_enrich.training.gate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, reduce
from operator import add
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor, nn

from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM, multi_hot, product
from gsfm_enrich.model.vocab import N_SPECIAL, Vocab

LEVELS = 255
TYPICAL_SIZE = 50.0
"""Set size at which the coefficient of the size has no effect."""

Floats = NDArray[np.float32]


class Dense(nn.Module):
    """Places of the genes in a space, 8 bit a number, with one scale a gene.

    Parameters
    ----------
    vocab_size, width
        Genes V and dimensions k.

    Attributes
    ----------
    factors : int8 tensor, shape (V, k)
    scale : float tensor, shape (V,)
        The place of gene g is ``factors[g] * scale[g]``; the mean place of all genes is 0.
    """

    factors: Tensor
    scale: Tensor

    def __init__(self, vocab_size: int, width: int) -> None:
        super().__init__()
        self.register_buffer("factors", torch.zeros(vocab_size, width, dtype=torch.int8))
        self.register_buffer("scale", torch.zeros(vocab_size))

    def store(self, places: Floats) -> None:
        """Round places, shape (V, k), to 8 bit."""
        scale = np.maximum(np.abs(places).max(axis=1), 1e-12) / (LEVELS // 2)
        self.factors = torch.from_numpy(np.rint(places / scale[:, None]).astype(np.int8))
        self.scale = torch.from_numpy(scale.astype(np.float32))

    @cached_property
    def places(self) -> Floats:
        """Place of every gene, shape (V, k)."""
        return np.asarray((self.factors.float() * self.scale[:, None]).numpy())

    @cached_property
    def covariance(self) -> Floats:
        """Of the places over the genes, shape (k, k)."""
        genes = self.places[N_SPECIAL:]
        return product(genes.T, genes) / np.float32(len(genes))

    @cached_property
    def squares(self) -> Floats:
        """Squared distance of every gene from the mean place, shape (V,)."""
        return np.asarray(np.einsum("vk,vk->v", self.places, self.places))


class Table(nn.Module):
    """The nearest genes of every gene, and how near they are, on a logarithmic scale of 8 bit.

    Parameters
    ----------
    vocab_size, neighbours
        Genes V and neighbours k kept for each.

    Attributes
    ----------
    neighbours : int16 tensor, shape (V, k)
        Units; unused places hold ``<pad>``.
    nearness : uint8 tensor, shape (V, k)
        0 for unused places, otherwise 1 to 255 for ``span[0]`` to ``span[1]``, in equal ratios.
    span : float tensor, shape (2,)
        Smallest and largest similarity.
    """

    neighbours: Tensor
    nearness: Tensor
    span: Tensor

    def __init__(self, vocab_size: int, neighbours: int) -> None:
        super().__init__()
        self.register_buffer("neighbours", torch.ones(vocab_size, neighbours, dtype=torch.int16))
        self.register_buffer("nearness", torch.zeros(vocab_size, neighbours, dtype=torch.uint8))
        self.register_buffer("span", torch.ones(2))

    def store(self, neighbours: NDArray[np.int16], similarity: Floats) -> None:
        """Take over neighbours and similarities as `strongest_neighbours` returns them."""
        used = similarity > 0
        low, high = (similarity[used].min(), similarity[used].max()) if used.any() else (1.0, 1.0)
        steps = np.log(np.where(used, similarity, low) / low) / max(np.log(high / low), 1e-6)
        nearness = np.where(used, 1 + np.rint(steps * (LEVELS - 1)), 0)
        self.neighbours = torch.from_numpy(neighbours)
        self.nearness = torch.from_numpy(nearness.astype(np.uint8))
        self.span = torch.tensor([low, high], dtype=torch.float32)

    @cached_property
    def matrix(self) -> csr_array:
        """Similarities, V x V, float32; row i holds the neighbours of unit i."""
        low, high = self.span.numpy()
        ratios = np.exp(np.log(high / low) * np.arange(LEVELS, dtype=np.float32) / (LEVELS - 1))
        values = np.concatenate([np.zeros(1, dtype=np.float32), low * ratios]).astype(np.float32)
        v, k = self.neighbours.shape
        columns = self.neighbours.numpy().astype(np.int32).ravel()
        data = values[self.nearness.numpy().ravel()]
        table = csr_array((data, columns, np.arange(0, v * k + 1, k)), shape=(v, v))
        table.eliminate_zeros()
        table.sort_indices()
        return table


class ChannelGSFM(GSFM):
    """A gene set foundation model of dense channels and tables, weighed for each set.

    The score of a gene for a set is the sum over the channels of the channel's weight for that set times
    its score. A dense channel scores by the product of the gene's place with the mean place of the set,
    in standard deviations over the genes; a table by the logarithm of 1 + the mean similarity.

    Parameters
    ----------
    config
        ``config.dense`` and ``config.tables`` name the channels and say how large they are.
    vocab
        The genes its units stand for.

    Attributes
    ----------
    gate : float tensor, shape (n_channels, 3)
        Constant, coefficient of the coherence and of the set size: see `weights`.
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

    def set_places(self, sets: csr_array) -> tuple[list[Floats], Floats]:
        """Return the mean place of each set in each dense channel, in standard deviations of its scores.

        Parameters
        ----------
        sets : shape (n_sets, V)
            1 for the given genes.

        Returns
        -------
        places : list of arrays, shape (n_sets, k)
            Their product with the place of a gene is the channel's score of that gene.
        spread : float32 array, shape (n_sets, n_dense)
            The standard deviations, over the genes.
        """
        n = np.maximum(np.diff(sets.indptr), 1).astype(np.float32)[:, None]
        places: list[Floats] = []
        spread = np.ones((sets.shape[0], len(self.dense_channels)), dtype=np.float32)
        for i, channel in enumerate(self.dense_channels):
            mean = np.asarray(sets @ channel.places, dtype=np.float32) / n
            variance = np.einsum("tk,tk->t", product(mean, channel.covariance), mean)
            spread[:, i] = np.sqrt(np.maximum(variance, 1e-20))
            places.append(mean / spread[:, i, None])
        return places, spread

    def table_sums(self, sets: csr_array) -> list[csr_array]:
        """Return the similarities to the given genes, added up, in each table: sparse, shape (n_sets, V)."""
        return [sets @ channel.matrix for channel in self.table_channels]

    def coherence(
        self, sets: csr_array, places: list[Floats], sums: list[csr_array], tables: list[csr_array]
    ) -> Floats:
        """Return how well the genes of each set find each other in each channel, shape (n_sets, n_channels).

        The mean score of a given gene when the others are given, less the mean over all genes.

        Parameters
        ----------
        sets, places, sums, tables
            The sets, and what `set_places`, `table_sums` and `table_scores` return for them.
        """
        n = np.maximum(np.diff(sets.indptr), 1).astype(np.float32)
        found = []
        for channel, place in zip(self.dense_channels, places, strict=True):
            mean = np.asarray(sets @ channel.places) / n[:, None]
            together = np.einsum(
                "tk,tk->t", place, mean
            )  # mean score of a given gene, itself among the given
            length = np.einsum("tk,tk->t", mean, mean)
            own = np.asarray(sets @ channel.squares) / n**2
            found.append(together * (1 - own / np.maximum(length, 1e-20)))
        for shared, scores in zip(sums, tables, strict=True):
            pairs = csr_array(shared.multiply(sets))  # no gene is its own neighbour
            pairs.data = np.log1p(pairs.data / np.repeat(np.maximum(n - 1, 1), np.diff(pairs.indptr)))
            found.append(np.asarray(pairs.sum(axis=1)) / n - np.asarray(scores.sum(axis=1)) / scores.shape[1])
        return np.stack(found, axis=1).astype(np.float32)

    def weights(self, sets: csr_array, coherence: Floats) -> Floats:
        """Return the weight of each channel for each set, shape (n_sets, n_channels).

        ``softplus(a + b log(1 + coherence) + c log(n / 50))`` for a set of n genes; a negative coherence
        counts as 0.
        """
        constant, slope, size = self.gate.numpy().T
        n = np.log(np.maximum(np.diff(sets.indptr), 1) / TYPICAL_SIZE)[:, None]
        raw = constant + slope * np.log1p(np.maximum(coherence, 0)) + size * n
        return np.asarray(np.logaddexp(0, raw), dtype=np.float32)

    def channels(self, sets: csr_array) -> tuple[Floats, csr_array, Floats]:
        """Weigh the channels for sets.

        Parameters
        ----------
        sets : shape (n_sets, V)
            1 for the given genes.

        Returns
        -------
        representation : float32 array, shape (n_sets, width)
            Its product with `output` is what the dense channels say of every gene.
        tables : csr_array, shape (n_sets, V)
            What the tables add.
        random : float32 array, shape (n_sets,)
            Standard deviation of the product over random sets of as many genes, weighed alike.
        """
        places, spread = self.set_places(sets)
        sums = self.table_sums(sets)
        tables = table_scores(sets, sums)
        weights = self.weights(sets, self.coherence(sets, places, sums, tables))
        split = len(places)
        representation = np.hstack(
            [place * weights[:, i, None] for i, place in enumerate(places)]
            or [np.zeros((sets.shape[0], 0), dtype=np.float32)]
        )
        for table, weight in zip(tables, weights[:, split:].T, strict=True):
            table.data *= np.repeat(weight, np.diff(table.indptr))
        nothing = multi_hot([np.zeros(0, dtype=np.int64)] * sets.shape[0], sets.shape[1])
        # Smallest first: the other way round takes four times as long.
        added = reduce(add, sorted(tables, key=lambda table: table.nnz) or [nothing])
        # Places are scaled so that one random gene scores with a standard deviation of about 1 (training).
        n = np.maximum(np.diff(sets.indptr), 1)
        random = np.sqrt(np.square(weights[:, :split] / spread).sum(axis=1) / n)
        return representation, added, np.maximum(random, 1e-12).astype(np.float32)

    def represent(self, sets: Sequence[NDArray[np.int64]]) -> Floats:
        """Represent sets of units by their weighed places in the dense channels, shape (n_sets, width)."""
        return self.channels(multi_hot(sets, len(self.vocab)))[0]

    @cached_property
    def output(self) -> tuple[Floats, Floats]:
        """Places of the genes in all dense channels (V, width), and zeros (V,)."""
        places = np.hstack([channel.places for channel in self.dense_channels])
        return places, np.zeros(len(places), dtype=np.float32)

    def forward(self, units: Tensor, offsets: Tensor) -> Tensor:
        """Return scores, shape (n_sets, V); the arguments are those of `GSFM.encode`."""
        starts = np.append(offsets.numpy(), len(units))
        ones = np.ones(len(units), dtype=np.float32)
        sets = csr_array((ones, units.numpy(), starts), shape=(len(offsets), len(self.vocab)))
        representation, tables, _ = self.channels(sets)
        return torch.from_numpy(product(representation, self.output[0].T) + tables.toarray())


def table_scores(sets: csr_array, sums: list[csr_array]) -> list[csr_array]:
    """Return the scores of tables from what `ChannelGSFM.table_sums` gives, shape (n_sets, V) each."""
    n = np.maximum(np.diff(sets.indptr), 1).astype(np.float32)
    found = []
    for shared in sums:
        data = shared.data / np.repeat(n, np.diff(shared.indptr))
        found.append(csr_array((np.log1p(data, out=data), shared.indices, shared.indptr), shape=shared.shape))
    return found
