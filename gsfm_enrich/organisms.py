"""The organisms there are, their other names, and which have what."""

from __future__ import annotations

import re

from gsfm_enrich.errors import InputError, did_you_mean

ORGANISM_NAMES: dict[str, tuple[str, ...]] = {
    "human": ("homo sapiens", "hsapiens", "h sapiens", "hs", "hsa", "9606", "enrichr"),
    "mouse": ("mus musculus", "mmusculus", "m musculus", "mm", "mmu", "10090"),
    "rat": ("rattus norvegicus", "rnorvegicus", "r norvegicus", "rn", "rno", "10116"),
    "yeast": ("saccharomyces cerevisiae", "scerevisiae", "s cerevisiae", "sc", "4932", "saccharomyces"),
    "fly": ("drosophila melanogaster", "dmelanogaster", "d melanogaster", "dm", "7227", "drosophila"),
    "fish": ("danio rerio", "drerio", "d rerio", "dr", "7955", "zebrafish"),
    "worm": ("caenorhabditis elegans", "celegans", "c elegans", "ce", "6239", "nematode"),
}
"""Every organism that gseapy knows, and rat, with their other names (``enrichr`` is human in gseapy)."""

ORTHOLOGY_ORGANISMS = ("mouse", "rat")
"""The organisms whose genes are found through their human orthologues."""

RESOLVED_ORGANISMS = ("human", *ORTHOLOGY_ORGANISMS)
"""The organisms whose identifiers can be resolved."""


def organism_name(organism: str) -> str:
    """Return the short name of an organism, from any name that gseapy accepts.

    Parameters
    ----------
    organism
        ``"Human"``, ``"hsapiens"``, ``"Homo sapiens"``, ``"hs"``, ``"mm"``, ``"M. musculus"``...

    Returns
    -------
    str
        One of `ORGANISM_NAMES`.

    Raises
    ------
    InputError
        If the organism is not known.

    Examples
    --------
    >>> organism_name("Mus musculus")
    'mouse'
    """
    if not isinstance(organism, str):
        raise InputError(f"organism must be a name such as 'human', not {type(organism).__name__}.")
    wanted = " ".join(re.split(r"[\s._-]+", organism.strip().lower()))
    for name, others in ORGANISM_NAMES.items():
        if wanted == name or wanted in others:
            return name
    known = ", ".join(ORGANISM_NAMES)
    choices = [*ORGANISM_NAMES, *(other for others in ORGANISM_NAMES.values() for other in others)]
    raise InputError(f"Unknown organism {organism!r}; known are {known}.{did_you_mean(organism, choices)}")
