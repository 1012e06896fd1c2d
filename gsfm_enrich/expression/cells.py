"""The entries of a table's columns: as names, as numbers, as words."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.entries import MISSING

MOSTLY = 0.5
"""A column is one of words, or of genes, when so many of its values are."""

_SEVERAL = re.compile(r"\s*(?://+|[;,|])\s*")


def first_name(text: str) -> str:
    """Return the first of several names in one field: GEO2R writes ``A///B``, MaxQuant ``P1;P2``."""
    return _SEVERAL.split(text, maxsplit=1)[0] if _SEVERAL.search(text) else text


def as_names(values: pd.Series) -> pd.Series:
    """Return the entries of a column as stripped text, missing ones as None."""
    if pd.api.types.is_float_dtype(values.dtype):
        known = values.dropna()
        if np.isfinite(known).all() and (known == np.round(known)).all():
            values = values.astype("Int64")
    text = values.astype(object).where(values.notna(), "").astype(str).str.strip()
    return text.mask(text.isin(MISSING), None)


def is_text(values: pd.Series) -> bool:
    """Say whether a column holds words, most of whose entries are no numbers."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        return False
    texts = as_names(values).dropna()
    return bool(pd.to_numeric(texts, errors="coerce").isna().mean() > MOSTLY) if len(texts) else True


def numbers(table: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    """Return a column as numbers, NaN where there is none.

    Raises
    ------
    InputError
        When an entry is neither a number nor missing.
    """
    values = table[column]
    if not pd.api.types.is_numeric_dtype(values.dtype):
        values = values.astype(object)
        values = values.where(~values.astype(str).str.strip().isin(MISSING), np.nan)
    try:
        return np.asarray(pd.to_numeric(values).to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError) as error:
        raise InputError(f"column {column!r} of the data frame must hold numbers: {error}.") from error
