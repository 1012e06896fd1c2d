"""Why identifiers were not recognised, and what to do: kinds that are known by their form."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gsfm_enrich.errors import named
from gsfm_enrich.genes.lookup import is_date
from gsfm_enrich.genes.rewritten import genome_of

_SPECIES = {"ENSG": "human", "ENSMUSG": "mouse", "ENSRNOG": "rat"}


def _form(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.ASCII | re.IGNORECASE).fullmatch


_ENSEMBL_GENE = re.compile(r"(?:GRC\w+_+)?(ENS[A-Z]*G)\d{11}(?:\.\d+)?", re.ASCII | re.IGNORECASE)
_BETWEEN = re.compile(r"\S+ [-–] \S+")
_KINDS: tuple[tuple[Callable[[str], object], str, str], ...] = (
    (_form(r"ENS[A-Z]*T\d{11}(?:\.\d+)?"), "Ensembl transcripts", "give the ids or symbols of their genes"),
    (_form(r"ENS[A-Z]*P\d{11}(?:\.\d+)?"), "Ensembl proteins", "give the ids or symbols of their genes"),
    (
        _form(r"[NX][MRP]_\d{6,}(?:\.\d+)?"),
        "RefSeq transcripts or proteins",
        "give the symbols or Entrez ids of their genes",
    ),
    (
        _BETWEEN.fullmatch,
        "Pairs of genes with a variant between them, as in the GWAS catalog",
        "choose one gene of each",
    ),
    (_form(r"(?:CON|REV)__.+"), "Contaminants or decoys of a protein search", "leave them out"),
    (_form(r"rs\d+"), "Variants", "give their genes"),
    (_form(r"(?:\d+|AFFX\S+)(?:_[a-z]+)?_at|ILMN_\d+"), "Probes of an array", "give their genes"),
    (is_date, "Dates that a spreadsheet made of symbols", "restore the symbols"),
)  # fmt: skip


def say_unread(lost: Sequence[str], organism: str) -> str:
    """Return which of the genes that were not found are of a kind not supported, why, and what to do.

    Parameters
    ----------
    lost
        Distinct identifiers for which no gene was found.
    organism
        The organism given for them.

    Returns
    -------
    str
        Sentences with a blank before each; empty if no kind is recognised.

    Examples
    --------
    >>> say_unread(["ENST00000269305.9", "stranger"], "human")
    ' Ensembl transcripts are not read (1: ENST00000269305.9): give the ids or symbols of their genes.'
    """
    rest, said = list(lost), []
    for is_of_kind, what, advice in _KINDS:
        found = [text for text in rest if is_of_kind(text)]
        if found:
            rest = [text for text in rest if text not in set(found)]
            said.append(f" {what} are not read ({len(found):,}: {named(found)}): {advice}.")
    for species, found in _of_another_species(rest, organism).items():
        advice = _species_advice(species, organism)
        said.append(f" Ids of {species} are not read ({len(found):,}: {named(found)}): {advice}.")
    return "".join(said)


def _of_another_species(ids: Sequence[str], organism: str) -> dict[str, list[str]]:
    """Collect identifiers that name a genome, by its organism."""
    found: dict[str, list[str]] = {}
    for text in ids:
        gene = _ENSEMBL_GENE.fullmatch(text)
        species = _SPECIES.get(gene[1].upper(), "another organism") if gene else genome_of(text)
        if species and (gene is None or species != "human"):
            found.setdefault(species, []).append(text)
    return found


def _species_advice(species: str, organism: str) -> str:
    if species == organism:
        return f"the table of {species} has symbols, MGI ids and Entrez ids: give one of these"
    if species in ("human", "mouse", "rat"):
        return f"they were given as genes of {organism}; use symbols, with organism={species!r}"
    return "give human, mouse or rat symbols"
