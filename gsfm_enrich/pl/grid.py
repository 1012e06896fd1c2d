"""A grid of terms by gene lists, with its colour bar."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from gsfm_enrich.pl.colours import ink
from gsfm_enrich.pl.figures import axes_or_new, root_figure, write_title
from gsfm_enrich.pl.labels import label_width, list_labels, row_height, term_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gsfm_enrich.pl.options import FigureOptions


def grid_axes(figure: FigureOptions, lists: list[tuple[str, str]], terms: list[str]) -> Axes:
    """Return axes with a column for each gene list and a row for each term, the first on top."""
    labels, names = term_labels(terms), list_labels(lists)
    size = (max(0.42 * len(lists), 1.2), max(row_height(labels, 8) * len(labels), 1.2))
    slanted = 0.75 * label_width(names, 8.5)
    left = max(label_width(labels, 8), slanted - 0.3)
    ax = axes_or_new(figure, size, (left, 1.5, slanted, 0.45), legend=(1.35, 0.0))
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


def colour_bar(ax: Axes, drawn: Any, label: str, extend: str = "max") -> float:
    """Draw a colour bar on the right, its label above it; return where it ends (in axes units)."""
    box = ax.get_window_extent()
    width, height = box.width / ax.figure.dpi, box.height / ax.figure.dpi
    label = textwrap.fill(label, 16)
    top = 1 - (0.14 * (label.count("\n") + 1) + 0.06) / height
    tall = min(1.3, 0.4 * height) / height
    bar = ax.inset_axes((1 + 0.15 / width, top - tall, 0.13 / width, tall))
    root_figure(ax).colorbar(drawn, cax=bar, extend=extend)
    bar.tick_params(labelsize=8)
    beside = (1 + 0.13 / width, 1.0)
    ax.annotate(
        label, beside, xycoords="axes fraction", fontsize=8, va="top", ha="left", annotation_clip=False
    )
    return top - tall


def write_heading(ax: Axes, title: str, note: str) -> None:
    """Write a title, and below it in small letters what the grid leaves out."""
    write_title(ax, title, pad=14 if note else None)
    if note:
        ax.annotate(note, (0, 1), xycoords="axes fraction", xytext=(0, 4), textcoords="offset points",
                    fontsize=7.5, color=ink(0.65), annotation_clip=False)  # fmt: skip
