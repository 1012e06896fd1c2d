"""What every plot takes, and how it ends: saved, shown or returned, as with scanpy."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from drawn import plain_rows
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gsfm_enrich import pl
from gsfm_enrich.errors import InputError

COMMON = ["title", "figsize", "ax", "show", "return_fig", "save"]
BY_VALUE = {"compare", "dotplot", "heatmap"}
ROWS = plain_rows("a", {"x": 0.01, "y": 0.02}, {"x": "A;B", "y": "A;C"})
DRAWS: dict[str, Callable[..., Any]] = {
    name: partial(getattr(pl, name), ROWS) for name in ("barplot", "dotplot", "heatmap", "network")
}


@pytest.mark.parametrize("name", pl.__all__)
def test_every_plot_shows_the_same_parameters(name: str) -> None:
    signature = inspect.signature(getattr(pl, name))
    colours = ["color_map", "cmap"] if name in BY_VALUE else ["palette"]
    shared = list(signature.parameters)[-len(COMMON) - len(colours) :]
    assert shared == [*colours, *COMMON]
    defaults = {signature.parameters[part].default for part in shared}
    assert defaults == {None, False}
    kinds = {signature.parameters[part].kind for part in shared}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}
    assert "tuple[float, float]" in signature.parameters["figsize"].annotation
    text = getattr(pl, name).__doc__
    assert text.count("Returns\n") == text.count("matplotlib.figure.Figure or None") == 1


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_axes_figure_or_nothing(draw: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf()))
    assert isinstance(draw(), Axes)
    assert isinstance(draw(show=False), Axes)
    assert isinstance(draw(return_fig=True), Figure)
    assert isinstance(draw(return_fig=True, show=True), Figure)
    assert shown == []
    assert draw(show=True) is None
    assert shown == [plt.gcf()]


@pytest.mark.parametrize("autoshow", [True, False])
def test_by_default_windows_open_as_scanpy_says(autoshow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(True))
    scanpy = SimpleNamespace(settings=SimpleNamespace(autoshow=autoshow))
    monkeypatch.setitem(sys.modules, "scanpy", scanpy)
    canvas = type(plt.figure().canvas)
    assert pl.barplot(ROWS) is not None  # a backend without windows
    monkeypatch.setattr(canvas, "required_interactive_framework", "qt", raising=False)
    assert (pl.barplot(ROWS) is None) == autoshow
    assert pl.barplot(ROWS, ax=plt.figure().subplots()) is not None  # the caller's figure may not be ready
    assert len(shown) == autoshow


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@pytest.mark.parametrize("size", [(9.0, 7.0), (3.0, 2.0)])
def test_figsize(draw: Callable[..., Any], size: tuple[float, float]) -> None:
    figure = draw(figsize=size, return_fig=True)
    assert tuple(figure.get_size_inches()) == size
    place = figure.axes[0].get_position()
    assert min(place.width, place.height) > 0.1
    assert min(place.x0, place.y0, 1 - place.x1, 1 - place.y1) >= 0


def test_figsize_and_ax_exclude_each_other() -> None:
    with pytest.raises(InputError, match="figsize"):
        pl.barplot(ROWS, ax=plt.figure().subplots(), figsize=(3, 3))
    with pytest.raises(InputError, match="400"):
        pl.barplot(ROWS, figsize=(1e6, 3))


def test_an_unknown_suffix_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="docx"):
        pl.barplot(pd.DataFrame({"not": ["results"]}), save=tmp_path / "plot.docx")


def test_unknown_parameters_are_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        pl.barplot(ROWS, colour="red")
