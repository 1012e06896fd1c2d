"""Gene sets in a file that grows: only their sizes are kept in memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 18
"""Memberships that are read at a time, unless a single set has more: one megabyte."""


class Block(NamedTuple):
    """Consecutive sets.

    Attributes
    ----------
    first
        Number of the first set.
    units : int32 array, shape (n_memberships,)
    starts : int64 array, shape (n_sets + 1,)
        Set ``first + i`` is ``units[starts[i]:starts[i + 1]]``.
    """

    first: int
    units: NDArray[np.int32]
    starts: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Memberships of each set, shape (n_sets,)."""
        return np.diff(self.starts)

    @property
    def rows(self) -> NDArray[np.int64]:
        """Set that each membership belongs to, counted from 0."""
        return np.repeat(np.arange(len(self.starts) - 1), self.sizes)


class SetFile:
    """A file of sets of numbers, to which more can be added.

    Parameters
    ----------
    path
        Path of the file, which is overwritten.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, SetFile(Path(folder) / "sets") as sets:
    ...     sets.append([3, 1])
    ...     sets.append([7])
    ...     sets[0].tolist(), [block.units.tolist() for block in sets.blocks()]
    ([3, 1], [[3, 1, 7]])
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b")
        self._waiting = array("i")
        self._starts = array("q", [0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, i: int) -> NDArray[np.int32]:
        return self._read(self._starts[i], self._starts[i + 1])

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each set starts, and where the last one ends, shape (n_sets + 1,)."""
        return np.array(self._starts, dtype=np.int64)

    def append(self, numbers: Sequence[int]) -> None:
        """Add a set."""
        self._waiting.extend(numbers)
        self._starts.append(self._starts[-1] + len(numbers))
        if len(self._waiting) >= BLOCK:
            self._write()

    def blocks(self, first: int = 0) -> Iterator[Block]:
        """Read all sets from number ``first`` on, as many at a time as fit into a block."""
        starts = self.starts
        while first < len(self):
            last = max(int(np.searchsorted(starts, starts[first] + BLOCK, side="right")) - 1, first + 1)
            bounds = starts[first : last + 1]
            yield Block(first, self._read(bounds[0], bounds[-1]), bounds - bounds[0])
            first = last

    def _write(self) -> None:
        self._file.seek(0, 2)
        self._waiting.tofile(self._file)
        self._waiting = array("i")

    def _read(self, start: int, stop: int) -> NDArray[np.int32]:
        if self._waiting:
            self._write()
        self._file.seek(int(start) * 4)
        return np.frombuffer(self._file.read(int(stop - start) * 4), dtype=np.int32)
