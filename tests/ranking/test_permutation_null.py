"""P-values from permuted tables are uniform where genes go together, and moments are those of numpy."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy.stats import kstest, skew, t

from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.ranking.columns import RANKED
from gsfm_enrich.ranking.permutation_null import SKEWNESS_SHRINKAGE, PermutationNull, permutation_nulls
from gsfm_enrich.ranking.ranked import EMPHASIS, VIEWS, Moments, view_effects
from gsfm_enrich.ranking.ranked_table import compare_views, ranked_table
from gsfm_enrich.ranking.ranked_weights import ranked_weights

GENES = tuple(f"G{i}" for i in range(600))
LIBRARY = GeneSetLibrary.from_dict(
    {f"term {i}": GENES[20 * i : 20 * i + 20] for i in range(30)} | {"unmeasured": ["X1", "X2"]}, "toy"
)


def correlated(n, seed):
    """Tables in which the 20 genes of a term share a third of their variance."""
    rng = np.random.default_rng(seed)
    shared = np.repeat(rng.normal(size=(n, 30)), 20, axis=1)
    return np.sqrt(1 / 3) * shared + np.sqrt(2 / 3) * rng.normal(size=(n, 600))


@pytest.fixture(scope="module")
def weights():
    return ranked_weights(LIBRARY, None, GENES)


@pytest.fixture(scope="module")
def null(weights):
    return permutation_nulls([lambda: correlated(200, 0), lambda: correlated(300, 1)], [weights])[0]


@pytest.mark.parametrize("view", VIEWS)
def test_p_values_are_uniform_although_genes_are_correlated(weights, null, view):
    tables = correlated(400, 2)
    independent = compare_views(tables, weights)[view].p_values[:, :30].ravel()
    p = compare_views(tables, weights, null)[view].p_values[:, :30].ravel()
    assert np.mean(independent < 0.001) > 0.005
    assert np.mean(p < 0.001) < 0.004
    assert 0.04 < np.mean(p < 0.05) < 0.06
    assert kstest(p, "uniform").statistic < 0.05  # the upper end is a little too heavy


def test_moments_are_those_of_all_portions_together(weights, null):
    tables = np.concatenate([correlated(200, 0), correlated(300, 1)])
    for view, effects in view_effects(tables, weights).items():
        moments = null.moments[view]
        np.testing.assert_allclose(moments.mean, effects.mean(axis=0), atol=1e-12)
        np.testing.assert_allclose(moments.spread, effects.std(axis=0, ddof=1))
        plain = skew(effects[:, :30], axis=0) * (499 / 500) ** 1.5
        expected = (1 - SKEWNESS_SHRINKAGE) * plain + SKEWNESS_SHRINKAGE * plain.mean()
        np.testing.assert_allclose(moments.skewness[:30], expected)
    assert null.n_tables == 500


def test_any_number_of_threads_gives_the_same_bytes(weights):
    draws = [partial(correlated, 40, seed) for seed in range(40)]
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            (own,) = permutation_nulls(draws, [weights])
            found.append(b"".join(own.moments[view].skewness.tobytes() for view in VIEWS))
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1]


def test_few_tables_give_larger_p_values(weights):
    effects = view_effects(correlated(200, 5), weights)["up"]
    mean, spread = effects.mean(axis=0), effects.std(axis=0)
    normal = Moments(mean, spread, np.zeros(len(mean)))
    z = (effects - mean)[:, :30] / spread[:30]
    for n in (12, 400):
        p = PermutationNull({"up": normal}, n).p_values(effects, "up")[:, :30]
        np.testing.assert_allclose(p, t.sf(z / np.sqrt(1 + 1 / n), n - 1), rtol=1e-6)


def test_terms_without_measured_genes_are_not_found(weights, null):
    assert (compare_views(correlated(3, 3), weights, null)["up"].p_values[:, 30] == 1).all()


def test_the_table_is_sorted_and_complete(weights, null):
    tables = correlated(1, 4)
    tables[0, 40:60] += 2
    tested = compare_views(tables, weights, null)
    table = ranked_table(
        LIBRARY, weights, tested, "up", names=GENES, statistic=tables[0], table=0, min_size=5
    )  # fmt: skip
    assert list(table) == [column.name for column in RANKED]
    assert len(table) == 30
    assert table["Term"][0] == "term 2"
    assert table["NOM p-val"].is_monotonic_increasing
    assert set(table["Lead_genes"][0].split(";")) <= set(GENES[40:60])
    np.testing.assert_allclose(table["NOM p-val"], table["Up P-value"])
    mean = np.maximum(tables[0], 0) ** EMPHASIS
    np.testing.assert_allclose(table["ES"][0], mean[40:60].mean() - mean.mean(), rtol=0.1)
