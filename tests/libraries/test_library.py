"""The gene set library: construction from every source, look-ups, restriction, writing."""

import gzip
import os

import numpy as np
import pandas as pd
import pytest

from gsfm_enrich.errors import GsfmEnrichWarning, InputError, LibraryError
from gsfm_enrich.files import write_atomically
from gsfm_enrich.libraries.library import GeneSetLibrary

SETS = {"apoptosis": ["TP53", "BAX", "CASP3"], "growth": ["MYC", "BAX"], "repair": ["TP53"]}


@pytest.fixture
def library():
    return GeneSetLibrary.from_dict(SETS, name="mine")


def test_attributes(library):
    assert library.name == "mine"
    assert library.terms == ("apoptosis", "growth", "repair")
    assert library.genes == ("TP53", "BAX", "CASP3", "MYC")
    assert library.incidence.toarray().tolist() == [[1, 1, 1, 0], [0, 1, 0, 1], [1, 0, 0, 0]]
    assert library.incidence.dtype == np.float32
    assert library.sizes.tolist() == [3, 2, 1]
    assert library.sizes.dtype == np.int64
    assert library.skipped == {}
    assert len(library) == 3
    assert list(library) == list(SETS)
    assert "growth" in library
    assert "death" not in library
    assert ["growth"] not in library
    assert library["growth"] == ["BAX", "MYC"]
    assert library.position("repair") == 2
    assert library.gene_positions["MYC"] == 3


def test_random_sets_against_plain_python():
    rng = np.random.default_rng(0)
    symbols = [f"G{i}" for i in range(50)]
    sets = {f"t{i}": rng.choice(symbols, rng.integers(0, 40)).tolist() for i in range(60)}
    library = GeneSetLibrary.from_dict(sets)
    assert {term: set(genes) for term, genes in library.to_dict().items()} == {
        term: set(genes) for term, genes in sets.items() if genes
    }
    in_order = list(dict.fromkeys(gene for genes in sets.values() for gene in genes))
    assert list(library.genes) == in_order
    assert library.skipped.get("empty sets", 0) == sum(not genes for genes in sets.values())
    assert library.skipped["duplicate genes"] == sum(len(genes) - len(set(genes)) for genes in sets.values())
    for row in range(len(library)):
        columns = library.incidence[[row]].indices
        assert np.all(np.diff(columns) > 0)


def test_from_dict_cleans_and_counts():
    sets = {
        1: [7157, np.int64(672), 581.0, "581"],
        "b": (" BAX ", "", None, float("nan"), np.nan, pd.NA),
        "c": [],
        "d": {"BAX"},
    }
    library = GeneSetLibrary.from_dict(sets)
    assert library.to_dict() == {"1": ["7157", "672", "581"], "b": ["BAX"], "d": ["BAX"]}
    assert library.skipped == {"empty sets": 1, "missing values": 5, "duplicate genes": 1}


@pytest.mark.parametrize(
    ("sets", "error", "message"),
    [
        (["TP53"], InputError, "Expected a dict of terms and their genes, not list."),
        ({"a": "TP53"}, InputError, "The genes of term 'a' must be a list, not str."),
        ({"a": 5}, InputError, "The genes of term 'a' must be a list, not int."),
        ({1: ["A"], "1": ["B"]}, InputError, "Two terms of the dict are the same when written as text."),
        ({}, LibraryError, "The gene set library 'gs_ind_0' has no term with genes."),
        ({"a": [None]}, LibraryError, "The gene set library 'gs_ind_0' has no term with genes."),
    ],
)
def test_from_dict_refuses(sets, error, message):
    with pytest.raises(error) as caught:
        GeneSetLibrary.from_dict(sets)
    assert str(caught.value) == message


def test_from_gmt_warns_of_losses(tmp_path):
    path = tmp_path / "mine.gmt.gz"
    lines = ["a\t\tTP53,1\tTP53", "nonsense", "b\t", "c\t\tMYC", "c\t\tBAX"]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    with pytest.warns(GsfmEnrichWarning) as caught:
        library = GeneSetLibrary.from_gmt(path)
    assert str(caught[0].message) == (
        "mine.gmt.gz: left out 1 malformed line, 1 duplicate term, 1 empty set "
        "(the last line of a repeated term counts)."
    )
    assert caught[0].filename == __file__
    assert library.name == "mine.gmt.gz"
    assert library.to_dict() == {"a": ["TP53"], "c": ["BAX"]}
    assert library.skipped == {
        "malformed lines": 1,
        "duplicate terms": 1,
        "weights": 1,
        "empty sets": 1,
        "duplicate genes": 1,
    }


def test_weights_and_repeated_genes_are_no_loss(tmp_path):
    path = tmp_path / "mine.gmt"
    path.write_text("a\t\tTP53,1\tTP53\n")
    assert GeneSetLibrary.from_gmt(path, "other").name == "other"  # a warning would be an error here


def test_from_frame():
    table = pd.DataFrame({"source": ["a", "b", "a", "b", None], "target": ["TP53", "MYC", "BAX", None, "X"]})
    library = GeneSetLibrary.from_frame(table, "source", "target", name="net")
    assert library.to_dict() == {"a": ["TP53", "BAX"], "b": ["MYC"]}
    assert library.skipped == {"missing values": 2}


