"""What arrays hold, in one word: the names of their types."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
"""Numbers in double precision, as statistics are computed in."""
Floats32: TypeAlias = NDArray[np.float32]
"""Numbers in single precision, as the model computes in."""
Ints: TypeAlias = NDArray[np.int64]
"""Counts, rows, columns and units."""
