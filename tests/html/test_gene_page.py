"""The page on one gene, its plot of neighbours, and modules of differentially expressed genes."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.html.gene_page import gene_report, tables_of
from gsfm_enrich.prediction.neighbours import neighbors
from gsfm_enrich.prediction.predict import predict_functions


def test_page_holds_the_tables_and_asks_for_nothing(
    sets: dict[str, list[str]], small_model: Any, tmp_path: Path
) -> None:
    path = gene_report(
        "C1orf162", tmp_path / "new" / "page.html", sets, companions=["CD3D", "CD2"], top=2, model=small_model
    )
    page = path.read_text(encoding="utf-8")
    text = html.unescape(page)
    functions = predict_functions("C1orf162", sets, top=2, model=small_model)
    assert all(term in text for term in functions["term"])
    assert all(gene in text for gene in neighbors("C1orf162", model=small_model)["neighbour"])
    assert page.count("<table") == 4
    assert page.count("data:image/svg+xml;base64,") == 1
    assert not re.search(r"https?://(?!pubmed)|@import|url\(|<script|<link", page)


def test_page_escapes_what_it_shows(small_model: Any, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script> & 'quotes'"
    path = gene_report("CD3D", tmp_path / "page.html", {evil: ["CD2", "CD28"]}, model=small_model)
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert evil in html.unescape(page)


def test_a_table_for_each_library_with_cautions_below_the_terms() -> None:
    table = pd.DataFrame(
        {
            "gene_set": ["first", "second", "first"],
            "term": ["a", "b", "c"],
            "z_score": [1.23456, 2.0, float("nan")],
            "known": [True, False, False],
            "caution": ["", "ranks as high for the average gene", ""],
            "similar_terms": ["x;y", "", ""],
        }
    )
    first, second = tables_of(table)
    assert [first["name"], second["name"]] == ["first", "second"]
    assert first["columns"] == ["term", "z-score", "known"]
    assert [[cell.text for cell in row] for row in first["rows"]] == [["a", "1.23", "yes"], ["c", "", "no"]]
    below = [[(name, cell.text) for name, cell in row[0].details] for row in first["rows"] + second["rows"]]
    assert below == [[("similar terms", "x, y")], [], [("caution", "ranks as high for the average gene")]]
    [only] = tables_of(table[:1])
    assert only["name"] == ""


def test_page_of_an_unknown_gene(sets: dict[str, list[str]], small_model: Any, tmp_path: Path) -> None:
    with pytest.warns(GsfmEnrichWarning, match="does not know 1 of 1 genes: TMEM39A"):
        path = gene_report("TMEM39A", tmp_path / "page.html", sets, model=small_model)
    assert "The model does not know it and predicts nothing." in path.read_text(encoding="utf-8")


def test_page_errors(sets: dict[str, list[str]], small_model: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        gene_report("CD3D", tmp_path, sets, model=small_model)
    expected = f"{str(tmp_path)!r} is a folder; give the path of an HTML file, such as"
    assert str(error.value) == f"{expected} {str(tmp_path / 'gene.html')!r}."
    with pytest.raises(InputError) as error:
        gene_report(" ", tmp_path / "a.html", sets, model=small_model)
    assert str(error.value) == "gene must be a name, not ' '."
