"""Work in blocks of rows that threads share out: the same bytes for any number of threads.

A matrix product adds up in a different order when several threads share it. Here each block is one
thread's work from beginning to end, and the blocks do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from gsfm_enrich.progress import progress

ROWS = 256
"""Rows per block: a table of one block by all genes then stays in the processor's cache."""

S = TypeVar("S")
T = TypeVar("T")


@cache
def _blas() -> ThreadpoolController:
    """Return the handle to the linear algebra libraries; finding them takes milliseconds."""
    return ThreadpoolController()


class _Depth:
    """Count the callers that have asked for single-threaded linear algebra, a process-wide setting."""

    lock = Lock()
    callers = 0
    limit: object = None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep numpy's matrix products in the calling thread; the last caller restores the setting."""
    with _Depth.lock:
        if _Depth.callers == 0:
            _Depth.limit = _blas().limit(limits=1, user_api="blas")
        _Depth.callers += 1
    try:
        yield
    finally:
        with _Depth.lock:
            _Depth.callers -= 1
            if _Depth.callers == 0:
                _Depth.limit.restore_original_limits()  # type: ignore[attr-defined]
                _Depth.limit = None


def in_blocks(work: Callable[[slice], T], n_rows: int, rows: int = ROWS, *, what: str = "") -> list[T]:
    """Call a function for each block of rows, on as many threads as torch uses.

    Parameters
    ----------
    work
        Function called with the slice of each block. numpy and scipy let other threads run meanwhile.
    n_rows
        Number of rows.
    rows
        Rows per block.
    what
        The label of a progress bar, as in `gsfm_enrich.progress.progress`; without one there is no bar.

    Returns
    -------
    list
        Result for each block, in order.

    Examples
    --------
    >>> in_blocks(lambda block: (block.start, block.stop), 5, rows=2)
    [(0, 2), (2, 4), (4, 5)]
    """
    blocks = [slice(start, min(start + rows, n_rows)) for start in range(0, n_rows, rows)]
    return in_threads(work, blocks, what=what)


def in_threads(work: Callable[[S], T], parts: Sequence[S], *, what: str = "") -> list[T]:
    """Call a function for each part of the work, as `in_blocks` does for blocks of rows."""

    def watched(results: Iterable[T]) -> Iterable[T]:
        return progress(results, len(parts), what) if what and len(parts) > 1 else results

    with one_blas_thread():
        if len(parts) < 2 or torch.get_num_threads() == 1:
            return list(watched(map(work, parts)))
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            return list(watched(pool.map(work, parts)))


def product(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the matrix product of arrays in single precision, the same bytes for any number of threads."""
    c = np.empty((a.shape[0], b.shape[1]), dtype=np.float32)

    def work(block: slice) -> None:
        np.matmul(a[block], b, out=c[block])

    in_blocks(work, len(a))
    return c
