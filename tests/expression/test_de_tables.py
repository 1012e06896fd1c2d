"""Differential expression of any tool: what is read is what the tool wrote, whatever it calls it."""

from __future__ import annotations

import warnings
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from scipy.stats import false_discovery_control

from gsfm_enrich import get, pl, tl
from gsfm_enrich.drop_in.enrichr import enrichr
from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.expression.de_tables import read_differential, table_ranking
from gsfm_enrich.expression.markers import Cutoffs, marker_lists
from gsfm_enrich.get.storage import Enrichment
from gsfm_enrich.html.report import report
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM

GENES = ["CD79A", "CD19", "MS4A1", "LYZ", "CD14", "ACTB"]
FOLD = [3.0, 2.0, 1.0, -2.0, -1.0, 0.1]
P = [1e-6, 1e-5, 1e-4, 1e-5, 1e-3, 0.8]
PADJ = [6e-6, 3e-5, 2e-4, 3e-5, 1.2e-3, 0.8]

# the columns of each tool's table, in its order
TABLES: dict[str, pd.DataFrame] = {
    "DESeq2": pd.DataFrame(
        {"baseMean": 10.0, "log2FoldChange": FOLD, "lfcSE": 0.1, "stat": [30.0, 20, 10, -20, -10, 1],
         "pvalue": P, "padj": PADJ}, index=GENES,
    ),
    "edgeR": pd.DataFrame(
        {"logFC": FOLD, "logCPM": 5.0, "F": [90, 80, 70, 80, 60, 1], "PValue": P, "FDR": PADJ}, index=GENES
    ),
    "limma": pd.DataFrame(
        {"logFC": FOLD, "AveExpr": 5.0, "t": [9.0, 8, 7, -8, -6, 1], "P.Value": P, "adj.P.Val": PADJ},
        index=GENES,
    ),
    "Seurat": pd.DataFrame(
        {"p_val": P, "avg_log2FC": FOLD, "pct.1": 0.5, "pct.2": 0.1, "p_val_adj": PADJ, "cluster": "all",
         "gene": GENES}, index=[f"{gene}.1" for gene in GENES],
    ),
    "pertpy": pd.DataFrame(
        {"variable": GENES, "p_value": P, "log_fc": FOLD, "adj_p_value": PADJ, "contrast": "all"}
    ),
    "read from a file with row names": pd.DataFrame(
        {"Unnamed: 0": GENES, "log2FoldChange": FOLD, "pvalue": P, "padj": PADJ}
    ),
    "scanpy": pd.DataFrame(
        {"group": "all", "names": GENES, "scores": [9.0, 8, 7, -8, -6, 1], "logfoldchanges": FOLD, "pvals": P,
         "pvals_adj": PADJ}
    ),
}  # fmt: skip


@pytest.mark.parametrize("tool", TABLES)
def test_every_tool_gives_the_same_lists(tool: str) -> None:
    ranking, _ = table_ranking(TABLES[tool])
    up, down = marker_lists(ranking)
    assert (up.group, up.direction, up.genes) == ("all", "up", ["CD79A", "CD19", "MS4A1"])
    assert (down.group, down.direction, down.genes) == ("all", "down", ["LYZ", "CD14"])
    assert ranking.tested == tuple(sorted(GENES))
    assert ranking.source == "genes with a p-value in the data frame"
    [top] = marker_lists(ranking, "up", Cutoffs(pval_cutoff=None, max_genes=2, log2fc_min=0.5))
    assert top.genes == ["CD79A", "CD19"]
    frame = ranking.frames["all"].set_index("name").loc[GENES]
    np.testing.assert_allclose(frame["log2fc"], FOLD)
    np.testing.assert_allclose(frame["p_adjusted"], PADJ)


def test_named_by_the_caller() -> None:
    table = TABLES["DESeq2"].rename(columns={"log2FoldChange": "effect", "padj": "corrected"})
    table["mine"] = [f"my {gene}" for gene in GENES]
    ranking, used = table_ranking(
        table, {"name": "mine", "log2fc": "effect", "p_adjusted": "corrected", "group": "baseMean"}
    )
    assert used == {
        "name": "mine", "log2fc": "effect", "p_adjusted": "corrected", "p_value": "pvalue", "score": "stat",
        "group": "baseMean",
    }  # fmt: skip
    assert marker_lists(ranking, "down")[0].genes == ["my LYZ", "my CD14"]
    assert list(ranking.frames) == ["10"]


