"""Read a matrix of cells by genes in blocks of rows, from memory, a file or a dask graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
from scipy import sparse

ENTRIES = 10_000_000
"""Maximum number of entries in a block: 80 MB if the block is dense."""

Block: TypeAlias = Any
"""A numpy array, or a scipy matrix or array in compressed sparse row format."""


def row_blocks(matrix: Any, columns: npt.NDArray[np.int64] | None = None) -> Iterator[tuple[slice, Block]]:
    """Yield the rows of a matrix block by block.

    Parameters
    ----------
    matrix
        A numpy array, a scipy sparse matrix, a dataset or sparse dataset of a backed AnnData, or a dask array
        of either kind; shape (n_cells, n_genes).
    columns
        Columns to keep, in this order; all by default.

    Yields
    ------
    rows : slice
        The rows of the block.
    block : ndarray or csr_array
        Their values, shape (rows, n_columns).

    Examples
    --------
    >>> [(rows, block.shape) for rows, block in row_blocks(np.eye(3), np.array([2, 0]))]
    [(slice(0, 3, None), (3, 2))]
    """
    n_rows, n_columns = matrix.shape
    step = max(ENTRIES // max(n_columns, 1), 1)
    for start in range(0, n_rows, step):
        rows = slice(start, min(start + step, n_rows))
        block = matrix[rows]
        if hasattr(block, "compute"):
            block = block.compute()
        block = sparse.csr_array(cast(Any, block)) if sparse.issparse(block) else np.asarray(block)
        yield rows, block if columns is None else block[:, columns]
