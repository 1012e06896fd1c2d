"""Names as programs and spreadsheets rewrite them: read where it is certain, else named with the reason."""

import pytest

from gsfm_enrich.genes.lookup import find_genes
from gsfm_enrich.genes.resolve import resolve, say_reasons
from gsfm_enrich.genes.table import load_gene_table


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("GRCh38_TP53", "TP53"),
        ("GRCh38______TP53", "TP53"),
        ("GRCh38-TP53", "TP53"),  # Seurat's
        ("hg19_TP53", "TP53"),
        ("hg38_ENSG00000141510.18", "TP53"),
        ("GRCh38_HLA.DRA", "HLA-DRA"),
        ("HLA.DRA", "HLA-DRA"),
        ("HLA.DRB1.1", "HLA-DRB1"),
        ("MT.ND1", "MT-ND1"),
        ("NKX2.1", "NKX2-1"),
        ("TP53.1", "TP53"),
        ("IL8.2", "CXCL8"),
        ("sp|P04637|P53_HUMAN", "TP53"),
        ("4-Oct", "POU5F1"),
        ("Oct-04", "POU5F1"),
        ("2023-10-04", "POU5F1"),
        ("2-Sept", "SEPTIN2"),
        ("Sept-02", "SEPTIN2"),
        ("2-Sep-2023", "SEPTIN2"),
        ("2. Sep", "SEPTIN2"),
        ("04. Okt", "POU5F1"),
        # what stands in the table is not rewritten
        ("H1.0", "H1-0"),
        ("B7.1", "CD80"),
        ("CT2.1", "BAGE"),
        ("HGC6.3", "HGC6.3"),
        ("ENSG00000141510.1", "TP53"),
    ],
)
def test_read_where_it_is_certain(text, symbol):
    assert resolve([text]).genes == [symbol]


@pytest.mark.parametrize(
    "text",
    [
        "mm10___Trp53",  # reads of mouse cells
        "AC000123.1",
        "RP11-34P13.7",
        "RP11.34P13.7",
        "AL627309.5",
        "7157.1",
        "TP53.seven",
        "no.such.gene",
        "Mar-02",  # MARCHF2 or MTARC2
        "DECR-1",
        "OCTN-1",
    ],
)
def test_not_guessed(text):
    assert resolve([text]).genes == []


def test_names_with_dots_and_underscores_in_the_table_are_themselves():
    symbols = load_gene_table()["symbol"]
    odd = symbols[symbols.str.contains(r"[._|]")].tolist()
    assert len(odd) > 20
    assert resolve(odd).genes == odd


@pytest.mark.parametrize(
    ("text", "organism", "row"),
    [("mm10___Trp53", "mouse", "TP53"), ("mm10_Bax.1", "mouse", "BAX"), ("GRCh38_TP53", "mouse", None)],
)
def test_prefixes_of_mouse(text, organism, row, mouse_table):
    assert resolve([text], organism).genes == ([row] if row else [])


@pytest.mark.parametrize(
    ("text", "organism", "words"),
    [
        ("ENST00000269305.9", "human", ["Ensembl transcripts", "genes"]),
        ("ENSP00000269305", "human", ["Ensembl proteins"]),
        ("ENSMUST00000108658", "mouse", ["Ensembl transcripts"]),
        ("NM_000546.6", "human", ["RefSeq", "symbols or Entrez"]),
        ("NP_000537", "human", ["RefSeq"]),
        ("ENSMUSG00000059552", "human", ["mouse", "organism='mouse'"]),
        ("ENSMUSG00000059552.14", "mouse", ["mouse", "MGI"]),
        ("mm10___Trp53", "human", ["mouse", "organism='mouse'"]),
        ("ENSDARG00000035559", "human", ["another organism"]),
        ("LINC01234 - TP53", "human", ["GWAS catalog", "choose one gene"]),
        ("CON__P00761", "human", ["Contaminants"]),
        ("1007_s_at", "human", ["Probes"]),
        ("rs7412", "human", ["Variants"]),
        ("Apr-03", "human", ["Dates", "restore"]),
        ("Mar-02", "human", ["Ambiguous", "MARCHF2 or MTARC2"]),
    ],
)
def test_named_with_the_reason_and_what_to_do(text, organism, words):
    said = say_reasons([text, "no-such-gene"], organism)
    assert text in said
    assert "no-such-gene" not in said
    for word in words:
        assert word in said
    assert said.strip() in resolve([text], organism).report() or "Ambiguous" in said


def test_every_ensembl_id_of_human_is_left_alone():
    assert say_reasons(["ENSG00000999999"], "human") == ""
    assert [how for _, how in find_genes(["ENSG00000999999"])] == ["unknown"]
