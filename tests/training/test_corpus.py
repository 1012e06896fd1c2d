"""The corpus, from miniature sources with real Entrez ids, against counts made by hand or by brute force."""

import gzip
import sqlite3
from collections import Counter
from contextlib import closing

import numpy as np
import pytest

from gsfm_enrich.errors import InputError, LibraryError
from gsfm_enrich.training.corpus import (
    build_corpus,
    geo_series,
    gmt_sets,
    literature_sets,
    unit_frequency,
)

ENTREZ = {
    "TP53": "7157",
    "MDM2": "4193",
    "CDKN1A": "1026",
    "CCND1": "595",
    "RB1": "5925",
    "BRCA1": "672",
    "MYC": "4609",
}
PUBLICATIONS = {
    "9": ["TP53", "MDM2"],
    "10": ["TP53", "MDM2"],
    "100": ["MYC", "TP53", "CDKN1A"],
    "101": ["MYC"],
    "200": ["RB1", "CCND1", "MYC", "BRCA1"],
    "3000": ["BRCA1", "TP53"],
}


def write_org_db(path, publications=PUBLICATIONS, extra=()):
    """Write the two tables of org.Hs.eg.sqlite that matter; ``extra`` are rows of Entrez id and PubMed id."""
    rows = [(ENTREZ[gene], pubmed) for pubmed, genes in publications.items() for gene in genes]
    rows += extra
    numbers = {entrez: number for number, entrez in enumerate(sorted({entrez for entrez, _ in rows}), 1)}
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE genes (_id INTEGER PRIMARY KEY, gene_id VARCHAR(10) NOT NULL UNIQUE)")
        database.execute("CREATE TABLE pubmed (_id INTEGER NOT NULL, pubmed_id VARCHAR(10) NOT NULL)")
        database.executemany("INSERT INTO genes VALUES (?, ?)", [(n, e) for e, n in numbers.items()])
        database.executemany("INSERT INTO pubmed VALUES (?, ?)", [(numbers[e], p) for e, p in rows])
        database.commit()
    return path


def write_gmt(path, sets):
    text = "".join("\t".join([term, "", *genes]) + "\n" for term, genes in sets.items())
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def as_symbols(corpus, i):
    return {corpus.vocab.tokens[unit] for unit in corpus[i]}


def test_literature_sets(tmp_path):
    found = dict(literature_sets(write_org_db(tmp_path / "org.sqlite")))
    expected = {name: set(genes) for name, genes in PUBLICATIONS.items() if len(genes) > 1}
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
def test_literature_before(tmp_path, before, names):
    org_db = write_org_db(tmp_path / "org.sqlite")
    assert [name for name, _ in literature_sets(org_db, before)] == names


