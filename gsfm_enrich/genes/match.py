"""Map identifiers onto another list's own spelling: a library's genes, a vocabulary's tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.genes.lookup import UNKNOWN, Found, find_genes
from gsfm_enrich.genes.table import RESOLVED_ORGANISMS, organism_name


@dataclass(frozen=True)
class Match:
    """Where each identifier stands in another list.

    Attributes
    ----------
    columns
        int64, one per distinct identifier: its position in the other list, -1 when it has none.
    ids
        The distinct identifiers, in the order of their first appearance.
    how
        For each identifier ``direct`` (the identical string), ``case`` (the same but for case), the way its
        gene was found (``alias``, ``ensembl``, ``entrez``, ``uniprot``, ``orthologue``), or why it has none:
        ``ambiguous``, ``duplicate`` (another identifier of the same gene has it already) or ``unknown``
        (no gene, or none of the other list).
    """

    columns: NDArray[np.int64]
    ids: list[str]
    how: list[str]


def match(ids: Iterable[str], symbols: Sequence[str], organism: str = "human") -> Match:
    """Find each identifier in another list of gene names, whatever either of them calls the gene.

    The identical string always wins, so that whatever matched without this function still matches the same
    way. Next comes the string that differs only in case, then the name of the same gene. No position is given
    twice: an identifier whose gene is already there is a ``duplicate``.

    Parameters
    ----------
    ids
        Stripped identifiers, as `gsfm_enrich.genes.inputs.as_gene_list` returns them.
    symbols
        The other list. A tuple is looked up fastest, as what is known of it is kept for later calls.
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
        When the organism is unknown.

    Examples
    --------
    >>> match(["TP53", "SEPT7", "p53", "no-such-gene"], ("SEPTIN7", "TP53")).columns
    array([ 1,  0, -1, -1])
    """
    targets = _targets(tuple(symbols), organism_name(organism))
    distinct = list(dict.fromkeys(ids))
    columns = [targets.position.get(text, -1) for text in distinct]
    how = ["direct"] * len(distinct)
    taken = {column for column in columns if column >= 0}
    missed = [number for number, column in enumerate(columns) if column < 0]
    found = _find([distinct[number] for number in missed], targets.organism)
    for number, gene in zip(missed, found, strict=True):
        column, how[number] = _rescue(distinct[number], gene, targets)
        if column in taken:
            column, how[number] = -1, "duplicate"
        elif column >= 0:
            taken.add(column)
        columns[number] = column
    return Match(np.array(columns, dtype=np.int64), distinct, how)


class _Targets(NamedTuple):
    """What is known of a list of gene names: positions by name, by name in upper case, and by gene."""

    organism: str
    position: dict[str, int]
    by_upper: dict[str, int]
    by_gene: dict[int, tuple[int, str]]


@lru_cache(maxsize=32)
def _targets(symbols: tuple[str, ...], organism: str) -> _Targets:
    position: dict[str, int] = {}
    by_upper: dict[str, int] = {}
    by_gene: dict[int, tuple[int, str]] = {}
    for column, (symbol, (rows, how)) in enumerate(zip(symbols, _find(symbols, organism), strict=True)):
        position.setdefault(symbol, column)
        by_upper.setdefault(symbol.upper(), column)
        if len(rows) != 1:
            continue
        _, taken_how = by_gene.setdefault(rows[0], (column, how))
        if (
            how == "direct" != taken_how
        ):  # of several names of one gene its approved symbol is the one to take
            by_gene[rows[0]] = (column, how)
    return _Targets(organism, position, by_upper, by_gene)


def _find(texts: Sequence[str], organism: str) -> list[Found]:
    return find_genes(texts, organism) if organism in RESOLVED_ORGANISMS else [UNKNOWN] * len(texts)


def _rescue(text: str, gene: Found, targets: _Targets) -> tuple[int, str]:
    """Find the position of an identifier that has no identical string, and how."""
    column = targets.by_upper.get(text.upper())
    if column is not None:
        return column, "case"
    rows, how = gene
    if len(rows) != 1:
        return -1, how
    column, target_how = targets.by_gene.get(rows[0], (-1, ""))
    if column < 0:
        return -1, "unknown"
    return column, target_how if how == "direct" else how
