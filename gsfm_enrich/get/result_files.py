"""Read enrichment results from a file, whichever command or notebook wrote it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd

from gsfm_enrich.errors import InputError

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
TEXT_COLUMNS = ("Gene_set", "Term", "Overlap", "Genes", "Predicted Genes", "Caution", "group", "direction")


def read_results(path: str | os.PathLike[str]) -> Any:
    r"""Read results from a file.

    Parameters
    ----------
    path
        An ``.h5ad`` file with results of :func:`gsfm_enrich.tl.enrichr`, or a table that
        :func:`gsfm_enrich.enrichr` wrote or that was saved from a data frame: ``.txt`` and ``.tsv`` with
        tabs, ``.csv`` with commas.

    Returns
    -------
    anndata.AnnData or pandas.DataFrame
        What ``ge.pl`` and ``ge.report`` take. The expression values stay in the file.

    Raises
    ------
    InputError
        If there is no such file, its suffix is not one of these, or it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "mine.csv").write_text("Term,P-value\napoptosis,0.01\n")
    ...     read_results(Path(folder) / "mine.csv")
            Term  P-value
    0  apoptosis     0.01
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"There is no file {str(file)!r}; expected an .h5ad file or a table of results.")
    suffix = file.suffix.lower()
    try:
        if suffix == ".h5ad":
            from anndata import read_h5ad

            return read_h5ad(file, backed="r")
        if suffix in SEPARATORS:
            text = dict.fromkeys(TEXT_COLUMNS, str)
            return pd.read_csv(file, sep=SEPARATORS[suffix], dtype=text, keep_default_na=False, na_values=[])
    except (OSError, ValueError) as error:
        raise InputError(f"{str(file)!r} cannot be read as {suffix}: {error}.") from error
    raise InputError(
        f"{str(file)!r} must end in .h5ad, {', '.join(SEPARATORS)}; the suffix says how to read it."
    )
