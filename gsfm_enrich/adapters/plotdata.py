"""What the plots share: rows to draw, legible labels, axes and saving."""

from __future__ import annotations

import io
import os
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gsfm_enrich.adapters.get import p_column, stored
from gsfm_enrich.adapters.markers import choose
from gsfm_enrich.errors import InputError, did_you_mean
from gsfm_enrich.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMALLEST_P = 1e-300
FORMATS = ("eps", "jpg", "pdf", "png", "svg", "tif", "webp")
TERM_ID = re.compile(r"\s*\((?:GO|HP|MP|R-HSA|WP|hsa)[:\-_]?\d+\)\s*$")


def results_of(data: Any, key: str = "gsfm_enrichr") -> pd.DataFrame:
    """Return the results in whatever a plot was given, with columns ``group`` and ``direction``.

    Parameters
    ----------
    data
        An AnnData with results, the data frame itself, or what :func:`gsfm_enrich.enrichr` returned.
    key
        Slot of ``adata.uns``.

    Returns
    -------
    pandas.DataFrame
        A copy, numbered from 0. A table without groups gets empty names for them.

    Raises
    ------
    InputError
        If `data` is none of these, or a column is missing.
    """
    results = stored(data, key).results
    missing = [name for name in ("Term", "P-value", "Adjusted P-value") if name not in results]
    if missing:
        raise InputError(f"the results have no column {', '.join(map(repr, missing))}.")
    results = results.reset_index(drop=True)
    for name in ("group", "direction"):
        if name not in results:
            results[name] = ""
        results[name] = results[name].astype(str)
    return results


def pick(results: pd.DataFrame, groups: str | Iterable[str] | None, direction: str | None) -> pd.DataFrame:
    """Return the rows of the groups and the direction asked for, in the order asked for.

    Raises
    ------
    InputError
        For a group or direction that is not in the results.
    """
    directions = choose(direction, list(dict.fromkeys(results["direction"])), "direction")
    names = choose(groups, list(dict.fromkeys(results["group"])))
    picked = results[results["group"].isin(names) & results["direction"].isin(directions)]
    order = picked["group"].map({name: place for place, name in enumerate(names)})
    return picked.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)


@dataclass(frozen=True)
class Chosen:
    """What a plot is to draw.

    Attributes
    ----------
    results
        All rows of the groups and direction asked for.
    best
        The best rows of each of them, those that pass the cut-off; may be empty.
    column
        What is drawn.
    judged
        The p-value that the cut-off is for.
    """

    results: pd.DataFrame
    best: pd.DataFrame
    column: str
    judged: str


def choose_rows(
    data: Any,
    *,
    key: str,
    groups: str | Iterable[str] | None,
    direction: str | None,
    column: str | None,
    cutoff: float,
    top_term: int,
) -> Chosen:
    """Choose the rows to draw; the parameters and errors are those of the plots."""
    results = pick(results_of(data, key), groups, direction)
    drawn = check_column(results, column)
    best = top_rows(results, column, cutoff, top_term)
    return Chosen(results, best, drawn, drawn if drawn.endswith("P-value") else p_column(results))


def one_list(results: pd.DataFrame, plot: str) -> pd.DataFrame:
    """Return the results if they are of one gene list.

    Raises
    ------
    InputError
        If they are of several; the message lists those.
    """
    lists = list_keys(results)
    if len(lists) > 1:
        named = ", ".join(f"{group!r} ({direction})" for group, direction in lists)
        raise InputError(f"{plot} draws one list of genes; choose with groups= and direction= from {named}.")
    return results


def split_genes(joined: Any) -> list[str]:
    """Return the genes of a field such as ``Genes``, joined by ``;``; none for a missing one."""
    return [gene for gene in str(joined).split(";") if gene] if isinstance(joined, str) else []


def check_column(results: pd.DataFrame, column: str | None) -> str:
    """Return the column to draw: the one given, or the p-values that rows are ranked by.

    Raises
    ------
    InputError
        If there is no such column of numbers.
    """
    if column is None:
        return p_column(results)
    numeric = [str(name) for name in results.select_dtypes("number")]
    if column not in numeric:
        raise InputError(
            f"column must be one of {', '.join(map(repr, numeric))}; got {column!r}."
            + did_you_mean(column, numeric)
        )
    return column


