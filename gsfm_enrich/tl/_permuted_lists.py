"""Gene lists of permuted labels, as long as the lists of the groups, and what they overlap with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from gsfm_enrich.arrays import Floats, Ints
from gsfm_enrich.errors import InputError
from gsfm_enrich.expression.label_null import CellComparisons
from gsfm_enrich.expression.markers import MarkerList
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.progress import progress
from gsfm_enrich.ranking.completeness import assumed_completeness
from gsfm_enrich.ranking.list_null import ListNull, gene_counts, list_nulls

ListKind: TypeAlias = tuple[str, int]
"""Direction and length of a list: all that its null depends on."""


def list_kind(marker: MarkerList) -> ListKind:
    """Return the direction and the length of a list."""
    return marker.direction, len(marker.names)


def nulls_of_lists(
    compared: CellComparisons,
    markers: Sequence[MarkerList],
    libraries: Sequence[GeneSetLibrary],
    background: int | Sequence[str] | None,
    organism: str,
    *,
    model: GSFM | None,
    symbols: Mapping[str, str],
    completeness: float | None,
    permutations: int,
    seed: int,
) -> list[dict[ListKind, ListNull]]:
    """Compute, for each library, the laws of overlaps of lists like those given.

    Parameters
    ----------
    compared
        The cells and groups that gave the lists.
    markers
        The lists; what counts is their direction and length.
    libraries, background, organism, model, completeness
        As for the test of the lists.
    symbols
        Symbols of the genes whose names are not symbols.
    permutations
        Labellings to draw. All groups of one labelling count.
    seed
        Random seed.

    Raises
    ------
    InputError
        If a list has no direction.
    """
    from gsfm_enrich.ranking.membership import library_membership

    kinds = list(dict.fromkeys(list_kind(marker) for marker in markers if marker.names))
    if any(not direction for direction, _ in kinds):
        raise InputError("permutations= needs lists with a direction, and these genes have no statistic.")
    first: dict[str, int] = {}
    for place, name in enumerate(compared.names):
        first.setdefault(symbols.get(name, name), place)
    genes, kept = list(first), np.array(list(first.values()), dtype=np.int64)
    counts = []
    for library in libraries:
        listed = assumed_completeness(library.name, completeness)
        table = None if model is None else library_membership(library, model, organism, listed)
        counts.append(gene_counts(library, genes, background, organism, table))
    draws = compared.permuted(permutations, seed)
    tables = (draw()[:, kept] for draw in progress(draws, len(draws), "permuted labels"))
    lists = ({kind: strongest(table, *kind) for kind in kinds} for table in tables)
    return list_nulls(lists, counts)


def strongest(statistics: Floats, direction: str, length: int) -> Ints:
    """Return the genes with the largest statistics of each table, or the smallest if the direction is down.

    Parameters
    ----------
    statistics : shape (n_tables, n_genes)
        Statistics of permuted labels.
    direction
        ``"up"`` or ``"down"``.
    length
        Number of genes.

    Returns
    -------
    int64 array, shape (n_tables, length)
        In no particular order.

    Examples
    --------
    >>> strongest(np.array([[0.5, -3.0, 2.0]]), "down", 1)
    array([[1]])
    """
    signed = statistics if direction == "down" else -statistics
    if length >= signed.shape[1]:
        return np.tile(np.arange(signed.shape[1]), (len(signed), 1))
    return np.asarray(np.argpartition(signed, length - 1, axis=1)[:, :length], dtype=np.int64)
