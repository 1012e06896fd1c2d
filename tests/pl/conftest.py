"""What the tests of plots share: results of three lists, and no figure left open."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
from drawn import ranked_rows
from matplotlib import pyplot as plt


@pytest.fixture
def results() -> pd.DataFrame:
    return pd.concat(
        [
            ranked_rows("A/B", "up", [1, 2, 3, 4, 5], [4, 2, 1, 3, 9], [5, 4, 3, 2, 0]),
            ranked_rows("A/B", "down", [5, 4, 3, 2, 1], [1, 2, 3, 4, 5], [1, 1, 1, 1, 1]),
            ranked_rows("C", "up", [2, 1, 3, 4, 5], [2, 1, 3, 4, 5], [9, 8, 7, 6, 5]),
        ],
        ignore_index=True,
    )


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")
