"""gseapy's figures with the model's columns: the best terms, by the right column."""

from __future__ import annotations

import inspect

import gseapy
import numpy as np
import pandas as pd
import pytest

import gsfm_enrich as gp
from gsfm_enrich.errors import InputError


@pytest.fixture
def results() -> pd.DataFrame:
    """Thirty terms, all significant; the model's order is the opposite of the overlap test's."""
    n = 30
    up = np.arange(1, n + 1)
    return pd.DataFrame(
        {
            "Gene_set": "x",
            "Term": [f"term {i}" for i in up],
            "Overlap": "3/50",
            "P-value": up[::-1] * 1e-5,
            "Adjusted P-value": up[::-1] * 1e-3,
            "Odds Ratio": 2.0,
            "Combined Score": up * 2.0,
            "Genes": "A;B;C",
            "Expected Overlap": 40.0 - up,
            "GSFM Fold Enrichment": 50.0 - up,
            "GSFM P-value": up * 1e-6,
            "GSFM Adjusted P-value": up * 1e-4,
            "GSFM Rank": up,
            "Rank Change": n - up,
            "Predicted Genes": "",
        }
    )


BEST = {f"term {i}" for i in range(1, 11)}
WORST = {f"term {i}" for i in range(21, 31)}
COLUMNS = ["GSFM Adjusted P-value", "GSFM P-value", "GSFM Fold Enrichment", "Expected Overlap", "GSFM Rank"]


def terms_of(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


@pytest.mark.parametrize("name", ["dotplot", "barplot", "enrichment_map"])
def test_the_signature_is_gseapys(name):
    ours, theirs = (inspect.signature(getattr(module, name)).parameters for module in (gp, gseapy))
    assert [(p.name, p.kind, p.default) for p in ours.values()] == [
        (p.name, p.kind, p.default) for p in theirs.values()
    ]


@pytest.mark.parametrize("column", [None, *COLUMNS, "Rank Change"])
def test_the_models_best_terms_are_drawn(results, column):
    given = {} if column is None else {"column": column}
    assert set(terms_of(gp.barplot(results, **given))) == BEST
    assert set(terms_of(gp.dotplot(results, **given))) == BEST
    nodes, _ = gp.enrichment_map(results, **given)
    assert set(nodes["Term"]) == BEST


def test_gseapys_columns_are_drawn_when_they_are_asked_for(results):
    assert set(terms_of(gp.barplot(results, column="Adjusted P-value"))) == WORST
    assert set(terms_of(gp.barplot(results, "Combined Score"))) == WORST


def test_bars_are_as_long_as_the_p_values_say_and_the_best_is_on_top(results):
    axes = gp.barplot(results)
    assert terms_of(axes)[-1] == "term 1"
    assert axes.patches[-1].get_width() == pytest.approx(4)
    assert "GSFM Adjusted P-value" in axes.get_xlabel()
    ranked = gp.barplot(results, column="GSFM Rank")
    top = 0 if ranked.yaxis_inverted() else -1
    assert terms_of(ranked)[top] == "term 1"


def test_colours_are_named_after_the_model(results):
    titles = [axes.get_title(loc="left") for axes in gp.dotplot(results).figure.axes]
    assert any("GSFM" in title for title in titles)
    own = [axes.get_title(loc="left") for axes in gp.dotplot(results, "P-value").figure.axes]
    assert not any("GSFM" in title for title in own)


def test_the_cutoff_is_that_of_the_model(results):
    assert terms_of(gp.barplot(results, cutoff=0.00031)) == ["term 3", "term 2", "term 1"]
    with pytest.raises(InputError, match="cutoff = 1e-09"):
        gp.dotplot(results, cutoff=1e-9)


def test_groups_each_show_their_best(results):
    both = pd.concat([results.assign(cells="B"), results.assign(cells="T")])
    for column in ("GSFM Adjusted P-value", "GSFM Rank"):
        axes = gp.barplot(both, column=column, group="cells", top_term=2)
        assert sorted(terms_of(axes)) == ["term 1", "term 1", "term 2", "term 2"]


def test_nodes_keep_their_columns(results):
    before = results.copy()
    nodes, _ = gp.enrichment_map(results)
    row = nodes.set_index("Term").loc["term 1"]
    assert row["GSFM Adjusted P-value"] == 1e-4
    assert row["Adjusted P-value"] == pytest.approx(0.03)
    assert list(nodes.columns[: len(results.columns)]) == list(results.columns)
    pd.testing.assert_frame_equal(results, before)


def test_a_figure_is_saved_with_its_name(results, tmp_path):
    assert gp.dotplot(results, ofname=str(tmp_path / "dots.svg")) is None
    assert gp.barplot(results, ofname=tmp_path / "bars.png") is None
    assert (tmp_path / "dots.svg").stat().st_size > 1000
    assert (tmp_path / "bars.png").read_bytes().startswith(b"\x89PNG")


def test_results_of_gseapy_are_drawn_as_gseapy_draws_them(results):
    theirs = results.loc[:, :"Genes"]
    assert terms_of(gp.barplot(theirs)) == terms_of(gseapy.barplot(theirs))
    assert terms_of(gp.dotplot(theirs)) == terms_of(gseapy.dotplot(theirs))
    with pytest.raises(InputError, match=r"'GSFM Rank'.*rerank=True"):
        gp.barplot(theirs, column="GSFM Rank")
    with pytest.raises(InputError, match="not list"):
        gp.barplot([1, 2])
