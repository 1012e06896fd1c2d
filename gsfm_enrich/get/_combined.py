"""Combine the test of a list with the threshold-free test of the same group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.arrays import Floats
from gsfm_enrich.errors import InputError
from gsfm_enrich.get._results import enrichr_df
from gsfm_enrich.ranking.overlap import benjamini_hochberg

if TYPE_CHECKING:
    from anndata import AnnData

LARGEST_P = 0.99
"""A single p-value of 1 would outweigh all others in Cauchy's combination."""
KEYS = ["group", "Gene_set", "Term"]
LIST_P = ("GSFM P-value", "P-value")


def cauchy_combination(p_values: Floats) -> Floats:
    """Combine p-values that may depend on each other.

    Parameters
    ----------
    p_values
        Shape (n_tests, n_rows), between 0 and 1.

    Returns
    -------
    float64 array, shape (n_rows,)

    Notes
    -----
    The mean of ``tan(pi (1/2 - p))`` follows a Cauchy distribution in its tail, however the tests depend on
    each other (Liu and Xie, J. Am. Stat. Assoc. 115:393, 2020).

    Examples
    --------
    >>> cauchy_combination(np.array([[0.001, 0.5], [0.001, 0.5]])).round(6)
    array([0.001, 0.5  ])
    """
    with np.errstate(divide="ignore"):  # a p-value of 0 is infinite evidence
        quantiles = 1 / np.tan(np.pi * np.minimum(p_values, LARGEST_P))
    # not scipy's cauchy, whose far tail is 0 before version 1.15
    return np.asarray(np.arctan2(1, quantiles.mean(axis=0)) / np.pi)


@checked
def combined_df(
    adata: AnnData,
    group: str | Iterable[str] | None = None,
    *,
    direction: str = "up",
    key: str = "gsfm_enrichr",
    ranked_key: str = "gsfm_ranked",
) -> pd.DataFrame:
    """Return results of the list and of the threshold-free test in one table, with a combined p-value.

    Parameters
    ----------
    adata
        Annotated data on which :func:`gsfm_enrich.tl.enrichr` and :func:`gsfm_enrich.tl.enrich_ranked` were
        run.
    group
        Group or groups; all by default.
    direction
        ``"up"`` or ``"down"``: the direction of the lists. The threshold-free test contributes its p-value
        for the same direction.
    key, ranked_key
        Slots of ``adata.uns`` that hold the results of the list and of the threshold-free test.

    Returns
    -------
    pandas.DataFrame
        One row per group and term of either result, the best first in each group: ``group``, ``Gene_set``,
        ``Term``; ``Overlap``, ``Genes`` and ``List P-value``; ``NES``, ``Lead_genes`` and ``Ranked P-value``;
        ``Combined P-value`` (Cauchy's combination), and ``Combined Adjusted P-value`` within group and
        library. A term that one test lacks counts there with a p-value of .99. The combined p-value is no
        more reliable than those of the lists, which assume that genes are independent.

    Raises
    ------
    InputError
        If either result is missing, or they have no group in common.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.get.combined_df(adata, "CD19+ B").head()  # doctest: +SKIP
    """
    if direction == "both":
        raise InputError("direction must be 'up' or 'down', as lists are of one direction; got 'both'.")
    lists = enrichr_df(adata, key=key)
    if "direction" in lists:
        lists = lists[lists["direction"].isin([direction, ""])]
    ranked = enrichr_df(adata, key=ranked_key)
    wanted = [group] if isinstance(group, str) else group
    common = set(lists["group"]) & set(ranked["group"])
    chosen = common if wanted is None else common & set(wanted)
    if not chosen:
        raise InputError(
            f"no group is in both adata.uns[{key!r}] and adata.uns[{ranked_key!r}]: run tl.enrichr and "
            "tl.enrich_ranked for the same groups."
        )
    p_list = next(name for name in LIST_P if name in lists)
    left = lists.loc[lists["group"].isin(chosen), [*KEYS, "Overlap", "Genes", p_list]]
    p_ranked = f"{direction.capitalize()} P-value"
    right = ranked.loc[ranked["group"].isin(chosen), [*KEYS, "NES", "Lead_genes", p_ranked]]
    table = left.rename(columns={p_list: "List P-value"}).merge(
        right.rename(columns={p_ranked: "Ranked P-value"}), on=KEYS, how="outer", sort=False
    )
    both = table[["List P-value", "Ranked P-value"]].to_numpy(dtype=np.float64).T
    table["Combined P-value"] = cauchy_combination(np.where(np.isnan(both), LARGEST_P, both))
    table["Combined Adjusted P-value"] = table.groupby(["group", "Gene_set"])["Combined P-value"].transform(
        lambda p: benjamini_hochberg(p.to_numpy())
    )
    return table.sort_values(["group", "Combined P-value", "Term"], ignore_index=True)
