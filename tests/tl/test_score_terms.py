"""Scores of terms per cell: equal to the formula, wherever the matrix lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from matplotlib import pyplot as plt
from scipy import sparse

from gsfm_enrich import get, tl
from gsfm_enrich.errors import GsfmEnrichWarning, InputError, LibraryError
from gsfm_enrich.expression import matrix
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.membership import library_membership
from gsfm_enrich.ranking.membership_net import membership_net
from gsfm_enrich.ranking.soft_sets import term_weights

N_CELLS = 37


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "ENTRIES", 3000)  # ten cells a block


@pytest.fixture
def cells(block_library: GeneSetLibrary, block_model: GSFM) -> anndata.AnnData:
    """Counts of the model's genes, a gene it does not know, one that is constant and one that is silent."""
    rng = np.random.default_rng(0)
    genes = [*block_model.vocab.tokens[2:], "unheard of", "constant", "silent"]
    values = np.log1p(rng.poisson(0.4, (N_CELLS, len(genes)))).astype(np.float32)
    values[:, -2:] = [3.1, 0.0]
    obs = pd.DataFrame(index=[f"cell {number}" for number in range(N_CELLS)])
    return anndata.AnnData(sparse.csr_matrix(values), obs=obs, var=pd.DataFrame(index=genes))


