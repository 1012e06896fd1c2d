"""Differential expression without an AnnData: data frames from any tool, and plain lists of genes.

Headers are in `gsfm_enrich.genes.headers`, tables with several results per row in
`gsfm_enrich.expression.layouts`, and the choice of columns in `gsfm_enrich.expression.columns`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from gsfm_enrich.errors import InputError, did_you_mean, warn_caller
from gsfm_enrich.expression import columns as choosing
from gsfm_enrich.expression.cells import as_names
from gsfm_enrich.expression.gene_lists import lists_ranking, table_of_names
from gsfm_enrich.expression.layouts import BESIDE_GENES, from_mast, from_scanpy_wide, further_results
from gsfm_enrich.expression.markers import Ranking, choose, with_sign
from gsfm_enrich.expression.rows import read_rows

FIGURES = ("name", "log2fc", "p_adjusted", "p_value", "score", "group")
"""What ``columns=`` can name."""
LARGEST_P = 0.5
"""Among thousands of tested genes, some have a larger p-value; a table without any was cut."""


def read_differential(
    de: Any,
    columns: Mapping[str, Any] | None = None,
    groups: str | Iterable[str] | None = None,
    organism: str = "human",
) -> tuple[Ranking, dict[str, str]]:
    """Read differential expression that scanpy did not compute.

    Parameters
    ----------
    de
        A data frame, a dict of data frames by group, or a dict of lists by group.
    columns, groups, organism
        As in :func:`table_ranking`.

    Returns
    -------
    ranking : Ranking
        All genes of each group, with signed statistic, fold change and p-values.
    used : dict
        Which column of a data frame was taken for what; empty for lists.

    Raises
    ------
    InputError
        If `de` is none of these, or cannot be read.

    Examples
    --------
    >>> read_differential({"B cells": ["CD19"], "T cells": ["CD3D"]})[0].frames.keys()
    dict_keys(['B cells', 'T cells'])
    """
    if isinstance(de, pd.DataFrame):
        return table_ranking(de, columns, groups, organism)
    if not isinstance(de, Mapping):
        raise InputError(
            "differential expression must be a data frame, or a dict of data frames or of lists of genes by "
            f"group, got {type(de).__name__}."
        )
    if de and all(isinstance(part, pd.DataFrame) for part in de.values()):
        names = [str(name) for name in de]
        table = pd.concat(
            [choosing.flat(part).assign(group=name) for name, part in zip(names, de.values(), strict=True)],
            ignore_index=True,
        )
        table["group"] = pd.Categorical(table["group"], categories=names, ordered=True)
        return table_ranking(table, {**(columns or {}), "group": "group"}, groups, organism)
    if columns:
        raise InputError("columns= names columns of a data frame; a dict of lists has none.")
    return lists_ranking(de, groups), {}


def table_ranking(
    table: pd.DataFrame,
    columns: Mapping[str, Any] | None = None,
    groups: str | Iterable[str] | None = None,
    organism: str = "human",
) -> tuple[Ranking, dict[str, str]]:
    """Read a table of differential expression, written by any tool and with rows in any order.

    Parameters
    ----------
    table
        The table. Genes may be in its index.
    columns
        Columns of the table for any of ``name``, ``log2fc``, ``p_adjusted``, ``p_value``, ``score`` and
        ``group`` (here also a list of columns, whose combination is the group; empty for none), where they
        are not recognised or others are meant.
    groups
        Group or groups to take; all by default. A table without groups has one, ``"all"``.
    organism
        Organism of the genes.

    Returns
    -------
    ranking : Ranking
        One row per gene, strongest first. Genes with a missing p-value were not tested (DESeq2 leaves out
        genes without counts).
    used : dict
        Which column was taken for what.

    Raises
    ------
    InputError
        If none or several columns could be the genes, no column is recognised as a p-value or a statistic,
        a column is missing or does not hold what it should, genes have several rows that no known column
        separates, or a group is unknown.

    Warns
    -----
    GsfmEnrichWarning
        If rows have no gene or group, a gene has several rows, p-values had to be converted or adjusted
        here, or genes that rise and fall cannot be told apart.

    Examples
    --------
    >>> table = pd.DataFrame({"log2FoldChange": [2.0, -1.0], "padj": [0.01, 0.9]}, index=["TP53", "BAX"])
    >>> ranking, used = table_ranking(table)
    >>> used
    {'name': 'index', 'log2fc': 'log2FoldChange', 'p_adjusted': 'padj'}
    """
    given = _checked(columns or {})
    body = choosing.flat(table)
    if body.empty:
        raise InputError("no row of the data frame names a gene.")
    if not any(choosing.is_measured(body, column) for column in map(str, body)):
        return table_of_names(body, given, groups, organism), {}
    rows, used = _read(body, given, organism)
    has = {figure: bool(rows[figure].notna().any()) for figure in ("log2fc", "score")}
    has_p = bool(rows["p_adjusted"].notna().any())
    frames = {
        str(name): with_sign(part.reset_index(drop=True))
        for name, part in rows.groupby("group", sort=True, observed=True)
    }
    tested, source = _tested(rows)
    ranking = Ranking(
        {name: frames[name] for name in choose(groups, list(frames))},
        method="the data frame",
        has_p_values=has_p,
        has_fold_changes=has["log2fc"],
        has_scores=has["score"],
        tested=tested,
        source=source,
    )
    return ranking, used


def _checked(columns: Mapping[str, Any]) -> dict[str, Any]:
    for figure in columns:
        if figure not in FIGURES:
            raise InputError(
                f"columns= takes {', '.join(map(repr, FIGURES))}; got {figure!r}."
                + did_you_mean(str(figure), FIGURES)
            )
    return dict(columns)


def _read(
    table: pd.DataFrame, given: Mapping[str, Any], organism: str
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return one row per gene and group of a table, and which column was taken for what."""
    by_hand = {"log2fc", "p_adjusted", "p_value", "score"} & set(given)
    wide = None if by_hand else from_scanpy_wide(table)
    if wide is None:
        genes = choosing.choose_genes(table, given.get("name"), organism)
        names = as_names(table[genes])
        if not by_hand:
            wide = from_mast(table, names)
        if wide is None and not by_hand and not choosing.has_sure_figures(table):
            wide = next(filter(None, (layout(table, names) for layout in BESIDE_GENES)), None)
        if wide is None:
            further = [] if by_hand else further_results(table)
            if further:
                warn_caller(
                    f"the columns {', '.join(map(repr, further))} hold further results, which were not "
                    "read; to use them, leave the others out of the table."
                )
            return read_rows(table, genes, given, organism)
        long, sources = wide
        beside = [
            name for name in map(str, table) if name not in long and not choosing.is_measured(table, name)
        ]
        long = pd.concat([long, table[beside].loc[long.index]], axis=1).reset_index(drop=True)
        sources = {"name": genes, **sources}
    else:
        long, sources = wide
    own = [name for name in ("group",) if name in long]
    asked = {"group": [*own, *given["group"]]} if "group" in given else {}
    rows, used = read_rows(long, "name", asked, organism)
    return rows, {figure: sources.get(figure, column) for figure, column in used.items()}


def _tested(rows: pd.DataFrame) -> tuple[tuple[str, ...] | None, str]:
    """Return the genes with a p-value, unless the table was cut to the significant ones."""
    p = rows["p_value"].fillna(rows["p_adjusted"])
    if p.isna().all():
        return None, "a data frame without p-values does not say which genes were tested"
    if p.max() <= LARGEST_P:
        return (
            None,
            f"no p-value of the data frame is above {LARGEST_P}, so it does not hold all genes tested",
        )
    named = rows.loc[p.notna(), ["gene", "name"]].sort_values("name")
    return tuple(named.drop_duplicates("gene")["name"]), "genes with a p-value in the data frame"
