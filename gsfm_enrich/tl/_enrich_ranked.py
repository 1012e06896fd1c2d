"""The threshold-free test of the groups of an AnnData, with p-values from permuted labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.arrays import Floats, Ints
from gsfm_enrich.errors import warn_caller
from gsfm_enrich.expression.label_null import REST, CellComparisons, read_comparisons, read_pseudobulk
from gsfm_enrich.expression.markers import choose
from gsfm_enrich.expression.rank_genes_groups import group_names, ranking_record, symbol_map, used_raw
from gsfm_enrich.get.storage import Enrichment, check_key, storable_frame, storable_params
from gsfm_enrich.model.names import name_of_model
from gsfm_enrich.progress import progress
from gsfm_enrich.tl._enrichr import LOG_COLUMNS
from gsfm_enrich.tl._ranked_tables import VIEW_OF

if TYPE_CHECKING:
    from anndata import AnnData

    from gsfm_enrich.libraries.library import GeneSetLibrary
    from gsfm_enrich.ranking.ranked_table import Order
    from gsfm_enrich.ranking.ranked_weights import TermWeights

LABELLINGS, FEWEST_TABLES = 100, 400
"""Labellings to draw by default, and the fewest tables: of tables without an effect, 1 to 11 % have a term at
FDR < .05 if the moments come from 100 permuted tables, 1 to 8 % if they come from 400."""
FEWEST_LABELLINGS = 100
"""With fewer labellings of replicates a warning says so."""
FEWEST_FOUND = 0.2
"""With a smaller share of the measured genes in the gene sets the organism or the identifiers are wrong."""


@checked
def enrich_ranked(
    adata: AnnData,
    gene_sets: Any,
    *,
    key: str = "rank_genes_groups",
    groups: str | Iterable[str] | None = None,
    direction: str | None = None,
    permutations: int | None = None,
    replicate: str | None = None,
    batch: str | None = None,
    layer: str | None = None,
    gene_symbols: str | None = None,
    organism: str = "human",
    model: Any = "default",
    min_size: int = 5,
    max_size: int | None = None,
    seed: int = 0,
    key_added: str = "gsfm_ranked",
    copy: bool = False,
) -> AnnData | None:
    """Threshold-free enrichment of every group: all genes count with their statistic, without a cut-off.

    Each term is scored by the mean statistic of its genes, members and predicted members, see
    `gsfm_enrich.ranking.ranked`. Genes of one term are correlated in any cells; therefore the labels
    of the cells are permuted, and the p-value says how often random groups of the same cells score as high.
    If a group is compared with the rest, the question is about markers: a gene then counts less the more of
    all cells express it.

    Parameters
    ----------
    adata
        Annotated data on which ``scanpy.tl.rank_genes_groups`` was run. The test is repeated on its cells.
    gene_sets
        Whatever :func:`gsfm_enrich.enrichr` takes.
    key
        Slot of ``adata.uns`` that holds the ranking of scanpy.
    groups
        Group or groups to test; all by default.
    direction
        ``"up"``, the mean of the positive part of the statistic; ``"down"``, of its negative part;
        ``"both"``, of its absolute value, which sees terms whose genes change both ways. By default
        ``"up"`` where a group was compared with the rest, as markers are asked for, and ``"both"`` where it
        was compared with another group. The table has the p-values of all three.
    permutations
        Labellings to draw. All groups of one labelling count, so that 10 groups and 100 permutations give
        1,000 tables. By default 100, or as many as give 400 tables.
    replicate
        Column of ``adata.obs`` with the replicate of each cell, such as its donor. Cells are then summed by
        replicate and group (sums of fewer than ten are left out), groups are compared by limma's moderated t
        of these samples, within replicates that have several groups, and labels of samples are permuted:
        p-values speak of donors, not of cells. Needs ``pip install 'gsfm-enrich[pseudobulk]'``.
    batch
        Column of ``adata.obs`` with the batch of each cell: labels of cells are permuted within it.
    layer
        Layer with the counts that `replicate` sums; by default ``"counts"``, else ``adata.X`` if it holds
        counts.
    gene_symbols
        Column of ``adata.var`` (or ``adata.raw.var``) with gene symbols, where ``var_names`` are something
        else.
    model
        Which model completes the sets, see :func:`gsfm_enrich.load_model`; None for the members alone.
    min_size, max_size
        Terms with fewer or more measured members are omitted.
    seed
        Random seed of the permutations: the same seed gives the same p-values.

    Returns
    -------
    anndata.AnnData or None
        The copy if `copy`, else None. Written is ``adata.uns[key_added]`` with ``"results"``, ``"log"`` and
        ``"params"`` as by :func:`gsfm_enrich.tl.enrichr`. Columns of the results: ``group``,
        ``direction``, ``Gene_set``, ``Term``; ``Size``, the measured members; ``ES``, the weighted mean of
        the emphasised statistic less that of all genes; ``NES``, the same in standard deviations of random
        genes, by which terms are ranked; ``NOM p-val``, from permuted labels; ``FDR q-val``
        (Benjamini-Hochberg within library, group and direction);
        ``Lead_genes`` and ``Predicted Lead Genes``, the genes that carry the score, of terms with a p-value
        of at most .05 and of the best hundred; the p-values of all three directions; and ``Rank``. P-values
        below ``params["smallest_p"]``, one over the number of different permuted tables, are extrapolated by
        the tail of Pearson's law of type III.

    Raises
    ------
    InputError
        For an unknown key, group, direction or column; when fewer than 500 genes were measured; when the
        tested matrix or its cells are gone; when a group has fewer than two replicates.
    MissingPackageError
        If `replicate` is given and inmoose is not installed.
    LibraryError
        For an unknown or malformed gene set library.

    Warns
    -----
    GsfmEnrichWarning
        If most measured genes are in no gene set, a gene was measured more than once, or there are few
        labellings of the replicates.

    Examples
    --------
    >>> import scanpy as sc
    >>> import gsfm_enrich as ge
    >>> adata = sc.datasets.pbmc68k_reduced()
    >>> sc.tl.rank_genes_groups(adata, "bulk_labels")
    >>> sets = {"B cells": ["CD79A", "CD79B", "BLK", "MS4A1"], "T cells": ["CD3D", "CD3E", "LCK", "CD2"]}
    >>> ge.tl.enrich_ranked(adata, sets, groups="CD19+ B", model=None, min_size=4)
    >>> result = ge.get.enrichr_df(adata, key="gsfm_ranked")
    >>> result[["Term", "Lead_genes"]].iloc[0].tolist()
    ['B cells', 'CD79A;MS4A1;CD79B;BLK']
    """
    from gsfm_enrich.libraries.sources import load_libraries
    from gsfm_enrich.model.checkpoint import load_model
    from gsfm_enrich.ranking.permutation_null import permutation_nulls
    from gsfm_enrich.ranking.ranked import EMPHASIS, MARKER_EMPHASIS, marker_share
    from gsfm_enrich.ranking.ranked_query import check_statistics
    from gsfm_enrich.ranking.ranked_table import compare_views, ranked_table
    from gsfm_enrich.ranking.ranked_weights import ranked_weights

    check_key(key_added, key)
    record = ranking_record(adata, key)
    chosen = [group for group in choose(groups, group_names(record)) if group != _reference(record)]
    asked = direction or _default_direction(_reference(record))
    view = VIEW_OF[asked]
    libraries = load_libraries(gene_sets, organism)
    compared = (
        read_comparisons(adata, key, chosen, batch)
        if replicate is None
        else read_pseudobulk(adata, key, chosen, replicate, layer)
    )
    symbols = symbol_map(adata, gene_symbols, raw=used_raw(adata, record))
    statistics = np.concatenate([part.statistics() for part in compared.comparisons])
    kept = _strongest([symbols.get(name, name) for name in compared.names], statistics)
    statistics = statistics[:, kept]
    for row in statistics:
        check_statistics(row)
    genes = tuple(symbols.get(compared.names[place], compared.names[place]) for place in kept)
    for_markers = compared.reference == REST
    emphasis = MARKER_EMPHASIS if for_markers else EMPHASIS
    ranked_by: Order = "NES" if for_markers else "NOM p-val"
    counts = marker_share(compared.expressed[kept]) if for_markers else np.ones(len(kept))
    statistics = statistics * counts
    completing = None if model is None else load_model(model)
    weights = [ranked_weights(library, completing, genes, organism) for library in libraries]
    done = [group for part in compared.comparisons for group in part.groups]
    permutations = permutations or max(LABELLINGS, -(-FEWEST_TABLES // len(done)))
    nulls = permutation_nulls(_permuted(compared, permutations, seed, kept, counts), weights, emphasis)
    as_table = partial(
        ranked_table, view=view, names=genes, min_size=min_size, max_size=max_size, emphasis=emphasis,
        ranked_by=ranked_by,
    )  # fmt: skip
    tables: list[list[pd.DataFrame]] = [[] for _ in done]
    for library, own, null in zip(libraries, weights, nulls, strict=True):
        views = compare_views(statistics, own, null, emphasis)
        for number, of_group in enumerate(tables):
            of_group.append(as_table(library, own, views, statistic=statistics[number], table=number))
    log = [
        (group, asked, len(genes), _n_in_sets(weights), rows, "", "" if rows else _no_term(min_size))
        for group, rows in zip(done, (sum(map(len, of_group)) for of_group in tables), strict=True)
    ]
    results = _joined(done, asked, tables)
    _warn_of_losses(len(compared.names) - len(genes), genes, libraries, _n_in_sets(weights), organism)
    labellings = compared.n_labellings()
    if labellings < FEWEST_LABELLINGS:
        warn_caller(
            f"the samples of {replicate!r} can be labelled in only {labellings} ways: do not trust p-values "
            f"below {1 / labellings:.2g}. More replicates allow smaller ones."
        )
    smallest = 1 / min(nulls[0].n_tables, labellings * len(done))
    params = storable_params(
        key=key, groups=done, direction=asked, reference=compared.reference,
        method=compared.method, permutations=permutations, permuted_tables=nulls[0].n_tables,
        smallest_p=smallest, p_values="permuted labels", replicate=replicate, batch=batch, layer=layer,
        gene_symbols=gene_symbols, organism=organism, model=None if model is None else name_of_model(model),
        min_size=min_size, max_size=max_size, seed=seed, background="all measured genes",
        background_genes=len(genes), gene_sets=[library.name for library in libraries],
    )  # fmt: skip
    frame = storable_frame(results)
    said = storable_frame(pd.DataFrame(log, columns=list(LOG_COLUMNS)))
    target = adata.copy() if copy else adata
    target.uns[key_added] = Enrichment(frame, said, params).stored()
    return target if copy else None


def _reference(record: Mapping[str, Any]) -> str:
    return str(record["params"].get("reference", REST))


def _default_direction(reference: str) -> str:
    """Return what a comparison is about: markers, or a contrast of two conditions."""
    return "up" if reference == REST else "both"


def _strongest(genes: Sequence[str], statistics: Floats) -> Ints:
    """Return the column of every gene, that with the strongest statistic of those that share a symbol."""
    strength = np.abs(statistics).max(axis=0)
    order = np.argsort(-strength, kind="stable")
    best: dict[str, int] = {}
    for column in order.tolist():
        best.setdefault(genes[column], column)
    return np.array(sorted(best.values()), dtype=np.int64)


def _permuted(
    compared: CellComparisons, permutations: int, seed: int, kept: Ints, counts: Floats
) -> Iterator[Callable[[], Floats]]:
    """Yield functions that give the statistics of permuted labels, of shape (n_tables, n_kept)."""
    draws = compared.permuted(permutations, seed)

    def of_kept(draw: Callable[[], Floats]) -> Floats:
        table = draw()
        return (table if len(kept) == table.shape[1] else table[:, kept]) * counts

    yield from progress([partial(of_kept, draw) for draw in draws], len(draws), "permuted labels")


def _joined(groups: Sequence[str], direction: str, tables: list[list[pd.DataFrame]]) -> pd.DataFrame:
    """Put the tables of all groups into one; the list is emptied, so that they are not held twice."""
    for group, of_group in zip(groups, tables, strict=True):
        for table in of_group:
            table.insert(0, "group", group)
            table.insert(1, "direction", direction)
    joined = pd.concat(chain.from_iterable(tables), ignore_index=True)
    tables.clear()
    return joined


def _no_term(min_size: int) -> str:
    return f"no term has at least {min_size} measured genes"


def _n_in_sets(weights: Sequence[TermWeights]) -> int:
    """Return how many measured genes are members of any term."""
    found = np.zeros(weights[0].members.shape[1], dtype=bool)
    for own in weights:
        found[own.members.indices] = True
    return int(found.sum())


def _warn_of_losses(
    n_repeated: int, genes: Sequence[str], libraries: Sequence[GeneSetLibrary], n_found: int, organism: str
) -> None:
    if n_repeated:
        warn_caller(
            f"{n_repeated} measured rows have the symbol of another row; the one with the strongest "
            "statistic was kept."
        )
    possible = min(len(genes), max(len(library.genes) for library in libraries))
    if n_found < FEWEST_FOUND * possible:
        warn_caller(
            f"{n_found} of {len(genes)} measured genes are in the gene sets as genes of {organism}; check "
            "organism= and gene_symbols=."
        )
