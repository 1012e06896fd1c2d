"""The running sum is that of gseapy where genes count alike."""

import gseapy
import numpy as np
import pandas as pd

from gsfm_enrich.ranking.running_sum import running_sum

GENES = [f"G{i}" for i in range(300)]


def test_the_curve_is_that_of_gseapy():
    rng = np.random.default_rng(0)
    statistic = rng.normal(size=300)
    term = [GENES[i] for i in range(0, 60, 3)]
    result = gseapy.prerank(
        pd.Series(statistic, index=GENES), {"a": term}, min_size=1, permutation_num=10, seed=0, outdir=None
    )
    order, sums = running_sum(statistic, np.isin(GENES, term).astype(float))
    np.testing.assert_allclose(sums, result.results["a"]["RES"], atol=1e-6)
    inside = np.flatnonzero(np.isin(np.array(GENES)[order], term))
    assert inside.tolist() == list(result.results["a"]["hits"])


def test_genes_step_up_by_what_they_count():
    statistic = np.array([2.0, 1.0, -1.0, -2.0])
    _, sums = running_sum(statistic, np.array([1.0, 0.0, 0.0, 0.5]))
    np.testing.assert_allclose(sums, [2 / 3, 2 / 3 - 1 / 2, 2 / 3 - 1, 0], atol=1e-12)


def test_a_term_whose_genes_do_not_change_steps_up_evenly():
    _, sums = running_sum(np.array([1.0, 0.0, 0.0, -1.0]), np.array([0.0, 1.0, 1.0, 0.0]))
    np.testing.assert_allclose(sums, [-0.5, 0, 0.5, 0])
