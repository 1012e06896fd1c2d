"""Graphs of genes joined to their neighbours, with a spring layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gsfm_enrich.pl.colours import ink
from gsfm_enrich.pl.figures import draw_lines

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes


def graph_of(edges: pd.DataFrame) -> nx.Graph:
    """Return the graph given by the columns ``gene``, ``other`` and ``similarity``."""
    import networkx as nx

    return nx.from_pandas_edgelist(edges, "gene", "other", edge_attr="similarity")


def draw_graph(
    ax: Axes, graph: nx.Graph, colours: dict[str, Any], sizes: dict[str, float], pull: str = "similarity"
) -> None:
    """Lay out a graph with springs, always in the same way, and draw its edges and nodes."""
    import networkx as nx

    places = nx.spring_layout(graph, weight=pull, seed=0, k=2.2 / np.sqrt(max(len(graph), 1)), iterations=150)
    nx.set_node_attributes(graph, places, "place")
    nx.set_node_attributes(graph, {name: np.sqrt(size / np.pi) for name, size in sizes.items()}, "radius")
    strength = np.array([graph.edges[edge]["similarity"] for edge in graph.edges])
    ends = np.array([(places[a], places[b]) for a, b in graph.edges]).reshape(-1, 2, 2)
    draw_lines(ax, ends, strength / max(strength.max(initial=1e-9), 1e-9), color=ink(0.25), alpha=0.7)
    points = np.array([places[name] for name in graph]).reshape(-1, 2)
    ax.scatter(points[:, 0], points[:, 1], s=[sizes[name] for name in graph],
               c=[colours[name] for name in graph], edgecolors=ink(0), linewidths=0.8, zorder=2)  # fmt: skip
    ax.set_axis_off()
    ax.margins(0.12)


def write_names(ax: Axes, graph: nx.Graph, names: list[str], size: float = 8.5) -> None:
    """Write the names of genes below their nodes."""
    for name in names:
        if name in graph:
            node = graph.nodes[name]
            ax.annotate(name, node["place"], xytext=(0, -node["radius"] - 1.5), ha="center", va="top",
                        textcoords="offset points", fontsize=size, zorder=4)  # fmt: skip


def node_legend(ax: Axes, names: dict[str, Any], *, outside: bool = False) -> None:
    """Draw a legend of the colours."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], ls="", marker="o", ms=7, color=colour, label=name)
               for name, colour in names.items()]  # fmt: skip
    place: dict[str, Any] = (
        {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if outside else {"loc": "best"}
    )
    ax.legend(handles=handles, frameon=False, fontsize=8, labelspacing=0.8, **place)
