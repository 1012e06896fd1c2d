"""The bundled pairs of genes and publications."""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from pathlib import Path

import pytest

from gsfm_enrich.genes import publications
from gsfm_enrich.training import gene_publications as build


def test_what_is_packed_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(tmp_path / "org.sqlite") as db:
        db.execute("CREATE TABLE genes (_id, gene_id)")
        db.execute("CREATE TABLE pubmed (_id, pubmed_id)")
        db.executemany("INSERT INTO genes VALUES (?, ?)", [(1, "7157"), (2, "4193"), (3, "672")])
        pairs = [(1, "50"), (2, "50"), (1, "9"), (3, "9"), (2, "9"), (1, "77"), (2, "30"), (3, "30")]
        db.executemany("INSERT INTO pubmed VALUES (?, ?)", pairs)
    arguments = ["--org-db", str(tmp_path / "org.sqlite"), "--out", str(tmp_path)]
    assert build.main(arguments) == 0
    assert capsys.readouterr().out == "gene_publications.npz: 7 pairs\n"  # 77 names one gene
    publications.load_publications.cache_clear()
    monkeypatch.setattr(publications, "files", lambda _: tmp_path)
    try:
        both = publications.publications_of_both
        assert both("TP53", ["MDM2", "BRCA1"], most=3) == [9, 50]  # 9 names both
        assert both("TP53", ["MDM2"], most=3) == [50, 9]
        assert both("BRCA1", ["MDM2"], most=1) == [30]
        assert both("TP53", ["FUOM"], most=3) == both("FUOM", ["TP53"], most=3) == []
    finally:
        publications.load_publications.cache_clear()
    assert build.main(["--org-db", str(tmp_path / "none"), "--out", str(tmp_path)]) == 2


def test_the_bundled_file_is_small() -> None:
    assert (files("gsfm_enrich.data") / publications.PUBLICATIONS).stat().st_size < 3_000_000
    assert len(publications.load_publications().pubmed) > 200_000
    assert publications.publications_of_both("TP53", ["MDM2"], most=3)
