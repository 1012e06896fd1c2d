"""Functional modules of differentially expressed genes (``ge.tl.gene_modules``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import warn_caller
from gsfm_enrich.expression.losses import warn_several
from gsfm_enrich.expression.markers import Cutoffs, Direction
from gsfm_enrich.expression.rank_genes_groups import check_adata, select_markers
from gsfm_enrich.genes.inputs import parse_gene_list
from gsfm_enrich.genes.spelling import misread_species
from gsfm_enrich.get.storage import check_key, name_of, storable_frame, storable_params
from gsfm_enrich.model.names import name_of_model

if TYPE_CHECKING:
    from anndata import AnnData

FEWEST = 3
"""Shorter lists have no modules."""
LISTED_GENES = 500


@checked
def gene_modules(
    adata: AnnData,
    gene_sets: Any = "GO_Biological_Process",
    *,
    key: str = "rank_genes_groups",
    groups: str | Iterable[str] | None = None,
    direction: Direction = "both",
    pval_cutoff: float | None = 0.05,
    log2fc_min: float | None = None,
    log2fc_max: float | None = None,
    max_genes: int | None = LISTED_GENES,
    gene_symbols: str | None = None,
    organism: str = "human",
    smallest: int = 3,
    model: Any = "default",
    key_added: str = "gsfm_gene_modules",
    copy: bool = False,
) -> AnnData | None:
    """Split the differentially expressed genes of each group into functional modules, and name them.

    Parameters
    ----------
    adata
        Annotated data on which ``scanpy.tl.rank_genes_groups`` was run.
    gene_sets
        Libraries whose terms name the modules: whatever :func:`gsfm_enrich.enrichr` takes.
    key, groups, direction, pval_cutoff, log2fc_min, log2fc_max, max_genes, gene_symbols, organism
        Which genes are differentially expressed, as in :func:`gsfm_enrich.tl.enrichr`; at most 500 of a
        group and direction unless said otherwise.
    smallest
        Modules of fewer genes are dissolved: their genes are in module 0.

    Returns
    -------
    anndata.AnnData or None
        The copy if `copy`, else None. Written is ``adata.uns[key_added]``, a dict that survives
        ``write_h5ad``: the tables ``"genes"``, ``"modules"`` and ``"edges"`` of
        :func:`gsfm_enrich.gene_modules`, each with the columns ``group`` and ``direction`` in front, and
        ``"params"``. :func:`gsfm_enrich.pl.modules` draws them.

    Raises
    ------
    InputError
        For an unknown key, group, direction, column or cut-off, or ``smallest`` below 2.

    Warns
    -----
    GsfmEnrichWarning
        Once, counting the lists of fewer than three genes, which have no modules; and for genes that the
        model does not know, of all lists together.

    Examples
    --------
    >>> import scanpy as sc
    >>> import gsfm_enrich as ge
    >>> adata = sc.datasets.pbmc68k_reduced()
    >>> sc.tl.rank_genes_groups(adata, "bulk_labels")
    >>> ge.tl.gene_modules(adata, groups="CD19+ B", direction="up", max_genes=30)
    >>> list(adata.uns["gsfm_gene_modules"])
    ['genes', 'modules', 'edges', 'params']
    """
    from gsfm_enrich.libraries.sources import load_libraries
    from gsfm_enrich.prediction.arguments import AskedGenes, model_of
    from gsfm_enrich.prediction.gene_modules import (
        EDGE_COLUMNS,
        GENE_COLUMNS,
        MODULE_COLUMNS,
        split_into_modules,
    )

    check_adata(adata)
    check_key(key_added, key)
    cutoffs = Cutoffs(pval_cutoff, log2fc_min, log2fc_max, max_genes)
    markers = select_markers(
        adata,
        key=key,
        groups=groups,
        direction=direction,
        cutoffs=cutoffs,
        gene_symbols=gene_symbols,
    )
    network, libraries = model_of(organism, model), load_libraries(gene_sets, organism)
    warn_several(markers)
    columns = {"genes": GENE_COLUMNS, "modules": MODULE_COLUMNS, "edges": EDGE_COLUMNS}
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in columns}
    said: set[str] = set()
    for marker in markers:
        genes = list(dict.fromkeys(parse_gene_list(marker.genes)[0]))
        if len(genes) < FEWEST:
            said.add(f"{marker.group} ({marker.direction}) has fewer than {FEWEST} genes, so no modules.")
            continue
        asked = AskedGenes(genes, organism, network)
        found = split_into_modules(asked, libraries, smallest)
        for lost in filter(None, [misread_species(genes, organism), asked.unknown()]):
            said.add(f"{marker.group} ({marker.direction}): {lost}")
        for name, tables in parts.items():
            table = getattr(found, name).copy()
            table.insert(0, "group", marker.group)
            table.insert(1, "direction", marker.direction)
            tables.append(table)
    adata = adata.copy() if copy else adata
    empty = {name: pd.DataFrame(columns=["group", "direction", *own]) for name, own in columns.items()}
    adata.uns[key_added] = {
        name: storable_frame(pd.concat(tables, ignore_index=True) if tables else empty[name])
        for name, tables in parts.items()
    } | {
        "params": storable_params(
            key=key, direction=direction, pval_cutoff=pval_cutoff, log2fc_min=log2fc_min,
            log2fc_max=log2fc_max, max_genes=max_genes, gene_symbols=gene_symbols, organism=organism,
            smallest=smallest, model=name_of_model(model), gene_sets=name_of(gene_sets),
        )
    }  # fmt: skip
    if said:
        warn_caller(" ".join(sorted(said)))
    return adata if copy else None
