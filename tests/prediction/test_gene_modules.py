"""Modules of a list, on a model whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.gene_modules import (
    EDGE_COLUMNS,
    GENE_COLUMNS,
    MODULE_COLUMNS,
    gene_modules,
    in_context,
    largest_first,
    similarity_to_module,
    split,
)

MIXED = [f"B{block}G{n}" for n in range(8) for block in (2, 5, 9) if n < {2: 8, 5: 6, 9: 4}[block]]


def test_mixed_blocks_are_separated_and_named(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    found = gene_modules(MIXED, block_library, model=block_model)
    assert tuple(found.genes.columns) == GENE_COLUMNS
    assert tuple(found.modules.columns) == MODULE_COLUMNS
    assert tuple(found.edges.columns) == EDGE_COLUMNS
    blocks = [gene.split("G")[0] for gene in MIXED]
    assert adjusted_rand_score(blocks, found.genes["module"]) == 1
    assert found.modules["size"].tolist() == [8, 6, 4]
    assert [name.split()[-1] for name in found.modules["name"]] == ["2", "5", "9"]
    assert set(found.modules["genes"].iloc[1].split(";")) == {f"B5G{n}" for n in range(6)}
    assert (found.modules["adjusted_p_value"] < 0.05).all()
    same = [
        a.split("G")[0] == b.split("G")[0]
        for a, b in zip(found.edges["gene"], found.edges["other"], strict=True)
    ]
    assert np.mean(same) > 0.9


def test_a_module_without_a_significant_term_is_unnamed(block_model: GSFM) -> None:
    library = GeneSetLibrary.from_dict({"far": ["B2G0", "B7G1", "B8G2"], "off": ["B9G1", "B4G2", "B6G2"]})
    found = gene_modules(MIXED, library, model=block_model).modules
    doubtful = found["adjusted_p_value"] > 0.05
    assert doubtful.any()
    assert (found.loc[doubtful, "name"] == "unnamed").all()
    assert found["terms"].str.contains("far").all()


def test_small_modules_are_dissolved(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    found = gene_modules(MIXED, block_library, smallest=5, model=block_model)
    assert found.modules["size"].tolist() == [8, 6]
    alone = found.genes[found.genes["gene"].str.startswith("B9")]
    assert (alone["module"] == 0).all()
    assert alone["similarity"].isna().all()


def test_double_centring_leaves_no_gene_closer_to_the_list_than_another() -> None:
    rng = np.random.default_rng(0)
    similarity = rng.normal(size=(30, 30)) + rng.normal(size=30)[:, None]
    similarity = similarity + similarity.T
    centred = in_context(similarity.astype(np.float32))
    np.testing.assert_allclose(centred, centred.T, atol=1e-6)
    assert (np.diag(centred) == 0).all()
    off = ~np.eye(30, dtype=bool)
    mean = np.where(off, similarity, 0).sum(axis=1) / 29
    expected = similarity - mean[:, None] - mean[None] + mean.mean()
    np.testing.assert_allclose(centred[off], expected[off], atol=1e-4)


def test_the_cut_is_where_modularity_along_the_tree_is_greatest() -> None:
    from scipy.cluster.hierarchy import cut_tree, linkage
    from scipy.spatial.distance import squareform

    rng = np.random.default_rng(1)
    points = np.concatenate([rng.normal(centre, 1, (7, 2)) for centre in (0, 4, 9)])
    similarity = in_context(-np.linalg.norm(points[:, None] - points[None], axis=2).astype(np.float32))
    tree = linkage(squareform(similarity.max() - similarity, checks=False), "average")

    def inside(labels: np.ndarray) -> float:
        return float(similarity[labels[:, None] == labels[None]].sum())

    best = max(inside(cut_tree(tree, n)[:, 0]) for n in range(1, 22))
    assert inside(split(similarity)) == pytest.approx(best)


def test_numbers_and_similarity() -> None:
    assert largest_first(np.array([4, 4, 7, 1, 1, 1]), 2).tolist() == [2, 2, 0, 1, 1, 1]
    similarity = np.array([[0.0, 2, 5], [2, 0, 7], [5, 7, 0]])
    assert similarity_to_module(similarity, np.array([1, 1, 1])).tolist() == [3.5, 4.5, 6]


def test_short_and_unknown(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    one = gene_modules("B1G1", block_library, model=block_model)
    assert one.genes["module"].tolist() == [0]
    assert one.modules.empty
    with pytest.warns(GsfmEnrichWarning) as caught:
        found = gene_modules([*MIXED, "who"], block_library, model=block_model)
    assert str(caught[0].message) == "The model does not know 1 of 19 genes: who."
    assert found.genes.set_index("gene").loc["who", "module"] == 0
    with pytest.raises(InputError) as error:
        gene_modules(MIXED, block_library, smallest=1, model=block_model)
    assert str(error.value) == "smallest must be a whole number of at least 2, not 1."
