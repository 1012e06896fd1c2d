"""Tables with more than one result per row, turned into one row per gene and group.

Supported are the wide exports of scanpy (one column of names per group, or ``0_n``, ``0_p``), Seurat's
``FindConservedMarkers``, MAGeCK's RRA (one test per direction) and MLE (``condition|beta``), MAST's long
table (one row per component of the model), and tables of any tool that have the columns of several contrasts
side by side (``logFC.A``, ``padj.A``, ``logFC.B`` ...).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from gsfm_enrich.errors import warn_caller
from gsfm_enrich.expression.cells import as_names, is_text, numbers
from gsfm_enrich.genes.headers import HEADERS, figure_of, plain

Long = tuple[pd.DataFrame, dict[str, str]]
"""A table with the columns ``name``, figures and perhaps ``group``, and the columns they come from. Its
index is the row of the table, except for exports of scanpy, whose rows hold several genes."""

_SCANPY_FIELDS = {
    "names": "name", "n": "name", "scores": "score", "s": "score", "pvals_adj": "p_adjusted",
    "pvals": "p_value", "p": "p_value", "logfoldchanges": "log2fc", "l": "log2fc",
}  # fmt: skip
_LAST = re.compile(rf"(.+?)[_.]({'|'.join(_SCANPY_FIELDS)})")
_FIRST = re.compile(r"(names|scores|pvals_adj|pvals|logfoldchanges)[_.](.+)")
_SMALLEST = float(np.finfo(np.float64).tiny)


def from_scanpy_wide(table: pd.DataFrame) -> Long | None:
    """Read ``0_n``, ``0_p``, ``1_n``, ``1_p``: genes and figures of each group side by side; else None."""
    fields: dict[str, dict[str, str]] = {}
    for column in map(str, table):
        if split := _LAST.fullmatch(column):
            fields.setdefault(split[1], {})[_SCANPY_FIELDS[split[2]]] = column
        elif split := _FIRST.fullmatch(column):
            fields.setdefault(split[2], {})[_SCANPY_FIELDS[split[1]]] = column
    groups = {
        group: columns
        for group, columns in fields.items()
        if len(columns) > 1 and "name" in columns and is_text(table[columns["name"]])
    }
    if not groups:
        return None
    parts = [
        pd.DataFrame({figure: table[column] for figure, column in columns.items()}).assign(group=group)
        for group, columns in groups.items()
    ]
    return _ordered(pd.concat(parts, ignore_index=True), list(groups)), _sources(groups)


def _families(table: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return the columns of each contrast whose headers consist of a contrast and a known figure."""
    for reading in (_figure_last, _figure_first):
        families: dict[str, dict[str, str]] = {}
        for column in map(str, table):
            if split := reading(str(column)):
                families.setdefault(split[0].strip(_AROUND), {}).setdefault(split[1], column)
        families = {
            affix: columns
            for affix, columns in families.items()
            if {"p_value", "p_adjusted"} & set(columns) and len(columns) > 1
        }
        if families:
            return families
    return {}


def _figure_last(header: str) -> tuple[str, str] | None:
    """Split ``CTRL_p_val_adj`` into ``CTRL`` and an adjusted p-value."""
    for cut in re.finditer(r"[\W_]+", header):
        figure = _family_figure(header[cut.end() :])
        if figure and cut.start():
            return header[: cut.start()], figure
    return None


def _figure_first(header: str) -> tuple[str, str] | None:
    """Split ``logFC.A`` into ``A`` and a fold change."""
    for cut in reversed(list(re.finditer(r"[\W_]+", header))):
        figure = _family_figure(header[: cut.start()])
        if figure and header[cut.end() :]:
            return header[cut.end() :], figure
    return None


def _family_figure(header: str) -> str | None:
    figure = figure_of(header)
    sure = figure is not None and not figure.scale and plain(header) in HEADERS[figure.name]
    return figure.name if figure and sure and figure.name in _LONG_FIGURES else None


_AROUND = " ()[]{}._-:|"
_LONG_FIGURES = ("log2fc", "p_adjusted", "p_value", "score")


def further_results(table: pd.DataFrame) -> list[str]:
    """Return the columns of further results beside those with plain headers, such as ``padj.B``."""
    plainly = [column for column in map(str, table) if _family_figure(column)]
    return [
        column for family in _families(table.drop(columns=plainly)).values() for column in family.values()
    ]


def from_mast(table: pd.DataFrame, genes: pd.Series) -> Long | None:
    """Read MAST's long table, one row per component of its hurdle model and contrast; else None.

    The p-value of a gene is that of the hurdle test, ``H``, and its fold change that of the row ``logFC``, or
    else of the continuous component.
    """
    by_plain = {plain(column): column for column in map(str, table)}
    if not {"component", "prchisq", "coef"} <= set(by_plain):
        return None
    component = table[by_plain["component"]].astype(str).str.strip()
    if not set(component) <= _MAST_COMPONENTS or "H" not in set(component):
        return None
    keys = pd.DataFrame({"name": genes.to_numpy()}, index=table.index)
    if "contrast" in by_plain:
        keys["contrast"] = as_names(table[by_plain["contrast"]])
    figures = keys.assign(
        p_value=numbers(table, by_plain["prchisq"]), log2fc=numbers(table, by_plain["coef"])
    )
    fold = "logFC" if "logFC" in set(component) else "C"
    changes = figures[component == fold].drop_duplicates(list(keys))[[*keys, "log2fc"]]
    tests = figures[component == "H"].drop(columns="log2fc")
    long = tests.merge(changes, how="left", on=list(keys)).set_axis(tests.index)
    return long.rename(columns={"contrast": "group"}), {
        "p_value": f"{by_plain['prchisq']} of H", "log2fc": f"{by_plain['coef']} of {fold}",
        **({"group": str(by_plain["contrast"])} if "contrast" in by_plain else {}),
    }  # fmt: skip


