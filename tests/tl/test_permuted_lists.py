"""P-values of lists from permuted labels: true where those of random genes are not; they need cells."""

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy as sc

import gsfm_enrich as ge

N_GENES = 600
NAMES = [f"ENSG{i:011d}" for i in range(N_GENES)]
SETS = {f"term {i}": NAMES[20 * i : 20 * i + 20] for i in range(30)}


def cells_of(seed, effect=0.0):
    """120 cells in three groups; the genes of each term go up and down together."""
    rng = np.random.default_rng(seed)
    values = 3 + 0.4 * np.repeat(rng.normal(size=(120, 30)), 20, axis=1) + rng.normal(size=(120, N_GENES))
    values[:40, :20] += effect
    obs = pd.DataFrame({"group": pd.Categorical(np.repeat(["a", "b", "c"], 40)), "day": ["x", "y"] * 60})
    obs.index = [f"cell{i}" for i in range(120)]
    data = anndata.AnnData(np.maximum(values, 0), obs=obs, var=pd.DataFrame(index=NAMES))
    sc.tl.rank_genes_groups(data, "group")
    return data


def run(data, **options):
    chosen = {"direction": "up", "pval_cutoff": None, "max_genes": 40, "min_overlap": 0, "rerank": False}
    ge.tl.enrichr(data, SETS, **(chosen | options))
    return ge.get.enrichr_df(data)


def test_groups_that_differ_in_nothing_have_no_significant_term():
    plain, permuted = [], []
    for seed in range(8):
        data = cells_of(seed)
        plain.append(run(data).groupby("group")["Adjusted P-value"].min())
        permuted.append(run(data, permutations=60).groupby("group")["Adjusted P-value"].min())
    assert np.mean(np.concatenate(plain) < 0.05) > 0.3
    assert np.mean(np.concatenate(permuted) < 0.05) <= 0.1


def test_a_real_difference_is_found_and_the_scores_follow_the_p_values():
    table = run(cells_of(0, effect=2.0), permutations=100)
    best = table[table["group"] == "a"].sort_values("P-value").iloc[0]
    assert best["Term"] == "term 0"
    assert best["P-value"] < 0.01
    assert best["Adjusted P-value"] == table.loc[table["group"] == "a", "Adjusted P-value"].min()
    assert best["Combined Score"] == pytest.approx(-np.log(best["P-value"]) * best["Odds Ratio"])


def test_the_seed_gives_the_same_p_values_and_the_parameters_are_kept():
    data = cells_of(0)
    first = run(data, permutations=10, batch="day", seed=3)
    params = data.uns["gsfm_enrichr"]["params"]
    assert (params["permutations"], params["permuted_tables"], params["batch"]) == (10, 30, "day")
    pd.testing.assert_frame_equal(first, run(data, permutations=10, batch="day", seed=3))
    assert not first["P-value"].equals(run(data, permutations=10, batch="day", seed=4)["P-value"])


def test_the_models_columns_follow_the_same_lists(block_model, block_library):
    tokens = list(block_model.vocab.tokens[2:])
    rng = np.random.default_rng(3)
    together = np.repeat(rng.normal(size=(60, len(tokens) // 25)), 25, axis=1)  # the genes of each block
    values = np.maximum(4 + together + rng.normal(size=together.shape), 0)
    data = anndata.AnnData(values, var=pd.DataFrame(index=tokens))
    data.obs["group"] = pd.Categorical(["a", "b"] * 30)
    data.obs_names = [f"cell{i}" for i in range(60)]
    sc.tl.rank_genes_groups(data, "group")
    options = {
        "direction": "up",
        "pval_cutoff": None,
        "max_genes": 40,
        "min_overlap": 0,
        "model": block_model,
    }
    ge.tl.enrichr(data, block_library, **options)
    plain = ge.get.enrichr_df(data)
    ge.tl.enrichr(data, block_library, permutations=20, **options)
    permuted = ge.get.enrichr_df(data)
    same = ["group", "Term"]
    both = plain.merge(permuted, on=same, suffixes=("", " permuted"))
    assert (both["Expected Overlap"] == both["Expected Overlap permuted"]).all()
    assert not (both["GSFM P-value"] == both["GSFM P-value permuted"]).all()
    assert (both["GSFM Rank"] == both["GSFM Rank permuted"]).all()
    lost = (both["GSFM Adjusted P-value"] < 0.05) & (both["GSFM Adjusted P-value permuted"] >= 0.05)
    assert lost.any()
    assert (both["Caution permuted"].str.contains("if genes were independent") == lost).all()


def test_rows_of_one_symbol_are_one_gene():
    data = cells_of(3)
    data.var["symbol"] = data.var_names
    data.var.iloc[1:20, 0] = data.var.iloc[0, 0]  # those after them keep their own places
    table = run(data, permutations=20, gene_symbols="symbol").set_index(["group", "Term"])["P-value"]
    plain = run(cells_of(3), permutations=20).set_index(["group", "Term"])["P-value"]
    last = [(group, "term 29") for group in "abc"]
    np.testing.assert_allclose(np.log(table[last]), np.log(plain[last]), rtol=0.2)


def test_permutations_need_cells_and_no_propensity():
    table = pd.DataFrame({"log2FoldChange": [1.0, 2.0], "padj": [0.01, 0.9]}, index=NAMES[:2])
    with pytest.raises(ge.InputError, match=r"permutations=.*cells"):
        ge.tl.enrichr(table, SETS, permutations=20, rerank=False)
    with pytest.raises(ge.InputError, match=r"permutations= or propensity="):
        run(cells_of(0), permutations=20, propensity="expression")


def test_adjusted_over_all_groups_and_libraries_is_benjamini_hochberg_of_all():
    data = cells_of(0, effect=2.0)
    sets = [SETS | {"two": NAMES[300:310]}, {"three": NAMES[10:30], "all": NAMES}]
    options = {"pval_cutoff": None, "max_genes": 40, "min_overlap": 0, "rerank": False}
    ge.tl.enrichr(data, sets, fdr_over="all", **options)
    table = ge.get.enrichr_df(data)
    tested = table["Genes"] != ""
    p = np.sort(table.loc[tested, "P-value"].to_numpy())
    steps = np.minimum.accumulate((p * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
    found = table[tested].sort_values("P-value")["Adjusted P-value"].to_numpy()
    np.testing.assert_allclose(found, np.minimum(steps, 1))
    assert (table.loc[~tested, "Adjusted P-value"] == 1).all()


def test_a_warning_counts_the_lists_that_are_too_long():
    sets = {f"term {i}": NAMES[4 * i : 4 * i + 4] for i in range(150)}
    lists = {"one": [gene for i in range(0, 150) for gene in sets[f"term {i}"]][:520], "two": NAMES[:560]}
    with pytest.warns(ge.GsfmEnrichWarning, match=r"max_genes=.*1 more of the lists"):
        ge.tl.enrichr(lists, sets, rerank=False, background=20_000)