def test_from_frame_without_the_column():
    with pytest.raises(InputError) as caught:
        GeneSetLibrary.from_frame(pd.DataFrame({"terms": ["a"], "gene": ["TP53"]}))
    message = "The table has no column 'term'; it has ['terms', 'gene']. Did you mean 'terms'?"
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("terms", "genes", "indptr", "indices", "problem"),
    [
        (["a"], ["X"], [0, 1, 1], [0], "1 terms need 2 row bounds in one array, not shape (3,)"),
        (["a"], ["X"], [0, 2], [0], "the row bounds must rise from 0 to the 1 memberships"),
        (["a", "b"], ["X"], [0, 1, 0], [], "the row bounds must rise from 0 to the 0 memberships"),
        (["a"], ["X"], [0, 1], [1], "column numbers must lie between 0 and 0"),
        (["a"], ["X", "Y"], [0, 2], [1, 0], "column numbers must rise within a row"),
        (["a"], ["X", "Y"], [0, 2], [1, 1], "column numbers must rise within a row"),
        (["a", "a"], ["X"], [0, 1, 2], [0, 0], "a term occurs twice"),
        (["a"], ["X", "X"], [0, 1], [0], "a gene occurs twice"),
    ],
)
def test_from_arrays_refuses_what_does_not_fit(terms, genes, indptr, indices, problem):
    with pytest.raises(LibraryError) as caught:
        GeneSetLibrary.from_arrays("mine", terms, genes, indptr, indices)
    assert str(caught.value) == f"The arrays of the gene set library 'mine' do not match: {problem}."


def test_columns_may_fall_from_one_row_to_the_next():
    library = GeneSetLibrary.from_arrays("mine", ["a", "b", "c"], ["X", "Y"], [0, 1, 1, 2], [1, 0])
    assert library.to_dict() == {"a": ["Y"], "b": [], "c": ["X"]}


def test_unknown_term(library):
    with pytest.raises(LibraryError) as caught:
        library["apoptosys"]
    message = "The library 'mine' has no term 'apoptosys'. Did you mean 'apoptosis'?"
    assert str(caught.value) == message
    with pytest.raises(LibraryError, match=r"^The library 'mine' has no term 0\.$"):
        library[0]


def test_restrict(library):
    kept = library.restrict(["BAX", "MYC", "elsewhere"])
    assert kept.to_dict() == {"apoptosis": ["BAX"], "growth": ["BAX", "MYC"]}
    assert kept.genes == ("BAX", "MYC")
    assert kept.skipped == {"genes outside": 2, "empty sets": 1}
    assert library.to_dict() == SETS | {"growth": ["BAX", "MYC"]}
    with pytest.raises(LibraryError) as caught:
        library.restrict(["elsewhere"])
    assert str(caught.value) == "None of the 1 genes given is in the library 'mine'."


def test_is_immutable(library):
    with pytest.raises(AttributeError):
        library.name = "other"
    with pytest.raises(ValueError, match="read-only"):
        library.incidence.data[0] = 2
    with pytest.raises(ValueError, match="read-only"):
        library.sizes[0] = 2


def test_equality_and_hash(library):
    same = GeneSetLibrary.from_dict(SETS, name="mine")
    renamed = GeneSetLibrary.from_dict(SETS, name="other")
    changed = GeneSetLibrary.from_dict(SETS | {"repair": ["BAX"]}, name="mine")
    assert library == same
    assert hash(library) == hash(same)
    assert library != renamed
    assert library.content_hash == renamed.content_hash
    assert library.content_hash != changed.content_hash
    assert library != "mine"


def test_repr(library):
    assert repr(library) == "GeneSetLibrary('mine': 3 terms, 4 genes, 6 memberships)"
    assert repr(GeneSetLibrary.from_dict({"a": ["X"], "b": []})) == (
        "GeneSetLibrary('gs_ind_0': 1 term, 1 gene, 1 membership; skipped: 1 empty set)"
    )


@pytest.mark.parametrize("name", ["mine.gmt", "mine.gmt.gz"])
def test_write_gmt_round_trip(library, tmp_path, name):
    path = tmp_path / name
    library.write_gmt(path)
    again = GeneSetLibrary.from_gmt(path, "mine")
    assert again == library
    assert path.read_bytes().startswith(b"\x1f\x8b") == name.endswith(".gz")
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_an_interrupted_write_leaves_the_previous_file(library, tmp_path, monkeypatch):
    path = tmp_path / "mine.gmt"
    path.write_text("before")

    def interrupted(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        library.write_gmt(path)
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.gmt"]


def test_write_atomically_into_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "absent" / "a.txt", b"")


def test_missing_members_are_not_genes_and_of_several_the_first_counts():
    members = ["TP53", "NA", "---", "#N/A", "\u200bBAX", '"MYC"', "CD79A /// MIR4640", None]
    library = GeneSetLibrary.from_dict({"a": members})
    assert library["a"] == ["TP53", "BAX", "MYC", "CD79A"]
    assert library.skipped == {"missing values": 4, "members of several genes": 1}
