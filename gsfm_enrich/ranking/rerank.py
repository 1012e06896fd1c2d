"""Re-rank the terms of a library for one query: the model's columns of a result table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csc_array

from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.caution import cautions
from gsfm_enrich.ranking.completeness import assumed_completeness
from gsfm_enrich.ranking.counts import QueryCounts
from gsfm_enrich.ranking.membership import library_membership
from gsfm_enrich.ranking.overlap import benjamini_hochberg
from gsfm_enrich.ranking.placement import locate, place
from gsfm_enrich.ranking.statistic import completed_test
from gsfm_enrich.ranking.strata import Propensity

LAST = 1e-9
"""Below any probability that counts, and too small to change a probability."""


@dataclass(frozen=True, eq=False)
class Reranked:
    """What the model adds to the overlap test of a query.

    Attributes
    ----------
    columns : DataFrame
        ``MODEL_COLUMNS``, one row per term in the library's order. Terms without a gene in the background
        have an expected overlap of 0, a p-value of 1 and the last rank.
    names : list of str
        The genes of the query that the membership table knows, as the user spells them.
    probable : csc_array, shape (n_terms, n_names)
        Probabilities of these genes where they count; 0 for members.
    weights : csc_array, shape (n_terms, n_names)
        What those that are not members count, as a share of a member.
    """

    columns: pd.DataFrame
    names: list[str]
    probable: csc_array
    weights: csc_array


def rerank(
    counts: QueryCounts,
    model: GSFM,
    propensity: Propensity | None = None,
    completeness: float | None = None,
) -> Reranked:
    """Compute the model's columns for every term of a library.

    Parameters
    ----------
    counts
        A query, counted against the library. If the background is None, genes of the query that the
        library does not hold are compared with random genes of the same kind: those that the model knows but
        the library does not.
    model
        The model that completes the terms.
    propensity
        Genes and how likely an experiment lists them, see `gsfm_enrich.ranking.strata`; None: all equally.
    completeness
        How complete the library is, see `gsfm_enrich.ranking.completeness`; None: the default for its name.

    Raises
    ------
    InputError
        If the background cannot hold the query, or a propensity is given and the background is a number.

    Notes
    -----
    The expected overlap is the hits plus the sum of the probabilities of the query's other genes. For the
    p-value and the order see `gsfm_enrich.ranking.statistic`.
    """
    listed = assumed_completeness(counts.library.name, completeness)
    table = library_membership(counts.library, model, counts.organism, listed)
    located = locate([counts], table)[0]
    test = completed_test(*place([counts], [located], table, propensity))
    p = test.p_values[0]
    rank, before = np.empty(len(p), dtype=np.int64), np.empty(len(p), dtype=np.int64)
    rank[test.order()[0]] = np.arange(1, len(p) + 1)
    # equal overlaps stay in the model's order: a tie is not a change of rank
    before[np.lexsort((rank, counts.overlap.p_values))] = np.arange(1, len(p) + 1)
    probable, weights = located.probable(table), located.weights(table)
    columns = pd.DataFrame(
        {
            "Expected Overlap": test.expected[0],
            "GSFM Fold Enrichment": test.fold[0],
            "GSFM P-value": p,
            "GSFM Adjusted P-value": benjamini_hochberg(p, test.tested),
            "GSFM Rank": rank,
            "Rank Change": before - rank,
            "Predicted Genes": list_predicted(probable, weights, located.names),
            "Caution": cautions(
                counts.hits, counts.sizes, probable, located.names, table.calibration.ceiling
            ),
        }
    )
    return Reranked(columns, located.names, probable, weights)


def list_predicted(probable: csc_array, weights: csc_array, names: Sequence[str]) -> list[str]:
    """Return for each term the names of the genes that count: the most probable first, neighbours last."""
    shown = csc_array(probable + LAST * weights)
    columns = np.repeat(np.arange(shown.shape[1]), np.diff(shown.indptr))
    order = np.lexsort((columns, -shown.data, shown.indices))
    rows, listed = shown.indices[order], [names[column] for column in columns[order].tolist()]
    texts = [""] * shown.shape[0]
    found, starts = np.unique(rows, return_index=True)
    ends = [*starts[1:].tolist(), len(listed)]
    for row, start, end in zip(found.tolist(), starts.tolist(), ends[: len(found)], strict=True):
        texts[row] = ";".join(listed[start:end])
    return texts
