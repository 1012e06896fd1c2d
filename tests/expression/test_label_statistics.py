"""Statistics of many labellings, against scanpy's own for one, and permutations within donors."""

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from scipy import sparse

from gsfm_enrich.expression.label_statistics import (
    METHODS,
    label_statistics,
    permuted_codes,
    prepare_cells,
)


@pytest.fixture(scope="module")
def cells():
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.gamma(0.5, 2, 60), (80, 60)).astype(float)
    counts[:, 5] = 0  # a gene of no cell
    labels = pd.Categorical(rng.choice(["a", "b", "c"], 80))
    return anndata.AnnData(sparse.csr_matrix(np.log1p(counts)), obs=pd.DataFrame({"group": labels}))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tie_correct", [False, True])
def test_scores_are_those_of_scanpy(cells, method, tie_correct):
    sc.tl.rank_genes_groups(cells, "group", method=method, tie_correct=tie_correct)
    record = cells.uns["rank_genes_groups"]
    codes = cells.obs["group"].cat.codes.to_numpy().astype(np.int64)
    prepared = prepare_cells(cells.X, method, tie_correct=tie_correct)
    ours = label_statistics(prepared, codes, 3)
    for number, group in enumerate("abc"):
        theirs = pd.Series(record["scores"][group], index=record["names"][group])[cells.var_names]
        np.testing.assert_allclose(ours[number], theirs, rtol=1e-4, atol=1e-5)


def test_many_labellings_are_each_tested_alone(cells):
    codes = np.random.default_rng(1).integers(-1, 3, (4, 80))
    prepared = prepare_cells(cells.X, "t-test")
    together = label_statistics(prepared, codes, 3)
    for row, labelling in enumerate(codes):
        alone = label_statistics(prepared, labelling, 3)
        np.testing.assert_array_equal(together[3 * row : 3 * row + 3], alone)


def test_negative_values_are_ranked_as_well():
    dense = np.random.default_rng(2).normal(size=(20, 4)).round(1)
    codes = np.repeat([0, 1], 10)
    ours = label_statistics(prepare_cells(dense, "wilcoxon"), codes, 2)
    from scipy.stats import rankdata

    ranks = rankdata(dense, axis=0)[:10].sum(axis=0)
    np.testing.assert_allclose(ours[0], (ranks - 10 * 21 / 2) / np.sqrt(10 * 10 * 21 / 12))
    np.testing.assert_allclose(ours[1], -ours[0])


def test_labels_stay_within_donors():
    codes = np.array([0, 0, 1, 1, 1, 0, -1, 2])
    donors = np.array(["x", "y", "x", "y", "x", "y", "x", "y"])
    permuted = permuted_codes(codes, 50, np.random.default_rng(0), donors)
    for donor in "xy":
        inside = donors == donor
        assert (np.sort(permuted[:, inside], axis=1) == np.sort(codes[inside])).all()
    assert len(np.unique(permuted, axis=0)) > 10
