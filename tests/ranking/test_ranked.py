"""The threshold-free test against loops, permutations and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from gsfm_enrich.errors import InputError
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.ranking import ranked
from gsfm_enrich.ranking.leading_genes import leading_genes
from gsfm_enrich.ranking.membership import library_membership
from gsfm_enrich.ranking.ranked import (
    gene_sampling_moments,
    pearson3_tail,
    rank_views,
    standardise,
    tamed,
    view_sums,
)
from gsfm_enrich.ranking.ranked_query import ranked_query
from gsfm_enrich.ranking.ranked_weights import TermWeights, gene_weights, ranked_weights

GENES = tuple(f"G{i}" for i in range(800))


def random_library(n_terms: int = 40, seed: int = 0) -> GeneSetLibrary:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 60, n_terms)
    return GeneSetLibrary.from_dict(
        {f"t{i}": list(rng.choice(GENES, size, replace=False)) for i, size in enumerate(sizes)}
    )


@pytest.fixture
def tables() -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.standard_t(4, (3, len(GENES)))


def test_frequent_genes_count_less() -> None:
    sets = {f"t{i}": [f"G{j}" for j in range(i + 1)] for i in range(100)}
    library = GeneSetLibrary.from_dict(sets)
    frequency = {gene: sum(gene in genes for genes in sets.values()) for gene in library.genes}
    most = np.quantile(list(frequency.values()), 0.99)
    expected = [1 + np.sqrt((most - min(f, most)) / (most - 1)) for f in frequency.values()]
    np.testing.assert_allclose(gene_weights(library), expected)
    assert set(gene_weights(GeneSetLibrary.from_dict({"a": ["x", "y"], "b": ["z"]}))) == {2.0}


def test_weights_of_members_and_predicted_members(block_model, block_library) -> None:
    genes = tuple(block_model.vocab.tokens[2:])
    found = ranked_weights(block_library, block_model, genes)
    table = library_membership(block_library, block_model)
    probable = table.probable.toarray()
    weight = dict(zip(block_library.genes, gene_weights(block_library), strict=True))
    n_predicted = 0
    for row, term in enumerate(block_library.terms):
        members = set(block_library[term])
        for column, gene in enumerate(genes):
            p = probable[row, table.of_unit[column + 2]]
            expected = 1.0 if gene in members else 0.5 * np.sqrt(p)
            n_predicted += expected not in (0.0, 1.0)
            assert found.weights[row, column] == pytest.approx(expected * weight.get(gene, 2.0))
            assert found.members[row, column] == (gene in members)
    assert n_predicted > 100


def test_term_without_a_measured_member_is_not_tested(block_model, block_library) -> None:
    first = set(block_library[block_library.terms[0]])
    genes = tuple(gene for gene in block_model.vocab.tokens[2:] if gene not in first)
    found = ranked_weights(block_library, block_model, genes)
    assert found.sizes[0] == 0
    assert found.weights[[0]].nnz == 0
    assert (np.diff(found.weights.indptr)[found.sizes > 0] > 0).all()


def test_neighbours_of_the_gene_in_the_name_count_half(block_model, factor_library) -> None:
    genes = tuple(block_model.vocab.tokens[2:])
    found = ranked_weights(factor_library, block_model, genes)
    table = library_membership(factor_library, block_model)
    near = table.neighbours[:, table.of_unit[2:]].toarray()
    assert near.sum() > 100
    weight = dict(zip(factor_library.genes, gene_weights(factor_library), strict=True))
    of_gene = np.array([weight.get(gene, 2.0) for gene in genes])
    counts = found.weights.toarray() / of_gene
    assert (counts[near & ~found.members.toarray()] >= 0.5 - 1e-9).all()


def test_effects_are_those_of_a_loop(tables) -> None:
    library = random_library()
    weights = ranked_weights(library, None, GENES)
    result = rank_views(tables, weights)
    per_gene = dict(zip(library.genes, gene_weights(library), strict=True))
    for number, row in enumerate(tables):
        most = np.sort(np.abs(row))[-2]  # the strongest gene is cut
        for view, part in {
            "up": lambda x: max(x, 0),
            "down": lambda x: max(-x, 0),
            "absolute": abs,
        }.items():
            values = dict(zip(GENES, [part(np.clip(x, -most, most)) ** 1.5 for x in row], strict=True))
            mean, variance = np.mean(list(values.values())), np.var(list(values.values()), ddof=1)
            for position, term in enumerate(library.terms):
                counts = [per_gene[gene] for gene in library[term]]
                excess = sum(per_gene[gene] * (values[gene] - mean) for gene in library[term])
                squares = sum(c**2 for c in counts)
                inflation = 1 + (sum(counts) ** 2 / squares - 1) * 0.002
                spread = np.sqrt(inflation * variance * (squares - sum(counts) ** 2 / len(GENES)))
                assert result[view].effects[number, position] == pytest.approx(excess / spread)


def test_moments_are_those_of_permuted_genes(tables) -> None:
    weights = ranked_weights(random_library(12), None, GENES)
    values = np.abs(tables[:1])
    rng = np.random.default_rng(0)
    permuted = rng.permuted(np.repeat(values, 20_000, axis=0), axis=1)
    sums = view_sums(permuted, weights)["up"]
    exact = gene_sampling_moments(values, weights, correlation=0)
    np.testing.assert_allclose(exact.mean[0], sums.mean(axis=0), rtol=0.02)
    np.testing.assert_allclose(exact.spread[0], sums.std(axis=0), rtol=0.03)
    np.testing.assert_allclose(exact.skewness[0], stats.skew(sums), atol=0.12)
    p = pearson3_tail(standardise(sums, exact), exact.skewness)
    assert 0.045 < np.mean(p < 0.05) < 0.055
    assert 0.0005 < np.mean(p < 0.001) < 0.002


def test_signed_mean_ranks_like_a_linear_model(tables) -> None:
    library = random_library()
    sets = {term: genes for term, genes in library.to_dict().items() if len(genes) > 4}
    library = GeneSetLibrary.from_dict(sets)
    incidence = ranked_weights(library, None, GENES).members.astype(np.float64)
    weights = TermWeights(incidence, incidence.astype(bool))
    sums = view_sums(tables, weights)
    found = standardise(sums["up"] - sums["down"], gene_sampling_moments(tables, weights, correlation=0))
    # The slope of a table on the membership of a term has the p-value of their correlation r;
    # the effect is r times sqrt(n - 1).
    r = [[stats.linregress(term, table).rvalue for term in incidence.toarray()] for table in tables]
    np.testing.assert_allclose(found, np.array(r) * np.sqrt(len(GENES) - 1), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("skewness", [-1.5, -0.01, 0.0, 1e-6, 0.3, 2.5])
def test_tail_is_that_of_scipy(skewness) -> None:
    z = np.linspace(-4, 12, 50)
    np.testing.assert_allclose(
        pearson3_tail(z, skewness), stats.pearson3.sf(z, skewness), rtol=1e-5, atol=1e-300
    )


def test_one_gene_of_eighty_decides_nothing() -> None:
    rng = np.random.default_rng(2)
    row = rng.standard_normal(len(GENES))
    library = GeneSetLibrary.from_dict({"outlier": ["G0", "G1", "G2"], "shifted": GENES[10:40]})
    row[10:40] += 1.5
    row[:3] = 80, 0.1, -0.1
    result = rank_views(row[None], ranked_weights(library, None, GENES))["absolute"]
    assert result.effects[0, 0] < result.effects[0, 1]
    assert result.p_values[0, 0] > 0.01
    assert np.abs(tamed(row[None])).max() == np.sort(np.abs(row))[-2] ** 1.5


def test_tables_do_not_depend_on_each_other(tables) -> None:
    weights = ranked_weights(random_library(), None, GENES)
    together = rank_views(tables, weights)
    for number in range(len(tables)):
        alone = rank_views(tables[[number]], weights)
        for view in ranked.VIEWS:
            np.testing.assert_array_equal(alone[view].p_values[0], together[view].p_values[number])
    mirrored = rank_views(-tables, weights)
    np.testing.assert_allclose(mirrored["up"].effects, together["down"].effects)


def test_term_without_measured_genes_keeps_its_row(tables) -> None:
    library = GeneSetLibrary.from_dict({"none": ["X1", "X2"], "one": ["G5"], "all": GENES})
    weights = ranked_weights(library, None, GENES)
    result = rank_views(tables, weights)["up"]
    assert weights.sizes.tolist() == [0, 1, 800]
    assert (result.effects[:, 0] == 0).all()
    assert (result.p_values[:, 0] == 1).all()
    assert ((result.p_values > 0) & (result.p_values <= 1)).all()
    assert leading_genes(tables[0], weights, [0], "up")[0].members == []


def test_strongest_of_repeated_genes_is_kept_and_said() -> None:
    values = np.random.default_rng(0).standard_normal(len(GENES))
    query = ranked_query([*GENES, "G7", "G7", "G9", "G8"], [*values, -9.0, 2.0, np.nan, np.inf])
    assert query.repeated == ("G7",)
    assert query.missing == 2
    assert len(query.genes) == len(GENES)
    assert dict(zip(query.genes, query.statistic, strict=True))["G7"] == -9


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: x[:499], "499"),
        (lambda x: np.where(np.arange(len(x)) < 400, x, np.nan), "400"),
        (lambda x: np.full(len(x), 2.0), "is 2"),
        (lambda x: np.full(len(x), np.nan), "got 0"),
        (np.abs, "direction"),
        (lambda x: -np.abs(x), "positive"),
        (lambda x: x + 2.5 * np.sign(x), "only significant"),
    ],
)
def test_tables_without_a_background_are_refused(change, said) -> None:
    values = change(np.random.default_rng(0).standard_normal(len(GENES)))
    with pytest.raises(InputError, match=said):
        ranked_query(GENES[: len(values)], values)


def test_sparse_table_with_many_ties_is_tested() -> None:
    values = np.zeros(len(GENES))
    values[::20] = np.random.default_rng(0).standard_normal(40)
    weights = ranked_weights(random_library(), None, GENES)
    result = rank_views(ranked_query(GENES, values).statistic[None], weights)
    assert all(np.isfinite(result[view].effects).all() for view in ranked.VIEWS)


def test_shapes_must_fit(tables) -> None:
    weights = ranked_weights(random_library(), None, GENES)
    with pytest.raises(InputError, match="800"):
        rank_views(tables[:, :700], weights)
