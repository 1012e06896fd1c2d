"""Dots of terms by groups (``ge.pl.dotplot``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.arrays import Floats
from gsfm_enrich.pl.colours import colour_map, ink
from gsfm_enrich.pl.figures import empty_plot, write_title
from gsfm_enrich.pl.grid import colour_bar, colour_ceiling, grid_axes
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
    key: str = "gsfm_enrichr",
    **figure: Unpack[ColouredByValue],
) -> Axes:
    """Draw dots of terms by groups: colour shows significance, size the share of the term in the gene list.

    The best terms of each group are drawn for every group in which they pass the cut-off. An open dot is a
    term whose measured overlap is zero: only the model places genes in it.

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
        data, key=key, groups=groups, direction=direction, column=column, cutoff=cutoff, top_term=top_term
    )
    if chosen.best.empty:
        return empty_plot(figure, nothing_to_draw(chosen, cutoff))
    results, drawn_column = chosen.results, chosen.column
    lists, terms = list_keys(results), list(dict.fromkeys(chosen.best["Term"]))
    dots = top_rows(results[results["Term"].isin(terms)], column, cutoff, len(results))
    ax = grid_axes(figure, lists, terms)
    x = dots.set_index(["group", "direction"]).index.map({pair: place for place, pair in enumerate(lists)})
    y = dots["Term"].map({term: place for place, term in enumerate(terms)})
    share = _share(dots)
    colours = strength(dots, drawn_column)
    filled = share > 0
    limits: dict[str, Any] = {
        "vmin": float(colours.min()),
        "vmax": colour_ceiling(colours),
        "cmap": colour_map(figure),
    }
    area = SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * share / max(share.max(), 1e-9)
    points = ax.scatter(
        x[filled], y[filled], s=area[filled], c=colours[filled], lw=0.4, ec=ink(0.75), zorder=3, **limits
    )
    ring: Any = points.to_rgba(colours[~filled])
    ax.scatter(x[~filled], y[~filled], s=area[~filled], facecolors="none", edgecolors=ring, lw=1.4, zorder=3)
    ax.grid(color=ink(0.08), zorder=0)
    below = colour_bar(ax, points, strength_label(drawn_column))
    _size_legend(ax, share, below)
    write_title(ax, figure.get("title") or "")
    return ax


def _share(rows: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the measured share of each term, from ``Overlap``; 1 where a table has none."""
    if "Overlap" not in rows:
        return np.ones(len(rows))
    parts = rows["Overlap"].astype(str).str.split("/", expand=True).astype(float)
    return np.asarray(parts[0] / parts[1].clip(lower=1), dtype=np.float64)


def _size_legend(ax: Axes, share: Floats, top: float) -> None:
    from matplotlib.lines import Line2D

    box = ax.get_window_extent()
    handles = [
        Line2D([], [], ls="", marker="o", color=ink(0.25), mec=ink(0.75), mew=0.4, label=f"{value:.0%}",
               ms=np.sqrt(SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * value / share.max()))
        for value in _legend_shares(float(share.max()))
    ]  # fmt: skip
    if (share == 0).any():
        handles.append(
            Line2D(
                [], [], ls="", marker="o", mfc="none", mec=ink(0.75), ms=SMALLEST_DOT**0.5, label="model only"
            )
        )
    place = (1 + 0.1 * ax.figure.dpi / box.width, top - 0.3 * ax.figure.dpi / box.height)
    ax.legend(handles=handles, title="overlap", loc="upper left", bbox_to_anchor=place, frameon=False,
              fontsize=8, title_fontsize=8, borderaxespad=0, labelspacing=0.7)  # fmt: skip


def _legend_shares(largest: float) -> list[float]:
    """Return three shares for the legend, the largest being the largest drawn."""
    return [share for share in (largest / 4, largest / 2, largest) if share > 0]
