"""Dictionaries over the gene table, and the rules by which the gene of an identifier is found.

The first of these rules that applies is used for human:

1. the identical approved symbol (``direct``), then the approved symbol in another case (``case``);
2. only digits: an Entrez id, and nothing else (``entrez``);
3. the old symbol of a renamed family, ``SEPT2`` to ``SEPTIN2``, ``MARCH1`` to ``MARCHF1``,
   ``MARC1`` to ``MTARC1`` (``alias``);
4. an alias or previous symbol, first in the same case, then in any case (``alias``); if another gene has
   more publications, the case of ``neu``, ``Trif`` and ``p21`` or ``P21`` is ignored;
5. an Ensembl gene id, with or without version (``ensembl``); a UniProt accession, with or without isoform
   (``uniprot``);
6. a symbol that a spreadsheet turned into a date, ``2-Sep``, ``4-Oct`` or ``2023-09-02`` (``alias``);
7. a name that a program rewrote, see `gsfm_enrich.genes.rewritten`: the gene of the original name
   (``spelling``).

When several genes share an alias, an Ensembl id or an accession, read-through genes are ignored, and if only
one protein-coding gene is left, it is the gene; otherwise the identifier is ``ambiguous``. An alias is also
ambiguous if another gene may be meant: one that is neither a pseudogene nor a mere locus and has more than a
twentieth of the publications of the protein-coding one, or any gene that has more publications than it.
So ``DEC1`` is ambiguous (BHLHE40 and the non-coding DELEC1), as is ``p21`` (CDKN1A, TCEAL1 and another), and
``OCT4``, ``A20`` and ``p16`` (CDKN2A, despite a pseudogene) are not.

For mouse and rat, the first of these:

1. a symbol (in any case), MGI accession or Entrez id of the orthology table: its human genes, the best first
   (``orthologue``), or none (``no orthologue``);
2. a human Ensembl id or UniProt accession, which is not an identifier of the species (``human``);
3. the rules for a human symbol, alias or date (``rule``), also for the name before a program rewrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.orthology import Orthology, load_orthology
from gsfm_enrich.genes.rewritten import before_rewriting, genome_of
from gsfm_enrich.genes.table import human_columns
from gsfm_enrich.organisms import RESOLVED_ORGANISMS

Found = tuple[tuple[int, ...], str]
"""The rows of the gene table that an identifier may mean, the best first, and how it was found.

