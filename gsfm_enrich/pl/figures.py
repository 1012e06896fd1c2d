"""Make axes with room for everything on them, and save them as pictures."""

from __future__ import annotations

import base64
import io
import os
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gsfm_enrich.arrays import Floats
from gsfm_enrich.errors import InputError
from gsfm_enrich.files import write_atomically
from gsfm_enrich.pl.colours import ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gsfm_enrich.pl.options import FigureOptions

FORMATS = ("eps", "jpg", "pdf", "png", "svg", "tif", "webp")
UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
SALT = "gsfm_enrich"
"""Salt of the names inside an SVG. With it, and without dates, the same plot gives the same bytes."""
FONT = "DejaVu Sans"
"""The font of pages, which comes with matplotlib; readers without it get one of about the same width."""
DPI, LARGEST_SIDE = 150, 4000
"""Pixels per inch of a saved picture, and on its longest side."""
MOST_MARGIN = 0.85
"""Share of the width or height of a figure of the caller's size that margins take at most."""
MOST_LEGEND = 0.7
"""Share of the width or height of the caller's axes that legends take at most."""
FONTS = f"'{FONT}', Verdana, sans-serif"


def axes_or_new(
    options: FigureOptions,
    size: tuple[float, float],
    margins: tuple[float, float, float, float],
    legend: tuple[float, float] = (0.0, 0.0),
) -> Axes:
    """Return the caller's axes, or those of a new figure with room for everything.

    Parameters
    ----------
    options
        What the plot was called with. In a figure of the caller's size, margins stay and the axes adapt.
    size
        Width and height of the new axes, in inches.
    margins
        Room on their left, right, bottom and top, in inches.
    legend
        How much of the room on the right and at the bottom is for legends, in inches. The caller's axes get
        smaller by it, so that legends do not cover their neighbours.
    """
    ax = options.get("ax")
    if ax is not None:
        return _make_room(ax, *legend)
    from matplotlib import pyplot as plt

    left, right, bottom, top = margins
    width, height = options.get("figsize") or (left + size[0] + right, bottom + size[1] + top)
    across = 1.0 if options.get("figsize") is None else min(MOST_MARGIN * width / (left + right), 1.0)
    up = 1.0 if options.get("figsize") is None else min(MOST_MARGIN * height / (bottom + top), 1.0)
    place = (across * left / width, up * bottom / height,
             1 - across * (left + right) / width, 1 - up * (bottom + top) / height)  # fmt: skip
    return plt.figure(figsize=(width, height)).add_axes(place)


def _make_room(ax: Axes, right: float, bottom: float) -> Axes:
    """Shrink axes within their place; a layout engine of the figure sees legends and makes room itself."""
    figure = root_figure(ax)
    if figure.get_layout_engine() is None and (right or bottom):
        x, y, width, height = ax.get_position().bounds
        whole_width, whole_height = figure.get_size_inches()
        across = min(right / whole_width, MOST_LEGEND * width)
        up = min(bottom / whole_height, MOST_LEGEND * height)
        ax.set_position((x, y + up, width - across, height - up))
    return ax


def write_title(ax: Axes, title: str, **style: Any) -> None:
    """Write a title above the axes; matplotlib's own search for its height measures all labels."""
    ax.set_title(title, loc="left", y=1.0, **style)


def draw_lines(ax: Axes, ends: Floats, strength: Floats, **style: Any) -> None:
    """Draw the lines of a network, grouped by strength: hundreds of artists would be slow and large.

    Parameters
    ----------
    ax
        Axes to draw on.
    ends
        Lines x 2 ends x 2 coordinates.
    strength
        Strength of each line, 0 to 1; the stronger, the thicker.
    style
        Style of all lines.
    """
    steps = np.round(strength, 1)
    for step in np.unique(steps):
        chain = np.full((int((steps == step).sum()), 3, 2), np.nan)  # a gap after each line
        chain[:, :2] = ends[steps == step]
        ax.plot(chain[..., 0].ravel(), chain[..., 1].ravel(), lw=0.3 + 2.2 * step, zorder=1, **style)


def empty_plot(options: FigureOptions, text: str) -> Axes:
    """Write the reason why nothing is drawn on otherwise empty axes."""
    ax = axes_or_new(options, (5.5, 1.5), (0.25, 0.25, 0.25, 0.25))
    ax.set_axis_off()
    ax.text(
        0.5, 0.5, textwrap.fill(text, 60), ha="center", va="center", transform=ax.transAxes, color=ink(0.65)
    )
    return ax


def checked_path(save: str | os.PathLike[str] | None) -> Path | None:
    """Return the path of a picture.

    Raises
    ------
    InputError
        If its suffix is not one of ``FORMATS``.
    """
    if save is None:
        return None
    path = Path(save)
    if _format(path) not in FORMATS:
        raise InputError(f"cannot save {str(path)!r}: the suffix must be one of {', '.join(FORMATS)}.")
    return path


def _format(path: Path) -> str:
    return path.suffix.lower().lstrip(".") or "png"


def save_figure(ax: Axes, path: Path) -> None:
    """Write the figure of `ax` to a file, its format given by the suffix, completely or not at all.

    The picture is cropped to what is drawn, and enlarged where that does not fit into the figure. A figure
    that is very large is written with fewer pixels per inch.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    from matplotlib import rc_context

    figure = root_figure(ax)
    options: dict[str, Any] = {
        "dpi": min(DPI, LARGEST_SIDE / max(figure.get_size_inches())),
        "bbox_inches": "tight",
        "facecolor": figure.get_facecolor(),
        "metadata": UNDATED.get(_format(path)),
    }
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": SALT}):
        figure.savefig(buffer, format=_format(path), **options)
    write_atomically(path, buffer.getvalue())


def root_figure(ax: Axes) -> Figure:
    """Return the figure that `ax` is part of.

    Raises
    ------
    InputError
        If `ax` was removed from its figure.
    """
    figure = ax.get_figure(root=True)
    if figure is None:
        raise InputError("ax belongs to no figure.")
    return figure


def svg_address(draw: Callable[..., Any]) -> str:
    """Draw a plot in its own figure, and return it as an image address for a web page.

    The address holds the whole picture: an SVG whose text is drawn by the reader's browser. It does not
    depend on the caller's plot style.

    Parameters
    ----------
    draw
        One of the plots, with its data: it makes a new figure.

    Returns
    -------
    str
        ``data:image/svg+xml;base64,...``; the same bytes for the same plot.
    """
    from matplotlib import pyplot as plt
    from matplotlib import style

    look = {"svg.fonttype": "none", "svg.hashsalt": SALT, "font.family": FONT}
    buffer = io.BytesIO()
    with style.context(["default", look]), plt.ioff():
        figure = draw(return_fig=True)
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
        plt.close(figure)
    svg = buffer.getvalue().replace(f"'{FONT}'".encode(), FONTS.encode())
    svg = svg[svg.index(b"<svg") :]  # without the address of a document type
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode('ascii')}"
