"""Networks of genes: neighbours of one (``ge.pl.neighbors``), modules of a list (``ge.pl.modules``)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gsfm_enrich.errors import InputError
from gsfm_enrich.expression.markers import choose
from gsfm_enrich.pl.figures import axes_or_new, draw_lines, empty_plot, save_figure, write_title
from gsfm_enrich.pl.labels import term_labels

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes

OWN, STUDIED, UNDERSTUDIED, NONE = "#1b7f5c", "#8fb8de", "#e8a04c", "0.8"
LABELLED_MODULES = 10
LABELLED_GENES = 40
"""Genes of a large list that are named, the most typical ones of each module."""
SIGNIFICANT = 0.05
"""A module whose best term has a larger adjusted p-value shows it beside its name."""
COLOURS = "tab10"


def neighbors(
    gene: str,
    *,
    n: int = 15,
    organism: str = "human",
    model: Any = "default",
    title: str | None = None,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
) -> Axes:
    """Draw a gene among its nearest neighbours, joined where they are alike, too.

    Understudied genes have another colour. The closer a neighbour, the thicker the line to it.

    Parameters
    ----------
    gene
        An identifier of any kind that `gsfm_enrich.resolve` takes.
    n
        Neighbours to draw.
    organism
        Of the gene.
    model
        As `gsfm_enrich.load_model` takes it.
    title
        Title of the plot.
    ax
        Axes to draw on; a new figure by default.
    save
        File to write, its format given by the suffix.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If ``n`` is below 1, or a suffix cannot be written.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.pl.neighbors("C1orf112", save="neighbours.png")  # doctest: +SKIP
    """
    from gsfm_enrich.prediction.neighbours import neighbour_graph

    found = neighbour_graph(gene, n, organism=organism, model=model)
    if found.empty:
        return empty_plot(ax, f"the model does not know {gene}", save)
    ax = axes_or_new(ax, (6.4, 5.2), (0.2, 0.2, 0.3, 0.4))
    graph = graph_of(found)
    colours = dict.fromkeys(graph, STUDIED) | dict.fromkeys(understudied(graph, organism), UNDERSTUDIED)
    colours[gene] = OWN
    draw_graph(ax, graph, colours, sizes=dict.fromkeys(graph, 260.0) | {gene: 620.0})
    write_names(ax, graph, list(graph))
    legend(ax, {"the gene": OWN, "studied": STUDIED, "understudied": UNDERSTUDIED})
    write_title(ax, title or f"Genes most alike to {gene}")
    return save_figure(ax, save)


def modules(
    data: Any,
    *,
    groups: str | None = None,
    direction: str | None = None,
    key: str = "gsfm_gene_modules",
    title: str | None = None,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
) -> Axes:
    """Draw the functional modules of one gene list: genes joined to those most alike, coloured by module.

    The legend names the ten largest modules by their best term, with its adjusted p-value where that is above
    .05; grey genes are in none.

    Parameters
    ----------
    data
        An AnnData after :func:`gsfm_enrich.tl.gene_modules`, or what :func:`gsfm_enrich.gene_modules`
        returned.
    groups, direction
        The list to draw; needed when there is more than one.
    key
        Slot of ``adata.uns``.
    title
        Title of the plot.
    ax
        Axes to draw on; a new figure by default.
    save
        File to write, its format given by the suffix.

    Returns
    -------
    matplotlib.axes.Axes

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
    genes, table, edges, heading = one_list(data, key, groups, direction)
    if table.empty:
        return empty_plot(ax, "no module to draw", save)
    from matplotlib import colormaps

    ax = axes_or_new(ax, (6.4, 6.0), (0.2, 4.6, 0.2, 0.4))
    shown = table.head(LABELLED_MODULES)
    palette = {int(module): colormaps[COLOURS](place % 10) for place, module in enumerate(shown["module"])}
    module_of = dict(zip(genes["gene"], genes["module"], strict=True))
    graph = graph_of(edges)
    graph.add_nodes_from(genes["gene"][genes["module"] > 0])
    for a, b in list(graph.edges):  # modules stand apart: between them lines pull less
        graph.edges[a, b]["pull"] = 1.0 if module_of[a] == module_of[b] > 0 else 0.05
    colours = {gene: palette.get(int(module_of[gene]), NONE) for gene in graph}
    draw_graph(ax, graph, colours, sizes=dict.fromkeys(graph, 45.0), pull="pull")
    each = LABELLED_GENES // len(shown)
    typical = [gene for names in shown["genes"] for gene in names.split(";")[:each]]
    write_names(ax, graph, typical if len(graph) > LABELLED_GENES else list(graph), size=6.5)
    labels = term_labels(shown["name"], width=44, lines=2)
    doubts = [f" (p = {p:.2g})" if p > SIGNIFICANT else "" for p in shown["adjusted_p_value"]]
    named = {
        f"{size} genes: {label}{doubt}": palette[int(module)]
        for label, doubt, size, module in zip(labels, doubts, shown["size"], shown["module"], strict=True)
    }
    more = len(table) - len(shown)
    legend(ax, named | ({f"{more} more modules": NONE} if more else {}), outside=True)
    write_title(ax, title or heading or "Functional modules")
    return save_figure(ax, save)


