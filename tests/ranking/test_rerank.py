"""The model's columns of a result, against sums of the membership table and random queries."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csc_array
from scipy.stats import hypergeom

from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.columns import MODEL_COLUMNS
from gsfm_enrich.ranking.counts import count_overlap
from gsfm_enrich.ranking.membership import library_membership
from gsfm_enrich.ranking.rerank import list_predicted, rerank


def run(library: GeneSetLibrary, query: list[str], model: GSFM, background: object = None):
    counts = count_overlap(library, query, background, "human")
    return counts.overlap, rerank(counts, model).columns


def test_columns_are_those_of_the_contract(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    _, table = run(block_library, ["B0G0", "B1G1"], block_model)
    assert tuple(table.columns) == MODEL_COLUMNS
    assert sorted(table["GSFM Rank"]) == list(range(1, len(block_library) + 1))


@pytest.mark.parametrize("kind", ["library", "number", "list"])
def test_expected_overlap_is_the_sum_along_the_query(
    kind: str, block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    genes = list(block_model.vocab.genes)
    background = {"library": None, "number": 1000, "list": genes[:200]}[kind]
    query = ["B0G0", "B0G1", "B0G22", "B3G4", "B9G1", "not a gene"]
    overlap, table = run(block_library, query, block_model, background)
    membership = library_membership(block_library, block_model, "human")
    inside = [g for g in query[:-1] if kind != "list" or g in genes[:200]]
    columns = membership.of_unit[[block_model.vocab.index[g] for g in inside]]
    expected = overlap.hits + membership.probable.toarray()[:, columns].sum(axis=1)
    np.testing.assert_allclose(table["Expected Overlap"], np.where(overlap.sizes > 0, expected, 0), rtol=1e-5)


def test_genes_without_any_annotation_find_their_block(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    """The last five genes of a block are in no term: an overlap count is blind to them."""
    query = [f"B4G{number}" for number in range(20, 25)]
    overlap, table = run(block_library, query, block_model)
    assert overlap.hits.sum() == 0
    best = table["GSFM Rank"].to_numpy().argsort()[:3]
    assert {row % 12 for row in best} == {4}
    assert (table["GSFM P-value"].to_numpy()[best] < 1).all()  # of the overlap test they are all 1
    assert (table["GSFM Fold Enrichment"].to_numpy()[best] > 3).all()
    assert set(table["Predicted Genes"].iloc[best[0]].split(";")) == set(query)


def test_rank_change_counts_places_gained(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    overlap, table = run(block_library, ["B0G0", "B0G21", "B0G22", "B5G1"], block_model)
    rank = table["GSFM Rank"].to_numpy()
    for row, p in enumerate(overlap.p_values):
        ahead = (overlap.p_values < p) | ((overlap.p_values == p) & (rank < rank[row]))
        assert table["Rank Change"][row] == 1 + ahead.sum() - rank[row]


def test_without_trust_the_test_is_the_overlap_test(block_model: GSFM) -> None:
    genes = list(block_model.vocab.genes)
    library = GeneSetLibrary.from_dict({"a": genes[:20], "b": genes[100:140]}, "two terms")
    overlap, table = run(library, [*genes[:4], genes[120]], block_model)
    np.testing.assert_allclose(table["GSFM P-value"], overlap.p_values, rtol=1e-9)
    np.testing.assert_allclose(
        table["GSFM P-value"], hypergeom.sf(overlap.hits - 1, 60, [20, 40], 5), rtol=1e-9
    )
    assert table["Expected Overlap"].tolist() == [4, 1]
    assert table["GSFM Fold Enrichment"].tolist() == pytest.approx([4 / (5 * 20 / 60), 1 / (5 * 40 / 60)])


def test_random_queries_are_rarely_significant(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    rng = np.random.default_rng(0)
    p, found = [], []
    for _ in range(400):
        query = list(rng.choice(block_library.genes, 15, replace=False))
        _, table = run(block_library, query, block_model)
        p.append(table["GSFM P-value"].to_numpy())
        found.append(table["GSFM Adjusted P-value"].min() < 0.05)
    assert np.mean(found) < 0.09
    assert 0.02 < np.mean(np.array(p) <= 0.05) < 0.065


def test_predicted_genes_are_listed_most_probable_first_and_neighbours_last() -> None:
    p = csc_array(np.array([[0.3, 0.0, 0.9, 0.0], [0.0, 0.0, 0.0, 0.0]], dtype=np.float32))
    counted = csc_array(np.array([[3, 2, 3, 0], [0, 0, 0, 2]], dtype=np.float32))
    assert list_predicted(p, counted, ["a", "b", "c", "d"]) == ["c;a;b", "d"]
