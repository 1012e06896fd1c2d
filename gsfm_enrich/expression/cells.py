"""The entries of a table's columns, read as names, numbers or words."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from gsfm_enrich.errors import InputError, named
from gsfm_enrich.genes.entries import MISSING

MOSTLY = 0.5
"""Share of the values that must be words, or genes, for a column to count as one of them."""

_SEVERAL = re.compile(r"\s*(?://+|[;,|])\s*")


def names_in(text: str) -> list[str]:
    """Return the names in one field, which may be several: GEO2R writes ``A///B``, MaxQuant ``P1;P2``.

    Examples
    --------
    >>> names_in("CD79A///MIR4640"), names_in("TP53")
    (['CD79A', 'MIR4640'], ['TP53'])
    """
    return [name for name in _SEVERAL.split(text) if name not in MISSING] or [text]


def first_name(text: str) -> str:
    """Return the first of several names in one field."""
    return names_in(text)[0]


def as_names(values: pd.Series) -> pd.Series:
    """Return the entries of a column as stripped text, missing ones as None."""
    if pd.api.types.is_float_dtype(values.dtype):
        known = values.dropna()
        if np.isfinite(known).all() and (known == np.round(known)).all():
            values = values.astype("Int64")
    text = values.astype(object).where(values.notna(), "").astype(str).str.strip()
    return text.mask(text.isin(MISSING), None)


def is_number_type(values: pd.Series) -> bool:
    """Return whether a column is stored as numbers; True and False do not count."""
    return pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)


def is_text(values: pd.Series) -> bool:
    """Return whether a column holds words: most of its entries are not numbers."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        return False
    texts = as_names(values).dropna()
    return bool(pd.to_numeric(texts, errors="coerce").isna().mean() > MOSTLY) if len(texts) else True


def numbers(table: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    """Return a column as numbers, NaN where there is none.

    Raises
    ------
    InputError
        If an entry is neither a number nor missing.
    """
    values = table[column]
    if not pd.api.types.is_numeric_dtype(values.dtype):
        values = values.astype(object)
        values = values.where(~values.astype(str).str.strip().isin(MISSING), np.nan)
    read = pd.to_numeric(values, errors="coerce")
    odd = sorted(values[read.isna() & values.notna()].astype(str).unique())
    if odd:
        commas = all(re.fullmatch(r"-?\d+,\d+(e-?\d+)?", text, re.IGNORECASE) for text in odd)
        raise InputError(
            f"column {column!r} of the data frame must hold numbers, not {named([repr(t) for t in odd])}."
            + (" Read files with decimal commas with pandas.read_csv(..., decimal=',')." if commas else "")
        )
    return np.asarray(read.to_numpy(dtype=np.float64, na_value=np.nan))
