"""Modules of differentially expressed genes, written into an AnnData."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata
import pandas as pd
import pytest

from gsfm_enrich import tl
from gsfm_enrich.errors import GsfmEnrichWarning
from gsfm_enrich.prediction.gene_modules import gene_modules


def test_modules_of_every_list_are_written(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any, tmp_path: Path
) -> None:
    with pytest.warns(GsfmEnrichWarning) as caught:
        assert tl.gene_modules(adata, sets, model=small_model, smallest=2) is None
    assert caught[0].filename == __file__
    message = str(caught[0].message)
    for where in ("B cells (down)", "quiet (down)", "quiet (up)"):
        assert f"{where} has fewer than 3 genes, so no modules." in message
    stored = adata.uns["gsfm_gene_modules"]
    up = [name for name, _, log2fc, p in ranked(adata, "B cells") if p < 0.05 and log2fc > 0]
    expected = gene_modules(up, sets, smallest=2, model=small_model)
    for part in ("genes", "modules", "edges"):
        here = stored[part][(stored[part]["group"] == "B cells") & (stored[part]["direction"] == "up")]
        here = here.drop(columns=["group", "direction"]).reset_index(drop=True)
        pd.testing.assert_frame_equal(here, getattr(expected, part), check_dtype=False)
    adata.write_h5ad(tmp_path / "a.h5ad")
    again = anndata.read_h5ad(tmp_path / "a.h5ad").uns["gsfm_gene_modules"]
    pd.testing.assert_frame_equal(again["modules"], stored["modules"])


def ranked(adata: anndata.AnnData, group: str) -> list[tuple[Any, ...]]:
    """Return name, score, log2 fold change and adjusted p-value of the ranked genes of a group."""
    fields = ("names", "scores", "logfoldchanges", "pvals_adj")
    return list(zip(*(adata.uns["rank_genes_groups"][field][group] for field in fields), strict=True))