_MAST_COMPONENTS = frozenset({"C", "D", "H", "S", "logFC"})


def from_conserved_markers(table: pd.DataFrame, genes: pd.Series) -> Long | None:
    """Read Seurat's ``FindConservedMarkers``, whose markers hold in every condition; else None.

    The p-values are the largest of the conditions. The fold change is the smallest, if all have the same
    sign.
    """
    by_plain = {plain(column): column for column in map(str, table)}
    families = _families(table)
    if "maxpval" not in by_plain or not families:
        return None
    columns = {
        figure: [family[figure] for family in families.values() if figure in family]
        for figure in ("p_adjusted", "log2fc")
    }
    long = pd.DataFrame({"name": genes.to_numpy(), "p_value": numbers(table, by_plain["maxpval"])})
    used = {"p_value": str(by_plain["maxpval"])}
    if columns["p_adjusted"]:
        adjusted = np.column_stack([numbers(table, column) for column in columns["p_adjusted"]])
        long["p_adjusted"] = pd.DataFrame(adjusted).max(axis=1).to_numpy()
        used["p_adjusted"] = f"largest of {', '.join(map(str, columns['p_adjusted']))}"
    if columns["log2fc"]:
        folds = pd.DataFrame(np.column_stack([numbers(table, column) for column in columns["log2fc"]]))
        agree = (folds.max(axis=1) < 0) | (folds.min(axis=1) > 0)
        long["log2fc"] = (folds.abs().min(axis=1) * np.sign(folds.sum(axis=1)) * agree).to_numpy()
        used["log2fc"] = f"smallest of {', '.join(map(str, columns['log2fc']))}"
    warn_caller(
        f"the table has markers that are conserved in {', '.join(map(repr, families))}: each gene "
        "gets its largest p-values and its smallest fold change, or no fold change where the signs "
        "differ."
    )
    return long, used


def from_mageck_rra(table: pd.DataFrame, genes: pd.Series) -> Long | None:
    """Read MAGeCK's RRA, which tests both directions: a gene gets that of its smaller p-value; else None."""
    by_plain = {plain(column): column for column in map(str, table)}
    sides = {
        side: {
            figure: by_plain[side + header]
            for figure, header in (("p_value", "pvalue"), ("p_adjusted", "fdr"), ("log2fc", "lfc"))
            if side + header in by_plain
        }
        for side in ("neg", "pos")
    }
    tests = [figure for figure in ("p_value", "p_adjusted") if all(figure in side for side in sides.values())]
    if not tests:
        return None
    both = {figure: [numbers(table, sides[side][figure]) for side in ("neg", "pos")] for figure in tests}
    negative, positive = both[tests[0]]
    rises = np.nan_to_num(positive, nan=2.0) < np.nan_to_num(negative, nan=2.0)
    sign = np.where(rises, 1.0, -1.0)
    long = pd.DataFrame({"name": genes.to_numpy()})
    for figure, (down, up) in both.items():
        long[figure] = np.where(rises, up, down)
    long["score"] = sign * -np.log10(np.maximum(long[tests[0]].to_numpy(), _SMALLEST))
    long["score"] += sign * 1e-12  # a p-value of 1 keeps its direction
    used = {figure: " or ".join(str(sides[side][figure]) for side in ("neg", "pos")) for figure in tests}
    fold = sides["neg"].get("log2fc", sides["pos"].get("log2fc"))
    if fold is not None:
        change = numbers(table, fold)
        long["log2fc"] = np.where(np.sign(change) == sign, change, np.nan)
        used["log2fc"] = str(fold)
    return long, used


def from_contrasts(table: pd.DataFrame, genes: pd.Series) -> Long | None:
    """Read the columns of several contrasts or conditions side by side, each a group; else None."""
    families = _families(table)
    if not families:
        return None
    parts = [
        pd.DataFrame(
            {
                "name": genes.to_numpy(),
                **{figure: numbers(table, column) for figure, column in columns.items()},
            }
        ).assign(group=affix)
        for affix, columns in families.items()
    ]
    return _ordered(pd.concat(parts), list(families)), _sources(families)


BESIDE_GENES: Sequence[Callable[[pd.DataFrame, pd.Series], Long | None]] = (
    from_mageck_rra,
    from_conserved_markers,
    from_contrasts,
)
"""Layouts with one column of genes, the most specific first."""


def _ordered(long: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    return long.assign(group=pd.Categorical(long["group"], categories=groups, ordered=True))


def _sources(families: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return which columns each figure comes from, in words."""
    figures = dict.fromkeys(figure for columns in families.values() for figure in columns)
    return {
        figure: ", ".join(str(columns[figure]) for columns in families.values() if figure in columns)
        for figure in figures
    }
