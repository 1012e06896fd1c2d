"""The threshold-free test of tables: what is read, what it says of them, and what it refuses."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import gsfm_enrich as ge


@pytest.fixture(scope="module")
def genes():
    go = ge.load_libraries("GO_Cellular_Component")[0]
    return sorted(go.genes)[1000:1800]


@pytest.fixture
def statistic(genes):
    values = np.random.default_rng(0).normal(size=len(genes))
    values[:15] = np.abs(values[:15]) + 2
    return pd.Series(values, index=genes)


@pytest.fixture
def sets(genes):
    return {"changed": genes[:15], "not": genes[100:130], "small": genes[:3]}


def run(data, sets, **options):
    return ge.enrich_ranked(data, sets, model=None, **options).results


def test_the_changed_term_is_first(statistic, sets):
    table = run(statistic, sets, direction="up")
    assert table["Term"].tolist() == ["changed", "not"]
    assert table["FDR q-val"][0] < 1e-4 < table["FDR q-val"][1]
    assert set(table["Lead_genes"][0].split(";")) <= set(sets["changed"])


def test_every_way_to_give_a_query_says_the_same(statistic, sets, tmp_path):
    expected = run(statistic, sets)
    frame = pd.DataFrame({"gene": statistic.index, "t": statistic.to_numpy()})
    statistic.to_csv(tmp_path / "query.rnk", sep="\t", header=False)
    frame.to_csv(tmp_path / "query.csv", index=False)
    p = 2 * norm.sf(np.abs(statistic))
    table = pd.DataFrame({"logFC": np.sign(statistic), "pvalue": p, "padj": np.minimum(p * 50, 1)})
    for given in (frame, frame.sample(frac=1, random_state=0), tmp_path / "query.rnk", tmp_path / "query.csv",
                  str(tmp_path / "query.csv"), table, {"all": statistic}):  # fmt: skip
        pd.testing.assert_frame_equal(run(given, sets), expected, rtol=1e-6)


def test_a_dict_and_a_table_of_groups(statistic, sets):
    both = run({"a": statistic, "b": -statistic}, sets, direction="up")
    first = both[both["Rank"] == 1].set_index("group")
    assert first.loc["a", "Term"] == "changed"
    np.testing.assert_allclose(
        both.set_index(["group", "Term"]).loc[("b", "changed"), "Down P-value"], first.loc["a", "NOM p-val"]
    )


def test_results_go_into_plots_and_groups(statistic, sets):
    result = ge.enrich_ranked(statistic, sets, direction="up", model=None)
    for plot in (ge.pl.dotplot, ge.pl.barplot):
        ax = plot(result)
        labels = " ".join(text.get_text() for text in ax.get_yticklabels())
        assert "changed" in labels
        plt.close(ax.figure)
    assert ge.group_terms(result.results)["Term"].tolist() == ["changed"]
    assert len(ge.get.enrichr_df(result, pval_cutoff=0.05)) == 1


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        (lambda s: s[:400], "500 genes"),
        (lambda s: s * 0, "does not rank them"),
        (lambda s: s.abs(), "signed"),
        (lambda s: s[s.abs() > 0.3], "significant"),
        (lambda s: list(s.index), "Series"),
        (lambda s: {}, "empty"),
        (lambda s: "no_such_file.rnk", "no_such_file.rnk"),
    ],
)
def test_what_is_refused(statistic, sets, change, fact):
    with pytest.raises(ge.InputError, match=fact):
        run(change(statistic), sets)


def test_repeated_and_missing_rows_are_said(statistic, sets):
    extra = pd.concat([statistic, pd.Series([9.0, np.nan], index=[statistic.index[20], statistic.index[21]])])
    with pytest.warns(ge.GsfmEnrichWarning) as caught:
        run(extra, sets)
    said = " ".join(str(warning.message) for warning in caught)
    assert statistic.index[20] in said
    assert "1 of 802 rows" in said
    assert all(warning.filename == __file__ for warning in caught)


def test_decimal_commas_and_semicolons_are_read(statistic, sets, tmp_path):
    path = tmp_path / "excel.csv"
    frame = pd.DataFrame({"gene": statistic.index, "t": statistic.to_numpy()})
    frame.to_csv(path, sep=";", decimal=",", index=False)
    pd.testing.assert_frame_equal(run(path, sets), run(statistic, sets))


def test_row_numbers_are_no_genes(statistic, sets):
    with pytest.raises(ge.InputError, match="from 0 to 799, like row numbers"):
        run(statistic.reset_index(drop=True), sets)
