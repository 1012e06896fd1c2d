"""The leading genes of terms in a ranked table: those that carry the effect of a term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gsfm_enrich.arrays import Floats, Ints
from gsfm_enrich.ranking.ranked import EMPHASIS, View, parts, tamed
from gsfm_enrich.ranking.ranked_weights import TermWeights


@dataclass(frozen=True)
class LeadingGenes:
    """The genes that carry the effect of a term, the strongest first.

    Attributes
    ----------
    members, predicted : list of int
        Columns of members of the term, and of genes that the model predicts.
    """

    members: list[int]
    predicted: list[int]


def leading_genes(
    statistic: Floats,
    weights: TermWeights,
    rows: Sequence[int],
    view: View,
    emphasis: float = EMPHASIS,
) -> list[LeadingGenes]:
    """Return the leading genes of some terms in one table.

    With a term's genes sorted by strength, the leading ones are the first genes, as many as together have the
    largest effect: further genes would make it smaller.

    Parameters
    ----------
    statistic
        One table, shape (n_genes,).
    weights
        Weights of the same genes.
    rows
        The terms.
    view
        Which part of the statistic counts.
    emphasis
        See `gsfm_enrich.ranking.ranked.tamed`.

    Returns
    -------
    list of LeadingGenes
        Empty for terms without a gene above the mean of all genes.

    Examples
    --------
    >>> from gsfm_enrich.libraries.library import GeneSetLibrary
    >>> from gsfm_enrich.ranking.ranked_weights import ranked_weights
    >>> genes = tuple(f"G{i}" for i in range(600))
    >>> weights = ranked_weights(GeneSetLibrary.from_dict({"a": ["G0", "G598", "G599"]}), None, genes)
    >>> leading_genes(np.linspace(-3, 3, 600), weights, [0], "up")
    [LeadingGenes(members=[599, 598], predicted=[])]
    """
    values = parts(tamed(statistic[None], emphasis))[view][0]
    off = values - values.mean()
    table, is_member = weights.weights, weights.is_member
    chosen = np.asarray(rows, dtype=np.int64)
    entries = _entries(table.indptr.astype(np.int64), chosen)
    number = np.repeat(np.arange(len(chosen)), np.diff(table.indptr)[chosen])
    above = off[table.indices[entries]] > 0  # others only make the effect smaller
    entries, number = entries[above], number[above]
    columns, counts = table.indices[entries], table.data[entries]
    order = np.lexsort((columns, -counts, -off[columns], number))
    entries, columns, counts = entries[order], columns[order], counts[order]
    starts = np.searchsorted(number, np.arange(len(chosen) + 1))
    place = np.arange(len(number)) - starts[number]
    kept = place < _n_leading(number, place, len(chosen), counts, off[columns])
    of_member = is_member[entries]
    members, predicted = (
        _split(columns[kept & which], number[kept & which], len(chosen)) for which in (of_member, ~of_member)
    )
    return [LeadingGenes(*both) for both in zip(members, predicted, strict=True)]


def _entries(starts: Ints, rows: Ints) -> Ints:
    """Return the numbers of the entries of some rows of a sparse table, row after row."""
    sizes = np.diff(starts)[rows]
    before = np.cumsum(sizes) - sizes
    return np.asarray(np.arange(sizes.sum()) + np.repeat(starts[rows] - before, sizes))


def _n_leading(number: Ints, place: Ints, n_terms: int, counts: Floats, off: Floats) -> Ints:
    """Return the number of leading genes of the term of each entry."""
    together = np.zeros((2, n_terms, int(place.max(initial=-1)) + 1))
    together[0, number, place], together[1, number, place] = counts * off, counts**2
    sums, squares = np.cumsum(together, axis=2)
    effect = np.divide(sums, np.sqrt(squares), out=np.zeros_like(sums), where=squares > 0)
    return effect.argmax(axis=1)[number] + 1 if effect.size else np.zeros(len(number), dtype=np.int64)


def _split(columns: Ints, number: Ints, n_terms: int) -> list[list[int]]:
    """Return the columns of each term."""
    listed, ends = columns.tolist(), np.searchsorted(number, np.arange(n_terms + 1)).tolist()
    return [listed[start:end] for start, end in pairwise(ends)]
