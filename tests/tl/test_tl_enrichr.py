"""ge.tl.enrichr: which genes are asked about, among which, and what is stored."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import anndata
import gseapy
import numpy as np
import pandas as pd
import pytest
import scanpy as sc

from gsfm_enrich import tl
from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.expression.markers import Cutoffs
from gsfm_enrich.expression.rank_genes_groups import names_tested, select_markers
from gsfm_enrich.get._results import enrichr_df
from gsfm_enrich.get.storage import empty_results
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.ranking.columns import MODEL_COLUMNS

BASE = ["Gene_set", "Term", "Overlap", "P-value", "Adjusted P-value", "Odds Ratio", "Combined Score", "Genes"]
MODEL = [
    "Expected Overlap",
    "GSFM Fold Enrichment",
    "GSFM P-value",
    "GSFM Adjusted P-value",
    "GSFM Rank",
    "Rank Change",
    "Predicted Genes",
    "Caution",
]
LOUD = ["T/NK cells", "B cells"]


@pytest.fixture(scope="module")
def pbmc() -> anndata.AnnData:
    data = sc.datasets.pbmc68k_reduced()
    sc.tl.rank_genes_groups(data, "bulk_labels", groups=["CD19+ B", "CD56+ NK", "CD4+/CD25 T Reg"])
    return data


def run(adata: anndata.AnnData, gene_sets: Any, **options: Any) -> pd.DataFrame:
    """Enrich without a model, the warning about lists without a result left aside; return the table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GsfmEnrichWarning)
        tl.enrichr(adata, gene_sets, **{"rerank": False, **options})
    results = adata.uns["gsfm_enrichr"]["results"]
    assert isinstance(results, pd.DataFrame)
    return results


# ------------------------------------------------------------------------------------------------ parity


@pytest.mark.parametrize("direction", ["up", "down"])
def test_equals_gseapy_on_the_same_genes_and_background(pbmc: anndata.AnnData, direction: str) -> None:
    pathways = {f"set {i}": pbmc.raw.var_names[i::7].tolist()[: 20 + 10 * i] for i in range(7)}
    results = run(pbmc, pathways, direction=direction, pval_cutoff=0.01)
    for group in ("CD19+ B", "CD56+ NK", "CD4+/CD25 T Reg"):
        ranked = sc.get.rank_genes_groups_df(pbmc, group, pval_cutoff=0.01)
        sign = 1 if direction == "up" else -1
        genes = ranked.loc[ranked["logfoldchanges"] * sign > 0, "names"].tolist()
        expected = gseapy.enrich(genes, pathways, background=pbmc.raw.var_names.tolist(), outdir=None).results
        ours = results[results["group"] == group].set_index("Term").loc[expected["Term"]]
        assert ours["Overlap"].tolist() == expected["Overlap"].tolist()
        for column in BASE[3:7]:
            np.testing.assert_allclose(ours[column], expected[column].astype(float), rtol=1e-12)


@pytest.mark.parametrize(
    ("column", "option", "value"),
    [
        ("pval_cutoff", "pval_cutoff", 1e-10),
        ("log2fc_min", "log2fc_min", 1.5),
        ("log2fc_max", "log2fc_max", 2.0),
    ],
)
def test_cutoffs_are_those_of_scanpy(pbmc: anndata.AnnData, column: str, option: str, value: float) -> None:
    ranked = sc.get.rank_genes_groups_df(pbmc, "CD19+ B", **{"pval_cutoff": 0.05, option: value})
    expected = ranked.loc[ranked["logfoldchanges"] > 0, "names"].tolist()
    [up] = select_markers(pbmc, groups="CD19+ B", direction="up", cutoffs=Cutoffs(**{option: value}))
    assert up.genes == expected


