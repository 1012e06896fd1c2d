"""What may go into ``adata.uns``: frames and flat dicts that ``write_h5ad`` gives back unchanged."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gsfm_enrich.errors import InputError
from gsfm_enrich.ranking.columns import GSEAPY, MODEL, PREDICTION, types_of

SHOWN = 3
"""Number of terms per list that a notebook shows."""
COLUMNS_SHOWN = (
    "group", "direction", "Term", "Overlap", "Adjusted P-value", "GSFM Adjusted P-value", "ES", "NES",
    "FDR q-val", "Caution",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class Enrichment:
    """The enrichment of several gene lists.

    Attributes
    ----------
    results
        One long table with columns ``group`` and ``direction``, then those of :func:`gsfm_enrich.enrichr`.
    log
        One row per list: the number of genes, of those found and of terms, what is missing, and a message if
        there is no result. None for a table of unknown origin.
    params
        The parameters, as a flat dict.
    """

    results: pd.DataFrame
    log: pd.DataFrame | None
    params: dict[str, Any]

    @property
    def n_lists(self) -> int:
        """Number of gene lists with a result."""
        return len(self.results[["group", "direction"]].drop_duplicates())

    def __repr__(self) -> str:
        terms = self.results["Term"].nunique()
        return f"Enrichment({self.n_lists:,} lists, {terms:,} terms, {len(self.results):,} rows in .results)"

    def _repr_html_(self) -> str:
        """Return the best terms of every list as HTML, which notebooks show."""
        lists = self.results.groupby(["group", "direction"], sort=False, observed=True)
        best = lists.head(SHOWN)
        shown = [name for name in COLUMNS_SHOWN if name in best]
        text = html.escape(repr(self))
        return f"<p>{text}; the first {SHOWN} terms of each:</p>{best[shown].to_html(index=False)}"

    def stored(self) -> dict[str, Any]:
        """Return what goes into ``adata.uns``."""
        return {"results": self.results, "log": self.log, "params": self.params}


def empty_results(rerank: bool) -> pd.DataFrame:
    """Return an enrichment table with all columns and no rows.

    Parameters
    ----------
    rerank
        Whether to include the model's columns.
    """
    columns = types_of([*GSEAPY, *MODEL] if rerank else GSEAPY)
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


NUMBERS = {name: kind for name, kind in types_of(PREDICTION).items() if kind != "object"}
"""Types of the prediction columns that are not text."""


def empty_frame(columns: Iterable[str]) -> pd.DataFrame:
    """Return a table of predictions with these columns and no rows."""
    return pd.DataFrame({name: pd.Series(dtype=NUMBERS.get(name, "object")) for name in columns})


def storable_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy whose text columns hold only strings, with ``""`` for missing values.

    Parameters
    ----------
    frame
        Any data frame with a plain index.

    Returns
    -------
    pandas.DataFrame
        Text and categories as strings of type object, numbers and booleans unchanged, rows numbered from 0.
    """
    frame = frame.reset_index(drop=True)
    for name in frame.columns:
        column = frame[name]
        if not (pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype)):
            text = column.astype(object)
            frame[name] = text.where(text.notna(), "").astype(str).astype(object)
    return frame


def storable_params(**params: Any) -> dict[str, Any]:
    """Return a flat dict of numbers, strings and arrays of strings; None values are left out.

    Parameters
    ----------
    params
        Parameters by name. Lists and tuples must hold strings.

    Returns
    -------
    dict
        The same, in a form that survives ``write_h5ad``.
    """
    kept: dict[str, Any] = {}
    for name, value in params.items():
        if isinstance(value, (list, tuple)):
            kept[name] = np.array([str(entry) for entry in value], dtype=object)
        elif isinstance(value, (bool, int, float, str)):
            kept[name] = value
        elif isinstance(value, np.generic):
            kept[name] = value.item()
        elif value is not None:
            kept[name] = str(value)
    return kept


def check_key(key_added: str, *used: str) -> None:
    """Refuse a slot that would not survive ``write_h5ad``, or that holds the input.

    Parameters
    ----------
    key_added
        Slot to write.
    used
        Slots that are read.

    Raises
    ------
    InputError
        If it is not a string, is empty, has a slash or is one of the slots that are read.

    Examples
    --------
    >>> check_key("gsfm_enrichr", "rank_genes_groups")
    """
    if not isinstance(key_added, str) or not key_added or "/" in key_added:
        raise InputError(f"key_added must be a name without '/', got {key_added!r}.")
    if key_added in used:
        raise InputError(f"key_added is {key_added!r}, where the results are read from; choose another name.")


def name_of(thing: Any) -> str:
    """Return the name recorded for a library or a model: its name or path, else its type."""
    if isinstance(thing, (str, os.PathLike)):
        return str(thing)
    if isinstance(thing, (list, tuple)):
        return ", ".join(name_of(entry) for entry in thing)
    return str(getattr(thing, "name", type(thing).__name__))
