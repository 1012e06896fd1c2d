"""Neighbours: the nearest genes are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gsfm_enrich import pl
from gsfm_enrich.errors import GsfmEnrichWarning
from gsfm_enrich.prediction.neighbours import neighbors


def test_neighbours_plot_draws_them(small_model: Any, tmp_path: Path) -> None:
    ax = pl.neighbors("CD3D", n=5, model=small_model, save=tmp_path / "plot.png")
    written = {text.get_text() for text in ax.texts}
    assert written == {"CD3D", *neighbors("CD3D", 5, model=small_model)["neighbour"]}
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    with pytest.warns(GsfmEnrichWarning, match="does not know"):
        ax = pl.neighbors("who", model=small_model)
    assert ax.texts[0].get_text() == "the model does not know who"
