"""Bars of the best terms of one or more groups (``ge.pl.barplot``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.pl.colours import class_colours, ink
from gsfm_enrich.pl.figures import axes_or_new, empty_plot, write_title
from gsfm_enrich.pl.folding import FOLD, n_similar
from gsfm_enrich.pl.labels import label_width, list_label, row_height, term_labels
from gsfm_enrich.pl.options import ColouredByClass, Palette
from gsfm_enrich.pl.plot import plot
from gsfm_enrich.pl.plot_data import (
    choose_rows,
    list_keys,
    nothing_to_draw,
    strength,
    strength_label,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 5.6  # inches
WORTH_SAYING = 0.05
"""Smallest difference of the expected overlap from the overlap that is shown."""
COMPACT = 8
"""Number of lists from which on every term has one line."""
BEYOND = 0.22
"""Room after the longest bar, as a share of its length: for its note and for marks."""


@checked
@plot
def barplot(
    data: Any,
    *,
    groups: str | Iterable[str] | None = None,
    direction: str | None = None,
    column: str | None = None,
    cutoff: float = 0.05,
    top_term: int | None = None,
    fold: float | None = FOLD,
    key: str = "gsfm_enrichr",
    **figure: Unpack[ColouredByClass],
) -> Axes:
    """Draw bars of the best terms of one or more groups, with the plain overlap test marked on each bar.

    Next to each bar are the overlap, the expected overlap where the model adds to it, the size of the term,
    and how many similar terms are folded into it.

    Parameters
    ----------
    column
        Column that sets the length of the bars: by default the adjusted p-values that terms are ranked by.
        P-values are drawn as -log10.
    top_term
        Best terms to take from each group and direction: by default ten, or fewer where that would make more
        than 60 bars.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.pl.barplot(adata, groups="CD19+ B", direction="up")  # doctest: +SKIP
    """
    chosen = choose_rows(
        data, key=key, groups=groups, direction=direction, column=column, cutoff=cutoff, top_term=top_term,
        fold=fold,
    )  # fmt: skip
    if chosen.best.empty:
        return empty_plot(figure, nothing_to_draw(chosen, cutoff))
    best, drawn_column = chosen.best, chosen.column
    lists = list_keys(best)
    places = np.arange(len(best)) + 0.8 * _section(best, lists)
    wide = {"width": 60, "lines": 1} if len(lists) > COMPACT else {}
    labels, notes = term_labels(best["Term"], **wide), _bar_notes(best)
    height = row_height(labels, 8.5) * (len(best) + 0.9 * len(lists))
    right = max(label_width(notes, 7.5) - WIDTH * BEYOND / (1 + BEYOND), 0.3)
    ax = axes_or_new(figure, (WIDTH, max(height, 0.8)), (label_width(labels, 8.5), right, 0.55, 0.45))
    length = strength(best, drawn_column)
    colours = _section_colours(figure.get("palette"), lists)
    ax.barh(places, length, height=0.72, color=[colours[place] for place in _section(best, lists)], zorder=2)
    ends = length  # where the notes start
    if drawn_column == "GSFM Adjusted P-value":
        plain = strength(best, "Adjusted P-value")
        ends = np.maximum(length, plain)
        ax.plot(plain, places, "|", color=ink(1), ms=9, mew=1.6, zorder=3, label="overlap test alone")
        ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8, borderaxespad=0.2)
    for place, value, text in zip(places, ends, notes, strict=True):
        ax.annotate(
            text,
            (value, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color=ink(0.75),
        )
    ax.set_yticks(places, labels, fontsize=8.5)
    ax.set_xlabel(strength_label(drawn_column))
    ax.set_ylim(places[-1] + 0.7, places[0] - (1.3 if len(lists) > 1 else 0.7))
    ax.margins(x=BEYOND)
    ax.set_xlim(left=min(0.0, float(length.min())))
    ax.spines[["top", "right"]].set_visible(False)
    heading = figure.get("title") or (list_label(*lists[0], width=60) if len(lists) == 1 else "")
    write_title(ax, heading)
    if len(lists) > 1:
        _section_headings(ax, places, _section(best, lists), lists, colours)
    return ax


def _bar_notes(rows: pd.DataFrame) -> list[str]:
    """Return what stands next to the bars, such as ``1 → 2.0 of 3  (+4 similar)``."""
    notes = [""] * len(rows)
    if "Overlap" in rows:
        parts = [str(overlap).split("/") for overlap in rows["Overlap"]]
        expected = rows.get("Expected Overlap", pd.Series(np.nan, index=rows.index)).astype(float)
        added = [
            f" → {value:.1f}" if value - float(hits) >= WORTH_SAYING else ""
            for (hits, *_), value in zip(parts, expected, strict=True)
        ]
        notes = [
            f"{hits}{more} of {' '.join(size)}" for (hits, *size), more in zip(parts, added, strict=True)
        ]
    folded = [f"(+{n} similar)" if n else "" for n in n_similar(rows)]
    return [f"{note}  {more}".strip() for note, more in zip(notes, folded, strict=True)]


def _section(rows: pd.DataFrame, lists: list[tuple[str, str]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    order = {pair: place for place, pair in enumerate(lists)}
    return np.array([order[pair] for pair in zip(rows["group"], rows["direction"], strict=True)])


def _section_colours(palette: Palette | None, lists: list[tuple[str, str]]) -> list[Any]:
    """Return a colour for each list; those of a dict are named by group."""
    if isinstance(palette, Mapping):
        named = class_colours(palette, list(dict.fromkeys(group for group, _ in lists)))
        return [named[group] for group, _ in lists]
    return list(class_colours(palette, lists).values())


def _section_headings(
    ax: Axes, places: Any, sections: Any, lists: list[tuple[str, str]], colours: list[Any]
) -> None:
    for section, pair in enumerate(lists):
        first = places[sections == section].min()
        ax.text(0.005, first - 0.48, list_label(*pair, width=60), transform=ax.get_yaxis_transform(),
                fontsize=8.5, fontweight="bold", va="bottom", ha="left", color=colours[section])  # fmt: skip
