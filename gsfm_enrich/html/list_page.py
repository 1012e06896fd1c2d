"""One page on a list of genes: whether it hangs together, and what belongs with it (``ge.list_report``)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gsfm_enrich.arguments import checked
from gsfm_enrich.html.gene_page import TEMPLATE, tables_of
from gsfm_enrich.html.pages import page_path, write_page

if TYPE_CHECKING:
    from gsfm_enrich.prediction.list_fit import ListFit

NOTES = {
    "Terms that it resembles": "Re-ranked enrichment of the list; see gsfm_enrich.enrichr.",
    "Genes that belong with it": "Probability as for a term of the first library; the p-value says how often "
    "genes score as high for random lists of the same popularity; see gsfm_enrich.augment.",
    "Genes of the list": "The share of genes of similar popularity that score below each when it is hidden, "
    "the worst first; a gene fits from .95.",
}


@checked
def list_report(
    genes: Any,
    path: str | os.PathLike[str],
    gene_sets: Any = "GO_Biological_Process",
    *,
    negatives: Any = None,
    n: int = 50,
    organism: str = "human",
    model: Any = "default",
) -> Path:
    """Write a self-contained HTML page on a list of genes, from what `gsfm_enrich.list_fit` finds.

    Parameters
    ----------
    path
        File to write.
    gene_sets, negatives, n
        As in :func:`gsfm_enrich.list_fit`.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    InputError
        If `path` is a folder, and as in :func:`gsfm_enrich.list_fit`.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.list_report(["CD79A", "CD79B", "MS4A1", "CD19", "CD22"], "list.html")  # doctest: +SKIP
    PosixPath('list.html')
    """
    from gsfm_enrich.prediction.list_fit import list_fit

    target = page_path(path, "list.html")
    found = list_fit(genes, gene_sets, negatives=negatives, n=n, organism=organism, model=model)
    return write_list_page(found, target)


def write_list_page(found: ListFit, path: str | os.PathLike[str]) -> Path:
    """Write what `gsfm_enrich.list_fit` found as a page; ``path`` is as in `list_report`."""
    tables = dict(zip(NOTES, (found.terms, found.added, found.genes), strict=True))
    sections = [
        {"heading": heading, "note": NOTES[heading], "tables": tables_of(table), "image": ""}
        for heading, table in tables.items()
    ]
    title = f"A list of {len(found.genes)} genes"
    target = page_path(path, "list.html")
    return write_page(
        target, TEMPLATE, title=title, lead=found.text, paragraphs=[], papers=[], sections=sections
    )
