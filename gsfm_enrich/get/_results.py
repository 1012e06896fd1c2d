"""Read back what ``ge.tl`` wrote (``ge.get``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError, did_you_mean
from gsfm_enrich.expression.markers import choose
from gsfm_enrich.get.storage import Enrichment

if TYPE_CHECKING:
    from anndata import AnnData


def stored(data: Any, key: str = "gsfm_enrichr") -> Enrichment:
    """Return the results from whatever holds them; the frames are not copied.

    Parameters
    ----------
    data
        An AnnData with results, the result of :func:`gsfm_enrich.tl.enrichr` or :func:`gsfm_enrich.enrichr`,
        or a data frame of results.
    key
        Slot of ``adata.uns``.

    Returns
    -------
    Enrichment
        Without a log and parameters for a data frame or a result of :func:`gsfm_enrich.enrichr`.

    Raises
    ------
    InputError
        If `data` is none of these, or the slot is missing or holds something else.
    """
    if isinstance(data, Enrichment):
        return data
    if not hasattr(data, "uns"):
        results = getattr(data, "results", data)
        if isinstance(results, pd.DataFrame):
            return Enrichment(results, None, {})
        raise InputError(
            "expected an AnnData, a data frame of results, or what enrichr returned, "
            f"got {type(data).__name__}."
        )
    if key not in data.uns:
        raise InputError(
            f"adata.uns has no {key!r}: run gsfm_enrich.tl.enrichr(adata, ...) first, "
            "or name its slot with key=." + did_you_mean(key, map(str, data.uns))
        )
    slot = data.uns[key]
    results, log = (slot.get("results"), slot.get("log")) if isinstance(slot, Mapping) else (None, None)
    if not (isinstance(results, pd.DataFrame) and isinstance(log, pd.DataFrame)):
        raise InputError(f"adata.uns[{key!r}] is not a result of gsfm_enrich.tl.enrichr.")
    return Enrichment(results, log, dict(slot.get("params", {})))


def p_column(results: pd.DataFrame) -> str:
    """Return the column of adjusted p-values by which rows are ranked: the model's if there is one."""
    known = ("GSFM Adjusted P-value", "Adjusted P-value", "FDR q-val")
    return next((name for name in known if name in results), "Adjusted P-value")


@checked
def enrichr_df(
    adata: AnnData | Enrichment,
    group: str | Iterable[str] | None = None,
    *,
    direction: str | None = None,
    key: str = "gsfm_enrichr",
    pval_cutoff: float | None = None,
) -> pd.DataFrame:
    """Return :func:`gsfm_enrich.tl.enrichr` results as a table, like ``scanpy.get.rank_genes_groups_df``.

    Parameters
    ----------
    adata
        Annotated data with results, or the result of :func:`gsfm_enrich.tl.enrichr` or
        :func:`gsfm_enrich.enrichr`.
    group
        Group or groups; all by default.
    direction
        ``"up"`` or ``"down"``; both by default.
    pval_cutoff
        Keep rows whose ``GSFM Adjusted P-value`` (``Adjusted P-value`` where results were not re-ranked) is
        below this.

    Returns
    -------
    pandas.DataFrame
        A copy of the requested rows, numbered from 0. ``group`` and ``direction`` are the first columns,
        except for the result of :func:`gsfm_enrich.enrichr` for one list.

    Raises
    ------
    InputError
        If there are no results, or for a group or direction that was not tested; the message
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
    enrichment = stored(adata, key)
    results = enrichment.results
    log = results if enrichment.log is None else enrichment.log
    if "Term" not in results:
        raise InputError("the data frame holds no results: it has no column 'Term'.")
    keep = pd.Series(True, index=results.index)
    for name, wanted in (("group", group), ("direction", direction)):
        if name in log:
            keep &= results[name].isin(choose(wanted, list(dict.fromkeys(log[name].astype(str))), name))
        elif wanted is not None:
            raise InputError(f"the results are of one gene list: there is no {name} to choose.")
    if pval_cutoff is not None:
        keep &= results[p_column(results)] < pval_cutoff
    return results[keep].reset_index(drop=True)


@checked
def term_scores(adata: AnnData, key: str = "gsfm_scores") -> AnnData:
    """Return :func:`gsfm_enrich.tl.score_terms` scores as an AnnData of cells by terms, for scanpy's plots.

    Parameters
    ----------
    adata
        Annotated data with scores.
    key
        Slot of ``adata.obsm`` and ``adata.uns`` that holds them.

    Returns
    -------
    anndata.AnnData
        ``X`` holds the scores, ``var_names`` the terms, ``var["genes"]`` how many genes count for each. It
        shares ``obs``, ``obsm`` and ``uns`` with `adata`, so that
        ``sc.pl.umap(ge.get.term_scores(adata), color=term)`` works.

    Raises
    ------
    InputError
        If there are no scores under `key`.

    Examples
    --------
    >>> import scanpy as sc
    >>> import gsfm_enrich as ge
    >>> adata = sc.datasets.pbmc68k_reduced()
    >>> ge.tl.score_terms(adata, None, {"B cell receptor": ["CD79A", "CD79B"]}, min_weight=1)
    >>> ge.get.term_scores(adata).var["genes"].to_dict()
    {'B cell receptor': 2}
    """
    from anndata import AnnData

    slot = adata.uns.get(key) if hasattr(adata, "uns") else None
    if not isinstance(slot, Mapping) or "terms" not in slot or key not in adata.obsm:
        raise InputError(
            f"there are no scores under {key!r}: run gsfm_enrich.tl.score_terms(adata, ...) first, or name "
            "their slot with key=."
        )
    var = pd.DataFrame({"genes": slot["genes"]}, index=pd.Index(slot["terms"]))
    others = {name: value for name, value in adata.obsm.items() if name != key}
    return AnnData(adata.obsm[key], obs=adata.obs, var=var, obsm=others, uns=dict(adata.uns))
