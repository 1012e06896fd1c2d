"""Fold terms that rest on the same genes of a list into the best of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gsfm_enrich.pl.labels import term_labels
from gsfm_enrich.ranking.groups import group_terms

FOLD = 0.5
"""Share of the genes behind two terms that is common to them, from which on they are one in a plot."""
SIMILAR = "Similar Terms"
"""The column of folded rows that names the terms folded into them, joined by semicolons."""


def fold_rows(ordered: pd.DataFrame, fold: float | None) -> pd.DataFrame:
    """Return the best row of each group of similar terms of a list.

    Parameters
    ----------
    ordered
        Results in the order in which they are drawn, the best first.
    fold
        Similarity of two terms of one group, as `gsfm_enrich.group_terms` computes it; None folds none.

    Returns
    -------
    pandas.DataFrame
        Rows of `ordered`, in the same order, with the names of the others in ``Similar Terms``.
    """
    if fold is None or ordered.empty or "Genes" not in ordered:
        return ordered.assign(**{SIMILAR: ""})
    n = len(ordered)
    none = pd.Series("", index=ordered.index)
    n_genes = ordered["Genes"].map(lambda genes: len(str(genes).split(";")) if genes else 0)
    table = pd.DataFrame(
        {
            "group": ordered["group"],
            "direction": ordered["direction"],
            "Gene_set": ordered.get("Gene_set", none).astype(str),
            "Term": ordered["Term"].astype(str),
            "Genes": ordered["Genes"],
            "Predicted Genes": ordered.get("Predicted Genes", none),
            "Expected Overlap": ordered.get("Expected Overlap", n_genes),
            "GSFM Adjusted P-value": 0.0,  # all are wanted, in the order they have
            "GSFM Rank": np.arange(n),
        }
    )
    best = group_terms(table, similarity=fold, cutoff=1.0).sort_values("GSFM Rank")
    return ordered.iloc[best["GSFM Rank"].to_numpy()].assign(**{SIMILAR: best["Also"].to_numpy()})


def n_similar(rows: pd.DataFrame) -> list[int]:
    """Return how many terms are folded into each row."""
    return [len(names.split("; ")) if names else 0 for names in rows[SIMILAR]]


def folded_note(rows: pd.DataFrame) -> str:
    """Say how many terms are folded into the rows of a plot; nothing if there are none."""
    names = {name for joined in rows[SIMILAR] for name in joined.split("; ") if name} - set(rows["Term"])
    return f"+ {len(names):,} similar term{'s' * (len(names) != 1)}, folded" if names else ""


def similar_labels(joined: str) -> str:
    """Return the names of folded terms, without their ids."""
    return ", ".join(term_labels(joined.split("; "), width=200, lines=1)) if joined else ""
