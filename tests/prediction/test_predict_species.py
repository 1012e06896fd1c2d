"""Predictions for genes of mouse and rat: the human gene's, in the user's symbols."""

import pandas as pd
import pytest

from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.genes.lookup import spell_as
from gsfm_enrich.libraries.bundled import load_bundled
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.prediction.arguments import spelled
from gsfm_enrich.prediction.augment import augment
from gsfm_enrich.prediction.neighbours import neighbors
from gsfm_enrich.prediction.predict import predict_functions, predict_genes

NO_TABLE = (
    "There is no orthology table for fly, and the default model is human; "
    "pass model= for a model of the organism."
)
AS_RODENT = (
    "3 of 3 genes are written as in mouse or rat: Trp53, Bax, Myc; if they are, pass organism='mouse'."
)
TERM = "intrinsic apoptotic signaling pathway by p53 class mediator (GO:0072332)"


@pytest.fixture(scope="module")
def library():
    """Some terms of GO: the model completes them in a fraction of the time."""
    whole = load_bundled("GO_Biological_Process")
    some = [term for term in whole.terms if "apoptotic" in term or "glutathione" in term]
    return GeneSetLibrary.from_dict({term: whole[term] for term in some}, "some")


def test_functions_are_those_of_the_orthologue(mouse_table, library):
    ours = predict_functions(["Gstm3", "Trp53"], library, top=3, organism="mouse")
    theirs = predict_functions(["GSTM1", "TP53"], library, top=3)
    assert ours["gene"].tolist() == ["Gstm3"] * 3 + ["Trp53"] * 3
    spelled_apart = ["gene", "neighbours"]
    pd.testing.assert_frame_equal(ours.drop(columns=spelled_apart), theirs.drop(columns=spelled_apart))
    for mouse, human in zip(ours["neighbours"], theirs["neighbours"], strict=True):
        assert mouse.split(";") == spell_as(human.split(";"), "mouse")


def test_neighbours_in_the_users_symbols(mouse_table):
    ours, theirs = neighbors("Trp53", 5, organism="mouse"), neighbors("TP53", 5)
    assert ours["neighbour"].tolist() == spell_as(theirs["neighbour"], "mouse")
    assert ours["score"].tolist() == theirs["score"].tolist()


def test_a_gene_without_an_orthologue_is_named(mouse_table, library):
    with pytest.warns(GsfmEnrichWarning) as caught:
        assert predict_functions(["Vmn2r59"], library, organism="mouse").empty
    assert [str(warning.message) for warning in caught] == ["The model does not know 1 of 1 genes: Vmn2r59."]


def test_genes_of_a_term_in_the_users_symbols(mouse_table, library):
    theirs = predict_genes(TERM, library, top=None).set_index("gene")
    ours = predict_genes(TERM, library, top=None, organism="mouse").set_index("gene")
    assert ours.index.is_unique
    for human, mouse in (("TP53", "Trp53"), ("BAX", "Bax"), ("GSTM1", "Gstm3")):
        assert human not in ours.index
        assert ours.loc[mouse, "score"] == theirs.loc[human, "score"]
    best = theirs.loc[["HLA-DQB1", "HLA-DQB2"], "score"].max()
    assert ours.loc["H2-Ab1", "score"] == best
    assert ours.loc["MDM2", "score"] == theirs.loc["MDM2", "score"]  # not in the table: keeps its symbol
    assert ours["rank"].tolist() == list(range(1, len(ours) + 1))


def test_augmented_lists_in_the_users_symbols(mouse_table):
    theirs = augment(["BAX", "CASP3", "HLA-DQB1"], None).set_index("gene")
    ours = augment(["Bax", "Casp3", "H2-Ab1"], None, organism="mouse").set_index("gene")
    assert ours.loc["Trp53", "score"] == theirs.loc["TP53", "score"]
    # HLA-DQB2 is H2-Ab1, too, which was given
    assert not {"BAX", "Bax", "HLA-DQB1", "HLA-DQB2", "H2-Ab1"} & set(ours.index)


def test_augment_by_rule():
    given = ["Cd79a", "Cd79b", "Ms4a1"]
    genes = augment(given, 5, organism="rat")["gene"].tolist()
    assert genes == [gene.capitalize() for gene in augment(map(str.upper, given), 5)["gene"]]


def test_of_several_genes_of_one_symbol_the_best_stays(mouse_table):
    frame = pd.DataFrame(
        {"gene": ["HLA-DQB1", "TP53", "HLA-DQB2"], "score": [1.0, 3.0, 2.0], "known": [True, False, False]}
    )
    assert spelled(frame, "mouse").to_dict("list") == {
        "gene": ["Trp53", "H2-Ab1"],
        "score": [3.0, 2.0],
        "known": [False, True],
    }
    assert spelled(frame, "human") is frame


@pytest.mark.parametrize(
    "call",
    [
        lambda: predict_functions(["dpp"], organism="fly"),
        lambda: predict_genes(TERM, organism="fly"),
        lambda: augment(["dpp"], organism="fly"),
    ],
)
def test_a_species_without_a_table(call):
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == NO_TABLE


@pytest.mark.parametrize("call", [predict_functions, augment])
def test_genes_of_another_species_are_said(call, library):
    given = {"gene_sets": library} if call is predict_functions else {}
    with pytest.warns(GsfmEnrichWarning) as caught:
        call(["Trp53", "Bax", "Myc"], **given)
    assert [(str(warning.message), warning.filename) for warning in caught] == [(AS_RODENT, __file__)]
