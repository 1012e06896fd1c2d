"""Heat map of terms by groups (``ge.pl.heatmap``)."""

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
from gsfm_enrich.pl.plot_data import choose_rows, list_keys, nothing_to_draw, strength, strength_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@checked
@plot
def heatmap(
    data: Any,
    *,
    groups: str | Iterable[str] | None = None,
    direction: str | None = None,
    column: str | None = None,
    cutoff: float = 0.05,
    top_term: int = 3,
    fold: float | None = FOLD,
    cluster: bool = True,
    key: str = "gsfm_enrichr",
    **figure: Unpack[ColouredByValue],
) -> Axes:
    """Heat map of terms by groups: every group's best terms, shown for all groups whether they pass or not.

    Cells that pass the cut-off have a point. A grey cell is a term that shares no gene with the group.

    Parameters
    ----------
    cutoff
        Largest adjusted p-value for a term to be drawn, and for a cell to be marked.
    cluster
        Put similar terms and similar groups side by side (average linkage of the distances between their
        values); otherwise they stay in the order of the results.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.pl.heatmap(adata, direction="up", save="heat.png")  # doctest: +SKIP
    """
    chosen = choose_rows(
        data, key=key, groups=groups, direction=direction, column=column, cutoff=cutoff, top_term=top_term,
        fold=fold,
    )  # fmt: skip
    if chosen.best.empty:
        return empty_plot(figure, nothing_to_draw(chosen, cutoff))
    lists, terms = list_keys(chosen.results), list(dict.fromkeys(chosen.best["Term"]))
    rows = chosen.results[chosen.results["Term"].isin(terms)]
    values = _table(rows, strength(rows, chosen.column), terms, lists)
    passed = _table(rows, np.where(rows[chosen.judged] <= cutoff, 1.0, 0.0), terms, lists) == 1
    if cluster:
        by_term, by_list = _order(values), _order(values.T)
        values, passed = values[by_term][:, by_list], passed[by_term][:, by_list]
        terms, lists = [terms[place] for place in by_term], [lists[place] for place in by_list]
    ax = grid_axes(figure, lists, terms)
    ax.set_facecolor(ink(0.12))
    low = min(0.0, float(np.nanmin(values)))
    cells = ax.pcolormesh(
        np.arange(len(lists) + 1) - 0.5, np.arange(len(terms) + 1) - 0.5, np.ma.masked_invalid(values),
        vmin=low, vmax=colour_ceiling(values[passed]), cmap=colour_map(figure), ec=ink(0), lw=0.5,
    )  # fmt: skip
    y, x = np.nonzero(passed)
    ax.plot(x, y, ".", color="white", mec=ink(0.75), mew=0.4, ms=5, zorder=3)
    colour_bar(ax, cells, strength_label(chosen.column))
    write_heading(ax, figure.get("title") or "", folded_note(chosen.best))
    return ax


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
