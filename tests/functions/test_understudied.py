"""The rule for understudied genes, against the gene table it rests on."""

import numpy as np
import pandas as pd
import pytest

from gsfm_enrich.errors import InputError
from gsfm_enrich.functions.understudied import MAX_PUBLICATIONS, has_uninformative_name, is_understudied
from gsfm_enrich.genes.table import load_gene_table

COLUMNS = ["symbol", "publications", "experimental_go", "uninformative_name", "understudied", "gene"]


@pytest.fixture(scope="module")
def coding() -> pd.DataFrame:
    table = load_gene_table()
    return table[table["type"] == "protein-coding"]


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("C1orf112", True),
        ("CXorf38", True),
        ("c9ORF72", True),
        ("KIAA1671", True),
        ("LOC100287010", True),
        ("LINC00116", True),
        ("FAM13A", True),
        ("TMEM106B", True),
        ("CCDC167", True),
        ("ZNF706", True),
        ("AC079767.4", True),
        ("AL928768.3", True),
        ("RP11-782C8.1", True),
        ("CTD-3138B18.5", True),
        ("1700001C02Rik", True),
        ("A930001A20Rik", True),
        ("Gm12345", True),
        ("TP53", False),
        ("CD3D", False),
        ("GRIK2", False),
        ("FAMILY", False),
        ("ACTB", False),
        ("RPL13", False),
        ("C3", False),
        ("", False),
    ],
)
def test_uninformative_names(symbol: str, expected: bool) -> None:
    assert has_uninformative_name(symbol) is expected


def test_columns_and_order() -> None:
    result = is_understudied(["C1orf162", "TP53", "C1orf162", "not_a_gene"])
    assert result.columns.tolist() == COLUMNS
    assert result["symbol"].tolist() == ["C1orf162", "TP53", "C1orf162", "not_a_gene"]
    assert result["understudied"].tolist() == [True, False, True, False]
    assert result["gene"].tolist() == ["C1orf162", "TP53", "C1orf162", ""]
    assert np.isnan(result["publications"].iloc[3])
    assert [result[name].dtype for name in COLUMNS[2:5]] == [np.dtype(bool)] * 3


def test_rule_equals_a_plain_query_of_the_gene_table(coding: pd.DataFrame) -> None:
    sample = coding.iloc[::40]
    expected = (sample["publications"] <= MAX_PUBLICATIONS) & ~sample["experimental_go"]
    result = is_understudied(sample["symbol"])
    assert result["understudied"].tolist() == expected.tolist()
    assert result["publications"].tolist() == sample["publications"].tolist()
    assert 0.1 < expected.mean() < 0.35  # a sizeable minority, as Tdark is


@pytest.mark.parametrize("limit", [0, 5, 100])
def test_thresholds_move_the_rule(coding: pd.DataFrame, limit: int) -> None:
    sample = coding.iloc[::200]
    result = is_understudied(sample["symbol"], max_publications=limit, require_no_experimental_go=False)
    assert result["understudied"].tolist() == (sample["publications"] <= limit).tolist()


def test_other_identifiers_and_aliases_are_resolved() -> None:
    table = load_gene_table().set_index("symbol")
    ensembl = table.loc["C1orf162", "ensembl"].split(";")[0]
    result = is_understudied([ensembl, "c1ORF162", "7157"])
    assert result["gene"].tolist() == ["C1orf162", "C1orf162", "TP53"]
    assert result["understudied"].tolist() == [True, True, False]
    assert result["uninformative_name"].tolist() == [True, True, False]


def test_mouse_genes_are_judged_by_the_human_gene() -> None:
    result = is_understudied(["Trp53", "Cd3d", "Gm12345"], "mouse")
    assert result["gene"].iloc[1] == "CD3D"
    assert result["understudied"].tolist() == [False, False, False]
    assert result["uninformative_name"].tolist() == [False, False, True]


def test_no_genes() -> None:
    result = is_understudied([])
    assert result.empty
    assert result.columns.tolist() == COLUMNS


def test_negative_threshold() -> None:
    with pytest.raises(InputError) as error:
        is_understudied(["TP53"], max_publications=-1)
    assert str(error.value) == "max_publications must not be negative, got -1."
