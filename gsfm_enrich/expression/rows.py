"""Turn the columns of a table into one row per gene and group, strongest first, whatever their order was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gsfm_enrich.arrays import Floats
from gsfm_enrich.errors import InputError, named, warn_caller
from gsfm_enrich.expression import columns as choosing
from gsfm_enrich.expression import grouping
from gsfm_enrich.expression.cells import as_names, names_in, numbers
from gsfm_enrich.expression.markers import with_sign
from gsfm_enrich.expression.p_values import as_p_values
from gsfm_enrich.genes.distinct import gene_keys
from gsfm_enrich.genes.headers import figure_of, plain
from gsfm_enrich.genes.lookup import find_genes
from gsfm_enrich.ranking.overlap import benjamini_hochberg

NATURAL_LOG = frozenset({"avglogfc", "b"})
"""Seurat up to version 3 and sleuth give natural logarithms under these headers."""
UNSIGNED = frozenset({"stat", "statistic", "teststatistic", "teststat", "waldstatistic"})
"""Statistics that have no sign in some tests."""


def read_rows(
    table: pd.DataFrame, genes: str, given: Mapping[str, Any], organism: str
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Read a table with one result per row.

    Parameters
    ----------
    table
        As `gsfm_enrich.expression.columns.flat` returns it.
    genes
        The column that holds the genes.
    given
        Columns that the caller named.
    organism
        Organism of the genes.

    Returns
    -------
    rows : pandas.DataFrame
        Columns ``name``, ``gene`` (key of the gene), ``group``, ``log2fc``, ``p_value``, ``p_adjusted``
        and ``score`` (signed where a sign is known); one row per gene and group, strongest first.
    used : dict
        Which column was taken for what.

    Raises
    ------
    InputError
        As `gsfm_enrich.expression.de_tables.table_ranking`.
    """
    figures = {figure: column for figure, column in given.items() if figure not in ("name", "group")}
    for figure, column in figures.items():
        if column is not None:
            choosing.existing(table, column, f"columns={{{figure!r}: ...}}")
    used = {"name": genes, **choosing.choose_figures(table, figures, [genes])}
    if not set(used) & {"p_value", "p_adjusted", "score", "log2fc", "auc", "fold"}:
        raise InputError(
            "no column of the table is recognised as a p-value, a statistic or a fold change (by names such "
            f"as 'padj', 'FDR', 'stat' or 'logFC'); columns: {', '.join(map(repr, table.columns))}. "
            "Name them with p_column= and statistic_column=."
        )
    rows = _figures(table, used)
    rows.insert(0, "name", _one_name(as_names(table[genes])))
    keys = pd.Series(gene_keys(rows["name"].fillna("").tolist(), organism), dtype=object)
    rows["gene"] = keys.where(rows["name"].notna())
    asked = given.get("group")
    asked = [asked] if isinstance(asked, str) else asked
    by = grouping.choose_groups(table, rows["gene"], asked, used.values())
    rows["group"] = grouping.group_labels(table, by)
    if by:
        used["group"] = ", ".join(by)
    rows = _named(rows)
    if "p_adjusted" not in used and "p_value" in used:
        rows["p_adjusted"] = _adjusted(rows, used["p_value"])
    rows = _in_order(rows)
    rows["score"] = _strength(rows, used)
    return _one_per_gene(rows), used


def _figures(table: pd.DataFrame, used: dict[str, str]) -> pd.DataFrame:
    """Return the figures of a table on common scales; fold changes and areas are converted to them."""
    rows = pd.DataFrame(index=range(len(table)))
    for figure in ("log2fc", "score", "p_value", "p_adjusted"):
        rows[figure] = numbers(table, used[figure]) if figure in used else np.nan
        if figure in used and figure.startswith("p_"):
            header = figure_of(used[figure])
            rows[figure] = as_p_values(
                rows[figure].to_numpy(), used[figure], header.scale if header is not None else ""
            )
    if plain(used.get("log2fc", "")) in NATURAL_LOG:
        rows["log2fc"] /= np.log(2)
    fold, area = used.pop("fold", None), used.pop("auc", None)
    used.pop("unsigned", None)
    if fold is not None and "log2fc" not in used:
        rows["log2fc"], used["log2fc"] = _log_of_fold(numbers(table, fold), fold), fold
    if area is not None and "score" not in used:
        rows["score"], used["score"] = numbers(table, area) - 0.5, area
    return rows


