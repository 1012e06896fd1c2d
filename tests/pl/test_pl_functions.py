"""Functions: what is drawn is what is predicted."""

from __future__ import annotations

from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
from drawn import labels
from matplotlib import colors

from gsfm_enrich import pl, tl
from gsfm_enrich.errors import InputError
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.predict import predict_functions

KNOWN, NEW = "#54708c", "#1b7f5c"


def test_functions_of_a_gene(block_library: GeneSetLibrary, block_model: GSFM) -> None:
    table = predict_functions("B3G2", block_library, top=6, model=block_model)
    ax = pl.functions("B3G2", gene_sets=block_library, model=block_model, top_term=6)
    assert labels(ax, "y") == table["term"].tolist()
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], table["probability"])
    shades = [colors.to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert shades == [KNOWN if known else NEW for known in table["known"]]
    notes = [f"{p:.2g}, z {z:.1f}" for p, z in zip(table["probability"], table["z_score"], strict=True)]
    assert [text.get_text() for text in ax.texts] == notes
    assert ax.get_title(loc="left") == "Functions of B3G2"
    both = predict_functions(["B3G2", "B4G1"], block_library, top=6, model=block_model)
    assert labels(pl.functions(both, "B3G2", top_term=2), "y") == table["term"].tolist()[:2]


def test_functions_of_annotated_genes(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any
) -> None:
    tl.annotate_genes(adata, sets, model=small_model, top=2)
    predictions = adata.uns["gsfm_annotate_genes"]["predictions"]
    gene = predictions["gene"].iloc[0]
    ax = pl.functions(adata, gene)
    assert len(ax.patches) == (predictions["gene"] == gene).sum()


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (
            3,
            {},
            "expected a gene, the data frame of predict_functions, or an AnnData with predictions of "
            "annotate_genes.",
        ),
        ("two", {}, "functions draws one gene; choose with gene= from 'CD19', 'MS4A1'."),
        ("two", {"gene": "CD9"}, "no predictions of 'CD9'. Did you mean 'CD19'?"),
        ("two", {"gene": "CD19", "top_term": 0}, "top_term must be a whole number of at least 1, not 0."),
        (
            anndata.AnnData(np.ones((1, 1))),
            {},
            "adata.uns has no 'gsfm_annotate_genes': run gsfm_enrich.tl.annotate_genes(adata, ...) first, "
            "or name "
            "its slot with key=.",
        ),
    ],
)
def test_functions_errors(data: Any, options: dict[str, Any], message: str) -> None:
    two = pd.DataFrame(
        {
            "gene": ["CD19", "MS4A1"],
            "term": "t",
            "score": 1.0,
            "z_score": 1.0,
            "probability": 0.1,
            "known": True,
        }
    )
    with pytest.raises(InputError) as error:
        pl.functions(two if isinstance(data, str) else data, **options)
    assert str(error.value) == message
