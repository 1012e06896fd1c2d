"""Layouts of many tools give the same lists in any order of rows; what is unclear is an error."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.expression.de_tables import table_ranking
from gsfm_enrich.expression.markers import Cutoffs, marker_lists
from gsfm_enrich.expression.p_values import as_p_values

UP, DOWN, FLAT = ["CD79A", "MS4A1", "CD19", "BLK"], ["LYZ", "CD14", "CST3"], ["ACTB", "GAPDH", "TBP", "UBC"]
GENES = [*UP, *DOWN, *FLAT]
N = len(GENES)
FOLD = np.array([2.0] * 4 + [-2.0] * 3 + [0.1] * 4)
P = np.array([1e-6] * 7 + [0.6, 0.7, 0.8, 0.9])
RISES = FOLD > 0

LAYOUTS: dict[str, dict[str, Any]] = {
    "row numbers, MaxQuant": {"": range(1, N + 1), "Gene names": GENES, "logFC": FOLD, "adj.P.Val": P},
    "an integer beside genes": {"Unnamed: 0": GENES, "log2FoldChange": FOLD, "padj": P, "id": range(N)},
    "MAST": {"primerid": GENES, "Pr(>Chisq)": P, "coef": FOLD, "ci.hi": 1, "ci.lo": -1, "fdr": P},
    "memento": {"gene": GENES, "de_coef": FOLD, "de_se": 0.1, "de_pval": P},
    "MAGeCK RRA": {
        "id": GENES, "num": 4, "neg|p-value": np.where(RISES, 1.0, P), "neg|fdr": np.where(RISES, 1.0, P),
        "pos|p-value": np.where(RISES, P, 1.0), "pos|fdr": np.where(RISES, P, 1.0),
    },
    "FindConservedMarkers": {
        "Unnamed: 0": GENES, "A_p_val": P, "A_avg_log2FC": FOLD, "A_p_val_adj": P, "B_p_val": P,
        "B_avg_log2FC": FOLD, "B_p_val_adj": P, "max_pval": P, "minimump_p_val": P,
    },
    "sleuth": {
        "Unnamed: 0": range(1, N + 1), "target_id": [f"ENST{i:011d}" for i in range(N)], "ext_gene": GENES,
        "pval": P, "qval": P, "b": FOLD, "se_b": 0.1,
    },
    "samr": {"Row": range(2, N + 2), "Gene ID": GENES, "Score(d)": FOLD * 3, "q-value(%)": P * 100},
    "GEO2R": {
        "ID": [f"{i}_at" for i in range(N)], "adj.P.Val": P, "P.Value": P, "t": FOLD * 4, "B": 1.5,
        "logFC": FOLD, "Gene.symbol": GENES, "Gene.title": [f"title {i}" for i in range(N)],
    },
    "-log10": {"Gene": GENES, "log2FC": FOLD, "-log10(padj)": -np.log10(P)},
    "Perseus": {
        "Gene names": GENES, "Student's T-test Difference a_b": FOLD,
        "-Log Student's T-test p-value a_b": -np.log10(P), "Student's T-test q-value a_b": P,
    },
    "Seurat roc": {
        "gene": GENES, "myAUC": 0.5 + FOLD / 10, "avg_diff": FOLD, "power": np.abs(FOLD) / 5,
        "avg_log2FC": FOLD, "pct.1": 0.5, "pct.2": 0.1, "p_val_adj": P,
    },
    "samr, through R's make.names": {
        "Gene.ID": [f"g{i}" for i in range(1, N + 1)], "Gene.Name": GENES, "Score.d.": FOLD * 3,
        "Fold.Change": 2.0**FOLD, "q.value...": P * 100,
    },
    "memento, with variability": {
        "gene": GENES, "tx": "all", "de_coef": FOLD, "de_se": 0.1, "de_pval": P, "dv_coef": -FOLD,
        "dv_se": 0.1, "dv_pval": P,
    },
    "diffxpy": {"gene": GENES, "pval": P, "qval": P, "log2fc": FOLD, "zero_mean": False, "coef_mle": FOLD},
    "linear fold changes": {"Gene": GENES, "Fold Change": 2.0**FOLD, "FDR": P},
    "fold changes with a sign": {"Gene": GENES, "FoldChange": np.sign(FOLD) * 2 ** np.abs(FOLD), "FDR": P},
    "natural logarithms": {"Gene": GENES, "log2FC": FOLD, "-ln(padj)": -np.log(P)},
    "binary logarithms": {"Gene": GENES, "log2FC": FOLD, "-log2(padj)": -np.log2(P)},
    "several genes per row": {
        "Gene": [f"LOC999999999///{gene}///MIR4640" for gene in GENES], "logFC": FOLD, "adj.P.Val": P,
    },
    "flags": {"gene": GENES, "logFC": FOLD, "padj": P, "is_de_fdr_0.05": P < 0.05, "p_significant": P < 0.05},
    "a column called index": {"index": range(N), "gene": GENES, "logFC": FOLD, "padj": P},
    "descriptions": {"Name": [f"gene {i}" for i in range(N)], "Symbol": GENES, "logFC": FOLD, "FDR": P},
}  # fmt: skip


def lists(table: pd.DataFrame, **columns: Any) -> dict[tuple[str, str], set[str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GsfmEnrichWarning)
        ranking, _ = table_ranking(table, columns)
        return {(one.group, one.direction): set(one.genes) for one in marker_lists(ranking)}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_in_any_order(layout: str) -> None:
    table = pd.DataFrame(LAYOUTS[layout])
    for seed in (None, 0, 1):
        given = table if seed is None else table.sample(frac=1, random_state=seed).reset_index(drop=True)
        assert lists(given) == {("all", "up"): set(UP), ("all", "down"): set(DOWN)}


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"Unnamed: 0": range(4), "0": UP, "1": [*DOWN, None]}),
        pd.DataFrame({"Unnamed: 0": range(4), "0_n": UP, "0_p": 1e-6, "1_n": [*DOWN, None], "1_p": 1e-6}),
    ],
)
def test_wide_exports_of_scanpy_are_one_group_per_column(table: pd.DataFrame) -> None:
    assert lists(table) == {("0", ""): set(UP), ("1", ""): set(DOWN)}
    assert lists(table.sample(frac=1, random_state=1)) == {("0", ""): set(UP), ("1", ""): set(DOWN)}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"logFC.A": FOLD, "adj.P.Val.A": P}, {"logFC.B": -FOLD, "adj.P.Val.B": P}),
        ({"A_log2FoldChange": FOLD, "A_padj": P}, {"B_log2FoldChange": -FOLD, "B_padj": P}),
        ({"log2FC (A)": FOLD, "FDR (A)": P}, {"log2FC (B)": -FOLD, "FDR (B)": P}),
        ({"A_names": GENES, "A_scores": FOLD, "A_pvals_adj": P}, {"B_names": GENES, "B_scores": -FOLD,
         "B_pvals_adj": P}),
    ],
)  # fmt: skip
def test_contrasts_side_by_side_are_groups(first: dict[str, Any], second: dict[str, Any]) -> None:
    genes = {} if "A_names" in first else {"gene": GENES}
    found = lists(pd.DataFrame({**genes, **first, **second}))
    assert found["A", "up"] == found["B", "down"] == set(UP)


def test_further_results_are_named() -> None:
    table = pd.DataFrame({"gene": GENES, "logFC": FOLD, "padj": P, "logFC.B": -FOLD, "padj.B": P})
    with pytest.warns(GsfmEnrichWarning, match=r"'logFC.B', 'padj.B'"):
        ranking, _ = table_ranking(table)
    assert set(marker_lists(ranking)[0].genes) == set(UP)


def test_mast_takes_the_hurdle_test_and_the_fold_change() -> None:
    parts = [
        pd.DataFrame(
            {"primerid": GENES, "component": part, "contrast": "stim", "Pr(>Chisq)": p, "coef": coef}
        )
        for part, p, coef in (("C", 0.9, -FOLD), ("D", 0.9, -FOLD), ("H", P, np.nan), ("logFC", np.nan, FOLD))
    ]
    table = pd.concat(parts)
    for given in (table, table.sample(frac=1, random_state=0)):
        assert lists(given) == {("stim", "up"): set(UP), ("stim", "down"): set(DOWN)}


def test_the_choice_for_conserved_markers_is_said() -> None:
    with pytest.warns(GsfmEnrichWarning, match=r"'A', 'B'.*largest.*smallest"):
        table_ranking(pd.DataFrame(LAYOUTS["FindConservedMarkers"]))


def test_graph_tests_have_no_direction() -> None:
    table = pd.DataFrame({"gene_short_name": GENES, "p_value": P, "morans_I": 0.2, "q_value": P})
    with pytest.warns(GsfmEnrichWarning, match="rising and falling genes are in one list"):
        ranking, _ = table_ranking(table)
    [one] = marker_lists(ranking)
    assert (one.direction, set(one.genes)) == ("", {*UP, *DOWN})


def test_names_alone_are_no_ranking() -> None:
    table = pd.DataFrame({"0": UP, "1": [*DOWN, None]})
    ranking, _ = table_ranking(table.sample(frac=1, random_state=0))
    assert ranking.frames["0"]["name"].tolist() == sorted(UP)
    with pytest.raises(InputError, match=r"max_genes=.*table\.head.*reset_index"):
        marker_lists(ranking, cutoffs=Cutoffs(max_genes=2))
    ranked, _ = table_ranking(table.reset_index().sample(frac=1, random_state=0))
    assert marker_lists(ranked, cutoffs=Cutoffs(max_genes=2))[0].genes == UP[:2]


def test_an_unknown_column_of_words_is_named() -> None:
    table = pd.DataFrame({"gene": GENES, "module": ["one"] * 6 + ["two"] * 5, "logFC": FOLD, "padj": P})
    with pytest.warns(GsfmEnrichWarning, match=r"'module' \(one, two\).*groupby='module'"):
        table_ranking(table)
    assert set(lists(table, group="module")) == {(g, d) for g in ("one", "two") for d in ("up", "down")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table_ranking(table.rename(columns={"module": "gene_biotype"}))
        table_ranking(table.assign(module=["UP"] * 6 + ["no"] * 5))


def test_levels_of_an_index() -> None:
    parts = {"one": pd.DataFrame({"gene": GENES, "logFC": FOLD, "padj": P})}
    parts["other"] = parts["one"].assign(logFC=-FOLD)
    found = lists(pd.concat(parts, names=["cluster", None]))
    assert found["one", "up"] == found["other", "down"] == set(UP)
    genes = parts["one"].set_index("gene").assign(index=range(N))
    assert lists(genes)["all", "up"] == set(UP)


def test_mle_has_a_group_per_condition() -> None:
    table = pd.DataFrame({"Gene": GENES, "sgRNA": 4, "a|beta": FOLD, "a|z": FOLD, "a|p-value": P, "a|fdr": P,
                          "b|beta": -FOLD, "b|z": -FOLD, "b|p-value": P, "b|fdr": P})  # fmt: skip
    found = lists(table)
    assert found["a", "up"] == found["b", "down"] == set(UP)


def two_groups(**columns: Any) -> pd.DataFrame:
    one = pd.DataFrame({"gene": GENES, "logFC": FOLD, "padj": P})
    return pd.concat([one.assign(**columns), one.assign(logFC=-FOLD, **dict.fromkeys(columns, "other"))])


@pytest.mark.parametrize("column", ["leiden", "condition", "timepoint", "cluster_id", "ident", "cell type"])
def test_groups_are_not_pooled(column: str) -> None:
    found = lists(two_groups(**{column: "one"}))
    assert found["one", "up"] == found["other", "down"] == set(UP)


def test_two_columns_make_the_group_and_one_that_says_no_more_is_left_out() -> None:
    first = two_groups(cell_type="B")
    table = pd.concat([first.assign(contrast="x"), first.assign(contrast="y", logFC=-first["logFC"])])
    found = lists(table)
    assert found["B | x", "up"] == found["B | y", "down"] == set(UP)
    assert set(lists(first.assign(contrast="x"))) == {
        (group, way) for group in ("B", "other") for way in ("up", "down")
    }


def test_an_unknown_column_that_separates_genes_is_named() -> None:
    with pytest.raises(InputError, match=r"'arm' separates them .*groupby='arm'"):
        lists(two_groups(arm="one"))
    assert lists(two_groups(arm="one"), group="arm")["one", "up"] == set(UP)


def test_genes_are_counted_not_rows() -> None:
    table = pd.DataFrame({"gene": np.repeat(GENES, 3), "log2FC": np.repeat(FOLD, 3), "padj": np.repeat(P, 3)})
    table.loc[2, ["log2FC", "padj"]] = [-2.0, 0.001]  # a probe of CD79A that falls
    with pytest.warns(GsfmEnrichWarning, match=r"22 of 33 rows .* 1 of these genes rise in one row"):
        ranking, _ = table_ranking(table)
    up, down = marker_lists(ranking, cutoffs=Cutoffs(max_genes=3))
    assert (len(set(up.genes)), set(down.genes)) == (3, set(DOWN))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"receptor": GENES, "ligand": GENES[::-1], "padj": P}, r"'receptor', 'ligand'.*gene_column="),
        ({"row": range(N), "logFC": FOLD, "padj": P}, r"'row'.*gene_column=.*row numbers"),
        ({"gene": GENES, "logFC": FOLD, "padj": np.where(P < 0.1, "<0.1", "0.5")}, r"'padj'.*'<0\.1'"),
        ({"gene": GENES, "logFC": FOLD, "padj": [str(p).replace(".", ",") for p in P]}, r"'padj'.*decimal="),
        ({"gene": GENES, "logFC": FOLD, "FDR (%)": P}, r"'FDR \(%\)'.*0\.9"),
        ({"gene": GENES, "first": FOLD, "second": P}, r"'first', 'second'.*p_column= and statistic_column="),
    ],
)  # fmt: skip
def test_what_is_unclear_names_the_columns_and_the_parameter(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        lists(pd.DataFrame(columns))


def test_columns_of_one_name_must_agree() -> None:
    table = pd.DataFrame({"gene": GENES, "logFC": FOLD, "padj": P})
    assert lists(pd.concat([table, table[["padj"]]], axis=1)) == lists(table)
    with pytest.raises(InputError, match="2 columns 'padj'"):
        lists(pd.concat([table, table[["padj"]] / 2], axis=1))


def test_entrez_ids_in_the_index() -> None:
    ids = [973, 931, 930, 640, 4069, 929, 1471, 60, 2597, 6908, 7316]
    found = lists(pd.DataFrame({"logFC": FOLD, "padj": P}, index=ids))
    assert found["all", "up"] == {"973", "931", "930", "640"}


@pytest.mark.parametrize(
    ("values", "reading"),
    [([0.1, 40.0, 90.0], "percentages"), ([0.1, 0.5, 8.0], "-log10"), ([-6.0, -0.1], "log10"),
     ([-1.0, 0.5], "Negative")],
)  # fmt: skip
def test_numbers_that_are_no_p_values(values: list[float], reading: str) -> None:
    with pytest.raises(InputError, match=reading):
        as_p_values(np.array(values), "padj")