def _log_of_fold(fold: Floats, column: str) -> Floats:
    """Return the logarithm of fold changes; -2 means a half, as some tools write it."""
    size = np.abs(fold[np.isfinite(fold)])
    if (fold[np.isfinite(fold)] < 0).any() and (size < 1).any():
        warn_caller(f"column {column!r} holds values between -1 and 0: taken as log2 fold changes.")
        return fold
    warn_caller(f"column {column!r} holds fold changes, not their logarithms: converted to log2.")
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(fold < 0, -1.0, 1.0) * np.log2(np.abs(fold)))


def _one_name(names: pd.Series) -> pd.Series:
    """Take the first known one of several names in a field, and warn of it."""
    several = sorted({name for name in names.dropna() if len(names_in(name)) > 1})
    if not several:
        return names
    parts = sorted({part for name in several for part in names_in(name)})
    known = {part for part, (rows, _) in zip(parts, find_genes(parts), strict=True) if rows}
    taken = {
        name: next((part for part in names_in(name) if part in known), names_in(name)[0]) for name in several
    }
    warn_caller(
        f"{int(names.isin(several).sum()):,} of {len(names):,} rows name several genes, such as "
        f"{several[0]!r}: the first known one was taken."
    )
    return names.replace(taken)


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out rows without a gene or a group, and warn how many there are."""
    kept = rows.dropna(subset=["name", "group"])
    if kept.empty:
        raise InputError("no row of the data frame names a gene.")
    if len(kept) < len(rows):
        warn_caller(
            f"{len(rows) - len(kept):,} of {len(rows):,} rows of the data frame have no gene or no group "
            "and were ignored."
        )
    return kept.reset_index(drop=True)


def _adjusted(rows: pd.DataFrame, column: str) -> pd.Series:
    """Adjust the p-values of each group, ignoring missing ones."""
    warn_caller(
        f"the data frame has no adjusted p-values: {column!r} was adjusted in each group by the "
        "Benjamini-Hochberg procedure."
    )
    adjusted = rows["p_value"].copy()
    for _, part in rows.groupby("group", observed=True)["p_value"]:
        known = part.dropna()
        adjusted.loc[known.index] = benjamini_hochberg(known.to_numpy())
    return adjusted


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort rows by group, strength and name, so that their original order does not matter."""
    ranked = rows.assign(
        p=rows["p_value"].fillna(rows["p_adjusted"]), size=-rows["score"].abs(), fold=-rows["log2fc"].abs()
    )
    ranked = ranked.sort_values(["group", "p", "size", "fold", "name", "log2fc", "score"], kind="stable")
    return rows.loc[ranked.index].reset_index(drop=True)


def _strength(rows: pd.DataFrame, used: dict[str, str]) -> Floats:
    """Return signed scores by which genes are ordered: the table's own, else by p-value and fold change."""
    sign = np.sign(rows["log2fc"].to_numpy(dtype=np.float64))
    if "score" in used:
        score = rows["score"].to_numpy(dtype=np.float64)
        if np.nanmin(score, initial=0.0) < 0:
            return score
        if "log2fc" in used:  # F, chi-squared and the like have no sign
            return score * np.where(np.isfinite(sign), sign, 1.0) if (sign < 0).any() else score
        if plain(used["score"]) not in UNSIGNED or rows["p_adjusted"].isna().all():
            return score
        del used["score"]
    p = rows["p_value"].fillna(rows["p_adjusted"])
    place = np.empty(len(rows))
    place[np.lexsort((rows["name"], -rows["log2fc"].abs(), p))] = np.arange(len(rows), 0, -1)
    if "log2fc" not in used:
        warn_caller(
            "the data frame has no fold change and no signed statistic: rising and falling genes are in one "
            "list. If it has one, name it with statistic_column=."
        )
    return np.asarray(place * sign)


def _one_per_gene(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the strongest row of each gene in each group, and warn how many others there were."""
    further = rows.duplicated(["group", "gene"])
    if not further.any():
        return rows
    kept = rows[~further].reset_index(drop=True)
    signs = with_sign(rows[["group", "gene", "log2fc", "score"]].copy())
    both = signs[signs["sign"] != 0].groupby(["group", "gene"], observed=True)["sign"].agg(["min", "max"])
    n_both = int((both["min"] < both["max"]).sum())
    names = rows.loc[further, "name"].drop_duplicates().tolist()
    text = (
        f"{int(further.sum()):,} of {len(rows):,} rows repeat a gene of the same group "
        f"({named(names)}): the strongest row of each gene was taken."
    )
    if n_both:
        text += f" {n_both:,} of these genes rise in one row and fall in another."
    warn_caller(text)
    return kept
