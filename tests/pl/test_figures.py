"""Pictures: nothing is cut off, text stays text, and the same plot gives the same bytes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from drawn import plain_rows
from matplotlib import colors, rc_context
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from gsfm_enrich import pl
from gsfm_enrich.errors import InputError
from gsfm_enrich.pl.colours import ink
from gsfm_enrich.pl.figures import axes_or_new, draw_lines, empty_plot, save_figure, svg_address
from gsfm_enrich.pl.labels import label_width

EVIL = "<script>alert(\"x\")</script> & 'quotes' costs $5"
SHOUTED = "HALLMARK WITH A VERY LONG NAME IN CAPITAL LETTERS ONLY, AS MSIGDB WRITES THEM, FOR SET NUMBER"
DRAWN = "antigen processing and presentation of endogenous peptide antigen via MHC class I via ER pathway"


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


def table(groups: int, terms: list[str]) -> pd.DataFrame:
    """Return results of some groups with a few terms each, every one moved by genes of long names."""
    parts = []
    for group in range(groups):
        ranks = np.arange(1, len(terms) + 1)
        p_values = 10.0 ** -(20.0 - ranks)
        parts.append(
            pd.DataFrame(
                {
                    "group": f"cluster {group:02d} OF THE LEFT VENTRICLE",
                    "direction": "up",
                    "Term": terms,
                    "Overlap": "123/1234",
                    "P-value": p_values,
                    "Adjusted P-value": p_values[::-1],
                    "Genes": [f"GENE{rank};TP{rank};HLA-DRB1" for rank in ranks],
                    "GSFM P-value": p_values,
                    "GSFM Adjusted P-value": p_values,
                    "GSFM Rank": ranks,
                    "Rank Change": 1000 - 2 * ranks,
                    "Predicted Genes": ";".join(f"HLA-DQB{n}" for n in range(150)),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


PLOTS: dict[str, Callable[..., Axes]] = {
    "dotplot": pl.dotplot,
    "heatmap": pl.heatmap,
    "barplot": pl.barplot,
    "ranks": pl.ranks,
    "network": pl.network,
}


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("groups", [1, 30])
@pytest.mark.parametrize("name", [SHOUTED, DRAWN, "short"])
def test_a_new_figure_holds_everything(plot: str, groups: int, name: str) -> None:
    terms = [f"{name} {number}" for number in range(9)]
    options = {"groups": "cluster 00 OF THE LEFT VENTRICLE"} if plot in ("ranks", "network") else {}
    figure = PLOTS[plot](table(groups, terms), title=" ", **options).figure
    figure.canvas.draw()
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    outside = [-box.x0, -box.y0, box.x1 - width, box.y1 - height]
    assert max(outside) <= 0, outside
    assert sum(outside) >= -3  # and there is not much room to spare


@pytest.mark.parametrize("text", [SHOUTED, DRAWN, "HLA-DRB1, LGALS3, GNLY", "10,234", "i", ""])
@pytest.mark.parametrize("points", [7.5, 8.5])
def test_label_width_is_that_of_the_drawn_text_or_a_little_more(text: str, points: float) -> None:
    figure = plt.figure(dpi=72)
    drawn = figure.text(0, 0, text, fontsize=points).get_window_extent().width / 72
    assert drawn <= label_width([text], points) <= 1.25 * drawn + 0.2


def test_address_holds_the_text_and_nothing_active() -> None:
    one = table(1, [EVIL, "plain"])
    address = svg_address(partial(pl.barplot, one))
    start, _, content = address.partition(",")
    assert start == "data:image/svg+xml;base64"
    picture = ElementTree.fromstring(base64.b64decode(content))
    names = {part.tag.partition("}")[2] for part in picture.iter()}
    assert names == {"svg", "g", "defs", "style", "path", "rect", "use", "text", "clipPath"}
    written = ["".join(part.itertext()) for part in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "plain" in written
    assert EVIL in " ".join(written)
    assert plt.get_fignums() == []


def test_address_is_the_same_whatever_the_style() -> None:
    one = table(1, ["a", "b", "c"])
    once = svg_address(partial(pl.network, one))
    with rc_context({"font.size": 30, "savefig.bbox": "tight", "svg.fonttype": "path", "axes.grid": True}):
        again = svg_address(partial(pl.network, one))
        assert plt.rcParams["font.size"] == 30
    assert once == again


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_saved_plot_is_the_same_every_time(suffix: str, tmp_path: Path) -> None:
    one = table(1, ["a", "b"])
    for name in ("once", "again"):
        pl.barplot(one, save=tmp_path / f"{name}.{suffix}")
    assert (tmp_path / f"once.{suffix}").read_bytes() == (tmp_path / f"again.{suffix}").read_bytes()


def test_lines_of_about_one_strength_are_drawn_together() -> None:
    ax = axes_or_new({}, (1, 1), (0, 0, 0, 0))
    ends = np.arange(12.0).reshape(3, 2, 2)
    draw_lines(ax, ends, np.array([0.98, 0.2, 1.0]), color="red")
    drawn: list[Any] = [np.array(line.get_data()).T for line in ax.lines]
    gap = [[np.nan, np.nan]]
    np.testing.assert_array_equal(drawn[0], [*ends[1], *gap])
    np.testing.assert_array_equal(drawn[1], [*ends[0], *gap, *ends[2], *gap])
    np.testing.assert_allclose([line.get_linewidth() for line in ax.lines], [0.74, 2.5])
    draw_lines(ax, ends[:0], np.array([]), color="red")
    assert len(ax.lines) == 2


PREDICTED = pd.DataFrame(
    {
        "gene": "A",
        "term": ["s", "t"],
        "score": [2.0, 1.0],
        "z_score": 1.0,
        "probability": 0.1,
        "known": [True, False],
    }
)
SAVED: dict[str, Callable[..., Axes]] = PLOTS | {
    "evidence": lambda _, **options: pl.evidence(plain_rows("a", {"x": 0.01}, {"x": "A;B"}), "x", **options),
    "functions": lambda _, **options: pl.functions(PREDICTED, **options),
}


@pytest.mark.parametrize("plot", SAVED)
@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_save_and_ax(plot: str, suffix: str, tmp_path: Path) -> None:
    own = plt.subplots()[1]
    path = tmp_path / "new folder" / f"plot.{suffix}"
    assert SAVED[plot](table(1, ["x", "y"]), ax=own, save=path, title="mine") is own
    assert own.get_title(loc="left").startswith("mine")
    assert path.read_bytes().startswith({"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}[suffix])
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("plot", SAVED)
def test_unknown_suffix(plot: str, tmp_path: Path) -> None:
    path = tmp_path / "plot.docx"
    with pytest.raises(InputError) as error:
        SAVED[plot](table(1, ["x", "y"]), save=path)
    assert str(error.value) == (
        f"cannot save {str(path)!r}: the suffix must be one of eps, jpg, pdf, png, svg, tif, webp."
    )
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_save_leaves_the_old_file(
    results: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plot.png"
    path.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(KeyboardInterrupt):
        pl.barplot(results, groups="C", save=path)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["plot.png"]


def test_dark_backgrounds_stay_dark_and_text_stays_readable(tmp_path: Path) -> None:
    assert ink(1) == (0, 0, 0)
    assert ink(0) == (1, 1, 1)
    with plt.style.context("dark_background"):
        ax = empty_plot({}, "Nothing to draw.")
        save_figure(ax, tmp_path / "dark.png")
        assert ink(0.75) == (0.75, 0.75, 0.75)
        assert colors.to_rgb(ax.texts[0].get_color()) == ink(0.65)
    picture = plt.imread(tmp_path / "dark.png")[..., :3]
    assert np.median(picture) == 0
    assert picture.max() > 0.6
    plt.close("all")
