"""Random lists to compare a list with: as many genes, each named by about as many publications."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.prediction.understudied import publications_of

MATCHED = 50
"""Number of genes of similar popularity that may stand in for a gene."""


def matched_genes(model: GSFM, units: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return genes outside a list that are named by about as many publications as each of its genes.

    Parameters
    ----------
    model
        The model whose genes are drawn.
    units
        Units of the list.

    Returns
    -------
    int64 array, shape (n_genes, MATCHED)
        Units; fewer columns if the model has too few genes.
    """
    publications = np.nan_to_num(publications_of(model.vocab.genes))
    ties = np.random.default_rng(0).permutation(len(publications))  # not the order of the vocabulary
    order = np.lexsort([ties, publications])
    order = order[~np.isin(order, units - N_SPECIAL)]
    width = min(MATCHED, len(order))
    place = np.searchsorted(publications[order], publications[units - N_SPECIAL])
    start = np.clip(place - width // 2, 0, len(order) - width)
    return np.asarray(order[start[:, None] + np.arange(width)] + N_SPECIAL, np.int64)


def random_lists(matched: NDArray[np.int64], n: int, seed: int) -> list[NDArray[np.int64]]:
    """Draw lists in which each gene is replaced by one that is matched to it.

    Parameters
    ----------
    matched
        Genes to draw from, see `matched_genes`.
    n
        Number of lists.
    seed
        Random seed.

    Returns
    -------
    list of int64 arrays
        Units in random order; a gene that was drawn twice is in the list once.
    """
    rng = np.random.default_rng(seed)
    drawn = matched[np.arange(len(matched)), rng.integers(matched.shape[1], size=(n, len(matched)))]
    return [rng.permutation(np.unique(genes)) for genes in drawn]
