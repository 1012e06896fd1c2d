"""Gene lists from differential expression of any tool: which genes, up or down, and how many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from gsfm_enrich.errors import InputError, did_you_mean, warn_caller

Direction: TypeAlias = Literal["up", "down", "both"]

DIRECTIONS: tuple[str, ...] = ("up", "down", "both")
TOP_WITHOUT_P_VALUES = 100
"""Genes taken per direction when the test gave no p-value and no ``max_genes`` is set."""


@dataclass(frozen=True)
class Ranking:
    """Differential expression of one or more groups.

    Attributes
    ----------
    frames
        The genes of each group: columns ``name``, ``score``, ``log2fc``, ``p_adjusted`` (NaN where unknown)
        and ``sign``, which is +1, -1 or 0: that of the fold change, or of the score if that is not finite.
    method
        What computed it, for messages.
    has_p_values, has_fold_changes, has_scores
        Which of these figures are available.
    chosen
        Whether the lists were chosen before, so that p-values and top lists no longer apply.
    ordered
        Whether the source says which genes are the strongest.
    tested
        Names of the genes that were tested; None where the source does not say.
    source
        Where the tested genes come from, or why they are not known.
    """

    frames: Mapping[str, pd.DataFrame]
    method: str
    has_p_values: bool
    has_fold_changes: bool
    has_scores: bool
    chosen: bool = False
    ordered: bool = True
    tested: tuple[str, ...] | None = None
    source: str = ""


@dataclass(frozen=True)
class MarkerList:
    """One list of genes to test.

    Attributes
    ----------
    group
        Name of the group of cells.
    direction
        ``"up"`` or ``"down"``; empty if the source does not say.
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


def choose(wanted: str | Iterable[str] | None, available: list[str], what: str = "group") -> list[str]:
    """Return the requested names, or all of them for None.

    Parameters
    ----------
    wanted
        One name, several, or None for all.
    available
        The available names.
    what
        What is being chosen, for the message.

    Raises
    ------
    InputError
        If a name is not available; the message lists those that are.
    """
    if wanted is None:
        return list(available)
    several = isinstance(wanted, Iterable) and not isinstance(wanted, str)
    names = [str(name) for name in (wanted if several else [wanted])]
    if not names:
        raise InputError(f"no {what} was named; choose from {', '.join(map(repr, available))}.")
    unknown = [name for name in names if name not in available]
    if unknown:
        raise InputError(
            f"no {what} {', '.join(map(repr, unknown))}; choose from {', '.join(map(repr, available))}."
            + did_you_mean(unknown[0], available)
        )
    return list(dict.fromkeys(names))


def with_sign(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the column ``sign``: that of the fold change, or of the score if the fold change is not finite."""
    finite = np.isfinite(frame["log2fc"])
    frame["sign"] = np.sign(np.where(finite, frame["log2fc"], frame["score"].fillna(0.0)))
    return frame


def marker_lists(
    ranking: Ranking,
    direction: Direction = "both",
    cutoffs: Cutoffs | None = None,
    symbols: Mapping[str, str] | None = None,
) -> list[MarkerList]:
    """Return the markers of each group, up and down in separate lists.

    Parameters
    ----------
    ranking
        Differential expression.
    direction
        ``"up"``, ``"down"``, or ``"both"`` for a list of each.
    cutoffs
        What makes a gene a marker; the defaults of :class:`Cutoffs` when None.
    symbols
        Symbols of the names that are not symbols themselves.

    Returns
    -------
    list of MarkerList
        One per group and direction, in the order of the groups, up before down; one per group, without a
        direction, if there are neither fold changes nor scores. Lists can be empty.

    Raises
    ------
    InputError
        For an unknown direction, a direction that cannot be determined, or bounds on fold changes where
        there are none.

    Warns
    -----
    GsfmEnrichWarning
        If there are no p-values; it says how many of the strongest genes were taken instead.

    Examples
    --------
    >>> frame = pd.DataFrame({"name": ["A", "B"], "score": [3.0, -2.0], "log2fc": [1.0, -1.0],
    ...                       "p_adjusted": [0.01, 0.02], "sign": [1.0, -1.0]})
    >>> [up, down] = marker_lists(Ranking({"g": frame}, "t-test", True, True, True))
    >>> up.genes, down.genes
    (['A'], ['B'])
    """
    if direction not in DIRECTIONS:
        raise InputError(f"direction must be 'up', 'down' or 'both', got {direction!r}.")
    cutoffs = _cutoffs_for(ranking, cutoffs or Cutoffs())
    lists = []
    for group, frame in ranking.frames.items():
        kept = _keep(frame, cutoffs, ranking.has_p_values and not ranking.chosen)
        for name, rows in _by_direction(kept, ranking, direction):
            names = rows["name"].head(cutoffs.max_genes or len(rows)).tolist()
            genes = [(symbols or {}).get(gene, gene) for gene in names]
            lists.append(MarkerList(group, name, names, genes))
    return lists


def _by_direction(
    frame: pd.DataFrame, ranking: Ranking, direction: Direction
) -> list[tuple[str, pd.DataFrame]]:
    """Return the genes of each direction asked for, the strongest first."""
    if not (ranking.has_fold_changes or ranking.has_scores):
        if direction != "both":
            raise InputError(
                f"{ranking.method}: there are neither fold changes nor scores to tell up from down, so "
                f"direction={direction!r} cannot be used."
            )
        return [("", frame.sort_values("p_adjusted", kind="stable"))]
    return [
        (name, frame[frame["sign"] == sign].sort_values("score", ascending=sign < 0, kind="stable"))
        for name, sign in (("up", 1), ("down", -1))
        if direction in (name, "both")
    ]


def _keep(frame: pd.DataFrame, cutoffs: Cutoffs, has_p_values: bool) -> pd.DataFrame:
    keep = np.ones(len(frame), dtype=bool)
    if has_p_values and cutoffs.pval_cutoff is not None:
        keep &= (frame["p_adjusted"] < cutoffs.pval_cutoff).to_numpy()
    if cutoffs.log2fc_min is not None:
        keep &= (frame["log2fc"].abs() > cutoffs.log2fc_min).to_numpy()
    if cutoffs.log2fc_max is not None:
        keep &= (frame["log2fc"].abs() < cutoffs.log2fc_max).to_numpy()
    return frame[keep]


def _cutoffs_for(ranking: Ranking, cutoffs: Cutoffs) -> Cutoffs:
    """Return the cut-offs that can be applied to a ranking."""
    bounded = not (cutoffs.log2fc_min is None and cutoffs.log2fc_max is None)
    if bounded and not ranking.has_fold_changes:
        raise InputError(
            f"{ranking.method} gives no fold changes, so log2fc_min and log2fc_max cannot be used."
        )
    if cutoffs.max_genes is not None and not ranking.ordered:
        raise InputError(
            "the table names genes, and only the order of its rows ranks them, which is not used: "
            "max_genes= cannot be applied. Pass the first rows, such as table.head(50), or a table with "
            "row numbers, such as table.reset_index()."
        )
    if ranking.has_p_values or ranking.chosen or bounded or cutoffs.max_genes is not None:
        return cutoffs
    warn_caller(
        f"{ranking.method} gives no p-values: the {TOP_WITHOUT_P_VALUES} genes with the strongest "
        "scores of each group and direction were taken; set max_genes= to choose how many."
    )
    return replace(cutoffs, max_genes=TOP_WITHOUT_P_VALUES)
