"""Tables of results are no lists of genes, and row numbers are no Entrez ids."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd
import pytest

from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.genes.inputs import as_background, as_gene_list
from gsfm_enrich.genes.row_numbers import are_row_numbers
from gsfm_enrich.genes.table import load_gene_table

TABLE = pd.DataFrame(
    {"gene": ["CD79A", "LYZ", "ACTB"], "log2FoldChange": [2.0, -1.0, 0.1], "padj": [0.01, 0.02, 0.9]}
)


@pytest.mark.parametrize("separator", [",", "\t"])
@pytest.mark.parametrize("columns", [["gene", "log2FoldChange", "padj"], ["gene", "padj"]])
@pytest.mark.parametrize("read", [as_gene_list, as_background])
def test_a_table_is_the_same_error_as_a_file_and_as_a_data_frame(
    separator: str, columns: list[str], read: object, tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    TABLE[columns].to_csv(path, sep=separator, index=False)
    for given in (str(path), path, TABLE[columns]):
        with pytest.raises(InputError, match=f"{len(columns)} columns .*'padj'.*tl.enrichr"):
            read(given)  # type: ignore[operator]


def test_decimal_commas_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    TABLE.to_csv(path, sep=";", decimal=",", index=False)
    with pytest.raises(InputError, match=r"3 columns .*'padj'.*tl.enrichr"):
        as_gene_list(path)


def test_clusters_beside_genes_are_no_weights(tmp_path: Path) -> None:
    table = TABLE[["gene"]].assign(cluster=[0, 1, 1])
    path = tmp_path / "clusters.tsv"
    table.to_csv(path, sep="\t", index=False)
    for given in (table, path):
        with pytest.raises(InputError, match=r"'cluster'.*tl.enrichr"):
            as_gene_list(given)


def test_names_and_weights_stay_a_list(tmp_path: Path) -> None:
    path = tmp_path / "weights.csv"
    path.write_text("CD79A,0.5\nLYZ,1.0\n")
    assert as_gene_list(path) == ["CD79A", "LYZ"]
    assert as_gene_list(pd.DataFrame({"gene": ["CD79A"], "weight": [1.0]})) == ["CD79A"]


@pytest.mark.parametrize("numbers", [range(100), [5, 3, 4, 2, 1], range(0, 200, 3)])
def test_row_numbers_are_warned_of(numbers: range) -> None:
    with pytest.warns(GsfmEnrichWarning, match="row numbers"):
        as_gene_list(numbers)


def test_entrez_ids_are_not() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert as_gene_list([7157, 672, 675, 973, 930])[0] == "7157"


def test_many_entrez_ids_are_no_row_numbers() -> None:
    entrez = load_gene_table()["entrez"].astype(int)
    assert not are_row_numbers(entrez[entrez < 20_000].tolist())
    assert are_row_numbers(range(0, 20_000, 3))
