"""The running sum of a term along a ranked table (``ge.pl.running_sum``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import numpy.typing as npt

from gsfm_enrich.arguments import checked
from gsfm_enrich.arrays import Floats
from gsfm_enrich.errors import InputError
from gsfm_enrich.expression.rank_genes_groups import (
    group_names,
    ranking_record,
    read_ranking,
    symbol_map,
    used_raw,
)
from gsfm_enrich.expression.ranked_queries import ranked_queries
from gsfm_enrich.pl.bars import KNOWN, NEW
from gsfm_enrich.pl.colours import class_colours, ink
from gsfm_enrich.pl.figures import axes_or_new, empty_plot, write_title
from gsfm_enrich.pl.labels import escape, shorten, term_labels
from gsfm_enrich.pl.options import ColouredByClass
from gsfm_enrich.pl.plot import plot
from gsfm_enrich.ranking.membership_net import chosen_terms
from gsfm_enrich.ranking.running_sum import running_sum as walk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gsfm_enrich.ranking.ranked_query import RankedQuery

ROWS = {"members": (0.19, 0.25), "predicted": (0.11, 0.17)}
"""Bottom and top of the rows of ticks, as shares of the height."""
KINDS = {"members": KNOWN, "predicted": NEW}
CURVE_FROM = 0.29
FAINTEST = 0.5


@checked
@plot
def running_sum(
    data: Any,
    term: str,
    gene_sets: Any = "GO_Biological_Process",
    *,
    groups: str | None = None,
    columns: Mapping[str, Any] | None = None,
    gene_symbols: str | None = None,
    organism: str = "human",
    model: Any = "default",
    key: str = "rank_genes_groups",
    **figure: Unpack[ColouredByClass],
) -> Axes:
    """Draw the running sum of a term along all measured genes, with members and predicted members marked.

    The curve rises at every gene of the term, by its statistic and by what it counts in the threshold-free
    test, and falls at every other gene. A peak on the left means that genes of the term go up, a trough on
    the right that they go down.

    Parameters
    ----------
    data
        All measured genes with a statistic, as :func:`gsfm_enrich.enrich_ranked` takes them, or an AnnData
        on which ``scanpy.tl.rank_genes_groups`` was run.
    term
        A term of the library.
    gene_sets
        The library of the term.
    groups
        Group to draw; may be left out when there is only one.
    columns
        Columns of a table, as in :func:`gsfm_enrich.tl.enrichr`.
    gene_symbols
        Column of ``adata.var`` with gene symbols, if ``var_names`` are not symbols.
    model
        Model that completes the term, see :func:`gsfm_enrich.load_model`; None for the members alone.
    key
        Slot of ``adata.uns`` that holds scanpy's ranking.

    Raises
    ------
    InputError
        If more than one group is left, the data are not a ranked table, or a suffix cannot be written.
    LibraryError
        For an unknown library or term.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> term = "B cell receptor signaling pathway (GO:0050853)"
    >>> ge.pl.running_sum(adata, term, groups="CD19+ B")  # doctest: +SKIP
    """
    from gsfm_enrich.model.checkpoint import load_model
    from gsfm_enrich.ranking.ranked_weights import ranked_weights

    if hasattr(data, "uns"):
        queries = _queries_of(data, key, groups, gene_symbols)
    else:
        queries, _ = ranked_queries(data, columns, groups, organism)
    if len(queries) > 1:
        raise InputError(
            f"running_sum draws one group; choose with groups= from {', '.join(map(repr, queries))}."
        )
    group, query = next(iter(queries.items()))
    library, rows = chosen_terms(term, gene_sets, organism)
    completing = None if model is None else load_model(model)
    weights = ranked_weights(library, completing, query.genes, organism)
    counts = weights.weights[rows].toarray()[0]
    member = weights.members[rows].toarray()[0]
    name = term_labels([library.terms[int(rows[0])]], width=60)[0]
    if not member.any():
        return empty_plot(figure, f"no member of {name} was measured")
    ax = axes_or_new(figure, (5.2, 3.4), (0.75, 0.25, 0.6, 0.75))
    _draw(ax, query.statistic, counts, member, class_colours(figure.get("palette"), list(KINDS), KINDS))
    where = "" if len(queries) == 1 and group == "all" else f"\n{escape(shorten(group, 40))}"
    write_title(ax, figure.get("title") or f"{name}{where}", fontsize=10)
    return ax


def _queries_of(adata: Any, key: str, groups: str | None, gene_symbols: str | None) -> dict[str, RankedQuery]:
    """Return the ranked queries that scanpy stored; if a group must be chosen first, none is read."""
    from gsfm_enrich.ranking.ranked_query import ranked_query

    record = ranking_record(adata, key)
    names = group_names(record)
    if groups is None and len(names) > 1:
        raise InputError(
            f"running_sum draws one group; choose with groups= from {', '.join(map(repr, names))}."
        )
    symbols = symbol_map(adata, gene_symbols, raw=used_raw(adata, record))
    frames = read_ranking(adata, key, groups).frames
    return {
        group: ranked_query([symbols.get(name, name) for name in frame["name"]], frame["score"].to_numpy())
        for group, frame in frames.items()
    }


def _draw(
    ax: Axes, statistic: Floats, counts: Floats, member: npt.NDArray[np.bool_], colours: dict[str, Any]
) -> None:
    """Draw the curve, a row of ticks below it for each kind of gene, and where the statistic is 0."""
    order, sums = walk(statistic, counts)
    places = np.arange(1, len(order) + 1)
    ax.plot(places, sums, color=ink(0.75), lw=1.6, zorder=3)
    ax.axhline(0, color=ink(0.25), lw=0.8, zorder=1)
    low, high = min(sums.min(), 0.0), max(sums.max(), 0.0)
    room = (high - low) * 1.06
    ax.set_ylim(high * 1.03 + 0.02 * room - room / (1 - CURVE_FROM), high * 1.03 + 0.02 * room)
    ax.set_yticks([tick for tick in ax.get_yticks() if low - 0.02 <= tick <= high + 0.02])
    ax.set_xlim(0, len(order) + 1)
    weight, known = counts[order], member[order]
    kinds = zip(ROWS.items(), (known, (weight > 0) & ~known), strict=True)
    for (kind, (bottom, top)), inside in kinds:
        if inside.any():
            strength = np.clip(weight[inside] / weight.max(), FAINTEST, 1)
            ax.vlines(places[inside], bottom, top, transform=ax.get_xaxis_transform(), lw=0.9, alpha=strength,
                      colors=colours[kind])  # fmt: skip
            ax.plot([], [], color=colours[kind], label=f"{kind} ({inside.sum()})")
    zero = int((statistic > 0).sum()) + 0.5
    ax.axvline(zero, color=ink(0.25), lw=0.8, ls=":", zorder=1)
    ends: dict[str, Any] = {"transform": ax.transAxes, "fontsize": 8, "color": ink(0.6), "va": "bottom"}
    ax.text(0.01, 0.015, "up", ha="left", **ends)
    ax.text(0.99, 0.015, "down", ha="right", **ends)
    ax.set_xlabel("genes, from the highest statistic to the lowest")
    ax.set_ylabel("running sum")
    ax.spines[["top", "right"]].set_visible(False)
    if high >= -low:
        ax.legend(frameon=False, fontsize=8, loc="upper right")
    else:
        ax.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, CURVE_FROM))
