import datetime

import pytest

from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.resolve import resolve
from gsfm_enrich.genes.table import load_gene_table


@pytest.mark.parametrize(
    ("given", "symbol", "how"),
    [
        ("TP53", "TP53", "direct"),
        ("C14orf132", "C14orf132", "direct"),
        ("tp53", "TP53", "case"),
        ("C14ORF132", "C14orf132", "case"),
        ("P53", "TP53", "alias"),
        ("p53", "TP53", "alias"),
        ("Trp53", "TP53", "alias"),
        ("C14orf159", "DGLUCY", "alias"),
        ("c14ORF159", "DGLUCY", "alias"),
        ("ND4L", "MT-ND4L", "alias"),
        ("MT-ND1", "MT-ND1", "direct"),
        ("mt-nd1", "MT-ND1", "case"),
        ("CYTB", "MT-CYB", "alias"),
        ("SEPT2", "SEPTIN2", "alias"),
        ("Sept2", "SEPTIN2", "alias"),
        ("MARCH1", "MARCHF1", "alias"),
        ("MARC1", "MTARC1", "alias"),
        ("ENSG00000141510", "TP53", "ensembl"),
        ("ENSG00000141510.18", "TP53", "ensembl"),
        ("ensg00000141510", "TP53", "ensembl"),
        ("7157", "TP53", "entrez"),
        (7157, "TP53", "entrez"),
        (7157.0, "TP53", "entrez"),
        ("7157.0", "TP53", "entrez"),
        ("07157", "TP53", "entrez"),
        ("P04637", "TP53", "uniprot"),
        ("P04637-2", "TP53", "uniprot"),
        ("p04637", "TP53", "uniprot"),
        ("3-Mar", "MARCHF3", "alias"),
        ("Mar-03", "MARCHF3", "alias"),
        ("2-Sep", "SEPTIN2", "alias"),
        ("02-SEP", "SEPTIN2", "alias"),
        ("2023-09-02", "SEPTIN2", "alias"),
        ("2023-09-02 00:00:00", "SEPTIN2", "alias"),
        ("15-Sep", "SELENOF", "alias"),
        ("1-Dec", None, "ambiguous"),  # BHLHE40 or DELEC1
        ("1-Mar", None, "ambiguous"),  # MARCH1 or MARC1
        ("COX1", None, "ambiguous"),
        ("31-Dec", None, "unknown"),
        ("2023-02-30", None, "unknown"),
        ("ENSG00000999999", None, "unknown"),
        ("ENSMUSG00000059552", None, "unknown"),
        ("999999999999", None, "unknown"),
        ("0", None, "unknown"),
        ("X99999", None, "unknown"),
        ("no-such-gene", None, "unknown"),
    ],
)
def test_each_kind_of_identifier(given, symbol, how):
    row = resolve([given]).table.iloc[0]
    assert (row["symbol"], row["how"]) == (symbol, how)


def test_every_row_of_the_table_finds_itself():
    table = load_gene_table()
    assert resolve(table["symbol"]).counts == {"direct": len(table)}
    assert resolve(table["entrez"]).genes == table["symbol"].tolist()
    lower = resolve(table["symbol"].str.lower())
    assert lower.genes == table["symbol"].tolist()


def test_unshared_ensembl_ids_and_accessions_find_their_gene():
    table = load_gene_table()
    for column in ("ensembl", "uniprot"):
        pairs = table.assign(id=table[column].str.split(";")).explode("id")
        pairs = pairs[(pairs["id"] != "") & ~pairs["id"].duplicated(keep=False)]
        assert resolve(pairs["id"]).table["symbol"].tolist() == pairs["symbol"].tolist()
        assert len(pairs) > 25_000


