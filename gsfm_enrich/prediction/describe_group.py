"""A group of cells in words: its markers, terms, modules and understudied genes, with numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from gsfm_enrich.prediction.describe import and_

SIGNIFICANT = 0.05
STRONGEST = 5
BEST = 3
DIRECTIONS = {"up": "up-regulated ", "down": "down-regulated ", "both": "", "": ""}


@dataclass(frozen=True, eq=False)
class GroupTables:
    """What is known of one group; a table that was not computed is empty.

    Attributes
    ----------
    cells : int or None
        Number of cells, None if unknown.
    markers : dict
        Genes that are differentially expressed by direction, the strongest first.
    terms : DataFrame
        ``direction``, ``Term`` and ``p``, best first, of the lists of these genes.
    ranked : DataFrame
        The same of all genes with a statistic.
    modules : DataFrame
        ``direction``, ``size``, ``name`` and ``adjusted_p_value``, the largest first.
    understudied : DataFrame
        ``gene``, ``predicted_function`` (empty without one) and ``probability`` of the understudied ones
        among the genes.
    """

    cells: int | None
    markers: Mapping[str, Sequence[str]]
    terms: pd.DataFrame = field(default_factory=pd.DataFrame)
    ranked: pd.DataFrame = field(default_factory=pd.DataFrame)
    modules: pd.DataFrame = field(default_factory=pd.DataFrame)
    understudied: pd.DataFrame = field(default_factory=pd.DataFrame)


def describe_group(group: str, tables: GroupTables) -> str:
    """Describe a group of cells in a paragraph, every number and name of which is in its tables.

    Parameters
    ----------
    group
        Its name.
    tables
        What is known of it.

    Examples
    --------
    >>> describe_group("B", GroupTables(42, {"up": ["CD79A", "MS4A1"], "down": []}))
    'B has 42 cells. It has 2 up-regulated genes, most strongly CD79A and MS4A1.'
    """
    said = [] if tables.cells is None else [f"{group} has {_count(tables.cells, 'cell')}."]
    said += _markers(tables.markers, "It" if said else group)
    said += _terms(tables.terms, "Enriched among the {}genes")
    said += _terms(tables.ranked, "Among the {}genes, without a cut-off")
    said += _modules(tables.modules)
    said += _understudied(tables.understudied)
    return " ".join(said)


def _markers(markers: Mapping[str, Sequence[str]], subject: str) -> list[str]:
    if not any(markers.values()):
        return [f"{subject} has no differentially expressed gene."]
    return [
        f"{subject if place == 0 else 'It'} has {_count(len(genes), f'{DIRECTIONS[direction]}gene')}, "
        f"most strongly {and_(genes[:STRONGEST])}."
        for place, (direction, genes) in enumerate((d, g) for d, g in markers.items() if g)
    ]


def _terms(terms: pd.DataFrame, where: str) -> list[str]:
    """Say how many terms are significant in each direction, and which are the best."""
    said = []
    for direction, rows in _by_direction(terms):
        place = where.format(DIRECTIONS[direction])
        found = rows[rows["p"] <= SIGNIFICANT]
        if found.empty:
            said.append(
                f"{place}: no term (the best, {rows['Term'].iloc[0]}, adjusted p {rows['p'].iloc[0]:.2g})."
            )
            continue
        shown = found.head(BEST)
        best = and_(f"{term} (adjusted p {p:.2g})" for term, p in zip(shown["Term"], shown["p"], strict=True))
        most = "first" if len(found) > BEST else "namely"
        said.append(f"{place}: {_count(len(found), 'term')}, {most} {best}.")
    return said


def _modules(modules: pd.DataFrame) -> list[str]:
    """Say how many modules the genes form in each direction, and what the largest are."""
    said = []
    for direction, rows in _by_direction(modules):
        named = rows[rows["adjusted_p_value"] <= SIGNIFICANT].head(BEST)
        largest = [f"{name} ({size} genes)" for name, size in zip(named["name"], named["size"], strict=True)]
        names = f", among them {and_(largest)}" if largest else ", none of which matches a term"
        said.append(f"The {DIRECTIONS[direction]}genes form {_count(len(rows), 'functional module')}{names}.")
    return said


def _understudied(genes: pd.DataFrame) -> list[str]:
    """Say how many genes are understudied, and what is predicted of them."""
    if genes.empty:
        return []
    predicted = genes[genes["predicted_function"] != ""]
    predicted = predicted.sort_values("probability", ascending=False, kind="stable").head(BEST)
    columns = (predicted[name] for name in ("gene", "predicted_function", "probability"))
    best = [f"{gene} ({term}, probability {p:.2g})" for gene, term, p in zip(*columns, strict=True)]
    what = (
        f"the most confident predictions are for {and_(best)}"
        if best
        else "for none of them is there a confident prediction"
    )
    return [f"{len(genes):,} of these genes {'are' if len(genes) > 1 else 'is'} understudied; {what}."]


def _by_direction(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the rows of each direction, up first."""
    parts = [(name, table[table["direction"] == name]) for name in DIRECTIONS] if len(table) else []
    return [(name, rows) for name, rows in parts if len(rows)]


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"
