"""The more complete a library is, the less the model adds; complete, its test is the overlap test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from gsfm_enrich.drop_in.enrichr import enrichr
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.completeness import (
    as_missing,
    default_completeness,
    measured_completeness,
    missing_members,
)
from gsfm_enrich.ranking.lists import rank_terms


@pytest.mark.parametrize(
    ("name", "completeness"),
    [
        ("GO_Biological_Process", 0.88),
        ("GO_MF_MSigDB_2024.1", 0.88),
        ("c5.go.bp.v2024.1.Hs.symbols", 0.88),
        ("Reactome_Pathways_2024", 0.98),
        ("c2.cp.reactome.v2024.1", 0.98),
        ("Human_Phenotype_Ontology", 0.82),
        ("GWAS_Catalog_2023", 0.79),
        ("KEGG_2021_Human", 0),
        ("Mango_genes", 0),
        ("gene_sets", 0),
    ],
)
def test_names_of_libraries_with_later_releases(name: str, completeness: float) -> None:
    assert measured_completeness(name) == completeness
    assert default_completeness(name) == (completeness if completeness > 0.95 else 0)


def test_probabilities_fall_with_completeness_and_keep_their_order() -> None:
    p = np.linspace(0, 1, 101, dtype=np.float32)
    before = p
    for completeness in (0.0, 0.3, 0.8, 0.95, 1.0):
        now = as_missing(p, completeness)
        assert (now <= before + 1e-7).all()
        assert (np.diff(now) >= 0).all()
        before = now
    assert not before[:-1].any()
    assert as_missing(np.array([0.5]), 0.85)[0] == pytest.approx(0.15)


def test_small_probabilities_are_left_out() -> None:
    table = csr_array(np.array([[0.02, 0.5, 0.0], [0.9, 0.0, 0.03]], dtype=np.float32))
    found = missing_members(table, 0.98, 0.01)
    assert found.toarray().astype(bool).tolist() == [[False, True, False], [True, False, False]]
    assert table.nnz == 4


def test_a_complete_library_has_the_overlap_test(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    query = list(block_library[block_library.terms[0]])[:6] + list(block_library.genes)[-3:]
    complete = enrichr(query, block_library, model=block_model, completeness=1).results
    np.testing.assert_allclose(complete["GSFM P-value"], complete["P-value"], rtol=1e-10)
    assert (complete["Predicted Genes"] == "").all()
    default = enrichr(query, block_library, model=block_model).results
    open_ = enrichr(query, block_library, model=block_model, completeness=0).results
    assert default.equals(open_)
    some = enrichr(query, block_library, model=block_model, completeness=0.8, min_overlap=0).results
    rows = rank_terms({0: query}, block_library, model=block_model, completeness=0.8, top=None)
    some = some.set_index("Term").loc[rows["term"]]
    np.testing.assert_allclose(rows["gsfm_p_value"], some["GSFM P-value"], rtol=1e-12)
