"""Enrichment of everything ``scanpy.tl.rank_genes_groups`` found, written into the AnnData (``ge.tl``)."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gsfm_enrich.adapters.annotate import annotate_genes
from gsfm_enrich.adapters.markers import (
    Cutoffs,
    Direction,
    MarkerList,
    check_adata,
    names_tested,
    ranking_record,
    select_markers,
    symbol_map,
)
from gsfm_enrich.adapters.storage import empty_results, name_of, storable_frame, storable_params
from gsfm_enrich.errors import GsfmEnrichWarning

if TYPE_CHECKING:
    from anndata import AnnData

    from gsfm_enrich.libraries.library import GeneSetLibrary

__all__ = ["annotate_genes", "enrichr"]

LOG_COLUMNS = ("group", "direction", "genes", "found", "terms", "missing", "message")
NAMES_IN_A_MESSAGE = 5


@dataclass(frozen=True)
class _Background:
    """What the enrichment is told, and what is written down about it."""

    value: Any
    source: str
    names: frozenset[str] | None  # var_names of the genes, where they come from the AnnData


def enrichr(
    adata: AnnData,
    gene_sets: Any,
    *,
    key: str = "rank_genes_groups",
    groups: str | Iterable[str] | None = None,
    direction: Direction = "both",
    pval_cutoff: float | None = 0.05,
    log2fc_min: float | None = None,
    log2fc_max: float | None = None,
    max_genes: int | None = None,
    gene_symbols: str | None = None,
    organism: str = "human",
    background: Any = "tested",
    key_added: str = "gsfm_enrichr",
    copy: bool = False,
    model: Any = "default",
    rerank: bool = True,
    min_overlap: int = 1,
) -> AnnData | None:
    """Enrichment of the ranked genes of every group, up- and down-regulated genes apart.

    Each group and direction is one query to :func:`gsfm_enrich.enrichr`. The background is, by default, what
    was tested: with fewer genes in the data than in the genome any other choice makes p-values far too small.

    Parameters
    ----------
    adata
        Annotated data on which ``scanpy.tl.rank_genes_groups`` was run.
    gene_sets
        Whatever :func:`gsfm_enrich.enrichr` takes: a library name, a GMT file, a dict, a ``GeneSetLibrary``,
        or a list of these.
    key
        Slot of ``adata.uns`` that holds the ranking.
    groups
        Group or groups to test; all by default.
    direction
        ``"up"``, ``"down"``, or ``"both"``: each a direction of its own in the table, never pooled. The sign
        is that of the fold change, or of the score where there is no finite fold change.
    pval_cutoff
        Genes are taken when their adjusted p-value is below this. Logistic regression gives none: then the
        `max_genes` strongest scores are taken, 100 unless set, with a warning.
    log2fc_min, log2fc_max
        Exclusive bounds on the magnitude of the log2 fold change, for both directions alike.
    max_genes
        Most genes per group and direction, those with the strongest scores.
    gene_symbols
        Column of ``adata.var`` (or ``adata.raw.var``) with gene symbols, where ``var_names`` are something
        else. Genes without an entry keep their name.
    organism
        Organism of the genes.
    background
        ``"tested"``: the genes that were ranked (those of ``adata.raw`` when raw was used). ``"var_names"``:
        those of `adata`. Or a list of genes, a file, a number, or None for the genes of the library, as in
        :func:`gsfm_enrich.enrichr`.
    key_added
        Slot of ``adata.uns`` to write.
    copy
        Return a changed copy and leave `adata` alone.
    model
        Which model completes the sets, see :func:`gsfm_enrich.load_model`.
    rerank
        Whether to add the model's columns and order terms by them.
    min_overlap
        Terms that share fewer genes with a list are left out of the table; with 0 the model alone can bring a
        term in.

    Returns
    -------
    anndata.AnnData or None
        The copy if `copy`, else None. Written is ``adata.uns[key_added]``, a dict that survives
        ``write_h5ad``:

        - ``"results"``: one data frame for all groups, with columns ``group`` and ``direction`` and then
          those of :func:`gsfm_enrich.enrichr`
        - ``"log"``: a data frame with one row per group and direction: number of ``genes`` asked about and of
          those ``found`` in the gene sets, number of ``terms`` in the table, the ``missing`` genes (joined by
          ``;``), and a ``message`` where there is no result
        - ``"params"``: a flat dict of the parameters

    Raises
    ------
    InputError
        For an unknown key, group, direction, column, cut-off or background.
    LibraryError
        For an unknown or malformed gene set library.

    Warns
    -----
    GsfmEnrichWarning
        Once, counting the gene lists without a result; and when ranked genes are not among the background's.

    Examples
    --------
    >>> import scanpy as sc
    >>> import gsfm_enrich as ge
    >>> adata = sc.datasets.pbmc68k_reduced()
    >>> sc.tl.rank_genes_groups(adata, "bulk_labels")
    >>> ge.tl.enrichr(adata, "GO_Biological_Process", groups="CD19+ B", direction="up")
    >>> ge.get.enrichr_df(adata, "CD19+ B")["Term"].head()  # doctest: +SKIP
    """
    from gsfm_enrich.libraries.sources import load_libraries

    check_adata(adata)
    cutoffs = Cutoffs(pval_cutoff, log2fc_min, log2fc_max, max_genes)
    markers = select_markers(
        adata,
        key=key,
        groups=groups,
        direction=direction,
        cutoffs=cutoffs,
        gene_symbols=gene_symbols,
        stacklevel=3,
    )
    population = _background(adata, key, gene_symbols, background)
    libraries = load_libraries(gene_sets, organism)
    _warn_outside(markers, population)
    options = {
        "organism": organism,
        "background": population.value,
        "model": model,
        "rerank": rerank,
        "min_overlap": min_overlap,
    }
    results, log = _enrich_lists(markers, libraries, options)
    adata = adata.copy() if copy else adata
    adata.uns[key_added] = {
        "results": results,
        "log": log,
        "params": storable_params(
            key=key, direction=direction, pval_cutoff=pval_cutoff, log2fc_min=log2fc_min,
            log2fc_max=log2fc_max, max_genes=max_genes, gene_symbols=gene_symbols, organism=organism,
            background=population.source, background_genes=_size(population.value), rerank=rerank,
            min_overlap=min_overlap, model=name_of(model), gene_sets=[library.name for library in libraries],
            groups=list(dict.fromkeys(marker.group for marker in markers)),
        ),
    }  # fmt: skip
    _warn_without_result(log, key_added)
    return adata if copy else None


def _enrich_lists(
    markers: Sequence[MarkerList], libraries: Sequence[GeneSetLibrary], options: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run one query per list; return the long table and the log."""
    found = _found_genes(markers, libraries, options["organism"])
    tables: list[pd.DataFrame] = []
    log: list[tuple[Any, ...]] = []
    for marker in markers:
        table, said = _enrich_one(marker, libraries, options)
        tables.append(table)
        missing = [gene for gene in dict.fromkeys(marker.genes) if gene not in found]
        distinct = len(set(marker.genes))
        counts = (distinct, distinct - len(missing), len(table), ";".join(missing))
        log.append((marker.group, marker.direction, *counts, _message(marker, missing, len(table), said)))
    kept = [table for table in tables if len(table)] or tables[:1]
    results = storable_frame(pd.concat(kept, ignore_index=True))
    return results, storable_frame(pd.DataFrame(log, columns=list(LOG_COLUMNS)))


