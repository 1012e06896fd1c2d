"""Detect a table of results where a list of genes is expected: all tested genes are not a query."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.headers import figure_of, is_group_header

_COLUMNS = 3
"""Number of columns from which it is a table; two may be names and weights."""
_NO_WEIGHTS = frozenset({"p_value", "p_adjusted", "log2fc", "fold"})
"""Figures that all tested genes have; a score may be a weight."""


def refuse_table(columns: Sequence[str], what: str) -> None:
    """Raise an error for the columns of a table of results.

    Parameters
    ----------
    columns
        Their headers.
    what
        Name of the table in the message.

    Raises
    ------
    InputError
        For three columns or more, and for names beside p-values, fold changes or groups.
    """
    held = [figure_of(column) for column in columns]
    figures = [figure for figure in held if figure is not None and figure.name in _NO_WEIGHTS]
    groups = [column for column in columns if is_group_header(column)]
    if len(columns) < _COLUMNS and not ((figures or groups) and len(columns) == _COLUMNS - 1):
        return
    raise InputError(
        f"{what} must have one column of names, or names and numeric weights; this one is a table with "
        f"{len(columns)} columns ({', '.join(map(repr, columns))}). Pass the chosen genes, such as those "
        "of df['gene'] below a p-value, or the whole table to gsfm_enrich.tl.enrichr, which chooses them."
    )


def columns_of_lines(lines: Sequence[str]) -> list[str]:
    """Return the headers of a table in a text file; empty if the lines are a list of genes.

    Examples
    --------
    >>> columns_of_lines(["gene,padj,stat", "TP53,0.1,2.0", "BAX,0.2,1.0"])
    ['gene', 'padj', 'stat']
    >>> columns_of_lines(["TP53,0.1", "BAX,0.2"]), columns_of_lines(["TP53", "BAX"])
    ([], [])
    """
    lines = [line for line in lines if line.strip()]
    mark = next((mark for mark in "\t;" if all(mark in line for line in lines[:2])), "[,;\t]")
    rows = [[field.strip(' "') for field in re.split(mark, line.rstrip("\r\n"))] for line in lines]
    if len(rows) < 2 or len(rows[1]) < 2 or not 0 <= len(rows[1]) - len(rows[0]) <= 1:
        return []
    header = ["", *rows[0]] if len(rows[0]) < len(rows[1]) else rows[0]  # R writes none for row names
    numeric = any(_is_number(field) for field in rows[1])
    named = not any(re.fullmatch(r"-?\d*\.\d+(e-?\d+)?", field, re.IGNORECASE) for field in header)
    return header if numeric and named and not _is_number(header[0]) else []


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