def by_formula(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The combined z-score as it is written down, dense and in one piece."""
    sd = values.std(axis=0)
    z = (values[:, sd > 1e-6] - values[:, sd > 1e-6].mean(axis=0)) / sd[sd > 1e-6]
    weights = weights[:, sd > 1e-6]
    return z @ weights.T / np.sqrt((weights**2).sum(axis=1))


def test_equals_the_formula(cells: anndata.AnnData, block_library: GeneSetLibrary, block_model: GSFM) -> None:
    tl.score_terms(cells, None, block_library, model=block_model)
    net = membership_net(gene_sets=block_library, genes=cells.var_names, model=block_model)
    weights = net.pivot_table(index="source", columns="target", values="weight").fillna(0.0)
    weights = weights.reindex(index=block_library.terms, columns=cells.var_names, fill_value=0.0)
    expected = by_formula(cells.X.toarray().astype(np.float64), weights.to_numpy())
    assert cells.obsm["gsfm_scores"].dtype == np.float32
    np.testing.assert_allclose(cells.obsm["gsfm_scores"], expected, rtol=1e-5, atol=1e-5)
    assert cells.uns["gsfm_scores"]["terms"].tolist() == list(block_library.terms)
    assert cells.uns["gsfm_scores"]["genes"].tolist() == (weights > 0).sum(axis=1).tolist()
    assert (weights.to_numpy() > 0).sum() > block_library.incidence.nnz  # predicted members count


@pytest.mark.parametrize(
    "kind", ["dense", "csc", "layer", "raw", "dask", "dask of sparse", "backed", "backed dense"]
)
def test_wherever_the_matrix_lies(
    cells: anndata.AnnData, block_library: GeneSetLibrary, kind: str, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"gene_sets": block_library, "min_weight": 1}
    tl.score_terms(cells, None, **options)
    expected = cells.obsm["gsfm_scores"].copy()
    values = cells.X
    if kind == "dense":
        cells.X = values.toarray()
    elif kind == "csc":
        cells.X = sparse.csc_matrix(values)
    elif kind == "layer":
        cells.layers["log"], options["layer"] = values, "log"
        cells.X = sparse.csr_matrix(values.shape, dtype=np.float32)
    elif kind == "raw":
        cells.raw = cells.copy()
        cells.X = sparse.csr_matrix(values.shape, dtype=np.float32)
    elif kind.startswith("dask"):
        array = pytest.importorskip("dask.array")
        chunks = array.from_array(values.toarray(), chunks=(8, 100))
        cells.X = chunks.map_blocks(sparse.csr_matrix) if kind == "dask of sparse" else chunks
    else:
        cells.X = values.toarray() if kind == "backed dense" else values
        cells.write_h5ad(tmp_path / "cells.h5ad")
        cells = anndata.read_h5ad(tmp_path / "cells.h5ad", backed="r")
        assert cells.isbacked
    tl.score_terms(cells, None, key_added="again", **options)
    np.testing.assert_allclose(cells.obsm["again"], expected, rtol=1e-5, atol=1e-6)


def test_members_alone_need_no_model(cells: anndata.AnnData) -> None:
    sets = {"one": ["B0G0", "B0G1", "unheard of"], "two": ["B1G0"]}
    tl.score_terms(cells, "two", sets, min_weight=1, model="no such model")
    z = cells[:, "B1G0"].X.toarray().ravel()
    np.testing.assert_allclose(cells.obsm["gsfm_scores"][:, 0], (z - z.mean()) / z.std(), rtol=1e-4)
    assert "model" not in cells.uns["gsfm_scores"]["params"]


def test_into_the_plots_of_scanpy_and_through_a_file(cells: anndata.AnnData, tmp_path: Path) -> None:
    sets = {"G1/S": ["B0G0", "B0G1"], "two": ["B1G0"]}
    copied = tl.score_terms(cells, None, sets, min_weight=1, key_added="mine", copy=True)
    assert copied is not None
    assert "mine" not in cells.obsm
    copied.obsm["X_umap"] = np.zeros((N_CELLS, 2))
    copied.write_h5ad(tmp_path / "cells.h5ad")
    scores = get.term_scores(anndata.read_h5ad(tmp_path / "cells.h5ad"), "mine")
    assert scores.var_names.tolist() == ["G1/S", "two"]
    assert scores.var["genes"].tolist() == [2, 1]
    np.testing.assert_array_equal(scores.X, copied.obsm["mine"])
    drawn = sc.pl.umap(scores, color="G1/S", show=False, return_fig=False)
    np.testing.assert_allclose(np.sort(drawn.collections[0].get_array()), np.sort(copied.obsm["mine"][:, 0]))
    plt.close("all")


def test_symbols(cells: anndata.AnnData) -> None:
    cells.var["symbol"] = [f"S{place}" for place in range(cells.n_vars)]
    tl.score_terms(cells, None, {"a": ["S3", "S4"]}, gene_symbols="symbol", min_weight=1)
    renamed = cells.copy()
    renamed.var_names = cells.var["symbol"]
    tl.score_terms(renamed, None, {"a": ["S3", "S4"]}, min_weight=1)
    np.testing.assert_array_equal(renamed.obsm["gsfm_scores"], cells.obsm["gsfm_scores"])


def test_terms_without_a_gene_that_varies(cells: anndata.AnnData) -> None:
    with pytest.warns(GsfmEnrichWarning) as caught:
        tl.score_terms(
            cells, None, {"a": ["B0G0"], "b": ["silent", "constant"], "c": ["other"]}, min_weight=1
        )
    assert str(caught[0].message) == (
        "2 of 3 terms have no gene that varies in the data, and a score of 0: b, c."
    )
    assert (cells.obsm["gsfm_scores"][:, 1:] == 0).all()
    assert cells.uns["gsfm_scores"]["genes"].tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": "counts"}, "adata has no layer 'counts'. Did you mean 'count'?"),
        ({"layer": "count", "use_raw": True}, "use_raw=True and layer='count' cannot be used together."),
        ({"use_raw": True}, "use_raw=True, but adata.raw is None."),
        ({"min_weight": 0}, "min_weight must be a number above 0 and at most 1, not 0."),
        ({"gene_sets": [{"a": ["b"]}, {"a": ["b"]}]}, "gene_sets must be one library here, not 2."),
        ({"adata": 3}, "adata must be an anndata.AnnData, got int."),
    ],
)
def test_errors(cells: anndata.AnnData, options: dict[str, Any], message: str) -> None:
    cells.layers["count"] = cells.X
    with pytest.raises(InputError) as error:
        tl.score_terms(
            **{"adata": cells, "terms": None, "gene_sets": {"a": ["B0G0"]}, "min_weight": 1, **options}
        )
    assert str(error.value) == message


def test_unknown_term_and_no_scores(cells: anndata.AnnData) -> None:
    with pytest.raises(LibraryError) as unknown:
        tl.score_terms(cells, "apoptosi", {"apoptosis": ["B0G0"]}, min_weight=1)
    assert str(unknown.value) == ("The library 'gs_ind_0' has no term 'apoptosi'. Did you mean 'apoptosis'?")
    with pytest.raises(InputError) as none:
        tl.score_terms(cells, [], {"apoptosis": ["B0G0"]}, min_weight=1)
    assert str(none.value) == "terms is empty; name terms of the library, or pass None for all of them."
    with pytest.raises(InputError) as error:
        get.term_scores(cells)
    assert str(error.value) == (
        "there are no scores under 'gsfm_scores': run gsfm_enrich.tl.score_terms(adata, ...) first, or name "
        "their slot with key=."
    )


# -------------------------------------------------------------------------------------------- the net


def test_weights_are_the_membership_table(block_library: GeneSetLibrary, block_model: GSFM) -> None:
    genes = [*block_model.vocab.tokens[2:], "b0g1", "unheard of"]
    rows = np.array([5, 0])
    weights = term_weights(block_library, rows, genes, block_model, min_weight=1e-6).toarray()
    table = library_membership(block_library, block_model, "human")
    for row, line in zip(rows, weights, strict=True):
        members = block_library[block_library.terms[row]]
        predicted = table.predicted(np.array([row]), np.arange(len(table.units)))[0]
        for gene, weight in zip(genes[:-2], line, strict=False):
            unit = block_model.vocab.tokens.index(gene)
            expected = 1.0 if gene in members else predicted[table.of_unit[unit]]
            assert weight == pytest.approx(expected if expected >= 1e-6 else 0, abs=1e-7)
    assert (weights[:, -2:] == 0).all()  # a second name of a gene, and a gene nobody knows


def test_net(block_library: GeneSetLibrary, block_model: GSFM) -> None:
    term = block_library.terms[2]
    net = membership_net(term, block_library, model=block_model, min_weight=0.05)
    assert net.columns.tolist() == ["source", "target", "weight"]
    assert set(net["source"]) == {term}
    assert not net.duplicated(["source", "target"]).any()
    assert net["weight"].is_monotonic_decreasing
    assert net["weight"].min() >= 0.05
    assert set(net.loc[net["weight"] == 1, "target"]) >= set(block_library[term])
    assert len(net) > len(block_library[term])
    plain = membership_net(term, block_library, min_weight=1)
    assert sorted(plain["target"]) == sorted(block_library[term])


def test_net_goes_into_decoupler(
    cells: anndata.AnnData, block_library: GeneSetLibrary, block_model: GSFM
) -> None:
    decoupler = pytest.importorskip("decoupler")
    cells = cells[:, :-1].copy()  # decoupler leaves out genes that are 0 everywhere
    net = membership_net(gene_sets=block_library, genes=cells.var_names, model=block_model)
    scores, _ = decoupler.mt.ulm(cells.to_df(), net)
    assert sorted(scores.columns) == sorted(block_library.terms)
    weights = net[net["source"] == block_library.terms[0]].set_index("target")["weight"]
    weights = weights.reindex(cells.var_names, fill_value=0.0)
    r = np.corrcoef(cells.X[3].toarray().ravel(), weights)[0, 1]
    expected = r * np.sqrt((cells.n_vars - 2) / (1 - r**2))
    assert scores.loc["cell 3", block_library.terms[0]] == pytest.approx(expected, rel=1e-4)
