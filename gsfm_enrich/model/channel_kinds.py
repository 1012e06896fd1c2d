"""The two kinds of channels: dense ones, which place every gene in a space, and tables of nearest genes."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor, nn

from gsfm_enrich.arrays import Floats32
from gsfm_enrich.kept import kept_property
from gsfm_enrich.model.blocks import product
from gsfm_enrich.model.vocab import N_SPECIAL

LEVELS = 255
"""Number of steps of a number that is stored in 8 bits."""


class Dense(nn.Module):
    """Places of the genes in a space, 8 bits per number, with one scale per gene.

    Parameters
    ----------
    vocab_size, width
        Number of genes V and of dimensions k.

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

    def store(self, places: Floats32) -> None:
        """Round places, shape (V, k), to 8 bits."""
        scale = np.maximum(np.abs(places).max(axis=1), 1e-12) / (LEVELS // 2)
        self.factors = torch.from_numpy(np.rint(places / scale[:, None]).astype(np.int8))
        self.scale = torch.from_numpy(scale.astype(np.float32))

    @kept_property
    def places(self) -> Floats32:
        """Place of every gene, shape (V, k)."""
        return np.asarray((self.factors.float() * self.scale[:, None]).numpy())

    @kept_property
    def covariance(self) -> Floats32:
        """Covariance of the places over the genes, shape (k, k)."""
        genes = self.places[N_SPECIAL:]
        return product(genes.T, genes) / np.float32(len(genes))

    @kept_property
    def squares(self) -> Floats32:
        """Squared distance of every gene from the mean place, shape (V,)."""
        return np.asarray(np.einsum("vk,vk->v", self.places, self.places))


class Table(nn.Module):
    """The nearest genes of every gene, and how near they are, on a logarithmic scale of 8 bits.

    Parameters
    ----------
    vocab_size, neighbours
        Number of genes V, and of neighbours k kept for each.

    Attributes
    ----------
    neighbours : int16 tensor, shape (V, k)
        Units; unused entries hold ``<pad>``.
    nearness : uint8 tensor, shape (V, k)
        0 for unused entries, otherwise 1 to 255 for ``span[0]`` to ``span[1]``, in equal ratios.
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

    def store(self, neighbours: NDArray[np.int16], similarity: Floats32) -> None:
        """Store neighbours and similarities as `strongest_neighbours` returns them."""
        used = similarity > 0
        low, high = (similarity[used].min(), similarity[used].max()) if used.any() else (1.0, 1.0)
        steps = np.log(np.where(used, similarity, low) / low) / max(np.log(high / low), 1e-6)
        nearness = np.where(used, 1 + np.rint(steps * (LEVELS - 1)), 0)
        self.neighbours = torch.from_numpy(neighbours)
        self.nearness = torch.from_numpy(nearness.astype(np.uint8))
        self.span = torch.tensor([low, high], dtype=torch.float32)

    @kept_property
    def matrix(self) -> csr_array:
        """Similarities, V x V, float32; row i holds the neighbours of unit i."""
        values = self.similarity
        used, v = values > 0, len(values)
        starts = np.concatenate([np.zeros(1, np.int32), np.cumsum(used.sum(axis=1), dtype=np.int32)])
        return csr_array((values[used], self.neighbours.numpy()[used].astype(np.int32), starts), shape=(v, v))

    @property
    def similarity(self) -> Floats32:
        """Similarity to each neighbour, shape (V, k); 0 for unused entries."""
        low, high = self.span.numpy()
        ratios = np.exp(np.log(high / low) * np.arange(LEVELS, dtype=np.float32) / (LEVELS - 1))
        values = np.concatenate([np.zeros(1, dtype=np.float32), low * ratios]).astype(np.float32)
        return np.asarray(values[self.nearness.numpy()])
