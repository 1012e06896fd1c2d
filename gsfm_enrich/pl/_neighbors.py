"""A gene among its nearest neighbours (``ge.pl.neighbors``)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from gsfm_enrich.arguments import checked
from gsfm_enrich.pl.figures import axes_or_new, empty_plot, save_figure, write_title
from gsfm_enrich.pl.gene_graph import draw_graph, graph_of, node_legend, write_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OWN, STUDIED, UNDERSTUDIED = "#1b7f5c", "#8fb8de", "#e8a04c"


@checked
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
    """Draw a gene among its nearest neighbours, joined where they are similar.

    Understudied genes have a different colour. The closer a neighbour, the thicker the line to it.

    Parameters
    ----------
    n
        Number of neighbours to draw.

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
    colours = dict.fromkeys(graph, STUDIED) | dict.fromkeys(_understudied(graph, organism), UNDERSTUDIED)
    colours[gene] = OWN
    draw_graph(ax, graph, colours, sizes=dict.fromkeys(graph, 260.0) | {gene: 620.0})
    write_names(ax, graph, list(graph))
    node_legend(ax, {"the gene": OWN, "studied": STUDIED, "understudied": UNDERSTUDIED})
    write_title(ax, title or f"Genes most similar to {gene}")
    return save_figure(ax, save)


def _understudied(genes: Any, organism: str) -> list[str]:
    """Return those of the genes that are understudied."""
    from gsfm_enrich.prediction.understudied import gene_info

    info = gene_info(list(genes), organism)
    return list(info["gene"][info["understudied"]])
