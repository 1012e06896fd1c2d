"""Horizontal bars of genes or terms, coloured by what is known and what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gsfm_enrich.pl.figures import axes_or_new
from gsfm_enrich.pl.labels import label_width, row_height

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gsfm_enrich.pl.options import FigureOptions

KNOWN, NEW = "#54708c", "#1b7f5c"
POINTS = 8.5  # font size of the labels
WIDTH = 3.6  # inches


def draw_bars(figure: FigureOptions, values: Any, labels: Sequence[str], colours: Sequence[str]) -> Axes:
    """Draw horizontal bars, the first on top, on axes with room for the labels."""
    height = max(row_height(list(labels), POINTS) * len(labels), 0.6)
    margins = (label_width(labels, POINTS), 0.3, 0.75, 0.95)
    ax = axes_or_new(figure, (WIDTH, height), margins, legend=(0.0, 0.45))
    ax.barh(np.arange(len(labels)), values, height=0.74, color=list(colours), zorder=2)
    ax.set_yticks(range(len(labels)), list(labels), fontsize=POINTS)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def colour_legend(ax: Axes, names: dict[str, str], used: Sequence[str]) -> None:
    """Write a legend of the colours that are used, below the axes."""
    from matplotlib.patches import Patch

    handles = [Patch(color=colour, label=name) for name, colour in names.items() if colour in used]
    height = ax.get_window_extent().height / ax.figure.dpi
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, -0.45 / height), ncols=len(handles),
              frameon=False, fontsize=8, borderaxespad=0)  # fmt: skip
