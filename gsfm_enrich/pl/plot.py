"""How every plot begins and ends: its parameters, and whether it is saved, shown or returned."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, cast

from gsfm_enrich.errors import InputError
from gsfm_enrich.pl.figures import checked_path, root_figure, save_figure
from gsfm_enrich.pl.options import OPTIONS, FigureOptions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")

Drawn: TypeAlias = "Axes | Figure | None"
RETURNS = """    Returns
    -------
    matplotlib.axes.Axes or matplotlib.figure.Figure or None
        The axes; with ``return_fig`` the figure; None if the plot was shown.

"""
RAISES = """    Raises
    ------
    InputError
        For a group, direction, column or colour that does not exist, or a suffix that cannot be written.

"""


def plot(draw: Callable[P, Axes]) -> Callable[P, Drawn]:
    """Make a public plot of a function that draws on axes.

    The plot shows the options of ``**figure`` in its signature, one by one, and what has been drawn is saved,
    shown or returned as they say. What it returns and raises is added to its docstring.

    Parameters
    ----------
    draw
        Function whose last parameter is ``**figure: Unpack[...]``, of one of ``OPTIONS``. It reads
        ``title``, ``figsize``, ``ax`` and the colours from it.

    Returns
    -------
    function
    """

    @functools.wraps(draw)
    def entrance(*args: P.args, **kwargs: P.kwargs) -> Drawn:
        figure = cast(FigureOptions, kwargs)
        if figure.get("ax") is not None and figure.get("figsize") is not None:
            raise InputError("figsize is the size of a new figure; the figure of ax has one: pass only one.")
        path = checked_path(figure.get("save"))
        ax = draw(*args, **kwargs)
        if path is not None:
            save_figure(ax, path)
        if figure.get("return_fig"):
            return root_figure(ax)
        show = figure.get("show")
        if show or (show is None and figure.get("ax") is None and _scanpy_shows(ax)):
            from matplotlib import pyplot as plt

            plt.show()
            return None
        return ax

    entrance.__signature__ = _spelled_out(draw)  # type: ignore[attr-defined]
    entrance.__doc__ = _completed(draw.__doc__ or "")
    return entrance


def _completed(text: str) -> str:
    """Return a docstring with the sections that all plots share: Returns, and Raises where it has none."""
    if "    Raises\n" in text:
        return text.replace("    Raises\n", f"{RETURNS}    Raises\n", 1)
    return text.replace("    Examples\n", f"{RETURNS}{RAISES}    Examples\n", 1)


def _scanpy_shows(ax: Axes) -> bool:
    """Return whether scanpy is loaded and would show the figure, and it has a window to be shown in."""
    scanpy = sys.modules.get("scanpy")
    windowed = getattr(root_figure(ax).canvas, "required_interactive_framework", None) is not None
    return windowed and scanpy is not None and bool(scanpy.settings.autoshow)


def _spelled_out(draw: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a plot with each of its options as a parameter."""
    signature = inspect.signature(draw)
    *own, rest = signature.parameters.values()
    kind = OPTIONS[str(rest.annotation).removeprefix("Unpack[").removesuffix("]")]
    common = FigureOptions.__annotations__
    names = sorted(kind.__annotations__, key=lambda name: name in common)  # those of colours first
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if name == "return_fig" else None,
            annotation=getattr(kind.__annotations__[name], "__forward_arg__", kind.__annotations__[name]),
        )
        for name in names
    ]
    return signature.replace(parameters=[*own, *options], return_annotation="Axes | Figure | None")
