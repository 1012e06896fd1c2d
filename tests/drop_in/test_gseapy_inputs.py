"""Every input that notebooks hold, and what bad input gets."""

import warnings

import numpy as np
import pandas as pd
import pytest

from gsfm_enrich.drop_in.enrichr import enrich, enrichr
from gsfm_enrich.errors import GsfmEnrichWarning, InputError, LibraryError, did_you_mean

SETS = {
    "apoptosis": ["TP53", "BAX", "CASP3", "FAS"],
    "growth": ["MYC", "EGFR", "KRAS"],
    "both": ["TP53", "MYC"],
}
QUERY = ["TP53", "BAX", "MYC"]
IDS = ["7157", "581", "4609"]  # their Entrez ids


def run(genes, sets=SETS, **options):
    return enrichr(genes, sets, rerank=False, **options).results


def file_of(genes, folder):
    path = folder / "genes.txt"
    path.write_text("\n".join(genes) + "\n")
    return path


@pytest.mark.parametrize(
    "given",
    [
        lambda folder: QUERY,
        lambda folder: tuple(QUERY),
        lambda folder: set(QUERY),
        lambda folder: np.array(QUERY),
        lambda folder: np.array(QUERY, dtype=object),
        lambda folder: pd.Series(QUERY),
        lambda folder: pd.Index(QUERY),
        lambda folder: pd.DataFrame({"gene": QUERY}),
        lambda folder: pd.DataFrame({"gene": QUERY, "score": [1.0, -2.0, 3.0]}),
        lambda folder: (gene for gene in QUERY),
        lambda folder: [*QUERY, None, np.nan, float("nan"), pd.NA, "", "  "],
        lambda folder: [f" {gene}\n" for gene in QUERY],
        lambda folder: QUERY + QUERY,
        lambda folder: file_of(QUERY, folder),
        lambda folder: str(file_of(QUERY, folder)),
        lambda folder: [7157, 581, 4609],
        lambda folder: np.array([7157, 581, 4609]),
        lambda folder: [7157.0, 581.0, 4609.0],
        lambda folder: [gene.lower() for gene in QUERY],
        lambda folder: ["ENSG00000141510.18", "ENSG00000087088", "ENSG00000136997"],
        lambda folder: ["p53", "BAX", "c-Myc"],
    ],
)
def test_gene_lists(given, tmp_path):
    results = run(given(tmp_path)).set_index("Term")
    assert results["Overlap"].to_dict() == {"apoptosis": "2/4", "both": "2/2", "growth": "1/3"}
    assert set(results.loc["apoptosis", "Genes"].split(";")) == {"TP53", "BAX"}


@pytest.mark.parametrize("given", [pd.Series(["TP53"]), ["TP53"], np.array(["TP53"])])
def test_one_gene(given):
    assert run(given)["Overlap"].tolist() == ["1/4", "1/2"]


@pytest.mark.parametrize(
    ("genes", "message"),
    [
        ([], "gene_list has no genes; expected at least one name that is not blank."),
        ([None, " "], "gene_list has no genes; expected at least one name that is not blank."),
        (
            "TP53",
            "'TP53' is not a file. For a single gene pass a list, ['TP53']; "
            "for genes in a file pass the path of a text file with one gene per line.",
        ),
        (
            pd.DataFrame({"a": ["TP53"], "b": ["BAX"]}),
            "A data frame of genes must have one column of names, or names and numeric weights; "
            "this one has 2 columns ('a', 'b'). Pass one of them, such as df['gene'].",
        ),
        (7157, "Genes must be a list of names, or the path of a text file, not an int."),
    ],
)
def test_bad_gene_lists(genes, message):
    with pytest.raises(InputError) as caught:
        run(genes)
    assert str(caught.value) == message


@pytest.mark.parametrize("organism", ["human", "Human", "hsapiens", "Homo sapiens", " HS "])
def test_organism_names(organism):
    assert run(QUERY, organism=organism)["Overlap"].tolist() == ["2/4", "2/2", "1/3"]


@pytest.mark.parametrize("organism", ["mouse", "Mouse", "mm", "Mus musculus", "rat"])
def test_rodent_symbols(organism):
    table = run(["Bax", "Casp3", "Myc"], organism=organism)
    assert table["Overlap"].tolist() == ["2/4", "1/2", "1/3"]
    assert table["Genes"][0] == "Bax;Casp3"  # as the user spells them


def test_unknown_organism():
    with pytest.raises(
        InputError, match=r"^Unknown organism 'humna'; known are human, .* Did you mean 'human'"
    ):
        run(QUERY, organism="humna")


EXTRA = [f"X{i}" for i in range(10)]
UNIVERSE = sorted({gene for genes in SETS.values() for gene in genes}) + EXTRA


@pytest.mark.parametrize(
    "given",
    [
        lambda folder: UNIVERSE,
        lambda folder: tuple(UNIVERSE),
        lambda folder: set(UNIVERSE),
        lambda folder: pd.Series(UNIVERSE),
        lambda folder: pd.Index(UNIVERSE),
        lambda folder: np.array(UNIVERSE),
        lambda folder: [*UNIVERSE, None, np.nan, ""],
        lambda folder: UNIVERSE + UNIVERSE,
        lambda folder: file_of(UNIVERSE, folder),
        lambda folder: str(file_of(UNIVERSE, folder)),
        lambda folder: len(UNIVERSE),
        lambda folder: np.int64(len(UNIVERSE)),
        lambda folder: str(len(UNIVERSE)),
        lambda folder: [gene.lower() for gene in UNIVERSE],
    ],
)
def test_backgrounds(given, tmp_path):
    expected = run(QUERY, background=UNIVERSE)
    pd.testing.assert_frame_equal(run(QUERY, background=given(tmp_path)), expected)
    assert expected["P-value"].tolist() != run(QUERY)["P-value"].tolist()


