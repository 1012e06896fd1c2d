"""Enrichment of the groups of ``scanpy.tl.rank_genes_groups``, written into the AnnData (``ge.tl``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError, warn_caller
from gsfm_enrich.expression.background import choose_background, mean_expression
from gsfm_enrich.expression.label_null import read_comparisons
from gsfm_enrich.expression.losses import (
    warn_misread,
    warn_mostly_unknown,
    warn_outside,
    warn_several,
    warn_without_result,
)
from gsfm_enrich.expression.markers import Cutoffs, Direction, MarkerList, marker_lists
from gsfm_enrich.expression.sources import columns_by_figure, read_source
from gsfm_enrich.genes.inputs import as_background, parse_gene_list
from gsfm_enrich.get.storage import (
    Enrichment,
    check_key,
    empty_results,
    name_of,
    storable_frame,
    storable_params,
)
from gsfm_enrich.model.names import name_of_model
from gsfm_enrich.progress import progress
from gsfm_enrich.ranking.counts import count_overlap
from gsfm_enrich.ranking.enrichment import (
    TermTests,
    adjust_together,
    enrichment_table,
    lost_genes,
    model_for,
    term_tests,
    too_long,
)
from gsfm_enrich.tl._permuted_lists import ListKind, list_kind, nulls_of_lists

if TYPE_CHECKING:
    from anndata import AnnData

    from gsfm_enrich.libraries.library import GeneSetLibrary
    from gsfm_enrich.model.gsfm import GSFM
    from gsfm_enrich.ranking.list_null import ListNull

_Nulls: TypeAlias = "Sequence[Mapping[ListKind, ListNull]] | None"

LOG_COLUMNS = ("group", "direction", "genes", "found", "terms", "missing", "message")


@checked
def enrichr(
    adata: AnnData | pd.DataFrame | Mapping[str, Any],
    gene_sets: Any,
    *,
    de: pd.DataFrame | Mapping[str, Any] | None = None,
    columns: Mapping[str, Any] | None = None,
    gene_column: str | None = None,
    p_column: str | None = None,
    statistic_column: str | None = None,
    groupby: str | Sequence[str] | None = None,
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
    propensity: Any = None,
    completeness: float | None = None,
    fdr_over: str = "library",
    permutations: int | None = None,
    batch: str | None = None,
    seed: int = 0,
) -> AnnData | Enrichment | None:
    """Enrichment of the differentially expressed genes of every group, with up and down kept apart.

    Each group and direction is one query to :func:`gsfm_enrich.enrichr`. The background is, by default, the
    genes that were tested: if the data have fewer genes than the genome, other choices make p-values far too
    small.

    Parameters
    ----------
    adata
        Annotated data on which ``scanpy.tl.rank_genes_groups`` was run, by any of its methods, filtered or
        not. Without cells: what `de` takes.
    gene_sets
        Whatever :func:`gsfm_enrich.enrichr` takes: a library name, a GMT file, a dict, a ``GeneSetLibrary``,
        or a list of these.
    de
        Differential expression from another tool, instead of what is under `key`: a data frame of DESeq2,
        PyDESeq2, edgeR, limma, Seurat, pertpy, MAST, MAGeCK or another tool (the documentation lists what is
        read); a dict of data frames by group; or a dict of lists by group,
        ``{"B cells": [...]}`` or ``{"B cells": {"up": [...], "down": [...]}}``.
    columns
        Columns of that data frame for any of ``name``, ``log2fc``, ``p_adjusted``, ``p_value``, ``score`` and
        ``group``, if they are not recognised or others are meant; genes may be in its index. The columns
        used are stored.
    gene_column
        Column of the data frame that holds the genes, where it is not recognised or several could be it;
        ``"index"`` for an index without a name.
    p_column
        Its column of p-values: adjusted ones if its name says so, else raw ones, which are then adjusted.
    statistic_column
        Its column of a fold change, if its name says so, else of a signed statistic.
    groupby
        Its column with the group, or several columns whose combination is the group; an empty list for none.
    key
        Slot of ``adata.uns`` that holds the ranking of scanpy.
    groups
        Group or groups to test; all by default.
    direction
        ``"up"``, ``"down"``, or ``"both"``: each a direction of its own in the table, never pooled. The sign
        is that of the fold change, or of the score where there is no finite fold change. Where there is
        neither, as in a plain list, the genes of a group are one list without a direction.
    pval_cutoff
        Genes are selected if their adjusted p-value is below this; None selects the `max_genes` strongest
        regardless of p-values. Logistic regression gives no p-values: then the `max_genes` strongest scores
        are selected, 100 by default, with a warning.
    log2fc_min, log2fc_max
        Exclusive bounds on the magnitude of the log2 fold change, for both directions alike.
    max_genes
        Largest number of genes per group and direction, those with the strongest scores.
    gene_symbols
        Column of ``adata.var`` (or ``adata.raw.var``) with gene symbols, where ``var_names`` are something
        else. Genes without an entry keep their name.
    organism
        Organism of the genes, as in :func:`gsfm_enrich.enrichr`: those of mouse and rat are mapped to human
        gene sets through their orthologues, and appear in the results as in `adata`.
    background
        ``"tested"``: the genes that were ranked (those of ``adata.raw`` when raw was used; those with a
        p-value in a data frame; where neither is known, those of the cells). ``"var_names"``: those of
        `adata`. ``"expressed"``: those with a value above 0 in any cell. Or a list of genes, a file, a
        number, or None for the genes of the library, as in :func:`gsfm_enrich.enrichr`. The result states
        which was used, and its number of genes.
    rerank
        Whether to add the model's columns and order terms by them.
    min_overlap
        Terms that share fewer genes with a list are left out of the table; with 0 the model alone can bring a
        term in.
    propensity
        How likely each gene is to be listed whatever the groups are, as in :func:`gsfm_enrich.enrichr`, or
        ``"expression"``: its mean value over the cells, of ``adata.raw`` when raw was used. Differences of
        highly expressed genes are found more easily, and random lists are then drawn like that as well.
    completeness
        How complete the libraries are, as in :func:`gsfm_enrich.enrichr`.
    fdr_over
        Which tests p-values are adjusted for: ``"library"``, those of each library, group and direction by
        itself; or ``"all"``, those of all libraries, groups and directions together.
    permutations
        Labellings of the cells to draw, 100 or more, for p-values that correlated genes do not make too
        small. Genes of one term are found together in any cells: among lists from permuted labels, one in
        six has a false discovery rate below 0.05 somewhere, by either test. With this, the p-values of both
        tests say how often lists of the same length from permuted labels overlap as much; the order of the
        terms stays. All groups of one labelling count. By default none: p-values are those of random genes.
    batch
        Column of ``adata.obs`` with the batch or donor of each cell, within which labels are permuted.
    seed
        Random seed of the permutations: the same seed gives the same p-values.

    Returns
    -------
    anndata.AnnData, Enrichment or None
        The copy if `copy`, else None; without cells an
        :class:`~gsfm_enrich.get.storage.Enrichment` with the three parts below as attributes, for
        ``ge.get``, ``ge.pl`` and ``ge.report``. Written is ``adata.uns[key_added]``, a dict that survives
        ``write_h5ad``:

        - ``"results"``: one data frame for all groups, with columns ``group`` and ``direction`` and then
          those of :func:`gsfm_enrich.enrichr`
        - ``"log"``: a data frame with one row per group and direction: number of ``genes`` asked about and of
          those ``found`` in the gene sets, number of ``terms`` in the table, the ``missing`` genes (joined by
          ``;``), and a ``message`` where there is no result
        - ``"params"``: a flat dict of the parameters; ``background`` says where the background comes from
          and ``background_genes`` how large it is. With `permutations`, ``permuted_tables`` is the number
          of tables that they gave; p-values below one over it are extrapolated by a negative binomial law

    Raises
    ------
    InputError
        For an unknown key, group, direction, column, cut-off or background, or unusable `de`; if
        `permutations` is given without cells, or together with `propensity`.
    LibraryError
        For an unknown or malformed gene set library.

    Warns
    -----
    GsfmEnrichWarning
        Once, counting the gene lists without a result; when lists are so long that a large part of a library
        is significant; when ranked genes are not among the background's, the
        tested genes are not known, or only highly variable genes were tested; and when the genes look like
        those of another species.

    Examples
    --------
    >>> import scanpy as sc
    >>> import gsfm_enrich as ge
    >>> adata = sc.datasets.pbmc68k_reduced()
    >>> sc.tl.rank_genes_groups(adata, "bulk_labels")
    >>> ge.tl.enrichr(adata, "GO_Biological_Process", groups="CD19+ B", direction="up")
    >>> ge.get.enrichr_df(adata, "CD19+ B")["Term"].head()  # doctest: +SKIP

    A table of another tool, here with the genes in its index as DESeq2 has them:

    >>> table = pd.DataFrame({"log2FoldChange": [2.0, 1.5, 0.1], "padj": [0.001, 0.01, 0.9]},
    ...                      index=["CD79A", "CD19", "LYZ"])
    >>> sets = {"B cell receptor": ["CD79A", "CD19", "SYK"]}
    >>> result = ge.tl.enrichr(table, sets, direction="up", rerank=False)
    >>> result.results["Overlap"].tolist(), result.params["background_genes"]
    (['2/2'], 3)
    """
    from gsfm_enrich.libraries.sources import load_libraries

    check_key(key_added, key)
    cutoffs = Cutoffs(pval_cutoff, log2fc_min, log2fc_max, max_genes)
    columns = columns_by_figure(columns, gene_column, p_column, statistic_column, groupby)
    source = read_source(
        adata,
        de,
        columns,
        key,
        groups,
        organism=organism,
        tested=isinstance(background, str) and background == "tested",
    )
    symbols = source.symbols(gene_symbols)
    markers = marker_lists(source.ranking, direction, cutoffs, symbols)
    population = choose_background(background, source.ranking, source.adata, symbols, raw=source.raw)
    libraries = load_libraries(gene_sets, organism)
    warn_outside(markers, population)
    warn_misread(markers, organism)
    warn_several(markers)
    if isinstance(propensity, str) and propensity == "expression":
        likely: Any = mean_expression(source.adata, symbols, raw=source.raw)
    else:
        likely = propensity
    network, foreign = model_for(organism, model) if rerank else (None, "")
    if foreign:
        warn_caller(foreign)
    tested = as_background(population.value)
    nulls: _Nulls = None
    if permutations is not None:
        if source.adata is None or de is not None:
            raise InputError("permutations= permutes the labels of cells, and these lists come from a table.")
        if propensity is not None:
            raise InputError("pass permutations= or propensity=, not both: each replaces the null.")
        compared = read_comparisons(source.adata, key, list(source.ranking.frames), batch)
        nulls = nulls_of_lists(
            compared, markers, libraries, tested, organism,
            model=network, symbols=symbols, completeness=completeness, permutations=permutations, seed=seed,
        )  # fmt: skip
    results, log = _enrich_lists(
        markers,
        libraries,
        tested,
        organism,
        network,
        nulls=nulls,
        min_overlap=min_overlap,
        together=fdr_over == "all",
        propensity=likely,
        completeness=completeness,
    )
    params = storable_params(
        key=key if de is None and source.adata is not None else None, de=source.ranking.method,
        columns=[f"{figure}={column}" for figure, column in source.columns.items()] or None,
        direction=direction, pval_cutoff=pval_cutoff, log2fc_min=log2fc_min, log2fc_max=log2fc_max,
        max_genes=max_genes, gene_symbols=gene_symbols, organism=organism, background=population.source,
        background_genes=population.size, rerank=rerank, min_overlap=min_overlap, model=name_of_model(model),
        propensity=name_of(propensity) if propensity is not None else None, completeness=completeness,
        fdr_over=fdr_over, permutations=permutations, batch=batch,
        seed=None if permutations is None else seed,
        permuted_tables=None if permutations is None else permutations * len(source.ranking.frames),
        gene_sets=[library.name for library in libraries],
        groups=list(dict.fromkeys(marker.group for marker in markers)),
    )  # fmt: skip
    enrichment = Enrichment(results, log, params)
    if source.adata is None:
        warn_without_result(log, "the log of the result")
        warn_mostly_unknown(log, organism, "the log of the result")
        return enrichment
    target = source.adata.copy() if copy else source.adata
    target.uns[key_added] = enrichment.stored()
    warn_without_result(log, f"adata.uns[{key_added!r}]['log']")
    warn_mostly_unknown(log, organism, f"adata.uns[{key_added!r}]['log']")
    return target if copy else None


def _enrich_lists(
    markers: Sequence[MarkerList],
    libraries: Sequence[GeneSetLibrary],
    background: int | Sequence[str] | None,
    organism: str,
    model: GSFM | None,
    *,
    nulls: _Nulls,
    min_overlap: int,
    together: bool,
    **options: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run one query per list; return the long table and the log."""
    tests, lost, too_long_lists = [], [], []
    for marker in progress(markers, len(markers), "testing lists"):
        counted = []
        if marker.genes:
            query = parse_gene_list(marker.genes)[0]
            counted = [count_overlap(library, query, background, organism) for library in libraries]
            own = None if nulls is None else [null[list_kind(marker)] for null in nulls]
            tests.append(term_tests(counted, model, nulls=own, **options))
            too_long_lists.append(too_long(counted) if own is None else "")
        lost.append(lost_genes(counted) if counted else "")
    _warn_too_long(list(filter(None, too_long_lists)))
    if together and tests:
        adjusted = iter(adjust_together([test for each in tests for test in each]))
        tests = [[next(adjusted) for _ in each] for each in tests]
    return _table_and_log(
        markers, libraries, organism, iter(tests),
        lost=lost, min_overlap=min_overlap, reranked=model is not None,
    )  # fmt: skip


