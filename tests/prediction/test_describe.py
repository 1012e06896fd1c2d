"""The paragraphs on a gene hold nothing that the tables do not."""

from __future__ import annotations

import re

import pandas as pd

from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.context import functions_in_context
from gsfm_enrich.prediction.describe import (
    describe_gene,
    distinct_terms,
    doubts,
    in_company,
    known_functions,
    known_terms,
    predicted,
)
from gsfm_enrich.prediction.new_functions import UNKNOWN, new_functions
from gsfm_enrich.prediction.understudied import gene_info

ROW = {
    "gene": "a", "gene_set": "s", "term": "t", "probability": 0.2, "specificity": 5.0, "term_size": 1200,
    "channels": "publications;experiments", "neighbours": "b;c", "pubmed": "12;7", "caution": "",
    "out_of_reach": "",
}  # fmt: skip


def test_every_name_and_figure_is_in_a_table(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    found = describe_gene("B7G24", block_library, model=block_model)
    table = new_functions("B7G24", block_library, model=block_model)
    pd.testing.assert_frame_equal(found.functions, table)
    assert found.known.startswith("B7G24 is not in the gene table.")
    for term, p in zip(table["term"], table["probability"], strict=True):
        assert term in found.predicted
        assert f"{p:.2g}" in found.predicted
    genes = set(re.findall(r"B\d+G\d+", found.predicted))
    assert genes <= set(";".join(table["neighbours"]).split(";"))
    assert str(found) == repr(found) == found.text
    assert found._repr_html_().count("<p>") == len(found.text.split("\n\n"))


def test_how_sure_is_said_in_words() -> None:
    text = predicted(pd.DataFrame([ROW, {**ROW, "term": "u", "probability": 0.7, "neighbours": "d"}]))
    assert "belongs to t, a term of 1,200 genes: this is possible, with a probability of 0.2." in text
    assert "from publications and experiments; b and c of that term are most similar to it." in text
    assert "They are named together in PubMed 12 and 7." in text
    assert "also belong to u, a term of 1,200 genes: this is likely, with a probability of 0.7." in text
    assert "d of that term is most similar" in text


def test_what_speaks_against_it() -> None:
    fuom, tp53 = (gene_info(gene).iloc[0] for gene in ("FUOM", "TP53"))
    sure = {**ROW, "term": "u", "probability": 0.7, "caution": "common; popular"}
    text = doubts(pd.DataFrame([{**ROW, "caution": "common"}, sure]), fuom)
    assert "1 of the 2 predictions are more likely wrong than right" in text
    assert f"only {fuom['publications']:.0f} publications" in text
    assert "common (t and u)" in text
    assert "popular (u)" in text
    assert doubts(pd.DataFrame([{**sure, "caution": ""}]), tp53) == ""


def test_silence_is_explained(block_library: GeneSetLibrary, block_model: GSFM) -> None:
    silent = pd.DataFrame([{**ROW, "out_of_reach": "no new term is probable"}])
    assert predicted(silent) == "What else it does is out of reach: no new term is probable."
    assert doubts(silent, gene_info("FUOM").iloc[0]) == ""
    nothing = "The model does not know it and predicts nothing."
    assert predicted(pd.DataFrame([{**ROW, "out_of_reach": UNKNOWN}])) == nothing
    assert nothing in describe_gene("who", block_library, model=block_model).text


def test_known_terms_are_the_most_specific_ones() -> None:
    sets = {"all": list("abcdefgh"), "above": list("abcde"), "small": ["a", "b"], "other": ["a", "f", "g"]}
    library = GeneSetLibrary.from_dict(sets, name="mine")
    rows = known_terms(library, "a", "human")
    assert [library.terms[row] for row in rows] == ["small", "other", "above", "all"]
    assert [library.terms[row] for row in distinct_terms(library, rows)] == ["small", "other"]
    text = known_functions([library, GeneSetLibrary.from_dict({"x": ["y"]}, name="theirs")], "a", "human")
    assert text == (
        "It is in 4 terms of mine, most specifically small and other. It is in none of the terms of theirs."
    )


def test_refseq_is_named_as_the_source(block_library: GeneSetLibrary, block_model: GSFM) -> None:
    assert "RefSeq: This gene encodes" in describe_gene("TP53", block_library, model=block_model).known
    assert "RefSeq has no summary of it." in describe_gene("FUOM", block_library, model=block_model).known


def test_go_is_searched_for_known_terms() -> None:
    [go] = load_libraries("GO_Biological_Process")
    first = distinct_terms(go, known_terms(go, "MZT1", "human"))[0]
    assert "MZT1" in go[go.terms[first]]
    assert go.sizes[first] == min(go.sizes[known_terms(go, "MZT1", "human")])


def test_what_is_shared_with_companions(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    shared = functions_in_context("B7G24", ["B7G1", "B7G3"], block_library, top=2, model=block_model)
    first = shared.iloc[0]
    text = in_company(shared)
    assert f"is {first['term']}: {first['expected_companions']:.1f} of them" in text
    assert f"{first['fold_enrichment']:.1f} times" in text
    assert "none of its companions" in in_company(shared.assign(companions=""))