def test_natural_logarithms_of_old_seurat_become_log2() -> None:
    table = TABLES["Seurat"].rename(columns={"avg_log2FC": "avg_logFC"})
    ranking, _ = table_ranking(table)
    found = ranking.frames["all"].set_index("name").loc[GENES, "log2fc"]
    np.testing.assert_allclose(found, np.log2(np.exp(FOLD)))


def test_raw_p_values_are_adjusted_within_each_group() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"gene": [f"g{i}" for i in range(60)], "cluster": ["a", "b", "b"] * 20, "logFC": rng.normal(size=60),
         "pval": rng.random(60) ** 3}
    )  # fmt: skip
    table.loc[4, "pval"] = np.nan
    with pytest.warns(GsfmEnrichWarning) as caught:
        ranking, _ = table_ranking(table)
    assert [str(warning.message) for warning in caught] == [
        "the data frame has no adjusted p-values: 'pval' was adjusted in each group by the "
        "Benjamini-Hochberg procedure."
    ]
    for group, part in table.groupby("cluster"):
        known = part["pval"].notna().to_numpy()
        adjusted = ranking.frames[str(group)].set_index("name").loc[part["gene"], "p_adjusted"].to_numpy()
        np.testing.assert_allclose(adjusted[known], false_discovery_control(part["pval"].dropna()))
        assert np.isnan(adjusted[~known]).all()
    assert ranking.tested is not None
    assert set(ranking.tested) == set(table["gene"]) - {"g4"}  # what has no p-value was not tested


def test_statistics_without_a_sign_get_that_of_the_fold_change() -> None:
    table = TABLES["limma"].assign(t=[81.0, 64, 49, 64, 36, 1]).rename(columns={"t": "stat"})
    ranking, _ = table_ranking(table)
    assert ranking.frames["all"].set_index("name").loc[GENES, "score"].tolist() == [81, 64, 49, -64, -36, 1]


def test_neither_fold_change_nor_score_means_no_direction() -> None:
    with pytest.warns(GsfmEnrichWarning, match="no fold change and no signed statistic"):
        ranking, _ = table_ranking(TABLES["edgeR"][["PValue", "FDR"]])
    [one] = marker_lists(ranking)
    assert (one.direction, one.genes) == ("", ["CD79A", "CD19", "LYZ", "MS4A1", "CD14"])
    with pytest.raises(InputError) as error:
        marker_lists(ranking, "up")
    assert str(error.value) == (
        "the data frame: there are neither fold changes nor scores to tell up from down, so direction='up' "
        "cannot be used."
    )


def test_a_table_cut_to_what_is_significant_does_not_tell_the_background() -> None:
    ranking, _ = table_ranking(TABLES["Seurat"][:5])
    assert ranking.tested is None
    assert ranking.source == "no p-value of the data frame is above 0.5, so it does not hold all genes tested"


def test_rows_without_a_gene_are_counted() -> None:
    table = TABLES["pertpy"].copy()
    table.loc[[0, 3], "variable"] = [None, " "]
    with pytest.warns(GsfmEnrichWarning) as caught:
        ranking, _ = table_ranking(table)
    assert (
        str(caught[0].message) == "2 of 6 rows of the data frame have no gene or no group and were ignored."
    )
    assert len(ranking.frames["all"]) == 4


def test_data_frames_by_group() -> None:
    tables = {
        "B/plasma": TABLES["DESeq2"],
        "other": -TABLES["DESeq2"][["log2FoldChange", "stat"]].assign(padj=-0.01),
    }
    ranking, used = read_differential(tables)
    assert list(ranking.frames) == ["B/plasma", "other"]
    assert used["name"] == "index"
    assert [len(part.genes) for part in marker_lists(ranking)] == [3, 2, 2, 4]
    ranking, _ = read_differential(tables, groups="other")
    assert list(ranking.frames) == ["other"]


