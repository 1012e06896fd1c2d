"""A network of terms that rest on the same genes (``ge.pl.network``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.arrays import Floats
from gsfm_enrich.pl.colours import class_colours, ink
from gsfm_enrich.pl.figures import axes_or_new, draw_lines, empty_plot, write_title
from gsfm_enrich.pl.labels import label_width, list_label, term_labels
from gsfm_enrich.pl.options import ColouredByClass, Palette
from gsfm_enrich.pl.plot import plot
from gsfm_enrich.pl.plot_data import choose_rows, list_keys, nothing_to_draw, one_list, split_genes
from gsfm_enrich.pl.spacing import limits, moved_apart, scaled

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes


SMALLEST_DISC, LARGEST_DISC = 130.0, 520.0  # areas of the discs in points squared
ALONE = "0.55"
WIDTH = 5.2  # inches
LINES = 3
"""Lines that are drawn from each term, to the most similar ones."""
BETWEEN = 0.1
"""Share of the pull between terms of one cluster that there is between two clusters."""
NUMBERS, NAMES = 1.07, 1.085
"""Where numbers end and names start, in widths of the axes."""
GAP = 0.04
"""Gap between discs, in inches."""
LINE = 0.21
"""Height of a line of the list, in inches."""


@checked
@plot
def network(
    data: Any,
    *,
    groups: str | None = None,
    direction: str | None = None,
    column: str | None = None,
    cutoff: float = 0.05,
    top_term: int = 25,
    min_similarity: float = 0.25,
    key: str = "gsfm_enrichr",
    seed: int = 0,
    **figure: Unpack[ColouredByClass],
) -> Axes:
    """Draw a network of the best terms of one gene list, joined where they rest on the same genes.

    Terms are numbered by rank and named in the list beside the network, so that names of any length can be
    read. Colours are clusters (communities by greedy modularity, Clauset et al. 2004, Phys. Rev. E 70,
    066111); terms without a neighbour are grey. Discs grow with the number of genes. Lines lead to the three
    most similar of the joined terms.

    Parameters
    ----------
    groups
        The group to draw; may be left out when there is only one.
    direction
        ``"up"`` or ``"down"``; may be left out when there is only one.
    column
        Column that orders the terms: by default the rank in the results.
    top_term
        Maximum number of terms to draw.
    min_similarity
        Terms are joined when the Jaccard index of their genes in the list, both members and predicted
        members, is at least this.
    seed
        Seed of the layout.

    Raises
    ------
    InputError
        If more than one gene list is left, for an unknown group, direction or column, a similarity outside 0
        to 1, or for a suffix that cannot be written.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.pl.network(adata, groups="CD19+ B", direction="up")  # doctest: +SKIP
    """
    chosen = choose_rows(
        data, key=key, groups=groups, direction=direction, column=column, cutoff=cutoff, top_term=top_term
    )
    one_list(chosen.results, "network")
    if chosen.best.empty:
        return empty_plot(figure, nothing_to_draw(chosen, cutoff))
    graph = similarity_graph(chosen.best, min_similarity)
    clusters = _clusters(graph)
    labels = term_labels(chosen.best["Term"], width=60)
    tall = max(LINE * _n_lines(labels, clusters), 3.6)
    right = (NAMES - 1) * WIDTH + label_width(labels, 8)
    ax = axes_or_new(figure, (WIDTH, tall), (0.15, right, 0.15, 0.45), (right, 0.0))
    colours = _colours(graph, clusters, figure.get("palette"))
    _draw(ax, graph, clusters, colours, seed)
    _list_terms(ax, labels, clusters, colours)
    write_title(ax, figure.get("title") or list_label(*list_keys(chosen.best)[0], width=60))
    return ax


def similarity_graph(rows: pd.DataFrame, min_similarity: float) -> nx.Graph:
    """Return a graph of terms, numbered from 0 in row order and joined by the Jaccard index of their genes.

    Parameters
    ----------
    rows
        Rows of one gene list, with ``Genes`` and perhaps ``Predicted Genes``.
    min_similarity
        Smallest Jaccard index that makes an edge.

    Returns
    -------
    networkx.Graph
        Nodes have ``genes`` (their number), edges have ``weight``.
    """
    import networkx as nx

    none = pd.Series("", index=rows.index)
    pairs = zip(rows.get("Genes", none), rows.get("Predicted Genes", none), strict=True)
    sets = [frozenset([*split_genes(genes), *split_genes(predicted)]) for genes, predicted in pairs]
    graph = nx.Graph()
    for place, genes in enumerate(sets):
        graph.add_node(place, genes=len(genes))
        for other in range(place):
            shared = len(genes & sets[other])
            if shared and shared / len(genes | sets[other]) >= min_similarity:
                graph.add_edge(other, place, weight=shared / len(genes | sets[other]))
    return graph


def _clusters(graph: nx.Graph) -> list[list[int]]:
    """Return the terms of each cluster, the one with the best term first and all lone terms together last."""
    import networkx as nx

    if not graph.number_of_edges():
        return [sorted(graph)]
    found = [sorted(nodes) for nodes in nx.community.greedy_modularity_communities(graph, weight="weight")]
    alone = sorted(nodes[0] for nodes in found if len(nodes) == 1)
    joined = sorted(nodes for nodes in found if len(nodes) > 1)
    return [*joined, *([alone] if alone else [])]


def _colours(graph: nx.Graph, clusters: list[list[int]], palette: Palette | None) -> list[Any]:
    """Return a colour for each cluster, by number; grey for terms without a neighbour."""
    joined = [place for place, nodes in enumerate(clusters, 1) if any(map(graph.degree, nodes))]
    colours = class_colours(palette, joined)
    return [colours.get(place, ALONE) for place, _ in enumerate(clusters, 1)]


def _draw(ax: Axes, graph: nx.Graph, clusters: list[list[int]], colours: list[Any], seed: int) -> None:
    """Draw edges, discs and numbers."""
    places = _layout(graph, clusters, ax, seed)
    drawn = _strongest(graph)
    weights = np.array([graph.edges[edge]["weight"] for edge in drawn])
    draw_lines(ax, places[np.array(drawn, dtype=int).reshape(-1, 2)], weights, color=ink(0.45), alpha=0.5)
    areas = _areas(graph)
    for nodes, colour in zip(clusters, colours, strict=True):
        points = np.array([places[node] for node in nodes])
        ax.scatter(points[:, 0], points[:, 1], s=areas[nodes], color=colour, ec=ink(0), lw=1, zorder=2)
    for node, (x, y) in enumerate(places):
        ax.text(x, y, str(node + 1), ha="center", va="center", fontsize=7.5, color="white",
                fontweight="bold", zorder=3)  # fmt: skip
    ax.set_aspect("auto")
    ax.set_axis_off()


def _strongest(graph: nx.Graph) -> list[tuple[int, int]]:
    """Return the strongest edges of every node: all of a dense cluster would hide each other."""
    kept = set()
    for node in graph:
        best = sorted(graph[node], key=lambda other: (-graph.edges[node, other]["weight"], other))
        kept |= {(min(node, other), max(node, other)) for other in best[:LINES]}
    return sorted(kept)


def _areas(graph: nx.Graph) -> Floats:
    """Return the area of each disc in points squared."""
    genes = np.array([count for _, count in sorted(graph.nodes(data="genes"))], dtype=np.float64)
    return np.asarray(SMALLEST_DISC + (LARGEST_DISC - SMALLEST_DISC) * genes / max(genes.max(), 1.0))


def _layout(graph: nx.Graph, clusters: list[list[int]], ax: Axes, seed: int) -> Floats:
    """Return positions of the discs in inches: placed by forces, then moved apart until none overlap."""
    import networkx as nx

    box = ax.get_window_extent()
    room = np.array([box.width, box.height]) / ax.figure.dpi
    cluster = {node: place for place, nodes in enumerate(clusters) for node in nodes}
    for a, b, weight in graph.edges(data="weight"):  # clusters stand apart
        graph.edges[a, b]["pull"] = weight if cluster[a] == cluster[b] else BETWEEN * weight
    forces = nx.forceatlas2_layout(graph, strong_gravity=True, weight="pull", seed=seed)
    radius = np.sqrt(_areas(graph) / np.pi) / 72
    places = scaled(np.array([forces[node] for node in sorted(forces)]), room - 2 * radius.max(), seed)
    places = moved_apart(places, np.repeat(radius[:, None] + GAP / 2, 2, axis=1))
    low, high = places.min(axis=0) - radius.max(), places.max(axis=0) + radius.max()
    ax.set_xlim(*limits(low[0], high[0], room[0]))
    ax.set_ylim(*limits(low[1], high[1], room[1]))
    return places


def _tall(label: str) -> float:
    """Return the number of lines that a name takes, including the room below it."""
    return 1 + 0.72 * label.count("\n")


def _n_lines(labels: list[str], clusters: list[list[int]]) -> float:
    """Return the number of lines that the list of terms takes."""
    return sum(map(_tall, labels)) + 0.6 * (len(clusters) - 1)


def _list_terms(ax: Axes, labels: list[str], clusters: list[list[int]], colours: list[Any]) -> None:
    """Write the names of the numbered terms on the right, cluster by cluster."""
    step = 1 / _n_lines(labels, clusters)
    y = 1.0
    for nodes, colour in zip(clusters, colours, strict=True):
        for node in nodes:
            ax.text(NUMBERS, y, str(node + 1), transform=ax.transAxes, ha="right", va="top", fontsize=8,
                    fontweight="bold", color=colour)  # fmt: skip
            ax.text(NAMES, y, labels[node], transform=ax.transAxes, ha="left", va="top", fontsize=8)
            y -= step * _tall(labels[node])
        y -= 0.6 * step
