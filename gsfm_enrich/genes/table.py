"""The bundled gene table."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from gsfm_enrich.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def load_gene_table(organism: str = "human") -> pd.DataFrame:
    """Load the bundled gene table.

    Parameters
    ----------
    organism
        Only ``"human"`` has a table.

    Returns
    -------
    pandas.DataFrame
        One row per gene, in the order of Entrez ids, with the columns ``symbol`` (unique), ``entrez``,
        ``ensembl``, ``uniprot`` and ``aliases`` (each possibly several, joined by ``;``, possibly empty),
        ``name``, ``type`` (NCBI's: ``protein-coding``, ``ncRNA``, ``pseudo``...), ``publications`` (int:
        distinct PubMed ids linked to the gene), ``fractional_publications`` (float: the same, each
        publication divided by the number of genes it names) and ``experimental_go`` (bool: whether a direct
        GO annotation to a biological process, or to a molecular function other than protein binding, rests
        on an experiment). A new copy at each call.

    Raises
    ------
    InputError
        If the organism is unknown or has no table.

    Notes
    -----
    Sources, dates and licences are in ``gsfm_enrich/data/ATTRIBUTION.md``; what is left out is described in
    `gsfm_enrich.training.bundled_data`.

    Examples
    --------
    >>> table = load_gene_table()
    >>> table.loc[table["symbol"] == "TP53", "entrez"].item()
    '7157'
    """
    if organism != "human":
        raise InputError(f"There is no bundled gene table for {organism}; there is one for human.")
    return _human_frame().copy()


@cache
def human_columns() -> dict[str, list[str]]:
    """Return the columns of the human gene table as lists of text; shared, so they must not be changed."""
    packed = files("gsfm_enrich.data").joinpath("human_genes.tsv.gz").read_bytes()
    text = gzip.decompress(packed).decode("utf-8").rstrip("\n")
    names = text[: text.index("\n")].split("\t")
    fields = text.replace("\n", "\t").split("\t")  # one split and slices take half the time of line by line
    return {name: fields[start :: len(names)][1:] for start, name in enumerate(names)}


@cache
def _human_frame() -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    columns = human_columns()
    table = pd.DataFrame(columns)
    table["publications"] = np.array(columns["publications"], dtype=np.int64)
    table["fractional_publications"] = np.array(columns["fractional_publications"], dtype=np.float64)
    table["experimental_go"] = np.array(columns["experimental_go"]) == "1"
    return table
