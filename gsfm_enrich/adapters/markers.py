"""The gene lists ``scanpy.tl.rank_genes_groups`` leaves: which genes, up or down, tested among which."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from gsfm_enrich.errors import GsfmEnrichWarning, InputError, did_you_mean

if TYPE_CHECKING:
    from anndata import AnnData

Direction: TypeAlias = Literal["up", "down", "both"]

DIRECTIONS: tuple[str, ...] = ("up", "down", "both")
TOP_WITHOUT_P_VALUES = 100
"""Genes taken per direction when the test gave no p-value and no ``max_genes`` is set."""


@dataclass(frozen=True)
class MarkerList:
    """One list of genes to ask about.

    Attributes
    ----------
    group
        Name of the group of cells.
    direction
        ``"up"`` or ``"down"``.
    names
        The genes' names in ``var_names`` of the tested matrix, strongest first.
    genes
        The same genes by symbol, in the same order (equal to `names` unless ``gene_symbols`` was given).
    """

    group: str
    direction: str
    names: list[str]
    genes: list[str]


@dataclass(frozen=True)
class Cutoffs:
    """What makes a ranked gene a marker.

    Attributes
    ----------
    pval_cutoff
        Adjusted p-values must be below this; None keeps every p-value.
    log2fc_min, log2fc_max
        Bounds of the magnitude of the log2 fold change, both exclusive as in scanpy and the same for both
        directions.
    max_genes
        Most genes per group and direction, the strongest scores first.
    """

    pval_cutoff: float | None = 0.05
    log2fc_min: float | None = None
    log2fc_max: float | None = None
    max_genes: int | None = None

    def __post_init__(self) -> None:
        if self.pval_cutoff is not None and not 0 <= self.pval_cutoff <= 1:
            raise InputError(f"pval_cutoff must lie between 0 and 1, got {self.pval_cutoff!r}.")
        if self.max_genes is not None and (int(self.max_genes) != self.max_genes or self.max_genes < 1):
            raise InputError(f"max_genes must be a whole number of at least 1, got {self.max_genes!r}.")
        for name, bound in (("log2fc_min", self.log2fc_min), ("log2fc_max", self.log2fc_max)):
            if bound is not None and not bound >= 0:
                raise InputError(
                    f"{name}={bound!r}: fold-change bounds are magnitudes, applied to up- and down-regulated "
                    f'genes alike; for genes that fall use direction="down" with a positive bound.'
                )


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
        If `adata` is no AnnData, or ``adata.uns[key]`` is missing or something else.
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


def choose(wanted: str | Iterable[str] | None, available: list[str], what: str = "group") -> list[str]:
    """Return the asked-for names, all of them for None.

    Parameters
    ----------
    wanted
        One name, several, or None for all.
    available
        The names there are.
    what
        What is being chosen, for the message.

    Raises
    ------
    InputError
        If a name is not among the available ones; the message lists those.
    """
    if wanted is None:
        return list(available)
    names = [wanted] if isinstance(wanted, str) else [str(name) for name in wanted]
    unknown = [name for name in names if name not in available]
    if unknown:
        raise InputError(
            f"no {what} {', '.join(map(repr, unknown))}; there are {', '.join(map(repr, available))}."
            + did_you_mean(unknown[0], available)
        )
    return list(dict.fromkeys(names))


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
        (+1, -1 or 0: of the fold change, or of the score where there is no finite fold change). Genes that
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
    # h5ad files cannot hold missing names; those who write them anyway make them the string "nan"
    frame = frame[frame["name"].notna() & (frame["name"].astype(str) != "nan")].reset_index(drop=True)
    frame["name"] = frame["name"].astype(str)
    finite = np.isfinite(frame["log2fc"])
    frame["sign"] = np.sign(np.where(finite, frame["log2fc"], frame["score"].fillna(0.0)))
    return frame


def _keep(frame: pd.DataFrame, cutoffs: Cutoffs, has_p_values: bool) -> pd.DataFrame:
    keep = np.ones(len(frame), dtype=bool)
    if has_p_values and cutoffs.pval_cutoff is not None:
        keep &= (frame["p_adjusted"] < cutoffs.pval_cutoff).to_numpy()
    if cutoffs.log2fc_min is not None:
        keep &= (frame["log2fc"].abs() > cutoffs.log2fc_min).to_numpy()
    if cutoffs.log2fc_max is not None:
        keep &= (frame["log2fc"].abs() < cutoffs.log2fc_max).to_numpy()
    return frame[keep]


def _cutoffs_for(record: Mapping[str, Any], cutoffs: Cutoffs, stacklevel: int) -> Cutoffs:
    if "logfoldchanges" not in record and not (cutoffs.log2fc_min is None and cutoffs.log2fc_max is None):
        method = record["params"].get("method", "this method")
        raise InputError(f"{method} gives no fold changes, so log2fc_min and log2fc_max cannot be used.")
    if "pvals_adj" in record or cutoffs.max_genes is not None:
        return cutoffs
    warnings.warn(
        f"{record['params'].get('method', 'the method')} gives no p-values: took the {TOP_WITHOUT_P_VALUES} "
        "genes with the strongest scores per group and direction; set max_genes= to choose how many.",
        GsfmEnrichWarning,
        stacklevel=stacklevel + 1,
    )
    return Cutoffs(cutoffs.pval_cutoff, cutoffs.log2fc_min, cutoffs.log2fc_max, TOP_WITHOUT_P_VALUES)


def symbol_map(adata: AnnData, record: Mapping[str, Any], gene_symbols: str | None) -> dict[str, str]:
    """Return the symbol of each gene of the tested matrix; a gene without one keeps its own name.

    Parameters
    ----------
    adata
        The annotated data.
    record
        A ranking record; it says whether ``adata.raw`` was tested.
    gene_symbols
        Column of ``adata.raw.var`` (when raw was tested and has it) or ``adata.var``; None gives an empty
        map.

    Raises
    ------
    InputError
        If neither has the column.
    """
    if gene_symbols is None:
        return {}
    frames = [adata.raw.var] if used_raw(adata, record) and adata.raw is not None else []
    frames.append(adata.var)
    symbols: dict[str, str] = {}
    found = False
    for frame in reversed(frames):  # the tested matrix has the last word
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
    """Say whether ``adata.raw`` was ranked: scanpy's ``use_raw=None`` means raw when present."""
    params = record["params"]
    if params.get("layer") is not None:
        return False
    use_raw = params.get("use_raw")
    return adata.raw is not None if use_raw is None else bool(use_raw)


