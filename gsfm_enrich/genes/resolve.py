"""From any identifier to the approved gene symbol, with a report of what was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gsfm_enrich.genes.inputs import GeneList, read_gene_list
from gsfm_enrich.genes.lookup import approved_symbols, find_genes

if TYPE_CHECKING:
    import pandas as pd

_WORDS = {
    "direct": "direct",
    "case": "by case",
    "alias": "by alias",
    "ensembl": "by Ensembl id",
    "entrez": "by Entrez id",
    "uniprot": "by UniProt id",
    "orthologue": "by orthologue",
}
_SHOWN = 10


@dataclass(frozen=True)
class Resolution:
    """What `resolve` found.

    Attributes
    ----------
    table
        One row per distinct input, in order: ``input``, ``symbol`` (the approved symbol, or None) and
        ``how``: ``direct``, ``case``, ``alias`` (or previous symbol), ``ensembl``, ``entrez``, ``uniprot``,
        ``orthologue``, ``ambiguous`` or ``unknown``.
    ambiguous
        For each ambiguous input, the symbols it may mean.
    blanks
        How many inputs were empty or missing (NaN, None, "").
    repeats
        How many inputs were there before.
    """

    table: pd.DataFrame
    ambiguous: dict[str, list[str]]
    blanks: int = 0
    repeats: int = 0

    @cached_property
    def genes(self) -> list[str]:
        """The distinct approved symbols, in the order of their first appearance."""
        return list(dict.fromkeys(symbol for symbol in self.table["symbol"] if symbol is not None))

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many distinct inputs were found in each way; only the ways that occur."""
        counts = Counter(self.table["how"])
        return {how: counts[how] for how in (*_WORDS, "ambiguous", "unknown") if counts[how]}

    @cached_property
    def unknown(self) -> list[str]:
        """The inputs that no gene answers to."""
        return list(self.table["input"][self.table["how"] == "unknown"])

    def report(self) -> str:
        """Say in one sentence what was mapped, how, and what was lost.

        Examples
        --------
        >>> resolve(["TP53", "brca1", "COX1", "who"]).report()
        '2 of 4 identifiers mapped (1 direct, 1 by case); 1 ambiguous: COX1 (MT-CO1 or PTGS1); 1 unknown: who'
        """
        mapped = {how: count for how, count in self.counts.items() if how in _WORDS}
        total, number = len(self.table), sum(mapped.values())
        text = f"{number:,} of {total:,} identifier{'s' * (total != 1)} mapped"
        if number != len(self.genes):
            text += f" to {len(self.genes):,} gene{'s' * (len(self.genes) != 1)}"
        if mapped:
            text += f" ({', '.join(f'{count:,} {_WORDS[how]}' for how, count in mapped.items())})"
        if self.ambiguous:
            choices = [f"{text} ({' or '.join(symbols)})" for text, symbols in self.ambiguous.items()]
            text += f"; {len(choices):,} ambiguous: {_first(choices)}"
        if self.unknown:
            text += f"; {len(self.unknown):,} unknown: {_first(self.unknown)}"
        if self.repeats:
            text += f"; {self.repeats:,} repeated"
        if self.blanks:
            text += f"; {self.blanks:,} blank"
        return text


def resolve(ids: GeneList, organism: str = "human") -> Resolution:
    """Find the approved symbol of every identifier.

    Parameters
    ----------
    ids
        Symbols in any case, aliases, previous symbols, Ensembl gene ids (with or without version), Entrez ids
        and UniProt accessions, mixed; in any form that `gsfm_enrich.genes.inputs.as_gene_list` takes. Missing
        and blank entries are left out and counted.
    organism
        ``"human"``, or ``"mouse"`` and ``"rat"``, whose genes become the human ones of the same symbol.

    Returns
    -------
    Resolution
        The genes, and a report of how each identifier was found.

    Raises
    ------
    InputError
        When the input is no list of genes, or the organism's identifiers cannot be resolved.

    Notes
    -----
    The rules, in their order, are those of `gsfm_enrich.genes.lookup`.

    Examples
    --------
    >>> resolve(["TP53", "p53", "ENSG00000012048.23", 672, None]).genes
    ['TP53', 'BRCA1']
    """
    import pandas as pd

    given, blanks = read_gene_list(ids)
    distinct = list(dict.fromkeys(given))
    found = find_genes(distinct, organism)
    symbols = approved_symbols()
    ambiguous = {
        text: sorted(symbols[row] for row in rows)
        for text, (rows, how) in zip(distinct, found, strict=True)
        if how == "ambiguous"
    }
    mapped = [symbols[rows[0]] if rows and how != "ambiguous" else None for rows, how in found]
    table = pd.DataFrame(
        {"input": distinct, "symbol": mapped, "how": [how for _, how in found]}, dtype=object
    )
    return Resolution(table, ambiguous, blanks=blanks, repeats=len(given) - len(distinct))


def _first(texts: Sequence[str]) -> str:
    """Join the first few, and say how many more there are."""
    more = len(texts) - _SHOWN
    return ", ".join(texts[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
