"""Plots of enrichment results (``ge.pl``): dots over all groups, bars of one, and what the model moved."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gsfm_enrich.adapters.gene_networks import modules, neighbors
from gsfm_enrich.adapters.plotdata import (
    axes_or_new,
    check_column,
    label_width,
    list_keys,
    list_label,
    note,
    note_axes,
    nothing_to_draw,
    pick,
    results_of,
    root_figure,
    save_figure,
    strength,
    strength_label,
    term_labels,
    top_rows,
)
from gsfm_enrich.adapters.slopes import ranks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["barplot", "dotplot", "modules", "neighbors", "ranks"]

SMALLEST_DOT, LARGEST_DOT = 14.0, 150.0  # areas in points squared
GREY, INK = "0.75", "0.25"
SECTION_COLOURS = "tab10"


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
    results = pick(results_of(data, key), groups, direction)
    drawn_column = check_column(results, column)
    best = top_rows(results, column, cutoff, top_term)
    if best.empty:
        return save_figure(note(note_axes(ax), nothing_to_draw(results, drawn_column, cutoff)), save)
    lists, terms = list_keys(results), list(dict.fromkeys(best["Term"]))
    dots = top_rows(results[results["Term"].isin(terms)], column, cutoff, len(results))
    labels = term_labels(terms)
    names = [list_label(*pair) for pair in lists]
    size = (max(0.42 * len(lists), 1.2), max(_row_height(labels, 8) * len(labels), 1.2))
    slanted = 0.75 * label_width(names, 8.5)
    left = max(label_width(labels, 8), slanted - 0.3)
    ax = axes_or_new(ax, size, (left, 1.5, slanted, 0.4))
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
    _dot_axes(ax, names, labels)
    _dot_legend(ax, points, strength_label(drawn_column), share)
    ax.set_title(title or "", loc="left")
    return save_figure(ax, save)


def barplot(
    data: Any,
    *,
    groups: str | Iterable[str] | None = None,
    direction: str | None = None,
    column: str | None = None,
    cutoff: float = 0.05,
    top_term: int = 10,
    key: str = "gsfm_enrichr",
    title: str | None = None,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
) -> Axes:
    """Bars of the best terms of one or more groups, with the plain overlap test marked on each bar.

    Beside each bar stand the overlap and the number of genes that only the model places in the term.

    Parameters
    ----------
    data
        An AnnData with results, a data frame of results, or what :func:`gsfm_enrich.enrichr` returned.
    groups
        Group or groups, drawn in this order; all by default.
    direction
        ``"up"`` or ``"down"``; both by default.
    column
        Length of the bars: by default ``GSFM Adjusted P-value``, or ``Adjusted P-value`` without re-ranking.
        P-values are drawn as -log10.
    cutoff
        Largest adjusted p-value to draw.
    top_term
        Best terms to take from each group and direction.
    key
        Slot of ``adata.uns`` that holds the results.
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
    >>> ge.pl.barplot(adata, groups="CD19+ B", direction="up")  # doctest: +SKIP
    """
    results = pick(results_of(data, key), groups, direction)
    drawn_column = check_column(results, column)
    best = top_rows(results, column, cutoff, top_term)
    if best.empty:
        return save_figure(note(note_axes(ax), nothing_to_draw(results, drawn_column, cutoff)), save)
    lists = list_keys(best)
    places = np.arange(len(best)) + 0.8 * _section(best, lists)
    labels = term_labels(best["Term"])
    height = _row_height(labels, 8.5) * (len(best) + 0.9 * len(lists))
    ax = axes_or_new(ax, (5.6, max(height, 0.8)), (label_width(labels, 8.5), 0.3, 0.55, 0.45))
    length = strength(best, drawn_column)
    ax.barh(places, length, height=0.72, color=_section_colours(_section(best, lists)), zorder=2)
    ends = length  # where the notes start
    if drawn_column == "GSFM Adjusted P-value":
        plain = strength(best, "Adjusted P-value")
        ends = np.maximum(length, plain)
        ax.plot(plain, places, "|", color="black", ms=9, mew=1.6, zorder=3, label="overlap test alone")
        ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8, borderaxespad=0.2)
    for place, value, text in zip(places, ends, _bar_notes(best), strict=True):
        ax.annotate(
            text,
            (value, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color=INK,
        )
    ax.set_yticks(places, labels, fontsize=8.5)
    ax.set_xlabel(strength_label(drawn_column))
    ax.set_ylim(places[-1] + 0.7, places[0] - (1.3 if len(lists) > 1 else 0.7))
    ax.margins(x=0.22)
    ax.set_xlim(left=min(0.0, float(length.min())))
    ax.spines[["top", "right"]].set_visible(False)
    heading = title or (list_label(*lists[0], width=60) if len(lists) == 1 else "")
    ax.set_title(heading, loc="left")
    if len(lists) > 1:
        _section_headings(ax, places, _section(best, lists), lists)
    return save_figure(ax, save)


def _row_height(labels: list[str], points: float) -> float:
    """Return the inches a row needs for its label at a font size in points."""
    return (1.15 * max(label.count("\n") + 1 for label in labels) + 0.65) * points * 1.2 / 72


def _share(rows: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the measured share of each term, from ``Overlap``; 1 where a table has none."""
    if "Overlap" not in rows:
        return np.ones(len(rows))
    parts = rows["Overlap"].astype(str).str.split("/", expand=True).astype(float)
    return np.asarray(parts[0] / parts[1].clip(lower=1), dtype=np.float64)


