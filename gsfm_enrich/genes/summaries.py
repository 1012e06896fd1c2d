"""What RefSeq says about human genes: the bundled summaries."""

from __future__ import annotations

import lzma
from functools import cache
from importlib.resources import files

from gsfm_enrich.genes.table import human_columns

SUMMARIES = "gene_summaries.tsv.xz"


def gene_summary(symbol: str) -> str:
    """Return the RefSeq summary of a human gene, empty if there is none.

    Parameters
    ----------
    symbol
        Approved symbol, as in `gsfm_enrich.genes.table.load_gene_table`.

    Returns
    -------
    str
        A paragraph written by the curators of RefSeq, see ``gsfm_enrich/data/ATTRIBUTION.md``.

    Examples
    --------
    >>> gene_summary("TP53")[:38]
    'This gene encodes a tumor suppressor p'
    >>> gene_summary("C1orf112")
    ''
    """
    return _by_symbol().get(symbol, "")


@cache
def _by_symbol() -> dict[str, str]:
    packed = files("gsfm_enrich.data").joinpath(SUMMARIES).read_bytes()
    lines = lzma.decompress(packed).decode("utf-8").rstrip("\n").split("\n")[1:]
    columns = human_columns()
    symbols = dict(zip(columns["entrez"], columns["symbol"], strict=True))
    pairs = (line.split("\t") for line in lines)
    return {symbols[entrez]: text for entrez, text in pairs if entrez in symbols}