def test_fold_change_bounds_are_magnitudes_for_genes_that_fall(pbmc: anndata.AnnData) -> None:
    ranked = sc.get.rank_genes_groups_df(pbmc, "CD19+ B", pval_cutoff=0.05, log2fc_max=-1.5)
    [down] = select_markers(pbmc, groups="CD19+ B", direction="down", cutoffs=Cutoffs(log2fc_min=1.5))
    assert sorted(down.genes) == sorted(ranked["names"])


# ------------------------------------------------------------------------------------------------ selection


def test_up_and_down_are_apart_and_ordered_by_strength(adata: anndata.AnnData) -> None:
    up, down = select_markers(adata, groups="T/NK cells")
    assert (up.direction, down.direction) == ("up", "down")
    assert up.genes == ["CD3D", "CD3E", "CD3G", "CD2", "LCK", "CD28", "GNLY", "C1orf162"]
    assert down.genes == ["FUOM", "CST3", "FCN1", "S100A9", "S100A8", "CD14", "LYZ"]
    [top] = select_markers(adata, groups="T/NK cells", direction="down", cutoffs=Cutoffs(max_genes=2))
    assert top.genes == ["FUOM", "CST3"]


def test_groups_in_the_order_asked_for(adata: anndata.AnnData, sets: dict[str, list[str]]) -> None:
    run(adata, sets, groups=["B cells", "T/NK cells"], direction="up")
    log = adata.uns["gsfm_enrichr"]["log"]
    assert log["group"].tolist() == ["B cells", "T/NK cells"]
    assert log["genes"].tolist() == [9, 8]
    assert log["found"].tolist() == [8, 7]
    assert log["missing"].tolist() == ["UBALD2", "C1orf162"]


def test_sign_of_the_score_where_the_fold_change_is_not_finite(
    adata: anndata.AnnData, make_record: Any
) -> None:
    nan, inf = float("nan"), float("inf")
    rows = [
        ("CD3D", 9.0, nan, 0.0),
        ("CD2", 8.0, -1.0, 0.0),
        ("LYZ", -9.0, inf, 0.0),
        ("CD14", -9.5, nan, 0.0),
    ]
    adata.uns["rank_genes_groups"] = make_record({"a": rows})
    up, down = select_markers(adata)
    assert up.genes == ["CD3D"]
    assert down.genes == ["CD14", "LYZ", "CD2"]


def test_filtered_groups_hold_nan_names(pbmc: anndata.AnnData) -> None:
    data = pbmc.copy()
    sc.tl.filter_rank_genes_groups(data, min_fold_change=2, key_added="filtered")
    kept = sc.get.rank_genes_groups_df(data, "CD19+ B", key="filtered").dropna(subset="names")
    expected = kept.loc[(kept["pvals_adj"] < 0.05) & (kept["logfoldchanges"] > 0), "names"].tolist()
    [up] = select_markers(data, key="filtered", groups="CD19+ B", direction="up")
    assert up.genes == expected
    assert 0 < len(expected) < 100
    assert names_tested(data, "filtered") == (data.raw.var_names.tolist(), "adata.raw.var_names")
    names = data.uns["filtered"]["names"]
    for group in names.dtype.names:
        names[group] = names[group].astype(str)  # what people do to write it to a file
    assert select_markers(data, key="filtered", groups="CD19+ B", direction="up")[0].genes == expected


def test_logistic_regression_has_no_p_values(adata: anndata.AnnData) -> None:
    ranking = adata.uns["rank_genes_groups"]
    ranking["params"]["method"] = "logreg"
    for field in ("pvals", "pvals_adj", "logfoldchanges"):
        del ranking[field]
    with pytest.warns(GsfmEnrichWarning) as caught:
        up, _ = select_markers(adata, groups="T/NK cells")
    assert str(caught[0].message) == (
        "logreg gives no p-values: the 100 genes with the strongest scores of each group and direction were "
        "taken; set max_genes= to choose how many."
    )
    assert up.genes[:3] == ["CD3D", "CD3E", "CD3G"]
    up, down = select_markers(adata, groups="T/NK cells", cutoffs=Cutoffs(max_genes=3))
    assert up.genes == ["CD3D", "CD3E", "CD3G"]
    assert down.genes == ["FUOM", "CST3", "FCN1"]
    with pytest.raises(InputError) as error:
        select_markers(adata, cutoffs=Cutoffs(log2fc_min=1, max_genes=3))
    assert str(error.value) == "logreg gives no fold changes, so log2fc_min and log2fc_max cannot be used."


