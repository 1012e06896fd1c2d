"""Both tests of a group side by side, and the combination of their p-values."""

import anndata
import numpy as np
import pandas as pd
import pytest

import gsfm_enrich as ge
from gsfm_enrich.get._combined import cauchy_combination


def test_combination_is_that_of_the_formula():
    p = np.random.default_rng(0).uniform(0.001, 0.95, (3, 50))
    expected = 0.5 - np.arctan(np.tan(np.pi * (0.5 - p)).mean(axis=0)) / np.pi
    np.testing.assert_allclose(cauchy_combination(p), expected, rtol=1e-9)
    np.testing.assert_allclose(cauchy_combination(np.array([[1e-200], [1e-200]])), [1e-200])
    assert cauchy_combination(np.array([[0.0], [0.5]])) == 0


def test_it_is_true_of_tests_that_depend_on_each_other():
    rng = np.random.default_rng(1)
    shared = rng.normal(size=100_000)
    from scipy.stats import norm

    p = norm.sf(np.stack([shared, 0.8 * shared + 0.6 * rng.normal(size=shared.size)]))
    combined = cauchy_combination(p)
    assert np.mean(combined < 0.05) < 0.055
    assert np.mean(combined < 0.001) < 0.0013


@pytest.fixture
def cells():
    def slot(**columns):
        table = pd.DataFrame({"group": "a", "direction": "up", "Gene_set": "x", **columns})
        return {"results": table, "log": table[["group", "direction"]], "params": {}}

    data = anndata.AnnData(np.ones((1, 1)))
    data.uns["gsfm_enrichr"] = slot(
        Term=["s", "t"], Overlap=["1/9", "2/9"], Genes=["A", "A;B"], **{"GSFM P-value": [0.5, 0.01]}
    )
    data.uns["gsfm_ranked"] = slot(
        Term=["t", "u"], NES=[3.0, 1.0], Lead_genes=["A", ""], **{"Up P-value": [0.01, 0.04]}
    )
    return data


def test_terms_of_either_test_are_there(cells):
    table = ge.get.combined_df(cells, "a")
    assert table["Term"].tolist() == ["t", "u", "s"]
    np.testing.assert_allclose(table["Combined P-value"][0], 0.01)
    assert table["Combined Adjusted P-value"][0] == pytest.approx(0.03)
    assert np.isnan(table["List P-value"][1])


def test_groups_that_only_one_test_has(cells):
    with pytest.raises(ge.InputError, match="gsfm_ranked"):
        ge.get.combined_df(cells, "b")
    with pytest.raises(ge.InputError, match="'both'"):
        ge.get.combined_df(cells, direction="both")
