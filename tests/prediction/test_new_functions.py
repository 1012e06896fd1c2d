"""New functions: probable, specific, no ancestor of what is known or better, and silent otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from gsfm_enrich.errors import GsfmEnrichWarning
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.new_functions import (
    LEAST_BITS,
    LEAST_PROBABILITY,
    NEW_FUNCTION_COLUMNS,
    new_functions,
    probable_and_specific,
)
from gsfm_enrich.prediction.predict import Functions
from gsfm_enrich.ranking.membership import library_membership

SETS = {
    "all": [f"B{b}G{g}" for b in range(4) for g in range(20)],
    "half": [f"B{b}G{g}" for b in range(2) for g in range(20)],
    "first": [f"B0G{g}" for g in range(12)],
    "almost first": [f"B0G{g}" for g in range(11)],
    "known": [f"B1G{g}" for g in range(6)],
    "above known": [f"B1G{g}" for g in range(9)],
    "improbable": [f"B2G{g}" for g in range(8)],
}
CHANCES = {
    "all": 0.3,
    "half": 0.9,
    "first": 0.5,
    "almost first": 0.45,
    "above known": 0.8,
    "improbable": 0.09,
}


def test_only_what_is_probable_specific_and_says_more(block_model: GSFM) -> None:
    library = GeneSetLibrary.from_dict(SETS)
    table = library_membership(library, block_model)
    p = np.array([CHANCES.get(term, 0.99) for term in library.terms], dtype=np.float32)
    member = np.array([term == "known" for term in library.terms])
    functions = Functions("gene", 0, p, p, p, p, member, np.ones(len(p), dtype=bool))
    rows = probable_and_specific(functions, library, table, LEAST_PROBABILITY)
    # "half" holds all of "first", which is worth more bits; "above known" all of a known function
    assert [library.terms[row] for row in rows] == ["first"]
    assert 0.9 * np.log2(80 / 40) < 0.5 * np.log2(80 / 12)
    assert 0.3 * np.log2(80 / 80) < LEAST_BITS


def test_every_gene_has_a_row_and_silence_a_reason(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    with pytest.warns(GsfmEnrichWarning, match="does not know 1 of 3 genes: who"):
        found = new_functions(["B7G24", "who", "B3G1"], block_library, model=block_model)
    assert tuple(found.columns) == NEW_FUNCTION_COLUMNS
    assert list(dict.fromkeys(found["gene"])) == ["B7G24", "who", "B3G1"]
    silent = found["out_of_reach"] != ""
    assert (found.loc[silent, "term"] == "").all()
    assert found.loc[silent, "probability"].isna().all()
    assert (found.loc[~silent, "probability"] >= LEAST_PROBABILITY).all()
    assert "does not know it" in found.loc[found["gene"] == "who", "out_of_reach"].iloc[0]


def test_what_is_shown_of_the_bundled_libraries() -> None:
    found = new_functions(["TP53", "MRPS6", "FUOM"], ["GO_Biological_Process", "GO_Cellular_Component"])
    shown = found[found["out_of_reach"] == ""]
    bits = shown["probability"].astype(float) * shown["specificity"].astype(float)
    assert (bits >= LEAST_BITS).all()
    assert bits[shown["gene"] == "TP53"].is_monotonic_decreasing
    assert "small molecule metabolic process (GO:0044281)" not in set(found["term"])
    assert set(";".join(shown["channels"]).split(";")) <= {
        "experiments", "literature", "publications", "families", "location",
    }  # fmt: skip
    more, fewer = (new_functions("TP53", min_probability=p, top=None) for p in (0.1, 0.4))
    assert 0 < len(fewer) < len(more)
    assert set(fewer["term"]) <= set(more["term"])