# ------------------------------------------------------------------------------------------------ symbols


def test_gene_symbols_for_markers_and_background(adata: anndata.AnnData, sets: dict[str, list[str]]) -> None:
    expected = run(adata, sets, groups=LOUD, direction="up")
    renamed = adata.copy()
    ids = {gene: f"ENSG{place:011d}" for place, gene in enumerate(adata.var_names)}
    renamed.var["symbol"] = list(ids)
    renamed.var_names = list(ids.values())
    for group in renamed.uns["rank_genes_groups"]["names"].dtype.names:
        names = renamed.uns["rank_genes_groups"]["names"]
        names[group] = [ids[name] for name in names[group]]
    results = run(renamed, sets, groups=LOUD, direction="up", gene_symbols="symbol")
    pd.testing.assert_frame_equal(results, expected)
    assert renamed.uns["gsfm_enrichr"]["params"]["background_genes"] == adata.n_vars


def test_genes_without_a_symbol_keep_their_name(adata: anndata.AnnData) -> None:
    adata.var["symbol"] = [None, "", *adata.var_names[2:].tolist()]
    [up] = select_markers(adata, groups="T/NK cells", direction="up", gene_symbols="symbol")
    assert up.genes[:3] == ["CD3D", "CD3E", "CD3G"]


def test_symbols_of_raw_when_raw_was_tested(adata: anndata.AnnData) -> None:
    adata.raw = adata.copy()
    adata.raw.var["symbol"] = [f"raw {name}" for name in adata.var_names]
    adata.var["symbol"] = [f"plain {name}" for name in adata.var_names]
    ranking = adata.uns["rank_genes_groups"]
    for use_raw, expected in ((True, "raw CD3D"), (False, "plain CD3D"), (None, "raw CD3D")):
        ranking["params"]["use_raw"] = use_raw
        [up] = select_markers(adata, groups="T/NK cells", direction="up", gene_symbols="symbol")
        assert up.genes[0] == expected
        assert up.names[0] == "CD3D"


# ------------------------------------------------------------------------------------------------ background


def test_background_is_raw_when_raw_was_tested(pbmc: anndata.AnnData) -> None:
    data = pbmc[:, :100].copy()
    assert names_tested(data, "rank_genes_groups") == (pbmc.raw.var_names.tolist(), "adata.raw.var_names")
    run(data, {"some": pbmc.raw.var_names[:60].tolist()}, direction="up")
    params = data.uns["gsfm_enrichr"]["params"]
    assert (params["background"], params["background_genes"]) == ("adata.raw.var_names", 765)
    run(data, {"some": pbmc.raw.var_names[:60].tolist()}, direction="up", background=20_000)
    assert data.uns["gsfm_enrichr"]["params"]["background_genes"] == 20_000


@pytest.mark.parametrize(
    ("params", "raw", "expected"),
    [
        ({"use_raw": None}, True, "adata.raw.var_names"),
        ({"use_raw": None}, False, "adata.var_names"),
        ({"use_raw": True}, True, "adata.raw.var_names"),
        ({"use_raw": False}, True, "adata.var_names"),
        ({"use_raw": None, "layer": "counts"}, True, "adata.var_names"),
        ({}, True, "adata.raw.var_names"),
    ],
)
def test_which_matrix_was_tested(
    adata: anndata.AnnData, make_record: Any, params: dict[str, Any], raw: bool, expected: str
) -> None:
    if raw:
        adata.raw = adata.copy()
    part = [("CD3D", 2.0, 1.0, 0.0), ("CD2", 1.0, 1.0, 0.0)]
    ranking = make_record({"a": part, "b": [*part[:1], ("LYZ", 0.5, 1.0, 0.0)]}, **params)
    if not params:
        del ranking["params"]["use_raw"]  # written by an older scanpy
    adata.uns["rank_genes_groups"] = ranking
    assert names_tested(adata, "rank_genes_groups")[1] == expected


