"""Scores of the same sets in several processes: the channel weights of the sets are kept on disk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.model.channels import ChannelGSFM, Weighing
from gsfm_enrich.model.gsfm import multi_hot
from gsfm_enrich.model.scores import GeneFactors, Scores
from gsfm_enrich.ranking.cache import Arrays, recall_or_make


def kept_scores(key: str, genes: GeneFactors, sets: list[NDArray[np.int64]]) -> Scores:
    """Score sets of units, with the weights of the channels from disk if they were kept.

    Computing the weights takes seconds for a library, and they take some hundred kilobytes; the rest is one
    sparse product. An autoencoder has no channel weights.

    Parameters
    ----------
    key
        Key of the model and the sets, from `gsfm_enrich.ranking.cache.key_of`.
    genes
        The gene side of the scores.
    sets
        Units of each set.
    """
    model = genes.model
    if not isinstance(model, ChannelGSFM):
        return genes.score(sets)
    given = multi_hot(sets, len(model.vocab))
    shapes = {
        "weights": (len(sets), genes.n_channels),
        "spread": (len(sets), genes.n_dense),
        "random": (len(sets),),
        "own": (len(sets), genes.n_channels),
    }
    found = recall_or_make(
        key, partial(check_numbers, shapes=shapes, dtype=np.float32), lambda: dict(vars(model.weigh(given)))
    )
    weighing = Weighing(**{name: np.asarray(array, np.float32) for name, array in found.items()})
    return genes.of_channels(model, given, weighing)


def check_numbers(arrays: Arrays, shapes: Mapping[str, tuple[int, ...]], dtype: type[np.floating]) -> None:
    """Raise a ValueError for arrays that are not numbers of this type and these shapes."""
    for name, shape in shapes.items():
        array = arrays[name]
        if array.dtype != dtype or array.shape != shape or np.isnan(array.astype(np.float64)).any():
            raise ValueError(f"{name} does not have the shape and type that were kept")
