"""Laws of overlaps from permuted lists: their tail, their moments, and p-values where genes go together."""

import numpy as np
import pytest
from scipy.stats import hypergeom, nbinom

from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.ranking.list_null import PRIOR_LISTS, CountLaw, gene_counts, list_nulls
from gsfm_enrich.ranking.membership import library_membership

GENES = [f"G{i}" for i in range(600)]
LIBRARY = GeneSetLibrary.from_dict({f"term {i}": GENES[20 * i : 20 * i + 20] for i in range(30)}, "toy")


@pytest.fixture(scope="module")
def counts():
    return gene_counts(LIBRARY, GENES, None, "human", None)


def correlated_lists(n, seed, length=60):
    """The first genes of tables in which the genes of a term go up and down together."""
    rng = np.random.default_rng(seed)
    shared = np.repeat(rng.normal(size=(n, 30)), 20, axis=1)
    tables = np.sqrt(0.3) * shared + np.sqrt(0.7) * rng.normal(size=(n, 600))
    return np.argsort(-tables, axis=1)[:, :length]


def test_the_tail_is_that_of_the_negative_binomial_law():
    mean, variance = np.array([0.5, 2.0, 3.0]), np.array([0.9, 5.0, 3.5])
    law = CountLaw(mean, variance, np.ones(3))
    n, p = mean**2 / (variance - mean), mean / variance
    for hits in range(1, 8):
        np.testing.assert_allclose(law.p_values(np.full(3, hits)), nbinom.sf(hits - 1, n, p))
    assert law.p_values(np.zeros(3)).tolist() == [1, 1, 1]


def test_units_only_rescale_and_a_spread_below_that_of_counts_is_poissons():
    law = CountLaw(np.array([2.0]), np.array([5.0]), np.ones(1))
    halves = CountLaw(np.array([1.0]), np.array([1.25]), np.full(1, 0.5))
    assert law.p_values(np.array([4.0])) == pytest.approx(halves.p_values(np.array([2.0])))
    narrow = CountLaw(np.array([2.0]), np.array([0.1]), np.ones(1))
    poisson = CountLaw(np.array([2.0]), np.array([2.0]), np.ones(1))
    assert narrow.p_values(np.array([4.0])) == pytest.approx(poisson.p_values(np.array([4.0])))


def test_moments_are_those_of_all_portions_and_of_random_lists_beside_them(counts):
    lists = correlated_lists(300, 0)
    [null] = list_nulls([{"up": lists[:100]}, {"up": lists[100:]}], [counts])
    hits = np.stack([np.isin(lists, range(20 * i, 20 * i + 20)).sum(axis=1) for i in range(30)], axis=1)
    random_variance = 20 * (60 / 600) * (540 / 600) * (580 / 599)  # hypergeometric
    mean = (hits.sum(axis=0) + PRIOR_LISTS * 2.0) / (300 + PRIOR_LISTS)
    spread = ((hits - mean) ** 2).sum(axis=0) + PRIOR_LISTS * random_variance
    np.testing.assert_allclose(null["up"].members.mean, mean)
    np.testing.assert_allclose(null["up"].members.variance, spread / (300 + PRIOR_LISTS))
    assert null["up"].completed is None


def test_p_values_are_true_although_genes_are_correlated(counts):
    [null] = list_nulls([{"up": correlated_lists(1000, 0)}], [counts])
    rows = correlated_lists(2000, 1)
    hits = np.stack([np.isin(rows, range(20 * i, 20 * i + 20)).sum(axis=1) for i in range(30)], axis=1)
    p = np.stack([null["up"].members.p_values(row) for row in hits])
    assert 0.02 < np.mean(p < 0.05) <= 0.05
    assert 0.0001 < np.mean(p < 0.001) < 0.002
    random = np.stack([hypergeom.sf(row - 1, 600, 20, 60) for row in hits])
    assert np.mean(random < 0.001) > 0.01


def test_genes_outside_the_background_and_unknown_ones_count_nothing():
    table = gene_counts(LIBRARY, ["G0", "G1", "stranger"], ("G0", "stranger"), "human", None)
    assert table.members.toarray()[:, 0].tolist() == [1, 0, 0]


def test_predicted_members_count_their_weight(block_library, block_model):
    table = library_membership(block_library, block_model, "human")
    genes = list(block_model.vocab.tokens[2:42])
    counts = gene_counts(block_library, genes, None, "human", table)
    more = (counts.completed - counts.members).toarray()
    columns = table.columns_of(genes)
    np.testing.assert_allclose(more, table.weights[:, columns].T.toarray())
    assert (more > 0).any()
