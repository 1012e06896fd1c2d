"""One gene per entry: clean names, and separate entries that hold several."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gsfm_enrich.errors import named
from gsfm_enrich.genes.lookup import find_genes

MISSING = frozenset({
    "", "nan", "NaN", "None", "<NA>", "NA", "N/A", "n/a", "#N/A", "N.A.", "NaT", "NULL", "null", "-", "--",
    "---", ".", "?", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!",
})  # fmt: skip
"""How missing names look as text; none of these is the approved symbol of a gene."""

_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x061C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
)
_HYPHENS = dict.fromkeys([0x2010, 0x2011, 0x2012, 0x2013, 0x2212, 0xFE63, 0xFF0D], "-")
_QUOTES = dict.fromkeys(map(ord, "“”„‟«»＂"), '"') | dict.fromkeys(map(ord, "‘’‚‛′`´"), "'")
_PLAIN = str.maketrans(_INVISIBLE | _HYPHENS | _QUOTES)

_SEPARATED = re.compile(r"[,;|\s]|//")
_ONE_OF = re.compile(r"\s*(?://+|;|\|)\s*")
_LISTED = re.compile(r"\s*[,;|]\s*|\s+")
_BRACKETS = re.compile(r"^(?:\[\d+\]|c?\(|[\[{])\s*|\s*[\])}]$")
_NAME = re.compile(r"[A-Za-z][\w.@/-]*")


def clean(text: str) -> str:
    r"""Return a name without surrounding blanks and quotes and without invisible characters.

    Examples
    --------
    >>> clean('"CD79A" '), clean("\u200bCD79B"), clean("NKX2\u20115")
    ('CD79A', 'CD79B', 'NKX2-5')
    """
    text = text.strip() if text.isascii() else text.translate(_PLAIN).strip()
    if text[:1] == '"' or text[-1:] == '"':
        text = text.strip('" ')
    if text[:1] == "'":  # a spreadsheet marks text with a single apostrophe
        text = text.strip("' ")
    return text


def separate(entries: Sequence[str]) -> tuple[list[str], str]:
    """Extract the genes from entries that hold several.

    Parameters
    ----------
    entries
        Clean names.

    Returns
    -------
    names : list of str
        In the order given. Of genes that one measurement cannot distinguish (``A///B`` of a probe, ``P1;P2``
        of a group of proteins), the first known one; of a list in one entry (``"A, B, C"``), each. Text that
        may be one name, such as ``2,4-D``, stays as it is.
    said : str
        A sentence for a warning, empty when nothing was left out.

    Examples
    --------
    >>> separate(["CD79A///MIR4640", "BAX"])[0], separate(["CD79A, CD79B, MS4A1"])
    (['CD79A', 'BAX'], (['CD79A', 'CD79B', 'MS4A1'], ''))
    """
    odd = [text for text in entries if _SEPARATED.search(text)]
    if not odd:
        return list(entries), ""
    unknown = [text for text, (rows, _) in zip(odd, find_genes(odd), strict=True) if not rows]
    alone = len(entries) == 1
    taken = {text: _genes_of(text, alone) for text in dict.fromkeys(unknown)}
    first = [text for text, (_, lost) in taken.items() if lost]
    names = [name for text in entries for name in (taken[text][0] if text in taken else [text])]
    if not first:
        return names, ""
    what = "1 entry names" if len(first) == 1 else f"{len(first):,} entries name"
    return names, f"{what} several genes ({named(first)}): the first known one of each was taken."


def _genes_of(text: str, alone: bool) -> tuple[list[str], bool]:
    """Return the genes of an entry, and whether others in it were left out."""
    listed = [clean(part) for part in _LISTED.split(_BRACKETS.sub("", text)) if clean(part) not in MISSING]
    grouped = [part for part in map(clean, _ONE_OF.split(text)) if part not in MISSING]
    is_group = len(_ONE_OF.split(text)) > 1 and all(" " not in part for part in grouped) and grouped
    if is_group and not (alone and "//" not in text):
        known = [part for part, (rows, _) in zip(grouped, find_genes(grouped), strict=True) if rows]
        return [(known or grouped)[0]], len(grouped) > 1
    return (listed, False) if _is_list(text, listed) else ([text], False)


def _is_list(text: str, parts: list[str]) -> bool:
    """Return whether an entry is certainly a list: most parts are genes, or names with commas and blanks."""
    if not parts or " - " in text:
        return False
    numbers = all(part.isdecimal() for part in parts)
    found = zip(parts, find_genes(parts), strict=True)
    known = sum(bool(rows) and (numbers or not part.isdecimal()) for part, (rows, _) in found)
    spelled = all(map(_NAME.fullmatch, parts)) and len(re.findall(r", ", text)) == len(parts) - 1 > 0
    return 2 * known > len(parts) or spelled