def _ceiling(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Return where the colours end: one outlier must not turn all other dots pale."""
    return float(max(np.quantile(values, 0.95), values.min() + 1e-9))


def _dot_axes(ax: Axes, lists: list[str], terms: list[str]) -> None:
    ax.set_xticks(range(len(lists)), lists, rotation=45, ha="right", rotation_mode="anchor", fontsize=8.5)
    ax.set_yticks(range(len(terms)), terms, fontsize=8)
    ax.set_xlim(-0.6, len(lists) - 0.4)
    ax.set_ylim(len(terms) - 0.4, -0.6)
    ax.grid(color="0.92", zorder=0)
    ax.tick_params(length=0)
    ax.spines[["top", "right", "left", "bottom"]].set_color("0.8")


def _dot_legend(ax: Axes, points: Any, label: str, share: np.ndarray[Any, np.dtype[np.float64]]) -> None:
    from matplotlib.lines import Line2D

    box = ax.get_window_extent()  # sizes in inches keep the colour bar the same, however many rows there are
    width, height = box.width / ax.figure.dpi, box.height / ax.figure.dpi
    tall = min(1.5, 0.55 * height) / height
    bar = ax.inset_axes((1 + 0.15 / width, 1 - tall, 0.13 / width, tall))
    root_figure(ax).colorbar(points, cax=bar, extend="max").set_label(label, fontsize=8)
    bar.tick_params(labelsize=8)
    handles = [
        Line2D([], [], ls="", marker="o", color=GREY, mec=INK, mew=0.4, label=f"{value:.0%}",
               ms=np.sqrt(SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * value / share.max()))
        for value in _legend_shares(float(share.max()))
    ]  # fmt: skip
    if (share == 0).any():
        handles.append(
            Line2D([], [], ls="", marker="o", mfc="none", mec=INK, ms=SMALLEST_DOT**0.5, label="model only")
        )
    place = (1 + 0.1 / width, 1 - tall - 0.3 / height)
    ax.legend(handles=handles, title="overlap", loc="upper left", bbox_to_anchor=place, frameon=False,
              fontsize=8, title_fontsize=8, borderaxespad=0, labelspacing=0.7)  # fmt: skip


def _legend_shares(largest: float) -> list[float]:
    """Return three shares for the legend, of which the largest is the largest drawn."""
    return [share for share in (largest / 4, largest / 2, largest) if share > 0]


def _bar_notes(rows: pd.DataFrame) -> list[str]:
    predicted = rows["Predicted Genes"].fillna("") if "Predicted Genes" in rows else [""] * len(rows)
    overlap = rows["Overlap"] if "Overlap" in rows else [""] * len(rows)
    counts = [len([gene for gene in str(genes).split(";") if gene]) for genes in predicted]
    return [f"{hits}{f'  + {n} predicted' if n else ''}" for hits, n in zip(overlap, counts, strict=True)]


def _section(rows: pd.DataFrame, lists: list[tuple[str, str]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    order = {pair: place for place, pair in enumerate(lists)}
    return np.array([order[pair] for pair in zip(rows["group"], rows["direction"], strict=True)])


def _section_colours(sections: np.ndarray[Any, np.dtype[np.int64]]) -> Any:
    from matplotlib import colormaps

    return colormaps[SECTION_COLOURS](sections % 10)


def _section_headings(ax: Axes, places: Any, sections: Any, lists: list[tuple[str, str]]) -> None:
    for section, pair in enumerate(lists):
        first = places[sections == section].min()
        colour = _section_colours(np.array([section]))[0]
        ax.text(0.005, first - 0.48, list_label(*pair, width=60), transform=ax.get_yaxis_transform(),
                fontsize=8.5, fontweight="bold", va="bottom", ha="left", color=colour)  # fmt: skip
