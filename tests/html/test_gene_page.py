"""The page on one gene, its plot of neighbours, and modules of differentially expressed genes."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import anndata
import pandas as pd
import pytest

from gsfm_enrich import pl, tl
from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.html.gene_page import gene_report, tables_of
from gsfm_enrich.prediction.gene_modules import gene_modules
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
    assert not re.search(r"https?://|@import|url\(|<script|<link", page)


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
    assert str(error.value) == "gene_report takes one gene by its name, not ' '."


def test_neighbours_plot_draws_them(small_model: Any, tmp_path: Path) -> None:
    ax = pl.neighbors("CD3D", n=5, model=small_model, save=tmp_path / "plot.png")
    written = {text.get_text() for text in ax.texts}
    assert written == {"CD3D", *neighbors("CD3D", 5, model=small_model)["neighbour"]}
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    with pytest.warns(GsfmEnrichWarning, match="does not know"):
        ax = pl.neighbors("who", model=small_model)
    assert ax.texts[0].get_text() == "the model does not know who"


def test_modules_of_every_list_are_written(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any, tmp_path: Path
) -> None:
    with pytest.warns(GsfmEnrichWarning) as caught:
        assert tl.gene_modules(adata, sets, model=small_model, smallest=2) is None
    assert caught[0].filename == __file__
    message = str(caught[0].message)
    for where in ("B cells (down)", "quiet (down)", "quiet (up)"):
        assert f"{where} has fewer than 3 genes, so no modules." in message
    stored = adata.uns["gsfm_gene_modules"]
    up = [name for name, _, log2fc, p in ranked(adata, "B cells") if p < 0.05 and log2fc > 0]
    expected = gene_modules(up, sets, smallest=2, model=small_model)
    for part in ("genes", "modules", "edges"):
        here = stored[part][(stored[part]["group"] == "B cells") & (stored[part]["direction"] == "up")]
        here = here.drop(columns=["group", "direction"]).reset_index(drop=True)
        pd.testing.assert_frame_equal(here, getattr(expected, part), check_dtype=False)
    adata.write_h5ad(tmp_path / "a.h5ad")
    again = anndata.read_h5ad(tmp_path / "a.h5ad").uns["gsfm_gene_modules"]
    pd.testing.assert_frame_equal(again["modules"], stored["modules"])


def ranked(adata: anndata.AnnData, group: str) -> list[tuple[Any, ...]]:
    """Return name, score, log2 fold change and adjusted p-value of the ranked genes of a group."""
    fields = ("names", "scores", "logfoldchanges", "pvals_adj")
    return list(zip(*(adata.uns["rank_genes_groups"][field][group] for field in fields), strict=True))


def test_modules_plot(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any, tmp_path: Path
) -> None:
    with pytest.warns(GsfmEnrichWarning, match="fewer than 3 genes"):
        tl.gene_modules(adata, sets, model=small_model, smallest=2)
    ax = pl.modules(adata, groups="B cells", direction="up", save=tmp_path / "modules.png")
    table = adata.uns["gsfm_gene_modules"]["modules"]
    table = table[(table["group"] == "B cells") & (table["direction"] == "up")]
    legend = ax.get_legend()
    assert legend is not None
    doubtful = [f"p = {p:.2g}" for p in table["adjusted_p_value"] if p > 0.05]
    shown = [text.get_text() for text in legend.get_texts()]
    assert len(shown) == len(table)
    assert sum("(p = " in text for text in shown) == sum(p in text for p in doubtful for text in shown)
    assert {text.get_text() for text in ax.texts} >= set(";".join(table["genes"]).split(";"))
    with pytest.raises(InputError) as error:
        pl.modules(adata)
    assert str(error.value) == (
        "modules draws one list of genes; choose with groups= and direction= from 'T/NK cells' (up), "
        "'T/NK cells' (down), 'B cells' (up)."
    )
    with pytest.raises(InputError) as error:
        pl.modules(adata, key="other")
    assert str(error.value) == "adata.uns has no 'other': run gsfm_enrich.tl.gene_modules(adata, ...) first."
    with pytest.raises(InputError) as error:
        pl.modules(3)
    assert str(error.value) == "expected an AnnData or what gene_modules returned, got int."


def test_no_modules_are_an_empty_plot(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any
) -> None:
    with pytest.warns(GsfmEnrichWarning, match="fewer than"):
        tl.gene_modules(adata, sets, model=small_model, groups="B cells", direction="up", max_genes=2)
    ax = pl.modules(adata, groups="B cells", direction="up")
    assert [text.get_text() for text in ax.texts] == ["no module to draw"]
