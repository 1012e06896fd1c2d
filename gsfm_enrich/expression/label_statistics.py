"""The statistics of all genes for many labellings of the same cells at once.

The genes that a random grouping of the cells would rank first show the effect of correlated genes alone. The
test of ``scanpy.tl.rank_genes_groups`` is therefore repeated with permuted labels. Its statistics are
functions of sums over the cells of a group, and one pass over the entries of a gene sums all its groups.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.stats import rankdata

from gsfm_enrich.arrays import Floats, Ints

Method = Literal["t-test", "t-test_overestim_var", "wilcoxon"]
METHODS: tuple[Method, ...] = get_args(Method)
"""Tests of scanpy whose statistics are functions of sums; logistic regression is not."""
COLUMNS_AT_ONCE = 500
ENTRIES_AT_ONCE = 50_000
"""Entries of the matrix that are summed for all labellings, so that they stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class CellSums:
    """Cells in the form that a test sums.

    Attributes
    ----------
    method : str
        The test.
    values : csc_array, shape (n_cells, n_genes)
        Expression, or for a rank test the ranks of the cells minus `base`.
    base : float64 array, shape (n_genes,)
        Rank of a cell that does not express the gene; 0 where expression itself is summed.
    ties : float64 array, shape (n_genes,)
        Factor by which ties shrink the variance of a rank sum, 1 without correction.
    """

    method: Method
    values: sparse.csc_array
    base: Floats
    ties: Floats

    @property
    def blocks(self) -> list[slice]:
        """Blocks of genes with about `ENTRIES_AT_ONCE` entries each."""
        ends = np.arange(ENTRIES_AT_ONCE, self.values.nnz, ENTRIES_AT_ONCE)
        inner = np.searchsorted(self.values.indptr, ends)
        starts = np.unique([0, *inner.tolist(), self.values.shape[1]]).tolist()
        return [slice(*pair) for pair in pairwise(starts)]


def prepare_cells(matrix: Any, method: Method, *, tie_correct: bool = False) -> CellSums:
    """Bring cells into the form that a test sums.

    Parameters
    ----------
    matrix
        Expression in memory, array or sparse, shape (n_cells, n_genes).
    method
        One of `METHODS`.
    tie_correct
        Whether a rank test corrects its variance for ties, as scanpy's parameter of the same name.

    Returns
    -------
    CellSums
    """
    n_genes = matrix.shape[1]
    columns = sparse.csc_array(matrix)
    if method != "wilcoxon":
        return CellSums(method, columns, np.zeros(n_genes), np.ones(n_genes))
    blocks, bases, ties = [], [], []
    for start in range(0, n_genes, COLUMNS_AT_ONCE):
        dense = columns[:, start : start + COLUMNS_AT_ONCE].toarray()
        ranks = rankdata(dense, axis=0)
        # the most frequent rank is subtracted, so that the rest is as sparse as the expression
        base = np.where(dense == 0, ranks, 0).max(axis=0)
        blocks.append(sparse.csc_array(np.where(dense == 0, 0.0, ranks - base)))
        bases.append(base)
        ties.append(np.apply_along_axis(_tie_factor, 0, ranks) if tie_correct else np.ones(dense.shape[1]))
    values = sparse.csc_array(sparse.hstack(blocks, format="csc"))
    return CellSums(method, values, np.concatenate(bases), np.concatenate(ties))


def _tie_factor(ranks: Floats) -> float:
    """Return the variance of ranks, as a share of the variance without ties."""
    n = float(len(ranks))
    counts = np.unique(ranks, return_counts=True)[1].astype(np.float64)
    return 1.0 if n < 2 else float(1 - np.sum(counts**3 - counts) / (n**3 - n))