def test_masked_genes_were_not_tested(pbmc: anndata.AnnData) -> None:
    data = pbmc.copy()
    data.var["mask"] = np.arange(data.n_vars) % 3 == 0
    sc.tl.rank_genes_groups(data, "bulk_labels", mask_var="mask", groups=["CD19+ B", "CD56+ NK"])
    names, source = names_tested(data, "rank_genes_groups")
    assert source == "rank_genes_groups"
    assert sorted(names) == sorted(data.raw.var_names[data.var["mask"]])


def test_a_cut_ranking_is_not_mistaken_for_all_genes(pbmc: anndata.AnnData) -> None:
    data = pbmc.copy()
    for by_size in (False, True):
        sc.tl.rank_genes_groups(
            data, "phase", n_genes=50, rankby_abs=by_size, groups=["G1", "S"], reference="G2M"
        )
        assert names_tested(data, "rank_genes_groups")[1] == "adata.raw.var_names"


def test_groups_with_the_same_few_top_genes_are_no_proof(adata: anndata.AnnData, make_record: Any) -> None:
    top = [("CD3D", 2.0, 1.0, 0.0), ("CD2", 1.0, 1.0, 0.0)]
    adata.uns["rank_genes_groups"] = make_record({"a": top, "b": top})
    assert names_tested(adata, "rank_genes_groups") == (list(adata.var_names), "adata.var_names")
    whole = [*top, ("LYZ", -1.0, -1.0, 0.0)]
    adata.uns["rank_genes_groups"] = make_record({"a": whole, "b": whole})
    assert names_tested(adata, "rank_genes_groups") == (["CD3D", "CD2", "LYZ"], "rank_genes_groups")


def test_raw_is_gone(adata: anndata.AnnData, make_record: Any) -> None:
    adata.uns["rank_genes_groups"] = make_record({"a": [("CD3D", 1.0, 1.0, 0.0)]}, use_raw=True)
    with pytest.raises(InputError) as error:
        tl.enrichr(adata, {"a": ["CD3D"]})
    assert str(error.value) == (
        "adata.uns['rank_genes_groups'] was computed on adata.raw, which is gone, so the tested genes are "
        "not known; pass them as background=."
    )


def test_subset_after_the_test(adata: anndata.AnnData, sets: dict[str, list[str]], make_record: Any) -> None:
    part = [("CD3D", 2.0, 1.0, 0.0), ("CD2", 1.0, 1.0, 0.0)]
    adata.uns["rank_genes_groups"] = make_record({"a": part})
    subset = adata[:, 1:].copy()
    with pytest.warns(GsfmEnrichWarning) as caught:
        tl.enrichr(subset, sets, direction="up", rerank=False)
    assert str(caught[0].message) == (
        "1 of 2 ranked genes are not among the 59 genes of adata.var_names (CD3D); if adata was subset after "
        "the test, pass the tested genes as background=."
    )


def test_background_var_names_and_list(adata: anndata.AnnData, sets: dict[str, list[str]]) -> None:
    run(adata, sets, groups=LOUD, direction="up", background="var_names")
    by_name = adata.uns["gsfm_enrichr"]
    run(adata, sets, groups=LOUD, direction="up", background=adata.var_names)
    given = adata.uns["gsfm_enrichr"]
    pd.testing.assert_frame_equal(by_name["results"], given["results"])
    assert (by_name["params"]["background"], given["params"]["background"]) == ("adata.var_names", "given")
    run(adata, sets, groups=LOUD, direction="up", background=None)
    params = adata.uns["gsfm_enrichr"]["params"]
    assert params["background"] == "genes of each library"
    assert "background_genes" not in params


