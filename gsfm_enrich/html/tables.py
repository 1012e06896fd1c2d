"""Tables of the report: short numbers to read, full ones to sort by, the rest where a term is expanded."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from gsfm_enrich.pl.folding import SIMILAR
from gsfm_enrich.pl.plot_data import split_genes
from gsfm_enrich.ranking.columns import GSEAPY, MODEL, RANKED, meanings_of

View: TypeAlias = dict[str, Any]
"""Input of the template: plain dicts, lists and strings, which it escapes."""

UNEXPLAINED = ("Gene_set", "Term")
HIDDEN_COLUMNS = ("group", "direction")
GENE_COLUMNS = (
    "Genes", "Predicted Genes", "Lead_genes", "Predicted Lead Genes", "missing", "groups", "neighbours",
    "companions", "similar_terms", SIMILAR,
)  # fmt: skip
ROW_COLUMNS = (
    "Gene_set", "Term", "GSFM Rank", "Rank Change", "GSFM Adjusted P-value", "Adjusted P-value", "Overlap",
    "Expected Overlap", "GSFM Fold Enrichment",
)  # fmt: skip
"""Columns that a table of terms shows; the others are seen when a term is expanded."""
RANKED_NAMES = tuple(column.name for column in RANKED)
RANKED_ROW_COLUMNS = ("Gene_set", "Term", "Rank", "NES", "NOM p-val", "FDR q-val", "Size")
"""The same for the threshold-free test."""
TALL = 150
"""Length in characters from which a cell gets its own scroll bar."""


@dataclass(slots=True)
class Cell:
    """What is shown in a cell, its class, what it is sorted by where that differs, and what it opens."""

    text: str
    kind: str
    value: str | None
    details: list[tuple[str, Cell]] = field(default_factory=list)

    @property
    def tall(self) -> bool:
        """Whether it gets a scroll bar of its own."""
        return len(self.text) > TALL


def is_ranked(frame: pd.DataFrame) -> bool:
    """Return whether a table of terms is of the threshold-free test."""
    return "FDR q-val" in frame


def column_meanings(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the columns of a table of terms that need words, and these."""
    columns = RANKED if is_ranked(frame) else (*GSEAPY, *MODEL)
    meanings = meanings_of(columns).items()
    return [(name, text) for name, text in meanings if name in frame and name not in UNEXPLAINED]


def table_view(frame: pd.DataFrame, folded: list[bool] | None = None) -> View:
    """Return what the template makes a table of.

    Parameters
    ----------
    frame
        Any data frame; one with a column ``Term`` is a table of terms, whose rows can be opened.
    folded
        Which of its rows are hidden until the reader asks for them; by default none.

    Returns
    -------
    dict
        ``columns``, their names, ``rows`` of cells, and which rows are ``folded``.
    """
    folded = [False] * len(frame) if folded is None else folded
    if "Term" not in frame:
        return _view(frame, []) | {"folded": folded}
    frame = frame.drop(columns=[name for name in HIDDEN_COLUMNS if name in frame])
    if "Gene_set" in frame and len(set(frame["Gene_set"])) == 1:
        frame = frame.drop(columns="Gene_set")
    if is_ranked(frame):
        frame = frame[[name for name in (*RANKED_NAMES, SIMILAR) if name in frame]]
    shown = [name for name in (RANKED_ROW_COLUMNS if is_ranked(frame) else ROW_COLUMNS) if name in frame]
    others = frame[[name for name in frame.columns if name not in shown]]
    return _view(frame[shown], _details(others)) | {"folded": folded}


def _view(frame: pd.DataFrame, details: list[list[tuple[str, Cell]]]) -> View:
    cells = [[table_cell(value, str(name)) for value in frame[name]] for name in frame.columns]
    rows = list(zip(*cells, strict=True))
    for row, detail in zip(rows, details, strict=False):
        for cell in row:
            if cell.kind == "term":
                cell.details, cell.value = detail, cell.text
    return {"columns": [str(name) for name in frame.columns], "rows": rows}


def _details(frame: pd.DataFrame) -> list[list[tuple[str, Cell]]]:
    """Return what each term shows when it is opened: names and cells."""
    names = [str(name) for name in frame.columns]
    return [
        [
            (name, table_cell(value, name))
            for name, value in zip(names, values, strict=True)
            if name not in GENE_COLUMNS or split_genes(value)
        ]
        for values in frame.itertuples(index=False, name=None)
    ]


def table_cell(value: Any, column: str) -> Cell:
    """Return the cell of a value, its numbers short and its lists with room to break."""
    text, kind, sorted_by = str(value), "", None
    if isinstance(value, (bool, np.bool_)):
        text = "yes" if value else "no"
    elif isinstance(value, (int, np.integer)):
        text, kind = f"{value:+,}" if column == "Rank Change" and value else f"{value:,}", "num"
        sorted_by = str(int(value))
    elif isinstance(value, (float, np.floating)):
        text, kind = short_number(float(value)), "num"
        sorted_by = "" if math.isnan(value) else repr(float(value))
    elif column in GENE_COLUMNS:
        of = "predicted" if column.startswith("Predicted") else "similar" if column == SIMILAR else ""
        text, kind = text.replace(";", ", "), f"genes {of}".rstrip()
    elif column == "Overlap":
        sorted_by = text.split("/", maxsplit=1)[0]
    elif column in ("Term", "term"):
        kind = "term"
    return Cell(text, kind, sorted_by)


def short_number(number: float) -> str:
    """Return about three significant digits."""
    if math.isnan(number):
        return ""
    if number.is_integer() or 1000 <= abs(number) < 1e5:
        return f"{number:,.0f}"
    return f"{number:.3g}" if 1e-3 <= abs(number) < 1000 else f"{number:.1e}"
