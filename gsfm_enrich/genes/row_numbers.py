"""Distinguish row numbers, which exports put beside the data, from Entrez ids."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from gsfm_enrich.genes.lookup import find_genes
from gsfm_enrich.organisms import RESOLVED_ORGANISMS

RUN, MANY = 5, 20
"""This many consecutive integers are not a list of genes, nor are this many that lie close together."""
DENSITY = 0.01
"""Entrez ids of human genes reach 100,000,000: twenty integers that fill a hundredth of their range are not
Entrez ids."""


GENES, SAMPLE = 0.95, 400
"""Least share of ids of known genes in a list of Entrez ids; among any numbers below 10,000 it is 0.8."""
_NUMBERED = re.compile(r"(\D{1,4})(\d+)", re.ASCII)
_LEAST_NUMBERED = 10


def are_numbered(names: Collection[str]) -> bool:
    """Return whether names are row numbers behind some letters, such as samr's ``g1``, ``g2`` and so on.

    Examples
    --------
    >>> are_numbered([f"g{i}" for i in range(1, 20)]), are_numbered(["CD4", "CD5", "CD8A"])
    (True, False)
    """
    parts = [_NUMBERED.fullmatch(name) for name in names]
    if len(parts) < _LEAST_NUMBERED or None in parts:
        return False
    numbers = {int(part[2]) for part in parts if part}
    run = max(numbers) - min(numbers) + 1 == len(numbers) == len(parts)
    return run and len({part[1] for part in parts if part}) == 1


def are_row_numbers(numbers: Collection[int], organism: str = "human") -> bool:
    """Return whether integers are row numbers rather than Entrez ids.

    Parameters
    ----------
    numbers
        The integers, in any order.
    organism
        Organism of the genes that they may be.

    Returns
    -------
    bool
        True for a run of consecutive integers in any order, and for many that lie close together and are not
        all Entrez ids, such as the row numbers of a filtered table.

    Examples
    --------
    >>> are_row_numbers([3, 1, 2, 0, 4]), are_row_numbers([7157, 672, 675, 973, 930])
    (True, False)
    """
    distinct = set(numbers)
    if len(distinct) < RUN:
        return False
    least, largest = min(distinct), max(distinct)
    if largest - least + 1 == len(distinct):
        return True
    if len(distinct) < MANY or len(distinct) <= DENSITY * largest:
        return False
    return _share_of_genes(sorted(distinct), organism) < GENES


def _share_of_genes(numbers: Sequence[int], organism: str) -> float:
    """Return the share of numbers that are Entrez ids of genes; 0 if these are not known."""
    if organism not in RESOLVED_ORGANISMS:
        return 0.0
    step = max(len(numbers) // SAMPLE, 1)
    found = find_genes(map(str, numbers[::step]), organism)
    return sum(how in ("entrez", "orthologue", "no orthologue") for _, how in found) / len(found)
