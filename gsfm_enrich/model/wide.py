"""The wide part: a sparse gene by gene table of co-occurrence beside the autoencoder.

An autoencoder squeezes every set through a few hundred numbers and forgets which two genes were published
together; a table of counts remembers just that. Their mistakes differ, so their sum is better than either.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor, nn

from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM, ScaledGSFM
from gsfm_enrich.model.vocab import Vocab

GAIN, SCALE, LARGE = 2.0, 50_000.0, 200
"""Chosen on KEGG 2016, GWAS Catalog 2019 and ENCODE, see benchmarks/README.md."""


class Wide(nn.Module):
    """The strongest neighbours of every gene.

    A gene gets ``GAIN * log(1 + SCALE * mean of its similarities to the given genes) / (1 + n / LARGE)`` for
    n given genes: publications name a few genes, and say little about sets of many hundreds.

    Parameters
    ----------
    vocab_size
        Number of units V.
    neighbours
        Neighbours k kept for each gene.

    Attributes
    ----------
    neighbours : int16 tensor, shape (V, k)
        Units; those of a gene with fewer neighbours are filled with ``<pad>``, of similarity 0.
    similarity : float tensor, shape (V, k)
        How often they share a set: see `gsfm_enrich.training.widen.cooccurrence`.
    """

    neighbours: Tensor
    similarity: Tensor

    def __init__(self, vocab_size: int, neighbours: int) -> None:
        super().__init__()
        self.register_buffer("neighbours", torch.ones(vocab_size, neighbours, dtype=torch.int16))
        self.register_buffer("similarity", torch.zeros(vocab_size, neighbours))

    def forward(self, units: Tensor, offsets: Tensor) -> Tensor:
        """Return what each gene gets from each set, shape (n_sets, V); 0 for an empty set."""
        ends = torch.cat([offsets[1:], offsets.new_tensor([len(units)])])
        sizes = ends - offsets
        sets = torch.arange(len(offsets), device=units.device).repeat_interleave(sizes)
        summed = self.similarity.new_zeros(len(offsets), len(self.neighbours))
        places = sets[:, None] * len(self.neighbours) + self.neighbours[units]
        # index_put_ would add up in another order each time that several threads share the work
        summed.view(-1).scatter_add_(0, places.ravel(), self.similarity[units].ravel())
        n = sizes.clamp(min=1)[:, None]
        return GAIN * torch.log1p(SCALE * summed / n) / (1 + n / LARGE)

    @cached_property
    def matrix(self) -> csr_array:
        """Similarities as a sparse matrix, V x V, float32: row i holds the neighbours of unit i."""
        v, k = self.neighbours.shape
        columns = self.neighbours.numpy().astype(np.int32).ravel()
        values = self.similarity.numpy().ravel().copy()  # sorted below, and the network reads its own
        table = csr_array((values, columns, np.arange(0, v * k + 1, k)), shape=(v, v))
        table.eliminate_zeros()
        table.sort_indices()
        return table


class WideGSFM(ScaledGSFM):
    """A scaled GSFM with a wide part; the logits of the two are added.

    Parameters
    ----------
    config
        ``config.neighbours`` is the number of neighbours of the wide part.
    vocab
        The genes its units stand for.
    """

    def __init__(self, config: GSFMConfig, vocab: Vocab) -> None:
        super().__init__(config, vocab)
        self.wide = Wide(config.vocab_size, config.neighbours)

    def forward(self, units: Tensor, offsets: Tensor) -> Tensor:
        """Return logits, shape (n_sets, V); the arguments are those of `encode`."""
        logits: Tensor = super().forward(units, offsets) + self.wide(units, offsets)
        return logits


def wide_similarity(model: GSFM) -> csr_array | None:
    """Return the similarities of a model's wide part, None when it has none."""
    return model.wide.matrix if isinstance(model, WideGSFM) else None


def wide_evidence(similarity: csr_array, sets: csr_array) -> csr_array:
    """Return what each gene gets from each set, see `Wide`, as a sparse matrix.

    Parameters
    ----------
    similarity : shape (V, n_genes)
        Columns of `Wide.matrix`.
    sets : shape (n_sets, V)
        1 for the given genes.

    Returns
    -------
    csr_array, shape (n_sets, n_genes), float32
    """
    found = csr_array(sets @ similarity, dtype=np.float32)
    n = np.repeat(np.maximum(np.diff(sets.indptr), 1), np.diff(found.indptr)).astype(np.float32)
    found.data *= np.float32(SCALE) / n
    np.log1p(found.data, out=found.data)
    found.data *= np.float32(GAIN) / (1 + n / np.float32(LARGE))
    return found


def strongest_neighbours(similarity: csr_array, k: int) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Keep the k strongest neighbours of every gene, as `Wide` stores them.

    Parameters
    ----------
    similarity
        V x V; the diagonal does not count.
    k
        Neighbours to keep.

    Returns
    -------
    neighbours, similarity : shape (V, k), strongest first
    """
    v = similarity.shape[0]
    neighbours = np.ones((v, k), dtype=np.int16)  # <pad>
    strength = np.zeros((v, k), dtype=np.float32)
    for row in range(v):
        here = slice(similarity.indptr[row], similarity.indptr[row + 1])
        columns, values = similarity.indices[here], similarity.data[here]
        others = columns != row
        columns, values = columns[others], values[others]
        best = np.lexsort((columns, -values))[:k]
        neighbours[row, : len(best)], strength[row, : len(best)] = columns[best], values[best]
    return neighbours, strength
