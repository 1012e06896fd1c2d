"""Counting overlaps against plain Python sets, and by gene where strings differ."""

import numpy as np
import pytest

from gsfm_enrich.genes.resolve import first_few
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.ranking.counts import count_overlap


@pytest.fixture
def made_up():
    """A library of names that no gene has, so that only identical strings match."""
    rng = np.random.default_rng(0)
    names = [f"made-up-{i}" for i in range(200)]
    sets = {f"t{i}": rng.choice(names, rng.integers(1, 60), replace=False).tolist() for i in range(50)}
    return GeneSetLibrary.from_dict(sets), names


@pytest.mark.parametrize("kind", ["none", "number", "list"])
def test_against_sets(made_up, kind):
    library, names = made_up
    rng = np.random.default_rng(1)
    query = [*rng.choice(names, 40, replace=False).tolist(), "elsewhere-1", "elsewhere-2"]
    query += query[:5]
    background = {
        "none": None,
        "number": 300,
        "list": [*rng.choice(names, 120, replace=False).tolist(), "elsewhere-1", "x", "x"],
    }[kind]
    universe = set(background) if kind == "list" else set(library.genes)
    counts = count_overlap(library, query, background)
    drawn = set(query) if kind == "number" else set(query) & universe
    assert counts.drawn == len(drawn)
    assert counts.population == (300 if kind == "number" else len(universe))
    for row, term in enumerate(library.terms):
        genes = set(library[term]) & universe
        assert counts.sizes[row] == len(genes)
        assert counts.hits[row] == len(genes & drawn)
        shared = counts.members[counts.bounds[row] : counts.bounds[row + 1]]
        in_order = [gene for gene in dict.fromkeys(query) if gene in genes & drawn]
        assert [library.genes[counts.columns[member]] for member in shared] == in_order
    outside = [gene for gene in dict.fromkeys(query) if gene not in universe] if kind == "list" else []
    assert counts.outside == outside
    assert counts.missing == ["elsewhere-1", "elsewhere-2"]


def test_genes_are_matched_by_what_they_name():
    library = GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX", "CASP3"], "old": ["MLL", "SEPT7"]})
    query = ["p53", "bax", "ENSG00000164305", "KMT2A", "989", "nonsense"]
    counts = count_overlap(library, query)
    assert counts.hits.tolist() == [3, 2]
    assert counts.drawn == 5
    assert [library.genes[column] for column in counts.columns] == ["TP53", "BAX", "CASP3", "MLL", "SEPT7"]
    assert counts.missing == ["nonsense"]


def test_a_background_in_other_names_cuts_the_terms():
    library = GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX", "CASP3"], "old": ["MLL", "SEPT7"]})
    ensembl = [
        "ENSG00000141510",
        "ENSG00000087088",
        "ENSG00000118058",
        "ENSG00000146648",
    ]  # TP53 BAX KMT2A EGFR
    counts = count_overlap(library, ["ENSG00000141510", "KMT2A", "CASP3"], ensembl)
    assert counts.sizes.tolist() == [2, 1]
    assert counts.hits.tolist() == [1, 1]
    assert (counts.drawn, counts.population) == (2, 4)
    assert counts.outside == ["CASP3"]


def test_mouse_symbols():
    library = GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX", "CASP3"]})
    counts = count_overlap(library, ["Bax", "Casp3", "Actb"], ["Bax", "Casp3", "Actb", "Gapdh"], "mouse")
    assert counts.hits.tolist() == [2]
    assert (counts.sizes.tolist(), counts.drawn, counts.population) == ([2], 3, 4)


def test_a_second_name_of_a_gene_counts_once_and_is_not_missing():
    library = GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX"]})
    for background in (None, ["TP53", "BAX", "EGFR"]):
        counts = count_overlap(library, ["TP53", "p53"], background)
        assert counts.hits.tolist() == [1]
        assert counts.drawn == 1
        assert counts.missing == []
        assert counts.outside == []


def test_a_gene_of_several_names_counts_once_in_query_and_background():
    library = GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX"], "other": ["MYC"]})
    once = count_overlap(library, ["TP53", "CXCL8", "MYC"], ["TP53", "BAX", "MYC", "EGFR", "CXCL8", "KRAS"])
    query = ["TP53", "CXCL8", "IL8", "ENSG00000169429", "7157", "MYC"]
    background = ["TP53", "p53", "BAX", "MYC", "581", "EGFR", "CXCL8", "IL8", "KRAS", "KRAS", "TP53"]
    twice = count_overlap(library, query, background)
    assert (twice.drawn, twice.population) == (once.drawn, once.population) == (3, 6)
    assert twice.background == ("TP53", "BAX", "MYC", "EGFR", "CXCL8", "KRAS")
    assert twice.hits.tolist() == once.hits.tolist() == [1, 1]
    assert twice.sizes.tolist() == once.sizes.tolist() == [2, 1]
    assert count_overlap(library, query, 20000).drawn == 3


def test_names_that_the_library_lists_apart_are_two_genes_as_in_gseapy():
    library = GeneSetLibrary.from_dict({"new": ["SEPTIN7", "BAX"], "old": ["SEPT7", "MYC"]})
    counts = count_overlap(library, ["SEPT7", "SEPTIN7"], ["SEPT7", "SEPTIN7", "BAX", "MYC"])
    assert (counts.hits.tolist(), counts.drawn, counts.population) == ([1, 1], 2, 4)


def test_the_identical_string_wins():
    library = GeneSetLibrary.from_dict({"a": ["p53", "BAX"], "b": ["TP53"]})
    assert count_overlap(library, ["p53"]).hits.tolist() == [1, 0]
    assert count_overlap(library, ["TP53", "p53"]).hits.tolist() == [1, 1]


def test_report():
    library = GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX", "CASP3"]})
    query = ["TP53", "bax", "CASP3", "cpp32", "COX1", "nonsense"]
    assert count_overlap(library, query, ["TP53", "BAX", "COX1"]).report("mine") == (
        "mine: 3 of 6 query genes found (2 direct, 1 case); 1 ambiguous: COX1; 1 duplicate: cpp32; "
        "1 unknown: nonsense; 3 outside the background: CASP3, cpp32, nonsense"
    )
    assert count_overlap(library, ["nonsense"]).report("mine") == (
        "mine: 0 of 1 query genes found; 1 unknown: nonsense"
    )


def test_first_few():
    assert first_few([f"G{i}" for i in range(12)]) == "G0, G1, G2, G3, G4, G5, G6, G7, G8, G9 and 2 more"
    assert first_few(["A"]) == "A"
