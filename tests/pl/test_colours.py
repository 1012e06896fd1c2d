"""Colours: those that were asked for, or ones that suit the background."""

from __future__ import annotations

from typing import Any

import pytest
from drawn import plain_rows
from matplotlib import colormaps, colors
from matplotlib import pyplot as plt

from gsfm_enrich import pl
from gsfm_enrich.errors import InputError
from gsfm_enrich.pl.colours import class_colours, colour_map

ROWS = plain_rows("a", {"x": 0.01, "y": 0.02})
TWO = {"a": "red", "b": "blue"}


@pytest.mark.parametrize(
    ("palette", "expected"),
    [
        (None, TWO),
        (["green"], {"a": "green", "b": "green"}),
        (("green", "0.5"), {"a": "green", "b": "0.5"}),
        ({"b": "green"}, {"a": "red", "b": "green"}),
        ("tab10", {"a": colormaps["tab10"](0), "b": colormaps["tab10"](1)}),
        ("viridis", {"a": colormaps["viridis"](0.0), "b": colormaps["viridis"](1.0)}),
    ],
)
def test_palettes(palette: Any, expected: dict[str, Any]) -> None:
    assert class_colours(palette, ["a", "b"], TWO) == expected


def test_more_names_than_colours_start_again() -> None:
    assert list(class_colours(["r", "g"], range(5)).values()) == ["r", "g", "r", "g", "r"]


@pytest.mark.parametrize(
    ("palette", "named"),
    [("vridis", "viridis"), (["rod"], "'rod'"), ([], "no colour"), ({"c": "red"}, "'c'")],
)
def test_wrong_palettes(palette: Any, named: str) -> None:
    with pytest.raises(InputError, match=named):
        class_colours(palette, ["a", "b"], TWO)


def test_bars_of_a_group_have_the_colour_that_a_dict_gives_it() -> None:
    ax = pl.barplot(ROWS, palette={"a": "red"})
    assert {colors.to_hex(bar.get_facecolor()) for bar in ax.patches} == {"#ff0000"}


def test_one_quantity_has_one_colour_map() -> None:
    maps = {draw(ROWS).collections[0].get_cmap().name for draw in (pl.dotplot, pl.heatmap)}
    assert maps == {"magma_r"}
    with plt.style.context("dark_background"):  # the largest value is never next to the background
        assert pl.dotplot(ROWS).collections[0].get_cmap().name == "magma"


def test_colour_maps_by_either_name() -> None:
    assert colour_map({"color_map": "Reds"}) == colour_map({"cmap": "Reds"}) == colormaps["Reds"]
    own = colors.ListedColormap(["red", "blue"])
    assert colour_map({"cmap": own}) is own
    assert pl.heatmap(ROWS, color_map="Reds").collections[0].get_cmap().name == "Reds"
    with pytest.raises(InputError, match="Reds"):
        colour_map({"cmap": "Redz"})
    with pytest.raises(InputError, match="color_map and cmap"):
        colour_map({"cmap": "Reds", "color_map": "Reds"})
    with pytest.raises(InputError, match="color_map must be"):
        pl.heatmap(ROWS, color_map=3)
