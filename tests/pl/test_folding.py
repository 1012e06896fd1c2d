"""Folding: the best of the terms that rest on the same genes is shown, and how many others there are."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from drawn import labels, plain_rows, texts

from gsfm_enrich import pl
from gsfm_enrich.pl.folding import fold_rows, folded_note
from gsfm_enrich.ranking.groups import group_terms

P_VALUES = {"a": 0.001, "b": 0.002, "c": 0.003, "d": 0.004}
GENES = {"a": "A;B;C", "b": "A;B", "c": "X;Y", "d": "A;B;C;D"}


@pytest.fixture
def rows() -> pd.DataFrame:
    return plain_rows("g", P_VALUES, GENES)


def test_terms_are_folded_as_group_terms_groups_them(results: pd.DataFrame) -> None:
    results = results.assign(Genes="A;B;C", **{"Predicted Genes": "D;E", "Expected Overlap": 3.5})
    results.loc[results["Term"] == "term 1 (GO:0000001)", "Genes"] = "X;Y"
    ordered = results.sort_values(["group", "direction", "GSFM Rank"])
    expected = group_terms(ordered, cutoff=1.0)
    found = fold_rows(ordered, 0.5)
    key = ["group", "direction", "Term"]
    assert sorted(found[key].itertuples(index=False)) == sorted(expected[key].itertuples(index=False))
    assert sorted(found["Similar Terms"]) == sorted(expected["Also"])


@pytest.mark.parametrize(
    ("fold", "kept", "note"),
    [
        (None, ["a", "b", "c", "d"], ""),
        (0.5, ["a", "c"], "+ 2 similar terms, folded"),
        (0.7, ["a", "b", "c"], "+ 1 similar term, folded"),
    ],
)
def test_folding_of_results_without_a_model(
    rows: pd.DataFrame, fold: Any, kept: list[str], note: str
) -> None:
    found = fold_rows(rows, fold)
    assert found["Term"].tolist() == kept
    assert folded_note(found) == note


@pytest.mark.parametrize("name", ["dotplot", "heatmap", "barplot"])
def test_plots_fold_by_default_and_say_so(name: str, rows: pd.DataFrame) -> None:
    draw = getattr(pl, name)
    assert sorted(labels(draw(rows, top_term=4), "y")) == ["a", "c"]
    assert any("similar" in text for text in texts(draw(rows, top_term=4)))
    assert sorted(labels(draw(rows, top_term=4, fold=None), "y")) == ["a", "b", "c", "d"]
    assert not any("similar" in text for text in texts(draw(rows, top_term=4, fold=None)))


def test_the_best_is_the_best_by_the_drawn_column(rows: pd.DataFrame) -> None:
    rows["Combined Score"] = [1.0, 2.0, 3.0, 4.0]
    ax = pl.barplot(rows, column="Combined Score")
    assert labels(ax, "y") == ["d", "c"]
    assert texts(ax)[0] == "1 of 2  (+2 similar)"


def test_a_table_without_genes_is_drawn_in_full(rows: pd.DataFrame) -> None:
    assert labels(pl.barplot(rows.drop(columns="Genes")), "y") == ["a", "b", "c", "d"]
