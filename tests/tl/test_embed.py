"""Cells and genes in a model's space: means by hand, unknown genes, and what is refused."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import gsfm_enrich as ge


@pytest.fixture
def cells(block_model):
    genes = [*block_model.vocab.genes[:20], "stranger"]
    values = np.random.default_rng(0).poisson(1.0, (6, 21)).astype(np.float32)
    values[2] = 0
    obs = pd.DataFrame(index=[f"cell{i}" for i in range(6)])
    return anndata.AnnData(sparse.csr_matrix(values), obs=obs, var=pd.DataFrame(index=genes))


def test_a_cell_is_the_mean_of_its_genes_weighted_by_expression(cells, block_model):
    ge.tl.embed_cells(cells, block_model)
    values = cells.X.toarray()[:, :20]
    places = block_model.output[0][2:22]
    total = values.sum(axis=1, keepdims=True)
    expected = np.divide(values @ places, total, out=np.zeros((6, places.shape[1])), where=total > 0)
    np.testing.assert_allclose(cells.obsm["X_gsfm"], expected, rtol=1e-5)
    assert (cells.obsm["X_gsfm"][2] == 0).all()


def test_genes_have_their_places_and_unknown_ones_none(cells, block_model):
    copied = ge.tl.embed_genes(cells, block_model, copy=True)
    np.testing.assert_array_equal(copied.varm["gsfm_places"][:20], block_model.output[0][2:22])
    assert np.isnan(copied.varm["gsfm_places"][20]).all()
    assert "gsfm_places" not in cells.varm


def test_layers_and_symbols_are_read_as_everywhere(cells, block_model):
    cells.layers["twice"] = 2 * cells.X
    ge.tl.embed_cells(cells, block_model)
    ge.tl.embed_cells(cells, block_model, layer="twice", key_added="X_twice")
    np.testing.assert_allclose(cells.obsm["X_gsfm"], cells.obsm["X_twice"], rtol=1e-5)
    cells.var["symbol"] = cells.var_names
    cells.var_names = [f"id{i}" for i in range(21)]
    ge.tl.embed_cells(cells, block_model, gene_symbols="symbol", key_added="X_symbols")
    np.testing.assert_array_equal(cells.obsm["X_gsfm"], cells.obsm["X_symbols"])


def test_what_cannot_be_embedded_is_refused(cells, block_model):
    with pytest.raises(ge.InputError, match="negative"):
        ge.tl.embed_cells(anndata.AnnData(-cells.X.toarray(), var=cells.var), block_model)
    with pytest.raises(ge.InputError, match="none of the 3 genes"):
        ge.tl.embed_cells(anndata.AnnData(np.ones((2, 3))), block_model)
    with pytest.raises(ge.InputError, match="no layer 'missing'"):
        ge.tl.embed_cells(cells, block_model, layer="missing")