# ------------------------------------------------------------------------------------------------ no result


def test_lists_without_a_result_are_counted_and_logged(adata: anndata.AnnData, make_record: Any) -> None:
    def listed(*genes: str) -> list[tuple[str, float, float, float]]:
        fill = [("LYZ", 0.0, 0.0, 1.0)] * (3 - len(genes))
        return [(gene, 9.0 - place, 1.0, 0.0) for place, gene in enumerate(genes)] + fill

    adata.uns["rank_genes_groups"] = make_record(
        {
            "none": listed(),
            "one": listed("CD3D"),
            "unknown": listed("FUOM", "BCAS4", "PPDPF"),
            "one/unknown": listed("FUOM"),
            "some": listed("CD3D", "CD2", "FUOM"),
        }
    )
    with pytest.warns(GsfmEnrichWarning) as caught:
        tl.enrichr(
            adata, {"T": ["CD3D", "CD2", "CD28"], "other": ["LYZ", "CD14"]}, direction="up", rerank=False
        )
    assert [str(warning.message) for warning in caught] == [
        "3 of 5 gene lists have no result (1: no gene passed the cut-offs; 1: none of the 3 genes is in the "
        "gene sets; 1: its only gene is in no gene set): none (up), unknown (up), one/unknown (up). "
        "See adata.uns['gsfm_enrichr']['log']."
    ]
    stored = adata.uns["gsfm_enrichr"]
    assert stored["log"].columns.tolist() == [
        "group",
        "direction",
        "genes",
        "found",
        "terms",
        "missing",
        "message",
    ]
    assert stored["log"]["genes"].tolist() == [0, 1, 3, 1, 3]
    assert stored["log"]["found"].tolist() == [0, 1, 0, 0, 2]
    assert stored["log"]["terms"].tolist() == [0, 1, 0, 0, 1]
    assert stored["log"]["missing"].tolist() == ["", "", "FUOM;BCAS4;PPDPF", "FUOM", "FUOM"]
    assert stored["results"]["group"].tolist() == ["one", "some"]
    assert stored["results"]["Overlap"].tolist() == ["1/3", "2/3"]


@pytest.mark.parametrize("rerank", [False, True])
def test_no_result_at_all_still_has_every_column(
    adata: anndata.AnnData, sets: dict[str, list[str]], rerank: bool, small_model: Any, tmp_path: Path
) -> None:
    with pytest.warns(GsfmEnrichWarning, match="2 of 2 gene lists have no result"):
        tl.enrichr(adata, sets, groups="quiet", rerank=rerank, model=small_model)
    results = adata.uns["gsfm_enrichr"]["results"]
    assert results.columns.tolist() == ["group", "direction", *BASE, *(MODEL if rerank else [])]
    assert results.empty
    adata.write_h5ad(tmp_path / "empty.h5ad")
    again = anndata.read_h5ad(tmp_path / "empty.h5ad").uns["gsfm_enrichr"]["results"]
    pd.testing.assert_frame_equal(again, results)


# ------------------------------------------------------------------------------------------------ storage


