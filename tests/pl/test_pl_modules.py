"""Modules: genes and modules of one list are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata
import pytest

from gsfm_enrich import pl, tl
from gsfm_enrich.errors import GsfmEnrichWarning, InputError


def test_modules_plot(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any, tmp_path: Path
) -> None:
    with pytest.warns(GsfmEnrichWarning, match="fewer than 3 genes"):
        tl.gene_modules(adata, sets, model=small_model, smallest=2)
    ax = pl.modules(adata, groups="B cells", direction="up", save=tmp_path / "modules.png")
    table = adata.uns["gsfm_gene_modules"]["modules"]
    table = table[(table["group"] == "B cells") & (table["direction"] == "up")]
    legend = ax.get_legend()
    assert legend is not None
    doubtful = [f"p = {p:.2g}" for p in table["adjusted_p_value"] if p > 0.05]
    shown = [text.get_text() for text in legend.get_texts()]
    assert len(shown) == len(table)
    assert sum("(p = " in text for text in shown) == sum(p in text for p in doubtful for text in shown)
    assert {text.get_text() for text in ax.texts} >= set(";".join(table["genes"]).split(";"))
    with pytest.raises(InputError) as error:
        pl.modules(adata)
    assert str(error.value) == (
        "modules draws one list of genes; choose with groups= and direction= from 'T/NK cells' (up), "
        "'T/NK cells' (down), 'B cells' (up)."
    )
    with pytest.raises(InputError) as error:
        pl.modules(adata, key="other")
    assert str(error.value) == "adata.uns has no 'other': run gsfm_enrich.tl.gene_modules(adata, ...) first."
    with pytest.raises(InputError) as error:
        pl.modules(3)
    assert str(error.value) == "expected an AnnData or what gene_modules returned, got int."


def test_no_modules_are_an_empty_plot(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any
) -> None:
    with pytest.warns(GsfmEnrichWarning, match="fewer than"):
        tl.gene_modules(adata, sets, model=small_model, groups="B cells", direction="up", max_genes=2)
    ax = pl.modules(adata, groups="B cells", direction="up")
    assert [text.get_text() for text in ax.texts] == ["no module to draw"]
