"""Cells summed by donor: the sums, the t of limma, and which labellings there are."""

import sys

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from gsfm_enrich.errors import InputError, MissingPackageError
from gsfm_enrich.expression.pseudobulk import Samples, check_samples, moderated_t, sum_cells


def test_cells_are_summed_by_donor_and_group():
    rng = np.random.default_rng(0)
    counts = rng.poisson(3, (60, 7))
    labels = np.repeat(["a", "b", ""], 20)
    donors = np.tile(np.repeat(["x", "y"], 10), 3)
    donors[25:30] = ""  # five of the ten cells of b in x
    values, samples = sum_cells(sparse.csr_array(counts), labels.tolist(), donors.tolist())
    assert samples == [("a", "x"), ("a", "y"), ("b", "y")]
    sums = np.stack([counts[:10].sum(0), counts[10:20].sum(0), counts[30:40].sum(0)])
    expected = np.log2((sums + 0.5) / (sums.sum(1, keepdims=True) + 1) * 1e6)
    np.testing.assert_allclose(values, expected)


@pytest.mark.parametrize("paired", [True, False])
def test_the_statistic_is_that_of_limma(paired):
    limma = pytest.importorskip("inmoose.limma")
    rng = np.random.default_rng(1)
    donors = np.repeat(np.arange(6), 2)
    inside = np.tile([True, False], 6)
    values = rng.normal(size=(12, 300)) * rng.chisquare(5, 300) + 3 * donors[:, None]
    values[inside, :10] += 9
    design = pd.DataFrame({"group": inside.astype(float)})
    if paired:
        design = design.join(pd.get_dummies(pd.Series(donors), prefix="donor").astype(float))
    else:
        design["mean"] = 1.0
    fit = limma.eBayes(limma.lmFit(pd.DataFrame(values.T), design))
    expected = np.asarray(fit.t)[:, 0] if not hasattr(fit.t, "iloc") else fit.t.iloc[:, 0].to_numpy()
    found = moderated_t(values, inside, donors if paired else np.zeros(12, dtype=int))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_genes_that_do_not_vary_have_no_statistic():
    pytest.importorskip("inmoose")
    values = np.random.default_rng(0).normal(size=(8, 50))
    values[:, 3] = 1.5
    t = moderated_t(values, np.arange(8) < 4, np.zeros(8, dtype=int))
    assert t[3] == 0
    assert (t != 0).sum() == 49


def samples(codes, replicates):
    codes = np.array(codes)
    values = np.random.default_rng(0).normal(size=(len(codes), 40))
    return Samples(("a",), values, codes, np.array(replicates))


def test_labels_stay_within_donors_where_these_have_several_groups():
    pytest.importorskip("inmoose")
    paired = samples([0, -1] * 4, [0, 0, 1, 1, 2, 2, 3, 3])
    assert paired.paired
    assert paired.n_labellings() == 2**4
    nested = samples([0, 0, 0, -1, -1, -1], range(6))
    assert not nested.paired
    assert nested.n_labellings() == 20
    drawn = [draw() for draw in paired.permuted(200, np.random.default_rng(0))]
    assert len({table.round(9).tobytes() for table in drawn}) == 2**4
    assert paired.statistics().round(9).tobytes() in {table.round(9).tobytes() for table in drawn}


def test_too_few_replicates_are_refused():
    with pytest.raises(InputError, match="'a' has 1 of 5 samples"):
        check_samples(np.array([0, -1, -1, -1, -1]), ["a"])


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "inmoose.limma", None)
    with pytest.raises(MissingPackageError, match=r"gsfm-enrich\[pseudobulk\]"):
        moderated_t(np.zeros((4, 3)), np.arange(4) < 2, np.zeros(4, dtype=int))
