"""Network: terms are joined by the genes they share, and none covers another."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from drawn import plain_rows
from matplotlib import colors

from gsfm_enrich import pl
from gsfm_enrich.errors import InputError
from gsfm_enrich.pl._network import similarity_graph

GENES = {"x": "A;B;C;D", "y": "A;B;C", "z": "D;E", "w": "P;Q", "v": "P;Q;R", "u": "Z"}


def test_similarity_is_the_jaccard_index() -> None:
    table = plain_rows("a", dict.fromkeys(GENES, 0.01), GENES)
    table["Predicted Genes"] = ["", "D", "", "", "", ""]
    graph = similarity_graph(table, 0.1)
    edges = {(one, other): round(weight, 6) for one, other, weight in graph.edges(data="weight")}
    assert edges == {(0, 1): 1.0, (0, 2): 0.2, (1, 2): 0.2, (3, 4): round(2 / 3, 6)}
    assert [graph.nodes[node]["genes"] for node in range(6)] == [4, 4, 2, 2, 3, 1]
    assert set(similarity_graph(table, 0.5).edges) == {(0, 1), (3, 4)}
    assert nx.number_connected_components(graph) == 3


def test_network_names_every_term_and_covers_none() -> None:
    ax = pl.network(plain_rows("a", dict(zip(GENES, 10.0 ** -np.arange(9, 3, -1), strict=True)), GENES))
    drawn = [text.get_text() for text in ax.texts]
    assert [text for text in drawn if text in GENES] == ["x", "y", "w", "v", "z", "u"]  # cluster by cluster
    assert sorted(text for text in drawn if text.isdigit()) == sorted([str(n) for n in range(1, 7)] * 2)
    assert ax.get_title(loc="left") == "a (up)"
    ax.figure.canvas.draw()
    discs = [
        (*ax.transData.transform(point), np.sqrt(size / np.pi) * ax.figure.dpi / 72)
        for part in ax.collections
        for point, size in zip(part.get_offsets(), part.get_sizes(), strict=True)
    ]
    assert len(discs) == 6
    for number, (x, y, radius) in enumerate(discs):
        for other_x, other_y, other_radius in discs[:number]:
            assert np.hypot(x - other_x, y - other_y) >= radius + other_radius
    assert len({colors.to_hex(part.get_facecolor()[0]) for part in ax.collections}) == 3


def test_network_is_the_same_every_time() -> None:
    table = plain_rows("a", dict.fromkeys(GENES, 0.01), GENES)
    once, again = (pl.network(table, seed=3).collections[0].get_offsets() for _ in range(2))
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize("number", [1, 60])
def test_network_of_few_and_many(number: int) -> None:
    ax = pl.network(
        plain_rows("a", {f"term {n}": 0.01 for n in range(number)}, {"term 0": "A"}), top_term=100
    )
    assert sum(len(part.get_offsets()) for part in ax.collections) == number


def test_network_errors() -> None:
    table = plain_rows("a", dict.fromkeys(GENES, 0.01), GENES)
    with pytest.raises(InputError) as error:
        pl.network(pd.concat([table, table.assign(group="b")]))
    assert str(error.value) == (
        "network draws one list of genes; choose with groups= and direction= from 'a' (up), 'b' (up)."
    )
    with pytest.raises(InputError) as error:
        pl.network(table, min_similarity=0)
    assert str(error.value) == "min_similarity must be a number above 0 and at most 1, not 0."
