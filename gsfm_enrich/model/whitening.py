"""Places of genes whose products discriminate: no large group of genes dominates them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gsfm_enrich.arrays import Floats32
from gsfm_enrich.model.vocab import N_SPECIAL

RIDGE = 10.0
"""Ridge of the whitening, as a multiple of the mean variance."""


def whiten(spans: Sequence[Floats32], width: int, ridge: float = RIDGE) -> Floats32:
    """Turn spaces, side by side, into places whose products discriminate.

    Parameters
    ----------
    spans
        Places of all genes in several spaces, shape (V, any).
    width
        Maximum number of dimensions to keep.
    ridge
        Added to the variance of every dimension, as a multiple of the mean variance.

    Returns
    -------
    float32 array, shape (V, width)
        Principal components over the genes, each divided by the square root of its variance plus the ridge;
        the mean over the genes is 0, and the special units are at 0.

    Notes
    -----
    The product of two places is the score of one gene by a linear discriminant (Fisher 1936; with a ridge,
    Friedman 1989), given the other gene.
    """
    together = np.hstack(spans)[N_SPECIAL:]
    together -= together.mean(axis=0)
    variance, axes = np.linalg.eigh((together.T @ together / len(together)).astype(np.float64))
    mean = variance.mean()
    leading = np.argsort(-variance)[:width]
    stretch = axes[:, leading] / np.sqrt(np.maximum(variance[leading], 0) + ridge * mean)
    places = np.zeros((len(together) + N_SPECIAL, len(leading)), dtype=np.float32)
    places[N_SPECIAL:] = together @ stretch.astype(np.float32)
    return places


def standardise(places: Floats32) -> Floats32:
    """Scale places so that random genes score a gene with a standard deviation of about 1.

    Genes that hardly vary would dominate if each were divided by its own standard deviation, so the median
    standard deviation of all genes is added to it (Tusher et al. 2001).
    """
    genes = places[N_SPECIAL:]
    covariance = genes.T @ genes / len(genes)
    sd = np.sqrt(np.maximum(np.einsum("vk,kl,vl->v", places, covariance, places, optimize=True), 0))
    scale = np.sqrt((sd + np.median(sd[N_SPECIAL:])) / 2)  # on both sides of the product
    return np.asarray(places / np.maximum(scale, 1e-12)[:, None], dtype=np.float32)
