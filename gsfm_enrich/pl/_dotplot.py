"""Dots of terms by groups (``ge.pl.dotplot``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.arrays import Floats
from gsfm_enrich.pl.colours import colour_map, ink
from gsfm_enrich.pl.figures import empty_plot
from gsfm_enrich.pl.folding import FOLD, folded_note
from gsfm_enrich.pl.grid import colour_bar, colour_ceiling, grid_axes, write_heading
from gsfm_enrich.pl.options import ColouredByValue
from gsfm_enrich.pl.plot import plot
from gsfm_enrich.pl.plot_data import (
    choose_rows,
    list_keys,
    nothing_to_draw,
    strength,
    strength_label,
    top_rows,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALLEST_DOT, LARGEST_DOT = 14.0, 150.0  # areas in points squared
LARGE = 5.0
"""Genes from which on the largest dot of a plot has the largest area."""


@checked
@plot
def dotplot(
    data: Any,
    *,
    groups: str | Iterable[str] | None = None,
    direction: str | None = None,
    column: str | None = None,
    cutoff: float = 0.05,
    top_term: int = 3,
    fold: float | None = FOLD,
    key: str = "gsfm_enrichr",
    **figure: Unpack[ColouredByValue],
) -> Axes:
    """Draw dots of terms by groups: colour shows significance, size the genes behind it.

    The best terms of each group are drawn for every group in which they pass the cut-off. The area of a dot
    is the expected overlap: genes of the list in the term, and the probability of membership of the others;
    without re-ranking it is the overlap. An open dot is a term whose overlap is zero: only the model places
    genes in it.

    Parameters
    ----------
    column
        Column that sets the colour of the dots: by default the adjusted p-values that terms are ranked by.
        P-values are drawn as -log10.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.pl.dotplot(adata, direction="up", save="dots.png")  # doctest: +SKIP
    """
    chosen = choose_rows(
        data, key=key, groups=groups, direction=direction, column=column, cutoff=cutoff, top_term=top_term,
        fold=fold,
    )  # fmt: skip
    if chosen.best.empty:
        return empty_plot(figure, nothing_to_draw(chosen, cutoff))
    results, drawn_column = chosen.results, chosen.column
    lists, terms = list_keys(results), list(dict.fromkeys(chosen.best["Term"]))
    dots = top_rows(results[results["Term"].isin(terms)], column, cutoff, len(results))
    ax = grid_axes(figure, lists, terms)
    x = dots.set_index(["group", "direction"]).index.map({pair: place for place, pair in enumerate(lists)})
    y = dots["Term"].map({term: place for place, term in enumerate(terms)})
    genes, counted = _genes(dots)
    colours = strength(dots, drawn_column)
    filled = _hits(dots) > 0
    limits: dict[str, Any] = {
        "vmin": float(colours.min()),
        "vmax": colour_ceiling(colours),
        "cmap": colour_map(figure),
    }
    area = _areas(genes, float(genes.max()))
    points = ax.scatter(
        x[filled], y[filled], s=area[filled], c=colours[filled], lw=0.4, ec=ink(0.75), zorder=3, **limits
    )
    ring: Any = points.to_rgba(colours[~filled])
    ax.scatter(x[~filled], y[~filled], s=area[~filled], facecolors="none", edgecolors=ring, lw=1.4, zorder=3)
    ax.grid(color=ink(0.08), zorder=0)
    below = colour_bar(ax, points, strength_label(drawn_column))
    _size_legend(ax, genes, counted, below, open_dots=not filled.all())
    write_heading(ax, figure.get("title") or "", folded_note(chosen.best))
    return ax


def _hits(rows: pd.DataFrame) -> Floats:
    """Return the measured overlap of each term, from ``Overlap``; 1 where a table has none."""
    if "Overlap" not in rows:
        return np.ones(len(rows))
    hits = rows["Overlap"].astype(str).str.split("/").str[0]
    return np.asarray(hits.astype(float), dtype=np.float64)


def _genes(rows: pd.DataFrame) -> tuple[Floats, str]:
    """Return the genes behind each dot, and what they are called."""
    if "Expected Overlap" in rows:
        return rows["Expected Overlap"].to_numpy(dtype=np.float64), "expected overlap"
    return _hits(rows), "overlap"


def _areas(genes: Floats, most: float) -> Floats:
    """Return the area of dots; a few genes never make a large one."""
    return np.asarray(SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * genes / max(most, LARGE))


def _size_legend(ax: Axes, genes: Floats, counted: str, top: float, *, open_dots: bool) -> None:
    from matplotlib.lines import Line2D

    box = ax.get_window_extent()
    most = float(genes.max())
    style: dict[str, Any] = {"ls": "", "marker": "o", "mec": ink(0.75)}
    handles = [
        Line2D([], [], color=ink(0.25), mew=0.4, label=f"{value:g}",
               ms=float(np.sqrt(_areas(np.array(value), most))), **style)
        for value in _round_numbers(most)
    ]  # fmt: skip
    if open_dots:
        handles.append(Line2D([], [], mfc="none", ms=SMALLEST_DOT**0.5, label="model only", **style))
    place = (1 + 0.1 * ax.figure.dpi / box.width, top - 0.22 * ax.figure.dpi / box.height)
    ax.legend(handles=handles, title=counted, loc="upper left", bbox_to_anchor=place, frameon=False,
              fontsize=8, title_fontsize=8, borderaxespad=0, labelspacing=0.7)  # fmt: skip


def _round_numbers(most: float) -> list[float]:
    """Return up to three round numbers of genes, the largest at most that of the largest dot."""
    steps = [step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if step <= most]
    return [float(step) for step in reversed(steps[::-1][:5:2])] or [round(most, 1)]
