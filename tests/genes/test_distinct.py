"""Genes are counted, not their names."""

import pytest

from gsfm_enrich.genes.distinct import one_name_per_gene


@pytest.mark.parametrize(
    ("ids", "apart", "kept"),
    [
        (["TP53", "BAX", "TP53"], (), ["TP53", "BAX"]),
        (["IL8", "CXCL8", "ENSG00000169429.11", "3576"], (), ["IL8"]),
        (["p53", "TP53"], ("TP53",), ["TP53"]),
        # a library that lists both names counts two genes, and so does gseapy
        (["SEPT7", "SEPTIN7", "989"], ("SEPT7", "SEPTIN7"), ["SEPT7", "SEPTIN7"]),
        # what is unknown or ambiguous cannot be told to be the same
        (["strange", "stranger", "STRANGER", "COX1", "PTGS1"], (), ["strange", "stranger", "COX1", "PTGS1"]),
        ([], (), []),
    ],
)  # fmt: skip
def test_a_gene_keeps_one_of_its_names(ids, apart, kept):
    assert one_name_per_gene(ids, apart=apart) == kept


def test_genes_of_mouse_with_one_orthologue_are_two(mouse_table):
    ids = ["Serpina1a", "Serpina1b", "20700", "MGI:891970", "Trp53", "TP53"]
    assert one_name_per_gene(ids, "mouse") == ["Serpina1a", "Serpina1b", "Trp53"]


def test_without_a_gene_table_only_strings_are_compared():
    assert one_name_per_gene(["IL8", "CXCL8", "IL8"], "fly") == ["IL8", "CXCL8"]
