"""The probable genes of a library's terms, those that are not members: a sparse table of probabilities.

Probabilities below .01, and those less than three times as high as for any gene, are left out: what remains
is a few dozen genes per term.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gsfm_enrich.arrays import Ints
from gsfm_enrich.model.blocks import in_blocks
from gsfm_enrich.model.scores import Scores
from gsfm_enrich.ranking.cache import Arrays
from gsfm_enrich.ranking.calibration import Calibration

LEAST = 0.01
"""Smaller probabilities are left out."""
LIFT = 3.0
"""A predicted gene is at least this many times as probable as any gene would be."""
LARGEST_TERM = 500
"""Larger terms are not completed: that makes results worse if they are the thousands of genes that a factor
may bind. Unless they are named after genes, their test is the overlap test."""


def probable_genes(scores: Scores, calibration: Calibration, known: csr_array, columns: Ints) -> csr_array:
    """Return the probabilities that count, computed in blocks of terms so that memory is bounded.

    Parameters
    ----------
    scores
        Scores of the terms.
    calibration
        What they are worth in this library.
    known : shape (n_terms, n_genes)
        The members that the model knows.
    columns : shape (n_columns,)
        The genes to look at, columns of `known`.

    Returns
    -------
    csr_array, shape (n_terms, n_columns)
        0 for members, for genes that are not probable and for terms that are not completed.
    """
    shape = (known.shape[0], len(columns))
    if not len(columns):
        return empty_table(shape)
    sizes = np.diff(known.indptr).astype(np.int64)
    least = np.maximum(LEAST, LIFT * sizes / known.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        cut = np.where(least < calibration.ceiling, np.log(least / (1 - least)), np.inf)
    slopes, offsets = calibration.slopes(sizes, scores.own), calibration.offsets(sizes, scores.own)
    usable = np.flatnonzero(np.isfinite(offsets) & np.isfinite(cut) & (sizes <= LARGEST_TERM))
    usable = usable[np.argsort(scores.size_classes[usable], kind="stable")]
    genes, members = scores.genes.at(columns), known[:, columns]

    def work(block: slice) -> tuple[Ints, Ints, NDArray[np.float32]]:
        rows = usable[block]
        log_odds = scores.block(rows, genes, slopes[:, rows])
        own = members[rows]
        log_odds[np.repeat(np.arange(len(rows)), np.diff(own.indptr)), own.indices] = -np.inf
        high = np.flatnonzero(log_odds >= (cut - offsets)[rows, None].astype(np.float32))
        here, there = np.divmod(high, len(columns))
        p = calibration.probability(log_odds[here, there] + offsets[rows[here]])
        return rows[here], there, p

    parts = in_blocks(work, len(usable), what="completing terms")
    if not parts:
        return empty_table(shape)
    terms, found, p = (np.concatenate(column) for column in zip(*parts, strict=True))
    table = csr_array((p, (terms, found)), shape=shape)
    table.sort_indices()
    return table


def check_probabilities(arrays: Arrays, shape: tuple[int, int]) -> None:
    """Raise a ValueError for anything but a sparse table of probabilities of this shape."""
    data, indices, starts = (arrays[name] for name in ("data", "indices", "indptr"))
    if data.dtype != np.float32 or not all(
        np.issubdtype(part.dtype, np.integer) for part in (indices, starts)
    ):
        raise ValueError("its numbers are of another type")
    if starts.shape != (shape[0] + 1,) or data.shape != indices.shape or data.ndim != 1:
        raise ValueError("it has another shape")
    if starts[0] != 0 or starts[-1] != len(indices) or (np.diff(starts) < 0).any():
        raise ValueError("its row bounds do not match its entries")
    if len(indices) and not 0 <= indices.min() <= indices.max() < shape[1]:
        raise ValueError("its column numbers are out of range")
    probabilities = data.astype(np.float64)
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("it has numbers that are not probabilities")


def empty_table(shape: tuple[int, int]) -> csr_array:
    """Return an empty table of probabilities."""
    starts = np.zeros(shape[0] + 1, dtype=np.int64)
    return csr_array((np.zeros(0, np.float32), np.zeros(0, np.int64), starts), shape=shape)
