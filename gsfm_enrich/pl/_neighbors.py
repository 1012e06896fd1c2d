"""A gene among its nearest neighbours (``ge.pl.neighbors``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from gsfm_enrich.arguments import checked
from gsfm_enrich.pl.colours import class_colours
from gsfm_enrich.pl.figures import axes_or_new, empty_plot, write_title
from gsfm_enrich.pl.gene_graph import draw_graph, graph_of, node_legend
from gsfm_enrich.pl.options import ColouredByClass
from gsfm_enrich.pl.plot import plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = {"the gene": "#1b7f5c", "studied": "#8fb8de", "understudied": "#e8a04c"}


@checked
@plot
def neighbors(
    gene: str,
    *,
    n: int = 15,
    organism: str = "human",
    model: Any = "default",
    **figure: Unpack[ColouredByClass],
) -> Axes:
    """Draw a gene among its nearest neighbours, joined where they are similar.

    Understudied genes have a different colour. The closer a neighbour, the thicker the line to it.

    Parameters
    ----------
    n
        Number of neighbours to draw.

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
        return empty_plot(figure, f"the model does not know {gene}")
    ax = axes_or_new(figure, (6.4, 5.2), (0.2, 0.2, 0.3, 0.4))
    graph = graph_of(found)
    kinds = class_colours(figure.get("palette"), list(KINDS), KINDS)
    own, studied, understudied = kinds.values()
    colours = dict.fromkeys(graph, studied) | dict.fromkeys(_understudied(graph, organism), understudied)
    colours[gene] = own
    draw_graph(ax, graph, colours, dict.fromkeys(graph, 260.0) | {gene: 620.0}, list(graph))
    node_legend(ax, kinds)
    write_title(ax, figure.get("title") or f"Genes most similar to {gene}")
    return ax


def _understudied(genes: Any, organism: str) -> list[str]:
    """Return those of the genes that are understudied."""
    from gsfm_enrich.prediction.understudied import gene_info

    info = gene_info(list(genes), organism)
    return list(info["gene"][info["understudied"]])
