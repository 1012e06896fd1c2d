"""Count what a query shares with every term of a library, given a background."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from gsfm_enrich.arrays import Ints
from gsfm_enrich.genes.distinct import one_name_per_gene
from gsfm_enrich.genes.match import Match, match, match_lists
from gsfm_enrich.genes.resolve import first_few, say_reasons
from gsfm_enrich.genes.spelling import misread_species
from gsfm_enrich.kept import kept_on_first, kept_property
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.ranking.overlap import Overlap, overlap_test

BackgroundGenes: TypeAlias = "int | tuple[str, ...] | None"

_LOST = ("ambiguous", "duplicate", "no orthologue", "unknown")


@dataclass(frozen=True)
class QueryCounts:
    """What a query shares with the terms of a library.

    Attributes
    ----------
    library
        The terms.
    background
        What the query was drawn from: None for the genes of the library, a number, or one name for each gene.
    organism
        Organism of query and background.
    ids
        The distinct identifiers of the query, in its order.
    how
        For each identifier, how it was found in the library, or why not (see
        :class:`gsfm_enrich.genes.match.Match`).
    found
        For each identifier, whether the library has its gene, bool.
    outside
        The identifiers that are not in the background.
    within
        Those that are; all if the background is not a list. Of several names of one gene, only the first.
    columns
        Columns of the library that the query hits: found and in the background, in the query's order.
    names
        The identifiers that found them, in the same order.
    sizes
        Genes of each term in the background, shape (terms,).
    drawn
        Genes of the query in the background.
    population
        Genes in the background.
    """

    library: GeneSetLibrary
    background: BackgroundGenes
    organism: str
    ids: list[str]
    how: list[str]
    found: npt.NDArray[np.bool_]
    outside: list[str]
    within: list[str]
    columns: Ints
    names: list[str]
    sizes: Ints
    drawn: int
    population: int

    @kept_property
    def _shared(self) -> csr_array:
        shared = self.library.incidence[:, self.columns]
        shared.sort_indices()
        return shared

    @property
    def members(self) -> Ints:
        """Positions in `columns` of the genes that each term shares with the query.

        Those of term ``i`` are ``members[bounds[i]:bounds[i + 1]]``, rising.
        """
        return self._shared.indices.astype(np.int64)

    @property
    def bounds(self) -> Ints:
        """Where the members of each term start and end, shape (terms + 1,)."""
        return self._shared.indptr.astype(np.int64)

    @property
    def hits(self) -> Ints:
        """Number of genes that each term shares with the query, shape (terms,)."""
        return np.diff(self.bounds)

    @kept_property
    def overlap(self) -> Overlap:
        """The overlap test of the query; raises InputError if the background cannot hold it."""
        return overlap_test(self.hits, self.sizes, self.drawn, self.population)

    @property
    def missing(self) -> list[str]:
        """The identifiers whose gene the library does not have; a second name of a gene is not missing."""
        kinds = zip(self.ids, self.how, self.found, strict=True)
        return [gene for gene, how, found in kinds if not found and how != "duplicate"]

    def report(self, name: str) -> str:
        """Describe how the identifiers of the query were found in the library.

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
    If all strings match identically, the counts are those of gseapy.

    Parameters
    ----------
    library
        The terms.
    query
        Identifiers without surrounding blanks.
    background
        None: the genes of the library. A number: that many genes, which include every gene of the query and
        of the library. A list: its genes; query and terms are restricted to it. Two names of one gene count
        once, except for names that the library itself lists separately.
    organism
        Organism of query and background.

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
    return count_overlaps(library, [query], background, organism)[0]


def count_overlaps(
    library: GeneSetLibrary,
    queries: Iterable[Sequence[str]],
    background: int | Sequence[str] | None,
    organism: str,
) -> list[QueryCounts]:
    """Count the genes that queries with one background share with each term, see `count_overlap`."""
    distinct = [list(dict.fromkeys(query)) for query in queries]
    found = match_lists(distinct, library.genes, organism)
    if background is None or isinstance(background, int):
        population = len(library.genes) if background is None else background
        return [_count(library, matched, background, population, organism) for matched in found]
    names = _background_genes(library, tuple(background), organism)
    within = match_lists(distinct, names, organism)
    cut = _cut_to_background(library, names, organism)
    pairs = zip(found, within, strict=True)
    return [_count_within(library, *pair, cut, background=names, organism=organism) for pair in pairs]


def _count(
    library: GeneSetLibrary, matched: Match, background: int | None, population: int, organism: str
) -> QueryCounts:
    """Count what a query shares with the terms, where the background is None or a number of genes."""
    found = matched.columns >= 0
    within = matched.ids
    if background is not None:
        within = one_name_per_gene(within, organism, apart=library.gene_positions)
    return QueryCounts(
        library=library,
        background=background,
        organism=organism,
        ids=matched.ids,
        how=matched.how,
        found=found,
        outside=[],
        within=within,
        columns=matched.columns[found],
        names=[matched.ids[number] for number in np.flatnonzero(found)],
        sizes=library.sizes,
        drawn=int(found.sum()) if background is None else len(within),
        population=population,
    )


def _count_within(
    library: GeneSetLibrary,
    matched: Match,
    within: Match,
    cut: tuple[npt.NDArray[np.bool_], Ints],
    *,
    background: tuple[str, ...],
    organism: str,
) -> QueryCounts:
    """Count what a query shares with the terms, both restricted to the genes of a background."""
    found, tested = matched.columns >= 0, within.columns >= 0
    present, sizes = cut
    inside = found & tested
    inside[inside] = present[matched.columns[inside]]
    kinds = zip(within.ids, within.how, tested, strict=True)
    return QueryCounts(
        library=library,
        background=background,
        organism=organism,
        ids=matched.ids,
        how=matched.how,
        found=found,
        outside=[gene for gene, how, known in kinds if not known and how != "duplicate"],
        within=[within.ids[number] for number in np.flatnonzero(tested)],
        columns=matched.columns[inside],
        names=[matched.ids[number] for number in np.flatnonzero(inside)],
        sizes=sizes,
        drawn=int(tested.sum()),
        population=len(background),
    )


@kept_on_first(most=64)
def _background_genes(library: GeneSetLibrary, names: tuple[str, ...], organism: str) -> tuple[str, ...]:
    """Return one name for each gene of a background; names that the library lists separately are kept."""
    return tuple(one_name_per_gene(names, organism, apart=library.gene_positions))


@kept_on_first(most=64)
def _cut_to_background(
    library: GeneSetLibrary, names: tuple[str, ...], organism: str
) -> tuple[npt.NDArray[np.bool_], Ints]:
    """Return which genes of the library are in a background, and how many of each term.

    The queries of one data set share the result.
    """
    present = np.zeros(len(library.genes), dtype=bool)
    columns = match(names, library.genes, organism).columns
    present[columns[columns >= 0]] = True
    sizes = (library.incidence @ present.astype(np.float32)).astype(np.int64)
    return present, sizes


def say_lost(
    genes: Sequence[str], libraries: Sequence[GeneSetLibrary], known: Sequence[str], organism: str
) -> str:
    """Return which genes are unknown everywhere, and which look like those of another species; usually empty.

    Parameters
    ----------
    genes
        Distinct identifiers of all lists.
    libraries
        Where they are looked for.
    known
        Genes of the model's vocabulary, if they are looked for there as well.
    organism
        Organism of the identifiers.

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
            f"{first_few(lost)}." + say_reasons(lost, organism)
        )
    return " ".join([*problems, *filter(None, [misread_species(genes, organism)])])
