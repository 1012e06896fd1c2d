"""Terms that are named after a gene: the targets of a transcription factor, the partners of a protein.

The genes that a factor binds are not all that changes with it. Genes that the model finds most similar to
the factor itself, its *neighbours*, distinguish its lists where the thousands of genes that it may bind do
not. The library itself shows whether it is about the genes that its terms are named after: do its terms list
the neighbours of their own gene more often than those of the other terms' genes?
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from gsfm_enrich.arrays import Ints
from gsfm_enrich.genes.match import match
from gsfm_enrich.model.blocks import ROWS

NEIGHBOURS = 300
"""Most neighbours of a gene. With this many, ENCODE's terms are most clearly about the genes that they are
named after, by `listed_more_often`; with 100 to 1,000 neighbours those of all ChIP-seq libraries are."""
NAMED_SHARE, FEWEST_NAMES = 0.9, 10
"""A library is named after genes if this share of its terms is, and after at least this many genes."""
NEIGHBOUR_WEIGHT = 0.5
"""What a neighbour counts, as a share of a member."""
SURE = 3.0
"""Number of standard errors by which terms have to list more of their own neighbours than of other terms'."""
FIRST_WORD = re.compile(r"[^\s_]+?(?=-\d{5,}|[\s_]|$)")
"""Up to a space, an underscore or a long number: STAT3 of ``STAT3-18555785``, but NKX2-5 as it is."""


def named_genes(terms: Sequence[str], vocabulary: Sequence[str], organism: str = "human") -> Ints | None:
    """Return the position in a vocabulary of the gene that each term is named after, -1 for none.

    Parameters
    ----------
    terms
        Names of the terms. Only the first word counts, up to a space, an underscore or a hyphen before a
        number of five digits or more, as ChEA has it.
    vocabulary
        Gene names.
    organism
        Organism of the names.

    Returns
    -------
    int64 array, shape (n_terms,), or None
        None unless nine terms in ten are named after a gene, and at least ten different genes are named.

    Examples
    --------
    >>> genes = ["TP53", "MYC", *(f"GATA{i}" for i in range(1, 9))]
    >>> named_genes([f"{gene}_K562" for gene in genes], genes).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    >>> named_genes(["apoptosis", "growth"], genes) is None
    True
    """
    first = [FIRST_WORD.search(term) for term in terms]
    words = [word[0] if word else "" for word in first]
    distinct = list(dict.fromkeys(words))
    spelled = {gene.lower() for gene in vocabulary}
    if 2 * sum(word.lower() in spelled for word in distinct) < len(distinct):
        return None  # most are not genes by any name: not worth reading the table of other names
    found = match(distinct, vocabulary, organism)
    where = dict(zip(distinct, found.columns.tolist(), strict=True))
    for word, how in zip(distinct, found.how, strict=True):
        if how == "duplicate":  # another name of a gene that another term is named after
            where[word] = int(match([word], vocabulary, organism).columns[0])
    genes = np.array([where[word] for word in words], dtype=np.int64)
    if (genes >= 0).mean() < NAMED_SHARE or len(np.unique(genes[genes >= 0])) < FEWEST_NAMES:
        return None
    return genes


def neighbours(
    genes: Ints, members: csr_array, score: Callable[[Ints], NDArray[np.float32]]
) -> csr_array | None:
    """Return the neighbours of the genes that terms are named after, if the terms are about these genes.

    Parameters
    ----------
    genes : shape (n_terms,)
        Column of the gene that each term is named after, -1 for none.
    members : shape (n_terms, n_columns)
        1 for known members.
    score
        Gives the scores of all columns, shape (n_genes, n_columns), for the columns of some genes.

    Returns
    -------
    csr_array of bool, shape (n_terms, n_columns), or None
        The nearest neighbours, as many as the term has members but at most ``NEIGHBOURS``, so that short
        lists are not swamped; without those that are members, and without the gene itself. None if terms do
        not list the neighbours of their own gene more often than expected by chance.
    """
    distinct, own = np.unique(genes[genes >= 0], return_inverse=True)
    parts = [distinct[start : start + ROWS] for start in range(0, len(distinct), ROWS)]
    near = csr_array(vstack([nearest(part, score(part)) for part in parts], format="csr"))
    named = np.flatnonzero(genes >= 0)
    if not listed_more_often(members[named], near > 0, own):
        return None
    rows = np.zeros(len(genes), dtype=np.int64)
    rows[named] = own
    table = csr_array(near[rows])
    sizes = np.where(genes >= 0, np.diff(members.indptr), 0)
    table.data = table.data <= np.repeat(sizes, np.diff(table.indptr))
    table = csr_array(table > table.multiply(members.astype(bool)))
    table.eliminate_zeros()
    table.sort_indices()
    return table


def nearest(genes: Ints, scores: NDArray[np.float32]) -> csr_array:
    """Return the ranks, from 1, of the nearest neighbours of genes, shape (n_genes, n_columns).

    Parameters
    ----------
    genes : shape (n_genes,)
        Column of each gene, which is not its own neighbour.
    scores : shape (n_genes, n_columns)
    """
    n = min(NEIGHBOURS, scores.shape[1] // 4)
    scores[np.arange(len(genes)), genes] = -np.inf
    best = np.argpartition(-scores, n, axis=1)[:, :n]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    places = np.tile(np.arange(1, n + 1), len(genes))
    return csr_array((places, best.ravel(), np.arange(0, best.size + 1, n)), shape=scores.shape)


def listed_more_often(members: csr_array, near: csr_array, own: Ints) -> bool:
    """Return whether terms list more neighbours of their own gene than of the genes of other terms.

    Parameters
    ----------
    members : shape (n_terms, n_columns)
        1 for known members.
    near : shape (n_genes, n_columns)
        1 for the neighbours of each gene.
    own : shape (n_terms,)
        Row of the gene that each term is named after.

    Notes
    -----
    The expected number is the number of all neighbours that a term lists, times the number of its gene's
    neighbours that all terms list, over the sum: large terms, and genes whose neighbours are popular, are not
    evidence.
    """
    near = near.astype(np.float64)
    common = members.multiply(near[own]).sum(axis=1)
    of_term, of_gene = members @ near.sum(axis=0), near @ members.sum(axis=0)
    more = common - of_term * of_gene[own] / max(of_gene.sum(), 1.0)
    return bool(more.mean() > SURE * more.std() / np.sqrt(len(more)))
