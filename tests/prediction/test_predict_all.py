"""All predictions of a library: the same as gene by gene."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction import predict_all as module
from gsfm_enrich.prediction.predict import predict_functions
from gsfm_enrich.prediction.predict_all import ALL_COLUMNS, predict_all


@pytest.mark.parametrize("block", [5, 256])
def test_the_same_as_gene_by_gene(
    block_model: GSFM, block_library: GeneSetLibrary, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(module, "BLOCK", block)
    found = predict_all(block_library, min_probability=0.05, model=block_model)
    assert tuple(found.columns) == ALL_COLUMNS
    genes = list(block_model.vocab.genes)
    each = predict_functions(genes, block_library, top=None, known=False, model=block_model)
    expected = each[each["probability"] >= 0.05].sort_values(["gene", "term"], ignore_index=True)
    shown = found.sort_values(["gene", "term"], ignore_index=True)
    columns = ["gene", "gene_set", "term", "specificity", "term_size"]
    pd.testing.assert_frame_equal(shown[columns], expected[columns])
    np.testing.assert_allclose(shown["probability"], expected["probability"], rtol=1e-5)
    top = each[each.groupby("gene").cumcount() < module.TOP]["term"].value_counts()
    np.testing.assert_array_equal(shown["genes_in_top"], shown["term"].map(top).fillna(0))


def test_sorted_by_gene_and_probability(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    found = predict_all(block_library, min_probability=0.05, model=block_model)
    assert len(found)
    assert found["gene"].is_monotonic_increasing
    falls = found.groupby("gene")["probability"].diff().dropna() <= 0
    assert falls.all()
    assert (found["probability"] >= 0.05).all()
