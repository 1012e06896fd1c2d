"""Reading back what ``ge.tl`` wrote (``ge.get``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from gsfm_enrich.adapters.markers import check_adata, choose
from gsfm_enrich.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from anndata import AnnData


def stored_frame(adata: AnnData, key: str, part: str = "results") -> pd.DataFrame:
    """Return one of the data frames :func:`gsfm_enrich.tl.enrichr` stored, not a copy.

    Parameters
    ----------
    adata
        Annotated data.
    key
        Slot of ``adata.uns``.
    part
        ``"results"`` or ``"log"``.

    Raises
    ------
    InputError
        If the slot is missing or holds something else.
    """
    check_adata(adata)
    if key not in adata.uns:
        raise InputError(
            f"adata.uns has no {key!r}: run gsfm_enrich.tl.enrichr(adata, ...) first, "
            "or name its slot with key=." + did_you_mean(key, map(str, adata.uns))
        )
    stored = adata.uns[key]
    frame = stored.get(part) if isinstance(stored, Mapping) else None
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"adata.uns[{key!r}] is not a result of gsfm_enrich.tl.enrichr.")
    return frame


def p_column(results: pd.DataFrame) -> str:
    """Return the column of adjusted p-values that the rows are ranked by: the model's where there is one."""
    return "GSFM Adjusted P-value" if "GSFM Adjusted P-value" in results else "Adjusted P-value"


def enrichr_df(
    adata: AnnData,
    group: str | Iterable[str] | None = None,
    *,
    direction: str | None = None,
    key: str = "gsfm_enrichr",
    pval_cutoff: float | None = None,
) -> pd.DataFrame:
    """Results of :func:`gsfm_enrich.tl.enrichr` as a data frame, like ``scanpy.get.rank_genes_groups_df``.

    Parameters
    ----------
    adata
        Annotated data with results.
    group
        Group or groups; all by default.
    direction
        ``"up"`` or ``"down"``; both by default.
    key
        Slot of ``adata.uns`` that holds the results.
    pval_cutoff
        Keep rows whose ``GSFM Adjusted P-value`` (``Adjusted P-value`` where results were not re-ranked) is
        below this.

    Returns
    -------
    pandas.DataFrame
        A copy of the rows asked for, numbered from 0. ``group`` and ``direction`` are always its first
        columns.

    Raises
    ------
    InputError
        If there are no results under `key`, or for a group or direction that was not tested; the message
        lists those that were.

    Examples
    --------
    >>> import scanpy as sc
    >>> import gsfm_enrich as ge
    >>> adata = sc.datasets.pbmc68k_reduced()
    >>> sc.tl.rank_genes_groups(adata, "bulk_labels")
    >>> sets = {"B cell receptor": ["CD79A", "CD79B", "CD19"]}
    >>> ge.tl.enrichr(adata, sets, groups="CD19+ B", direction="up", rerank=False)
    >>> ge.get.enrichr_df(adata, "CD19+ B", direction="up")["Overlap"].tolist()
    ['2/2']
    """
    results, log = stored_frame(adata, key), stored_frame(adata, key, "log")
    groups = choose(group, list(dict.fromkeys(log["group"].astype(str))))
    directions = choose(direction, list(dict.fromkeys(log["direction"].astype(str))), "direction")
    keep = results["group"].isin(groups) & results["direction"].isin(directions)
    if pval_cutoff is not None:
        keep &= results[p_column(results)] < pval_cutoff
    return results[keep].reset_index(drop=True)
