"""Names that programs rewrite, and the original names.

Cell Ranger puts the genome before the names of a mixed experiment (``GRCh38_TP53``, ``mm10___Trp53``; Seurat
turns the underscores into hyphens), R's ``make.names`` puts dots for hyphens (``HLA.DRA``), R's
``make.unique`` numbers repeats (``TP53.1``), and search engines for proteins write whole headers
(``sp|P04637|P53_HUMAN``). A name is treated as rewritten only if no gene has it as it stands and a gene has
the original name: clones such as ``AC012345.1`` are left as they are.
"""

from __future__ import annotations

import re

GENOMES = {
    "human": ("GRCh37", "GRCh38", "hg18", "hg19", "hg38", "hs37d5", "T2T-CHM13"),
    "mouse": ("GRCm38", "GRCm39", "mm9", "mm10", "mm39"),
    "rat": ("Rnor6", "Rnor_6.0", "mRatBN7.2", "mRatBN7", "rn5", "rn6", "rn7"),
}
"""Genome assemblies that may precede the name of a gene, by organism."""

_ASSEMBLY = {genome.lower(): organism for organism, genomes in GENOMES.items() for genome in genomes}
_PREFIX = re.compile(
    rf"({'|'.join(sorted(map(re.escape, _ASSEMBLY), key=len, reverse=True))})(?:_+|-+|\.|:)(?=\w)",
    re.IGNORECASE,
)
_HEADER = re.compile(r"(?:sp|tr)\|([A-Z0-9]+(?:-\d+)?)\|\w+", re.IGNORECASE)
_NUMBERED = re.compile(r"(.*[A-Za-z].*)\.\d{1,3}")
_CLONE = re.compile(r"(?:[A-Z]{1,2}\d{5,}|(?:RP|CT|XX|KB|LL|LA|GS)[A-Z]*\d*-.+)\.\d+")
_LEAST = 2
"""Minimum number of letters in a name that make.unique may have numbered."""


def genome_of(text: str) -> str:
    """Return the organism of the genome assembly before a name, or an empty string.

    Examples
    --------
    >>> genome_of("mm10___Trp53"), genome_of("Trp53")
    ('mouse', '')
    """
    prefix = _PREFIX.match(text)
    return _ASSEMBLY[prefix[1].lower()] if prefix else ""


def before_rewriting(text: str, organism: str) -> list[str]:
    """Return the names that a program may have rewritten to this one, the most likely first.

    Parameters
    ----------
    text
        A name that no gene has.
    organism
        ``"human"``, ``"mouse"`` or ``"rat"``. Names with the genome of another organism stay as they are.

    Examples
    --------
    >>> before_rewriting("GRCh38_HLA.DRA", "human")
    ['HLA.DRA', 'HLA-DRA']
    >>> before_rewriting("TP53.1", "human")
    ['TP53-1', 'TP53']
    >>> before_rewriting("mm10___Trp53", "human"), before_rewriting("AC012345.1", "human")
    ([], [])
    """
    names = []
    if header := _HEADER.fullmatch(text):
        names.append(header[1])
    elif prefix := _PREFIX.match(text):
        if _ASSEMBLY[prefix[1].lower()] != organism:
            return []
        text = text[prefix.end() :]
        names.append(text)
    if "." in text and not _CLONE.fullmatch(text):
        names.append(text.replace(".", "-"))
        if (numbered := _NUMBERED.fullmatch(text)) and len(numbered[1]) >= _LEAST:
            names += list(dict.fromkeys([numbered[1], numbered[1].replace(".", "-")]))
    return names
