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
from gsfm_enrich.errors import InputError, did_you_mean
from gsfm_enrich.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

FORMATS = ("eps", "jpg", "pdf", "png", "svg", "tif", "webp")
UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
SALT = "gsfm_enrich"
"""Salt of the names inside an SVG. With it, and without dates, the same plot gives the same bytes."""
FONT = "DejaVu Sans"
"""The font of pages, which comes with matplotlib; readers without it get one of about the same width."""
FONTS = f"'{FONT}', Verdana, sans-serif"


def axes_or_new(
    ax: Axes | None, size: tuple[float, float], margins: tuple[float, float, float, float]
) -> Axes:
    """Return `ax`, or the axes of a new figure with room for everything.

    Parameters
    ----------
    ax
        The caller's axes, returned unchanged.
    size
        Width and height of the new axes, in inches.
    margins
        Room on their left, right, bottom and top, in inches.
    """
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    (width, height), (left, right, bottom, top) = size, margins
    figure = plt.figure(figsize=(left + width + right, bottom + height + top))
    whole_width, whole_height = figure.get_size_inches()
    place = (left / whole_width, bottom / whole_height, width / whole_width, height / whole_height)
    return figure.add_axes(place)


def colour_map(name: str) -> Colormap:
    """Return one of matplotlib's colour maps.

    Raises
    ------
    InputError
        If there is none of that name; the message gives similar names.
    """
    from matplotlib import colormaps

    if name not in colormaps:
        raise InputError(f"cmap {name!r} is not a colour map of matplotlib.{did_you_mean(name, colormaps)}")
    return colormaps[name]


def ink(strength: float) -> tuple[float, float, float]:
    """Return the text colour mixed with the background: 1 gives the text's colour, 0 the background's.

    Greys thus suit both light and dark backgrounds.
    """
    from matplotlib import rcParams
    from matplotlib.colors import to_rgb

    text, background = np.array(to_rgb(rcParams["text.color"])), np.array(to_rgb(rcParams["axes.facecolor"]))
    red, green, blue = (strength * text + (1 - strength) * background).round(4).tolist()
    return red, green, blue


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


def empty_plot(ax: Axes | None, text: str, save: str | os.PathLike[str] | None) -> Axes:
    """Write the reason why nothing is drawn on otherwise empty axes, and save them."""
    ax = axes_or_new(ax, (5.5, 1.5), (0.25, 0.25, 0.25, 0.25))
    ax.set_axis_off()
    ax.text(
        0.5, 0.5, textwrap.fill(text, 60), ha="center", va="center", transform=ax.transAxes, color=ink(0.65)
    )
    return save_figure(ax, save)


def save_figure(ax: Axes, save: str | os.PathLike[str] | None, dpi: int = 150) -> Axes:
    """Write the figure of `ax` to `save` (format by its suffix), completely or not at all; return `ax`.

    The picture is cropped to what is drawn, and enlarged where that does not fit into the figure.

    Raises
    ------
    InputError
        If the suffix is not one of ``FORMATS``.
    """
    if save is None:
        return ax
    path = Path(save)
    suffix = path.suffix.lower().lstrip(".") or "png"
    if suffix not in FORMATS:
        raise InputError(f"cannot save {str(path)!r}: the suffix must be one of {', '.join(FORMATS)}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    from matplotlib import rc_context

    figure = root_figure(ax)
    options: dict[str, Any] = {
        "dpi": dpi,
        "bbox_inches": "tight",
        "facecolor": figure.get_facecolor(),
        "metadata": UNDATED.get(suffix),
    }
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": SALT}):
        figure.savefig(buffer, format=suffix, **options)
    write_atomically(path, buffer.getvalue())
    return ax


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


def svg_address(draw: Callable[[], Axes]) -> str:
    """Draw a plot in its own figure, and return it as an image address for a web page.

    The address holds the whole picture: an SVG whose text is drawn by the reader's browser. It does not
    depend on the caller's plot style.

    Parameters
    ----------
    draw
        Function that makes the plot in a new figure.

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
        figure = root_figure(draw())
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
        plt.close(figure)
    svg = buffer.getvalue().replace(f"'{FONT}'".encode(), FONTS.encode())
    svg = svg[svg.index(b"<svg") :]  # without the address of a document type
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode('ascii')}"
