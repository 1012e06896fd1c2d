"""The documentation is complete: every public name, figures from the tables, notebooks with their outputs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import gseapy
import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

import gsfm_enrich as ge

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that draws the documentation's figures; it is not part of the package."""
    monkeypatch.syspath_prepend(ROOT)
    from docs import figures

    return figures


GSEAPYS = set(gseapy.__all__) - {"enrich", "enrichr"}  # the page names these in one paragraph


def own_names() -> set[str]:
    """Public names that are not gseapy's own, with the functions of tl, get and pl."""
    modules = {name: value for name in ge.__all__ if isinstance(value := getattr(ge, name), ModuleType)}
    parts = {name: value for name, value in modules.items() if value.__name__.startswith("gsfm_enrich.")}
    own = {
        name
        for name in set(ge.__all__) - set(modules) - GSEAPYS
        if getattr(getattr(ge, name), "__module__", "").split(".")[0] == "gsfm_enrich"
    }
    return own | {f"{part}.{name}" for part, module in parts.items() for name in module.__all__}


def test_the_api_page_has_every_public_name() -> None:
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    listed = re.findall(r"^   (\w[\w.]*)$", page, flags=re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert own_names() - set(listed) == set()
    for name in set(listed) - own_names():
        assert name.startswith("genes."), name


def test_threads_are_linked_once() -> None:
    page = (ROOT / "docs" / "faq.md").read_text("utf-8")
    links = re.findall(r"\[([^\]]+)\]\((https://[^)]+)\)", page)
    assert len(links) == len({address for _, address in links}) > 50
    for text, address in links:
        number = re.fullmatch(r"https://github\.com/[\w-]+/[\w-]+/issues/(\d+)", address)
        assert number is not None
        assert text.split()[-1] == number[1]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_hold_their_outputs_and_nothing_of_this_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text) < 600_000
    assert re.findall(r"/(?:home|root|work|tmp|Users)/\S*", text) == []
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output["output_type"] for cell in cells for output in cell["outputs"]}
    assert "error" not in kinds
    assert "execute_result" in kinds


def test_intervals_are_read(figures: Any) -> None:
    table = figures.interval(pd.Series(["0.321 (0.268 to 0.379)", "0.5"]))
    assert table.to_numpy().tolist() == [[0.321, 0.268, 0.379], [0.5, 0.5, 0.5]]


def test_figures_show_what_the_benchmarks_wrote(figures: Any) -> None:
    ranking = pd.read_csv(figures.RESULTS / "term_ranking.tsv", sep="\t")
    calibration = pd.read_csv(figures.RESULTS / "calibration.tsv", sep="\t")
    with mpl.rc_context({"backend": "Agg"}):
        dots = drawn(figures.term_ranking())
        lines = drawn(figures.calibration("p<.05"))
    shown = ranking[ranking["method"].isin(figures.COLOURS)]
    assert dots == sorted(shown["MRR"].str.split().str[0].astype(float))
    calibration = calibration[calibration["genes drawn"] == "uniform"]
    calibration = calibration[calibration["library"].isin(figures.LIBRARIES)]
    nominal = [0.05] * 2 * calibration["library"].nunique()
    rates = calibration.loc[calibration["method"].isin(figures.COLOURS), "p<.05"]
    assert lines == sorted([*rates, *nominal])


def drawn(figure: plt.Figure) -> list[float]:
    """Figures that are drawn: of dots with an interval the horizontal place, of lines the vertical one."""
    values = []
    for ax in figure.axes:
        dots = [container.lines[0].get_xdata() for container in ax.containers]
        lines = [] if dots else [line.get_ydata() for line in ax.lines]
        values += [float(value) for data in (*dots, *lines) for value in data]
    plt.close(figure)
    return sorted(values)


def test_the_page_on_tables_shows_every_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)
    from docs import headers as page
    from gsfm_enrich.genes.headers import GENE_HEADERS, HEADERS

    shown = page.table()
    assert set(page.FIGURES) == set(HEADERS)
    for name in (*GENE_HEADERS, *(name for names in HEADERS.values() for name in names)):
        assert f"`{name}`" in shown