def _complete_record(record: Mapping[str, Any]) -> list[str] | None:
    """Return the tested genes when the record itself proves that it holds all of them.

    Groups that list the very same genes, each from the highest score down to a negative one, do so only when
    nothing was cut off (``n_genes`` keeps the top). It is the one trace that ``mask_var`` leaves, and it
    survives when adata is subset afterwards.
    """
    groups = group_names(record)
    first = pd.Index(np.asarray(record["names"][groups[0]], dtype=object))
    if len(groups) < 2 or first.hasnans or "nan" in first:
        return None
    for group in groups:
        scores = _column(record, "scores", group)
        if np.any(np.diff(scores) > 0) or not scores[-1] < 0:
            return None
        if set(record["names"][group]) != set(first):
            return None
    return [str(name) for name in first]


def names_tested(adata: AnnData, key: str) -> tuple[list[str], str]:
    """Return the genes that were tested, the right background for what was found among them.

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
        If raw was tested, is gone, and the ranking does not hold all genes.
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


def select_markers(
    adata: AnnData,
    *,
    key: str = "rank_genes_groups",
    groups: str | Iterable[str] | None = None,
    direction: Direction = "both",
    cutoffs: Cutoffs | None = None,
    gene_symbols: str | None = None,
    stacklevel: int = 2,
) -> list[MarkerList]:
    """Return the markers of each group, up and down apart.

    Parameters
    ----------
    adata
        Annotated data with a ranking.
    key
        Slot of ``adata.uns`` that holds it.
    groups
        Group or groups to take; all by default.
    direction
        ``"up"``, ``"down"``, or ``"both"`` for a list of each.
    cutoffs
        What makes a gene a marker; the defaults of :class:`Cutoffs` when None.
    gene_symbols
        Column of ``var`` that holds symbols.
    stacklevel
        Frames between the warning and the caller.

    Returns
    -------
    list of MarkerList
        One per group and direction, in the order of the groups, up before down. Lists can be empty.

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
    record = ranking_record(adata, key)
    if direction not in DIRECTIONS:
        raise InputError(f"direction must be 'up', 'down' or 'both', got {direction!r}.")
    chosen = choose(groups, group_names(record))
    cutoffs = _cutoffs_for(record, cutoffs or Cutoffs(), stacklevel)
    symbols = symbol_map(adata, record, gene_symbols)
    lists = []
    for group in chosen:
        frame = _keep(ranking_frame(record, group), cutoffs, has_p_values="pvals_adj" in record)
        for name, sign in (("up", 1), ("down", -1)):
            if direction not in (name, "both"):
                continue
            strength = frame[frame["sign"] == sign].sort_values("score", ascending=sign < 0, kind="stable")
            names = (
                strength["name"].head(cutoffs.max_genes).tolist()
                if cutoffs.max_genes
                else strength["name"].tolist()
            )
            lists.append(MarkerList(group, name, names, [symbols.get(gene, gene) for gene in names]))
    return lists
