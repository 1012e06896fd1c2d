"""Functional modules of a list of genes (``ge.pl.modules``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError
from gsfm_enrich.pl.colours import class_colours
from gsfm_enrich.pl.figures import axes_or_new, empty_plot, write_title
from gsfm_enrich.pl.gene_graph import draw_graph, graph_of, node_legend
from gsfm_enrich.pl.labels import label_width, term_labels
from gsfm_enrich.pl.options import ColouredByClass
from gsfm_enrich.pl.plot import plot
from gsfm_enrich.pl.plot_data import list_keys, one_list, pick

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NONE = "0.8"
LABELLED_MODULES = 10
LABELLED_GENES = 40
"""How many genes of a large list are named: the most typical ones of each module."""
SIGNIFICANT = 0.05
"""A module whose best term has a larger adjusted p-value shows it beside its name."""


@checked
@plot
def modules(
    data: Any,
    *,
    groups: str | None = None,
    direction: str | None = None,
    key: str = "gsfm_gene_modules",
    **figure: Unpack[ColouredByClass],
) -> Axes:
    """Draw the functional modules of a gene list: genes joined to the most similar ones, coloured by module.

    The legend names the ten largest modules by their best term, with its adjusted p-value where that is above
    .05; grey genes are in no module.

    Parameters
    ----------
    data
        An AnnData after :func:`gsfm_enrich.tl.gene_modules`, or the result of
        :func:`gsfm_enrich.gene_modules`.
    groups, direction
        The list to draw; needed when there is more than one.
    key
        Slot of ``adata.uns``.

    Raises
    ------
    InputError
        If there are no modules, for an unknown group or direction, when there are several lists to choose
        from, or for a suffix that cannot be written.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.pl.modules(adata, groups="CD19+ B", direction="up", save="modules.png")  # doctest: +SKIP
    """
    genes, table, edges, heading = _tables_of(data, key, groups, direction)
    if table.empty:
        return empty_plot(figure, "no module to draw")
    shown = table.head(LABELLED_MODULES)
    by_name = isinstance(figure.get("palette"), Mapping)
    keys = shown["name" if by_name else "module"].tolist()
    found = class_colours(figure.get("palette"), keys)
    palette = {int(module): found[key] for module, key in zip(shown["module"], keys, strict=True)}
    labels = term_labels(shown["name"], width=44, lines=2)
    doubts = [f" (p = {p:.2g})" if p > SIGNIFICANT else "" for p in shown["adjusted_p_value"]]
    legend = {
        f"{size} genes: {label}{doubt}": palette[int(module)]
        for label, doubt, size, module in zip(labels, doubts, shown["size"], shown["module"], strict=True)
    }
    right = label_width([*legend, "99 more modules"], 8) + 0.5
    ax = axes_or_new(figure, (6.4, 6.0), (0.2, right, 0.2, 0.4), legend=(right, 0.0))
    module_of = dict(zip(genes["gene"], genes["module"], strict=True))
    graph = graph_of(edges)
    graph.add_nodes_from(genes["gene"][genes["module"] > 0])
    for a, b in list(graph.edges):  # lines between modules pull less, so that modules stand apart
        graph.edges[a, b]["pull"] = 1.0 if module_of[a] == module_of[b] > 0 else 0.05
    colours = {gene: palette.get(int(module_of[gene]), NONE) for gene in graph}
    each = LABELLED_GENES // len(shown)
    typical = {gene for names in shown["genes"] for gene in names.split(";")[:each]}
    named = typical if len(graph) > LABELLED_GENES else set(graph)
    draw_graph(ax, graph, colours, dict.fromkeys(graph, 45.0), named, points=6.5, pull="pull")
    more = len(table) - len(shown)
    node_legend(ax, legend | ({f"{more} more modules": NONE} if more else {}), outside=True)
    write_title(ax, figure.get("title") or heading or "Functional modules")
    return ax


def _tables_of(
    data: Any, key: str, groups: str | None, direction: str | None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, str]:
    """Return genes, modules and edges of one list, and its name."""
    if not hasattr(data, "uns"):
        try:
            return data.genes, data.modules, data.edges, ""
        except AttributeError:
            raise InputError(
                f"expected an AnnData or what gene_modules returned, got {type(data).__name__}."
            ) from None
    if key not in data.uns:
        raise InputError(f"adata.uns has no {key!r}: run gsfm_enrich.tl.gene_modules(adata, ...) first.")
    slot, names = data.uns[key], ("genes", "modules", "edges")
    if not (isinstance(slot, Mapping) and all(isinstance(slot.get(name), pd.DataFrame) for name in names)):
        raise InputError(f"adata.uns[{key!r}] is not a result of gsfm_enrich.tl.gene_modules.")
    tables = [slot[name] for name in names]
    if tables[0].empty:
        return tables[0], tables[1], tables[2], ""
    named = tables[0].astype({"group": str, "direction": str})
    lists = list_keys(one_list(pick(named, groups, direction), "modules"))
    name, way = lists[0] if lists else ("", "")  # a group may have genes of the other direction only
    of_list = [table[(table["group"] == name) & (table["direction"] == way)] for table in tables]
    return of_list[0], of_list[1], of_list[2], f"{name} ({way})"