def test_unshared_aliases_find_their_gene():
    """An alias of one gene alone leads there, unless it is an approved symbol, a number or looks missing.

    So it does, or is ambiguous, where it is an alias of a better known gene in another case.
    """
    table = load_gene_table()
    pairs = table.assign(id=table["aliases"].str.split(";")).explode("id")
    shared = pairs["id"].duplicated(keep=False)
    approved = pairs["id"].str.upper().isin(table["symbol"].str.upper())
    pairs = pairs[
        ~shared & ~approved & ~pairs["id"].str.isdecimal() & ~pairs["id"].isin(["", "NaN", "NA", "'C-K-RAS"])
    ]
    found = resolve(pairs["id"]).table.set_index("input")["symbol"]
    wrong = pairs[found.reindex(pairs["id"]).to_numpy() != pairs["symbol"].to_numpy()]
    assert len(pairs) > 60_000
    assert set(wrong["id"]) <= {"SEPT13", *in_another_case(table)}
    assert len(wrong) < 150


def in_another_case(table):
    """Return aliases of one gene that are aliases of other genes in another case."""
    pairs = table.assign(id=table["aliases"].str.split(";")).explode("id")
    upper = pairs["id"].str.upper()
    several = pairs.groupby(upper)["symbol"].nunique()
    return pairs["id"][upper.map(several) > 1]


def test_an_accession_of_several_genes_goes_to_the_only_coding_one():
    # UBE2V1 and the read-through gene PEDS1-UBE2V1, both coding, share an accession
    table = load_gene_table().set_index("symbol")
    assert "Q13404" in table.loc["PEDS1-UBE2V1", "uniprot"].split(";")
    assert table.loc["PEDS1-UBE2V1", "type"] == "protein-coding"
    assert resolve(["Q13404"]).genes == ["UBE2V1"]


@pytest.mark.parametrize(
    ("alias", "symbols"),
    [
        ("OCT4", ["POU5F1"]),  # beside pseudogenes
        ("FCGR1", ["FCGR1A"]),  # beside a pseudogene with an eighth of its publications
        ("EPHA2", ["EPHA2"]),
        ("ECK", ["EPHA2"]),  # beside a locus of a disease
        ("PHD1", ["EGLN2"]),  # beside a read-through gene
        ("A20", ["TNFAIP3"]),  # beside a segment of immunoglobulins that hardly any publication names
        ("IL-7", ["IL7"]),  # beside a non-coding gene of that kind
        ("DEC1", ["BHLHE40", "DELEC1"]),  # the former symbol of a non-coding gene that has been studied
        ("TER", ["TECR", "TERC"]),  # mostly the non-coding one
        ("PTEN2", ["PTENP1", "TPTE"]),  # mostly the pseudogene
        ("COX1", ["MT-CO1", "PTGS1"]),  # two coding ones
    ],
)
def test_a_shared_alias_is_ambiguous_where_another_gene_may_be_meant(alias, symbols):
    found = resolve([alias])
    assert (found.ambiguous.get(alias) or found.genes) == symbols


def test_resolution():
    given = ["TP53", "p53", None, "COX1", "no-such-gene", "ENSG00000012048", "TP53", "", "brca2"]

    found = resolve(given)

    assert found.table.to_dict("list") == {
        "input": ["TP53", "p53", "COX1", "no-such-gene", "ENSG00000012048", "brca2"],
        "symbol": ["TP53", "TP53", None, None, "BRCA1", "BRCA2"],
        "how": ["direct", "alias", "ambiguous", "unknown", "ensembl", "case"],
    }
    assert found.genes == ["TP53", "BRCA1", "BRCA2"]
    assert found.counts == {"direct": 1, "case": 1, "alias": 1, "ensembl": 1, "ambiguous": 1, "unknown": 1}
    assert found.unknown == ["no-such-gene"]
    assert found.ambiguous == {"COX1": ["MT-CO1", "PTGS1"]}
    assert (found.blanks, found.repeats) == (2, 1)
    assert found.report() == (
        "4 of 6 identifiers mapped to 3 genes (1 direct, 1 by case, 1 by alias, 1 by Ensembl id); "
        "1 ambiguous: COX1 (MT-CO1 or PTGS1); 1 unknown: no-such-gene; 1 repeated; 2 blank"
    )


