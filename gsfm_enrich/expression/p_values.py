"""Columns of p-values: converted if the header says how, rejected if they hold something else."""

from __future__ import annotations

import math
import re

import numpy as np

from gsfm_enrich.arrays import Floats
from gsfm_enrich.errors import InputError, warn_caller

ROUNDING = 1e-6
"""How far above 1 a p-value may be because of rounding."""
BASES = {"log10": 10.0, "log2": 2.0, "ln": math.e}
"""Bases of logarithms, by their name in a header."""
PER_CENT = 5.0
"""Half of the -log10 p-values of a table are below 0.3; half of its percentages are far above."""


def as_p_values(values: Floats, column: str, scale: str = "") -> Floats:
    """Return p-values.

    Parameters
    ----------
    values
        The numbers of the column; NaN where there is none.
    column
        Its header.
    scale
        The scale according to the header: ``"log10"``, ``"log2"`` or ``"ln"`` for logarithms of either sign,
        ``"per cent"``, or empty.

    Returns
    -------
    ndarray
        P-values between 0 and 1, or NaN.

    Raises
    ------
    InputError
        If numbers are not p-values; the message says what they probably are.

    Warns
    -----
    GsfmEnrichWarning
        If they were converted.

    Examples
    --------
    >>> as_p_values(np.array([0.05, 1.0]), "padj")
    array([0.05, 1.  ])
    """
    known = values[~np.isnan(values)]
    if scale in BASES and known.size:
        if (known < 0).any() and (known > 0).any():
            raise InputError(
                f"column {column!r} should hold logarithms of p-values, which have one sign, but its values "
                f"go from {known.min():g} to {known.max():g}. Name the column of p-values with p_column=."
            )
        base = "e" if scale == "ln" else scale.removeprefix("log")
        warn_caller(f"column {column!r} holds logarithms: converted to p-values as {base} ** -|value|.")
        return np.asarray(BASES[scale] ** -np.abs(values))
    if scale == "per cent" and known.size and known.min() >= 0 and known.max() <= 100 * (1 + ROUNDING):
        if 0 < known.max() <= 1:
            raise InputError(
                f"column {column!r} should hold percentages, but its largest value is {known.max():g}: it "
                "may hold fractions. If so, rename it without %; otherwise divide it by 100."
            )
        warn_caller(f"column {column!r} holds percentages: divided by 100.")
        return np.asarray(np.minimum(values / 100, 1.0))
    if known.size and not (known.min() >= 0 and known.max() <= 1 + ROUNDING):
        raise InputError(
            f"column {column!r} does not hold p-values between 0 and 1: its values go from {known.min():g} "
            f"to {known.max():g}. {_likely(known, column)} Name the column of p-values with p_column=."
        )
    return np.minimum(values, 1.0)


def _likely(known: Floats, column: str) -> str:
    """Return a sentence on what numbers probably are, if they are not p-values."""
    if re.search("log|lg|ln", column.lower()):
        return "Its name suggests logarithms: convert them to p-values."
    if np.isinf(known).any():
        return "Infinite values are not p-values; they look like -log10 of p-values that are 0."
    if (known <= 0).all():
        return "They look like log10 p-values; convert them with 10 ** values."
    if (known < 0).any():
        return "Negative values are not p-values; they look like a statistic or a fold change."
    if known.max() <= 100 and (np.median(known) > PER_CENT or known.max() > 60):
        return "They look like percentages; divide them by 100."
    return "They look like -log10 p-values; convert them with 10 ** -values."
