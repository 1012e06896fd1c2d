"""The options of gseapy's files, checked before anything is computed."""

from __future__ import annotations

import os

from gsfm_enrich.errors import InputError
from gsfm_enrich.pl import figures

FORMATS = (*figures.FORMATS, "jpeg", "tiff", "ps", "pgf")
"""File types of figures: gseapy passes them on to matplotlib, which has more than our own plots."""


def check_report_options(outdir: str | os.PathLike[str] | None, format_: str) -> None:
    """Raise an error for options of the report that gseapy or matplotlib would only reject at the end.

    Parameters
    ----------
    outdir
        Folder; with None, nothing is written and the format is ignored.
    format_
        As in `gsfm_enrich.enrichr`.

    Raises
    ------
    InputError
        For the first unusable option; the message says what was given and what was expected.

    Examples
    --------
    >>> check_report_options("results", "png")
    """
    if outdir is None:
        return
    if os.path.exists(outdir) and not os.path.isdir(outdir):
        raise InputError(f"outdir must be a folder, but {os.fspath(outdir)!r} is a file.")
    if format_ not in FORMATS:
        raise InputError(f"format must be one of {', '.join(FORMATS)}, not {format_!r}.")
