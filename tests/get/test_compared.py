"""Comparison of contrasts: what is shared, specific and opposite, against a plain loop over terms."""

from __future__ import annotations

from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest

from gsfm_enrich import get, tl
from gsfm_enrich.errors import GsfmEnrichWarning, InputError

COLUMNS = ["group", "direction", "Term", "Adjusted P-value"]


def random_results(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        (group, direction, f"t{term}", float(10.0 ** -rng.uniform(0, 3)))
        for group in "abc"
        for direction in ("up", "down")
        for term in range(40)
        if rng.random() < 0.5
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def kind_of(rows: pd.DataFrame, cutoff: float) -> tuple[str, list[str], list[str]]:
    counting = rows[rows["Adjusted P-value"] <= cutoff]
    up = counting.loc[counting["direction"] == "up", "group"].tolist()
    down = counting.loc[counting["direction"] == "down", "group"].tolist()
    if up and down:
        return "opposite", up, down
    return "shared" if len(up + down) > 1 else "specific" if up + down else "", up, down


@pytest.mark.parametrize("cutoff", [0.05, 0.3])
def test_kinds_and_scores(cutoff: float) -> None:
    results = random_results()
    table = get.compared_df(results, cutoff=cutoff).set_index("Term")
    seen = set()
    for term, rows in results.groupby("Term"):
        kind, up, down = kind_of(rows, cutoff)
        if not kind:
            assert term not in table.index
            continue
        seen.add(kind)
        row = table.loc[term]
        assert (row["kind"], row["up"], row["down"]) == (kind, ";".join(up), ";".join(down))
        assert row["n_groups"] == len({*up, *down})
        for group in "abc":
            of_group = rows[rows["group"] == group].sort_values("Adjusted P-value")
            expected = np.nan
            if len(of_group):
                best = of_group.iloc[0]
                expected = -np.log10(best["Adjusted P-value"]) * (-1 if best["direction"] == "down" else 1)
            np.testing.assert_allclose(row[f"score {group}"], expected)
    assert seen == {"opposite", "shared", "specific"}
    assert table["kind"].drop_duplicates().tolist() == ["opposite", "shared", "specific"]


def test_groups_are_chosen_and_ordered() -> None:
    table = get.compared_df(random_results(), ["c", "a"])
    assert [name for name in table if name.startswith("score")] == ["score c", "score a"]
    assert not table["up"].str.contains("b").any()


def test_a_dict_of_contrasts() -> None:
    results = random_results()
    parts = {name: part.drop(columns="group") for name, part in results.groupby("group")}
    pd.testing.assert_frame_equal(get.compared_df(parts), get.compared_df(results))
    two = get.compared_df({"x": results[results["group"] != "c"], "y": parts["c"]})
    assert [name for name in two if name.startswith("score")] == ["score x: a", "score x: b", "score y"]


def test_of_cells(adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any) -> None:
    with pytest.warns(GsfmEnrichWarning, match="no result"):
        tl.enrichr(adata, sets, model=small_model)
    table = get.compared_df(adata, cutoff=1.0)
    assert set(table["Term"]) == set(get.enrichr_df(adata)["Term"])
    assert list(table)[:2] == ["Gene_set", "Term"]


@pytest.mark.parametrize(
    ("data", "options", "named"),
    [
        (random_results()[lambda rows: rows["group"] == "a"], {}, "two groups"),
        (random_results(), {"groups": "a"}, "'a'"),
        (random_results(), {"groups": ["a", "x"]}, "'x'"),
        (random_results().drop(columns="Term"), {}, "'Term'"),
        ({}, {}, "empty"),
        (3, {}, "int"),
    ],
)
def test_errors(data: Any, options: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        get.compared_df(data, **options)
