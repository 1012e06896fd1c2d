"""The options of gseapy's files, checked before anything is computed."""

from __future__ import annotations

import os

from gsfm_enrich.errors import InputError
from gsfm_enrich.pl import figures

FORMATS = (*figures.FORMATS, "jpeg", "tiff", "ps", "pgf")
"""gseapy hands them on to matplotlib, which knows more than our own plots are saved in."""


def check_report_options(outdir: str | os.PathLike[str] | None, format_: str) -> None:
    """Refuse options of the report that gseapy or matplotlib would stumble over at the end.

    Parameters
    ----------
    outdir
        Folder, or None, with which nothing is written and the format does not matter.
    format_
        As `gsfm_enrich.enrichr` takes it.

    Raises
    ------
    InputError
        For the first that cannot be used; the message says what was given and what was expected.

    Examples
    --------
    >>> check_report_options("results", "png")
    """
    if outdir is None:
        return
    if os.path.exists(outdir) and not os.path.isdir(outdir):
        raise InputError(f"outdir must be a folder, and {os.fspath(outdir)!r} is a file.")
    if format_ not in FORMATS:
        raise InputError(f"format must be one of {', '.join(FORMATS)}, not {format_!r}.")
