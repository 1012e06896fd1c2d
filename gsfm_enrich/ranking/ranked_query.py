"""A ranked query: all measured genes of a table, each with its signed statistic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gsfm_enrich.arrays import Floats
from gsfm_enrich.errors import InputError

FEWEST_GENES = 500
"""With fewer genes there is no background to compare a term with."""
NEAR_ZERO, NEAR_ZERO_SHARE = 0.25, 0.02
"""In a table of all measured genes, more than this share have a statistic below a quarter of the median."""


@dataclass(frozen=True, eq=False)
class RankedQuery:
    """All measured genes of one table, each with its signed statistic.

    Attributes
    ----------
    genes : tuple of str
        Distinct identifiers, in the order of their first appearance.
    statistic : float64 array, shape (n_genes,)
        Finite statistics; positive means up.
    repeated : tuple of str
        Genes that were given more than once; their strongest statistic was kept.
    missing : int
        Number of rows without a finite statistic, which were left out.
    """

    genes: tuple[str, ...]
    statistic: Floats
    repeated: tuple[str, ...]
    missing: int


def ranked_query(genes: Sequence[str], statistic: npt.ArrayLike) -> RankedQuery:
    """Check the statistics of one table, and keep the strongest for every gene.

    Parameters
    ----------
    genes
        Identifiers, one per row of the table.
    statistic
        Signed statistic of each: t, z, a test score or a signed logarithm of the p-value.

    Returns
    -------
    RankedQuery

    Raises
    ------
    InputError
        If the lengths differ, fewer than 500 genes have a finite statistic, all statistics are equal or of
        one sign, or only strongly changed genes are given, so that a background is missing.

    Examples
    --------
    >>> genes = [f"G{i}" for i in range(600)]
    >>> query = ranked_query([*genes, "G0"], [*np.linspace(-3, 3, 600), 7.0])
    >>> len(query.genes), float(query.statistic[0]), query.repeated
    (600, 7.0, ('G0',))
    """
    values = np.asarray(statistic, dtype=np.float64)
    if values.shape != (len(genes),):
        raise InputError(f"Expected one statistic per gene: {len(genes):,} genes, {values.shape} statistics.")
    finite = np.flatnonzero(np.isfinite(values))
    number: dict[str, int] = {}
    codes = np.array([number.setdefault(genes[row], len(number)) for row in finite.tolist()], dtype=np.int64)
    order = np.argsort(-np.abs(values[finite]), kind="stable")
    found, first, counts = np.unique(codes[order], return_index=True, return_counts=True)
    distinct = tuple(number)
    repeated = tuple(distinct[code] for code in found[counts > 1].tolist())
    query = RankedQuery(distinct, values[finite[order[first]]], repeated, len(values) - len(finite))
    check_statistics(query.statistic)
    return query


def check_statistics(statistic: Floats) -> None:
    """Raise an InputError for statistics that leave nothing to compare a term with.

    Parameters
    ----------
    statistic
        Finite statistics, one per distinct gene.

    Raises
    ------
    InputError
        As in `ranked_query`.
    """
    n = len(statistic)
    if n < FEWEST_GENES:
        raise InputError(
            f"A ranked table needs at least {FEWEST_GENES} genes with a finite statistic, got {n:,}. Pass "
            "all measured genes; a list of chosen genes is tested by enrichr."
        )
    size = np.abs(statistic)
    if statistic.min() == statistic.max():
        raise InputError(f"The statistic of all {n:,} genes is {statistic[0]:g}, which does not rank them.")
    if statistic.min() >= 0 or statistic.max() <= 0:
        sign = "negative" if statistic.min() >= 0 else "positive"
        raise InputError(
            f"None of the {n:,} statistics is {sign}. Expected a signed statistic (t, z, score, log fold "
            "change): p-values without direction do not say which genes go up, and a table of only the genes "
            "that go up lacks its background."
        )
    share = float(np.mean(size <= NEAR_ZERO * np.median(size)))
    if share < NEAR_ZERO_SHARE and np.median(size) > 0:
        raise InputError(
            f"Few or none of the {n:,} genes have a statistic near zero (the smallest is {size.min():.3g}, "
            f"the median {np.median(size):.3g}, without sign): the table seems to hold only significant "
            "genes. Pass all measured genes, without a cut-off: they are the background."
        )
