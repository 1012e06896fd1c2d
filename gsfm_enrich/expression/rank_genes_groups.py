"""Results of ``scanpy.tl.rank_genes_groups`` in an AnnData: the genes of each group, and the tested genes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gsfm_enrich.errors import InputError, did_you_mean
from gsfm_enrich.expression.markers import (
    Cutoffs,
    Direction,
    MarkerList,
    Ranking,
    choose,
    marker_lists,
    with_sign,
)

if TYPE_CHECKING:
    from anndata import AnnData


def check_adata(adata: object) -> None:
    """Raise :class:`InputError` unless `adata` is an AnnData."""
    from anndata import AnnData

    if not isinstance(adata, AnnData):
        raise InputError(f"adata must be an anndata.AnnData, got {type(adata).__name__}.")


def ranking_record(adata: AnnData, key: str) -> Mapping[str, Any]:
    """Return what ``scanpy.tl.rank_genes_groups`` stored under `key`.

    Raises
    ------
    InputError
        If `adata` is not an AnnData, or ``adata.uns[key]`` is missing or something else.
    """
    check_adata(adata)
    if key not in adata.uns:
        raise InputError(
            f"adata.uns has no {key!r}: run scanpy.tl.rank_genes_groups(adata, ...) first, "
            "or name its slot with key=." + did_you_mean(key, map(str, adata.uns))
        )
    record = adata.uns[key]
    names = record.get("names") if isinstance(record, Mapping) else None
    if getattr(getattr(names, "dtype", None), "names", None) is None or "params" not in record:
        raise InputError(f"adata.uns[{key!r}] is not a result of scanpy.tl.rank_genes_groups.")
    checked: Mapping[str, Any] = record
    return checked


def group_names(record: Mapping[str, Any]) -> list[str]:
    """Return the names of the groups of a ranking record, in its order."""
    return list(record["names"].dtype.names)


def _column(record: Mapping[str, Any], field: str, group: str) -> np.ndarray[Any, Any]:
    if field not in record:
        return np.full(len(record["names"]), np.nan)
    return np.asarray(record[field][group], dtype=np.float64)


def ranking_frame(record: Mapping[str, Any], group: str) -> pd.DataFrame:
    """Return the ranked genes of one group.

    Parameters
    ----------
    record
        A ranking record, see :func:`ranking_record`.
    group
        Name of one of its groups.

    Returns
    -------
    pandas.DataFrame
        Columns ``name``, ``score``, ``log2fc``, ``p_adjusted`` (NaN where the test gives none) and ``sign``
        (+1, -1 or 0: that of the fold change, or of the score if the fold change is not finite). Genes that
        ``scanpy.tl.filter_rank_genes_groups`` blanked out are left out.
    """
    frame = pd.DataFrame(
        {
            "name": np.asarray(record["names"][group], dtype=object),
            "score": _column(record, "scores", group),
            "log2fc": _column(record, "logfoldchanges", group),
            "p_adjusted": _column(record, "pvals_adj", group),
        }
    )
    # h5ad files cannot hold missing names; they are written as the string "nan"
    frame = frame[frame["name"].notna() & (frame["name"].astype(str) != "nan")].reset_index(drop=True)
    frame["name"] = frame["name"].astype(str)
    return with_sign(frame)


def symbol_map(adata: AnnData, gene_symbols: str | None, *, raw: bool) -> dict[str, str]:
    """Return the symbol of each gene of the tested matrix; a gene without one keeps its own name.

    Parameters
    ----------
    adata
        The annotated data.
    gene_symbols
        Column of ``adata.raw.var`` (if raw was tested and has it) or ``adata.var``; None gives an empty
        map.
    raw
        Whether ``adata.raw`` was tested.

    Raises
    ------
    InputError
        If neither has the column.
    """
    if gene_symbols is None:
        return {}
    frames = [adata.raw.var] if raw and adata.raw is not None else []
    frames.append(adata.var)
    symbols: dict[str, str] = {}
    found = False
    for frame in reversed(frames):  # the tested matrix takes precedence
        if gene_symbols in frame:
            found = True
            column = frame[gene_symbols]
            symbols.update(
                (str(name), str(symbol).strip())
                for name, symbol in zip(frame.index, column, strict=True)
                if not pd.isna(symbol) and str(symbol).strip()
            )
    if not found:
        columns = [str(column) for column in adata.var.columns]
        raise InputError(
            f"adata.var has no column {gene_symbols!r} to take gene symbols from."
            + did_you_mean(gene_symbols, columns)
        )
    return symbols


def used_raw(adata: AnnData, record: Mapping[str, Any]) -> bool:
    """Return whether ``adata.raw`` was ranked: scanpy's ``use_raw=None`` means raw when present."""
    params = record["params"]
    if params.get("layer") is not None:
        return False
    use_raw = params.get("use_raw")
    return adata.raw is not None if use_raw is None else bool(use_raw)


