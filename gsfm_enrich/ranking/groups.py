"""Groups of terms that rest on the same genes of the query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from gsfm_enrich.arguments import checked
from gsfm_enrich.arrays import Ints
from gsfm_enrich.errors import InputError, warn_caller
from gsfm_enrich.ranking.ranked_as_lists import as_list_results

NEEDED = (
    "Gene_set", "Term", "Genes", "Predicted Genes", "Expected Overlap", "GSFM Adjusted P-value", "GSFM Rank",
)  # fmt: skip
QUERY = ("group", "direction")
"""Columns that distinguish the queries of one table."""
AT_ONCE = 512
"""Terms that are compared at a time, so that memory is bounded for any number of rows."""
PAIRS = 100_000
"""Pairs of terms whose similarity is computed at a time."""
COLUMNS = 512
"""Columns of the dense table that rules out most pairs."""
ROUNDING = 1e-4
"""Share of a bound that single precision may lose."""


@checked
def group_terms(results: Any, *, similarity: float = 0.5, cutoff: float = 0.05) -> pd.DataFrame:
    """Group the terms of a result that rest on the same genes of the query, and keep the best of each group.

    Terms are taken by rank; each joins the first group whose best term shares enough of its evidence, or
    starts a group of its own. Queries (``group`` and ``direction`` of ``ge.get.enrichr_df``) and libraries
    are grouped separately.

    Parameters
    ----------
    results
        Results of `gsfm_enrich.enrichr` with the model's columns: the table, or the object that holds it.
    similarity
        Evidence in common over the evidence of both (a weighted Jaccard index), from 0 to 1, from which two
        terms form one group. Members count 1; predicted genes share the rest of the expected overlap, at most
        1 each.
    cutoff
        Largest ``GSFM Adjusted P-value`` of the terms that are grouped; 1 for all.

    Returns
    -------
    DataFrame
        The best term of each group, with all columns of ``results`` and two more: ``Group``, numbered from 1
        in each library, and ``Also``, the group's other terms, joined by ``"; "``. It can be given to
        `gsfm_enrich.dotplot`, `gsfm_enrich.barplot` and `gsfm_enrich.enrichment_map` like ``results``.

    Raises
    ------
    InputError
        If a column is missing, or ``similarity`` or ``cutoff`` is not between 0 and 1.

    Warns
    -----
    GsfmEnrichWarning
        If the results hold terms, but none of them passes ``cutoff``.

    Examples
    --------
    >>> columns = list(NEEDED)
    >>> rows = [("x", "a", "G1;G2", "", 2.0, 0.01, 1), ("x", "b", "G1;G2", "", 2.0, 0.02, 2)]
    >>> group_terms(pd.DataFrame(rows, columns=columns))[["Term", "Group", "Also"]].values.tolist()
    [['a', 1, 'b']]
    """
    results = getattr(results, "results", results)
    if not isinstance(results, pd.DataFrame):
        raise InputError(f"results must be a data frame of enrichr, got {type(results).__name__}.")
    table = as_list_results(results)
    missing = [column for column in NEEDED if column not in table.columns]
    if missing:
        raise InputError(
            f"The results have no column {missing[0]!r}; group_terms needs those of enrichr with rerank=True."
        )
    significant = table[table["GSFM Adjusted P-value"] <= cutoff]
    if len(table) and not len(significant):
        warn_caller(
            f"None of the {len(table):,} terms has a GSFM Adjusted P-value of at most {cutoff}: there is "
            "nothing to group. Pass a larger cutoff."
        )
    keys = [*(column for column in QUERY if column in table.columns), "Gene_set"]
    parts = [
        _best(part, similarity)
        for _, part in significant.groupby(keys, sort=False, observed=True, dropna=False)
    ]
    if not parts:
        return significant.assign(Group=pd.Series(dtype=np.int64), Also=pd.Series(dtype=object))
    return pd.concat(parts, ignore_index=True)


def _best(terms: pd.DataFrame, similarity: float) -> pd.DataFrame:
    """Return the best term of each group, and the others beside it."""
    ranked = terms.sort_values("GSFM Rank", kind="stable")
    group = _greedy(_gene_weights(ranked), similarity)
    is_best = ~pd.Series(group).duplicated().to_numpy()
    best = ranked[is_best].copy()
    others: list[list[str]] = [[] for _ in range(len(best))]
    for term, number in zip(ranked["Term"][~is_best], group[~is_best].tolist(), strict=True):
        others[number].append(term)
    best["Group"] = np.arange(1, len(best) + 1)
    best["Also"] = ["; ".join(also) for also in others]
    return best


def _gene_weights(results: pd.DataFrame) -> csr_array:
    """Return how much each gene counts for each term, shape (n_terms, n_genes)."""
    sure, likely = _split(results["Genes"]), _split(results["Predicted Genes"])
    n_sure, n_likely = (np.array([len(genes) for genes in lists], dtype=np.int64) for lists in (sure, likely))
    expected = results["Expected Overlap"].to_numpy(dtype=np.float64)
    rest = np.clip((expected - n_sure) / np.maximum(n_likely, 1), 0, 1)
    genes = [gene for some in (*sure, *likely) for gene in some]
    columns, names = pd.factorize(np.array(genes, dtype=object))
    rows = np.repeat(np.tile(np.arange(len(results)), 2), np.concatenate([n_sure, n_likely]))
    weights = np.concatenate([np.ones(n_sure.sum()), np.repeat(rest, n_likely)])
    return csr_array((weights, (rows, columns)), shape=(len(results), max(len(names), 1)))


def _split(genes: Iterable[Any]) -> list[list[str]]:
    return [joined.split(";") if isinstance(joined, str) and joined else [] for joined in genes]


def _greedy(weights: csr_array, least: float) -> Ints:
    """Return the group of each term: the first whose best term is similar enough, or a new one."""
    n = weights.shape[0]
    if least == 0:  # even terms without a gene in common are similar enough
        return np.zeros(n, dtype=np.int64)
    compare = _Comparison(weights, least)
    group, best = np.full(n, -1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    for start in range(0, n, AT_ONCE):
        block = np.arange(start, min(start + AT_ONCE, n))
        terms, numbers = compare.similar(block, best)
        first = np.full(len(block), len(best), dtype=np.int64)
        np.minimum.at(first, terms, numbers)
        joined = first < len(best)
        group[block[joined]] = first[joined]
        new = block[~joined]
        earlier: dict[int, list[int]] = {}
        terms, numbers = compare.similar(new, new)
        for term, other in zip(terms.tolist(), numbers.tolist(), strict=True):
            if other < term:
                earlier.setdefault(term, []).append(other)
        numbered: dict[int, int] = {}  # the terms of this block that start a group
        for place, term in enumerate(new.tolist()):
            close = [numbered[other] for other in earlier.get(place, ()) if other in numbered]
            group[term] = min(close) if close else len(best) + len(numbered)
            if not close:
                numbered[place] = int(group[term])
        best = np.concatenate([best, new[list(numbered)]])
    return group


class _Comparison:
    """Finds the pairs of terms that are similar enough; exact values are computed only if a bound allows.

    Two terms are similar enough when the weight they have in common reaches a share of the sum of both. What
    they have in common is the sum of the smaller weight of each gene, and at most the sum of the geometric
    means of both weights, which one product of matrices gives for many pairs at once. Where there are more
    genes than `COLUMNS`, several share a column, by the sum of their weights, and the bound still holds.
    """

    def __init__(self, weights: csr_array, least: float) -> None:
        self.weights = weights
        self.weights.sort_indices()
        self.least = least
        self.total = np.asarray(weights.sum(axis=1))
        needed = self.total * least / (1 + least) / (1 + ROUNDING)
        self.needed = np.where(self.total > 0, needed, np.inf).astype(np.float32)
        frequency = np.bincount(weights.indices, minlength=weights.shape[1])
        rank = np.empty(len(frequency), dtype=np.int64)
        rank[np.argsort(-frequency, kind="stable")] = np.arange(len(frequency))
        shape = (weights.shape[0], min(COLUMNS, weights.shape[1]))
        columns = rank[weights.indices] % COLUMNS
        folded = csr_array((weights.data, columns, weights.indptr), shape, copy=True)
        folded.sum_duplicates()
        self.roots = np.sqrt(folded.toarray().astype(np.float32))

    def similar(self, terms: Ints, others: Ints) -> tuple[Ints, Ints]:
        """Return the pairs of some terms and others that are similar enough, as positions in both."""
        bound = self.roots[terms] @ self.roots[others].T
        bound -= self.needed[others]
        row, column = np.nonzero(bound >= self.needed[terms][:, None])
        either = self.total[terms[row]] + self.total[others[column]]
        common = np.concatenate(
            [
                self.weights[terms[row[part]]].minimum(self.weights[others[column[part]]]).sum(axis=1)
                for part in np.split(np.arange(len(row)), range(PAIRS, len(row), PAIRS))
            ]
        )
        enough = common / (either - common) >= self.least
        return row[enough], column[enough]
