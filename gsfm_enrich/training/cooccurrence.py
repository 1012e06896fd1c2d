"""Count how often genes share a set, and keep the strongest neighbours of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gsfm_enrich.training.corpus import Corpus

SIZE_POWER = 0.5
PSEUDOCOUNT = 1.0
"""Chosen on KEGG 2016, GO Cellular Component 2018 and GWAS Catalog 2019, see benchmarks/README.md."""


def cooccurrence(
    corpus: Corpus, sets: NDArray[np.int64], *, size_power: float = 0.0, pseudocount: float = 0.0
) -> csr_array:
    """Count how often two genes share a set, normalised by how often each shares a set with any gene.

    Parameters
    ----------
    corpus
        Corpus that holds the sets.
    sets
        Numbers of the sets to count in.
    size_power
        A set of n genes counts as (n - 1) ** -size_power sets: two genes named in a paper on two genes have
        more to do with each other than two genes in a paper on two hundred.
    pseudocount
        Added to the degree of every gene, so that one shared set of two rare genes is not proof.

    Returns
    -------
    csr_array, shape (V, V), float32
        Shared sets divided by the square root of the product of both genes' degrees, which are their sums of
        shared sets over all other genes; the diagonal is empty.
    """
    sizes = np.diff(corpus.starts)[sets]
    columns = np.concatenate([corpus[number] for number in sets])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    weights = np.maximum(sizes - 1, 1).astype(np.float32) ** -size_power
    values = np.repeat(np.sqrt(weights), sizes).astype(np.float32)
    incidence = csr_array((values, columns, starts), shape=(len(sets), len(corpus.vocab)))
    shared = csr_array(incidence.T @ incidence)
    rows = np.repeat(np.arange(shared.shape[0]), np.diff(shared.indptr))
    shared.data[rows == shared.indices] = 0
    degree = np.bincount(rows, weights=shared.data, minlength=shared.shape[0]) + pseudocount
    scale = (1 / np.sqrt(np.where(degree > 0, degree, 1))).astype(np.float32)
    shared.data *= scale[rows] * scale[shared.indices]
    shared.eliminate_zeros()
    return shared


def strongest_neighbours(similarity: csr_array, k: int) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Keep the k strongest neighbours of every gene, as `gsfm_enrich.model.channel_kinds.Table` stores them.

    Parameters
    ----------
    similarity
        Matrix of V x V; the diagonal is ignored.
    k
        Number of neighbours to keep.

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
