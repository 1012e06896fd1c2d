"""Map any identifier to the approved gene symbol, with a report of what was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from gsfm_enrich.arguments import checked
from gsfm_enrich.genes.inputs import GeneList, read_gene_list
from gsfm_enrich.genes.lookup import approved_symbols, find_genes
from gsfm_enrich.genes.orthology import load_orthology
from gsfm_enrich.genes.spelling import misread_species
from gsfm_enrich.genes.unread import say_unread
from gsfm_enrich.organisms import ORTHOLOGY_ORGANISMS, RESOLVED_ORGANISMS

if TYPE_CHECKING:
    import pandas as pd

_WORDS = {
    "direct": "direct",
    "case": "by case",
    "alias": "by alias",
    "ensembl": "by Ensembl id",
    "entrez": "by Entrez id",
    "uniprot": "by UniProt id",
    "spelling": "by the name before a program rewrote it",
    "orthologue": "by orthologue",
    "rule": "by the same symbol or alias",
    "human": "human",
}
_LOST = ("ambiguous", "no orthologue", "unknown")
_SHOWN = 10


@dataclass(frozen=True)
class Resolution:
    """What `resolve` found.

    Attributes
    ----------
    table
        One row per distinct input, in order: ``input``, ``symbol`` (the approved symbol, or None) and
        ``how``: ``direct``, ``case``, ``alias`` (or previous symbol), ``ensembl``, ``entrez``, ``uniprot``,
        ``spelling`` (the name before a program rewrote it), ``ambiguous`` or ``unknown``; for mouse and rat
        ``orthologue``, ``no orthologue``, ``rule`` (not in the orthology table, and the symbol or an alias of
        a human gene), ``human`` (an identifier of human only), ``ambiguous`` or ``unknown``.
    ambiguous
        For each ambiguous input, the symbols it may mean.
    one_to_many
        For each input with several human orthologues, their symbols; the first is the one in ``table``.
    orthologues
        Where orthologues come from; empty for human.
    misread
        Genes that look like those of another species, and what to do; usually empty.
    unread
        Unknown inputs of a kind that is not supported, and what to do; usually empty.
    blanks
        Number of empty or missing inputs (NaN, None, "").
    repeats
        Number of repeated inputs.
    """

    table: pd.DataFrame
    ambiguous: dict[str, list[str]]
    one_to_many: dict[str, list[str]] = field(default_factory=dict)
    orthologues: str = ""
    misread: str = ""
    unread: str = ""
    blanks: int = 0
    repeats: int = 0

    @cached_property
    def genes(self) -> list[str]:
        """The distinct approved symbols, in order of first appearance."""
        return list(dict.fromkeys(symbol for symbol in self.table["symbol"] if symbol is not None))

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of distinct inputs found in each way; only the ways that occur."""
        counts = Counter(self.table["how"])
        return {how: counts[how] for how in (*_WORDS, *_LOST) if counts[how]}

    @cached_property
    def unknown(self) -> list[str]:
        """The inputs for which no gene was found."""
        return list(self.table["input"][self.table["how"] == "unknown"])

    @cached_property
    def without_orthologue(self) -> list[str]:
        """The genes of mouse or rat that have no human orthologue."""
        return list(self.table["input"][self.table["how"] == "no orthologue"])

    def report(self) -> str:
        """Return one sentence on what was mapped, how, and what was lost.

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
            text += f"; {len(choices):,} ambiguous: {first_few(choices)}"
        if self.one_to_many:
            choices = [f"{text} ({', '.join(symbols)})" for text, symbols in self.one_to_many.items()]
            text += f"; {len(choices):,} with several orthologues, the first was taken: {first_few(choices)}"
        if self.without_orthologue:
            lost = self.without_orthologue
            text += f"; {len(lost):,} without a human orthologue: {first_few(lost)}"
        if self.unknown:
            text += f"; {len(self.unknown):,} unknown: {first_few(self.unknown)}"
        if self.repeats:
            text += f"; {self.repeats:,} repeated"
        if self.blanks:
            text += f"; {self.blanks:,} blank"
        if self.orthologues:
            text += f"; orthologues: {self.orthologues}"
        if self.misread:
            text += f"; {self.misread.rstrip('.')}"
        return text + (f".{self.unread}" if self.unread else "")


@checked
def resolve(ids: GeneList, organism: str = "human") -> Resolution:
    """Find the approved symbol of every identifier.

    Parameters
    ----------
    ids
        Symbols in any case, aliases, previous symbols, Ensembl gene ids (with or without version), Entrez ids
        and UniProt accessions, also mixed; in any form that `gsfm_enrich.genes.inputs.as_gene_list` accepts.
        Missing and blank entries are left out and counted.
    organism
        ``"human"``, or ``"mouse"`` or ``"rat"``, whose genes become their human orthologues, see
        `gsfm_enrich.genes.orthology`.

    Returns
    -------
    Resolution
        The genes, and a report of how each identifier was found.

    Raises
    ------
    InputError
        If the input is not a list of genes, or the organism's identifiers cannot be resolved.

    Warns
    -----
    GsfmEnrichWarning
        Once per process, if the orthology table of mouse or rat is not cached and cannot be downloaded.

    Notes
    -----
    The rules and their order are those of `gsfm_enrich.genes.lookup`.

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
    one_to_many = {
        text: [symbols[row] for row in rows]
        for text, (rows, how) in zip(distinct, found, strict=True)
        if how == "orthologue" and len(rows) > 1
    }
    mapped = [symbols[rows[0]] if rows and how != "ambiguous" else None for rows, how in found]
    table = pd.DataFrame(
        {"input": distinct, "symbol": mapped, "how": [how for _, how in found]}, dtype=object
    )
    return Resolution(
        table,
        ambiguous,
        one_to_many,
        orthologues=load_orthology(organism).source if organism in ORTHOLOGY_ORGANISMS else "",
        misread=misread_species(distinct, organism),
        unread=say_unread(
            [text for text, (_, how) in zip(distinct, found, strict=True) if how == "unknown"], organism
        ),
        blanks=blanks,
        repeats=len(given) - len(distinct),
    )


def say_reasons(lost: Sequence[str], organism: str = "human") -> str:
    """Return why genes were not found and what to do: ambiguous ones, and those of a kind not supported.

    Examples
    --------
    >>> say_reasons(["COX1", "stranger"])
    ' Ambiguous: COX1 (MT-CO1 or PTGS1).'
    """
    if organism not in RESOLVED_ORGANISMS:
        return ""
    symbols = approved_symbols()
    found = list(zip(lost, find_genes(lost, organism), strict=True))
    choices = [
        f"{text} ({' or '.join(sorted(symbols[row] for row in rows))})"
        for text, (rows, how) in found
        if how == "ambiguous"
    ]
    unclear = f" Ambiguous: {first_few(choices)}." if choices else ""
    return unclear + say_unread([text for text, (_, how) in found if how == "unknown"], organism)


def first_few(names: Sequence[str], shown: int = _SHOWN) -> str:
    """Join the first few names, with the number of further ones.

    Parameters
    ----------
    names
        Names to list.
    shown
        Maximum number of names to spell out.

    Returns
    -------
    str

    Examples
    --------
    >>> first_few(["A", "B", "C"], shown=2)
    'A, B and 1 more'
    """
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more:,} more" if more > 0 else "")