def test_survives_a_file(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any, tmp_path: Path
) -> None:
    with pytest.warns(GsfmEnrichWarning, match="3 of 6 gene lists have no result"):
        tl.enrichr(adata, sets, model=small_model, max_genes=20, log2fc_min=0.5)
    stored = adata.uns["gsfm_enrichr"]
    assert stored["results"].columns.tolist() == ["group", "direction", *BASE, *MODEL]
    assert stored["results"].groupby(["group", "direction"])["GSFM Rank"].min().tolist() == [1, 1, 1]
    adata.write_h5ad(tmp_path / "a.h5ad")
    again = anndata.read_h5ad(tmp_path / "a.h5ad")
    for part in ("results", "log"):
        pd.testing.assert_frame_equal(again.uns["gsfm_enrichr"][part], stored[part])
    params = again.uns["gsfm_enrichr"]["params"]
    assert set(params) == set(stored["params"])
    for name, value in stored["params"].items():
        assert np.array_equal(params[name], value)
    assert stored["params"]["groups"].tolist() == ["T/NK cells", "B cells", "quiet"]
    assert stored["params"]["max_genes"] == 20
    assert enrichr_df(again, "T/NK cells", direction="up")["Term"].tolist() == (
        enrichr_df(adata, "T/NK cells", direction="up")["Term"].tolist()
    )


def test_columns_are_those_of_the_ranking(adata: anndata.AnnData, small_model: Any) -> None:
    some = tl.enrichr(
        adata, {"T": ["CD3D"]}, groups="T/NK cells", direction="up", model=small_model, copy=True
    )
    assert some is not None
    results = some.uns["gsfm_enrichr"]["results"].drop(columns=["group", "direction"])
    assert empty_results(rerank=True).dtypes.to_dict() == results.dtypes.to_dict()
    assert tuple(results.columns[-len(MODEL_COLUMNS) :]) == MODEL_COLUMNS


def test_copy_and_key_added(adata: anndata.AnnData, sets: dict[str, list[str]]) -> None:
    before = sorted(adata.uns)
    options: dict[str, Any] = {"groups": "B cells", "direction": "up", "rerank": False}
    copied = tl.enrichr(adata, sets, copy=True, key_added="mine", **options)
    assert copied is not None
    assert sorted(adata.uns) == before
    assert sorted(copied.uns) == sorted([*before, "mine"])
    assert tl.enrichr(adata, sets, **options) is None
    pd.testing.assert_frame_equal(adata.uns["gsfm_enrichr"]["results"], copied.uns["mine"]["results"])


def test_libraries_of_every_kind(adata: anndata.AnnData, sets: dict[str, list[str]]) -> None:
    library = GeneSetLibrary.from_dict(sets, name="mine")
    results = run(adata, [library, sets], groups="B cells", direction="up")
    assert results["Gene_set"].unique().tolist() == ["mine", "gs_ind_1"]
    assert adata.uns["gsfm_enrichr"]["params"]["gene_sets"].tolist() == ["mine", "gs_ind_1"]
    first, second = (part.drop(columns="Gene_set") for _, part in results.groupby("Gene_set", sort=False))
    pd.testing.assert_frame_equal(first.reset_index(drop=True), second.reset_index(drop=True))


# ------------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"key": "rank_gene_groups"},
            "adata.uns has no 'rank_gene_groups': run scanpy.tl.rank_genes_groups(adata, ...) first, or name "
            "its slot with key=. Did you mean 'rank_genes_groups'?",
        ),
        (
            {"key": "neighbors"},
            "adata.uns['neighbors'] is not a result of scanpy.tl.rank_genes_groups.",
        ),
        (
            {"groups": "B cell"},
            "no group 'B cell'; choose from 'T/NK cells', 'B cells', 'quiet'. "
            "Did you mean 'B cells' or 'T/NK cells'?",
        ),
        ({"direction": "sideways"}, "direction must be 'up', 'down' or 'both', not 'sideways'."),
        ({"pval_cutoff": 5}, "pval_cutoff must be a number from 0 to 1, or None, not 5."),
        ({"max_genes": 0}, "max_genes must be a whole number of at least 1, or None, not 0."),
        ({"max_genes": 2.5}, "max_genes must be a whole number of at least 1, or None, not 2.5."),
        (
            {"log2fc_max": -1},
            "log2fc_max must be a number of at least 0 (a magnitude, for rising and for falling genes; see "
            "direction=), or None, not -1.",
        ),
        (
            {"gene_symbols": "symbols"},
            "adata.var has no column 'symbols' to take gene symbols from. Did you mean 'symbol'?",
        ),
    ],
)
def test_errors(
    adata: anndata.AnnData, sets: dict[str, list[str]], options: dict[str, Any], message: str
) -> None:
    adata.var["symbol"] = adata.var_names
    adata.uns["neighbors"] = {"params": {}}
    with pytest.raises(InputError) as error:
        tl.enrichr(adata, sets, **options)
    assert str(error.value) == message
    assert "gsfm_enrichr" not in adata.uns