def test_what_the_literature_leaves_out_is_counted(tmp_path):
    org_db = write_org_db(
        tmp_path / "org.sqlite",
        # two rows for one fact, and a gene that the table does not have
        extra=[(ENTREZ["TP53"], "9"), ("999999999", "9"), ("999999999", "101")],
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


def test_a_folder_with_odd_characters(tmp_path):
    (tmp_path / "50% #1?").mkdir()
    org_db = write_org_db(tmp_path / "50% #1?" / "org.sqlite")
    assert len(list(literature_sets(org_db))) == 5


def test_symbols_of_a_gmt_file_become_approved_human_ones(tmp_path):
    path = write_gmt(
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
    assert +left_out == {"symbols of GMT files that are no single human gene": 2}


def test_a_file_of_mouse_sets_goes_through_orthologues(tmp_path, mouse_table):
    path = write_gmt(
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
    assert +left_out == {"symbols of GMT files that are no single human gene": 2}


def test_geo_series(tmp_path):
    one = write_gmt(tmp_path / "one.gmt", {"MYC_GSE123_up and GSE9": ["TP53"], "none": ["MYC"]})
    two = write_gmt(tmp_path / "two.gmt", {"GSE1234-1": ["TP53"], "GSE 77": ["MYC"]})
    assert geo_series([one, two]) == {"GSE123", "GSE9", "GSE1234"}
    assert geo_series([]) == frozenset()


@pytest.fixture
def sources(tmp_path):
    org_db = write_org_db(tmp_path / "org.sqlite")
    first = write_gmt(
        tmp_path / "Experiments.2024.gmt.gz",
        {
            "GSE123 up": ["TP53", "MDM2", "CDKN1A"],
            "GSE1234 up": ["MDM2", "TP53", "CDKN1A"],
            "GSE5 up": ["CDKN1A", "MDM2", "TP53"],
            "GSE6 down": ["TP53", "MYC"],
            "small": ["TP53", "P53"],
            "large": list(ENTREZ),
            "unknown": ["no gene", "TP53"],
        },
    )
    second = write_gmt(tmp_path / "second.gmt", {"a": ["TP53", "MDM2", "CDKN1A"], "b": ["Rb1", "Ccnd1"]})
    return [first, second], org_db


def test_corpus(sources):
    gmts, org_db = sources
    corpus = build_corpus(gmts, org_db, exclude=frozenset({"GSE123"}), largest=6, seen=3)
    assert corpus.sources == ("literature", "Experiments.2024", "second")
    kept = [
        (0, {"TP53", "MDM2"}),
        (0, {"TP53", "MDM2"}),  # two publications on the same genes are two observations
        (0, {"MYC", "TP53", "CDKN1A"}),
        (0, {"MYC"}),  # RB1, CCND1 and BRCA1 are in too few sets: one gene left
        (0, {"TP53"}),
        (1, {"TP53", "MDM2", "CDKN1A"}),
        (1, {"TP53", "MYC"}),
        (2, {"TP53", "MDM2", "CDKN1A"}),
        (2, set()),
    ]
    kept = [(source, genes) for source, genes in kept if len(genes) >= 2]
    assert [(int(corpus.source[i]), as_symbols(corpus, i)) for i in range(len(corpus))] == kept
    # sets: TP53 in 7, MDM2 in 4, CDKN1A in 3, MYC in 3 (with the publication that lost its other genes)
    assert corpus.vocab.tokens == ("<unk>", "<pad>", "TP53", "MDM2", "CDKN1A", "MYC")
    assert corpus.left_out == {
        "publications on fewer than 2 genes": 1,
        "symbols of GMT files that are no single human gene": 1,
        "sets of a benchmark's GEO series": 1,
        "sets outside 2 to 6 genes": 3,
        "sets repeated within their source": 1,
        "genes in fewer than 3 sets": 3,
        "sets too small within the vocabulary": 3,
    }


def test_corpus_layout(sources):
    gmts, org_db = sources
    corpus = build_corpus(gmts, org_db, seen=1)
    assert (corpus.units.dtype, corpus.starts.dtype, corpus.source.dtype) == (np.int32, np.int64, np.int16)
    assert corpus.starts[0] == 0
    assert corpus.starts[-1] == len(corpus.units)
    assert len(corpus.starts) == len(corpus) + 1
    assert (np.diff(corpus.starts) >= 2).all()
    assert (np.diff(corpus.source) >= 0).all()
    for i in range(len(corpus)):
        assert len(set(corpus[i].tolist())) == len(corpus[i])
    assert corpus.units.min() >= 2


def test_frequencies_and_the_order_of_the_vocabulary(sources):
    gmts, org_db = sources
    corpus = build_corpus(gmts, org_db, seen=1)
    sets = [as_symbols(corpus, i) for i in range(len(corpus))]
    counted = {gene: sum(gene in genes for genes in sets) for gene in corpus.vocab.tokens}
    assert dict(zip(corpus.vocab.tokens, unit_frequency(corpus).tolist(), strict=True)) == counted
    assert counted["<unk>"] == counted["<pad>"] == 0
    genes = corpus.vocab.genes
    assert list(genes) == sorted(genes, key=lambda gene: (-counted[gene], gene))
    assert len({counted[gene] for gene in genes}) < len(genes)  # there are ties


@pytest.mark.parametrize(("seen", "genes"), [(3, {"TP53", "MDM2"}), (4, {"TP53"}), (5, set())])
def test_seen(tmp_path, seen, genes):
    gmt = write_gmt(
        tmp_path / "a.gmt",
        {
            "1": ["TP53", "MDM2", "MYC"],
            "2": ["TP53", "MDM2", "RB1"],
            "3": ["TP53", "MDM2", "CCND1"],
            "4": ["TP53", "RB1", "CCND1", "MYC"],
        },
    )
    if len(genes) > 1:
        corpus = build_corpus([gmt], seen=seen)
        assert set(corpus.vocab.genes) == genes
        assert corpus.left_out == {
            f"genes in fewer than {seen} sets": 5 - len(genes),
            "sets too small within the vocabulary": 1,
        }
    else:
        with pytest.raises(InputError) as caught:
            build_corpus([gmt], seen=seen)
        assert str(caught.value) == f"No gene set has 2 genes that are each in {seen} sets or more."


def test_repeats_are_kept_across_sources(sources):
    gmts, _ = sources
    corpus = build_corpus(gmts, seen=1, smallest=3, largest=3)
    assert [(corpus.sources[source], as_symbols(corpus, i)) for i, source in enumerate(corpus.source)] == [
        ("Experiments.2024", {"TP53", "MDM2", "CDKN1A"}),
        ("second", {"TP53", "MDM2", "CDKN1A"}),
    ]
    assert corpus.left_out["sets repeated within their source"] == 2


def test_what_reading_a_gmt_file_skipped_is_counted(tmp_path):
    (tmp_path / "a.gmt").write_text("x\t\tTP53\tMDM2\nnonsense\nx\t\tMYC\tRB1\ny\t\tTP53\tMYC\n")
    corpus = build_corpus([tmp_path / "a.gmt"], seen=1)
    assert [as_symbols(corpus, i) for i in range(len(corpus))] == [{"MYC", "RB1"}, {"TP53", "MYC"}]
    assert corpus.left_out == {"malformed lines of GMT files": 1, "duplicate terms of GMT files": 1}


def test_no_set_is_left(sources):
    gmts, org_db = sources
    with pytest.raises(InputError) as caught:
        build_corpus(gmts, org_db, smallest=50, largest=60)
    assert str(caught.value) == "No gene set of 50 to 60 genes in 3 sources."


def test_a_set_of_one_gene_has_nothing_to_hide(sources):
    with pytest.raises(InputError) as caught:
        build_corpus(sources[0], smallest=1)
    assert str(caught.value) == "smallest must be at least 2 (one gene to give, one to ask for), not 1."


def test_unreadable_gmt_files(tmp_path):
    with pytest.raises(InputError) as caught:
        build_corpus([tmp_path / "a.gmt"])
    assert str(caught.value) == f"There is no file {str(tmp_path / 'a.gmt')!r}."
    (tmp_path / "a.gmt").write_text("")
    with pytest.raises(LibraryError) as empty:
        build_corpus([tmp_path / "a.gmt"])
    assert str(empty.value) == f"{str(tmp_path / 'a.gmt')!r} is not a GMT file: it is empty."
