"""The options of gseapy's files, checked before anything is computed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from gsfm_enrich.errors import InputError
from gsfm_enrich.pl import figures

FORMATS = (*figures.FORMATS, "jpeg", "tiff", "ps", "pgf")
"""gseapy hands them on to matplotlib, which knows more than our own plots are saved in."""


def check_report_options(outdir: Any, cutoff: Any, format_: Any, figsize: Any, top_term: Any) -> None:
    """Refuse options of the report that gseapy or matplotlib would stumble over at the end.

    Parameters
    ----------
    outdir
        Folder, or None, with which nothing is written and the others do not matter.
    cutoff, format_, figsize, top_term
        As `gsfm_enrich.enrichr` takes them.

    Raises
    ------
    InputError
        For the first that cannot be used; the message says what was given and what was expected.

    Examples
    --------
    >>> check_report_options("reports", 0.05, "pdf", (6, 6), 10)
    """
    if outdir is None:
        return
    if not isinstance(outdir, str | os.PathLike) or not os.fspath(outdir):
        raise InputError(f"outdir must be the path of a folder, or None, not {outdir!r}.")
    if os.path.exists(outdir) and not os.path.isdir(outdir):
        raise InputError(f"outdir must be a folder, and {os.fspath(outdir)!r} is a file.")
    if format_ not in FORMATS:
        raise InputError(f"format must be one of {', '.join(FORMATS)}, not {format_!r}.")
    if not _is_number(cutoff):
        raise InputError(f"cutoff must be a number, not {cutoff!r}.")
    if isinstance(top_term, bool) or not isinstance(top_term, Integral) or top_term < 1:
        raise InputError(f"top_term must be a whole number of 1 or more, not {top_term!r}.")
    pair = isinstance(figsize, Sequence) and len(figsize) == 2
    if not pair or not all(_is_number(side) and side > 0 for side in figsize):
        raise InputError(f"figsize must be width and height in inches, not {figsize!r}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
