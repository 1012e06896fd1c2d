"""Plots of terms by groups (``ge.pl.dotplot`` and ``ge.pl.heatmap``)."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gsfm_enrich.pl.figures import axes_or_new, empty_plot, root_figure, save_figure, write_title
from gsfm_enrich.pl.labels import label_width, list_label, row_height, term_labels
from gsfm_enrich.pl.plotdata import (
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
GREY, INK = "0.75", "0.25"
FloatArray = np.ndarray[Any, np.dtype[np.float64]]


def dotplot(
    data: Any,
    *,
    groups: str | Iterable[str] | None = None,
    direction: str | None = None,
    column: str | None = None,
    cutoff: float = 0.05,
    top_term: int = 3,
    key: str = "gsfm_enrichr",
    cmap: str = "viridis_r",
    title: str | None = None,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
) -> Axes:
    """Dots of terms by groups: colour says how significant, size how much of the term is among the genes.

    The best terms of every group are drawn for all groups they pass the cut-off in. An open dot is a term
    whose measured overlap is zero: the model alone places it there.

    Parameters
    ----------
    data
        An AnnData with results, a data frame of results, or what :func:`gsfm_enrich.enrichr` returned.
    groups
        Group or groups, drawn in this order; all by default.
    direction
        ``"up"`` or ``"down"``; both by default, marked by arrows.
    column
        What colours the dots: by default ``GSFM Adjusted P-value``, or ``Adjusted P-value`` without
        re-ranking. P-values are drawn as -log10.
    cutoff
        Largest adjusted p-value to draw.
    top_term
        Best terms to take from each group and direction.
    key
        Slot of ``adata.uns`` that holds the results.
    cmap
        A matplotlib colour map.
    title
        Title of the plot.
    ax
        Axes to draw on; a new figure of fitting size by default.
    save
        File to write, its format given by the suffix.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        For an unknown group, direction or column, or a suffix that cannot be written.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.pl.dotplot(adata, direction="up", save="dots.png")  # doctest: +SKIP
    """
    chosen = choose_rows(
        data, key=key, groups=groups, direction=direction, column=column, cutoff=cutoff, top_term=top_term
    )
    if chosen.best.empty:
        return empty_plot(ax, nothing_to_draw(chosen, cutoff), save)
    results, drawn_column = chosen.results, chosen.column
    lists, terms = list_keys(results), list(dict.fromkeys(chosen.best["Term"]))
    dots = top_rows(results[results["Term"].isin(terms)], column, cutoff, len(results))
    ax = grid_axes(ax, lists, terms)
    x = dots.set_index(["group", "direction"]).index.map({pair: place for place, pair in enumerate(lists)})
    y = dots["Term"].map({term: place for place, term in enumerate(terms)})
    share = _share(dots)
    colours = strength(dots, drawn_column)
    filled = share > 0
    limits: dict[str, Any] = {"vmin": float(colours.min()), "vmax": _ceiling(colours), "cmap": cmap}
    area = SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * share / max(share.max(), 1e-9)
    points = ax.scatter(
        x[filled], y[filled], s=area[filled], c=colours[filled], lw=0.4, ec=INK, zorder=3, **limits
    )
    ring: Any = points.to_rgba(colours[~filled])
    ax.scatter(x[~filled], y[~filled], s=area[~filled], facecolors="none", edgecolors=ring, lw=1.4, zorder=3)
    ax.grid(color="0.92", zorder=0)
    below = _colour_bar(ax, points, strength_label(drawn_column))
    _size_legend(ax, share, below)
    write_title(ax, title or "")
    return save_figure(ax, save)


def heatmap(
    data: Any,
    *,
    groups: str | Iterable[str] | None = None,
    direction: str | None = None,
    column: str | None = None,
    cutoff: float = 0.05,
    top_term: int = 3,
    cluster: bool = True,
    key: str = "gsfm_enrichr",
    cmap: str = "magma_r",
    title: str | None = None,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
) -> Axes:
    """Heat map of terms by groups: every group's best terms, shown for all groups whether they pass or not.

    Cells that pass the cut-off have a point. A white cell is a term that shares no gene with the group.

    Parameters
    ----------
    data
        An AnnData with results, a data frame of results, or what an ``enrichr`` returned.
    groups
        Group or groups; all by default.
    direction
        ``"up"`` or ``"down"``; both by default.
    column
        What colours the cells: by default ``GSFM Adjusted P-value``, or ``Adjusted P-value`` without
        re-ranking. P-values are drawn as -log10.
    cutoff
        Largest adjusted p-value of a term to take, and of a cell to mark.
    top_term
        Best terms to take from each group and direction.
    cluster
        Put like terms and like groups side by side (average linkage of the distances between their values);
        otherwise they stay in the order of the results.
    key
        Slot of ``adata.uns`` that holds the results.
    cmap
        A matplotlib colour map.
    title
        Title of the plot.
    ax
        Axes to draw on; a new figure of fitting size by default.
    save
        File to write, its format given by the suffix.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        For an unknown group, direction or column, or a suffix that cannot be written.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.pl.heatmap(adata, direction="up", save="heat.png")  # doctest: +SKIP
    """
    chosen = choose_rows(
        data, key=key, groups=groups, direction=direction, column=column, cutoff=cutoff, top_term=top_term
    )
    if chosen.best.empty:
        return empty_plot(ax, nothing_to_draw(chosen, cutoff), save)
    lists, terms = list_keys(chosen.results), list(dict.fromkeys(chosen.best["Term"]))
    rows = chosen.results[chosen.results["Term"].isin(terms)]
    values = _table(rows, strength(rows, chosen.column), terms, lists)
    passed = _table(rows, np.where(rows[chosen.judged] <= cutoff, 1.0, 0.0), terms, lists) == 1
    if cluster:
        by_term, by_list = _order(values), _order(values.T)
        values, passed = values[by_term][:, by_list], passed[by_term][:, by_list]
        terms, lists = [terms[place] for place in by_term], [lists[place] for place in by_list]
    ax = grid_axes(ax, lists, terms)
    low = min(0.0, float(np.nanmin(values)))
    cells = ax.pcolormesh(
        np.arange(len(lists)), np.arange(len(terms)), np.ma.masked_invalid(values), shading="nearest",
        vmin=low, vmax=_ceiling(values[passed]), cmap=cmap, ec="white", lw=0.5,
    )  # fmt: skip
    y, x = np.nonzero(passed)
    ax.plot(x, y, ".", color="white", mec=INK, mew=0.4, ms=5, zorder=3)
    _colour_bar(ax, cells, strength_label(chosen.column))
    write_title(ax, title or "")
    return save_figure(ax, save)


def grid_axes(ax: Axes | None, lists: list[tuple[str, str]], terms: list[str]) -> Axes:
    """Return axes with a column for each gene list and a row for each term, the first on top."""
    labels, names = term_labels(terms), [list_label(*pair) for pair in lists]
    size = (max(0.42 * len(lists), 1.2), max(row_height(labels, 8) * len(labels), 1.2))
    slanted = 0.75 * label_width(names, 8.5)
    left = max(label_width(labels, 8), slanted - 0.3)
    ax = axes_or_new(ax, size, (left, 1.5, slanted, 0.4))
    ax.set_xticks(range(len(lists)), names, rotation=45, ha="right", rotation_mode="anchor", fontsize=8.5)
    ax.set_yticks(range(len(terms)), labels, fontsize=8)
    ax.set_xlim(-0.6, len(lists) - 0.4)
    ax.set_ylim(len(terms) - 0.4, -0.6)
    ax.tick_params(length=0)
    ax.spines[["top", "right", "left", "bottom"]].set_color("0.8")
    return ax


def _table(
    rows: pd.DataFrame, values: FloatArray, terms: list[str], lists: list[tuple[str, str]]
) -> FloatArray:
    """Return values as terms by gene lists, NaN where there is no row."""
    table = np.full((len(terms), len(lists)), np.nan)
    row, column = {term: place for place, term in enumerate(terms)}, {pair: i for i, pair in enumerate(lists)}
    places = zip(rows["Term"], zip(rows["group"], rows["direction"], strict=True), strict=True)
    for (term, pair), value in zip(places, values, strict=True):
        table[row[term], column[pair]] = np.fmax(table[row[term], column[pair]], value)
    return table


def _order(values: FloatArray) -> list[int]:
    """Return an order of the rows that puts like ones side by side."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    if len(values) < 3:
        return list(range(len(values)))
    filled = np.nan_to_num(values)
    return [int(place) for place in leaves_list(linkage(filled, "average", optimal_ordering=True))]


