"""What every plot takes, with scanpy's meaning, written once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

Palette: TypeAlias = str | Sequence[Any] | Mapping[Any, Any]
"""Colours: a name that matplotlib knows, a list, or a dict from what is coloured to its colour."""


class FigureOptions(TypedDict, total=False):
    """What every plot takes."""

    title: str | None
    figsize: tuple[float, float] | None
    ax: Axes | None
    show: bool | None
    return_fig: bool
    save: str | os.PathLike[str] | None


class ColouredByClass(FigureOptions, total=False):
    """What a plot takes whose colours tell kinds or groups apart."""

    palette: Palette | None


class ColouredByValue(FigureOptions, total=False):
    """What a plot takes whose colours are numbers."""

    color_map: str | Colormap | None
    cmap: str | Colormap | None


OPTIONS = {kind.__name__: kind for kind in (FigureOptions, ColouredByClass, ColouredByValue)}
