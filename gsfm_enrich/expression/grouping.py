"""Which columns of a table give the groups of its rows, and what the groups are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from gsfm_enrich.errors import InputError, named, warn_caller
from gsfm_enrich.expression.cells import as_names, is_number_type, is_text
from gsfm_enrich.expression.columns import existing, is_figure
from gsfm_enrich.genes.headers import describes_genes, is_group_header

SEPARATES = 0.95
"""Share of the repeated rows of genes that a column must separate."""
ROWS = 3
"""Mean number of rows per value from which a column of words may hold groups."""
_FLAGS = frozenset({
    "up", "down", "yes", "no", "true", "false", "ns", "n.s.", "sig", "ok", "notest", "not sig", "+", "-", "*",
    "significant", "not significant", "no change", "unchanged", "none", "increased", "decreased",
})  # fmt: skip
WITHOUT_GROUP = "all"
JOINED = " | "
"""Separates the parts of a group that comes from several columns."""


def choose_groups(
    table: pd.DataFrame, genes: pd.Series, given: Sequence[str] | None, taken: Iterable[str]
) -> list[str]:
    """Return the columns whose combination is the group of each row; none where there are no groups.

    Parameters
    ----------
    table
        A table as `flat` returns it.
    genes
        Key of the gene of each row, None where there is none.
    given
        The columns, if the caller named them; empty for no groups.
    taken
        Columns that hold genes and figures.

    Raises
    ------
    InputError
        If a named column does not exist, or genes have several rows that are separated by a column not
        recognised as the group.
    """
    if given is not None:
        return [existing(table, column, "groupby=") for column in given]
    taken = set(taken)
    others = [column for column in map(str, table) if column not in taken and not is_figure(table, column)]
    known = [column for column in others if _is_known(table, column)]
    varying = [column for column in known if len(table[column].drop_duplicates()) > 1]
    chosen = _needed(table, varying) if varying else known[:1]
    rows = genes.notna()
    left = _repeats(table[rows], genes[rows], chosen)
    if not left and not chosen:
        _warn_of_unread(table[rows], others)
    if left:
        unknown = [column for column in others if column not in known and _is_grouping(table[column])]
        separating = [
            column
            for column in unknown
            if table[column].nunique() * 3 <= rows.sum()
            and _repeats(table[rows], genes[rows], [*chosen, column]) <= (1 - SEPARATES) * left
        ]
        if separating:
            raise InputError(_separated(table[rows], genes[rows], chosen, separating))
    return chosen


def _is_known(table: pd.DataFrame, column: str) -> bool:
    """Return whether a column has a header of groups, and entries that can be groups."""
    values = table[column]
    if not is_group_header(column) or values.isna().all() or not _is_grouping(values):
        return False
    return not (is_number_type(values) and "coef" in column.lower())  # numbers are coefficients


def _warn_of_unread(table: pd.DataFrame, columns: Sequence[str]) -> None:
    """Warn of columns of repeated words that may hold groups, though no gene has several rows."""
    for column in columns:
        if describes_genes(column) or not is_text(table[column]):
            continue
        names = as_names(table[column]).dropna()
        distinct = sorted(names.unique(), key=_natural)
        if 1 < len(distinct) <= len(names) / ROWS and not {name.lower() for name in distinct} <= _FLAGS:
            warn_caller(
                f"column {column!r} ({named(distinct)}) was not taken as the group of each row; if it "
                f"is the group, pass groupby={column!r}."
            )


def _separated(table: pd.DataFrame, genes: pd.Series, chosen: list[str], columns: list[str]) -> str:
    shown = sorted(as_names(table[columns[0]]).dropna().unique(), key=_natural)
    within = f" in the groups of {', '.join(map(repr, chosen))}" if chosen else ""
    say = [*chosen, columns[0]]
    return (
        f"genes have several rows{within}, and column {columns[0]!r} separates them ({named(shown)}); if it "
        f"holds the groups, pass groupby={say if len(say) > 1 else say[0]!r}"
        + (f", or another of {', '.join(map(repr, columns))}" if len(columns) > 1 else "")
        + f"; if not, pass groupby={chosen!r}, which takes the strongest row of each gene."
    )


def _repeats(table: pd.DataFrame, genes: pd.Series, columns: Sequence[str]) -> int:
    """Count the rows whose gene has an earlier row in the same group."""
    keys = pd.concat([genes.rename("gene"), table[list(columns)]], axis=1)
    return int(keys.duplicated().sum())


def _needed(table: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Leave out columns that add nothing to the others, such as the number beside a cluster's name."""
    kept = list(columns)
    for column in reversed(columns):
        rest = [other for other in kept if other != column]
        if rest and len(table[rest].drop_duplicates()) == len(table[kept].drop_duplicates()):
            kept = rest
    return kept


def _is_grouping(values: pd.Series) -> bool:
    """Return whether entries can be names of groups: words or whole numbers, not measurements or flags."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return False
    if pd.api.types.is_float_dtype(values.dtype):
        known = values.dropna()
        return bool((known == np.round(known)).all()) or known.nunique() <= 12
    return True


def group_labels(table: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return the group of each row, in the order of categories, else by number and name; "all" for none."""
    if not columns:
        return pd.Series(WITHOUT_GROUP, index=table.index)
    if len(columns) == 1 and isinstance(table[columns[0]].dtype, pd.CategoricalDtype):
        values = table[columns[0]]
        return values.cat.rename_categories([str(name) for name in values.cat.categories])
    parts = [as_names(table[column]) for column in columns]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + JOINED + part
    names = sorted(joined.dropna().unique(), key=_natural)
    return pd.Series(pd.Categorical(joined, categories=names, ordered=True), index=table.index)


def _natural(text: str) -> list[tuple[bool, int, str]]:
    """Return a sort key that puts ``2`` before ``10``."""
    return [
        (not part.isdecimal(), int(part) if part.isdecimal() else 0, part)
        for part in re.split(r"(\d+)", text)
    ]
