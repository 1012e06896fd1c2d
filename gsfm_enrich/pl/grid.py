"""A grid of terms by gene lists, with its colour bar."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from gsfm_enrich.pl.colours import ink
from gsfm_enrich.pl.figures import axes_or_new, root_figure
from gsfm_enrich.pl.labels import label_width, list_label, row_height, term_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gsfm_enrich.pl.options import FigureOptions


def grid_axes(figure: FigureOptions, lists: list[tuple[str, str]], terms: list[str]) -> Axes:
    """Return axes with a column for each gene list and a row for each term, the first on top."""
    labels, names = term_labels(terms), [list_label(*pair) for pair in lists]
    size = (max(0.42 * len(lists), 1.2), max(row_height(labels, 8) * len(labels), 1.2))
    slanted = 0.75 * label_width(names, 8.5)
    left = max(label_width(labels, 8), slanted - 0.3)
    ax = axes_or_new(figure, size, (left, 1.5, slanted, 0.4))
    ax.set_xticks(range(len(lists)), names, rotation=45, ha="right", rotation_mode="anchor", fontsize=8.5)
    ax.set_yticks(range(len(terms)), labels, fontsize=8)
    ax.set_xlim(-0.6, len(lists) - 0.4)
    ax.set_ylim(len(terms) - 0.4, -0.6)
    ax.tick_params(length=0)
    ax.spines[["top", "right", "left", "bottom"]].set_color(ink(0.2))
    return ax


def colour_ceiling(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Return the upper end of the colour scale: one outlier must not make all other dots pale."""
    return float(max(np.quantile(values, 0.95), values.min() + 1e-9))


def colour_bar(ax: Axes, drawn: Any, label: str) -> float:
    """Draw a colour bar on the right, of a fixed size; return where it ends (in axes units)."""
    box = ax.get_window_extent()
    width, height = box.width / ax.figure.dpi, box.height / ax.figure.dpi
    tall = min(1.5, 0.55 * height) / height
    bar = ax.inset_axes((1 + 0.15 / width, 1 - tall, 0.13 / width, tall))
    root_figure(ax).colorbar(drawn, cax=bar, extend="max").set_label(textwrap.fill(label, 18), fontsize=8)
    bar.tick_params(labelsize=8)
    return 1 - tall
