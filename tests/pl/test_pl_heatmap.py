"""Heat map: what is drawn is what is in the table, and it stays legible."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from drawn import labels, plain_rows

from gsfm_enrich import pl


@pytest.fixture
def three() -> pd.DataFrame:
    return pd.concat(
        [
            plain_rows("a", {"x": 1e-8, "y": 0.2, "z": 1e-3}),
            plain_rows("b", {"y": 1e-6}),
            plain_rows("c", {"x": 1e-7, "z": 0.01, "only here": 0.5}),
        ],
        ignore_index=True,
    )


def test_heatmap_holds_every_value(three: pd.DataFrame) -> None:
    ax = pl.heatmap(three, cluster=False)
    assert labels(ax, "x") == ["a (up)", "b (up)", "c (up)"]
    assert labels(ax, "y") == ["x", "z", "y"]
    drawn = ax.collections[0].get_array().reshape(3, 3)
    expected = np.array([[8, np.nan, 7], [3, np.nan, 2], [-np.log10(0.2), 6, np.nan]])
    np.testing.assert_allclose(np.ma.filled(drawn, np.nan), expected)
    [marks] = ax.lines
    assert set(zip(marks.get_xdata(), marks.get_ydata(), strict=True)) == {
        (0, 0),
        (2, 0),
        (0, 1),
        (2, 1),
        (1, 2),
    }


def test_heatmap_puts_like_groups_side_by_side(three: pd.DataFrame) -> None:
    ax = pl.heatmap(three)
    order = labels(ax, "x")
    assert abs(order.index("a (up)") - order.index("c (up)")) == 1
    assert sorted(order) == ["a (up)", "b (up)", "c (up)"]
    drawn = np.ma.filled(ax.collections[0].get_array().reshape(3, 3), np.nan)
    assert drawn[labels(ax, "y").index("x"), order.index("a (up)")] == pytest.approx(8)


def test_heatmap_of_thirty_groups_has_room_for_every_label() -> None:
    long = "a name of a term that goes on and on and on, far beyond what one line of the plot can hold (GO:1)"
    many = pd.concat(
        [
            plain_rows(f"cluster {n:02d} of the left ventricle", {long: 1e-4, f"term {n}": 1e-5})
            for n in range(30)
        ]
    )
    ax = pl.heatmap(many)
    ax.figure.canvas.draw()
    width, height = ax.figure.canvas.get_width_height()
    boxes = [text.get_window_extent() for text in [*ax.get_xticklabels(), *ax.get_yticklabels()]]
    assert len(boxes) == 30 + 31
    assert min(box.x0 for box in boxes) >= 0
    assert min(box.y0 for box in boxes) >= 0
    assert max(box.x1 for box in boxes) <= width
    assert max(box.y1 for box in boxes) <= height
    heights = sorted(text.get_window_extent().y0 for text in ax.get_yticklabels())
    assert np.diff(heights).min() >= 0.5 * max(box.height for box in boxes[30:])
