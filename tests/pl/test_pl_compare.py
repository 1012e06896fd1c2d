"""Comparison of contrasts: the cells are the scores of the table, in blocks of one kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
from drawn import labels, texts
from matplotlib import pyplot as plt

from gsfm_enrich import get, pl

ROWS = [
    ("a", "up", "opposed", 0.001, "A;B"),
    ("b", "down", "opposed", 0.01, "C;D"),
    ("a", "up", "common", 0.002, "E;F"),
    ("b", "up", "common", 0.003, "G;H"),
    ("a", "up", "own", 0.004, "I;J"),
    ("b", "up", "own", 0.9, ""),
    ("b", "up", "the same", 0.02, "G;H"),
]
RESULTS = pd.DataFrame(ROWS, columns=["group", "direction", "Term", "Adjusted P-value", "Genes"])
RESULTS = RESULTS.assign(**{"P-value": RESULTS["Adjusted P-value"], "Overlap": "2/9"})


def test_cells_are_the_scores_and_points_pass_the_cutoff() -> None:
    ax = pl.compare(RESULTS)
    rows = ["opposite: 1 of 1", "opposed", "shared: 1 of 1", "common", "specific: 1 of 2", "own"]
    assert labels(ax, "y") == rows
    assert labels(ax, "x") == ["a", "b"]
    drawn = np.ma.getdata(ax.collections[0].get_array())[1::2]
    table = get.compared_df(RESULTS).set_index("Term")
    np.testing.assert_allclose(drawn, table.loc[rows[1::2], ["score a", "score b"]])
    x, y = ax.lines[0].get_data()
    assert sorted(zip(x, y, strict=True)) == [(0, 1), (0, 3), (0, 5), (1, 1), (1, 3)]
    assert "+ 1 similar term, folded" in texts(ax)


def test_all_terms_and_nothing() -> None:
    assert "the same" in labels(pl.compare(RESULTS, fold=None), "y")
    assert "opposed" in labels(pl.compare(RESULTS, top_term=1), "y")
    assert texts(pl.compare(RESULTS, cutoff=1e-9)) != []


def test_the_middle_of_the_colours_is_the_background() -> None:
    for style, name in (("default", "RdBu_r"), ("dark_background", "berlin")):
        with plt.style.context(style):
            cells = pl.compare(RESULTS).collections[0]
        assert cells.get_cmap().name == name
        assert cells.norm.vmin == -cells.norm.vmax
