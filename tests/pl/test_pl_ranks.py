"""Ranks: both ranks of a term, and the genes that moved it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from drawn import texts
from matplotlib import colors

from gsfm_enrich import pl
from gsfm_enrich.errors import InputError


def test_ranks_joins_both_ranks_and_names_the_genes(results: pd.DataFrame) -> None:
    ax = pl.ranks(results, groups="A/B", direction="up", top_term=3)
    drawn = texts(ax)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[3, 0], [1, 1], [0, 2], [2, 3]]
    assert drawn[:4] == ["4", "1", "term 0", "+ X1, X2, X3, X4 and 2 more"]
    moved = [colors.to_hex(line.get_color()) for line in ax.lines]
    assert moved[0] == colors.to_hex("#1b7f5c")
    assert moved[2] == colors.to_hex("#b5542b")
    assert moved[1] == moved[3] == colors.to_hex("0.6")
    assert sum(text.startswith("+") for text in drawn) == 1


def test_ranks_takes_the_top_of_either_ranking(results: pd.DataFrame) -> None:
    ax = pl.ranks(results, groups="A/B", direction="up", top_term=1)
    assert [text for text in texts(ax) if text.startswith("term ") and "genes" not in text] == [
        "term 0",
        "term 2",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {},
            "ranks draws one list of genes; choose with groups= and direction= from 'A/B' (up), 'A/B' "
            "(down), 'C' (up).",
        ),
        ({"groups": "C", "top_term": 0}, "top_term must be a whole number of at least 1, not 0."),
        ({"groups": "C", "gene_set": "other"}, "no library 'other' in the results; there are 'lib'."),
        ({"groups": "D"}, "no group 'D'; choose from 'A/B', 'C'."),
    ],
)
def test_ranks_errors(results: pd.DataFrame, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        pl.ranks(results, **options)
    assert str(error.value) == message


def test_ranks_needs_one_library_and_a_ranking(results: pd.DataFrame) -> None:
    part = results[results["group"] == "C"]
    two = pd.concat([part, part.assign(Gene_set="second")])
    with pytest.raises(InputError) as error:
        pl.ranks(two)
    assert str(error.value) == "ranks are within one library; choose with gene_set= from 'lib', 'second'."
    assert len(pl.ranks(two, gene_set="second").lines) == 5
    with pytest.raises(InputError) as error:
        pl.ranks(part.drop(columns="GSFM Rank"))
    assert str(error.value) == (
        "these results were not re-ranked (no column 'GSFM Rank'), so there is nothing to compare."
    )
