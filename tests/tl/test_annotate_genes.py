"""ge.tl.annotate_genes: who is understudied, and what is written where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest

from gsfm_enrich import tl
from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.expression.rank_genes_groups import select_markers
from gsfm_enrich.prediction.context import functions_in_context
from gsfm_enrich.prediction.new_functions import new_functions
from gsfm_enrich.prediction.predict import predict_functions
from gsfm_enrich.prediction.understudied import gene_info

HITS = {"C1orf162": "T/NK cells (up)", "FUOM": "T/NK cells (down)", "UBALD2": "B cells (up)"}


def test_writes_flags_functions_and_tables(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any
) -> None:
    assert tl.annotate_genes(adata, sets, model=small_model, top=2) is None
    flags = gene_info(adata.var_names)["understudied"].tolist()
    assert adata.var["understudied"].tolist() == flags
    assert adata.var["understudied"].dtype == bool
    expected = predict_functions(list(HITS), sets, top=2, model=small_model)
    stored = adata.uns["gsfm_annotate_genes"]
    genes, predictions = stored["genes"], stored["predictions"]
    by_gene = predictions.sort_values(["gene", "rank"]).reset_index(drop=True)
    wanted = expected.sort_values(["gene", "rank"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(by_gene, wanted, check_dtype=False)
    new = new_functions(list(HITS), sets, model=small_model)
    pd.testing.assert_frame_equal(
        stored["new_functions"].sort_values(["gene", "term"], ignore_index=True),
        new.sort_values(["gene", "term"], ignore_index=True),
        check_dtype=False,
    )
    best = new.drop_duplicates("gene").set_index("gene")
    functions = adata.var["predicted_function"]
    assert {name: functions[name] for name in HITS} == best["term"].to_dict()
    assert set(functions.drop(list(HITS))) == {""}
    chances = best["probability"].dropna().astype(float).to_dict()
    assert adata.var["predicted_function_probability"].dropna().to_dict() == pytest.approx(chances)
    assert (genes.loc[genes["understudied"], "out_of_reach"] == "").sum() == len(chances)
    assert len(genes) == 24
    hits = genes[genes["understudied"]]
    assert dict(zip(hits["gene"], hits["groups"], strict=True)) == HITS
    assert hits["predictions"].tolist() == [2, 2, 2]
    assert genes["understudied"].tolist() == [True] * 3 + [False] * 21
    assert hits["fractional_publications"].is_monotonic_increasing


def test_in_context_each_gene_has_the_companions_of_its_list(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any
) -> None:
    tl.annotate_genes(adata, sets, model=small_model)
    found = adata.uns["gsfm_annotate_genes"]["in_context"]
    markers = select_markers(adata)
    for gene, where in HITS.items():
        marker = next(m for m in markers if f"{m.group} ({m.direction})" == where)
        expected = functions_in_context(gene, marker.genes, sets, top=3, model=small_model)
        here = found[found["gene"] == gene].reset_index(drop=True)
        assert set(here["group"] + " (" + here["direction"] + ")") == {where}
        pd.testing.assert_frame_equal(here.drop(columns=["group", "direction"]), expected, check_dtype=False)


def test_known_terms_are_not_called_predicted(adata: anndata.AnnData, small_model: Any) -> None:
    one = {"known": ["C1orf162", "CD3D", "CD3E"]}
    tl.annotate_genes(adata, one, model=small_model)
    assert adata.var.loc["C1orf162", "predicted_function"] == ""
    assert adata.var.loc["FUOM", "predicted_function"] in ("known", "")
    predictions = adata.uns["gsfm_annotate_genes"]["predictions"].set_index("gene")
    assert predictions["known"].to_dict() == {"C1orf162": True, "FUOM": False, "UBALD2": False}


def test_all_genes_and_threshold(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any
) -> None:
    options: dict[str, Any] = {"model": small_model, "top": 1, "groups": "T/NK cells", "direction": "up"}
    tl.annotate_genes(adata, sets, which="all", **options)
    stored = adata.uns["gsfm_annotate_genes"]
    assert sorted(stored["predictions"]["gene"]) == sorted(
        ["CD3D", "CD3E", "CD3G", "CD2", "LCK", "CD28", "GNLY", "C1orf162"]
    )
    tl.annotate_genes(adata, sets, max_publications=0, **options)
    stored = adata.uns["gsfm_annotate_genes"]
    assert not adata.var["understudied"].any()
    assert stored["predictions"].empty
    assert stored["params"]["max_publications"] == 0


def test_survives_a_file(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any, tmp_path: Path
) -> None:
    for place, options in enumerate(({}, {"groups": "quiet"})):
        tl.annotate_genes(adata, sets, model=small_model, **options)
        path = tmp_path / f"{place}.h5ad"
        adata.write_h5ad(path)
        again = anndata.read_h5ad(path)
        stored, read = adata.uns["gsfm_annotate_genes"], again.uns["gsfm_annotate_genes"]
        for part in ("genes", "predictions", "in_context"):
            pd.testing.assert_frame_equal(read[part], stored[part])
        assert {name: str(value) for name, value in read["params"].items()} == {
            name: str(value) for name, value in stored["params"].items()
        }
        assert again.var["understudied"].tolist() == adata.var["understudied"].tolist()
        assert (
            again.var["predicted_function"].astype(str).tolist() == adata.var["predicted_function"].tolist()
        )
    assert adata.var["predicted_function"].tolist() == [""] * adata.n_vars


def test_symbols_copy_and_subset(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any
) -> None:
    adata.var["symbol"] = adata.var_names
    subset = adata[:, adata.var_names != "C1orf162"].copy()
    copied = tl.annotate_genes(
        subset, sets, gene_symbols="symbol", model=small_model, copy=True, key_added="mine"
    )
    assert copied is not None
    assert "understudied" not in subset.var
    assert "mine" not in subset.uns
    assert len(copied.var["understudied"]) == adata.n_vars - 1
    genes = copied.uns["mine"]["genes"]
    assert "C1orf162" in set(genes["var_name"])  # ranked before adata was subset: in the table, not in var


def test_genes_the_model_does_not_know_are_reported_at_the_call(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any
) -> None:
    names = adata.uns["rank_genes_groups"]["names"]
    names["B cells"] = [name if name != "UBALD2" else "TMEM39A" for name in names["B cells"]]
    with pytest.warns(GsfmEnrichWarning) as caught:
        tl.annotate_genes(adata, sets, model=small_model, max_publications=10_000, which="all")
    assert [str(warning.message) for warning in caught] == ["The model does not know 1 of 24 genes: TMEM39A."]
    assert caught[0].filename == __file__
    genes = adata.uns["gsfm_annotate_genes"]["genes"].set_index("gene")
    assert genes.loc["TMEM39A", "predictions"] == 0
    assert np.all(genes.drop(index="TMEM39A")["predictions"] > 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"which": "some"}, "which must be 'understudied' or 'all', not 'some'."),
        ({"max_publications": -3}, "max_publications must be a number of at least 0, or None, not -3."),
        ({"groups": "NK"}, "no group 'NK'; choose from 'T/NK cells', 'B cells', 'quiet'."),
        ({"top": 0}, "top must be a whole number of at least 1, not 0."),
    ],
)
def test_errors(
    adata: anndata.AnnData,
    sets: dict[str, list[str]],
    small_model: Any,
    options: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(InputError) as error:
        tl.annotate_genes(adata, sets, model=small_model, **options)
    assert str(error.value) == message
    assert "understudied" not in adata.var