def _enrich_one(
    marker: MarkerList, libraries: Sequence[GeneSetLibrary], options: dict[str, Any]
) -> tuple[pd.DataFrame, list[str]]:
    """Return the table of one list, and what was said on the way."""
    from gsfm_enrich.adapters.gseapy import enrichr as enrich_genes

    said: list[str] = []
    if marker.genes:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", GsfmEnrichWarning)
            result = enrich_genes(marker.genes, list(libraries), outdir=None, no_plot=True, **options).results
        for warning in caught:
            if issubclass(warning.category, GsfmEnrichWarning):
                said.append(str(warning.message))
            else:
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
        table = result.reset_index(drop=True)
    else:
        table = empty_results(options["rerank"])
    table.insert(0, "group", marker.group)
    table.insert(1, "direction", marker.direction)
    return table, said


def _message(marker: MarkerList, missing: list[str], terms: int, said: list[str]) -> str:
    """Say why a list has no result; an empty string when it has one."""
    if not marker.genes:
        return "no gene passed the cut-offs"
    if len(missing) == len(set(marker.genes)):
        return (
            f"none of the {len(missing)} genes is in the gene sets"
            if len(missing) > 1
            else "its only gene is in no gene set"
        )
    if not terms:
        return " ".join(said) or "no term has any of the genes"
    return ""


