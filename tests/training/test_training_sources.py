"""Sources of gene sets, miniature and with real Entrez ids, against lists made by hand."""

from collections import Counter

import pytest

from gsfm_enrich.errors import InputError
from gsfm_enrich.training.sources import geo_series, gmt_sets, literature_sets


def test_literature_sets(tmp_path, make_org_db, publications):
    found = dict(literature_sets(make_org_db(tmp_path / "org.sqlite")))
    expected = {name: set(genes) for name, genes in publications.items() if len(genes) > 1}
    assert {name: set(genes) for name, genes in found.items()} == expected
    assert list(found) == ["9", "10", "100", "200", "3000"]  # by number, not by text


@pytest.mark.parametrize(
    ("before", "names"),
    [
        (None, ["9", "10", "100", "200", "3000"]),
        (3001, ["9", "10", "100", "200", "3000"]),
        (3000, ["9", "10", "100", "200"]),
        (200, ["9", "10", "100"]),
        (9, []),
    ],
)
def test_literature_before(tmp_path, before, names, make_org_db):
    org_db = make_org_db(tmp_path / "org.sqlite")
    assert [name for name, _ in literature_sets(org_db, before)] == names


def test_what_the_literature_leaves_out_is_counted(tmp_path, make_org_db, entrez):
    org_db = make_org_db(
        tmp_path / "org.sqlite",
        # two rows for one fact, and a gene that the table does not have
        extra=[(entrez["TP53"], "9"), ("999999999", "9"), ("999999999", "101")],
    )
    left_out = Counter()
    found = dict(literature_sets(org_db, 3000, largest=3, left_out=left_out))
    assert {name: len(genes) for name, genes in found.items()} == {"9": 2, "10": 2, "100": 3}
    assert left_out == {
        "publications from the cut-off on": 1,
        "publications on fewer than 2 genes": 1,
        "publications on more than 3 genes": 1,
        "genes of publications outside the gene table": 2,
    }


def test_no_literature_file(tmp_path):
    with pytest.raises(InputError) as caught:
        list(literature_sets(tmp_path / "org.sqlite"))
    assert str(caught.value) == (
        f"There is no file {str(tmp_path / 'org.sqlite')!r}; expected org.Hs.eg.sqlite of org.Hs.eg.db."
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"not a database" * 100, "file is not a database"), (b"", "no such table: pubmed")],
)
def test_no_literature_database(tmp_path, content, reason):
    (tmp_path / "org.sqlite").write_bytes(content)
    with pytest.raises(InputError) as caught:
        list(literature_sets(tmp_path / "org.sqlite"))
    assert str(caught.value) == (
        f"{str(tmp_path / 'org.sqlite')!r} cannot be read as org.Hs.eg.sqlite: {reason}."
    )


def test_a_folder_with_odd_characters(tmp_path, make_org_db):
    (tmp_path / "50% #1?").mkdir()
    org_db = make_org_db(tmp_path / "50% #1?" / "org.sqlite")
    assert len(list(literature_sets(org_db))) == 5


def test_symbols_of_a_gmt_file_become_approved_human_ones(tmp_path, make_gmt):
    path = make_gmt(
        tmp_path / "mixed.gmt",
        {
            "human": ["TP53", "P53", "ENSG00000135679", "CDKN1A"],
            "mouse": ["Mdm2", "Cdkn1a", "Gm12345"],
            "none": ["no gene", "Gm12345"],
        },
    )
    left_out = Counter()
    assert dict(gmt_sets(path, left_out)) == {
        "human": ["TP53", "MDM2", "CDKN1A"],
        "mouse": ["MDM2", "CDKN1A"],
        "none": [],
    }
    assert +left_out == {"symbols of GMT files that are not single human genes": 2}


def test_a_file_of_mouse_sets_goes_through_orthologues(tmp_path, mouse_table, make_gmt):
    path = make_gmt(
        tmp_path / "mouse.gmt",
        {
            "a": ["Trp53", "Gstm3", "H2-Ab1", "Vmn2r59", "Mdm2"],
            "b": ["Serpina1a", "Serpina1b", "Bax"],
            "c": ["Gm1", "Cd3d"],
        },
    )
    left_out = Counter()
    assert dict(gmt_sets(path, left_out)) == {
        "a": ["TP53", "GSTM1", "HLA-DQB1", "MDM2"],  # MDM2, which is not in the table, by its symbol
        "b": ["SERPINA1", "BAX"],
        "c": ["CD3D"],
    }
    assert +left_out == {"symbols of GMT files that are not single human genes": 2}


def test_geo_series(tmp_path, make_gmt):
    one = make_gmt(tmp_path / "one.gmt", {"MYC_GSE123_up and GSE9": ["TP53"], "none": ["MYC"]})
    two = make_gmt(tmp_path / "two.gmt", {"GSE1234-1": ["TP53"], "GSE 77": ["MYC"]})
    assert geo_series([one, two]) == {"GSE123", "GSE9", "GSE1234"}
    assert geo_series([]) == frozenset()
