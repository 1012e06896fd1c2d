"""The report in a browser: it sorts, filters and opens terms, and asks nothing of the network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anndata
import pandas as pd
import pytest

from gsfm_enrich import tl
from gsfm_enrich.errors import GsfmEnrichWarning
from gsfm_enrich.html.gene_page import gene_report
from gsfm_enrich.html.report import report

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian package chromium)"),
    pytest.mark.skipif(
        DRIVER is None, reason="no chromedriver is installed (Debian package chromium-driver)"
    ),
    pytest.mark.enable_socket,  # the driver listens on this machine's own address
]


@pytest.fixture
def browser() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1400,1000"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def page(
    browser: Any, adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any, tmp_path: Path
) -> Any:
    with pytest.warns(GsfmEnrichWarning, match="lists have no result"):
        tl.enrichr(adata, sets, model=small_model)
    browser.get(report(adata, tmp_path / "report.html").as_uri())
    return browser


def column(page: Any, name: str) -> list[str]:
    """Return what the visible rows of the first table show in a column."""
    return page.execute_script(  # type: ignore[no-any-return]
        """
        const box = document.querySelector(".scroll");
        const place = [...box.querySelectorAll("th")].findIndex(head => head.innerText === arguments[0]);
        return [...box.querySelectorAll("tbody tr")].filter(row => row.offsetParent !== null)
          .map(row => (row.cells[place].querySelector("summary") ?? row.cells[place]).innerText.trim());
        """,
        name,
    )


def click(page: Any, css: str, text: str) -> None:
    """Click the first element of a kind with a text."""
    next(part for part in page.find_elements("css selector", css) if part.text == text).click()


def test_sorts_by_number_and_by_name(page: Any, adata: anndata.AnnData) -> None:
    results = adata.uns["gsfm_enrichr"]["results"]
    table = results[(results["group"] == "T/NK cells") & (results["direction"] == "up")]
    page.find_element("css selector", ".unfold").click()
    assert column(page, "Term") == table["Term"].tolist()
    click(page, "thead button", "Adjusted P-value")
    expected = table.sort_values("Adjusted P-value", kind="stable")
    assert column(page, "Term") == expected["Term"].tolist()
    click(page, "thead button", "Adjusted P-value")
    values = table.set_index("Term")["Adjusted P-value"]
    shown = [values[term] for term in column(page, "Term")]
    assert shown == sorted(shown, reverse=True)
    assert shown[0] > shown[-1]
    click(page, "thead button", "Term")
    names = column(page, "Term")
    assert names == sorted(names, key=str.lower)
    head = page.find_element("css selector", "th[aria-sort]")
    assert (head.text.split()[0], head.get_attribute("aria-sort")) == ("Term", "ascending")


def test_filters_by_words_of_terms_and_by_genes(page: Any, adata: anndata.AnnData) -> None:
    total = int(page.find_element("css selector", ".count").text.split()[-2])
    box = page.find_element("css selector", "input[type=search]")
    box.send_keys("lymphocyte ACTIV")
    assert column(page, "Term") == ["lymphocyte activation (GO:0046649)"]
    assert page.find_element("css selector", ".count").text == f"1 of {total} rows"
    box.clear()
    box.send_keys("GNLY")  # stands in the part that is closed
    results = adata.uns["gsfm_enrichr"]["results"]
    table = results[(results["group"] == "T/NK cells") & (results["direction"] == "up")]
    has = (table["Genes"] + ";" + table["Predicted Genes"]).str.split(";").map(lambda genes: "GNLY" in genes)
    assert sorted(column(page, "Term")) == sorted(table.loc[has, "Term"])
    assert has.any()
    box.send_keys(" no such word")
    assert column(page, "Term") == []


def test_opens_a_term(page: Any, adata: anndata.AnnData) -> None:
    results = adata.uns["gsfm_enrichr"]["results"]
    row = results.iloc[0]
    part = page.find_element("css selector", "td.term details")
    inside = part.find_element("css selector", "dl")
    assert not inside.is_displayed()
    part.find_element("css selector", "summary").click()
    assert inside.is_displayed()
    lines = inside.text.splitlines()
    assert lines[lines.index("Genes") + 1] == row["Genes"].replace(";", ", ")
    assert lines[lines.index("Odds Ratio") + 1] == f"{row['Odds Ratio']:.3g}"
    opener = page.find_element("css selector", "button.all")
    opener.click()
    first_table = page.find_element("css selector", ".scroll")
    parts = first_table.find_elements("css selector", "details")
    assert all(part.get_attribute("open") for part in parts)
    assert opener.text == "close all terms"
    opener.click()
    assert not any(part.get_attribute("open") for part in parts)


def test_no_request_leaves_the_page(page: Any) -> None:
    page.find_element("css selector", "td.term summary").click()
    click(page, "thead button", "Overlap")
    messages = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    asked = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert any(url.startswith("file://") and url.endswith("/report.html") for url in asked)
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
    assert [url for url in asked if url.startswith("file:")] == [page.current_url]
    assert page.get_log("browser") == []  # no error of a script, no breach of the content policy
    drawn = page.execute_script(
        "return [...document.images].every(image => image.complete && image.naturalWidth > 100)"
    )
    assert drawn


def test_nothing_is_wider_than_the_page(page: Any) -> None:
    assert page.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")


def test_no_table_of_a_gene_page_needs_scrolling(
    browser: Any, sets: dict[str, list[str]], small_model: Any, tmp_path: Path
) -> None:
    long = {f"negative regulation of {term} via homologous recombination": sets[term] for term in sets}
    options: dict[str, Any] = {"companions": ["CD2", "LCK", "GNLY"], "model": small_model}
    path = gene_report("C1orf162", tmp_path / "page.html", {**sets, **long}, **options)
    browser.set_window_size(1280, 1000)
    browser.get(path.as_uri())
    tables = "return [...document.querySelectorAll('.scroll')].map(box => box.scrollWidth - box.clientWidth)"
    assert browser.execute_script(tables) == [0, 0, 0, 0]
    assert browser.execute_script("return document.images[0].naturalWidth > 100")
    assert browser.get_log("browser") == []


def test_folded_terms_are_one_click_away(browser: Any, tmp_path: Path) -> None:
    rows = pd.DataFrame({"Term": list("abc"), "Overlap": "2/9", "Genes": ["A;B", "A;B", "X;Y"]})
    rows["P-value"] = rows["Adjusted P-value"] = [0.001, 0.002, 0.003]
    browser.get(report(rows, tmp_path / "folded.html").as_uri())
    assert column(browser, "Term") == ["a", "c"]
    count = browser.find_element("css selector", ".count")
    assert count.text == "2 of 3 rows"
    button = browser.find_element("css selector", ".unfold")
    assert button.text == "show 1 folded term"
    button.click()
    assert column(browser, "Term") == ["a", "b", "c"]
    button.click()
    assert column(browser, "Term") == ["a", "c"]
    box = browser.find_element("css selector", "input[type=search]")
    box.send_keys("b")  # what is looked for is found, folded or not
    assert "b" in column(browser, "Term")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_as_wide_as_the_window(page: Any, width: int) -> None:
    page.set_window_size(width, 900)
    assert page.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    nav = page.find_element("css selector", "nav")
    sticky = page.execute_script("return getComputedStyle(arguments[0]).position", nav) == "sticky"
    assert not sticky or nav.size["height"] < 0.18 * 900
