"""A plot of the terms that the model moved up or down, and why (``ge.pl.ranks``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError
from gsfm_enrich.pl.colours import class_colours, ink
from gsfm_enrich.pl.figures import axes_or_new, empty_plot, write_title
from gsfm_enrich.pl.labels import label_width, list_label, shorten, term_labels
from gsfm_enrich.pl.options import ColouredByClass
from gsfm_enrich.pl.plot import plot
from gsfm_enrich.pl.plot_data import list_keys, one_list, pick, results_of, split_genes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = {"rose": "#1b7f5c", "fell": "#b5542b", "about the same": "0.6"}
GENES_SHOWN = 4
LEFT, NAMES = -0.15, 1.13
"""Where the plot and the names of terms start; lines run from 0 to 1."""
UNIT = 3.4  # inches from 0 to 1
RULE = "coloured if the rank changed by more than half of the better one"
STEADY = 0.5
"""A term has moved when its rank changed by more than this share of the smaller of its two ranks."""


@dataclass(frozen=True)
class _Move:
    """One line of the plot: a term, its two ranks, its places on either side, and the genes that moved it."""

    term: str
    before: int
    after: int
    left: int
    right: int
    genes: str

    @property
    def kind(self) -> str:
        """Whether the term rose, fell, or stayed about where it was."""
        change = self.before - self.after
        if abs(change) <= STEADY * min(self.before, self.after):
            return "about the same"
        return "rose" if change > 0 else "fell"

    @property
    def added(self) -> str:
        """The predicted genes if the term rose, otherwise empty: they did not move it up."""
        return self.genes if self.kind == "rose" else ""


@checked
@plot
def ranks(
    data: Any,
    *,
    groups: str | None = None,
    direction: str | None = None,
    gene_set: str | None = None,
    top_term: int = 12,
    key: str = "gsfm_enrichr",
    **figure: Unpack[ColouredByClass],
) -> Axes:
    """Draw lines from the rank of a term by the overlap test to the rank the model gives it.

    The `top_term` best terms of either ranking are drawn. A line is coloured if the rank changed by more than
    half of the better of its two ranks: from 12 to 8 is about the same, from 13 to 8 rose. Terms that rose
    are labelled with the genes of the list that the model places in them although the library does not: they
    are why the term rose. Positions on either side are in order, not to scale; the numbers are the ranks.

    Parameters
    ----------
    groups
        The group to draw; may be left out when there is only one.
    direction
        ``"up"`` or ``"down"``; may be left out when there is only one.
    gene_set
        Library to draw, as ranks are within a library; may be left out when there is only one.
    top_term
        Number of terms to take from the top of each ranking.

    Raises
    ------
    InputError
        If the results were not re-ranked, if more than one list or library is left, for an unknown group or
        direction, or for a suffix that cannot be written.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.pl.ranks(adata, groups="CD19+ B", direction="up")  # doctest: +SKIP
    """
    results = pick(results_of(data, key), groups, direction)
    if not {"GSFM Rank", "Rank Change", "Predicted Genes"} <= set(results):
        instead = " Threshold-free results have one rank: see pl.dotplot and pl.running_sum."
        raise InputError(
            "these results were not re-ranked (no column 'GSFM Rank'), so there is nothing to compare."
            + (instead if "NES" in results else "")
        )
    results = _one_library(one_list(results, "ranks"), gene_set)
    moves = _moves(results, top_term)
    if not moves:
        return empty_plot(figure, "no results to draw")
    labels = term_labels([move.term for move in moves], width=68, lines=1)
    rows = zip(moves, labels, strict=True)
    written = [label_width([label], 8.5) + label_width([move.added], 7.5) for move, label in rows]
    right = NAMES + max(*written, 2.0) / UNIT
    ax = axes_or_new(figure, ((right - LEFT) * UNIT, 0.26 * len(moves) + 0.7), (0.2, 0.1, 0.1, 0.4))
    kinds = class_colours(figure.get("palette"), list(KINDS), KINDS)
    for move, label in zip(moves, labels, strict=True):
        _draw_move(ax, move, label, kinds[move.kind])
    ax.set_xlim(LEFT, right)
    ax.set_ylim(len(moves) + 0.4, -1.6)
    ax.set_axis_off()
    _explain(ax, len(moves), kinds)
    write_title(ax, figure.get("title") or list_label(*list_keys(results)[0], width=60))
    return ax


def _draw_move(ax: Axes, move: _Move, label: str, colour: Any) -> None:
    """Draw the line of a term, its ranks, its name, and the genes that made it rise."""
    strong = move.kind != "about the same"
    ax.plot([0, 1], [move.left, move.right], color=colour, lw=1.8 if strong else 1.0, marker="o", ms=4,
            alpha=1.0 if strong else 0.7, zorder=3 if strong else 2, solid_capstyle="round")  # fmt: skip
    ax.text(-0.03, move.left, f"{move.before:,}", ha="right", va="center", fontsize=8, color=colour)
    ax.text(1.03, move.right, f"{move.after:,}", ha="left", va="center", fontsize=8, color=colour)
    name = ax.text(NAMES, move.right, label, ha="left", va="center", fontsize=8.5, color=ink(0.9))
    if move.added:
        ax.annotate(move.added, (1, 0.5), xycoords=name, xytext=(6, 0), textcoords="offset points",
                    ha="left", va="center", fontsize=7.5, color=colour, style="italic")  # fmt: skip


def _explain(ax: Axes, bottom: int, kinds: dict[str, Any]) -> None:
    """Write headings above the lines, and the meaning of the colours below them."""
    bold: dict[str, Any] = {"va": "center", "fontsize": 9, "fontweight": "bold"}
    for x, text in ((0, "overlap test"), (1, "GSFM")):
        ax.text(x, -1.0, text, ha="center", **bold)
    ax.text(NAMES, -1.0, "term  (+ genes the model adds)", ha="left", **bold)
    small: dict[str, Any] = {"ha": "left", "va": "center", "fontsize": 8}
    for start, (text, colour) in zip((0.0, 0.25, 0.5), kinds.items(), strict=True):
        ax.text(start, bottom, text, color=colour, **small)
    ax.text(NAMES, bottom, RULE, color=ink(0.55), **small)


def _one_library(results: pd.DataFrame, gene_set: str | None) -> pd.DataFrame:
    if "Gene_set" not in results:
        return results
    libraries = list(dict.fromkeys(results["Gene_set"].astype(str)))
    if gene_set is not None and gene_set not in libraries:
        raise InputError(
            f"no library {gene_set!r} in the results; there are {', '.join(map(repr, libraries))}."
        )
    if gene_set is None and len(libraries) > 1:
        raise InputError(
            f"ranks are within one library; choose with gene_set= from {', '.join(map(repr, libraries))}."
        )
    return results[results["Gene_set"].astype(str) == gene_set] if gene_set is not None else results


def _moves(results: pd.DataFrame, top_term: int) -> list[_Move]:
    """Return the terms to draw, in the model's order."""
    after = results["GSFM Rank"].to_numpy(dtype=np.int64)
    before = after + results["Rank Change"].to_numpy(dtype=np.int64)
    rows = np.flatnonzero((before <= top_term) | (after <= top_term))
    rows = rows[np.argsort(after[rows], kind="stable")]
    left = np.argsort(np.argsort(before[rows], kind="stable"), kind="stable")
    terms, genes = results["Term"].astype(str).tolist(), results["Predicted Genes"].tolist()
    return [
        _Move(terms[row], int(before[row]), int(after[row]), int(left[place]), place, _genes(genes[row]))
        for place, row in enumerate(rows)
    ]


def _genes(joined: Any) -> str:
    """Return the first predicted genes of a row, and how many more there are."""
    genes = split_genes(joined)
    if not genes:
        return ""
    more = f" and {len(genes) - GENES_SHOWN} more" if len(genes) > GENES_SHOWN else ""
    return shorten("+ " + ", ".join(genes[:GENES_SHOWN]) + more, 60)
