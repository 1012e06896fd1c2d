"""The running sum of a term along a ranked table, as gene set enrichment analysis draws it."""

from __future__ import annotations

import numpy as np

from gsfm_enrich.arrays import Floats, Ints


def running_sum(statistic: Floats, counts: Floats) -> tuple[Ints, Floats]:
    """Walk down a ranked table: each gene of a term is a step up, each other gene a step down.

    Parameters
    ----------
    statistic
        Signed statistic, one per gene.
    counts
        What each gene counts in the term, 0 for genes that are not in it; shape (n_genes,).

    Returns
    -------
    order : int64 array, shape (n_genes,)
        The genes from the highest to the lowest statistic.
    sums : float64 array, shape (n_genes,)
        Running sum after each of them. The last one is 0.

    Notes
    -----
    Subramanian et al., PNAS 102:15545, 2005, with the exponent 1: a gene of the term adds its absolute
    statistic times what it counts, as a share of all such steps; each other gene subtracts an equal
    share. With equal counts this is the curve of ``gseapy.prerank``.

    Examples
    --------
    >>> order, sums = running_sum(np.array([3.0, -1.0, 1.0, -3.0]), np.array([1.0, 0.0, 1.0, 0.0]))
    >>> order.tolist(), sums.round(2).tolist()
    ([0, 2, 1, 3], [0.75, 1.0, 0.5, 0.0])
    """
    order = np.argsort(-statistic, kind="stable")
    inside = counts[order] > 0
    steps = np.abs(statistic[order]) * counts[order]
    up = steps / steps.sum() if steps.sum() > 0 else inside / max(int(inside.sum()), 1)
    down = ~inside / max(int((~inside).sum()), 1)
    return order, np.cumsum(up - down)
