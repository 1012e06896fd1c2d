"""The paragraph on a gene holds nothing that the tables do not."""

from __future__ import annotations

import re

import pandas as pd

from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.context import functions_in_context
from gsfm_enrich.prediction.describe import describe_gene
from gsfm_enrich.prediction.neighbours import neighbors
from gsfm_enrich.prediction.predict import predict_functions
from gsfm_enrich.prediction.understudied import gene_info


def test_every_name_and_figure_is_in_a_table(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    functions = predict_functions("B7G24", block_library, top=3, model=block_model)
    near = neighbors("B7G24", 5, model=block_model)
    shared = functions_in_context("B7G24", ["B7G1", "B7G3"], block_library, top=2, model=block_model)
    text = describe_gene(gene_info("B7G24"), functions, near, shared)
    best, first = functions.iloc[0], shared.iloc[0]
    assert text.startswith(
        "B7G24 is not in the gene table. None of the 3 terms listed below is known for it."
    )
    assert f"Its best new function is {best['term']}, which is" in text
    assert f"(probability {best['probability']:.2g})" in text
    assert f"an AUROC of {best['term_auroc']:.2f} (0.5 is chance)" in text
    assert f"above {100 * best['gene_percentile']:.1f} % of the genes outside it" in text
    assert f"is {first['term']}: " in text
    genes = set(re.findall(r"B\d+G\d+", text))
    cells = [*near["neighbour"], *";".join([*functions["neighbours"], *shared["companions"]]).split(";")]
    assert genes <= {"B7G24", *cells}
    figures = set(re.findall(r"\d+\.\d+", text)) - {"0.5"}
    held = {
        f"{best['probability']:.2g}", f"{best['term_auroc']:.2f}", f"{100 * best['gene_percentile']:.1f}",
        f"{first['expected_companions']:.1f}", f"{first['fold_enrichment']:.1f}",
    }  # fmt: skip
    assert figures <= held


def test_how_sure_is_said_in_words() -> None:
    row = {
        "term": "a", "known": False, "term_auroc": float("nan"), "gene_percentile": 0.9, "neighbours": "",
        "caution": "popularity alone ranks the gene as high",
    }  # fmt: skip
    for probability, word in ((0.7, "likely"), (0.2, "possible")):
        functions = pd.DataFrame([{**row, "probability": probability}])
        text = describe_gene(gene_info("TP53"), functions, pd.DataFrame())
        assert f"is a, which is {word} (probability {probability})." in text
        assert "Caution: popularity alone ranks the gene as high." in text
        assert "AUROC" not in text
    known = pd.DataFrame([{**row, "probability": 0.7, "known": True}])
    text = describe_gene(gene_info("TP53"), known, pd.DataFrame())
    assert "The term listed below, a, is known for it." in text
    guess = pd.DataFrame([{**row, "probability": 0.03}])
    text = describe_gene(gene_info("TP53"), guess, pd.DataFrame())
    assert "the most probable new function, a, has a probability of 0.03" in text


def test_a_gene_that_the_model_does_not_know() -> None:
    text = describe_gene(gene_info("who"), pd.DataFrame(), pd.DataFrame())
    assert text == "who is not in the gene table. The model does not know it and predicts nothing."
