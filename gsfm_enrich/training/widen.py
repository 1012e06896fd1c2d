"""Give a trained autoencoder its wide part: count which genes share a set."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gsfm_enrich.model.gsfm import GSFM, build
from gsfm_enrich.model.wide import WideGSFM, strongest_neighbours
from gsfm_enrich.training.corpus import LITERATURE, Corpus, source_sets

SIZE_POWER = 0.5
PSEUDOCOUNT = 1.0
"""Chosen on KEGG 2016, GO Cellular Component 2018 and GWAS Catalog 2019, see benchmarks/README.md."""


def cooccurrence(
    corpus: Corpus, sets: NDArray[np.int64], *, size_power: float = 0.0, pseudocount: float = 0.0
) -> csr_array:
    """Count how often two genes share a set, normalised by how often either shares one with any gene.

    Parameters
    ----------
    corpus
        Where the sets are.
    sets
        Numbers of the sets to count in.
    size_power
        A set of n genes counts as (n - 1) ** -size_power sets: two genes named by a paper on two genes have
        more to do with each other than two of a paper on two hundred.
    pseudocount
        Added to the degree of every gene, so that one shared set of two rare genes is no proof.

    Returns
    -------
    csr_array, shape (V, V), float32
        Shared sets over the square root of the product of both genes' degrees, which are the sums of their
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


def widen(model: GSFM, corpus: Corpus, *, source: str = LITERATURE, neighbours: int = 36) -> WideGSFM:
    """Add a wide part to a trained model.

    Parameters
    ----------
    model
        A model of the ``"gsfm-scaled"`` architecture.
    corpus
        What it was trained on.
    source
        The source to count in.
    neighbours
        Neighbours to keep for each gene.

    Returns
    -------
    WideGSFM
        In evaluation mode.

    Raises
    ------
    InputError
        If the corpus has no such source.
    """
    config = replace(model.config, architecture="gsfm-wide", neighbours=neighbours)
    wide = build(config, model.vocab)
    if not isinstance(wide, WideGSFM):
        raise TypeError("the architecture 'gsfm-wide' is a WideGSFM")
    wide.load_state_dict({**wide.state_dict(), **model.state_dict()})
    sets = source_sets(corpus, source)
    counts = cooccurrence(corpus, sets, size_power=SIZE_POWER, pseudocount=PSEUDOCOUNT)
    units, similarity = strongest_neighbours(counts, neighbours)
    wide.wide.neighbours.copy_(torch.from_numpy(units))
    wide.wide.similarity.copy_(torch.from_numpy(similarity))
    return wide.eval().requires_grad_(False)
