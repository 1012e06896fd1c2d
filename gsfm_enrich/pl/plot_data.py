"""Choose the rows of the results that a plot draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gsfm_enrich.errors import InputError, did_you_mean
from gsfm_enrich.expression.markers import choose
from gsfm_enrich.get._results import p_column, stored
from gsfm_enrich.pl.folding import fold_rows
from gsfm_enrich.ranking.ranked_as_lists import FDR, as_list_results

SMALLEST_P = 1e-300
MOST_TERMS, MOST_ROWS = 10, 60
"""Terms of one list, and rows of all lists, that are drawn unless a number of terms is asked for."""
OF_LISTS = ("Expected Overlap", "GSFM P-value", "GSFM Adjusted P-value", "Rank Change")
"""Columns that results of the threshold-free test have only for groups of terms."""


def results_of(data: Any, key: str = "gsfm_enrichr") -> pd.DataFrame:
    """Return the results from whatever a plot was given, with columns ``group`` and ``direction``.

    Parameters
    ----------
    data
        An AnnData with results, the data frame itself, or the result of :func:`gsfm_enrich.enrichr`.
    key
        Slot of ``adata.uns``.

    Returns
    -------
    pandas.DataFrame
        A copy with rows numbered from 0. A table without groups gets empty group names.

    Raises
    ------
    InputError
        If `data` is none of these, or a column is missing.
    """
    results = as_list_results(stored(data, key).results)
    if FDR in results:  # nothing was re-ranked, and no overlap is expected
        results = results.drop(columns=[name for name in OF_LISTS if name in results])
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
    """Return the rows of the requested groups and direction, in the requested order.

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
        All rows of the requested groups and direction.
    best
        The best rows of each group and direction that pass the cut-off; may be empty.
    column
        The column that is drawn.
    judged
        The p-value column that the cut-off applies to.
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
    top_term: int | None,
    fold: float | None = None,
) -> Chosen:
    """Choose the rows to draw; the parameters and errors are those of the plots."""
    results = pick(results_of(data, key), groups, direction)
    drawn = check_column(results, column)
    best = top_rows(results, column, cutoff, top_term, fold)
    return Chosen(results, best, drawn, drawn if drawn.endswith("P-value") else p_column(results))


def one_list(results: pd.DataFrame, plot: str) -> pd.DataFrame:
    """Return the results if they are for one gene list.

    Raises
    ------
    InputError
        If they are for several; the message lists them.
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
    """Return the column to draw: the one given, or the p-values by which rows are ranked.

    Raises
    ------
    InputError
        If there is no numeric column of that name.
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
    """Return the strength of each row (larger is stronger): p-values as -log10, other columns unchanged."""
    values = results[column].to_numpy(dtype=np.float64)
    if not column.endswith("P-value"):
        return values
    logs: np.ndarray[Any, np.dtype[np.float64]] = -np.log10(np.clip(values, SMALLEST_P, 1.0))
    return logs


def strength_label(column: str) -> str:
    """Return the axis label that belongs to :func:`strength`."""
    return f"−log₁₀ {column}" if column.endswith("P-value") else column


def top_rows(
    results: pd.DataFrame,
    column: str | None,
    cutoff: float,
    top_term: int | None,
    fold: float | None = None,
) -> pd.DataFrame:
    """Return the best rows of each group and direction.

    Parameters
    ----------
    results
        Rows with ``group`` and ``direction``.
    column
        Column to order by; None for the table's own ranking.
    cutoff
        Largest adjusted p-value to keep; if `column` is a p-value, its largest value to keep.
    top_term
        Maximum number of rows per group and direction; None for ten, or fewer where there are many lists.
    fold
        Similarity from which on a term is folded into a better one of the list; None folds none.
    """
    judged = column if column is not None and column.endswith("P-value") else p_column(results)
    kept = results[results[judged] <= cutoff]
    if column is None and "GSFM Rank" in kept:
        kept = kept.sort_values(["GSFM Rank", judged], kind="stable")
    else:
        kept = kept.iloc[np.argsort(-strength(kept, column or judged), kind="stable")]
    of_lists = fold_rows(kept, fold).groupby(["group", "direction"], sort=False)
    fitting = max(min(MOST_ROWS // max(of_lists.ngroups, 1), MOST_TERMS), 1)
    kept = of_lists.head(fitting if top_term is None else top_term)
    lists = {name: place for place, name in enumerate(list_keys(results))}
    order = [lists[name] for name in zip(kept["group"], kept["direction"], strict=True)]
    return kept.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def list_keys(results: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the (group, direction) pairs in the order of their first row."""
    return list(dict.fromkeys(zip(results["group"], results["direction"], strict=True)))


def nothing_to_draw(chosen: Chosen, cutoff: float) -> str:
    """Return a text that says that no row passed, and the smallest value there is."""
    if chosen.results.empty:
        return "no results to draw"
    smallest = chosen.results[chosen.judged].min()
    return f"no term with {chosen.judged} ≤ {cutoff:g}; the smallest is {smallest:.2g}"
