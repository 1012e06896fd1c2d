"""The corpus, from miniature sources with real Entrez ids, against counts made by hand or by brute force."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gsfm_enrich.errors import InputError, LibraryError
from gsfm_enrich.files import cache_base
from gsfm_enrich.genes.orthology import install_orthology
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.training import assemble
from gsfm_enrich.training.assemble import build_corpus
from gsfm_enrich.training.corpus import open_corpus, unit_frequency


def as_symbols(corpus, i):
    return {corpus.vocab.tokens[unit] for unit in corpus[i]}


@pytest.fixture
def sources(tmp_path, make_org_db, make_gmt, entrez):
    org_db = make_org_db(tmp_path / "org.sqlite")
    first = make_gmt(
        tmp_path / "Experiments.2024.gmt.gz",
        {
            "GSE123 up": ["TP53", "MDM2", "CDKN1A"],
            "GSE1234 up": ["MDM2", "TP53", "CDKN1A"],
            "GSE5 up": ["CDKN1A", "MDM2", "TP53"],
            "GSE6 down": ["TP53", "MYC"],
            "small": ["TP53", "P53"],
            "large": list(entrez),
            "unknown": ["no gene", "TP53"],
        },
    )
    second = make_gmt(tmp_path / "second.gmt", {"a": ["TP53", "MDM2", "CDKN1A"], "b": ["Rb1", "Ccnd1"]})
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
        "symbols of GMT files that are not single human genes": 1,
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
def test_seen(tmp_path, seen, genes, make_gmt):
    gmt = make_gmt(
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
        assert str(caught.value) == f"No gene set has 2 genes that are each in at least {seen} sets."


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
    assert str(caught.value) == "No gene set in 3 sources has 50 to 60 genes."


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


# --- near duplicates


@pytest.fixture
def variants(make_gmt, tmp_path):
    """Two files of sets of which many differ by a gene or two."""
    genes = load_gene_table().nlargest(60, "publications")["symbol"].tolist()
    rng = np.random.default_rng(0)
    files, sets = [], []
    for name in ("a", "b"):
        named = {}
        for i in range(60):
            start, size = rng.integers(0, 30), rng.integers(10, 30)
            named[f"{name}{i}"] = genes[start : start + size]
        files.append(make_gmt(tmp_path / f"{name}.gmt", named))
        sets.append(list(named.values()))
    return files, sets


@pytest.mark.parametrize("threshold", [0.6, 0.9, 1.0])
def test_near_duplicates_within_a_source(variants, threshold):
    files, sets = variants
    expected, repeated, near = [], 0, 0
    for number, of_source in enumerate(sets):
        kept = []
        for units in map(frozenset, of_source):
            alike = [len(units & other) / len(units | other) for other in kept]
            reached = next((j for j in alike if j >= threshold), 0)
            repeated += reached == 1
            near += 0 < reached < 1
            if not reached:
                kept.append(units)
        expected += [(number, units) for units in kept]
    corpus = build_corpus(files, seen=1, near_duplicates=threshold)
    assert [(int(corpus.source[i]), as_symbols(corpus, i)) for i in range(len(corpus))] == expected
    counted = {
        "sets repeated within their source": repeated,
        "sets nearly repeated within their source": near,
    }
    assert corpus.left_out == {what: n for what, n in counted.items() if n}
    by_source = [source["left out"] for source in corpus.manifest["sources"]]
    assert {what: sum(lost.get(what, 0) for lost in by_source) for what in counted} == counted


def test_two_publications_on_the_same_genes_stay_whatever_the_threshold(sources):
    _, org_db = sources
    assert len(build_corpus([], org_db, seen=1, near_duplicates=0.5)) == 5


def test_near_duplicates_out_of_range(sources):
    with pytest.raises(InputError) as caught:
        build_corpus(sources[0], near_duplicates=0.4)
    assert str(caught.value) == "near_duplicates must be between 0.5 and 1, not 0.4."


# --- where it is kept


def test_the_manifest_says_what_is_in_the_corpus(sources, tmp_path):
    gmts, org_db = sources
    corpus = build_corpus(
        gmts, org_db, before=3000, exclude=frozenset({"GSE123"}), seen=1, folder=tmp_path / "kept"
    )
    (folder,) = (tmp_path / "kept").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest == corpus.manifest
    assert manifest["rules"] == {
        "before": 3000,
        "exclude": ["GSE123"],
        "smallest": 2,
        "largest": 2000,
        "seen": 1,
        "near_duplicates": 1.0,
    }
    for source, path in zip(manifest["sources"], [org_db, *gmts], strict=True):
        assert source["file"] == path.name
        assert source["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        mine = [i for i in range(len(corpus)) if corpus.sources[corpus.source[i]] == source["name"]]
        assert source["sets"] == len(mine)
        assert source["memberships"] == sum(len(corpus[i]) for i in mine)
    assert manifest["sources"][0]["left out"] == {
        "publications from the cut-off on": 1,
        "publications on fewer than 2 genes": 1,
    }
    assert (manifest["sets"], manifest["memberships"]) == (len(corpus), len(corpus.units))
    assert manifest["genes"] == len(corpus.vocab) - 2
    assert manifest["orthologues"] is None
    for name, digest in manifest["arrays"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    for name in ("units", "starts", "source"):
        np.testing.assert_array_equal(np.load(folder / f"{name}.npy"), getattr(corpus, name))


def test_the_same_content_is_read_once_and_other_content_anew(make_gmt, tmp_path, monkeypatch):
    gmt = make_gmt(tmp_path / "a.gmt", {"x": ["TP53", "MDM2"], "y": ["TP53", "MYC"]})
    first = build_corpus([gmt], seen=1)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    again = Path(shutil.move(gmt, moved / "a.gmt"))
    with monkeypatch.context() as patch:
        patch.setattr(assemble, "read_sources", None)  # is not called
        same = build_corpus([again], seen=1)
    assert same.manifest == first.manifest
    np.testing.assert_array_equal(same.units, first.units)
    make_gmt(again, {"x": ["TP53", "MDM2"]})
    assert len(build_corpus([again], seen=1)) == 1
    assert len(build_corpus([again], seen=1, exclude=frozenset({"GSE1"}))) == 1
    kept = corpora()
    assert len(list(kept.iterdir())) == 3  # and nothing half done


def corpora():
    return cache_base() / "corpora"


def test_another_table_of_orthologues_is_another_corpus(make_gmt, tmp_path, homology_report):
    gmt = make_gmt(tmp_path / "mouse.gmt", {"x": ["Trp53", "Gstm3", "Bax"], "y": ["Bax", "Casp3"]})
    by_rule = build_corpus([gmt], seen=1)
    assert by_rule.manifest["orthologues"] == "by rule"
    assert "GSTM1" not in by_rule.vocab
    install_orthology("mouse", homology_report)
    by_table = build_corpus([gmt], seen=1)
    digest = hashlib.sha256(homology_report.read_bytes()).hexdigest()
    assert by_table.manifest["orthologues"] == f"SHA-256 {digest}"
    assert "GSTM1" in by_table.vocab


def test_two_processes_at_once(make_gmt, tmp_path, monkeypatch):
    gmt = make_gmt(tmp_path / "a.gmt", {"x": ["TP53", "MDM2"], "y": ["TP53", "MYC"]})
    replace = os.replace

    def after_another(new, kept):
        shutil.copytree(new, kept)
        replace(new, kept)

    monkeypatch.setattr(os, "replace", after_another)
    assert len(build_corpus([gmt], seen=1)) == 2
    assert len(list(corpora().iterdir())) == 1


def test_a_folder_that_cannot_be_replaced_is_an_error(make_gmt, tmp_path, monkeypatch):
    gmt = make_gmt(tmp_path / "a.gmt", {"x": ["TP53", "MDM2"]})

    def denied(new, kept):
        raise PermissionError("denied")

    monkeypatch.setattr(os, "replace", denied)
    with pytest.raises(PermissionError, match="denied"):
        build_corpus([gmt], seen=1)


def test_a_folder_without_a_corpus(tmp_path):
    with pytest.raises(InputError) as caught:
        open_corpus(tmp_path)
    assert str(caught.value) == (
        f"There is no corpus in {str(tmp_path)!r}; expected a folder with manifest.json."
    )


PEAK = """
import resource, sys
from pathlib import Path
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.files import cache_base
from gsfm_enrich.genes.orthology import install_orthology
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.training import assemble
from gsfm_enrich.training.assemble import build_corpus

genes, n = load_gene_table()["symbol"].to_numpy()[:3000], int(sys.argv[1])
rng = np.random.default_rng(0)
with open("big.gmt", "w") as file:
    for i in range(n):
        file.write(f"set {i}\\t\\t" + "\\t".join(genes[rng.integers(3000, size=25)]) + "\\n")
corpus = build_corpus([Path("big.gmt")], near_duplicates=0.9, folder=Path("kept"))
print(len(corpus), corpus.units.nbytes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def test_memory_does_not_grow_with_the_number_of_sets(tmp_path):
    def peak(n):
        folder = tmp_path / str(n)
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", PEAK, str(n)], cwd=folder, capture_output=True, text=True, check=True
        )
        return map(int, done.stdout.split())

    few, _, small = peak(3_000)
    many, size, large = peak(40_000)
    assert (few, many) == (3_000, 40_000)
    assert (
        size > 3_900_000
    )  # bytes on the disk; lists of symbols, and sets to compare them, would take 100 MB
    assert large - small < 12_000_000
