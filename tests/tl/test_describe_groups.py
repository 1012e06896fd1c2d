"""ge.tl.describe: a paragraph per group, in adata.uns and in the report."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import anndata
import pandas as pd
import pytest

from gsfm_enrich import tl
from gsfm_enrich.errors import InputError
from gsfm_enrich.html.report import report


def test_what_was_computed_is_told_and_written(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any, tmp_path: Path
) -> None:
    bare = tl.describe(adata)
    assert bare["group"].tolist() == ["T/NK cells", "B cells", "quiet"]
    assert bare["text"].iloc[2] == "quiet has no differentially expressed gene."
    assert not bare["text"].str.contains("module|understudied").any()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tl.enrichr(adata, sets, model=small_model)
        tl.gene_modules(adata, sets, model=small_model)
        tl.annotate_genes(adata, sets, model=small_model)
    told = tl.describe(adata).set_index("group")["text"]
    assert "Enriched among the up-regulated genes" in told["T/NK cells"]
    assert "module" in told["T/NK cells"]
    assert "understudied" in told["B cells"]
    held = adata.uns["gsfm_describe"]["text"]
    pd.testing.assert_series_equal(held.set_index("group")["text"], told)
    page = report(adata, tmp_path / "page.html").read_text("utf-8")
    assert told["B cells"].split(". ")[0] in page
    adata.write_h5ad(tmp_path / "a.h5ad")
    again = anndata.read_h5ad(tmp_path / "a.h5ad").uns["gsfm_describe"]["text"]
    assert again["text"].tolist() == told.tolist()


def test_wrong_groups(adata: anndata.AnnData) -> None:
    with pytest.raises(InputError, match="B cells"):
        tl.describe(adata, groups="B cell")
