"""Libraries stored as compressed arrays."""

import zipfile

import numpy as np
import pytest

from gsfm_enrich.errors import LibraryError
from gsfm_enrich.libraries import bundled
from gsfm_enrich.libraries.bundled import bundled_libraries, load_bundled, read_arrays, save_bundled
from gsfm_enrich.libraries.library import GeneSetLibrary


@pytest.fixture
def library():
    rng = np.random.default_rng(0)
    genes = [f"G{i}" for i in range(300)] + ["Sjögren"]
    sets = {f"term {i} (GO:{i:07})": rng.choice(genes, 1 + i, replace=False).tolist() for i in range(100)}
    return GeneSetLibrary.from_dict(sets, name="mine")


def test_round_trip_and_same_bytes(library, tmp_path):
    first, second = tmp_path / "mine.npz", tmp_path / "again.npz"
    save_bundled(library, first)
    save_bundled(GeneSetLibrary.from_dict(library.to_dict()), second)
    assert read_arrays(first) == library
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    with np.load(first, allow_pickle=False) as stored:
        assert sorted(stored) == ["genes", "sizes", "steps", "terms"]


def test_more_genes_than_sixteen_bits(tmp_path):
    sets = {"all": [f"G{i}" for i in range(70_000)], "last": ["G69999"], "ends": ["G0", "G69998"]}
    library = GeneSetLibrary.from_dict(sets, name="wide")
    save_bundled(library, tmp_path / "wide.npz")
    assert read_arrays(tmp_path / "wide.npz") == library


def test_a_line_break_in_a_label(tmp_path):
    with pytest.raises(LibraryError) as caught:
        save_bundled(GeneSetLibrary.from_dict({"a\nb": ["X"]}), tmp_path / "x.npz")
    assert str(caught.value) == "'a\\nb' holds a line break and cannot be stored."


def test_names_in_the_data_folder(library, tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "DATA", tmp_path)
    save_bundled(library, tmp_path / "mine.npz")
    np.savez(tmp_path / "other.npz", weights=np.ones(3))
    (tmp_path / "broken.npz").write_text("no archive")
    assert bundled_libraries() == ["mine"]
    loaded = load_bundled("mine")
    assert loaded == library
    assert load_bundled("mine") is loaded


@pytest.mark.parametrize("name", ["GO_Biological_Proces", "../data/GO_Biological_Process"])
def test_unknown_name(name):
    known = ["GO_Biological_Process", "GO_Cellular_Component", "GO_Molecular_Function"]
    with pytest.raises(LibraryError) as caught:
        load_bundled(name)
    assert str(caught.value) == (
        f"There is no bundled library {name!r}; bundled are {known}. Did you mean 'GO_Biological_Process'?"
    )


def test_a_file_of_another_kind(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, weights=np.ones(3))
    with pytest.raises(LibraryError, match=r"other\.npz' is not a stored gene set library: .*terms"):
        read_arrays(path)
    path.write_text("no archive")
    with pytest.raises(LibraryError, match=r"other\.npz' is not a stored gene set library: "):
        read_arrays(path)


def test_bundled_go_libraries():
    for name in bundled_libraries():
        library = load_bundled(name)
        assert library.name == name
        assert library.sizes.min() >= 5
        assert library.sizes.max() <= 2000
    term = load_bundled("GO_Biological_Process")["apoptotic process (GO:0006915)"]
    assert {"BAX", "CASP3", "TP53"} <= set(term)
