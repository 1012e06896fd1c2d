"""The network of terms as a file for Cytoscape and other programs (``ge.write_graph``)."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError
from gsfm_enrich.files import write_atomically
from gsfm_enrich.pl._network import similarity_graph
from gsfm_enrich.pl.labels import plain_name
from gsfm_enrich.pl.plot_data import choose_rows, nothing_to_draw

if TYPE_CHECKING:
    import networkx as nx

SUFFIXES = (".graphml", ".xml")
LEFT_OUT = ("Similar Terms",)


@checked
def write_graph(
    data: Any,
    path: str | os.PathLike[str],
    *,
    groups: str | Iterable[str] | None = None,
    direction: str | None = None,
    column: str | None = None,
    cutoff: float = 0.05,
    top_term: int = 100,
    min_similarity: float = 0.25,
    key: str = "gsfm_enrichr",
) -> Path:
    """Write the best terms of each list and what joins them as GraphML, which Cytoscape, Gephi and yEd open.

    A node is a term of one list, with all columns of its row and ``label``, its name without the id. Terms of
    one list are joined where they rest on the same genes, as in :func:`gsfm_enrich.pl.network`; the edge has
    their ``similarity``.

    Parameters
    ----------
    path
        File to write, ``.graphml`` or ``.xml``.
    column
        Column that orders the terms: by default the rank in the results.
    cutoff
        Largest adjusted p-value of a term.
    min_similarity
        Terms are joined when the Jaccard index of their genes in the list, both members and predicted
        members, is at least this.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    InputError
        For an unknown group, direction or column, another suffix, or if no term passes the cut-off.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.write_graph(adata, "terms.graphml", direction="up")  # doctest: +SKIP
    PosixPath('terms.graphml')
    """
    import networkx as nx

    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise InputError(f"cannot write {str(target)!r}: the suffix must be one of {', '.join(SUFFIXES)}.")
    chosen = choose_rows(
        data, key=key, groups=groups, direction=direction, column=column, cutoff=cutoff, top_term=top_term
    )
    if chosen.best.empty:
        raise InputError(f"There is no graph to write: {nothing_to_draw(chosen, cutoff)}.")
    best = chosen.best.drop(columns=[name for name in LEFT_OUT if name in chosen.best])
    parts = [_graph_of(rows, min_similarity) for _, rows in best.groupby(["group", "direction"], sort=False)]
    buffer = io.BytesIO()
    nx.write_graphml_xml(nx.compose_all(parts), buffer)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, buffer.getvalue())
    return target


def _graph_of(rows: pd.DataFrame, min_similarity: float) -> nx.Graph:
    """Return the graph of one list, its nodes named after list, library and term."""
    import networkx as nx

    graph = similarity_graph(rows, min_similarity)
    names = {}
    for place, row in enumerate(rows.to_dict("records")):
        parts = [str(row.get(name, "")) for name in ("group", "direction", "Gene_set", "Term")]
        names[place] = "|".join(part for part in parts if part)
        known = {str(name): _plain(value) for name, value in row.items() if not pd.isna(value)}
        graph.nodes[place].update(known)
        graph.nodes[place]["label"] = plain_name(str(row["Term"]))
    for a, b in graph.edges:
        graph.edges[a, b]["similarity"] = graph.edges[a, b].pop("weight")
    return nx.relabel_nodes(graph, names)


def _plain(value: Any) -> Any:
    """Return a value as GraphML has types for: text, a number, or true and false."""
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, bool | int | float) else str(value)
