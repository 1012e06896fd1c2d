"""The result of the threshold-free test as a table, with the columns of gseapy's prerank and our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gsfm_enrich.arrays import Floats
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.blocks import in_blocks
from gsfm_enrich.ranking.leading_genes import leading_genes
from gsfm_enrich.ranking.overlap import benjamini_hochberg
from gsfm_enrich.ranking.permutation_null import PermutationNull
from gsfm_enrich.ranking.ranked import EMPHASIS, VIEWS, View, tail_of, tamed, tested_views
from gsfm_enrich.ranking.ranked_weights import TermWeights

Order = Literal["NES", "NOM p-val"]
"""The column by which terms are ranked; the other one breaks ties."""
TABLES_AT_ONCE = 8
"""Tables that a thread tests at once."""
LEADING_P = 0.05
LEADING_TERMS = 100
"""Leading genes are looked for in terms with at most this p-value, and in this many of the best ones."""


@dataclass(frozen=True, eq=False)
class ViewOutcome:
    """One view of ranked tables against a library; all arrays of shape (n_tables, n_terms).

    Attributes
    ----------
    scores : float64 array
        Weighted mean of the emphasised statistics of a term, minus the mean of all genes.
    effects : float64 array
        The same, in standard deviations for as many random genes.
    p_values : float64 array
        From permuted labels if there are any, else from random genes; 1 for terms that cannot be tested.
    """

    scores: Floats
    effects: Floats
    p_values: Floats


def compare_views(
    statistics: Floats,
    weights: TermWeights,
    null: PermutationNull | None = None,
    emphasis: float = EMPHASIS,
) -> dict[View, ViewOutcome]:
    """Test all terms of a library in ranked tables of the same genes.

    Parameters
    ----------
    statistics
        Signed and finite statistics, shape (n_tables, n_genes).
    weights
        Weights of the same genes.
    null
        Effects of permuted tables; None assumes the same small correlation of genes everywhere.
    emphasis
        See `gsfm_enrich.ranking.ranked.tamed`.

    Returns
    -------
    dict of ViewOutcome
    """
    total = weights.power_sums[0]
    shape = (len(VIEWS), 3, len(statistics), len(total))
    outcome = np.zeros(shape)

    def work(rows: slice) -> None:
        tested = tested_views(tamed(statistics[rows], emphasis), weights, VIEWS)
        for (view, (sums, moments, effects)), own in zip(tested, outcome[:, :, rows], strict=True):
            np.divide(sums - moments.mean, total, out=own[0], where=total > 0)
            own[1] = effects
            own[2] = tail_of(effects, moments) if null is None else null.p_values(effects, view)

    in_blocks(work, len(statistics), TABLES_AT_ONCE)
    return {view: ViewOutcome(*own) for view, own in zip(VIEWS, outcome, strict=True)}


def ranked_table(
    library: GeneSetLibrary,
    weights: TermWeights,
    tested: Mapping[View, ViewOutcome],
    view: View,
    *,
    names: Sequence[str],
    statistic: Floats,
    table: int,
    min_size: int,
    max_size: int | None = None,
    emphasis: float = EMPHASIS,
    ranked_by: Order = "NOM p-val",
) -> pd.DataFrame:
    """Return the result of one table and view as a data frame, the best term first.

    Parameters
    ----------
    library
        The terms.
    weights
        Weights of the measured genes.
    tested
        From `compare_views`.
    view
        The view that rank, p-value and leading genes are from.
    names
        Names of the genes in the result, in the order of `weights`.
    statistic
        Statistics of the table, shape (n_genes,).
    table
        Number of the table among the tested ones.
    min_size, max_size
        Terms with fewer or more measured members are left out, and do not count for the adjustment.
    emphasis
        As in `compare_views`.
    ranked_by
        The column by which terms are ranked.

    Returns
    -------
    pandas.DataFrame
        Columns as in `gsfm_enrich.ranking.columns.RANKED`. Leading genes are given for terms with a p-value
        of at most .05 and for the best hundred terms.
    """
    sizes = weights.sizes
    rows = np.flatnonzero((sizes >= min_size) & (sizes <= (np.inf if max_size is None else max_size)))
    own = tested[view]
    p, effects = own.p_values[table, rows], own.effects[table, rows]
    order = np.lexsort((rows, -effects, p) if ranked_by == "NOM p-val" else (rows, p, -effects))
    adjusted = benjamini_hochberg(p)[order] if len(rows) else p
    rows, p = rows[order], p[order]
    members, predicted = [""] * len(rows), [""] * len(rows)
    shown = np.flatnonzero((p <= LEADING_P) | (np.arange(len(rows)) < LEADING_TERMS))
    leading = leading_genes(statistic, weights, rows[shown].tolist(), view, emphasis)
    for place, one in zip(shown.tolist(), leading, strict=True):
        members[place] = ";".join(map(names.__getitem__, one.members))
        predicted[place] = ";".join(map(names.__getitem__, one.predicted))
    columns = {
        "Gene_set": _texts([library.name] * len(rows)),
        "Term": _texts(library.terms)[rows],
        "Size": sizes[rows],
        "ES": own.scores[table, rows],
        "NES": effects[order],
        "NOM p-val": p,
        "FDR q-val": adjusted,
        "Lead_genes": _texts(members),
        "Predicted Lead Genes": _texts(predicted),
        "Up P-value": tested["up"].p_values[table, rows],
        "Down P-value": tested["down"].p_values[table, rows],
        "Absolute P-value": tested["absolute"].p_values[table, rows],
        "Rank": np.arange(1, len(rows) + 1),
    }
    return pd.DataFrame(columns)


def _texts(texts: Sequence[str]) -> NDArray[np.object_]:
    """Return texts as an array, so that pandas need not look at each of them."""
    return np.array([*texts, None], dtype=object)[:-1]