def _complete_record(record: Mapping[str, Any]) -> list[str] | None:
    """Return the tested genes if the record itself shows that it holds all of them.

    Groups list the same genes, each from the highest score down to a negative one, only if nothing was cut
    off (``n_genes`` keeps the top). This is the only trace that ``mask_var`` leaves, and it remains when
    adata is subset afterwards.
    """
    groups = group_names(record)
    first = pd.Index(np.asarray(record["names"][groups[0]], dtype=object))
    if len(groups) < 2 or first.hasnans or "nan" in first:
        return None
    expected = set(first)
    for group in groups:
        scores = _column(record, "scores", group)
        if np.any(np.diff(scores) > 0) or not scores[-1] < 0:
            return None
        if set(record["names"][group]) != expected:
            return None
    return [str(name) for name in first]


def names_tested(adata: AnnData, key: str) -> tuple[list[str], str]:
    """Return the genes that were tested, which are the right background for those found among them.

    Parameters
    ----------
    adata
        The annotated data.
    key
        Slot of ``adata.uns`` that holds the ranking.

    Returns
    -------
    names : list of str
        Names of the tested genes.
    source : str
        Where they come from: ``"rank_genes_groups"`` (every group lists them all), ``"adata.raw.var_names"``
        or ``"adata.var_names"``.

    Raises
    ------
    InputError
        If raw was tested but is gone, and the ranking does not hold all genes.
    """
    record = ranking_record(adata, key)
    matrix, source = adata, "adata.var_names"
    if used_raw(adata, record):
        matrix, source = adata.raw, "adata.raw.var_names"
    complete = _complete_record(record)
    if complete is not None and (matrix is None or set(complete) != set(map(str, matrix.var_names))):
        return complete, "rank_genes_groups"
    if matrix is None:
        raise InputError(
            f"adata.uns[{key!r}] was computed on adata.raw, which is gone, so the tested genes are not "
            "known; pass them as background=."
        )
    return [str(name) for name in matrix.var_names], source


def read_ranking(adata: AnnData, key: str, groups: str | Iterable[str] | None = None) -> Ranking:
    """Return the ranking that scanpy stored.

    Parameters
    ----------
    adata
        Annotated data.
    key
        Slot of ``adata.uns``.
    groups
        Group or groups to take; all by default.

    Returns
    -------
    Ranking
        Without its `tested` genes, which :func:`names_tested` returns where they are needed.

    Raises
    ------
    InputError
        For an unknown key or group.
    """
    record = ranking_record(adata, key)
    chosen = choose(groups, group_names(record))
    return Ranking(
        frames={group: ranking_frame(record, group) for group in chosen},
        method=str(record["params"].get("method", "the method")),
        has_p_values="pvals_adj" in record,
        has_fold_changes="logfoldchanges" in record,
        has_scores="scores" in record,
    )


def select_markers(
    adata: AnnData,
    *,
    key: str = "rank_genes_groups",
    groups: str | Iterable[str] | None = None,
    direction: Direction = "both",
    cutoffs: Cutoffs | None = None,
    gene_symbols: str | None = None,
) -> list[MarkerList]:
    """Return the markers of each group, up and down separately: :func:`marker_lists` of what scanpy stored.

    Parameters
    ----------
    adata
        Annotated data with a ranking.
    key
        Slot of ``adata.uns`` that holds it.
    groups
        Group or groups to take; all by default.
    direction, cutoffs
        As in :func:`gsfm_enrich.expression.markers.marker_lists`.
    gene_symbols
        Column of ``var`` that holds symbols.

    Returns
    -------
    list of MarkerList

    Raises
    ------
    InputError
        For an unknown key, group, direction or column.

    Examples
    --------
    >>> import scanpy as sc
    >>> adata = sc.datasets.pbmc68k_reduced()
    >>> sc.tl.rank_genes_groups(adata, "bulk_labels")
    >>> up, down = select_markers(adata, groups="CD19+ B")
    >>> up.direction, up.genes[:3]
    ('up', ['CD79A', 'PTPRCAP', 'CD79B'])
    """
    ranking = read_ranking(adata, key, groups)
    symbols = symbol_map(adata, gene_symbols, raw=used_raw(adata, ranking_record(adata, key)))
    return marker_lists(ranking, direction, cutoffs, symbols)
