"""The genes behind a term of a ranked table add up to its score, and lead as in the result."""

import numpy as np
import pandas as pd
import pytest

import gsfm_enrich as ge
from gsfm_enrich.ranking.ranked import tamed, view_sums
from gsfm_enrich.ranking.ranked_weights import ranked_weights


@pytest.fixture
def ranked(block_model):
    genes = [gene for gene in block_model.vocab.tokens if gene.startswith("B")]
    genes += [f"other {i}" for i in range(600 - len(genes))]
    series = pd.Series(np.random.default_rng(0).normal(size=600), index=genes)
    series[[gene.startswith("B0") for gene in genes]] += 2
    return series


@pytest.mark.parametrize("direction", ["up", "down", "both"])
def test_shares_are_those_of_the_score(ranked, block_library, block_model, direction):
    asked = {"gene_sets": block_library, "model": block_model, "direction": direction}
    row = ge.enrich_ranked({"mine": ranked}, **asked).results.iloc[0]
    table = ge.ranked_evidence({"mine": ranked}, row["Term"], **asked)
    weights = ranked_weights(block_library, block_model, tuple(ranked.index))
    place = block_library.position(row["Term"])
    assert len(table) == (weights.weights[[place]].toarray() > 0).sum()
    assert (table["kind"] == "member").sum() == row["Size"]
    assert set(table["group"]) == {"mine"}
    np.testing.assert_allclose(table["share"].sum(), 1)
    view = "absolute" if direction == "both" else direction
    total = view_sums(tamed(ranked.to_numpy()[None]), weights)[view][0, place]
    size = np.maximum(
        {"up": 1, "down": -1}.get(direction, np.sign(table["statistic"])) * table["statistic"], 0
    )
    np.testing.assert_allclose(table["share"] * total, table["weight"] * size**1.5, rtol=1e-2, atol=1e-9)
    for kind, column in (("member", "Lead_genes"), ("predicted", "Predicted Lead Genes")):
        leading = table["gene"][table["leading"] & (table["kind"] == kind)]
        assert set(leading) == set(filter(None, row[column].split(";")))


def test_an_unknown_term_has_close_matches(ranked, block_library):
    term = block_library.terms[0]
    with pytest.raises(ge.LibraryError, match=term):
        ge.ranked_evidence(ranked, term + "x", block_library, model=None)
