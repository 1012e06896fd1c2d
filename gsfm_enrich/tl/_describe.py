"""Every group of cells in words (``ge.tl.describe``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.expression.markers import Cutoffs
from gsfm_enrich.expression.rank_genes_groups import check_adata, ranking_record, select_markers
from gsfm_enrich.get._results import p_column
from gsfm_enrich.get.storage import check_key, storable_frame, storable_params

if TYPE_CHECKING:
    from anndata import AnnData


@checked
def describe(
    adata: AnnData,
    *,
    key: str = "rank_genes_groups",
    groups: str | Iterable[str] | None = None,
    pval_cutoff: float | None = 0.05,
    log2fc_min: float | None = None,
    log2fc_max: float | None = None,
    max_genes: int | None = None,
    gene_symbols: str | None = None,
    key_added: str = "gsfm_describe",
) -> pd.DataFrame:
    """Describe each group in a paragraph: its cells, markers, terms, modules and understudied genes.

    What was not computed is left out: terms of :func:`gsfm_enrich.tl.enrichr` and
    :func:`gsfm_enrich.tl.enrich_ranked`, modules of :func:`gsfm_enrich.tl.gene_modules`, and predictions of
    :func:`gsfm_enrich.tl.annotate_genes`, all in their usual slots. :func:`gsfm_enrich.report` shows the
    paragraph at the top of each group.

    Parameters
    ----------
    adata
        Annotated data on which ``scanpy.tl.rank_genes_groups`` was run.
    key, groups, pval_cutoff, log2fc_min, log2fc_max, max_genes, gene_symbols
        Which genes are markers, as in :func:`gsfm_enrich.tl.enrichr`.

    Returns
    -------
    pandas.DataFrame
        ``group`` and ``text``, one row per group. It is also written to ``adata.uns[key_added]["text"]``,
        with ``"params"`` beside it.

    Raises
    ------
    InputError
        For an unknown key, group, column or cut-off.

    Examples
    --------
    >>> import scanpy as sc
    >>> import gsfm_enrich as ge
    >>> adata = sc.datasets.pbmc68k_reduced()
    >>> sc.tl.rank_genes_groups(adata, "bulk_labels")
    >>> print(ge.tl.describe(adata, groups="CD19+ B")["text"].item()[:20])
    CD19+ B has 95 cells
    """
    from gsfm_enrich.prediction.describe_group import GroupTables, describe_group

    check_adata(adata)
    check_key(key_added, key)
    cutoffs = Cutoffs(pval_cutoff, log2fc_min, log2fc_max, max_genes)
    markers = select_markers(adata, key=key, groups=groups, cutoffs=cutoffs, gene_symbols=gene_symbols)
    lists: dict[str, dict[str, list[str]]] = {}
    for marker in markers:
        lists.setdefault(marker.group, {})[marker.direction] = marker.genes
    cells = _cells(adata, str(ranking_record(adata, key)["params"].get("groupby")))
    slots = {"terms": "gsfm_enrichr", "ranked": "gsfm_ranked"}
    tests = {name: _results(adata, slot) for name, slot in slots.items()}
    modules = _table(adata, "gsfm_gene_modules", "modules")
    genes = _table(adata, "gsfm_annotate_genes", "genes")
    texts = []
    for group, genes_of in lists.items():
        found = {name: _of(table, group) for name, table in {**tests, "modules": modules}.items()}
        own = {gene for genes in genes_of.values() for gene in genes}
        tables = GroupTables(cells.get(group), genes_of, **found, understudied=_understudied(genes, own))
        texts.append((group, describe_group(group, tables)))
    frame = pd.DataFrame(texts, columns=["group", "text"])
    params = storable_params(
        key=key, pval_cutoff=pval_cutoff, log2fc_min=log2fc_min, log2fc_max=log2fc_max, max_genes=max_genes,
        gene_symbols=gene_symbols,
    )  # fmt: skip
    adata.uns[key_added] = {"text": storable_frame(frame), "params": params}
    return frame


def _cells(adata: AnnData, column: str) -> dict[str, int]:
    """Return the number of cells of each group, as far as the column is there."""
    return adata.obs[column].astype(str).value_counts().to_dict() if column in adata.obs else {}


def _table(adata: AnnData, slot: str, name: str) -> pd.DataFrame:
    """Return a table that a tool wrote, empty if it did not."""
    held = adata.uns.get(slot)
    table = held.get(name) if isinstance(held, Mapping) else None
    return table if isinstance(table, pd.DataFrame) else pd.DataFrame()


def _results(adata: AnnData, slot: str) -> pd.DataFrame:
    """Return results of a test with their adjusted p-value as ``p``, best first."""
    table = _table(adata, slot, "results")
    if table.empty:
        return table
    table = table.assign(p=table[p_column(table)])
    return table.sort_values("p", kind="stable")


def _of(table: pd.DataFrame, group: str) -> pd.DataFrame:
    return table[table["group"] == group] if len(table) else table


def _understudied(genes: pd.DataFrame, own: set[str]) -> pd.DataFrame:
    """Return the understudied genes among the markers of a group."""
    return genes[genes["understudied"] & genes["gene"].isin(own)] if len(genes) else genes