def test_not_an_anndata(sets: dict[str, list[str]]) -> None:
    with pytest.raises(InputError) as error:
        tl.enrichr(["TP53"], sets)  # type: ignore[arg-type]
    assert str(error.value) == (
        "adata must be an anndata.AnnData, or in its place a data frame or a dict of lists of genes; got "
        "list."
    )


def test_warnings_about_a_table_point_at_the_caller() -> None:
    table = pd.DataFrame(
        {"names": ["CD19", "CD79A", None], "log2FoldChange": [2.0, 3.0, 1.0], "pvalue": [1e-4] * 3}
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tl.enrichr(table, {"B cells": ["CD79A", "CD19", "SYK"]}, rerank=False)
    assert len(caught) == 4  # a row without a gene, no adjusted p-values, no background, no gene that falls
    assert {warning.filename for warning in caught} == {__file__}


def test_lists_of_unknown_genes_are_told() -> None:
    lists = {"a": ["CD79A", "no", "nor", "never"], "b": ["CD79A", "CD19"]}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tl.enrichr(lists, {"B cells": ["CD79A", "CD19", "SYK"]}, rerank=False, background=100)
    assert [str(warning.message) for warning in caught] == [
        "most genes of 1 of 2 gene lists are unknown, such as 3 of the 4 genes of a: no, nor, never. "
        "See the log of the result."
    ]
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("go/bp", "key_added must be a name without '/', got 'go/bp'."),
        (5, "key_added must be text, not 5."),
        (
            "rank_genes_groups",
            "key_added is 'rank_genes_groups', where the results are read from; choose another name.",
        ),
    ],
)
def test_slots_that_cannot_be_written(pbmc: anndata.AnnData, key: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        tl.enrichr(pbmc, {"a": ["CD79A"]}, key_added=key)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("groups", "message"),
    [([], "no group was named; choose from "), (1, "no group '1'; choose from ")],
)
def test_no_group(pbmc: anndata.AnnData, groups: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        tl.enrichr(pbmc, {"a": ["CD79A"]}, groups=groups)
    assert str(error.value).startswith(message)


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
@pytest.mark.parametrize("given", ["gene_symbols", "var_names"])
def test_a_name_that_stands_twice_is_one_gene(
    given: str, adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any
) -> None:
    library = GeneSetLibrary.from_dict(sets)
    options = {"model": small_model, "direction": "up", "groups": LOUD, "background": "var_names"}
    tl.enrichr(adata, library, **options)
    expected = adata.uns["gsfm_enrichr"]["results"]
    names = adata.var_names.tolist()
    wider = anndata.concat([adata, adata[:, ["PAX5", "TP53"]]], axis=1, merge="same")
    assert not wider.var_names.is_unique
    if given == "gene_symbols":
        wider.var["symbol"] = wider.var_names
        wider.var_names = [*names, "a probe", "another"]
        options["gene_symbols"] = "symbol"
    wider.uns["rank_genes_groups"] = adata.uns["rank_genes_groups"]
    tl.enrichr(wider, library, **options)
    pd.testing.assert_frame_equal(wider.uns["gsfm_enrichr"]["results"], expected)
    assert wider.uns["gsfm_enrichr"]["params"]["background_genes"] == len(names)
