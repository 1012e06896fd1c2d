"""gseapy's tests of rankings and tables find gene sets as enrichr does, and compute what gseapy computes."""

from __future__ import annotations

import inspect

import gseapy
import numpy as np
import pandas as pd
import pytest
import requests

import gsfm_enrich as gp
from gsfm_enrich.drop_in.gene_set_tests import merged_sets
from gsfm_enrich.errors import InputError, LibraryError, OfflineError
from gsfm_enrich.libraries.bundled import load_bundled

GO = "GO_Molecular_Function"
GENES = list(load_bundled(GO).genes[:600])
QUICK = {"min_size": 5, "threads": 1, "seed": 1}


@pytest.fixture
def ranking():
    return pd.Series(np.random.default_rng(0).normal(size=len(GENES)), index=GENES)


@pytest.fixture
def table():
    values = np.random.default_rng(0).normal(size=(len(GENES), 6))
    return pd.DataFrame(values, index=GENES, columns=list("abcdef"))


@pytest.mark.parametrize(
    "name",
    ["gsea", "prerank", "ssgsea", "gsva", "GSEA", "Prerank", "SingleSampleGSEA", "GSVA", "get_library"],
)
def test_the_signature_is_gseapys(name):
    ours, theirs = (inspect.signature(getattr(module, name)).parameters for module in (gp, gseapy))
    assert [(p.name, p.kind, p.default) for p in ours.values()] == [
        (p.name, p.kind, p.default) for p in theirs.values()
    ]


def test_prerank_with_a_bundled_library_equals_gseapy_with_its_sets(ranking):
    ours = gp.prerank(ranking, GO, permutation_num=20, **QUICK).res2d
    theirs = gseapy.prerank(ranking, load_bundled(GO).to_dict(), permutation_num=20, **QUICK).res2d
    pd.testing.assert_frame_equal(
        ours[["Term", "ES", "NES"]].sort_values("Term", ignore_index=True),
        theirs[["Term", "ES", "NES"]].sort_values("Term", ignore_index=True),
    )
    assert len(ours) > 10


def test_every_function_takes_a_bundled_library(ranking, table):
    halves = ["x", "x", "x", "y", "y", "y"]
    assert len(gp.gsea(table, GO, halves, permutation_num=5, **QUICK).res2d)
    assert len(gp.ssgsea(table, GO, **QUICK).res2d)
    assert len(gp.gsva(table, GO, **QUICK).res2d)


def test_every_class_takes_a_bundled_library(ranking, table):
    halves = ["x", "x", "x", "y", "y", "y"]
    for test in (
        gp.GSEA(table, GO, halves, permutation_num=5, **QUICK),
        gp.Prerank(ranking, GO, permutation_num=5, **QUICK),
        gp.SingleSampleGSEA(table, gene_sets=GO, **QUICK),
        gp.GSVA(table, GO, **QUICK),
    ):
        assert isinstance(test, getattr(gseapy, type(test).__name__))
        test.run()
        assert len(test.res2d)


def test_files_and_several_libraries(ranking, tmp_path):
    path = tmp_path / "mine.gmt"
    path.write_text("mine\t\t" + "\t".join(GENES[:20]) + "\n")
    assert gp.prerank(ranking, path, permutation_num=5, **QUICK).res2d["Term"].tolist() == ["mine"]
    result = gp.prerank(ranking, [str(path), {"own": GENES[30:60]}], permutation_num=5, **QUICK).res2d
    assert sorted(result["Term"]) == ["1__own", "mine.gmt__mine"]
    theirs = gseapy.prerank(ranking, [str(path), {"own": GENES[30:60]}], permutation_num=5, **QUICK).res2d
    assert sorted(theirs["Term"]) == sorted(result["Term"])


def test_rats_use_the_libraries_of_all_mammals(ranking):
    assert len(gp.prerank(ranking, GO, organism="rat", permutation_num=5, **QUICK).res2d)


def test_what_is_not_there_is_said_at_once(ranking):
    with pytest.raises(OfflineError, match=r"'KEGG_2021_Human'.*GSFM_ENRICH_OFFLINE"):
        gp.prerank(ranking, "KEGG_2021_Human")
    with pytest.raises(InputError, match="Unknown organism"):
        gp.prerank(ranking, GO, organism="dragon")
    with pytest.raises(InputError, match="no file"):
        gp.prerank(ranking, "nowhere.gmt")
    with pytest.raises(OfflineError, match="GSFM_ENRICH_OFFLINE"):
        gp.get_library_name()


def test_dicts_are_taken_as_they_are():
    sets = {"a": ["x", "y"]}
    assert merged_sets(sets) is sets
    with pytest.raises((InputError, LibraryError)):
        merged_sets([])


def test_get_library_filters_as_gseapy_does(tmp_path):
    path = tmp_path / "mine.gmt"
    path.write_text("a\t\tG1\tG2\tG3\nb\t\tG1\nc\t\tG2\tG4\n")
    for options in (
        {},
        {"min_size": 2},
        {"max_size": 2},
        {"gene_list": ["G1", "G2", "G9"], "min_size": 1},
        {"gene_list": ["G2", "G4"], "min_size": 1},
    ):
        theirs = gseapy.get_library(str(path), **options)
        ours = gp.get_library(str(path), **options)
        assert {term: sorted(genes) for term, genes in ours.items()} == {
            term: sorted(genes) for term, genes in theirs.items()
        }
    gp.get_library(str(path), min_size=2, save=str(tmp_path / "saved.gmt"))
    assert list(gp.read_gmt(str(tmp_path / "saved.gmt"))) == ["a", "c"]
    with pytest.raises(InputError, match="10 to 2000 genes"):
        gp.get_library(str(path), min_size=10)
    assert len(gp.get_library("GO_Biological_Process", "Mouse")) > 5000


def test_the_class_enrichr_runs_here(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a server was asked")

    monkeypatch.setattr(requests.Session, "request", refuse)
    genes = ["CD3D", "CD3E", "CD2", "LCK"]
    by_hand = gp.Enrichr(genes, "GO_Biological_Process", organism="Human", outdir=None)
    by_hand.run()
    pd.testing.assert_frame_equal(by_hand.res2d, gp.enrichr(genes, "GO_Biological_Process").results)
    assert isinstance(by_hand, gseapy.Enrichr)


def test_a_library_is_saved_under_a_path_alone():
    with pytest.raises(InputError, match="path must be the path of a file, not True"):
        gp.get_library(GO, save=True)
