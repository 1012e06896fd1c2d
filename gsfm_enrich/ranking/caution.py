"""When a term of a result should be treated with caution, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from gsfm_enrich.arrays import Ints
from gsfm_enrich.ranking.statistic import MIN_OVERLAP

FEWEST_MEASURED = 5
"""Terms with fewer genes in the background are easily hit by one gene that is there for another reason."""
FAMILY_SHARE, FAMILY_GENES = 0.5, 3
"""Predicted genes are of one family if at least this many of them hold this share of their total weight."""
WEAK_LIBRARY = 0.1
"""If even the best held-out predictions are right less often, the model hardly knows the library."""
STEM = re.compile(r"[A-Za-z]{2,}")


def cautions(
    hits: Ints, sizes: Ints, predicted: csc_array, names: Sequence[str], ceiling: float
) -> list[str]:
    """Return for each term why it should be treated with caution; empty if there is no reason to.

    Parameters
    ----------
    hits, sizes : shape (n_terms,)
        Members in the query and in the background.
    predicted : shape (n_terms, n_names)
        Probabilities of the query's genes that are not members.
    names
        Their names. Genes are of one family when their symbols start with the same letters: RPL, HLA, OR.
    ceiling
        Highest probability that held-out members support in the library; 0 if it is not completed.

    Returns
    -------
    list of str
        Reasons joined by ``"; "``.

    Examples
    --------
    >>> table = csc_array(np.array([[0.1, 0.1, 0.2, 0.0], [0.0, 0.0, 0.0, 0.3]]))
    >>> cautions(np.array([1, 4]), np.array([3, 9]), table, ["RPL3", "RPL5", "RPL9", "TP53"], 0.6)
    ['one member; term of fewer than 5 genes; predicted genes of one family: RPL', '']
    """
    soft = np.asarray(predicted.sum(axis=1), dtype=np.float64).ravel()
    of_family = main_family(predicted, names, soft)
    reasons: list[tuple[str, NDArray[np.bool_]]] = [
        ("no member", hits == 0),
        ("one member", (hits > 0) & (hits < MIN_OVERLAP)),
        (f"term of fewer than {FEWEST_MEASURED} genes", sizes < FEWEST_MEASURED),
        ("more predicted than known", soft > np.maximum(hits, 1)),
        *(
            (f"predicted genes of one family: {family}", of_family == family)
            for family in np.unique(of_family[of_family != ""])
        ),
        ("library that the model hardly predicts", (soft > 0) & (0 < ceiling < WEAK_LIBRARY)),
    ]
    # only a few of the possible sets of reasons occur: each is written once
    which = np.stack([holds for _, holds in reasons], axis=1)
    packed, of_term = np.unique(np.packbits(which, axis=1), axis=0, return_inverse=True)
    sets = np.unpackbits(packed, axis=1, count=len(reasons)).astype(bool)
    texts = ["; ".join(text for (text, _), holds in zip(reasons, row, strict=True) if holds) for row in sets]
    return [texts[number] for number in of_term.ravel().tolist()]


def main_family(predicted: csc_array, names: Sequence[str], soft: NDArray[np.float64]) -> NDArray[np.str_]:
    """Return the family that most of the predicted genes of each term belong to, empty if there is none."""
    stems = [start[0] if (start := STEM.match(name)) else name for name in names]
    distinct, of_name = np.unique(np.array(stems, dtype=object).astype(str), return_inverse=True)
    at = np.arange(len(names)), of_name.ravel()
    families = csr_array((np.ones(len(names)), at), shape=(len(names), len(distinct)))
    held, counted = csr_array(predicted @ families), csr_array((predicted > 0).astype(float) @ families)
    found = np.zeros(predicted.shape[0], dtype=distinct.dtype if len(distinct) else "U1")
    rows = np.repeat(np.arange(held.shape[0]), np.diff(held.indptr))
    held.sort_indices()
    counted.sort_indices()
    main = (held.data > FAMILY_SHARE * soft[rows]) & (counted.data >= FAMILY_GENES)
    found[rows[main]] = distinct[held.indices[main]]
    return found
