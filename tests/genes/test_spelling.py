"""Lists of one species that were said to be of another: by case, by table, and mixed."""

import pytest

from gsfm_enrich.genes.spelling import misread_species, written_as_rodent
from gsfm_enrich.genes.table import load_gene_table

AS_RODENT = "{} of {} genes are written as in mouse or rat: {}; if they are, pass organism='mouse'."
AS_HUMAN = (
    "{} of {} genes are human symbols, not {} symbols: {}; they were read as human genes; "
    "if all are, pass organism='human'."
)


@pytest.mark.parametrize(
    "text",
    [
        "Trp53",
        "H2-Ab1",
        "mt-Nd1",
        "Gm12345",
        "A930029G22Rik",
        "0610030E20Rik",
        "Hba-a1",
        "C1qa",
        "F2r",
        "Xkr4",
    ],
)
def test_written_as_in_mouse(text):
    assert misread_species([text] * 3, "human") == AS_RODENT.format(3, 3, ", ".join([text] * 3))


@pytest.mark.parametrize(
    "text",
    ["TP53", "C1orf112", "C14orf159", "HLA-A", "tp53", "7157", "ENSG00000141510", "P04637", "2-Sep", "p53"],
)
def test_not_written_as_in_mouse(text):
    assert misread_species([text] * 3, "human") == ""


def test_no_approved_human_symbol_looks_like_mouse():
    assert misread_species(load_gene_table()["symbol"].tolist(), "human") == ""


@pytest.mark.parametrize(
    ("n_mouse", "n_human", "said"),
    [(2, 0, False), (3, 0, True), (3, 27, True), (3, 28, False), (10, 90, True)],
)
def test_a_few_are_not_worth_a_warning(n_mouse, n_human, said):
    ids = [f"Abc{n}" for n in range(n_mouse)] + [f"ABC{n}" for n in range(n_human)]
    shown = "Abc0, Abc1, Abc2, Abc3, Abc4, ..." if n_mouse > 5 else "Abc0, Abc1, Abc2"
    assert misread_species(ids, "human") == (AS_RODENT.format(n_mouse, len(ids), shown) if said else "")


def test_human_symbols_passed_as_mouse(mouse_table):
    ids = ["BAX", "MYC", "BRCA1", "BRCA2", "EGFR"]  # the first two are mouse's, too
    assert misread_species(ids, "mouse") == AS_HUMAN.format(3, 5, "mouse", "BRCA1, BRCA2, EGFR")


def test_mouse_symbols_in_upper_case_are_mouse(mouse_table):
    assert misread_species(["TRP53", "H2-AB1", "SERPINA1A", "BAX", "BRCA1", "BRCA2", "EGFR"], "mouse") == ""


def test_a_mixture(mouse_table):
    ids = ["Trp53", "H2-Ab1", "Bax", "BRCA1", "BRCA2", "ENSG00000141510"]
    assert misread_species(ids, "mouse") == AS_HUMAN.format(3, 6, "mouse", "BRCA1, BRCA2, ENSG00000141510")


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (["TP53", "BAX", "EGFR"], "TP53, BAX, EGFR"),
        (["TRP53", "BAX", "EGFR"], ""),  # mouse in upper case, for all that can be known
        (["Trp53", "BAX", "EGFR"], ""),
    ],
)
def test_without_a_table_only_a_list_of_nothing_but_human_symbols(ids, said):
    assert misread_species(ids, "rat") == (AS_HUMAN.format(3, 3, "rat", said) if said else "")


AS_WRITTEN = (
    "{} of {} genes are written as human symbols: {}; they were read as {} symbols of the same letters; "
    "if they are human, pass organism='human'."
)


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (["BAX", "MYC", "ACTB"], "BAX, MYC, ACTB"),  # both species have them
        (["Trp53", "H2-Ab1", "BAX", "MYC", "ACTB"], "BAX, MYC, ACTB"),
        (["TRP53", "BAX", "MYC", "ACTB"], ""),  # mouse in upper case
        (["Bax", "Myc", "Actb"], ""),
        (["Trp53", "BAX", "MYC"], ""),  # two may be slips of the pen
    ],
)
def test_symbols_of_both_species_in_the_spelling_of_human(mouse_table, ids, said):
    count = said.count(",") + 1
    assert misread_species(ids, "mouse") == (
        AS_WRITTEN.format(count, len(ids), said, "mouse") if said else ""
    )


@pytest.mark.parametrize(
    ("symbols", "rodent"),
    [
        (["Trp53", "Brca1", "Myc"], True),
        (["Trp53", "Brca1", "MYC"], True),
        (["Trp53", "Brca1", "MYC", "EGFR"], False),
        (["TRP53", "BRCA1"], False),
        (["C1orf112", "C2orf42"], False),
        ([], False),
    ],
)
def test_lists_that_are_mostly_mouse(symbols, rodent):
    assert written_as_rodent(symbols) is rodent


def test_other_species_are_not_judged():
    assert misread_species(["Dpp", "Wg", "En"], "fly") == ""


def test_dates_that_a_spreadsheet_made_are_not_mouse():
    dates = ["Mar-02", "Sep-04", "Sep-06", "Dec-01", "Oct-04", "Apr-03"]
    assert misread_species([*dates, "TP53", "MDM2"], "human") == ""
    assert not written_as_rodent(dates)
