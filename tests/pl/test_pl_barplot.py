"""Bars: what is drawn is what is in the table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from drawn import labels, texts
from matplotlib import colors

from gsfm_enrich import pl


def test_barplot_bars_marks_and_notes(results: pd.DataFrame) -> None:
    ax = pl.barplot(results, groups="A/B", direction="up", cutoff=1.0)
    table = results[(results["group"] == "A/B") & (results["direction"] == "up")]
    lengths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(lengths, -np.log10(table["GSFM Adjusted P-value"]))
    np.testing.assert_allclose(ax.lines[0].get_xdata(), -np.log10(table["Adjusted P-value"].clip(upper=1)))
    assert labels(ax, "y") == [f"term {place}" for place in range(5)]
    assert texts(ax) == ["5 → 5.5 of 20", "4 → 4.5 of 20", "3 → 3.5 of 20", "2 → 2.5 of 20", "0 → 0.5 of 20"]
    assert ax.get_title(loc="left") == "A/B (up)"
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the best on top


def test_barplot_of_several_groups_in_sections(results: pd.DataFrame) -> None:
    ax = pl.barplot(results, groups=["C", "A/B"], direction="up", cutoff=1.0, top_term=2)
    assert labels(ax, "y") == ["term 1", "term 0", "term 0", "term 1"]
    assert texts(ax)[-2:] == ["C (up)", "A/B (up)"]
    colours = [colors.to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert colours[0] == colours[1] != colours[2] == colours[3]


def test_barplot_by_another_column_has_no_marks(results: pd.DataFrame) -> None:
    ax = pl.barplot(results, groups="C", column="Expected Overlap", cutoff=1.0, top_term=2)
    assert [bar.get_width() for bar in ax.patches] == [9.5, 8.5]
    assert len(ax.lines) == 0
    assert ax.get_xlabel() == "Expected Overlap"