def strength(results: pd.DataFrame, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return how strong each row is, bigger is stronger: p-values as -log10, anything else as it is."""
    values = results[column].to_numpy(dtype=np.float64)
    if not column.endswith("P-value"):
        return values
    logs: np.ndarray[Any, np.dtype[np.float64]] = -np.log10(np.clip(values, SMALLEST_P, 1.0))
    return logs


def strength_label(column: str) -> str:
    """Return the axis label that belongs to :func:`strength`."""
    return f"$-\\log_{{10}}$ {column}" if column.endswith("P-value") else column


def top_rows(results: pd.DataFrame, column: str | None, cutoff: float, top_term: int) -> pd.DataFrame:
    """Return the best rows of each group and direction.

    Parameters
    ----------
    results
        Rows with ``group`` and ``direction``.
    column
        What to order by; None for the order of the table's own ranking.
    cutoff
        Largest adjusted p-value to keep; for a `column` that is a p-value, largest value in it.
    top_term
        Most rows per group and direction.

    Raises
    ------
    InputError
        If `top_term` is below 1.
    """
    if top_term < 1:
        raise InputError(f"top_term must be at least 1, got {top_term!r}.")
    judged = column if column is not None and column.endswith("P-value") else p_column(results)
    kept = results[results[judged] <= cutoff]
    if column is None and "GSFM Rank" in kept:
        kept = kept.sort_values(["GSFM Rank", judged], kind="stable")
    else:
        kept = kept.iloc[np.argsort(-strength(kept, column or judged), kind="stable")]
    kept = kept.groupby(["group", "direction"], sort=False).head(top_term)
    lists = {name: place for place, name in enumerate(list_keys(results))}
    order = [lists[name] for name in zip(kept["group"], kept["direction"], strict=True)]
    return kept.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def list_keys(results: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the (group, direction) pairs in the order of their first row."""
    return list(dict.fromkeys(zip(results["group"], results["direction"], strict=True)))


def list_label(group: str, direction: str, width: int = 32) -> str:
    """Return a short name such as ``CD19+ B (up)``."""
    return escape(f"{shorten(group, width)} {f'({direction})' if direction else ''}".strip())


def shorten(text: str, width: int) -> str:
    """Cut `text` to `width` characters by an ellipsis inside, as long names often differ at the end."""
    if len(text) <= width:
        return text
    start = 2 * (width - 1) // 3
    return f"{text[:start].rstrip()}…{text[start + 1 - width :].lstrip()}"


def term_labels(terms: Iterable[str], width: int = 44, lines: int = 2) -> list[str]:
    """Return one legible label per term: without its id, wrapped, and cut where still too long.

    Parameters
    ----------
    terms
        Names of terms.
    width
        Characters per line.
    lines
        Most lines.

    Returns
    -------
    list of str
        In the order of `terms`. Ids are kept where names would be the same without them.

    Examples
    --------
    >>> term_labels(["apoptotic process (GO:0006915)"])
    ['apoptotic process']
    """
    names = list(terms)
    short = {name: TERM_ID.sub("", name) for name in names}
    owners: dict[str, set[str]] = {}
    for name, label in short.items():
        owners.setdefault(label, set()).add(name)
    labels = (short[name] if len(owners[short[name]]) == 1 else name for name in names)
    return [escape("\n".join(_wrapped(label, width, lines))) for label in labels]


def _wrapped(text: str, width: int, lines: int) -> list[str]:
    wrapped = textwrap.wrap(text.replace("_", " ") if " " not in text else text, width) or [""]
    if len(wrapped) > lines:
        wrapped = [*wrapped[: lines - 1], shorten(" ".join(wrapped[lines - 1 :]), width)]
    return wrapped


def escape(text: str) -> str:
    """Keep matplotlib from reading dollar signs as formulas."""
    return text.replace("$", r"\$")


def axes_or_new(
    ax: Axes | None, size: tuple[float, float], margins: tuple[float, float, float, float]
) -> Axes:
    """Return `ax`, or the axes of a new figure in which everything has its place.

    Parameters
    ----------
    ax
        Axes of the caller, left as they are.
    size
        Width and height of the new axes, in inches.
    margins
        Room at the left, right, bottom and top of them, in inches.
    """
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    (width, height), (left, right, bottom, top) = size, margins
    figure = plt.figure(figsize=(left + width + right, bottom + height + top))
    whole_width, whole_height = figure.get_size_inches()
    place = (left / whole_width, bottom / whole_height, width / whole_width, height / whole_height)
    return figure.add_axes(place)


def label_width(labels: Iterable[str], points: float) -> float:
    """Return the room in inches that the longest line of some labels needs, at a font size in points."""
    longest = max((len(line) for label in labels for line in label.split("\n")), default=0)
    return longest * points * 0.58 / 72 + 0.15


def row_height(labels: list[str], points: float) -> float:
    """Return the inches a row needs for its label at a font size in points."""
    return (1.15 * max(label.count("\n") + 1 for label in labels) + 0.65) * points * 1.2 / 72


def empty_plot(ax: Axes | None, text: str, save: str | os.PathLike[str] | None) -> Axes:
    """Write why there is nothing to draw into otherwise empty axes, and save them."""
    ax = axes_or_new(ax, (5.5, 1.5), (0.25, 0.25, 0.25, 0.25))
    ax.set_axis_off()
    ax.text(0.5, 0.5, textwrap.fill(text, 60), ha="center", va="center", transform=ax.transAxes, color="0.35")
    return save_figure(ax, save)


def nothing_to_draw(chosen: Chosen, cutoff: float) -> str:
    """Say that no row passed, and how far the best one is from it."""
    if chosen.results.empty:
        return "no results to draw"
    smallest = chosen.results[chosen.judged].min()
    return f"no term with {chosen.judged} ≤ {cutoff:g}; the smallest is {smallest:.2g}"


def save_figure(ax: Axes, save: str | os.PathLike[str] | None, dpi: int = 150) -> Axes:
    """Write the figure of `ax` to `save` (format by its suffix), whole or not at all; return `ax`.

    Raises
    ------
    InputError
        If the suffix is none of ``FORMATS``.
    """
    if save is None:
        return ax
    path = Path(save)
    suffix = path.suffix.lower().lstrip(".") or "png"
    if suffix not in FORMATS:
        raise InputError(f"cannot save {str(path)!r}: the suffix must be one of {', '.join(FORMATS)}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, image_bytes(root_figure(ax), suffix, dpi))
    return ax


def root_figure(ax: Axes) -> Figure:
    """Return the figure that `ax` is part of.

    Raises
    ------
    InputError
        If it was removed from its figure.
    """
    figure = ax.get_figure(root=True)
    if figure is None:
        raise InputError("ax belongs to no figure.")
    return figure


def image_bytes(figure: Figure, kind: str = "png", dpi: int = 150) -> bytes:
    """Return the picture of a figure, cropped to what is drawn."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=dpi, bbox_inches="tight", facecolor="white")
    return buffer.getvalue()