@pytest.mark.parametrize(
    ("given", "report"),
    [
        ([], "0 of 0 identifiers mapped"),
        (["TP53"], "1 of 1 identifier mapped (1 direct)"),
        (["P04637", 672], "2 of 2 identifiers mapped (1 by Entrez id, 1 by UniProt id)"),
        (["TP53", "p53"], "2 of 2 identifiers mapped to 1 gene (1 direct, 1 by alias)"),
        (["?1"], "0 of 1 identifier mapped; 1 unknown: ?1"),
        (
            [f"?{n}" for n in range(12)],
            "0 of 12 identifiers mapped; 12 unknown: ?0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 and 2 more",
        ),
    ],
)
def test_report(given, report):
    assert resolve(given).report() == report


def test_no_input_gives_an_empty_table():
    found = resolve([None])
    assert list(found.table.columns) == ["input", "symbol", "how"]
    assert (found.genes, found.counts, found.unknown, found.blanks) == ([], {}, [], 1)


BY_RULE = "orthologues: by rule (the same symbol or alias except for case)"


@pytest.mark.parametrize("organism", ["mouse", "Mus musculus", "mm", "rat"])
def test_mouse_and_rat_without_a_table(organism):
    found = resolve(["Brca1", "BAX", "Gm12345", "7157", "ENSG00000141510", "p53"], organism)

    assert found.genes == ["BRCA1", "BAX", "TP53"]
    assert found.counts == {"rule": 3, "human": 1, "unknown": 2}
    assert found.report() == (
        "4 of 6 identifiers mapped to 3 genes (3 by the same symbol or alias, 1 human); "
        f"2 unknown: Gm12345, 7157; {BY_RULE}"
    )


def test_mouse_with_a_table(mouse_table):
    given = ["Trp53", "GSTM3", "H2-Ab1", "Serpina1a", "Serpina1b", "Vmn2r59", "17869", "Sept2", "Gm9", "Cox1"]

    found = resolve(given, "mouse")

    assert found.table["symbol"].tolist() == [
        "TP53", "GSTM1", "HLA-DQB1", "SERPINA1", "SERPINA1", None, "MYC", "SEPTIN2", None, None,
    ]  # fmt: skip
    assert found.genes == ["TP53", "GSTM1", "HLA-DQB1", "SERPINA1", "MYC", "SEPTIN2"]
    assert found.counts == {"orthologue": 6, "rule": 1, "ambiguous": 1, "no orthologue": 1, "unknown": 1}
    assert found.one_to_many == {"H2-Ab1": ["HLA-DQB1", "HLA-DQB2"]}
    assert found.without_orthologue == ["Vmn2r59"]
    today = datetime.date.today().isoformat()
    assert found.report() == (
        "7 of 10 identifiers mapped to 6 genes (6 by orthologue, 1 by the same symbol or alias); "
        "1 ambiguous: Cox1 (MT-CO1 or PTGS1); 1 with several orthologues, the first was taken: "
        "H2-Ab1 (HLA-DQB1, HLA-DQB2); 1 without a human orthologue: Vmn2r59; 1 unknown: Gm9; "
        f"orthologues: MGI, HOM_AllOrganism.rpt of {today}"
    )


def test_genes_of_another_species_are_said(mouse_table):
    text = resolve(["Trp53", "Bax", "BRCA1", "BRCA2", "EGFR"], "mouse").report()
    assert text.endswith(
        "3 of 5 genes are human symbols, not mouse symbols: BRCA1, BRCA2, EGFR; they were read as human "
        "genes; if all are, pass organism='human'"
    )


def test_organism_that_cannot_be_resolved():
    with pytest.raises(InputError) as caught:
        resolve(["dpp"], "fly")
    assert str(caught.value) == "Identifiers of fly cannot be resolved; supported are human, mouse, rat."


def test_the_case_of_a_protein_named_after_its_weight_says_nothing() -> None:
    found = resolve(["p16", "p53", "p300", "HN1"]).table.set_index("input")["symbol"]
    assert found.to_dict() == {"p16": "CDKN2A", "p53": "TP53", "p300": "EP300", "HN1": "JPT1"}
    unclear = resolve(["p21", "P21", "p73", "p15", "neu", "DEC1"]).ambiguous
    assert set(unclear) == {"p21", "P21", "p73", "p15", "neu", "DEC1"}
    assert "CDKN1A" in unclear["p21"]
    assert "TP73" in unclear["p73"]
    assert "ERBB2" in unclear["neu"]