def one_list(
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
    tables = [data.uns[key][name] for name in ("genes", "modules", "edges")]
    lists = tables[0][["group", "direction"]].drop_duplicates().astype(str)
    if lists.empty:
        return tables[0], tables[1], tables[2], ""
    names = choose(groups, list(dict.fromkeys(lists["group"])))
    directions = choose(direction, list(dict.fromkeys(lists["direction"])), "direction")
    lists = lists[lists["group"].isin(names) & lists["direction"].isin(directions)]
    if len(lists) != 1:
        named = ", ".join(f"{row.group!r} ({row.direction})" for row in lists.itertuples())
        raise InputError(f"modules draws one list of genes; choose with groups= and direction= from {named}.")
    name, way = lists.iloc[0]
    of_list = [table[(table["group"] == name) & (table["direction"] == way)] for table in tables]
    return of_list[0], of_list[1], of_list[2], f"{name} ({way})"


def graph_of(edges: pd.DataFrame) -> nx.Graph:
    """Return a graph of the columns ``gene``, ``other`` and ``likeness``."""
    import networkx as nx

    return nx.from_pandas_edgelist(edges, "gene", "other", edge_attr="likeness")


def understudied(genes: Any, organism: str) -> list[str]:
    """Return those of some genes that are understudied."""
    from gsfm_enrich.prediction.understudied import gene_info

    info = gene_info(list(genes), organism)
    return list(info["gene"][info["understudied"]])


def draw_graph(
    ax: Axes, graph: nx.Graph, colours: dict[str, Any], sizes: dict[str, float], pull: str = "likeness"
) -> None:
    """Lay out a graph by springs, always in the same way, and draw its lines and nodes."""
    import networkx as nx

    places = nx.spring_layout(graph, weight=pull, seed=0, k=2.2 / np.sqrt(max(len(graph), 1)), iterations=150)
    nx.set_node_attributes(graph, places, "place")
    nx.set_node_attributes(graph, {name: np.sqrt(size / np.pi) for name, size in sizes.items()}, "radius")
    strength = np.array([graph.edges[edge]["likeness"] for edge in graph.edges])
    ends = np.array([(places[a], places[b]) for a, b in graph.edges]).reshape(-1, 2, 2)
    draw_lines(ax, ends, strength / max(strength.max(initial=1e-9), 1e-9), color="0.75", alpha=0.7)
    points = np.array([places[name] for name in graph]).reshape(-1, 2)
    ax.scatter(points[:, 0], points[:, 1], s=[sizes[name] for name in graph],
               c=[colours[name] for name in graph], edgecolors="white", linewidths=0.8, zorder=2)  # fmt: skip
    ax.set_axis_off()
    ax.margins(0.12)


def write_names(ax: Axes, graph: nx.Graph, names: list[str], size: float = 8.5) -> None:
    """Write genes below their nodes."""
    for name in names:
        if name in graph:
            node = graph.nodes[name]
            ax.annotate(name, node["place"], xytext=(0, -node["radius"] - 1.5), ha="center", va="top",
                        textcoords="offset points", fontsize=size, zorder=4)  # fmt: skip


def legend(ax: Axes, names: dict[str, Any], *, outside: bool = False) -> None:
    """Say what the colours mean."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], ls="", marker="o", ms=7, color=colour, label=name)
               for name, colour in names.items()]  # fmt: skip
    place: dict[str, Any] = (
        {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if outside else {"loc": "best"}
    )
    ax.legend(handles=handles, frameon=False, fontsize=8, labelspacing=0.8, **place)
