"""Why a term ranks where it does: against the result table."""

from __future__ import annotations

import pandas as pd
import pytest

from gsfm_enrich.drop_in.enrichr import enrichr
from gsfm_enrich.errors import InputError, LibraryError
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.why import EVIDENCE_COLUMNS, term_evidence

pytestmark = pytest.mark.filterwarnings("ignore:.*query genes are in none")  # the model knows them

QUERY = ["B4G0", "B4G1", "B4G2", "B4G21", "B4G22", "b4g23", "B7G3", "B8G20"]


@pytest.mark.parametrize("background", [None, "list"])
def test_the_genes_add_up_to_the_table(
    background: str | None, block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    tested = None if background is None else list(block_model.vocab.genes)[:250]
    results = enrichr(QUERY, block_library, background=tested, min_overlap=0, model=block_model).results
    for _, row in results.head(8).iterrows():
        table = term_evidence(QUERY, row["Term"], block_library, background=tested, model=block_model)
        assert tuple(table.columns) == EVIDENCE_COLUMNS
        members = table[table["kind"] == "member"]
        predicted = table[table["kind"] == "predicted"]
        assert ";".join(sorted(members["gene"])) == ";".join(sorted(filter(None, row["Genes"].split(";"))))
        assert ";".join(predicted["gene"]) == row["Predicted Genes"]
        assert table["probability"].sum() == pytest.approx(row["Expected Overlap"], rel=1e-5)
        assert table["share"].sum() == pytest.approx(1)
        assert (members["weight"] == 1).all()
        assert (predicted["weight"] == predicted["probability"]).all()
        assert table.attrs["gsfm_p_value"] == row["GSFM P-value"]
        assert table.attrs["gsfm_rank"] == row["GSFM Rank"]
        assert table.attrs["rank_change"] == row["Rank Change"]
        assert f"{table.attrs['overlap']}/{table.attrs['size']}" == row["Overlap"]
    assert results["Predicted Genes"].iloc[0]


def test_with_a_propensity_as_in_the_table(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    likely = {gene: float(number % 7) for number, gene in enumerate(block_model.vocab.genes)}
    row = enrichr(QUERY, block_library, propensity=likely, model=block_model).results.iloc[0]
    attrs = term_evidence(QUERY, row["Term"], block_library, propensity=likely, model=block_model).attrs
    plain = term_evidence(QUERY, row["Term"], block_library, model=block_model).attrs
    assert attrs["gsfm_p_value"] == row["GSFM P-value"] != plain["gsfm_p_value"]
    with pytest.raises(InputError, match=r"^propensity must be 'publications'"):
        term_evidence(QUERY, row["Term"], block_library, propensity="expression", model=block_model)


def test_a_term_without_any_gene_has_an_empty_table(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    far = next(term for term in block_library.terms if "block 1" in term)
    table = term_evidence(["B4G0"], far, block_library, model=block_model)
    assert len(table) == 0
    assert tuple(table.columns) == EVIDENCE_COLUMNS
    assert table.attrs["gsfm_p_value"] == 1


def test_unknown_terms_and_empty_queries(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    with pytest.raises(LibraryError, match="'term 5 of block 5'"):
        term_evidence(["B4G0"], "term 5 of block5", block_library, model=block_model)
    with pytest.raises(InputError, match="No genes were given"):
        term_evidence([], "term 5 of block 5", block_library, model=block_model)


def test_a_repeated_name_in_the_background_changes_nothing(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    once = list(block_model.vocab.genes)[:250]
    twice = [*once[:40], *once[:3], *once[40:], "b0g5"]
    term = block_library.terms[4]
    expected = term_evidence(QUERY, term, block_library, background=once, model=block_model)
    found = term_evidence([*QUERY, "B4G0"], term, block_library, background=twice, model=block_model)
    pd.testing.assert_frame_equal(found, expected)
    assert found.attrs == expected.attrs
