"""The paragraph on a group of cells holds nothing that the tables do not."""

from __future__ import annotations

import pandas as pd

from gsfm_enrich.prediction.describe_group import GroupTables, describe_group

TERMS = pd.DataFrame(
    {
        "direction": ["down", "up", "up", "up", "up", "up"],
        "Term": ["z", "a", "b", "c", "d", "e"],
        "p": [0.4, 0.001, 0.002, 0.003, 0.004, 0.2],
    }
)


def test_every_table_is_told() -> None:
    modules = pd.DataFrame(
        {
            "direction": ["up", "up", "down"],
            "size": [8, 4, 5],
            "name": ["m", "unnamed", "unnamed"],
            "adjusted_p_value": [0.01, 0.3, 0.6],
        }
    )
    genes = pd.DataFrame(
        {
            "gene": ["x", "y", "w"],
            "predicted_function": ["f", "", "g"],
            "probability": [0.2, float("nan"), 0.5],
        }
    )
    markers = {"up": list("abcdefg"), "down": ["h"]}
    text = describe_group("T", GroupTables(1200, markers, TERMS, TERMS[:1], modules, genes))
    assert text.startswith(
        "T has 1,200 cells. It has 7 up-regulated genes, most strongly a, b, c, d and e. "
        "It has 1 down-regulated gene, most strongly h."
    )
    assert "up-regulated genes: 4 terms, first a (adjusted p 0.001), b (adjusted p 0.002) and c" in text
    assert "down-regulated genes: no term (the best, z, adjusted p 0.4)." in text
    assert "d (adjusted" not in text
    assert "The up-regulated genes form 2 functional modules, among them m (8 genes)." in text
    assert "The down-regulated genes form 1 functional module, none of which matches a term." in text
    assert "3 of these genes are understudied" in text
    assert text.endswith("for w (g, probability 0.5) and x (f, probability 0.2).")
    assert text.index("up-regulated genes: 4") < text.index("down-regulated genes: no")


def test_what_was_not_computed_is_left_out() -> None:
    assert describe_group("T", GroupTables(None, {"up": [], "down": []})) == (
        "T has no differentially expressed gene."
    )
    one = pd.DataFrame({"gene": ["x"], "predicted_function": [""], "probability": [float("nan")]})
    text = describe_group("T", GroupTables(1, {"up": ["x"]}, understudied=one))
    assert "1 cell." in text
    assert text.endswith("is understudied; for none of them is there a confident prediction.")