There is one row when an identifier is mapped, except for ``orthologue``, where there can be several.
"""

UNKNOWN: Found = ((), "unknown")

_ENTREZ = re.compile(r"(\d+)(?:\.0)?", re.ASCII)
_ENSEMBL = re.compile(r"(ENSG\d{11})(?:\.\d+)?(?:_PAR_Y)?", re.ASCII | re.IGNORECASE)
_UNIPROT = re.compile(r"([A-Z][A-Z0-9]{5}(?:[A-Z0-9]{4})?)(?:-\d+)?", re.ASCII | re.IGNORECASE)
_RENAMED_FAMILY = re.compile(r"(SEPT|MARCH|MARC)(\d+)", re.ASCII)
_RENAMED_TO = {"SEPT": "SEPTIN", "MARCH": "MARCHF", "MARC": "MTARC"}
_MONTH_NAMES = {"mrz": "mar", "mär": "mar", "okt": "oct", "dez": "dec"} | {
    name: name for name in ("mar", "sep", "oct", "dec")
}
_MONTH = r"(Mar|Mrz|Mär|Sep|Oct|Okt|Dec|Dez)(?:t|ch|tember|ober|ember|z)?\.?"
_YEAR = r"(?:[- .](?:\d{4}|\d{2}))?"
_DAY_MONTH = re.compile(rf"(\d{{1,2}})(?:-|\.? ?){_MONTH}{_YEAR}", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"{_MONTH}[- ](\d{{1,2}})", re.IGNORECASE)
_ANY_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
_ANY_DATE = re.compile(
    rf"\d{{1,2}}-{_ANY_MONTH}(?:-\d\d(?:\d\d)?)?|{_ANY_MONTH}-\d\d", re.ASCII | re.IGNORECASE
)
_ISO_DATE = re.compile(r"\d{4}-(\d{2})-(\d{2})(?:[ T]00:00:00)?", re.ASCII)
_MONTHS = {"03": "mar", "09": "sep", "10": "oct", "12": "dec"}
_BEFORE_THE_SPREADSHEET = {
    "mar": ("MARCH", "MARC"),
    "sep": ("SEPT", "SEP"),
    "oct": ("OCT",),
    "dec": ("DEC",),
}
_MAY_BE_MEANT = 20
"""A gene with a shared alias is ignored if the protein-coding one has this many times its publications."""


def find_genes(ids: Iterable[str], organism: str = "human") -> list[Found]:
    """Find the gene of every identifier.

    Parameters
    ----------
    ids
        Stripped identifiers.
    organism
        Any name of human, mouse or rat.

    Returns
    -------
    list of tuple
        For each identifier, the rows of the human gene table and how they were found.

    Raises
    ------
    InputError
        If the organism is unknown or its identifiers cannot be resolved.

    Examples
    --------
    >>> [how for _, how in find_genes(["TP53", "tp53", "p53", "no-such-gene"])]
    ['direct', 'case', 'alias', 'unknown']
    """
    if organism not in RESOLVED_ORGANISMS:
        raise InputError(
            f"Identifiers of {organism} cannot be resolved; supported are {', '.join(RESOLVED_ORGANISMS)}."
        )
    if organism != "human":
        orthology = load_orthology(organism)
        return [_find_orthologue(text, orthology) for text in ids]
    direct = _by_symbol()
    return [((direct[text],), "direct") if text in direct else _find_human(text) for text in ids]


def find_named(symbols: Iterable[str], organism: str = "human") -> list[Found]:
    """Find the gene of every name in a library or vocabulary, which may be human for any organism.

    Parameters
    ----------
    symbols
        Gene names of a library of `organism` or of human.
    organism
        Any name of human, mouse or rat.

    Returns
    -------
    list of tuple
        As in `find_genes`, but an approved human symbol in any case is that human gene.

    Raises
    ------
    InputError
        As in `find_genes`.

    Examples
    --------
    >>> find_named(["NAT2"], "mouse") == find_genes(["NAT2"])
    True
    """
    if organism == "human":
        return find_genes(symbols)
    direct, names = _by_symbol(), list(symbols)
    found = find_genes([name for name in names if name not in direct], organism)
    others = iter(found)
    return [((direct[name],), "direct") if name in direct else next(others) for name in names]


def spell_as(symbols: Iterable[str], organism: str) -> list[str]:
    """Spell human genes as their orthologues of another species.

    Parameters
    ----------
    symbols
        Gene names, human or of the species.
    organism
        Any name of human, mouse or rat.

    Returns
    -------
    list of str
        Approved human symbols become those of the species; others and genes without an orthologue stay.

    Examples
    --------
    >>> spell_as(["BRCA1", "no-such-gene"], "rat")
    ['Brca1', 'no-such-gene']
    """
    names = list(symbols)
    if organism == "human":
        return names
    orthology, rows = load_orthology(organism), _by_symbol()
    return [(name in rows and orthology.symbol_of(rows[name])) or name for name in names]


def approved_symbols() -> Sequence[str]:
    """Return the approved symbols, by row of the gene table."""
    return human_columns()["symbol"]


def _find_human(text: str) -> Found:
    """Apply the rules that follow the identical symbol."""
    upper = text.upper()
    row = _by_upper_symbol().get(upper)
    if row is not None:
        return (row,), "case"
    if number := _ENTREZ.fullmatch(text):
        return _decide(_identifiers("entrez").get(number[1].lstrip("0"), ()), "entrez")
    rows = _renamed(upper) or _named(text, upper)
    if rows:
        return _decide(rows, "alias")
    if ensembl := _ENSEMBL.fullmatch(upper):
        return _decide(_identifiers("ensembl").get(ensembl[1], ()), "ensembl")
    if accession := _UNIPROT.fullmatch(upper):
        rows = _identifiers("uniprot").get(accession[1], ())
        if rows:
            return _decide(rows, "uniprot")
    dated = _dated(text)
    return _decide(dated, "alias") if dated else _find_rewritten(text)


def _named(text: str, upper: str) -> tuple[int, ...]:
    """Return the genes that have a name as an alias, in the same case if the case matters."""
    exact, any_case = _aliases().get(text, ()), _upper_aliases().get(upper, ())
    publications = human_columns()["publications"]
    most = max((int(publications[row]) for row in exact), default=-1)
    told = text not in (text.lower(), text.capitalize())
    if exact and (told or all(int(publications[row]) <= most for row in any_case)):
        return exact
    return any_case


def _find_rewritten(text: str) -> Found:
    """Find the gene of a name that a program rewrote."""
    for before in before_rewriting(text, "human"):
        rows, how = _by_symbol_or_rule(before)
        if rows and how != "ambiguous":
            return rows, "spelling"
    return UNKNOWN


def _find_orthologue(text: str, orthology: Orthology) -> Found:
    """Apply the rules for mouse and rat."""
    if text in orthology:
        rows = orthology.rows(text)
        return (rows, "orthologue") if rows else ((), "no orthologue")
    if _ENTREZ.fullmatch(text) or genome_of(text) not in ("", orthology.organism):
        return UNKNOWN  # a number is an id of the species; a prefix may be that of another
    for before in before_rewriting(text, orthology.organism):
        if before in orthology:
            rows = orthology.rows(before)
            return (rows, "orthologue") if rows else ((), "no orthologue")
    rows, how = _by_symbol_or_rule(text)
    if how in ("unknown", "ambiguous"):
        return rows, how
    return rows, "human" if how in ("ensembl", "uniprot") else "rule"


def _by_symbol_or_rule(text: str) -> Found:
    row = _by_symbol().get(text)
    return _find_human(text) if row is None else ((row,), "direct")


def _decide(rows: tuple[int, ...], how: str) -> Found:
    """Choose among the genes that share an identifier, or return it as ambiguous."""
    if not rows:
        return UNKNOWN
    if len(rows) > 1:
        columns = human_columns()
        single = tuple(row for row in rows if " readthrough" not in columns["name"][row]) or rows
        coding = tuple(row for row in single if columns["type"][row] == "protein-coding")
        if len(single) == 1:
            return single, how
        if len(coding) != 1:
            return coding or single, "ambiguous"
        rivals = [row for row in single if row not in coding and _may_be_meant(row, coding[0])]
        return ((*coding, *rivals), "ambiguous") if how == "alias" and rivals else (coding, how)
    return rows, how


def _may_be_meant(row: int, coding: int) -> bool:
    """Return whether a shared alias may mean a gene other than the only protein-coding one."""
    columns = human_columns()
    publications = int(columns["publications"][row])
    least = 1 if columns["type"][row] in ("pseudo", "unknown") else _MAY_BE_MEANT
    return publications * least > int(columns["publications"][coding])


def _renamed(upper: str) -> tuple[int, ...]:
    """Find the new name of a member of a renamed family."""
    old = _RENAMED_FAMILY.fullmatch(upper)
    row = _by_symbol().get(_RENAMED_TO[old[1]] + str(int(old[2]))) if old else None
    return () if row is None else (row,)


def is_date(text: str) -> bool:
    """Return whether a name is a date that a spreadsheet makes of a symbol: ``2-Sep`` or ``Mar-02``."""
    return any(date.fullmatch(text) for date in (_ANY_DATE, _DAY_MONTH, _MONTH_DAY, _ISO_DATE))


def _dated(text: str) -> tuple[int, ...]:
    """Find the genes whose symbols a spreadsheet may have turned into this date."""
    if match := _DAY_MONTH.fullmatch(text):
        number, month = match[1], _MONTH_NAMES[match[2].lower()]
    elif match := _MONTH_DAY.fullmatch(text):
        number, month = match[2], _MONTH_NAMES[match[1].lower()]
    elif (match := _ISO_DATE.fullmatch(text)) and match[1] in _MONTHS:
        number, month = match[2], _MONTHS[match[1]]
    else:
        return ()
    symbols = [stem + str(int(number)) for stem in _BEFORE_THE_SPREADSHEET[month]]
    rows = {row for symbol in symbols for row in _renamed(symbol)}
    return tuple(sorted(rows or {row for symbol in symbols for row in _aliases().get(symbol, ())}))


@cache
def _by_symbol() -> dict[str, int]:
    return {symbol: row for row, symbol in enumerate(human_columns()["symbol"])}


@cache
def _by_upper_symbol() -> dict[str, int]:
    return {symbol.upper(): row for row, symbol in enumerate(human_columns()["symbol"])}


@cache
def _identifiers(column: str) -> dict[str, tuple[int, ...]]:
    """Index a column whose fields hold identifiers joined by ``;``."""
    fields = enumerate(human_columns()[column])
    return _index((text, row) for row, joined in fields if joined for text in joined.split(";"))


def _aliases() -> dict[str, tuple[int, ...]]:
    return _identifiers("aliases")


@cache
def _upper_aliases() -> dict[str, tuple[int, ...]]:
    return _index((text.upper(), row) for text, rows in _aliases().items() for row in rows)


def _index(pairs: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    """Collect the rows of each key, in order."""
    index: dict[str, tuple[int, ...]] = {}
    for key, row in pairs:
        found = index.get(key)
        if found is None:
            index[key] = (row,)
        elif row not in found:
            index[key] = (*found, row)
    return index
