"""Shared, specific and opposite terms of two or more contrasts (``ge.pl.compare``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.get._compared import KINDS, SCORE, compared_df, contrasts
from gsfm_enrich.get._results import p_column
from gsfm_enrich.pl.colours import colour_map, ink, is_dark
from gsfm_enrich.pl.figures import empty_plot
from gsfm_enrich.pl.folding import FOLD, fold_rows
from gsfm_enrich.pl.grid import colour_bar, colour_ceiling, grid_axes, write_heading
from gsfm_enrich.pl.options import ColouredByValue
from gsfm_enrich.pl.plot import plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DIVERGING = {False: "RdBu_r", True: "berlin"}
"""Colour maps from down to up, for light and for dark backgrounds."""


@checked
@plot
def compare(
    data: Any,
    *,
    groups: str | Iterable[str] | None = None,
    cutoff: float = 0.05,
    top_term: int = 8,
    fold: float | None = FOLD,
    key: str = "gsfm_enrichr",
    **figure: Unpack[ColouredByValue],
) -> Axes:
    """Draw the terms that contrasts share, that only one has, and that are up in one and down in another.

    A cell is red where a term is enriched among the genes that go up, and blue where it is among those that
    go down, by the smaller p-value of the two. A point marks what passes the cut-off, a grey cell has no
    result. :func:`gsfm_enrich.get.compared_df` returns the whole table.

    Parameters
    ----------
    data
        An AnnData with results, a data frame of results with a column ``group``, the result of
        :func:`gsfm_enrich.tl.enrichr`, or a dict of any of these by the name of the contrast.
    groups
        Groups to compare, in this order; all by default.
    top_term
        Most terms to draw of each kind: opposite, shared and specific ones.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.pl.compare(adata, groups=["CD4 T", "CD8 T"])  # doctest: +SKIP
    >>> ge.pl.compare({"6 h": early, "24 h": late})  # doctest: +SKIP
    """
    table = compared_df(data, groups, cutoff=cutoff, key=key)
    names = [name.removeprefix(SCORE) for name in map(str, table) if name.startswith(SCORE)]
    if table.empty:
        return empty_plot(figure, f"no term with an adjusted p-value ≤ {cutoff:g} in any of the groups")
    kept = _unfolded(contrasts(data, key), names, cutoff, fold)
    shown = table[table["Term"].isin(kept)]
    rows = shown.groupby("kind", sort=False).head(top_term)
    terms, blocks = _with_headings(rows, table["kind"].value_counts())
    values = np.full((len(terms), len(names)), np.nan)
    for start, block in blocks:
        values[start : start + len(block)] = block[[f"{SCORE}{name}" for name in names]]
    ax = grid_axes(figure, [(name, "") for name in names], terms)
    ceiling = colour_ceiling(np.abs(values[np.isfinite(values)]))
    wanted = colour_map(figure, DIVERGING[is_dark()]).with_extremes(bad=ink(0.12))
    cells = ax.pcolormesh(
        np.arange(len(names) + 1) - 0.5, np.arange(len(terms) + 1) - 0.5, np.ma.masked_invalid(values),
        vmin=-ceiling, vmax=ceiling, cmap=wanted, ec=ink(0), lw=0.5,
    )  # fmt: skip
    y, x = np.nonzero(np.abs(values) >= -np.log10(max(cutoff, 1e-300)))
    ax.plot(x, y, ".", color="white", mec=ink(0.75), mew=0.4, ms=5, zorder=4)
    for start, _ in blocks:
        ax.axhspan(start - 1.5, start - 0.5, color=ink(0), zorder=3)
        ax.get_yticklabels()[start - 1].set_fontweight("bold")
    colour_bar(ax, cells, "down ← → up, −log₁₀ adjusted p-value", extend="both")
    folded = len(table) - len(shown)
    note = f"+ {folded:,} similar term{'s' * (folded != 1)}, folded" if folded else ""
    write_heading(ax, figure.get("title") or "", note)
    return ax


def _unfolded(results: pd.DataFrame, names: list[str], cutoff: float, fold: float | None) -> set[str]:
    """Return the terms that are the best of their like in at least one list."""
    column = p_column(results)
    counting = results[results["group"].isin(names) & (results[column] <= cutoff)]
    return set(fold_rows(counting.sort_values(column, kind="stable"), fold)["Term"])


def _with_headings(rows: pd.DataFrame, counts: pd.Series) -> tuple[list[str], list[tuple[int, pd.DataFrame]]]:
    """Return the labels of the rows, a heading before each kind, and where the rows of each kind start."""
    terms: list[str] = []
    blocks = []
    for kind in KINDS:
        block = rows[rows["kind"] == kind]
        if len(block):
            terms.append(f"{kind}: {len(block)} of {counts[kind]:,}")
            blocks.append((len(terms), block))
            terms += block["Term"].tolist()
    return terms, blocks
