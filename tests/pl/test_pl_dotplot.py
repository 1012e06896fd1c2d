"""Dots: what is drawn is what is in the table, and it stays legible."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from drawn import labels

from gsfm_enrich import pl

LONG = (
    "antigen processing and presentation of endogenous peptide antigen via MHC class I via ER pathway "
    "(GO:0002484)"
)


def test_dotplot_draws_the_best_terms_of_each_list_for_all_lists(results: pd.DataFrame) -> None:
    ax = pl.dotplot(results, top_term=1, cutoff=1.0)
    assert labels(ax, "x") == ["A/B (up)", "A/B (down)", "C (up)"]
    assert labels(ax, "y") == ["term 0", "term 4", "term 1"]
    filled, rings = ax.collections[:2]
    assert len(filled.get_offsets()) == 8  # nine dots, one of them without overlap
    assert rings.get_offsets().tolist() == [[0.0, 1.0]]
    assert "model only" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_dotplot_colour_and_size(results: pd.DataFrame) -> None:
    ax = pl.dotplot(results, groups="C", top_term=5, cutoff=1.0)
    dots = ax.collections[0]
    terms = [int(label.removeprefix("term ")) for label in labels(ax, "y")]
    table = results[results["group"] == "C"].reset_index(drop=True)
    assert terms == [1, 0, 2, 3, 4]
    np.testing.assert_allclose(dots.get_array(), -np.log10(table["GSFM Adjusted P-value"]))
    np.testing.assert_allclose(
        dots.get_sizes(), 14 + (150 - 14) * table["Expected Overlap"] / table["Expected Overlap"].max()
    )


def test_dotplot_cutoff_and_column(results: pd.DataFrame) -> None:
    drawn = pl.dotplot(results, groups="C", cutoff=2e-9, top_term=9)
    assert labels(drawn, "y") == ["term 1", "term 0"]
    drawn = pl.dotplot(results, groups="C", column="Combined Score", cutoff=1.0, top_term=2)
    assert labels(drawn, "y") == ["term 4", "term 3"]
    np.testing.assert_allclose(drawn.collections[0].get_array(), [5, 4])
    drawn = pl.dotplot(
        results, groups="A/B", direction="up", column="Adjusted P-value", cutoff=1.0, top_term=1
    )
    assert labels(drawn, "y") == ["term 2"]


def test_dotplot_of_results_that_were_not_reranked(results: pd.DataFrame) -> None:
    plain = results[["Term", "Overlap", "P-value", "Adjusted P-value"]][results["group"] == "C"]
    ax = pl.dotplot(plain, top_term=2)
    assert labels(ax, "x") == [""]
    assert labels(ax, "y") == ["term 1", "term 0"]


@pytest.mark.parametrize("number", [1, 40])
def test_dotplot_has_room_for_every_label(results: pd.DataFrame, number: int) -> None:
    many = pd.concat(
        [
            results[results["group"] == "C"].assign(group=f"group number {place} with a long name")
            for place in range(number)
        ]
    )
    many["Term"] = [LONG if "term 0" in term else term for term in many["Term"]]
    ax = pl.dotplot(many, top_term=5, cutoff=1.0)
    figure = ax.figure
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    boxes = [text.get_window_extent() for text in [*ax.get_xticklabels(), *ax.get_yticklabels()]]
    assert min(box.x0 for box in boxes) >= 0
    assert min(box.y0 for box in boxes) >= 0
    assert max(box.x1 for box in boxes) <= width
    assert max(box.y1 for box in boxes) <= height
    rows_drawn = sorted(text.get_window_extent().y0 for text in ax.get_yticklabels())
    heights = [text.get_window_extent().height for text in ax.get_yticklabels()]
    assert np.diff(rows_drawn).min() >= 0.5 * max(heights)
