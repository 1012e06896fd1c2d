"""The threshold-free test of the groups of cells: what is written, its defaults, and what it refuses."""

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy as sc

import gsfm_enrich as ge

N_GENES = 600
NAMES = [f"ENSG{i:011d}" for i in range(N_GENES)]
SETS = {
    "of a": NAMES[:10],
    "of b": NAMES[20:30],
    "of nothing": NAMES[50:60],
    "too small": NAMES[100:103],
}


@pytest.fixture
def cells():
    rng = np.random.default_rng(0)
    labels = np.repeat(["a", "b/c", "d"], 40)
    values = rng.normal(1, 1, (120, N_GENES))
    values[:40, :10] += 2
    values[40:80, 20:30] += 2
    obs = pd.DataFrame({"group": pd.Categorical(labels), "donor": np.tile(["x", "y"], 60)})
    obs.index = [f"cell{i}" for i in range(120)]
    data = anndata.AnnData(np.maximum(values, 0), obs=obs, var=pd.DataFrame(index=NAMES))
    sc.tl.rank_genes_groups(data, "group")
    return data


def run(cells, sets=SETS, **options):
    ge.tl.enrich_ranked(cells, sets, model=None, **{"permutations": 30, **options})
    return ge.get.enrichr_df(cells, key="gsfm_ranked")


def test_the_right_term_is_first_in_each_group_and_the_default_is_up(cells):
    table = run(cells)
    first = table[table["Rank"] == 1].set_index("group")
    assert first.loc["a", "Term"] == "of a"
    assert first.loc["b/c", "Term"] == "of b"
    assert (first.loc[["a", "b/c"], "FDR q-val"] < 1e-4).all()
    assert first.loc["d", "NOM p-val"] > 0.01
    assert set(table["direction"]) == {"up"}
    assert "too small" not in set(table["Term"])
    params = cells.uns["gsfm_ranked"]["params"]
    assert params["permuted_tables"] == 90
    assert params["background_genes"] == N_GENES


def test_markers_are_ranked_by_effect_and_genes_of_all_cells_count_little(cells):
    everywhere = NAMES[200:210]
    values = np.asarray(cells.X).copy()
    values[:, 200:210] = np.random.default_rng(1).normal(8, 0.5, (120, 10))
    values[:40, 200:210] += 1.5
    cells.X = values
    sc.tl.rank_genes_groups(cells, "group")
    table = run(cells, SETS | {"everywhere": everywhere}, groups="a").set_index("Term")
    t = sc.get.rank_genes_groups_df(cells, "a").set_index("names")["scores"]
    assert t[everywhere].mean() > t[SETS["of a"]].mean()  # the surer difference
    assert table.index[0] == "of a"
    assert table["NES"].is_monotonic_decreasing
    assert table.loc["everywhere", "NES"] < table.loc["of a", "NES"]


def test_compared_with_one_group_the_default_is_both(cells):
    sc.tl.rank_genes_groups(cells, "group", reference="d")
    table = run(cells)
    assert set(table["group"]) == {"a", "b/c"}
    assert set(table["direction"]) == {"both"}
    assert table.groupby("group")["NOM p-val"].apply(lambda p: p.is_monotonic_increasing).all()
    assert table[table["Rank"] == 1].set_index("group").loc["a", "Term"] == "of a"


def test_down_and_a_file(cells, tmp_path):
    table = run(cells, direction="down", groups="d")
    down = table[table["Term"].isin(["of a", "of b"])]
    assert (down["NOM p-val"] < 0.05).all()
    np.testing.assert_array_equal(table["NOM p-val"], table["Down P-value"])
    cells.write_h5ad(tmp_path / "cells.h5ad")
    back = anndata.read_h5ad(tmp_path / "cells.h5ad")
    pd.testing.assert_frame_equal(ge.get.enrichr_df(back, key="gsfm_ranked"), table, check_dtype=False)


def test_the_seed_decides(cells):
    same, again, other = run(cells, seed=1), run(cells, seed=1), run(cells, seed=2)
    pd.testing.assert_frame_equal(same, again)
    assert (same["NOM p-val"] != other["NOM p-val"]).any()