@pytest.mark.parametrize(
    ("background", "message"),
    [
        (
            4,
            "A background of 4 genes is too small: the query has 3 genes and a term 4, "
            "together 5 different ones.",
        ),
        (0, "A background must have a positive whole number of genes, not 0."),
        (2.5, "A background must have a positive whole number of genes, not 2.5."),
        ([], "The background has no genes."),
    ],
)
def test_bad_backgrounds(background, message):
    with pytest.raises(InputError) as caught:
        run(QUERY, background=background)
    assert str(caught.value) == message


def test_a_background_that_is_no_file():
    with pytest.raises(InputError, match=r"^The background 'genes\.txt' is neither a number nor a file"):
        run(QUERY, background="genes.txt")


def test_gene_sets(tmp_path):
    first, second = tmp_path / "a.gmt", tmp_path / "b.gmt"
    first.write_text("one\t\tTP53\tBAX\n")
    second.write_text("two\t\tMYC\tEGFR\n")
    expected = ["a.gmt", "b.gmt"]
    for function in (enrich, enrichr):
        for given in (f"{first},{second}", f"{first}, {second}", [str(first), second], (first, second)):
            results = function(QUERY, given, rerank=False).results
            assert results["Gene_set"].tolist() == expected
    mixed = run(QUERY, ["GO_Molecular_Function", first, SETS])
    assert list(dict.fromkeys(mixed["Gene_set"])) == ["GO_Molecular_Function", "a.gmt", "gs_ind_2"]
    assert "apoptosis" in set(mixed["Term"])


def test_gene_sets_that_are_not_there(tmp_path):
    path = tmp_path / "absent.gmt"
    with pytest.raises(InputError) as caught:
        run(QUERY, [SETS, str(path)])
    assert str(caught.value) == f"There is no file {str(path)!r}."
    with pytest.raises(LibraryError, match=r"^The gene set library 'gs_ind_0' has no term with genes\.$"):
        run(QUERY, {"a": []})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sort": "gseappy"}, "sort must be 'gsfm' or 'gseapy', not 'gseappy'. Did you mean 'gseapy'?"),
        ({"sort": None}, "sort must be 'gsfm' or 'gseapy', not None."),
        ({"min_overlap": -1}, "min_overlap must be a whole number of at least 0, not -1."),
        ({"min_overlap": 1.5}, "min_overlap must be a whole number of at least 0, not 1.5."),
        ({"min_overlap": True}, "min_overlap must be a whole number of at least 0, not True."),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(InputError) as caught:
        run(QUERY, **options)
    assert str(caught.value) == message


def warned(function, *args, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(*args, **options)
    return caught


def test_lost_genes_are_told_once():
    strangers = [f"stranger-{i}" for i in range(12)]
    for function in (enrich, enrichr):
        caught = warned(function, [*QUERY, "KRAS", *strangers], [SETS, {"a": ["KRAS"]}], rerank=False)
        assert [str(warning.message) for warning in caught] == [
            "12 of 16 query genes are in none of the gene sets: stranger-0, stranger-1, stranger-2, "
            "stranger-3, stranger-4, stranger-5, stranger-6, stranger-7, stranger-8, stranger-9 and 2 more."
        ]
        assert caught[0].category is GsfmEnrichWarning
        assert caught[0].filename == __file__


def test_genes_outside_the_background_are_told():
    caught = warned(run, [*QUERY, "stranger"], background=["TP53", "BAX", "stranger", *EXTRA])
    assert [str(warning.message) for warning in caught] == [
        "1 of 4 query genes is in none of the gene sets: stranger; "
        "1 of 4 query genes is outside the background: MYC."
    ]


def test_a_second_name_of_a_gene_is_no_loss():
    assert warned(run, [*QUERY, "p53"]) == []


@pytest.mark.parametrize("rerank", [True, False])
def test_all_genes_unknown(rerank):
    with pytest.warns(GsfmEnrichWarning) as caught:
        enr = enrichr(["stranger", "other"], SETS, rerank=rerank)
    assert str(caught[0].message) == "2 of 2 query genes are in none of the gene sets: stranger, other."
    assert enr.results.empty


def test_an_ambiguous_gene_is_told_with_what_it_may_mean():
    with pytest.warns(GsfmEnrichWarning) as caught:
        enrichr(["TP53", "COX1"], {"a": ["TP53", "BAX"]}, rerank=False)
    assert str(caught[0].message) == (
        "1 of 2 query genes is in none of the gene sets: COX1. Ambiguous: COX1 (MT-CO1 or PTGS1)."
    )


def test_a_data_frame_of_gene_sets_is_refused():
    frame = pd.DataFrame({"term": ["a", "a"], "gene": ["TP53", "BAX"]})
    with pytest.raises(InputError) as error:
        enrichr(["TP53"], frame, rerank=False)
    assert str(error.value) == (
        "gene_sets is a data frame; pass gsfm_enrich.GeneSetLibrary.from_frame(frame, ...)."
    )


def test_the_beginning_of_a_name_is_enough_for_a_suggestion():
    assert did_you_mean("cytolysis", ["cell killing (GO:0001906)", "cytolysis (GO:0019835)"]) == (
        " Did you mean 'cytolysis (GO:0019835)'?"
    )
    assert did_you_mean("cyt", ["cytolysis in other organism involved in symbiosis (GO:0051801)"]) == ""
