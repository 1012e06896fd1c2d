"""The bundled RefSeq summaries."""

from __future__ import annotations

import gzip
from importlib.resources import files
from pathlib import Path

import pytest

from gsfm_enrich.genes import summaries
from gsfm_enrich.training import gene_summaries as build

HEADER = "#Taxon_ID\tGene_ID\tRefSeq_accession\tReview_status\tGene_summary\n"


def table(folder: Path, rows: list[str]) -> Path:
    path = folder / "summaries.gz"
    path.write_bytes(gzip.compress((HEADER + "\n".join(rows) + "\n").encode()))
    return path


def test_human_rows_alone_sorted_with_the_first_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        "9606\t7157\tx\ty\tIt guards  the genome (PMID: 1, 2). [provided by RefSeq, Jul 2008].",
        "10090\t3\tx\ty\tA mouse gene.",
        "9606\tNA\tx\ty\tA gene without an id.",
        "9606\t2\tx\ty\tBinds.",
        "9606\t7157\tx\ty\tAgain.",
    ]
    path = table(tmp_path, rows)
    assert build.main(["--summaries", str(path), "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "gene_summaries.tsv.xz: 2 genes\n"
    first = (tmp_path / summaries.SUMMARIES).read_bytes()
    build.main(["--summaries", str(path), "--out", str(tmp_path)])
    assert (tmp_path / summaries.SUMMARIES).read_bytes() == first
    summaries._by_symbol.cache_clear()
    monkeypatch.setattr(summaries, "files", lambda _: tmp_path)
    try:
        assert summaries.gene_summary("TP53") == "It guards the genome."
        assert summaries.gene_summary("A2M") == "Binds."
        assert summaries.gene_summary("KRAS") == ""
    finally:
        summaries._by_symbol.cache_clear()


def test_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["--summaries", str(tmp_path / "none"), "--out", str(tmp_path)]) == 2
    assert "none" in capsys.readouterr().err
    other = tmp_path / "other.gz"
    other.write_bytes(gzip.compress(b"a\tb\n"))
    assert build.main(["--summaries", str(other), "--out", str(tmp_path)]) == 2
    assert "Gene_summary; it has a, b" in capsys.readouterr().err


def test_the_bundled_file_is_small_and_most_genes_have_one() -> None:
    assert (files("gsfm_enrich.data") / summaries.SUMMARIES).stat().st_size < 1_000_000
    assert len(summaries._by_symbol()) > 14_000
