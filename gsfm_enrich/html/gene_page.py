"""One page on one gene: what it may do, how sure that is, and why (``ge.gene_report``)."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError
from gsfm_enrich.html.pages import page_path, write_page
from gsfm_enrich.html.tables import View, table_cell
from gsfm_enrich.pl import neighbors as draw_neighbours
from gsfm_enrich.pl.figures import svg_address

TEMPLATE = "gene_page.html.j2"
BELOW = ("similar_terms", "caution")
"""Shown below a term, because columns for it would be wider than the page."""
HEADINGS = {"term_auroc": "term AUROC", "z_score": "z-score", "experimental_go": "experimental GO"}
NOTES = {
    "Who it is": "NCBI Gene and the Gene Ontology, September 2022; see gsfm_enrich.gene_info.",
    "Functions": "Known terms are scored as if they did not list the gene; similar terms are merged; see "
    "gsfm_enrich.predict_functions.",
    "Shared with its companions": "Terms that are frequent among the genes that it was found with; see "
    "gsfm_enrich.functions_in_context.",
    "Neighbours": "The genes that are most similar to it in the model; see gsfm_enrich.neighbors.",
}


@checked
def gene_report(
    gene: str,
    path: str | os.PathLike[str],
    gene_sets: Any = ("GO_Biological_Process", "GO_Molecular_Function", "GO_Cellular_Component"),
    *,
    companions: Any = None,
    top: int = 10,
    organism: str = "human",
    model: Any = "default",
) -> Path:
    """Write a self-contained HTML page on one gene.

    The page begins with the paragraphs of :func:`gsfm_enrich.describe_gene`; then it contains the gene's
    identity and how well it is studied; its known and predicted functions; what it shares with its
    companions, if any are given; and its neighbours, as a plot and a table.

    Parameters
    ----------
    path
        File to write.
    gene_sets
        Libraries whose terms are the functions, as :func:`gsfm_enrich.predict_functions` takes them.
    companions
        Genes it was found with, such as the other differentially expressed ones.
    top
        Number of terms to list from each library.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    InputError
        If `path` is a folder, `gene` is not one gene, or ``top`` is below 1.

    Warns
    -----
    GsfmEnrichWarning
        If the model does not know the gene; the page then describes it and says that nothing is predicted.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.gene_report("C1orf112", "C1orf112.html")  # doctest: +SKIP
    PosixPath('C1orf112.html')
    """
    from gsfm_enrich.prediction.context import functions_in_context
    from gsfm_enrich.prediction.describe import describe_gene, in_company
    from gsfm_enrich.prediction.neighbours import neighbors
    from gsfm_enrich.prediction.predict import predict_functions
    from gsfm_enrich.prediction.understudied import gene_info

    target = page_path(path, "gene.html")
    if not isinstance(gene, str) or not gene.strip():
        raise InputError(f"gene_report takes one gene by its name, not {gene!r}.")
    gene = gene.strip()
    options: dict[str, Any] = {"organism": organism, "model": model}
    libraries = list(gene_sets) if isinstance(gene_sets, tuple) else gene_sets
    info = gene_info([gene], organism)
    functions = predict_functions([gene], libraries, top=top, **options)
    tables = {"Who it is": info, "Functions": functions.drop(columns="gene")}
    shared = None
    if len(functions):
        near = neighbors([gene], **options)
        if companions is not None:
            shared = functions_in_context([gene], companions, libraries, top=top, **options)
            tables["Shared with its companions"] = shared.drop(columns="gene")
        tables["Neighbours"] = near.drop(columns="gene")
    sections = [
        {
            "heading": heading,
            "note": NOTES[heading],
            "tables": tables_of(table),
            "image": svg_address(partial(draw_neighbours, gene, **options))
            if heading == "Neighbours"
            else "",
        }
        for heading, table in tables.items()
    ]
    words = describe_gene(gene, libraries, **options)
    said = [words.predicted, words.doubts, in_company(shared) if shared is not None and len(shared) else ""]
    return write_page(
        target,
        TEMPLATE,
        title=f"What {gene} may do",
        lead=words.known,
        paragraphs=list(filter(None, said)),
        papers=list(dict.fromkeys(id for ids in words.functions["pubmed"] for id in ids.split(";") if id)),
        sections=sections,
    )


def tables_of(frame: pd.DataFrame) -> list[View]:
    """Return what the template makes tables of: one for each library, under its name if there are several."""
    if "gene_set" not in frame:
        return [_table("", frame)]
    parts = list(frame.groupby("gene_set", sort=False))
    return [
        _table(str(name) if len(parts) > 1 else "", part.drop(columns="gene_set")) for name, part in parts
    ]


def _table(name: str, frame: pd.DataFrame) -> View:
    below = [column for column in BELOW if column in frame]
    main = frame.drop(columns=below)
    rows = [
        [table_cell(value, str(column)) for column, value in zip(main.columns, values, strict=True)]
        for values in main.itertuples(index=False, name=None)
    ]
    if below:
        place = list(main).index("term")
        for row, extra in zip(rows, frame[below].to_dict("records"), strict=True):
            row[place].details = [
                (_heading(column), table_cell(extra[column], column)) for column in below if extra[column]
            ]
    return {"name": name, "columns": [_heading(str(column)) for column in main.columns], "rows": rows}


def _heading(column: str) -> str:
    return HEADINGS.get(column, column.replace("_", " "))
