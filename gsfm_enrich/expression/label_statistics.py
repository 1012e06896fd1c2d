"""The statistics of all genes for many labellings of the same cells at once.

The genes that a random grouping of the cells would rank first show the effect of correlated genes alone. The
test of ``scanpy.tl.rank_genes_groups`` is therefore repeated with permuted labels. Its statistics are
functions of sums over the cells of a group, so one matrix product gives all labellings of all genes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, eq=False)
class CellSums:
    """Cells in the form that a test sums.

    Attributes
    ----------
    method : str
        The test.
    values : csr_array, shape (n_cells, n_genes)
        Expression, or for a rank test the ranks of the cells minus `base`.
    squares : csr_array or None, shape (n_cells, n_genes)
        Squared expression; None for a rank test.
    base : float64 array, shape (n_genes,)
        Rank of a cell that does not express the gene; 0 where expression itself is summed.
    ties : float64 array, shape (n_genes,)
        Factor by which ties shrink the variance of a rank sum, 1 without correction.
    """

    method: Method
    values: sparse.csr_array
    squares: sparse.csr_array | None
    base: Floats
    ties: Floats


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
    if method != "wilcoxon":
        values = sparse.csr_array(matrix).astype(np.float64)
        return CellSums(method, values, values.power(2), np.zeros(n_genes), np.ones(n_genes))
    columns = sparse.csc_array(matrix)
    blocks, bases, ties = [], [], []
    for start in range(0, n_genes, COLUMNS_AT_ONCE):
        dense = columns[:, start : start + COLUMNS_AT_ONCE].toarray()
        ranks = rankdata(dense, axis=0)
        # the most frequent rank is subtracted, so that the rest is as sparse as the expression
        base = np.where(dense == 0, ranks, 0).max(axis=0)
        blocks.append(sparse.csr_array(np.where(dense == 0, 0.0, ranks - base)))
        bases.append(base)
        ties.append(np.apply_along_axis(_tie_factor, 0, ranks) if tie_correct else np.ones(dense.shape[1]))
    values = sparse.csr_array(sparse.hstack(blocks, format="csr"))
    return CellSums(method, values, None, np.concatenate(bases), np.concatenate(ties))


def _tie_factor(ranks: Floats) -> float:
    """Return the variance of ranks, as a share of the variance without ties."""
    n = float(len(ranks))
    counts = np.unique(ranks, return_counts=True)[1].astype(np.float64)
    return 1.0 if n < 2 else float(1 - np.sum(counts**3 - counts) / (n**3 - n))


def label_statistics(cells: CellSums, members: sparse.csr_array) -> Floats:
    """Test the cells of each group against all other cells.

    Parameters
    ----------
    cells
        Cells from `prepare_cells`.
    members
        Which cells are in which group, 0 or 1, shape (n_groups, n_cells); groups of several labellings may
        be stacked.

    Returns
    -------
    float64 array, shape (n_groups, n_genes)
        What ``scanpy.tl.rank_genes_groups`` calls scores; 0 for genes that do not vary.

    Examples
    --------
    >>> matrix = np.array([[3.0, 0.0], [2.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    >>> first_two = sparse.csr_array(np.array([[1.0, 1.0, 0.0, 0.0]]))
    >>> label_statistics(prepare_cells(matrix, "t-test"), first_two).round(3)
    array([[2.828, 0.   ]])
    """
    n = np.asarray(members.sum(axis=1), dtype=np.float64)[:, None]
    others = members.shape[1] - n
    sums = np.asarray((members @ cells.values).todense())
    if cells.squares is None:
        n_cells = members.shape[1]
        spread = np.sqrt(cells.ties * n * others * (n_cells + 1) / 12)
        return _ratio(sums + n * cells.base - n * (n_cells + 1) / 2, spread)
    squares = np.asarray((members @ cells.squares).todense())
    mean, variance = _moments(sums, squares, n)
    all_sums = np.asarray(cells.values.sum(axis=0))
    all_squares = np.asarray(cells.squares.sum(axis=0))
    other_mean, other_variance = _moments(all_sums - sums, all_squares - squares, others)
    counted = n if cells.method == "t-test_overestim_var" else others
    return _ratio(mean - other_mean, np.sqrt(variance / n + other_variance / counted))


def _moments(sums: Floats, squares: Floats, n: Floats) -> tuple[Floats, Floats]:
    mean = sums / n
    variance = np.maximum(squares - n * mean**2, 0) / np.maximum(n - 1, 1)
    variance[variance < 1e-12 * np.maximum(mean**2, 1e-12)] = 0  # not 0 only because of rounding
    return mean, variance


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def group_members(codes: Ints, n_groups: int) -> sparse.csr_array:
    """Return which cells are in which group.

    Parameters
    ----------
    codes
        Group of each cell, -1 for none; shape (n_cells,) or (n_labellings, n_cells).
    n_groups
        Number of groups.

    Returns
    -------
    csr_array, shape (n_labellings * n_groups, n_cells)
        The groups of the first labelling, then those of the second, and so on.

    Examples
    --------
    >>> group_members(np.array([[0, 1, 0], [1, 0, -1]]), 2).toarray()
    array([[1., 0., 1.],
           [0., 1., 0.],
           [0., 1., 0.],
           [1., 0., 0.]])
    """
    codes = np.atleast_2d(codes)
    labelling, cell = np.nonzero(codes >= 0)
    rows = labelling * n_groups + codes[labelling, cell]
    shape = (len(codes) * n_groups, codes.shape[1])
    return sparse.csr_array((np.ones(len(rows)), (rows, cell)), shape=shape)


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
