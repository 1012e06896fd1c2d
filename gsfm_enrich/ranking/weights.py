"""How much a gene counts for a term: in quarters of a member, by the probability that it belongs there.

If genes of a term are theta times as likely to be listed as others, a gene that belongs to it with
probability p adds ``log(1 + (theta - 1) p)`` to the logarithm of the likelihood ratio of the query, a member
``log(theta)``. Their ratio is the weight of the gene, between 0 and 1; with probabilities 0 and 1 the sum of
the weights is the overlap, whatever theta. Weights are rounded to quarters: what is below an eighth counts
nothing, so that many small probabilities do not add up to evidence, and the null distribution is one of whole
numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEVELS = 4
"""A member counts this much."""
NEIGHBOUR = 2
"""What a neighbour of a term's gene counts, see `gsfm_enrich.ranking.gene_named_terms`."""
THETA = 100.0
"""How many times as likely a query lists a gene of its term; see benchmarks/README.md for other values."""


def thresholds(theta: float) -> NDArray[np.float64]:
    """Return the lowest probabilities that count one, two and three quarters of a member.

    Parameters
    ----------
    theta
        How many times as likely a query lists genes of its term; above 1.

    Examples
    --------
    >>> thresholds(20.0).round(3)
    array([0.024, 0.109, 0.29 ])
    """
    halves = (np.arange(1, LEVELS) - 0.5) / LEVELS
    return np.asarray((theta**halves - 1) / (theta - 1))


def levels(probabilities: NDArray[np.float32], theta: float) -> NDArray[np.int8]:
    """Return what genes count, 0 to 3 quarters of a member."""
    return np.searchsorted(thresholds(theta), probabilities, side="right").astype(np.int8)
