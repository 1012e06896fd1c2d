import subprocess
import sys

import pytest

from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.organisms import organism_name


def test_columns_and_types():
    table = load_gene_table()
    assert list(table.columns) == [
        "symbol", "entrez", "ensembl", "uniprot", "aliases",
        "name", "type", "publications", "fractional_publications", "experimental_go",
    ]  # fmt: skip
    assert table["publications"].dtype == "int64"
    assert table["fractional_publications"].dtype == "float64"
    assert (table["fractional_publications"] <= table["publications"] + 0.005).all()
    assert table["experimental_go"].dtype == bool
    assert table["symbol"].is_unique
    assert table["entrez"].is_unique
    assert len(table) > 60_000
    assert (table["symbol"] != "").all()


def test_a_well_known_gene():
    row = load_gene_table().set_index("symbol").loc["TP53"]
    assert row["entrez"] == "7157"
    assert row["ensembl"] == "ENSG00000141510"
    assert "P04637" in row["uniprot"].split(";")
    assert {"P53", "LFS1"} <= set(row["aliases"].split(";"))
    assert row["name"] == "tumor protein p53"
    assert row["type"] == "protein-coding"
    assert row["publications"] > 9_000
    assert row["experimental_go"]


def test_no_symbol_is_its_own_alias():
    table = load_gene_table()
    pairs = zip(table["symbol"], table["aliases"], strict=True)
    assert not any(symbol in aliases.split(";") for symbol, aliases in pairs)


def test_regulatory_regions_are_left_out_and_mitochondrial_genes_have_approved_symbols():
    table = load_gene_table()
    assert "biological-region" not in set(table["type"])
    coding = table[(table["type"] == "protein-coding") & table["symbol"].str.startswith("MT-")]
    assert sorted(coding["symbol"]) == [
        "MT-ATP6", "MT-ATP8", "MT-CO1", "MT-CO2", "MT-CO3", "MT-CYB",
        "MT-ND1", "MT-ND2", "MT-ND3", "MT-ND4", "MT-ND4L", "MT-ND5", "MT-ND6",
    ]  # fmt: skip


def test_each_call_gives_a_table_of_its_own():
    load_gene_table()["symbol"] = "changed"
    assert load_gene_table()["symbol"].iloc[0] == "A1BG"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("human", "human"),
        ("Human", "human"),
        ("hsapiens", "human"),
        ("Homo sapiens", "human"),
        ("H. sapiens", "human"),
        ("hs", "human"),
        ("mm", "mouse"),
        ("Mus musculus", "mouse"),
        ("mus_musculus", "mouse"),
        ("RAT", "rat"),
        ("Yeast", "yeast"),
        ("Drosophila melanogaster", "fly"),
        ("zebrafish", "fish"),
        ("worm", "worm"),
    ],
)
def test_organism_names(given, expected):
    assert organism_name(given) == expected


def test_every_organism_of_gseapy_is_known():
    from gseapy.enrichr import EnrichrAPI

    of_gseapy = EnrichrAPI("human").db_map
    instances = {"fly": "Fly", "yeast": "Yeast", "worm": "Worm", "fish": "Fish"}
    for name, instance in of_gseapy.items():
        assert instances.get(organism_name(name), "") + "Enrichr" == instance, name


def test_unknown_organism():
    with pytest.raises(InputError) as caught:
        organism_name("hunam")
    assert str(caught.value) == (
        "Unknown organism 'hunam'; known are human, mouse, rat, yeast, fly, fish, worm. Did you mean 'human'?"
    )


def test_organism_that_is_no_name():
    with pytest.raises(InputError) as caught:
        organism_name(9606)
    assert str(caught.value) == "organism must be a name such as 'human', not int."


def test_organism_without_a_table():
    with pytest.raises(InputError) as caught:
        load_gene_table("mouse")
    assert str(caught.value) == "There is no bundled gene table for mouse; there is one for human."


def test_importing_the_genes_loads_neither_pandas_nor_torch():
    code = (
        "import sys, gsfm_enrich.genes.match; print(sorted({'pandas', 'torch', 'gseapy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
