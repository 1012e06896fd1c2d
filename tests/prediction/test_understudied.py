"""The rule for understudied genes, against the gene table it rests on."""

import re

import numpy as np
import pandas as pd
import pytest

from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.prediction.understudied import MAX_PUBLICATIONS, gene_info, has_uninformative_name

COLUMNS = [
    "gene", "symbol", "name", "type", "publications", "fractional_publications", "experimental_go",
    "uninformative_name", "understudied", "why",
]  # fmt: skip


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


def test_what_a_placeholder_looks_like_can_be_said() -> None:
    assert gene_info("ORM1", uninformative_names=re.compile(r"ORM\d"))["uninformative_name"].item()
    assert not gene_info("C1orf162", uninformative_names=re.compile(r"ORM\d"))["uninformative_name"].item()


def test_columns_and_order() -> None:
    result = gene_info(["C1orf162", "TP53", "C1orf162", "not_a_gene"])
    assert result.columns.tolist() == COLUMNS
    assert result["gene"].tolist() == ["C1orf162", "TP53", "C1orf162", "not_a_gene"]
    assert result["understudied"].tolist() == [True, False, True, False]
    assert result["symbol"].tolist() == ["C1orf162", "TP53", "C1orf162", ""]
    assert np.isnan(result["publications"].iloc[3])
    assert result["name"].iloc[1:].tolist() == [
        "tumor protein p53",
        "chromosome 1 open reading frame 162",
        "",
    ]
    assert [result[name].dtype for name in COLUMNS[6:9]] == [np.dtype(bool)] * 3


def test_the_signs_are_put_into_words() -> None:
    why = gene_info(["C1orf162", "TP53", "who"], max_publications=3)["why"]
    assert why.tolist() == [
        "6 publications, 0.02 when shared among the genes they name (at most 3), "
        "no function from an experiment, a name that says nothing",
        "11067 publications, 6733 when shared among the genes they name (more than 3), "
        "a function from an experiment",
        "not in the gene table",
    ]


def test_rule_equals_a_plain_query_of_the_gene_table(coding: pd.DataFrame) -> None:
    sample = coding.iloc[::40]
    expected = (sample["fractional_publications"] <= MAX_PUBLICATIONS) & ~sample["experimental_go"]
    result = gene_info(sample["symbol"])
    assert result["understudied"].tolist() == expected.tolist()
    for column in ("publications", "fractional_publications", "name", "type"):
        assert result[column].tolist() == sample[column].tolist()


def test_as_many_genes_are_understudied_as_are_dark_in_the_target_database(coding: pd.DataFrame) -> None:
    share = ((coding["fractional_publications"] <= MAX_PUBLICATIONS) & ~coding["experimental_go"]).mean()
    assert 0.25 < share < 0.38  # Tdark is near a third of the proteins


@pytest.mark.parametrize("limit", [0, 1.5, 100])
def test_thresholds_move_the_rule(coding: pd.DataFrame, limit: float) -> None:
    sample = coding.iloc[::200]
    few = sample["fractional_publications"] <= limit
    result = gene_info(sample["symbol"], max_publications=limit, require_no_experimental_go=False)
    assert result["understudied"].tolist() == few.tolist()
    named = gene_info(
        sample["symbol"],
        max_publications=limit,
        require_no_experimental_go=False,
        require_uninformative_name=True,
    )
    placeholder = sample["symbol"].map(has_uninformative_name)
    assert named["understudied"].tolist() == (few & placeholder).tolist()


def test_other_identifiers_and_aliases_are_resolved() -> None:
    table = load_gene_table().set_index("symbol")
    ensembl = table.loc["C1orf162", "ensembl"].split(";")[0]
    result = gene_info([ensembl, "c1ORF162", "7157"])
    assert result["symbol"].tolist() == ["C1orf162", "C1orf162", "TP53"]
    assert result["understudied"].tolist() == [True, True, False]
    assert result["uninformative_name"].tolist() == [True, True, False]


def test_mouse_genes_are_judged_by_the_human_gene() -> None:
    result = gene_info(["Trp53", "Cd3d", "Gm12345"], "mouse")
    assert result["symbol"].iloc[1] == "CD3D"
    assert result["understudied"].tolist() == [False, False, False]
    assert result["uninformative_name"].tolist() == [False, False, True]


def test_no_genes() -> None:
    result = gene_info([])
    assert result.empty
    assert result.columns.tolist() == COLUMNS


def test_negative_threshold() -> None:
    with pytest.raises(InputError) as error:
        gene_info(["TP53"], max_publications=-1)
    assert str(error.value) == "max_publications must be a number of at least 0, not -1."
