"""Differential expression that is no AnnData's: long data frames of any tool, and plain lists of genes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from gsfm_enrich.errors import InputError, did_you_mean, warn_caller
from gsfm_enrich.expression.markers import Ranking, choose, with_sign
from gsfm_enrich.genes.inputs import as_gene_list
from gsfm_enrich.ranking.overlap import benjamini_hochberg

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": (
        "names", "name", "gene_symbol", "symbol", "gene_name", "hgnc_symbol", "mgi_symbol",
        "external_gene_name", "gene", "genes", "feature", "feature_name", "variable", "gene_id",
        "ensembl_gene_id", "primerid", "id", "rownames", "Unnamed: 0",
    ),
    "log2fc": (
        "logfoldchanges", "log2FoldChange", "avg_log2FC", "log2fc", "logFC", "log_fc", "lfc",
        "log2_fold_change", "avg_logFC",
    ),
    "p_adjusted": (
        "pvals_adj", "padj", "p_val_adj", "adj.P.Val", "adj_p_value", "FDR", "p_adj", "adj_pval",
        "p_value_adj", "adjusted_p_value", "qvalue", "qval", "q_value",
    ),
    "p_value": ("pvals", "pvalue", "p_val", "P.Value", "p_value", "pval", "p"),
    "score": ("scores", "score", "stat", "statistic", "t", "z", "z_score", "zscore"),
    "group": ("group", "cluster", "contrast", "comparison", "cell_type"),
}  # fmt: skip
"""What scanpy, DESeq2, pydeseq2, edgeR, limma, Seurat, pertpy, MAST and decoupler call each column, read
without regard to case and punctuation; the first that a table has is taken."""
NATURAL_LOG = "avg_logFC"
"""Seurat up to version 3 gives natural logarithms under this name."""
WITHOUT_GROUP = "all"
LARGEST_P = 0.5
"""Of thousands of tested genes some have a larger p-value; a table with none above was cut."""


def read_differential(
    de: Any,
    columns: Mapping[str, str] | None = None,
    groups: str | Iterable[str] | None = None,
) -> tuple[Ranking, dict[str, str]]:
    """Read differential expression that scanpy did not compute.

    Parameters
    ----------
    de
        A long data frame, a dict of data frames by group, or a dict of lists by group.
    columns, groups
        As in :func:`table_ranking`.

    Returns
    -------
    ranking : Ranking
    used : dict
        Which column of a data frame was taken for what; empty for lists.

    Raises
    ------
    InputError
        When `de` is none of these, or cannot be read.

    Examples
    --------
    >>> read_differential({"B cells": ["CD19"], "T cells": ["CD3D"]})[0].frames.keys()
    dict_keys(['B cells', 'T cells'])
    """
    if isinstance(de, pd.DataFrame):
        return table_ranking(de, columns, groups)
    if not isinstance(de, Mapping):
        raise InputError(
            "differential expression must be a data frame, or a dict of data frames or of lists of genes by "
            f"group, got {type(de).__name__}."
        )
    if de and all(isinstance(part, pd.DataFrame) for part in de.values()):
        table = pd.concat([part.assign(group=str(name)) for name, part in de.items()])
        return table_ranking(table, {**(columns or {}), "group": "group"}, groups)
    if columns:
        raise InputError("columns= names columns of a data frame; a dict of lists has none.")
    return lists_ranking(de, groups), {}


def table_ranking(
    table: pd.DataFrame,
    columns: Mapping[str, str] | None = None,
    groups: str | Iterable[str] | None = None,
) -> tuple[Ranking, dict[str, str]]:
    """Read a long table of differential expression, one row a gene and group.

    Parameters
    ----------
    table
        The table. Genes may be in its index.
    columns
        Columns of the table for any of ``name``, ``log2fc``, ``p_adjusted``, ``p_value``, ``score`` and
        ``group``, where they are not recognised or another one is meant.
    groups
        Group or groups to take; all by default. A table without groups has one, ``"all"``.

    Returns
    -------
    ranking : Ranking
        Genes with a missing p-value were not tested (DESeq2 leaves out genes without counts).
    used : dict
        Which column was taken for what.

    Raises
    ------
    InputError
        When no column of genes is recognised, a column is missing or does not hold numbers, or for an unknown
        group.

    Warns
    -----
    GsfmEnrichWarning
        When rows have no gene or group; when p-values had to be adjusted here.

    Examples
    --------
    >>> table = pd.DataFrame({"log2FoldChange": [2.0, -1.0], "padj": [0.01, 0.9]}, index=["TP53", "BAX"])
    >>> ranking, used = table_ranking(table)
    >>> used
    {'name': 'index', 'log2fc': 'log2FoldChange', 'p_adjusted': 'padj'}
    """
    used = _recognised(table, columns or {})
    rows = pd.DataFrame({"name": table.index if used["name"] == "index" else table[used["name"]].to_numpy()})
    rows["group"] = table[used["group"]].to_numpy() if "group" in used else WITHOUT_GROUP
    for figure in ("score", "log2fc", "p_value", "p_adjusted"):
        rows[figure] = _numbers(table, used[figure]) if figure in used else np.nan
    rows = _named(rows, len(table))
    if _plain(used.get("log2fc", "")) == _plain(NATURAL_LOG):
        rows["log2fc"] /= np.log(2)
    if "p_adjusted" not in used and "p_value" in used:
        rows["p_adjusted"] = _adjusted(rows, used["p_value"])
    rows["score"] = _strength(rows, "score" in used)
    frames = {
        str(name): with_sign(part.reset_index(drop=True)) for name, part in rows.groupby("group", sort=False)
    }
    tested, source = _tested(rows)
    ranking = Ranking(
        {name: frames[name] for name in choose(groups, list(frames))},
        method="the data frame",
        has_p_values=bool(rows["p_adjusted"].notna().any()),
        has_fold_changes="log2fc" in used,
        has_scores="score" in used,
        tested=tested,
        source=source,
    )
    return ranking, used


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
        Of lists that were chosen before: cut-offs on p-values do not apply to it.

    Raises
    ------
    InputError
        When there is no list, directions are none, or some groups have directions and others not.

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
            "some groups have lists under 'up' and 'down' and others a plain list; give one kind."
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
    """Return the genes of one group, their scores falling from first to last in either direction."""
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


def _plain(column: object) -> str:
    return re.sub(r"[^a-z0-9]", "", str(column).lower())


def _recognised(table: pd.DataFrame, given: Mapping[str, str]) -> dict[str, str]:
    """Return the column of the table for each figure it has."""
    for figure, column in given.items():
        if figure not in COLUMNS:
            raise InputError(
                f"columns= takes {', '.join(map(repr, COLUMNS))}; got {figure!r}."
                + did_you_mean(figure, COLUMNS)
            )
        if column not in table:
            names = [str(name) for name in table]
            raise InputError(f"the data frame has no column {column!r}." + did_you_mean(str(column), names))
    by_plain: dict[str, str] = {}
    for column in map(str, table):
        by_plain.setdefault(_plain(column), column)
    used = dict(given)
    for figure, known_names in COLUMNS.items():
        found = [by_plain[_plain(known)] for known in known_names if _plain(known) in by_plain]
        if found:
            used.setdefault(figure, found[0])
    if "name" not in used:
        if pd.api.types.is_numeric_dtype(table.index.dtype):
            raise InputError(
                "no column of the data frame is recognised as the genes, and its index holds numbers; name "
                f"it with columns={{'name': ...}}. Columns: {', '.join(map(repr, map(str, table)))}."
            )
        used = {"name": "index", **used}
    return used


def _numbers(table: pd.DataFrame, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        return pd.to_numeric(table[column]).to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"column {column!r} of the data frame must hold numbers: {error}.") from error


def _named(rows: pd.DataFrame, total: int) -> pd.DataFrame:
    """Leave out rows without a gene or a group, and say how many."""
    kept = rows.dropna(subset=["name", "group"])
    kept = kept.assign(name=kept["name"].astype(str).str.strip())
    kept = kept[~kept["name"].isin(["", "nan", "NA"])]
    if kept.empty:
        raise InputError("no row of the data frame has a gene.")
    if len(kept) < total:
        warn_caller(f"{total - len(kept):,} of {total:,} rows of the data frame have no gene or no group.")
    return kept


def _adjusted(rows: pd.DataFrame, column: str) -> pd.Series:
    """Adjust the p-values of each group, those that are there."""
    warn_caller(
        f"the data frame has no adjusted p-values: adjusted {column!r} by Benjamini and Hochberg in each "
        "group."
    )
    adjusted = rows["p_value"].copy()
    for _, part in rows.groupby("group", sort=False)["p_value"]:
        known = part.dropna()
        adjusted.loc[known.index] = benjamini_hochberg(known.to_numpy())
    return adjusted


def _strength(rows: pd.DataFrame, has_scores: bool) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return signed scores by which genes are ordered: the table's own, else by p-value and fold change."""
    sign = np.sign(rows["log2fc"].to_numpy(dtype=np.float64))
    if has_scores:
        score = rows["score"].to_numpy(dtype=np.float64)
        unsigned = bool(
            np.nanmin(score, initial=0.0) >= 0 and (sign < 0).any()
        )  # F, chi-squared and the like
        return score * np.where(np.isfinite(sign), sign, 1.0) if unsigned else score
    p = rows["p_value"].fillna(rows["p_adjusted"])
    place = np.empty(len(rows))
    place[np.lexsort((-rows["log2fc"].abs(), p))] = np.arange(len(rows), 0, -1)
    return np.asarray(place * sign)


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
    return tuple(dict.fromkeys(rows["name"][p.notna()])), "genes with a p-value in the data frame"