def _share(rows: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the measured share of each term, from ``Overlap``; 1 where a table has none."""
    if "Overlap" not in rows:
        return np.ones(len(rows))
    parts = rows["Overlap"].astype(str).str.split("/", expand=True).astype(float)
    return np.asarray(parts[0] / parts[1].clip(lower=1), dtype=np.float64)


def _ceiling(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Return where the colours end: one outlier must not turn all other dots pale."""
    return float(max(np.quantile(values, 0.95), values.min() + 1e-9))


def _colour_bar(ax: Axes, drawn: Any, label: str) -> float:
    """Draw a colour bar at the right, the same size whatever the rows; return where it ends (axes units)."""
    box = ax.get_window_extent()
    width, height = box.width / ax.figure.dpi, box.height / ax.figure.dpi
    tall = min(1.5, 0.55 * height) / height
    bar = ax.inset_axes((1 + 0.15 / width, 1 - tall, 0.13 / width, tall))
    root_figure(ax).colorbar(drawn, cax=bar, extend="max").set_label(textwrap.fill(label, 18), fontsize=8)
    bar.tick_params(labelsize=8)
    return 1 - tall


def _size_legend(ax: Axes, share: FloatArray, top: float) -> None:
    from matplotlib.lines import Line2D

    box = ax.get_window_extent()
    handles = [
        Line2D([], [], ls="", marker="o", color=GREY, mec=INK, mew=0.4, label=f"{value:.0%}",
               ms=np.sqrt(SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * value / share.max()))
        for value in _legend_shares(float(share.max()))
    ]  # fmt: skip
    if (share == 0).any():
        handles.append(
            Line2D([], [], ls="", marker="o", mfc="none", mec=INK, ms=SMALLEST_DOT**0.5, label="model only")
        )
    place = (1 + 0.1 * ax.figure.dpi / box.width, top - 0.3 * ax.figure.dpi / box.height)
    ax.legend(handles=handles, title="overlap", loc="upper left", bbox_to_anchor=place, frameon=False,
              fontsize=8, title_fontsize=8, borderaxespad=0, labelspacing=0.7)  # fmt: skip


def _legend_shares(largest: float) -> list[float]:
    """Return three shares for the legend, of which the largest is the largest drawn."""
    return [share for share in (largest / 4, largest / 2, largest) if share > 0]