def _found_genes(
    markers: Sequence[MarkerList], libraries: Sequence[GeneSetLibrary], organism: str
) -> set[str]:
    """Return the genes of all lists that are in at least one library."""
    from gsfm_enrich.genes.match import match

    genes = list(dict.fromkeys(gene for marker in markers for gene in marker.genes))
    found: set[str] = set()
    for library in libraries:
        matched = match(genes, library.genes, organism)
        found.update(gene for gene, column in zip(matched.ids, matched.columns, strict=True) if column >= 0)
    return found


def _background(adata: AnnData, key: str, gene_symbols: str | None, background: Any) -> _Background:
    from gsfm_enrich.genes.inputs import as_background

    if isinstance(background, str) and background in ("tested", "var_names"):
        if background == "tested":
            names, source = names_tested(adata, key)
        else:
            names, source = [str(name) for name in adata.var_names], "adata.var_names"
        symbols = symbol_map(adata, ranking_record(adata, key), gene_symbols)
        return _Background([symbols.get(name, name) for name in names], source, frozenset(names))
    if background is None:
        return _Background(None, "genes of each library", None)
    return _Background(as_background(background), "given", None)


def _size(background: Any) -> int | None:
    if background is None or isinstance(background, (int, np.integer)):
        return None if background is None else int(background)
    return len(set(background))


def _warn_outside(markers: Sequence[MarkerList], background: _Background) -> None:
    if background.names is None:
        return
    ranked = {name for marker in markers for name in marker.names}
    outside = sorted(ranked - background.names)
    if outside:
        shown = ", ".join(outside[:NAMES_IN_A_MESSAGE]) + (
            ", ..." if len(outside) > NAMES_IN_A_MESSAGE else ""
        )
        warnings.warn(
            f"{len(outside)} of {len(ranked)} ranked genes are not among the {len(background.names)} genes "
            f"of {background.source} ({shown}); if adata was subset after the test, pass the tested genes as "
            "background=.",
            GsfmEnrichWarning,
            stacklevel=3,
        )


def _warn_without_result(log: pd.DataFrame, key_added: str) -> None:
    silent = log[log["message"] != ""]
    if silent.empty:
        return
    reasons = "; ".join(f"{count}: {reason}" for reason, count in Counter(silent["message"]).items())
    lists = [f"{row.group} ({row.direction})" for row in silent.itertuples()]
    shown = ", ".join(lists[:NAMES_IN_A_MESSAGE]) + (", ..." if len(lists) > NAMES_IN_A_MESSAGE else "")
    warnings.warn(
        f"{len(silent)} of {len(log)} gene lists have no result ({reasons}): {shown}. "
        f"See adata.uns[{key_added!r}]['log'].",
        GsfmEnrichWarning,
        stacklevel=3,
    )
