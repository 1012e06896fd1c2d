"""Graphs of genes joined to their neighbours, with a spring layout and names that do not collide."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gsfm_enrich.arrays import Floats
from gsfm_enrich.pl.colours import ink
from gsfm_enrich.pl.figures import draw_lines
from gsfm_enrich.pl.labels import label_width
from gsfm_enrich.pl.spacing import limits, moved_apart, scaled

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes

GAP = 0.03
"""Smallest distance between two nodes, or what belongs to them, in inches."""


def graph_of(edges: pd.DataFrame) -> nx.Graph:
    """Return the graph given by the columns ``gene``, ``other`` and ``similarity``."""
    import networkx as nx

    return nx.from_pandas_edgelist(edges, "gene", "other", edge_attr="similarity")


def draw_graph(
    ax: Axes,
    graph: nx.Graph,
    colours: dict[str, Any],
    sizes: dict[str, float],
    named: Collection[str],
    *,
    points: float = 8.5,
    pull: str = "similarity",
) -> None:
    """Draw a graph, always in the same way: its edges, its nodes, and names below nodes.

    Parameters
    ----------
    ax
        Axes to draw on.
    graph
        Genes, with ``similarity`` on the edges.
    colours, sizes
        Colour of each node, and its area in points squared.
    named
        Genes whose names are written.
    points
        Font size of the names.
    pull
        Attribute of the edges that draws genes together.
    """
    import networkx as nx

    sprung = nx.spring_layout(graph, weight=pull, seed=0, k=2.2 / np.sqrt(max(len(graph), 1)), iterations=150)
    radius = np.sqrt(np.array([sizes[name] for name in graph]) / np.pi) / 72
    below = np.array([1.3 * points / 72 if name in named else 0.0 for name in graph])
    width = [label_width([name], points) / 2 if name in named else 0.0 for name in graph]
    half = np.column_stack([np.maximum(radius, width), radius + below / 2]) + GAP / 2
    box = ax.get_window_extent()
    room = np.array([box.width, box.height]) / ax.figure.dpi
    middle = np.column_stack([np.zeros(len(graph)), below / 2])  # of a node and its name
    places = scaled(np.array([sprung[name] for name in graph]).reshape(-1, 2), room - 2 * half.max(axis=0), 0)
    places = moved_apart(places - middle, half) + middle
    _draw_lines(ax, graph, dict(zip(graph, places, strict=True)))
    ax.scatter(places[:, 0], places[:, 1], s=[sizes[name] for name in graph],
               c=[colours[name] for name in graph], edgecolors=ink(0), linewidths=0.8, zorder=2)  # fmt: skip
    for name, place, size in zip(graph, places, radius, strict=True):
        if name in named:
            ax.annotate(name, place, xytext=(0, -72 * size - 1), ha="center", va="top",
                        textcoords="offset points", fontsize=points, zorder=4)  # fmt: skip
    low, high = (places - middle - half).min(axis=0), (places - middle + half).max(axis=0)
    ax.set_xlim(*limits(low[0], high[0], room[0]))
    ax.set_ylim(*limits(low[1], high[1], room[1]))
    ax.set_axis_off()


def _draw_lines(ax: Axes, graph: nx.Graph, places: dict[str, Floats]) -> None:
    strength = np.array([graph.edges[edge]["similarity"] for edge in graph.edges])
    ends = np.array([(places[a], places[b]) for a, b in graph.edges]).reshape(-1, 2, 2)
    draw_lines(ax, ends, strength / max(strength.max(initial=1e-9), 1e-9), color=ink(0.25), alpha=0.7)


def node_legend(ax: Axes, names: dict[str, Any], *, outside: bool = False) -> None:
    """Draw a legend of the colours."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], ls="", marker="o", ms=7, color=colour, label=name)
               for name, colour in names.items()]  # fmt: skip
    place: dict[str, Any] = (
        {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if outside else {"loc": "best"}
    )
    ax.legend(handles=handles, frameon=False, fontsize=8, labelspacing=0.8, **place)
