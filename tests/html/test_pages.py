"""What all pages share: one frame, escaped text, and a file written whole or not at all."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from gsfm_enrich.errors import InputError
from gsfm_enrich.html.pages import page_path, write_page

GENE_PAGE = "gene_page.html.j2"


def test_every_template_extends_the_base() -> None:
    folder = files("gsfm_enrich.html") / "templates"
    pages = [page for page in folder.iterdir() if page.name != "base.html.j2"]
    assert len(pages) >= 2
    for page in pages:
        assert page.read_text("utf-8").startswith('{% extends "base.html.j2" %}')


def test_a_page_is_written_into_a_new_folder_and_escaped(tmp_path: Path) -> None:
    words = {"title": "<b>", "lead": "", "paragraphs": ["a & b"], "papers": ["123"]}
    path = write_page(tmp_path / "new" / "a.html", GENE_PAGE, sections=[], **words)
    page = path.read_text("utf-8")
    assert "<h1>&lt;b&gt;</h1>" in page
    assert "a &amp; b" in page
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/123/"' in page
    assert page.startswith("<!DOCTYPE html>")
    assert page.endswith("</html>")
    assert "script" not in page


def test_a_missing_value_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(UndefinedError, match="sections"):
        write_page(tmp_path / "a.html", GENE_PAGE, title="a", lead="", paragraphs=["b"], papers=[])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_place_for_a_page(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        page_path(tmp_path, "gene.html")
    assert repr(str(tmp_path / "gene.html")) in str(error.value)