def test_genes_are_counted_once(cells):
    cells.var["symbol"] = cells.var_names
    cells.var.iloc[1, 0] = cells.var_names[0]
    with pytest.warns(ge.GsfmEnrichWarning, match="1 measured rows"):
        table = run(cells, gene_symbols="symbol")
    assert table.set_index(["group", "Term"]).loc[("a", "of a"), "Size"] == 9


@pytest.mark.parametrize(
    ("options", "facts"),
    [
        ({"direction": "absolut"}, ["'absolut'", "'both'"]),
        ({"batch": "doner"}, ["doner", "Did you mean 'donor'"]),
        ({"groups": "x"}, ["'x'"]),
        ({"key": "nothing"}, ["'nothing'"]),
    ],
)
def test_what_is_refused(cells, options, facts):
    with pytest.raises(ge.InputError) as caught:
        run(cells, **options)
    assert all(fact in str(caught.value) for fact in facts)


def test_too_few_genes_are_refused(cells):
    few = cells[:, :100].copy()
    sc.tl.rank_genes_groups(few, "group")
    with pytest.raises(ge.InputError, match="500 genes"):
        run(few)


def test_groups_whose_cells_are_gone_are_refused(cells):
    with pytest.raises(ge.InputError, match="'a' has 0"):
        run(cells[40:].copy())


def test_labels_are_permuted_within_batches(cells):
    assert run(cells, batch="donor")["Term"][0] == "of a"
    assert cells.uns["gsfm_ranked"]["params"]["batch"] == "donor"


@pytest.fixture
def donors():
    """Cells of six donors in two conditions and two types; one type answers in three donors only."""
    pytest.importorskip("inmoose")
    rng = np.random.default_rng(0)
    obs = pd.DataFrame(
        [(f"d{donor}", group) for donor in range(6) for group in "abc" for _ in range(12)],
        columns=["donor", "group"],
    ).astype("category")
    obs.index = [f"cell{i}" for i in range(len(obs))]
    rates = np.full((len(obs), N_GENES), 2.0) * rng.gamma(9, 1 / 9, N_GENES)
    rates[(obs["group"] == "a").to_numpy(), :10] *= 3
    rates[(obs["donor"] == "d0").to_numpy(), 20:30] *= 30  # one donor's own
    counts = rng.poisson(rates).astype(float)
    data = anndata.AnnData(counts.copy(), obs=obs, var=pd.DataFrame(index=NAMES), layers={"counts": counts})
    sc.pp.normalize_total(data, target_sum=1e4)
    sc.pp.log1p(data)
    sc.tl.rank_genes_groups(data, "group")
    return data


def test_replicates_are_summed(donors):
    table = run(donors, replicate="donor", permutations=60)
    first = table[table["Rank"] == 1].set_index("group")
    assert first.loc["a", "Term"] == "of a"
    assert first.loc["a", "NOM p-val"] < 0.001
    assert (first.loc[["b", "c"], "NOM p-val"] > 0.01).all()
    params = donors.uns["gsfm_ranked"]["params"]
    assert (params["replicate"], params["method"]) == ("donor", "moderated t")
    same = run(donors, replicate="donor", permutations=60)
    pd.testing.assert_frame_equal(table, same)


def test_few_labellings_are_said(donors):
    sc.tl.rank_genes_groups(donors, "group", reference="c")
    with pytest.warns(ge.GsfmEnrichWarning, match="only 64 ways"):
        table = run(donors, replicate="donor", groups="a", permutations=100)
    assert table["Term"][0] == "of a"
    params = donors.uns["gsfm_ranked"]["params"]
    assert params["permuted_tables"] == 100
    assert params["smallest_p"] == 1 / 64


def test_counts_are_asked_for(donors):
    with pytest.raises(ge.InputError, match=r"no 'count'.*Did you mean 'counts'"):
        run(donors, replicate="donor", layer="count")
    del donors.layers["counts"]
    with pytest.raises(ge.InputError, match=r"adata\.X"):
        run(donors, replicate="donor")
