"""Completed sets: their calibrated scores and their strongest genes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.arrays import Ints
from gsfm_enrich.model.blocks import in_blocks
from gsfm_enrich.model.scores import Scores
from gsfm_enrich.ranking.calibration import STRONGEST


@dataclass(frozen=True, eq=False)
class CompletedSets:
    """Calibrated scores of completed sets: log odds of membership over those of any gene.

    Attributes
    ----------
    scores : Scores
        Scores of the model.
    slopes : float64 array, shape (n_channels, n_sets)
    offsets : float64 array, shape (n_sets,)
    """

    scores: Scores
    slopes: NDArray[np.float64]
    offsets: NDArray[np.float64]

    def block(self, rows: Ints, columns: Ints) -> NDArray[np.float32]:
        """Return the log odds of some sets (axis 0) and genes (axis 1)."""
        total = self.scores.block(rows, self.scores.genes.at(columns), self.slopes[:, rows])
        total += self.offsets[rows, None].astype(np.float32)
        return total

    def pairs(self, rows: Ints, columns: Ints) -> NDArray[np.float32]:
        """Return the log odds of set ``rows[i]`` and gene ``columns[i]``, shape (n_pairs,)."""
        weighed = (self.slopes[:, rows] * self.scores.pairs(rows, columns)).sum(axis=0)
        return np.asarray(weighed + self.offsets[rows], dtype=np.float32)


def strongest(scores: Scores, shown: Sequence[Ints]) -> list[Ints]:
    """Return the columns with the highest scores of each set, except those that were shown."""
    n_columns = len(scores.genes.units)
    genes, n = scores.genes.at(np.arange(n_columns)), min(STRONGEST, n_columns // 4)

    def work(block: slice) -> list[Ints]:
        rows = np.arange(block.start, block.stop)
        found = scores.block(rows, genes)
        for row, columns in zip(found, shown[block], strict=True):
            row[columns] = -np.inf
        best = np.argpartition(-found, n, axis=1)[:, :n]
        return [columns[np.isfinite(row[columns])] for row, columns in zip(found, best, strict=True)]

    return [columns for part in in_blocks(work, len(shown)) for columns in part]
