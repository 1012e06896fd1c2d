"""The network of terms as a file: networkx reads back the terms and what joins them."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from gsfm_enrich import write_graph
from gsfm_enrich.errors import InputError

GENES = {"x (GO:0000001)": "A;B;C", "y": "A;B", "z": "D"}


@pytest.fixture
def rows() -> pd.DataFrame:
    table = pd.DataFrame({"group": "g", "direction": "up", "Term": list(GENES), "Overlap": "1/2"})
    table = table.assign(**{"P-value": 0.01, "Adjusted P-value": 0.01, "Genes": list(GENES.values())})
    return pd.concat([table, table.assign(group="h")], ignore_index=True)


def test_what_is_written_is_read_back(rows: pd.DataFrame, tmp_path: Path) -> None:
    rows["Odds Ratio"] = [2.0, np.nan, 3.0] * 2
    graph = nx.read_graphml(write_graph(rows, tmp_path / "new" / "terms.graphml"))
    assert set(graph) == {f"{group}|up|{term}" for group in "gh" for term in GENES}
    assert {tuple(sorted(edge)) for edge in graph.edges} == {
        ("g|up|x (GO:0000001)", "g|up|y"),
        ("h|up|x (GO:0000001)", "h|up|y"),
    }
    assert {weight for *_, weight in graph.edges(data="similarity")} == {2 / 3}
    node = graph.nodes["g|up|x (GO:0000001)"]
    assert (node["label"], node["genes"], node["Genes"], node["group"]) == ("x", 3, "A;B;C", "g")
    assert node["Adjusted P-value"] == 0.01
    assert "Odds Ratio" not in graph.nodes["g|up|y"]


def test_the_same_bytes_every_time(rows: pd.DataFrame, tmp_path: Path) -> None:
    once, again = (write_graph(rows, tmp_path / f"{n}.xml").read_bytes() for n in range(2))
    assert once == again


def test_errors(rows: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="graphml"):
        write_graph(rows, tmp_path / "terms.sif")
    with pytest.raises(InputError, match=r"0\.01"):
        write_graph(rows, tmp_path / "terms.graphml", cutoff=0.001)
    assert list(tmp_path.iterdir()) == []
