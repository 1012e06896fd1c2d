"""Map identifiers to the names in another list, such as a library's genes or a vocabulary's tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.genes.lookup import UNKNOWN, Found, find_genes, find_named
from gsfm_enrich.genes.orthology import Orthology, load_orthology
from gsfm_enrich.kept import kept_on_first
from gsfm_enrich.organisms import ORTHOLOGY_ORGANISMS, RESOLVED_ORGANISMS


@dataclass(frozen=True)
class Match:
    """Where each identifier stands in another list.

    Attributes
    ----------
    columns
        int64, one per distinct identifier: its position in the other list, -1 when it has none.
    ids
        The distinct identifiers, in order of first appearance.
    how
        For each identifier ``direct`` (the identical string), ``case`` (the same except for case), the way
        its gene was found (``alias``, ``ensembl``, ``entrez``, ``uniprot``; for mouse and rat ``orthologue``,
        ``rule``, ``human``, see `gsfm_enrich.genes.lookup`), or why it has none: ``ambiguous``, ``no
        orthologue``, ``duplicate`` (another identifier of the same gene came before) or ``unknown`` (no
        gene, or not one of the other list).
    """

    columns: NDArray[np.int64]
    ids: list[str]
    how: list[str]


def match(ids: Iterable[str], symbols: Sequence[str], organism: str = "human") -> Match:
    """Find each identifier in another list of gene names, even if the two name the gene differently.

    An identical string always comes first, so names that match without this function still match the same
    way. Next is a string that differs only in case (for mouse and rat, unless it names a gene that is not an
    orthologue: mouse Nat2 is not human NAT2), then a name of the same gene; of several orthologues, the
    first that the list has. No position is given twice: an identifier whose gene is already there is a
    ``duplicate``.

    Parameters
    ----------
    ids
        Stripped identifiers, as `gsfm_enrich.genes.inputs.as_gene_list` returns them.
    symbols
        The other list. Of `Names` the index is kept as long as they are.
    organism
        Any name of an organism that gseapy knows. Without a gene table (fly, yeast, fish, worm) only strings
        are compared.

    Returns
    -------
    Match
        Positions in `symbols`, one per distinct identifier.

    Raises
    ------
    InputError
        If the organism is unknown.

    Examples
    --------
    >>> match(["TP53", "SEPT7", "p53", "no-such-gene"], ("SEPTIN7", "TP53")).columns
    array([ 1,  0, -1, -1])
    """
    targets = _targets_of(symbols, organism)
    distinct = list(dict.fromkeys(ids))
    columns, how = _look_up(distinct, targets)
    rescued = [number for number, text in enumerate(distinct) if text not in targets.position]
    taken = {targets.position[text] for text in distinct if text in targets.position}
    for number in rescued:
        if columns[number] < 0:
            continue
        if columns[number] in taken:
            columns[number], how[number] = -1, "duplicate"
        else:
            taken.add(columns[number])
    return Match(np.array(columns, dtype=np.int64), distinct, how)


def match_lists(
    lists: Sequence[Sequence[str]], symbols: Sequence[str], organism: str = "human"
) -> list[Match]:
    """Match many lists as `match` does, looking up each identifier only once.

    Parameters
    ----------
    lists
        Stripped identifiers, each list without repeats.
    symbols, organism
        As in `match`.

    Returns
    -------
    list of Match

    Examples
    --------
    >>> [found.columns.tolist() for found in match_lists([["TP53"], ["p53", "MYC"]], ("MYC", "TP53"))]
    [[1], [1, 0]]
    """
    if len(lists) == 1:
        return [match(lists[0], symbols, organism)]
    texts = list(chain.from_iterable(lists))
    numbers = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    columns, how = _look_up(list(numbers), _targets_of(symbols, organism))
    at = np.array([numbers[text] for text in texts], dtype=np.int64)
    column_at = np.array(columns, dtype=np.int64)[at]
    how_at = np.array(how, dtype=object)[at].tolist()
    ends = np.cumsum([0, *map(len, lists)])
    repeated = _with_repeats(column_at, ends)
    return [
        match(own, symbols, organism)  # two names of one gene: the first gets it
        if number in repeated
        else Match(column_at[start:stop], list(own), how_at[start:stop])
        for number, (own, (start, stop)) in enumerate(zip(lists, pairwise(ends.tolist()), strict=True))
    ]


def _with_repeats(columns: NDArray[np.int64], ends: NDArray[np.int64]) -> set[int]:
    """Return the numbers of the lists, one after the other in ``columns``, that hold a column twice."""
    width = int(columns.max(initial=0)) + 1
    keys = np.repeat(np.arange(len(ends) - 1), np.diff(ends)) * width + columns
    keys = np.sort(keys[columns >= 0])
    return set((keys[1:][keys[1:] == keys[:-1]] // width).tolist())


class Names(tuple[str, ...]):
    """Gene names to search often, as those of a library or a model: their index is kept with them.

    Examples
    --------
    >>> Names(["TP53"])
    ('TP53',)
    """


def _targets_of(symbols: Sequence[str], organism: str) -> _Targets:
    """Index the names to search, or return the kept index."""
    orthology = load_orthology(organism) if organism in ORTHOLOGY_ORGANISMS else None
    if isinstance(symbols, Names):
        return _targets_of_names(symbols, organism, orthology)
    return _targets(tuple(symbols), organism, orthology)


@kept_on_first(most=2)
def _targets_of_names(names: Names, organism: str, orthology: Orthology | None) -> _Targets:
    return _targets(tuple(names), organism, orthology)


def _look_up(distinct: Sequence[str], targets: _Targets) -> tuple[list[int], list[str]]:
    """Find each identifier separately: its position, -1 for none, and how it was found."""
    columns = [targets.position.get(text, -1) for text in distinct]
    how = ["direct"] * len(distinct)
    missed = [number for number, column in enumerate(columns) if column < 0]
    found = _find([distinct[number] for number in missed], targets.organism)
    for number, gene in zip(missed, found, strict=True):
        columns[number], how[number] = _rescue(distinct[number], gene, targets)
    return columns, how


class _Targets(NamedTuple):
    """The index of a list of gene names: positions by name, by name in upper case, and by gene.

    ``genes`` are the rows of the gene table that each name means.
    """

    organism: str
    orthology: Orthology | None
    position: dict[str, int]
    by_upper: dict[str, int]
    by_gene: dict[int, tuple[int, str]]
    genes: list[tuple[int, ...]]


# By content, as the same background or dict comes as a new list in every call. An index of 20,000 names takes
# 8 MB, hence few of them.
@lru_cache(maxsize=8)
def _targets(symbols: tuple[str, ...], organism: str, orthology: Orthology | None) -> _Targets:
    """Index a list of names; the orthology is an argument so that each table has its own index."""
    position: dict[str, int] = {}
    by_upper: dict[str, int] = {}
    by_gene: dict[int, tuple[int, str]] = {}
    found = find_named(symbols, organism) if organism in RESOLVED_ORGANISMS else [UNKNOWN] * len(symbols)
    for column, (symbol, (rows, how)) in enumerate(zip(symbols, found, strict=True)):
        position.setdefault(symbol, column)
        by_upper.setdefault(symbol.upper(), column)
        if not rows or how == "ambiguous":
            continue
        _, taken_how = by_gene.setdefault(rows[0], (column, how))
        if how == "direct" != taken_how:  # of several names of one gene, take the approved symbol
            by_gene[rows[0]] = (column, how)
    return _Targets(organism, orthology, position, by_upper, by_gene, [rows for rows, _ in found])


def _find(texts: Sequence[str], organism: str) -> list[Found]:
    return find_genes(texts, organism) if organism in RESOLVED_ORGANISMS else [UNKNOWN] * len(texts)


def _rescue(text: str, gene: Found, targets: _Targets) -> tuple[int, str]:
    """Find the position of an identifier that has no identical string, and how."""
    rows, how = gene
    own = targets.orthology and targets.orthology.symbol(text)
    for name in (text, own):
        column = targets.by_upper.get(name.upper()) if name else None
        if column is not None and (own is None or _same(rows, targets.genes[column])):
            return column, "case" if name == text else how
    if not rows or how == "ambiguous":
        return -1, how
    for row in rows:
        column, target_how = targets.by_gene.get(row, (-1, ""))
        if column >= 0:
            return column, target_how if how == "direct" else how
    return -1, "unknown"


def _same(rows: tuple[int, ...], others: tuple[int, ...]) -> bool:
    """Return whether two names can mean one gene: they share an orthologue, or neither has any."""
    return bool(set(rows) & set(others)) or not (rows or others)
