"""Heat map of terms by groups (``ge.pl.heatmap``)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.arrays import Floats
from gsfm_enrich.pl.figures import colour_map, empty_plot, ink, save_figure, write_title
from gsfm_enrich.pl.grid import colour_bar, colour_ceiling, grid_axes
from gsfm_enrich.pl.plot_data import choose_rows, list_keys, nothing_to_draw, strength, strength_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@checked
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
    groups
        Group or groups; all by default.
    direction
        ``"up"`` or ``"down"``; both by default.
    column
        Column that sets the colour of the cells: by default ``GSFM Adjusted P-value``, or
        ``Adjusted P-value`` without re-ranking. P-values are drawn as -log10.
    cutoff
        Largest adjusted p-value for a term to be drawn, and for a cell to be marked.
    cluster
        Put similar terms and similar groups side by side (average linkage of the distances between their
        values); otherwise they stay in the order of the results.

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
        vmin=low, vmax=colour_ceiling(values[passed]), cmap=colour_map(cmap), ec=ink(0), lw=0.5,
    )  # fmt: skip
    y, x = np.nonzero(passed)
    ax.plot(x, y, ".", color="white", mec=ink(0.75), mew=0.4, ms=5, zorder=3)
    colour_bar(ax, cells, strength_label(chosen.column))
    write_title(ax, title or "")
    return save_figure(ax, save)


def _table(rows: pd.DataFrame, values: Floats, terms: list[str], lists: list[tuple[str, str]]) -> Floats:
    """Return values as a table of terms by gene lists, NaN where there is no row."""
    table = np.full((len(terms), len(lists)), np.nan)
    row, column = {term: place for place, term in enumerate(terms)}, {pair: i for i, pair in enumerate(lists)}
    places = zip(rows["Term"], zip(rows["group"], rows["direction"], strict=True), strict=True)
    for (term, pair), value in zip(places, values, strict=True):
        table[row[term], column[pair]] = np.fmax(table[row[term], column[pair]], value)
    return table


def _order(values: Floats) -> list[int]:
    """Return an order of the rows that puts similar ones side by side."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    if len(values) < 3:
        return list(range(len(values)))
    filled = np.nan_to_num(values)
    return [int(place) for place in leaves_list(linkage(filled, "average", optimal_ordering=True))]
