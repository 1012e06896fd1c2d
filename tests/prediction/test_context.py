"""Functions shared with the other genes of a list, against the rule written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.context import COMPANY, CONTEXT_COLUMNS, functions_in_context
from gsfm_enrich.prediction.neighbours import neighbors
from gsfm_enrich.prediction.predict import predict_functions
from gsfm_enrich.prediction.support import library_comparison
from gsfm_enrich.ranking.membership import library_membership


@pytest.fixture(scope="module")
def mixed_library(block_library: GeneSetLibrary) -> GeneSetLibrary:
    """The terms of the blocks, and for blocks 2 and 3 together: a gene of block 2 may be in either kind."""
    both = {f"blocks 2 and 3, part {n}": [f"B{2 + i % 2}G{i + n}" for i in range(14)] for n in range(4)}
    return GeneSetLibrary.from_dict({**block_library.to_dict(), **both}, "mixed")


def test_score_and_enrichment_are_those_of_the_rule(block_model: GSFM, mixed_library: GeneSetLibrary) -> None:
    companions = ["B3G1", "B3G3", "B3G22", "B8G4", "B2G24"]
    found = functions_in_context("B2G24", companions, mixed_library, top=None, model=block_model)
    alone = predict_functions("B2G24", mixed_library, top=None, model=block_model).set_index("term")
    table = library_membership(mixed_library, block_model)
    others = [gene for gene in companions if gene != "B2G24"]
    columns = table.of_unit[[block_model.vocab.index[gene] for gene in others]]
    usual = library_comparison(table).probability
    assert tuple(found.columns) == CONTEXT_COLUMNS
    assert len(found) == len(mixed_library)
    assert found["rank"].tolist() == list(range(1, len(found) + 1))
    assert found["score"].is_monotonic_decreasing
    for row in found.itertuples():
        place = mixed_library.position(row.term)
        predicted = table.predicted(np.array([place]), columns)[0].sum()
        expected = predicted + len(set(others) & set(mixed_library[row.term]))
        mean = len(others) * (len(mixed_library[row.term]) / len(table.units) + usual[place])
        assert row.expected_companions == pytest.approx(expected, rel=1e-4)
        assert row.fold_enrichment == pytest.approx((expected + 1) / (mean + 1), rel=1e-4)
        score = alone.loc[row.term, "score"] + COMPANY * np.log(row.fold_enrichment)
        assert row.score == pytest.approx(score, abs=1e-3)
        assert row.probability == pytest.approx(alone.loc[row.term, "probability"])


def test_the_company_raises_its_terms(block_model: GSFM, mixed_library: GeneSetLibrary) -> None:
    def lead(table: pd.DataFrame) -> float:
        """Of the terms of both blocks over those of block 2."""
        best = table.groupby(table["term"].str.startswith("blocks 2 and 3"))["score"].max()
        own = table.loc[table["term"].str.endswith("of block 2"), "score"].max()
        return float(best[True] - own)

    alone = predict_functions("B2G24", mixed_library, top=None, model=block_model)
    company = [f"B3G{i}" for i in range(20)]
    together = functions_in_context("B2G24", company, mixed_library, top=None, model=block_model)
    assert lead(together) > lead(alone) + 1


def test_companions_are_members_the_closest_first(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    term = block_library.terms[7]
    members = block_library[term][:7]
    found = functions_in_context(
        "B7G24", [*members, "B1G1", "B7G24"], block_library, top=None, model=block_model
    )
    named = found.set_index("term").loc[term, "companions"].split(";")
    close = neighbors("B7G24", None, model=block_model)["neighbour"].tolist()
    assert named == sorted(members, key=close.index)[:5]


def test_bad_input(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    with pytest.raises(InputError) as caught:
        functions_in_context("B1G1", ["x", "y"], block_library, model=block_model)
    assert str(caught.value) == "The model knows none of the 2 companions given: x, y."
    with pytest.raises(InputError) as caught:
        functions_in_context("B1G1", ["B1G2"], block_library, fold=2, model=block_model)
    assert str(caught.value) == "fold must be a number above 0 and at most 1, or None, not 2."
    with pytest.raises(InputError) as caught:
        functions_in_context("B1G1", [], block_library, model=block_model)
    assert "No genes were given" in str(caught.value)
    with pytest.warns(GsfmEnrichWarning) as warned:
        table = functions_in_context(["who"], ["B1G2"], block_library, model=block_model)
    assert str(warned[0].message) == "The model does not know 1 of 1 genes: who."
    assert table.empty
    assert tuple(table.columns) == CONTEXT_COLUMNS
