"""ge.report: one file that holds everything, asks for nothing, and escapes what it shows."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import anndata
import numpy as np
import pandas as pd
import pytest
from matplotlib import style

from gsfm_enrich import enrich_ranked, tl
from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.html.report import report
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.columns import RANKED

EVIL = "<script>alert(\"x\")</script> & 'quotes'"


class Page(HTMLParser):
    """Collect what a browser would: elements, addresses, the cells of tables, and text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.sort_values: list[str | None] = []
        self.text = ""
        self.opened: list[str] = []
        self._cell: str | None = None
        self._in_term = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        self.addresses += [
            value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")
        ]
        if named.get("id"):
            self.ids.append(str(named["id"]))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag == "dl" and self._cell is not None:  # what a term shows when it is opened
            self.opened.append("")
            self._in_term = True
        elif tag in ("td", "th"):
            self._cell = ""
            self.sort_values.append(named.get("data-value"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "dl":
            self._in_term = False
        if tag in ("td", "th") and self._cell is not None:
            self.tables[-1][-1].append(self._cell)
            self._cell = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_term:
            self.opened[-1] += f"{data}|"
        elif self._cell is not None:
            self._cell += data


@pytest.fixture
def enriched(adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any) -> anndata.AnnData:
    with pytest.warns(GsfmEnrichWarning, match="3 of 6 gene lists have no result"):
        tl.enrichr(adata, sets, model=small_model)
    tl.annotate_genes(adata, sets, model=small_model, top=2)
    return adata


def test_holds_every_group_and_every_number(enriched: anndata.AnnData, tmp_path: Path) -> None:
    path = report(enriched, tmp_path / "folder" / "report.html", title="My cells")
    assert path == tmp_path / "folder" / "report.html"
    page = Page(path)
    results = enriched.uns["gsfm_enrichr"]["results"]
    lists = [part for _, part in results.groupby(["group", "direction"], sort=False)]
    assert len(page.tables) == len(lists) + 3  # understudied genes, predictions, log
    for table, part in zip(page.tables, lists, strict=False):
        header, *body = table
        assert len(body) == len(part)
        place = {name: header.index(name) for name in ("Term", "Overlap", "GSFM Rank")}
        assert [row[place["Term"]] for row in body] == part["Term"].tolist()
        assert [row[place["Overlap"]] for row in body] == part["Overlap"].tolist()
        assert [int(row[place["GSFM Rank"]]) for row in body] == part["GSFM Rank"].tolist()
    for p_value in results["Adjusted P-value"]:
        assert repr(float(p_value)) in page.sort_values  # sorted by the whole number, not by the short one
    assert len(page.opened) == len(results)
    for text, genes, predicted in zip(page.opened, results["Genes"], results["Predicted Genes"], strict=True):
        assert f"Genes|{genes.replace(';', ', ')}|" in text
        assert (f"Predicted Genes|{predicted.replace(';', ', ')}|" in text) == bool(predicted)
        assert "P-value|" in text
        assert "Odds Ratio|" in text
    for text in (
        "My cells",
        "T/NK cells",
        "No result: no gene passed the cut-offs.",
        "7 of 8 genes are in the gene sets.",
    ):
        assert text in page.text
    log = page.tables[-1]
    assert [row[0] for row in log[1:]] == enriched.uns["gsfm_enrichr"]["log"]["group"].tolist()
    assert [row[0] for row in page.tables[-3][1:]] == ["UBALD2", "C1orf162", "FUOM"]
    assert "adata.var_names" in page.text  # a parameter


def test_asks_nothing_of_the_network(enriched: anndata.AnnData, tmp_path: Path) -> None:
    page = Page(report(enriched, tmp_path / "report.html"))
    for address in page.addresses:
        assert address.startswith(("#", "data:image/svg+xml;base64,"))
    images = [address for address in page.addresses if address.startswith("data:")]
    # dots and heat maps up and down; bars and ranks of three lists, networks of those with three good terms
    results = enriched.uns["gsfm_enrichr"]["results"]
    good = (results["GSFM Adjusted P-value"] <= 0.05).groupby([results["group"], results["direction"]]).sum()
    assert len(images) == 4 + 2 * 3 + (good >= 3).sum()
    for image in images:
        picture = ElementTree.fromstring(base64.b64decode(image.partition(",")[2]))
        assert picture.tag == "{http://www.w3.org/2000/svg}svg"
        references = [value for part in picture.iter() for name, value in part.items() if "href" in name]
        assert all(reference.startswith(("#", "data:image/png")) for reference in references)
    links = [address[1:] for address in page.addresses if address.startswith("#")]
    assert set(links) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    source = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|@import|url\(|fetch\(|XMLHttpRequest", source)
    assert {"link", "iframe", "object"}.isdisjoint(page.tags)


def test_is_the_same_every_time_whatever_the_style_of_plots(
    enriched: anndata.AnnData, tmp_path: Path
) -> None:
    once = report(enriched, tmp_path / "once.html").read_bytes()
    with style.context("dark_background"):
        again = report(enriched, tmp_path / "again.html").read_bytes()
    assert once == again


def test_escapes_everything(
    adata: anndata.AnnData, small_model: Any, make_record: Any, tmp_path: Path
) -> None:
    rows = [("CD3D", 9.0, 1.0, 0.0), ("CD2", 8.0, 1.0, 0.0), (EVIL, 7.0, 1.0, 0.0)]
    adata.uns["rank_genes_groups"] = make_record({EVIL: rows, "$x_1$": rows})
    with pytest.warns(GsfmEnrichWarning, match="1 of 3 ranked genes are not among"):
        tl.enrichr(adata, {EVIL: ["CD3D", "CD2", "CD28"]}, direction="up", model=small_model)
    page = Page(report(adata, tmp_path / "report.html", title=EVIL))
    assert page.tags.count("script") == 1
    assert page.text.count(EVIL) >= 5
    assert page.tables[0][1][0] == EVIL


def test_limits_are_said(enriched: anndata.AnnData, tmp_path: Path) -> None:
    results = enriched.uns["gsfm_enrichr"]["results"]
    first = results[(results["group"] == "T/NK cells") & (results["direction"] == "up")]
    page = Page(report(enriched, tmp_path / "report.html", top_term=1))
    assert [len(table) - 1 for table in page.tables[:3]] == [1, 1, 1]
    assert f"The best 1 of {len(first)} terms." in page.text
    page = Page(report(enriched, tmp_path / "report.html", cutoff=1e-12))
    assert len(page.tables) == 3
    assert f"The best 0 of {len(first)} terms with GSFM Adjusted P-value ≤ 1e-12." in page.text


def test_no_plot_of_what_is_not_significant(enriched: anndata.AnnData, tmp_path: Path) -> None:
    results = enriched.uns["gsfm_enrichr"]["results"]
    one = results[results["group"] == "B cells"].drop(columns=["group", "direction"])
    page = Page(report(one.assign(**{"GSFM Adjusted P-value": 0.06}), tmp_path / "report.html"))
    assert "None has GSFM Adjusted P-value ≤ 0.05, so there is no plot." in page.text
    assert not any(address.startswith("data:") for address in page.addresses)
    assert len(page.tables) == 1


@pytest.mark.parametrize("rerank", [True, False])
def test_of_a_plain_result(enriched: anndata.AnnData, rerank: bool, tmp_path: Path) -> None:
    results = enriched.uns["gsfm_enrichr"]["results"]
    one = results[(results["group"] == "B cells")].drop(columns=["group", "direction"])
    if not rerank:
        one = one.loc[:, :"Genes"]
    page = Page(report(one, tmp_path / "report.html"))
    assert len(page.tables) == 1
    assert [row[0] for row in page.tables[0][1:]] == one["Term"].tolist()
    networks = (one["GSFM Adjusted P-value" if rerank else "Adjusted P-value"] <= 0.05).sum() >= 3
    assert sum(address.startswith("data:") for address in page.addresses) == (2 if rerank else 1) + networks


def test_without_any_result(adata: anndata.AnnData, sets: dict[str, list[str]], tmp_path: Path) -> None:
    with pytest.warns(GsfmEnrichWarning, match="2 of 2 gene lists have no result"):
        tl.enrichr(adata, sets, groups="quiet", rerank=False)
    page = Page(report(adata, tmp_path / "report.html"))
    assert len(page.tables) == 1
    assert [row[-1] for row in page.tables[0][1:]] == ["no gene passed the cut-offs"] * 2


def test_errors(adata: anndata.AnnData, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        report(adata, tmp_path / "report.html")
    assert str(error.value).startswith(
        "adata.uns has no 'gsfm_enrichr': run gsfm_enrich.tl.enrichr(adata, ...)"
    )
    with pytest.raises(InputError) as error:
        report(adata, tmp_path)
    assert str(error.value) == (
        f"{str(tmp_path)!r} is a folder; give the path of an HTML file, "
        f"such as {str(tmp_path / 'report.html')!r}."
    )
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_the_old_file(
    enriched: anndata.AnnData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        report(enriched, path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_missing_numbers_are_blank_and_sort_last(enriched: anndata.AnnData, tmp_path: Path) -> None:
    results = enriched.uns["gsfm_enrichr"]["results"]
    one = results[results["group"] == "B cells"].drop(columns=["group", "direction"]).reset_index(drop=True)
    one["Odds Ratio"] = pd.Series([float("nan"), 123456.789, 0.00012345, 1234.56, 5.0])[: len(one)]
    page = Page(report(one, tmp_path / "report.html"))
    shown = [text.partition("Odds Ratio|")[2].partition("|")[0] for text in page.opened]
    assert (
        shown == ["Combined Score", "1.2e+05", "1.2e-04", "1,235", "5"][: len(one)]
    )  # the first one is blank
    one["Expected Overlap"] = [float("nan"), *[1.0] * (len(one) - 1)]
    header, *body = Page(report(one, tmp_path / "report.html")).tables[0]
    assert [row[header.index("Expected Overlap")] for row in body] == ["", *["1"] * (len(one) - 1)]


def test_ranked_results_are_told_in_their_own_words(
    block_library: GeneSetLibrary, block_model: GSFM, tmp_path: Path
) -> None:
    genes = [gene for gene in block_model.vocab.tokens if gene.startswith("B")]
    genes += [f"other {i}" for i in range(600 - len(genes))]
    ranked = pd.Series(np.random.default_rng(0).normal(size=600), index=genes)
    ranked[[gene.startswith("B0") for gene in genes]] += 2
    found = enrich_ranked({"mine": ranked}, block_library, model=block_model, direction="up")
    path = report(found, tmp_path / "ranked.html")
    page, text = Page(path), path.read_text("utf-8")
    header, *body = page.tables[0]
    assert header == ["Term", "Rank", "NES", "NOM p-val", "FDR q-val", "Size"]
    assert [row[0] for row in body] == found.results["Term"].tolist()[: len(body)]
    leading = found.results["Lead_genes"][0].replace(";", ", ")
    assert leading in page.opened[0]
    for column in RANKED[2:]:
        assert f"<dt>{column.name}</dt><dd>{column.meaning}</dd>" in text
    assert "1 ranked table, " in text
    assert "overlap test" not in text
    assert "GSFM P-value" not in text


def test_terms_on_the_same_genes_are_folded(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "Term": ["best", "much the same", "another"],
            "Overlap": "2/9",
            "P-value": [0.001, 0.002, 0.003],
            "Adjusted P-value": [0.001, 0.002, 0.003],
            "Genes": ["A;B", "A;B", "X;Y"],
        }
    )
    path = report(rows, tmp_path / "report.html")
    page = Page(path)
    assert [row[0] for row in page.tables[0][1:]] == ["best", "much the same", "another"]
    text = path.read_text(encoding="utf-8")
    assert re.findall(r'<tr class="folded">.*?<summary>(.*?)</summary>', text) == ["much the same"]
    assert "show 1 folded term" in page.text
    assert "Of these 1 rests on the same genes as a better one: folded." in page.text
    assert "Similar Terms|much the same|" in page.opened[0]
    assert "Similar Terms" not in page.opened[1]
