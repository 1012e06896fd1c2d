"""What an enrichment shows of itself."""

from __future__ import annotations

import pandas as pd

from gsfm_enrich.get.storage import SHOWN, Enrichment


def test_enrichment_shows_itself_in_a_line_and_as_a_table() -> None:
    terms = [f"term {number} <b>" for number in range(SHOWN + 1)]
    lists = [("T", "up"), ("B", "down")]
    rows = [(group, direction, term, 0.01) for group, direction in lists for term in terms]
    found = pd.DataFrame(rows, columns=["group", "direction", "Term", "Adjusted P-value"])
    enrichment = Enrichment(found, None, {})
    assert repr(enrichment) == "Enrichment(2 lists, 4 terms, 8 rows in .results)"
    page = enrichment._repr_html_()
    assert page.count("term 0 &lt;b&gt;") == 2
    assert "<b>" not in page
    assert f"term {SHOWN} " not in page


def test_an_empty_enrichment_shows_itself() -> None:
    empty = Enrichment(pd.DataFrame(columns=["group", "direction", "Term"]), None, {})
    assert repr(empty) == "Enrichment(0 lists, 0 terms, 0 rows in .results)"
    assert "0 lists" in empty._repr_html_()
