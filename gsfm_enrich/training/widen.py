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


def cooccurrence(corpus: Corpus, sets: NDArray[np.int64]) -> csr_array:
    """Count how often two genes share a set, normalised by how often either is in one.

    Parameters
    ----------
    corpus
        Where the sets are.
    sets
        Numbers of the sets to count in.

    Returns
    -------
    csr_array, shape (V, V), float32
        Sets that hold both genes over the square root of the product of the numbers of sets that hold either.
    """
    sizes = np.diff(corpus.starts)[sets]
    columns = np.concatenate([corpus[number] for number in sets])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    shape = (len(sets), len(corpus.vocab))
    incidence = csr_array((np.ones(len(columns), dtype=np.float32), columns, starts), shape=shape)
    scale = 1 / np.sqrt(np.maximum(incidence.sum(axis=0), 1))
    incidence.data *= scale[columns].astype(np.float32)
    return csr_array(incidence.T @ incidence)


def widen(model: GSFM, corpus: Corpus, *, source: str = LITERATURE, neighbours: int = 32) -> WideGSFM:
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
    units, similarity = strongest_neighbours(cooccurrence(corpus, source_sets(corpus, source)), neighbours)
    wide.wide.neighbours.copy_(torch.from_numpy(units))
    wide.wide.similarity.copy_(torch.from_numpy(similarity))
    return wide.eval().requires_grad_(False)
