"""Detect genes of another species than the given one, by their case and the orthology table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from gsfm_enrich.errors import named
from gsfm_enrich.genes.lookup import approved_symbols, find_genes, is_date
from gsfm_enrich.genes.orthology import load_orthology
from gsfm_enrich.organisms import ORTHOLOGY_ORGANISMS

LEAST, SHARE = 3, 0.1
"""Fewer genes, or a smaller share of the list, may be typing errors and are not worth a warning."""

MOST = 0.9
"""Share of approved human symbols from which a list is human, if there is no table of orthologues."""

_RODENT = re.compile(
    r"(?!C\d+orf)[A-Z]\d*[a-z][a-z0-9-]*|[A-Z0-9]\d{6}[A-Z]\d\d[Rr]ik|mt-[A-Z][a-z0-9]+|H2-[A-Z][a-z]?\d*"
)
_CLONE = re.compile(r"[A-Z]{1,2}\d{4,}\.\d+|(RP|CT|XX|KB|LL|LA|GS|AP|AC|AL)[A-Z]*\d*-.+\.\d+|LOC\d+|LINC\d+")
_UPPER = re.compile(r"[A-Z][A-Z0-9@./-]*[A-Z0-9]|C\d+orf\d+")


def misread_species(ids: Sequence[str], organism: str) -> str:
    """Return a sentence on genes that look like those of another species than `organism`.

    Parameters
    ----------
    ids
        Distinct identifiers.
    organism
        The species given for them.

    Returns
    -------
    str
        A sentence, or an empty string if fewer than three genes, or less than a tenth, stand out.

        For human, genes stand out if they are written as in mouse and rat (``Trp53``) and are not approved
        human symbols as they stand. For mouse and rat, human identifiers stand out, and approved human
        symbols that the orthology table lacks in any case. The exception is a list all in upper case that has
        more symbols that only the species has than symbols that only human has: it is upper-case mouse.
        Without a table, only a list of approved human symbols stands out. If none of these do, symbols that
        both species have stand out if they are written as in human (``CD19``, not ``Cd19``), except in a list
        all in upper case with a symbol that human lacks.

    Examples
    --------
    >>> misread_species(["Trp53", "Brca1", "Myc"], "human")
    "3 of 3 genes are written as in mouse or rat: Trp53, Brca1, Myc; if they are, pass organism='mouse'."
    >>> misread_species(["TP53", "BRCA1", "MYC"], "human")
    ''
    """
    if organism == "human":
        return _sentence(
            _rodent(ids), ids, "written as in mouse or rat", "if they are, pass organism='mouse'"
        )
    if organism in ORTHOLOGY_ORGANISMS:
        return _sentence(
            _only_human(ids, organism),
            ids,
            f"human symbols, not {organism} symbols",
            "they were read as human genes; if all are, pass organism='human'",
        ) or _sentence(
            _written_as_human(ids, organism),
            ids,
            "written as human symbols",
            f"they were read as {organism} symbols of the same letters; if they are human, pass "
            "organism='human'",
        )
    return ""


def written_as_rodent(symbols: Sequence[str]) -> bool:
    """Return whether most of the distinct symbols are written as in mouse and rat and are not human symbols.

    Examples
    --------
    >>> written_as_rodent(["Trp53", "Brca1", "MYC"]), written_as_rodent(["TP53", "Brca1", "MYC"])
    (True, False)
    """
    return 2 * len(_rodent(symbols)) > len(symbols)


@cache
def _human() -> frozenset[str]:
    """Return the approved human symbols, kept as they are needed for every list."""
    return frozenset(approved_symbols())


def _rodent(ids: Sequence[str]) -> list[str]:
    human = _human()
    return [text for text in ids if text not in human and _RODENT.fullmatch(text) and not is_date(text)]


def _only_human(ids: Sequence[str], organism: str) -> list[str]:
    """Return identifiers that can only be human; empty if the list is the species' own in upper case."""
    orthology = load_orthology(organism)
    human = _human()
    upper = [text for text in ids if _UPPER.fullmatch(text)]
    if not orthology.genes:
        return [text for text in upper if text in human] if _is_human_by_rule(ids) else []
    ours = [text for text in upper if text in human and text not in orthology]
    foreign = [text for text, (_, how) in zip(ids, find_genes(ids, organism), strict=True) if how == "human"]
    if len(upper) == len(ids):
        theirs = [text for text in upper if text in orthology and text not in human]
        if len(theirs) >= len(ours):
            return foreign
    return ours + foreign


def _is_human_by_rule(ids: Sequence[str]) -> bool:
    """Return whether a list is human, as far as can be known without a table of orthologues.

    No symbol is in rodent spelling, and nearly all are approved human ones; in long lists of upper-case mouse
    symbols more than one in ten is not. Names of clones, such as AL928768.3, are ignored.
    """
    symbols = [text for text in ids if not _CLONE.fullmatch(text)]
    human = _human()
    known = sum(text in human for text in symbols)
    return bool(symbols) and not _rodent(symbols) and known >= MOST * len(symbols)


def _written_as_human(ids: Sequence[str], organism: str) -> list[str]:
    """Return symbols in human spelling; empty if the list is the species' own in upper case."""
    orthology = load_orthology(organism)
    own = {gene.symbol for gene in orthology.genes}
    human = _human()
    upper = [text for text in ids if _UPPER.fullmatch(text)]
    if len(upper) == len(ids) and any(text in orthology and text not in human for text in upper):
        return []
    if not own and len(upper) == len(ids) and not _is_human_by_rule(ids):
        return []
    return [text for text in upper if text in human and text not in own]


def _sentence(odd: Sequence[str], ids: Sequence[str], what: str, advice: str) -> str:
    if len(odd) < max(LEAST, SHARE * len(ids)):
        return ""
    return f"{len(odd):,} of {len(ids):,} genes are {what}: {named(odd)}; {advice}."
