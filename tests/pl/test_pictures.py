"""Every plot looked at as a picture: nothing outside, nothing on top of anything else, light and dark."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.text import Text

from gsfm_enrich import pl
from gsfm_enrich.model.gsfm import GSFM

PER_GROUP = ("barplot", "dotplot", "heatmap", "compare")
STYLES = ("default", "dark_background")
NAMES = [
    "regulation of T cell receptor signaling",
    "cytolysis",
    "antigen processing and presentation via MHC",
    "response to interferon-beta",
    "cell cycle",
    "DNA recombination, meiotic, in the female germ line",
]


def results(groups: int) -> pd.DataFrame:
    """Return results of some groups, of which every two have other terms."""
    rng = np.random.default_rng(0)
    rows = [
        {
            "group": f"CD{group}+ T cell of the blood",
            "direction": "up",
            "Gene_set": "lib",
            "Term": f"{name}, type {group} (GO:{group:03d}{place:04d})",
            "Overlap": f"{place + 1}/{20 + group}",
            "P-value": 10.0 ** (place - 9 - rng.random()),
            "Adjusted P-value": 10.0 ** (place - 8),
            "Genes": ";".join(f"G{group}N{gene}" for gene in range(place * 10, place * 11 + 1)),
            "Predicted Genes": "CD3D;HLA-DRB1" if place % 2 else "",
            "Expected Overlap": place + 1.0 + 0.4 * (place % 2),
            "GSFM Fold Enrichment": 2.0,
            "GSFM P-value": 10.0 ** (place - 11),
            "GSFM Adjusted P-value": 10.0 ** (place - 10),
            "GSFM Rank": place + 1,
            "Rank Change": (-1) ** place * 3 * place,
        }
        for group in range(groups)
        for place, name in enumerate(NAMES)
    ]
    return pd.DataFrame(rows)


GENES = [f"GENE{number}A" for number in range(90)]
EDGES = [(gene, GENES[(at + step) % 90], 0.5) for at, gene in enumerate(GENES) for step in (3, 6, 7)]
MODULES = SimpleNamespace(
    genes=pd.DataFrame({"gene": GENES, "module": np.arange(90) % 3 + 1, "similarity": 0.5}),
    modules=pd.DataFrame(
        {
            "module": [1, 2, 3],
            "size": 30,
            "name": NAMES[:3],
            "adjusted_p_value": [0.01, 0.02, 0.4],
            "genes": [";".join(GENES[place::3]) for place in range(3)],
        }
    ),
    edges=pd.DataFrame(EDGES, columns=["gene", "other", "similarity"]),
)
FUNCTIONS = pd.DataFrame(
    {
        "gene": "A",
        "term": NAMES,
        "score": 5.0,
        "z_score": 9.0,
        "known": [True, False] * 3,
        "probability": [0.99, 0.4, 0.1, 0.04, 0.01, 0.001],
    }
)
RANKED = pd.Series(np.linspace(3, -3, 600), index=[f"G{number}" for number in range(600)])
SETS = {"t": [f"G{number}" for number in range(0, 60, 4)]}


@pytest.fixture
def plots(block_model: GSFM) -> dict[str, Callable[..., Any]]:
    """Each plot, with its data."""
    one = results(1)
    return {
        **{name: partial(getattr(pl, name), results(3)) for name in PER_GROUP},
        "ranks": partial(pl.ranks, one),
        "network": partial(pl.network, one),
        "evidence": partial(pl.evidence, one, one["Term"][0]),
        "functions": partial(pl.functions, FUNCTIONS),
        "modules": partial(pl.modules, MODULES),
        "neighbors": partial(pl.neighbors, "B3G2", model=block_model),
        "running_sum": partial(
            pl.running_sum, RANKED, "t", {"t": [f"G{n}" for n in range(0, 60, 4)]}, model=None
        ),
    }


def boxes_of(texts: list[Text]) -> list[Any]:
    return [text.get_window_extent() for text in texts if text.get_visible() and text.get_text().strip()]


def overlaps(boxes: list[Any]) -> int:
    """Return how many pairs of boxes overlap by more than a pixel in both directions."""
    return sum(
        min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
        for place, a in enumerate(boxes)
        for b in boxes[:place]
    )


def test_every_plot_is_looked_at(plots: dict[str, Callable[..., Any]]) -> None:
    assert set(plots) == set(pl.__all__)


def check_picture(ax: Axes) -> None:
    """Check that all is inside the figure, that no texts collide, and that there is something to see."""
    figure = ax.figure
    figure.canvas.draw()
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(box.x0, box.y0, width - box.x1, height - box.y1) >= -0.01
    legend = ax.get_legend()
    texts = [*ax.texts, *(legend.get_texts() if legend else [])]
    assert overlaps(boxes_of(texts)) == 0
    for labels in (ax.get_xticklabels(), ax.get_yticklabels()):
        straight = [label for label in labels if label.get_rotation() == 0]
        assert overlaps(boxes_of(straight)) == 0
    picture = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(float)
    paper = 255 * np.array(colors.to_rgb(figure.get_facecolor()))
    np.testing.assert_allclose(picture[0, 0], paper)
    assert (np.abs(picture - paper).sum(axis=2) > 150).mean() > 0.003


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", pl.__all__)
def test_the_picture(name: str, style: str, plots: dict[str, Callable[..., Any]]) -> None:
    with plt.style.context(style):
        ax = plots[name]()
        check_picture(ax)
        paper = np.array(colors.to_rgb(ax.figure.get_facecolor()))
        for text in [*ax.texts, *ax.get_yticklabels(), ax.title]:
            on_a_disc = name == "network" and text.get_text().isdecimal()
            if text.get_visible() and text.get_text() and not on_a_disc:
                contrast = np.abs(np.array(colors.to_rgb(text.get_color())) - paper).max()
                assert contrast > 0.3, text.get_text()


@pytest.mark.parametrize("groups", [2, 30])
@pytest.mark.parametrize("name", PER_GROUP)
def test_pictures_of_few_and_many_groups(name: str, groups: int, tmp_path: Path) -> None:
    start = time.process_time()
    ax = getattr(pl, name)(results(groups), save=tmp_path / "plot.png")
    assert time.process_time() - start < 10  # about 2 s
    assert max(plt.imread(tmp_path / "plot.png").shape[:2]) <= 4100
    check_picture(ax)


@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize("name", pl.__all__)
def test_legends_stay_in_the_place_of_the_callers_axes(
    name: str, layout: str | None, plots: dict[str, Callable[..., Any]]
) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(18, 7), layout=layout)
    place = left.get_window_extent().frozen()
    plots[name](ax=left)
    figure.canvas.draw()
    legend = left.get_legend()
    parts = [*left.child_axes, *([legend] if legend else [])]
    others = right.get_window_extent()
    for part in parts:
        box = part.get_tightbbox() if isinstance(part, Axes) else part.get_window_extent()
        assert box.x1 <= (others.x0 if layout else place.x1 + 1)
        assert box.y0 >= (0 if layout else place.y0 - 45)  # below it are labels of ticks


def test_names_of_modules_and_neighbours_do_not_cover_nodes(plots: dict[str, Callable[..., Any]]) -> None:
    ax = plots["modules"]()
    ax.figure.canvas.draw()
    nodes = ax.transData.transform(ax.collections[0].get_offsets())
    for box in boxes_of(ax.texts):
        inside = (nodes > [box.x0, box.y0 + 1]) & (nodes < [box.x1, box.y1 - 1])
        assert not inside.all(axis=1).any()
