"""Reasons for caution, each where it holds and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csc_array

from gsfm_enrich.drop_in.enrichr import enrichr
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.caution import WEAK_LIBRARY, cautions

NAMES = ["RPL3", "RPL5", "RPS9", "RPL10", "TP53", "MDM2"]


def said(hits: int, size: int, predicted: list[float], ceiling: float = 0.6) -> str:
    table = csc_array(np.array([predicted]))
    return cautions(np.array([hits]), np.array([size]), table, NAMES, ceiling)[0]


@pytest.mark.parametrize(
    ("hits", "size", "predicted", "words"),
    [
        (2, 5, [0, 0, 0, 0, 0.3, 0.2], []),
        (1, 5, [0] * 6, ["one member"]),
        (0, 5, [0, 0, 0, 0, 0.3, 0.2], ["no member"]),
        (2, 4, [0] * 6, ["fewer than 5"]),
        (2, 9, [0.9, 0, 0, 0, 0.9, 0.9], ["more predicted"]),
        (3, 9, [0.1, 0.1, 0, 0.2, 0.1, 0], ["one family: RPL"]),
        (3, 9, [0.1, 0.1, 0, 0.2, 0.3, 0.3], []),  # less than half
        (3, 9, [0.1, 0.4, 0, 0, 0.1, 0], []),  # two genes are no family
    ],
)
def test_each_reason(hits: int, size: int, predicted: list[float], words: list[str]) -> None:
    reasons = said(hits, size, predicted)
    assert len([part for part in reasons.split("; ") if part]) == len(words)
    assert all(word in reasons for word in words)


def test_a_library_that_the_model_hardly_predicts() -> None:
    predicted = [0, 0, 0, 0, 0.05, 0.05]
    assert "hardly predicts" in said(3, 9, predicted, WEAK_LIBRARY / 2)
    assert not said(3, 9, predicted, WEAK_LIBRARY)
    assert not said(3, 9, [0] * 6, WEAK_LIBRARY / 2)  # nothing rests on it


def test_terms_with_fewer_than_two_members_are_marked_and_ranked_last(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    query = [f"B4G{number}" for number in range(12)] + ["B1G0"]
    table = enrichr(query, block_library, model=block_model).results
    hits = table["Overlap"].str.split("/").str[0].astype(int)
    assert {1, 2} <= set(hits.clip(upper=2))
    few = table["GSFM Rank"][hits == 1]
    assert few.min() > table["GSFM Rank"][hits > 1].max()
    assert table["Caution"][hits == 1].str.contains("one member").all()
    assert not table["Caution"][hits > 1].str.contains("member").any()
