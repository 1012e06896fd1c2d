"""Warnings about the genes and lists that are lost between differential expression and terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from gsfm_enrich.errors import named, warn_caller
from gsfm_enrich.expression.background import ChosenBackground
from gsfm_enrich.expression.markers import MarkerList
from gsfm_enrich.genes.inputs import parse_gene_list
from gsfm_enrich.genes.resolve import resolve
from gsfm_enrich.genes.spelling import misread_species
from gsfm_enrich.organisms import RESOLVED_ORGANISMS


def warn_outside(markers: Sequence[MarkerList], background: ChosenBackground) -> None:
    """Warn of ranked genes that are not in the background."""
    if background.names is None:
        return
    ranked = {name for marker in markers for name in marker.names}
    outside = sorted(ranked - set(background.names))
    if outside:
        warn_caller(
            f"{len(outside)} of {len(ranked)} ranked genes are not among the {len(background.names)} genes "
            f"of {background.source} ({named(outside)}); if adata was subset after the test, pass the tested "
            "genes as background=."
        )


def warn_misread(markers: Sequence[MarkerList], organism: str) -> None:
    """Warn of genes that look like those of another species."""
    misread = misread_species(_distinct(markers), organism)
    if misread:
        warn_caller(misread)


def warn_several(markers: Sequence[MarkerList]) -> None:
    """Warn once, for all lists together, of entries that name several genes or look like row numbers."""
    for remark in parse_gene_list(list(dict.fromkeys(gene for marker in markers for gene in marker.genes)))[
        2
    ]:
        warn_caller(remark)


def _distinct(markers: Sequence[MarkerList]) -> list[str]:
    return list(dict.fromkeys(gene for marker in markers for gene in marker.genes))


def warn_mostly_unknown(log: pd.DataFrame, organism: str, place: str) -> None:
    """Warn of lists that have a result although most of their genes are unknown."""
    if organism not in RESOLVED_ORGANISMS:
        return
    lists = log[(log["message"] == "") & (log["missing"] != "")]
    if lists.empty:
        return
    missing = [text.split(";") for text in lists["missing"]]
    found = resolve([gene for genes in missing for gene in genes], organism)
    unknown = {*found.unknown, *found.ambiguous}
    lost = [[gene for gene in genes if gene in unknown] for genes in missing]
    poor = [row for row, n in enumerate(lists["genes"]) if 2 * len(lost[row]) > n]
    if poor:
        worst, genes = lists.iloc[poor[0]], lost[poor[0]]
        warn_caller(
            f"most genes of {len(poor)} of {len(log)} gene lists are unknown, such as "
            f"{len(genes)} of the {worst['genes']} genes of {name_of_list(worst)}: {named(genes)}. "
            f"See {place}."
        )


def warn_without_result(log: pd.DataFrame, place: str) -> None:
    """Warn of lists that have no result, and say why."""
    silent = log[log["message"] != ""]
    if silent.empty:
        return
    reasons = "; ".join(f"{count}: {reason}" for reason, count in Counter(silent["message"]).items())
    lists = [name_of_list(row) for _, row in silent.iterrows()]
    warn_caller(
        f"{len(silent)} of {len(log)} gene lists have no result ({reasons}): {named(lists)}. See {place}."
    )


def name_of_list(row: pd.Series) -> str:
    """Return the group of a row of the log, and its direction if it has one."""
    return f"{row['group']} ({row['direction']})" if row["direction"] else str(row["group"])