def _table_and_log(
    markers: Sequence[MarkerList],
    libraries: Sequence[GeneSetLibrary],
    organism: str,
    tests: Iterator[list[TermTests]],
    *,
    lost: Sequence[str],
    min_overlap: int,
    reranked: bool,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the long table of all lists and their log; ``tests`` holds those of the lists with genes."""
    found = _found_genes(markers, libraries, organism)
    tables: list[pd.DataFrame] = []
    log: list[tuple[Any, ...]] = []
    for marker, problem in zip(markers, lost, strict=True):
        table = empty_results(reranked)
        if marker.genes:
            table = enrichment_table(next(tests), min_overlap=min_overlap)
        table.insert(0, "group", marker.group)
        table.insert(1, "direction", marker.direction)
        tables.append(table)
        missing = [gene for gene in dict.fromkeys(marker.genes) if gene not in found]
        distinct = len(set(marker.genes))
        counts = (distinct, distinct - len(missing), len(table), ";".join(missing))
        log.append((marker.group, marker.direction, *counts, _message(marker, missing, len(table), problem)))
    kept = [table for table in tables if len(table)] or tables[:1]
    results = storable_frame(pd.concat(kept, ignore_index=True))
    return results, storable_frame(pd.DataFrame(log, columns=list(LOG_COLUMNS)))


def _warn_too_long(messages: Sequence[str]) -> None:
    if messages:
        more = f" The same holds for {len(messages) - 1} more of the lists." if len(messages) > 1 else ""
        warn_caller(messages[0] + more)


def _message(marker: MarkerList, missing: list[str], terms: int, lost: str) -> str:
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
        return lost or "no term has any of the genes"
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