def label_statistics(cells: CellSums, codes: Ints, n_groups: int) -> Floats:
    """Test the cells of each group against all other cells.

    Parameters
    ----------
    cells
        Cells from `prepare_cells`.
    codes
        Group of each cell, -1 for none; shape (n_cells,), or (n_labellings, n_cells).
    n_groups
        Number of groups.

    Returns
    -------
    float64 array, shape (n_labellings * n_groups, n_genes)
        What ``scanpy.tl.rank_genes_groups`` calls scores; 0 for genes that do not vary. First the groups of
        the first labelling, then those of the second, and so on.

    Examples
    --------
    >>> matrix = np.array([[3.0, 0.0], [2.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    >>> label_statistics(prepare_cells(matrix, "t-test"), np.array([0, 0, -1, -1]), 1).round(3)
    array([[2.828, 0.   ]])
    """
    codes = np.atleast_2d(codes)
    bins = np.where(codes < 0, n_groups, codes).astype(np.intp)
    n = np.stack([np.bincount(row, minlength=n_groups + 1)[:n_groups] for row in bins])[:, :, None]
    found = np.empty((len(codes), n_groups, cells.values.shape[1]))

    for genes in cells.blocks:
        found[:, :, genes] = _tested(cells, genes, bins, n.astype(np.float64))
    return found.reshape(-1, found.shape[2])


def _tested(cells: CellSums, genes: slice, bins: Ints, n: Floats) -> Floats:
    """Test some genes, shape (n_labellings, n_groups, n_genes); the last bin is that of no group."""
    n_cells, n_groups = bins.shape[1], n.shape[1]
    entries = slice(cells.values.indptr[genes.start], cells.values.indptr[genes.stop])
    rows, values = (
        cells.values.indices[entries].astype(np.intp),
        cells.values.data[entries].astype(np.float64),
    )
    values_squared = values * values
    n_entries = np.diff(cells.values.indptr[genes.start : genes.stop + 1])
    first_bin = np.repeat(np.arange(len(n_entries)) * (n_groups + 1), n_entries)
    shape = (len(n_entries), n_groups + 1)

    sums, squares = np.empty((2, len(bins), n_groups + 1, len(n_entries)))
    for row, own_sums, own_squares in zip(bins, sums, squares, strict=True):
        key = row[rows]
        key += first_bin
        own_sums[:] = np.bincount(key, values, math.prod(shape)).reshape(shape).T
        if cells.method != "wilcoxon":
            own_squares[:] = np.bincount(key, values_squared, math.prod(shape)).reshape(shape).T
    own, others = sums[:, :n_groups], n_cells - n
    if cells.method == "wilcoxon":
        spread = np.sqrt(cells.ties[genes] * n * others * (n_cells + 1) / 12)
        return _ratio(own + n * cells.base[genes] - n * (n_cells + 1) / 2, spread)
    mean, variance = _moments(own, squares[:, :n_groups], n)
    all_sums, all_squares = (part.sum(axis=1, keepdims=True) for part in (sums, squares))
    other_mean, other_variance = _moments(all_sums - own, all_squares - squares[:, :n_groups], others)
    counted = n if cells.method == "t-test_overestim_var" else others
    return _ratio(mean - other_mean, np.sqrt(variance / n + other_variance / counted))


def _moments(sums: Floats, squares: Floats, n: Floats) -> tuple[Floats, Floats]:
    mean = sums / n
    variance = np.maximum(squares - n * mean**2, 0) / np.maximum(n - 1, 1)
    variance[variance < 1e-12 * np.maximum(mean**2, 1e-12)] = 0  # not 0 only because of rounding
    return mean, variance


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def permuted_codes(
    codes: Ints, n: int, rng: np.random.Generator, strata: npt.NDArray[Any] | None = None
) -> Ints:
    """Permute the labels of the cells.

    Parameters
    ----------
    codes
        Group of each cell, shape (n_cells,).
    n
        Number of labellings.
    rng
        Source of randomness.
    strata
        Donor or batch of each cell, within which labels are permuted.

    Returns
    -------
    int64 array, shape (n, n_cells)

    Examples
    --------
    >>> donors = np.array(["a", "a", "b", "b"])
    >>> permuted = permuted_codes(np.array([0, 0, 1, 1]), 5, np.random.default_rng(0), donors)
    >>> bool((permuted == [0, 0, 1, 1]).all())
    True
    """
    permuted = np.repeat(codes[None, :].astype(np.int64), n, axis=0)
    for cells in _by_stratum(len(codes), strata):
        permuted[:, cells] = rng.permuted(permuted[:, cells], axis=1)
    return permuted


def _by_stratum(n_cells: int, strata: npt.NDArray[Any] | None) -> Sequence[Ints]:
    if strata is None:
        return [np.arange(n_cells)]
    labels = np.unique(strata.astype(str), return_inverse=True)[1]
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.cumsum(np.bincount(labels))[:-1])
