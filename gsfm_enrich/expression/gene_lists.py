"""Plain lists of genes by group: as dicts, and as tables that hold nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from gsfm_enrich.errors import InputError
from gsfm_enrich.expression import columns as choosing
from gsfm_enrich.expression import grouping
from gsfm_enrich.expression.cells import as_names, is_text
from gsfm_enrich.expression.markers import Ranking, choose
from gsfm_enrich.genes.distinct import gene_keys
from gsfm_enrich.genes.inputs import as_gene_list


def lists_ranking(lists: Mapping[str, Any], groups: str | Iterable[str] | None = None) -> Ranking:
    """Read plain lists of genes by group, or lists under ``"up"`` and ``"down"`` by group.

    Parameters
    ----------
    lists
        Such as ``{"B cells": ["CD19", "MS4A1"]}`` or ``{"B cells": {"up": [...], "down": [...]}}``; strongest
        genes first.
    groups
        Group or groups to take; all by default.

    Returns
    -------
    Ranking
        A ranking of lists that were chosen before, so cut-offs on p-values do not apply.

    Raises
    ------
    InputError
        If there is no list, a direction is neither "up" nor "down", or only some groups have directions.

    Examples
    --------
    >>> lists_ranking({"B cells": ["CD19", "MS4A1"]}).frames["B cells"]["name"].tolist()
    ['CD19', 'MS4A1']
    """
    chosen = choose(groups, [str(name) for name in lists])
    if not chosen:
        raise InputError("the dict of gene lists is empty; expected at least one group.")
    directed = {isinstance(members, Mapping) for members in lists.values()}
    if len(directed) > 1:
        raise InputError(
            "some groups have lists under 'up' and 'down' and others plain lists; use one form for all."
        )
    frames = {str(name): _list_frame(name, members) for name, members in lists.items()}
    return Ranking(
        {name: frames[name] for name in chosen},
        method="the dict of gene lists",
        has_p_values=False,
        has_fold_changes=False,
        has_scores=directed == {True},
        chosen=True,
        source="plain lists do not say which genes were tested",
    )


def _list_frame(group: str, members: Any) -> pd.DataFrame:
    """Return the genes of one group, with scores that shrink from first to last in each direction."""
    signs = {"up": 1.0, "down": -1.0}
    if isinstance(members, Mapping):
        unknown = [name for name in members if name not in signs]
        if unknown:
            raise InputError(f"group {group!r} has a list under {unknown[0]!r}; expected 'up' and 'down'.")
        named = [(gene, signs[name]) for name in members for gene in as_gene_list(members[name])]
    else:
        named = [(gene, 1.0) for gene in as_gene_list(members)]
    sign = np.array([sign for _, sign in named], dtype=np.float64)
    return pd.DataFrame(
        {
            "name": [gene for gene, _ in named],
            "score": sign * np.arange(len(named), 0, -1),
            "log2fc": np.nan,
            "p_adjusted": np.nan,
            "sign": sign,
        }
    )


def table_of_names(
    table: pd.DataFrame, given: Mapping[str, Any], groups: str | Iterable[str] | None, organism: str
) -> Ranking:
    """Read a table of genes without figures: the lists of `lists_of_table`, in order if a column gives one.

    Parameters
    ----------
    table, given, organism
        As in `lists_of_table`.
    groups
        Group or groups to take; all by default.

    Returns
    -------
    Ranking
        A ranking of lists that were chosen before, in the order of the row numbers, else by gene name.

    Raises
    ------
    InputError
        As `lists_of_table`.

    Examples
    --------
    >>> table = pd.DataFrame({"0": ["LYZ", "CD14"], "1": ["CD79A", "CD19"]})
    >>> ranking = table_of_names(table, {}, None, "human")
    >>> ranking.frames["0"]["name"].tolist(), ranking.ordered
    (['CD14', 'LYZ'], False)
    """
    body, ordered = _in_order(table)
    lists = lists_of_table(body, given, organism)
    if not ordered:
        lists = {group: sorted(genes) for group, genes in lists.items()}
    return replace(lists_ranking(lists, groups), ordered=ordered)


def lists_of_table(table: pd.DataFrame, given: Mapping[str, Any], organism: str) -> dict[str, list[str]]:
    """Read a table without numbers: one column of genes per group, or genes beside their group.

    Parameters
    ----------
    table
        As `gsfm_enrich.expression.columns.flat` returns it.
    given
        Columns that the caller named, under ``name`` and ``group``.
    organism
        Organism of the genes.

    Returns
    -------
    dict
        The genes of each group.

    Raises
    ------
    InputError
        If no column holds genes, or all columns hold the same ones, as all ranked genes of scanpy do.

    Examples
    --------
    >>> lists_of_table(pd.DataFrame({"0": ["CD79A", "CD19"], "1": ["LYZ", "CD14"]}), {}, "human")
    {'0': ['CD79A', 'CD19'], '1': ['LYZ', 'CD14']}
    """
    wide = [] if given else choosing.gene_columns(table, organism)
    if len(wide) > 1:
        lists = {re.sub("_(n|names)$", "", column): as_names(table[column]).dropna() for column in wide}
        if len({frozenset(genes) for genes in lists.values()}) == 1:
            raise InputError(
                f"the columns {', '.join(map(repr, wide))} all hold the same genes, like scanpy's full "
                "rankings; take the first rows, such as table.head(100), or pass a table with p-values."
            )
        return {group: list(dict.fromkeys(genes)) for group, genes in lists.items()}
    genes = choosing.choose_genes(table, given.get("name"), organism)
    names = as_names(table[genes])
    keys = pd.Series(gene_keys(names.fillna("").tolist(), organism), index=table.index, dtype=object).where(
        names.notna()
    )
    by = grouping.choose_groups(table, keys, given.get("group"), [genes])
    labels = grouping.group_labels(table, by)
    return {
        str(label): list(dict.fromkeys(part.dropna()))
        for label, part in names.groupby(labels, sort=True, observed=True)
    }


def _in_order(table: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """Sort a table by its row numbers and drop them; also return whether there were any."""
    numbered = [
        column
        for column in map(str, table)
        if not is_text(table[column]) and choosing.are_rows(table, column)
    ]
    if numbered:
        table = table.sort_values(numbered[-1], kind="stable", ignore_index=True)
    return table.drop(columns=numbered), bool(numbered)
