"""Count what a query shares with every term of a library, given a background."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from gsfm_enrich.genes.match import match
from gsfm_enrich.genes.resolve import first_few, say_ambiguous
from gsfm_enrich.genes.spelling import misread_species
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.ranking.overlap import IntArray

_LOST = ("ambiguous", "duplicate", "no orthologue", "unknown")


@dataclass(frozen=True)
class QueryCounts:
    """What a query shares with the terms of a library.

    Attributes
    ----------
    ids
        The distinct identifiers of the query, in its order.
    how
        For each identifier how it was found in the library, or why not (see
        :class:`gsfm_enrich.genes.match.Match`).
    found
        For each identifier whether the library has its gene, bool.
    outside
        The identifiers that are not in the background.
    columns
        Columns of the library that the query hits: found and in the background, in the query's order.
    names
        The identifiers that found them, in the same order.
    members
        For each term, the positions in `columns` of the genes it shares with the query: those of term ``i``
        are ``members[bounds[i]:bounds[i + 1]]``, rising.
    bounds
        Shape (terms + 1,).
    sizes
        Genes of each term in the background, shape (terms,).
    drawn
        Genes of the query in the background.
    population
        Genes in the background.
    """

    ids: list[str]
    how: list[str]
    found: npt.NDArray[np.bool_]
    outside: list[str]
    columns: IntArray
    names: list[str]
    members: IntArray
    bounds: IntArray
    sizes: IntArray
    drawn: int
    population: int

    @property
    def hits(self) -> IntArray:
        """Number of genes that each term shares with the query, shape (terms,)."""
        return np.diff(self.bounds)

    @property
    def missing(self) -> list[str]:
        """The identifiers whose gene the library does not have; a second name of a gene is not missing."""
        kinds = zip(self.ids, self.how, self.found, strict=True)
        return [gene for gene, how, found in kinds if not found and how != "duplicate"]

    def report(self, name: str) -> str:
        """Say how the identifiers of the query were found in the library.

        Parameters
        ----------
        name
            What to call the library.

        Returns
        -------
        str
            One line.

        Examples
        --------
        >>> library = GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX"]})
        >>> count_overlap(library, ["TP53", "bax", "no-such-gene"]).report("mine")
        'mine: 2 of 3 query genes found (1 direct, 1 case); 1 unknown: no-such-gene'
        """
        ways = Counter(way for way, found in zip(self.how, self.found, strict=True) if found)
        text = f"{name}: {int(self.found.sum()):,} of {len(self.ids):,} query genes found"
        if ways:
            text += f" ({', '.join(f'{n:,} {way}' for way, n in ways.items())})"
        for why in _LOST:
            lost = [gene for gene, way in zip(self.ids, self.how, strict=True) if way == why]
            if lost:
                text += f"; {len(lost):,} {why}: {first_few(lost)}"
        if self.outside:
            text += f"; {len(self.outside):,} outside the background: {first_few(self.outside)}"
        return text


def count_overlap(
    library: GeneSetLibrary,
    query: Sequence[str],
    background: int | Sequence[str] | None = None,
    organism: str = "human",
) -> QueryCounts:
    """Count the genes that a query shares with each term.

    Identical strings always match; others by the gene they name, and genes of mouse and rat by their human
    orthologues where the library is human (see :func:`gsfm_enrich.genes.match.match`).
    Where all strings match identically, the counts are those of gseapy.

    Parameters
    ----------
    library
        The terms.
    query
        Stripped identifiers.
    background
        None: the genes of the library. A number: that many genes, of which every distinct identifier of the
        query and every gene of the library counts as one. A list: its distinct strings; query and terms are
        cut to it.
    organism
        Of query and background.

    Returns
    -------
    QueryCounts

    Examples
    --------
    >>> library = GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX"], "growth": ["MYC"]})
    >>> counts = count_overlap(library, ["BAX", "p53", "MYC"], background=["TP53", "BAX", "EGFR"])
    >>> counts.hits, counts.sizes, counts.drawn, counts.population
    (array([2, 0]), array([2, 0]), 2, 3)
    """
    matched = match(query, library.genes, organism)
    found = matched.columns >= 0
    outside: list[str] = []
    inside = found
    sizes = library.sizes
    if background is None:
        drawn, population = int(found.sum()), len(library.genes)
    elif isinstance(background, int):
        drawn, population = len(matched.ids), background
    else:
        names = tuple(dict.fromkeys(background))
        present = _genes_in_background(library, names, organism)
        sizes = (library.incidence @ present.astype(np.float32)).astype(np.int64)
        within = match(matched.ids, names, organism)
        tested = within.columns >= 0
        kinds = zip(within.ids, within.how, tested, strict=True)
        outside = [gene for gene, how, known in kinds if not known and how != "duplicate"]
        inside = found & tested
        inside[inside] = present[matched.columns[inside]]
        drawn, population = int(tested.sum()), len(names)
    columns = matched.columns[inside]
    shared = library.incidence[:, columns]
    shared.sort_indices()
    return QueryCounts(
        ids=matched.ids,
        how=matched.how,
        found=found,
        outside=outside,
        columns=columns,
        names=[matched.ids[number] for number in np.flatnonzero(inside)],
        members=shared.indices.astype(np.int64),
        bounds=shared.indptr.astype(np.int64),
        sizes=sizes,
        drawn=drawn,
        population=population,
    )


@lru_cache(maxsize=16)
def _genes_in_background(
    library: GeneSetLibrary, names: tuple[str, ...], organism: str
) -> npt.NDArray[np.bool_]:
    """Tell which genes of the library a background has; the queries of one data set share it."""
    present = np.zeros(len(library.genes), dtype=bool)
    columns = match(names, library.genes, organism).columns
    present[columns[columns >= 0]] = True
    present.flags.writeable = False
    return present


def say_lost(
    genes: Sequence[str], libraries: Sequence[GeneSetLibrary], known: Sequence[str], organism: str
) -> str:
    """Say which genes can count nowhere, and which look like those of another species; mostly empty.

    Parameters
    ----------
    genes
        Distinct identifiers of all lists.
    libraries
        What they are looked for in.
    known
        Genes of the model's vocabulary, where they are looked for, too.
    organism
        Of the identifiers.

    Examples
    --------
    >>> library = GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX"]})
    >>> say_lost(["TP53", "MYC", "stranger"], [library], ["MYC"], "human")
    '1 of 3 genes is in none of the gene sets and unknown to the model: stranger.'
    """
    found = np.zeros(len(genes), dtype=bool)
    for there in (known, *(library.genes for library in libraries)):
        matched = match(genes, there, organism)
        found |= (matched.columns >= 0) | (np.array(matched.how) == "duplicate")  # two spellings of one gene
    lost = [gene for gene, there in zip(genes, found, strict=True) if not there]
    problems = []
    if lost:
        are = "is" if len(lost) == 1 else "are"
        problems.append(
            f"{len(lost):,} of {len(genes):,} genes {are} in none of the gene sets and unknown to the model: "
            f"{first_few(lost)}." + say_ambiguous(lost, organism)
        )
    return " ".join([*problems, *filter(None, [misread_species(genes, organism)])])
