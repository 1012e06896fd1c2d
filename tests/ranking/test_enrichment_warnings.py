"""A list that is too long to say anything is named as such."""

from __future__ import annotations

import warnings

import pytest

from gsfm_enrich.drop_in.enrichr import enrichr
from gsfm_enrich.errors import GsfmEnrichWarning

GENES = [f"gene {number}" for number in range(4000)]
SETS = {f"term {number}": GENES[number * 20 : number * 20 + 20] for number in range(200)}


def test_a_list_by_which_much_of_the_library_is_significant() -> None:
    half_of_each = [gene for number in range(0, 200, 3) for gene in SETS[f"term {number}"][:10]]
    one_of_each = [genes[0] for genes in SETS.values()]
    query = [*half_of_each, *one_of_each]
    with pytest.warns(GsfmEnrichWarning, match=r"67 of the 200 terms .*max_genes=.*enrich_ranked"):
        enrichr(query, SETS, rerank=False)


def test_long_lists_without_a_theme_and_short_ones_are_not() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        enrichr(GENES[::6], SETS, rerank=False)
        enrichr(GENES[:400], SETS, rerank=False)