@pytest.mark.parametrize(
    ("de", "options", "message"),
    [
        (
            pd.DataFrame({"a": [1]}),
            {},
            "no column of the table is recognised as genes: none consists mostly of gene symbols or "
            "identifiers. Columns: 'a'; choose one with gene_column=. 'a': integers, which may be "
            "Entrez ids.",
        ),
        (
            TABLES["DESeq2"],
            {"columns": {"lfc": "log2FoldChange"}},
            "columns= takes 'name', 'log2fc', 'p_adjusted', 'p_value', 'score', 'group'; got 'lfc'. "
            "Did you mean 'log2fc'?",
        ),
        (
            TABLES["DESeq2"],
            {"columns": {"p_adjusted": "padjusted"}},
            "the data frame has no column 'padjusted' (columns={'p_adjusted': ...}); it has 'index', "
            "'baseMean', 'log2FoldChange', 'lfcSE', 'stat', 'pvalue', 'padj'. Did you mean 'padj'?",
        ),
        (
            TABLES["DESeq2"].assign(padj="small"),
            {},
            "column 'padj' of the data frame must hold numbers, not 'small'.",
        ),
        (TABLES["DESeq2"][:0], {}, "no row of the data frame names a gene."),
        (TABLES["Seurat"], {"groups": "al"}, "no group 'al'; choose from 'all'. Did you mean 'all'?"),
        ({}, {}, "the dict of gene lists is empty; expected at least one group."),
        (
            {"a": ["TP53"], "b": {"up": ["TP53"]}},
            {},
            "some groups have lists under 'up' and 'down' and others plain lists; use one form for all.",
        ),
        ({"a": {"left": []}}, {}, "group 'a' has a list under 'left'; expected 'up' and 'down'."),
        (
            {"a": ["TP53"]},
            {"columns": {"name": "x"}},
            "columns= names columns of a data frame; a dict of lists has none.",
        ),
        (
            ["TP53"],
            {},
            "differential expression must be a data frame, or a dict of data frames or of lists of genes "
            "by group, "
            "got list.",
        ),
    ],
)
def test_errors(de: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        read_differential(de, **options)
    assert str(error.value) == message


# -------------------------------------------------------------------------------------------- ge.tl.enrichr

SETS = {"B cells": ["CD79A", "CD19", "MS4A1", "CD22"], "monocytes": ["LYZ", "CD14", "FCN1"]}


@pytest.mark.parametrize("tool", TABLES)
def test_enrichment_of_a_table(tool: str) -> None:
    result = tl.enrichr(TABLES[tool], SETS, rerank=False)
    assert isinstance(result, Enrichment)
    found = result.results.set_index(["direction", "Term"])["Overlap"].to_dict()
    assert found == {("up", "B cells"): "3/3", ("down", "monocytes"): "2/2"}
    assert result.params["background"] == "genes with a p-value in the data frame"
    assert result.params["background_genes"] == 6
    assert any(column.startswith("p_adjusted=") for column in result.params["columns"])
    assert get.enrichr_df(result, "all", direction="down")["Term"].tolist() == ["monocytes"]


def test_result_without_cells_goes_into_plots_and_report(small_model: Any, tmp_path: Any) -> None:
    result = tl.enrichr(TABLES["DESeq2"], SETS, model=small_model)
    drawn = pl.dotplot(result, cutoff=1.0)
    assert [text.get_text() for text in drawn.get_xticklabels()] == ["all (up)", "all (down)"]
    page = report(result, tmp_path / "report.html").read_text()
    assert "genes with a p-value in the data frame" in page


def test_plain_lists() -> None:
    lists = {"mine": ["CD79A", "CD19"], "none": [], "unknown": ["FUOM"]}
    with pytest.warns(GsfmEnrichWarning) as caught:
        result = tl.enrichr(lists, SETS, rerank=False)
    assert [str(warning.message) for warning in caught] == [
        "plain lists do not say which genes were tested: the background is all genes of each library, "
        "usually more than were measured, which makes p-values too small; pass the tested genes as "
        "background=.",
        "2 of 3 gene lists have no result (1: no gene passed the cut-offs; 1: its only gene is in no gene "
        "set): "
        "none, unknown. See the log of the result.",
    ]
    assert isinstance(result, Enrichment)
    assert result.results[["group", "direction", "Overlap"]].to_numpy().tolist() == [["mine", "", "2/4"]]
    assert result.params["background"] == (
        "genes of each library (plain lists do not say which genes were tested)"
    )
    assert "background_genes" not in result.params
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        directed = tl.enrichr({"a": {"up": ["CD79A"], "down": ["LYZ"]}}, SETS, rerank=False, background=100)
    assert isinstance(directed, Enrichment)
    assert directed.results["direction"].tolist() == ["up", "down"]
    assert directed.params["background"] == "a number that was given"


def test_tables_and_lists_beside_cells(adata: anndata.AnnData) -> None:
    tl.enrichr(adata, SETS, de=TABLES["Seurat"], rerank=False, key_added="table")
    assert adata.uns["table"]["params"]["background"] == "genes with a p-value in the data frame"
    assert "key" not in adata.uns["table"]["params"]
    tl.enrichr(adata, SETS, de={"B": ["CD19", "CD22"]}, rerank=False, key_added="lists")
    params = adata.uns["lists"]["params"]
    assert params["background"] == "adata.var_names (plain lists do not say which genes were tested)"
    assert params["background_genes"] == adata.n_vars
    assert adata.uns["lists"]["results"]["Overlap"].tolist() == ["2/4"]


def test_misplaced_arguments(adata: anndata.AnnData) -> None:
    for options, message in (
        (
            {"de": TABLES["Seurat"], "adata": TABLES["DESeq2"]},
            "adata must be an anndata.AnnData, or in its place a data frame or a dict of lists of genes; got "
            "DataFrame and de.",
        ),
        (
            {"adata": adata, "columns": {"name": "a"}},
            "columns= names columns of a data frame, which is given as de=.",
        ),
        (
            {"adata": TABLES["DESeq2"], "gene_symbols": "symbol"},
            "gene_symbols= names a column of adata.var, but there is no AnnData; use columns={'name': ...}.",
        ),
        (
            {"adata": TABLES["DESeq2"], "background": "expressed"},
            "background='expressed' needs an AnnData; pass the tested genes as a list.",
        ),
    ):
        with pytest.raises(InputError) as error:
            tl.enrichr(**{"gene_sets": SETS, **options})
        assert str(error.value) == message


# -------------------------------------------------------------------------------------------- scanpy


GROUPS = ["CD19+ B", "Dendritic", "CD56+ NK"]


@pytest.mark.parametrize("method", ["t-test", "t-test_overestim_var", "wilcoxon", "logreg"])
@pytest.mark.parametrize("filtered", [False, True])
def test_every_method_of_scanpy(method: str, filtered: bool) -> None:
    if filtered and method == "logreg":
        pytest.skip("scanpy cannot filter what has no fold changes")
    data = sc.datasets.pbmc68k_reduced()
    options = {"max_iter": 50} if method == "logreg" else {}
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # fifty steps are enough for a ranking, and scikit-learn says they are few
        sc.tl.rank_genes_groups(data, "bulk_labels", method=method, groups=GROUPS, **options)
    key = "rank_genes_groups"
    if filtered:
        sc.tl.filter_rank_genes_groups(data, min_fold_change=1.5)
        key = "rank_genes_groups_filtered"
    sets = {"B cell receptor": ["CD79A", "CD79B", "CD37", "BLNK"], "MHC": ["HLA-DRA", "HLA-DRB1", "CD74"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GsfmEnrichWarning)
        tl.enrichr(data, sets, key=key, rerank=False)
    best = get.enrichr_df(data, "CD19+ B", direction="up")
    assert "CD79A" in best.set_index("Term").loc["B cell receptor", "Genes"]
    assert data.uns["gsfm_enrichr"]["params"]["de"] == method
    assert len(data.uns["gsfm_enrichr"]["log"]) == 6


def test_the_data_frame_of_scanpy_gives_what_the_slot_gives() -> None:
    data = sc.datasets.pbmc68k_reduced()
    sc.tl.rank_genes_groups(data, "bulk_labels", method="wilcoxon", groups=GROUPS)
    sets = {f"set {i}": data.raw.var_names[i::7].tolist() for i in range(7)}
    tl.enrichr(data, sets, rerank=False)
    result = tl.enrichr(sc.get.rank_genes_groups_df(data, None), sets, rerank=False)
    assert isinstance(result, Enrichment)
    pd.testing.assert_frame_equal(result.results, data.uns["gsfm_enrichr"]["results"])
    pd.testing.assert_frame_equal(result.log, data.uns["gsfm_enrichr"]["log"])


# -------------------------------------------------------------------------------------------- background


def test_expressed_genes(adata: anndata.AnnData) -> None:
    adata.X = adata.X.copy()
    adata.X[:, :20] = 0
    adata.X[1, 3] = 2
    tl.enrichr(adata, SETS, groups="B cells", direction="up", rerank=False, background=None)
    with pytest.warns(GsfmEnrichWarning) as caught:
        tl.enrichr(adata, SETS, groups="B cells", direction="up", rerank=False, background="expressed")
    assert str(caught[0].message).startswith(
        "8 of 9 ranked genes are not among the 41 genes of genes expressed"
    )
    params = adata.uns["gsfm_enrichr"]["params"]
    assert params["background"] == "genes expressed in at least one cell of adata.X"
    assert params["background_genes"] == 41
    adata.X[0, 0] = -1
    with pytest.raises(InputError) as error:
        tl.enrichr(adata, SETS, rerank=False, background="expressed")
    assert str(error.value) == (
        "adata.X has negative values, like scaled data, so it does not show which genes are expressed; pass "
        "them as a list."
    )


def test_propensity_by_expression(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    """It is the mean over the cells, worked out by hand and given to `enrichr` gene by gene."""
    rng = np.random.default_rng(0)
    genes = list(block_model.vocab.genes)
    level = rng.gamma(1.0, 2.0, len(genes))
    cells = pd.DataFrame({"cell": ["a"] * 20 + ["b"] * 20}, index=[f"c{i}" for i in range(40)])
    counts = rng.poisson(level, (40, len(genes))).astype(np.float32)
    data = anndata.AnnData(counts, obs=cells, var=pd.DataFrame(index=genes))
    query = list(block_library[block_library.terms[0]])[:6] + list(block_library.genes[-6:])
    options: dict[str, Any] = {"model": block_model, "background": genes, "min_overlap": 0}
    result = tl.enrichr(
        data, block_library, de={"list": query}, propensity="expression", copy=True, **options
    )
    assert isinstance(result, anndata.AnnData)
    found = result.uns["gsfm_enrichr"]["results"].set_index("Term")["GSFM P-value"]
    means = dict(zip(genes, counts.mean(axis=0), strict=True))
    for propensity, same in ((means, True), (None, False)):
        direct = enrichr(query, block_library, propensity=propensity, **options).results
        expected = direct.set_index("Term")["GSFM P-value"].loc[found.index]
        assert np.allclose(found, expected, rtol=1e-12) == same
    assert result.uns["gsfm_enrichr"]["params"]["propensity"] == "expression"
    data.X[0, 0] = -1
    with pytest.raises(InputError) as error:
        tl.enrichr(data, block_library, de={"list": query}, propensity="expression", **options)
    assert str(error.value) == (
        "adata.X has negative values, like scaled data, so it does not show how highly genes are expressed; "
        "pass a number for each gene as propensity=."
    )
    with pytest.raises(InputError) as error:
        tl.enrichr({"list": query}, block_library, propensity="expression", **options)
    assert str(error.value) == (
        "propensity='expression' needs an AnnData; pass a number for each gene instead."
    )


def test_only_highly_variable_genes_are_warned_of(adata: anndata.AnnData) -> None:
    options: dict[str, Any] = {"groups": "B cells", "direction": "up", "rerank": False}
    adata.var["highly_variable"] = [False, *[True] * (adata.n_vars - 1)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tl.enrichr(adata, SETS, **options)
    adata.var["highly_variable"] = True
    with pytest.warns(GsfmEnrichWarning) as caught:
        tl.enrichr(adata, SETS, **options)
    assert [str(warning.message) for warning in caught] == [
        "the background is only the 60 highly variable genes: genes removed before the test cannot be "
        "found, and terms are judged by the genes that are left; test all genes (keep them in adata.raw, or "
        "rank before subsetting)."
    ]


def test_a_misspelt_background(adata: anndata.AnnData) -> None:
    with pytest.raises(InputError) as error:
        tl.enrichr(adata, SETS, rerank=False, background="expresed")
    assert str(error.value) == (
        "The background 'expresed' is neither a number nor a file with one gene per line; pass a number of "
        "genes, "
        "a list of genes or the path of a text file. Did you mean 'expressed'?"
    )
