"""Heat map, network, evidence and functions: what is drawn is what is in the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anndata
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from gsfm_enrich import pl, tl
from gsfm_enrich.drop_in.enrichr import enrichr
from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.pl._network import similarity_graph
from gsfm_enrich.prediction.predict import predict_functions
from gsfm_enrich.ranking.membership import library_membership
from gsfm_enrich.ranking.why import term_evidence

KNOWN, NEW = "#54708c", "#1b7f5c"


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


def rows(group: str, p_values: dict[str, float], genes: dict[str, str] | None = None) -> pd.DataFrame:
    """Return a table of one list without the model's columns."""
    return pd.DataFrame(
        {
            "group": group,
            "direction": "up",
            "Term": list(p_values),
            "Overlap": "1/2",
            "P-value": list(p_values.values()),
            "Adjusted P-value": list(p_values.values()),
            "Genes": [(genes or {}).get(term, "") for term in p_values],
        }
    )


def labels(ax: Axes, axis: str) -> list[str]:
    return [text.get_text() for text in getattr(ax, f"get_{axis}ticklabels")()]


# ------------------------------------------------------------------------------------------------ heat map


@pytest.fixture
def three() -> pd.DataFrame:
    return pd.concat(
        [
            rows("a", {"x": 1e-8, "y": 0.2, "z": 1e-3}),
            rows("b", {"y": 1e-6}),
            rows("c", {"x": 1e-7, "z": 0.01, "only here": 0.5}),
        ],
        ignore_index=True,
    )


def test_heatmap_holds_every_value(three: pd.DataFrame) -> None:
    ax = pl.heatmap(three, cluster=False)
    assert labels(ax, "x") == ["a (up)", "b (up)", "c (up)"]
    assert labels(ax, "y") == ["x", "z", "y"]
    drawn = ax.collections[0].get_array().reshape(3, 3)
    expected = np.array([[8, np.nan, 7], [3, np.nan, 2], [-np.log10(0.2), 6, np.nan]])
    np.testing.assert_allclose(np.ma.filled(drawn, np.nan), expected)
    [marks] = ax.lines
    assert set(zip(marks.get_xdata(), marks.get_ydata(), strict=True)) == {
        (0, 0),
        (2, 0),
        (0, 1),
        (2, 1),
        (1, 2),
    }


def test_heatmap_puts_like_groups_side_by_side(three: pd.DataFrame) -> None:
    ax = pl.heatmap(three)
    order = labels(ax, "x")
    assert abs(order.index("a (up)") - order.index("c (up)")) == 1
    assert sorted(order) == ["a (up)", "b (up)", "c (up)"]
    drawn = np.ma.filled(ax.collections[0].get_array().reshape(3, 3), np.nan)
    assert drawn[labels(ax, "y").index("x"), order.index("a (up)")] == pytest.approx(8)


def test_heatmap_of_thirty_groups_has_room_for_every_label() -> None:
    long = "a name of a term that goes on and on and on, far beyond what one line of the plot can hold (GO:1)"
    many = pd.concat(
        [rows(f"cluster {n:02d} of the left ventricle", {long: 1e-4, f"term {n}": 1e-5}) for n in range(30)]
    )
    ax = pl.heatmap(many)
    ax.figure.canvas.draw()
    width, height = ax.figure.canvas.get_width_height()
    boxes = [text.get_window_extent() for text in [*ax.get_xticklabels(), *ax.get_yticklabels()]]
    assert len(boxes) == 30 + 31
    assert min(box.x0 for box in boxes) >= 0
    assert min(box.y0 for box in boxes) >= 0
    assert max(box.x1 for box in boxes) <= width
    assert max(box.y1 for box in boxes) <= height
    heights = sorted(text.get_window_extent().y0 for text in ax.get_yticklabels())
    assert np.diff(heights).min() >= 0.5 * max(box.height for box in boxes[30:])


# ------------------------------------------------------------------------------------------------ network

GENES = {"x": "A;B;C;D", "y": "A;B;C", "z": "D;E", "w": "P;Q", "v": "P;Q;R", "u": "Z"}


def test_similarity_is_the_jaccard_index() -> None:
    table = rows("a", dict.fromkeys(GENES, 0.01), GENES)
    table["Predicted Genes"] = ["", "D", "", "", "", ""]
    graph = similarity_graph(table, 0.1)
    edges = {(one, other): round(weight, 6) for one, other, weight in graph.edges(data="weight")}
    assert edges == {(0, 1): 1.0, (0, 2): 0.2, (1, 2): 0.2, (3, 4): round(2 / 3, 6)}
    assert [graph.nodes[node]["genes"] for node in range(6)] == [4, 4, 2, 2, 3, 1]
    assert set(similarity_graph(table, 0.5).edges) == {(0, 1), (3, 4)}
    assert nx.number_connected_components(graph) == 3


def test_network_names_every_term_and_covers_none() -> None:
    ax = pl.network(rows("a", dict(zip(GENES, 10.0 ** -np.arange(9, 3, -1), strict=True)), GENES))
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
    table = rows("a", dict.fromkeys(GENES, 0.01), GENES)
    once, again = (pl.network(table, seed=3).collections[0].get_offsets() for _ in range(2))
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize("number", [1, 60])
def test_network_of_few_and_many(number: int) -> None:
    ax = pl.network(rows("a", {f"term {n}": 0.01 for n in range(number)}, {"term 0": "A"}), top_term=100)
    assert sum(len(part.get_offsets()) for part in ax.collections) == number


# ------------------------------------------------------------------------------------------------ evidence


@pytest.fixture
def blocks(block_library: GeneSetLibrary, block_model: GSFM) -> Any:
    query = [f"B0G{n}" for n in range(25)] + ["B5G1", "B7G3"]
    with pytest.warns(GsfmEnrichWarning, match="query genes are in none of the gene sets"):
        return enrichr(query, block_library, model=block_model)


def test_evidence_is_the_membership(blocks: Any, block_library: GeneSetLibrary, block_model: GSFM) -> None:
    term = blocks.results["Term"][0]
    row = blocks.results.iloc[0]
    ax = pl.evidence(blocks, term, gene_sets=block_library, model=block_model)
    members, predicted = row["Genes"].split(";"), row["Predicted Genes"].split(";")
    assert members
    assert predicted
    genes, widths = labels(ax, "y"), [bar.get_width() for bar in ax.patches]
    assert genes == [*members, *predicted]
    assert widths[: len(members)] == [1.0] * len(members)
    table = library_membership(block_library, block_model, "human")
    column = [table.of_unit[block_model.vocab.tokens.index(gene)] for gene in predicted]
    expected = table.predicted(np.array([block_library.position(term)]), np.array(column))[0]
    np.testing.assert_allclose(widths[len(members) :], expected, rtol=1e-6)
    shades = [colors.to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert shades == [KNOWN] * len(members) + [NEW] * len(predicted)
    title = ax.get_title(loc="left").splitlines()
    assert title[-1].startswith(f"overlap {row['Overlap']}, expected overlap {row['Expected Overlap']:.1f} (")
    by_chance = row["Expected Overlap"] / row["GSFM Fold Enrichment"]
    assert title[-1].endswith(f"({by_chance:.1f} by chance)")


def test_evidence_of_a_long_list(blocks: Any, block_library: GeneSetLibrary, block_model: GSFM) -> None:
    row = blocks.results.iloc[0]
    members, predicted = row["Genes"].split(";"), row["Predicted Genes"].split(";")
    ax = pl.evidence(blocks, row["Term"], gene_sets=block_library, model=block_model, top_genes=6)
    assert labels(ax, "y") == [*members[:3], *predicted[:3]]
    left = len(members) + len(predicted) - 6
    assert ax.get_title(loc="left").splitlines()[-1] == f"{left} more genes are not drawn"


def test_evidence_finds_library_and_model_of_a_stored_result(
    adata: anndata.AnnData, sets: dict[str, list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "mine.gmt"
    GeneSetLibrary.from_dict(sets).write_gmt(path)
    with pytest.warns(GsfmEnrichWarning, match="lists have no result"):
        tl.enrichr(adata, str(path), rerank=False)
    ax = pl.evidence(adata, "T cell activation", groups="T/NK cells", direction="up")
    assert labels(ax, "y") == ["CD3D", "CD3E", "CD3G", "CD2", "LCK", "CD28"]
    assert ax.get_title(loc="left").splitlines() == ["T cell activation", "T/NK cells (up)", "overlap 6/10"]


def test_evidence_tells_neighbours_apart(factor_library: GeneSetLibrary, block_model: GSFM) -> None:
    query = [gene for gene in (f"B3G{i}" for i in range(20)) if gene in factor_library.genes]
    results = enrichr(query, factor_library, model=block_model).results
    row = results[results["Term"] == "B3G24_K562"].iloc[0]
    ax = pl.evidence(results, row["Term"], gene_sets=factor_library, model=block_model)
    counted = term_evidence(query, row["Term"], factor_library, model=block_model).set_index("gene")
    drawn = dict(zip(labels(ax, "y"), (bar.get_width() for bar in ax.patches), strict=True))
    beside = counted.index[counted["kind"] == "neighbour"].tolist()
    assert beside
    assert [drawn[gene] for gene in beside] == [0.0] * len(beside)
    assert [text.get_text() for text in ax.texts].count("in the p-value only") == len(beside)
    legend = ax.get_legend()
    assert legend is not None
    assert "neighbour of its gene" in [text.get_text() for text in legend.get_texts()]


def test_evidence_errors(blocks: Any, block_library: GeneSetLibrary) -> None:
    term = blocks.results["Term"][0]
    for options, message in (
        ({"term": term[:-1] + "99"}, "no term "),
        ({"term": term, "top_genes": 1}, "top_genes must be at least 2, got 1."),
        (
            {"term": term},
            "the library 'blocks' of the term is neither bundled nor cached; pass it as gene_sets=.",
        ),
    ):
        with pytest.raises(InputError) as error:
            pl.evidence(blocks, **options)
        assert str(error.value).startswith(message)
    double = pd.concat([blocks.results, blocks.results.assign(Gene_set="second")])
    with pytest.raises(InputError) as error:
        pl.evidence(double, term)
    assert str(error.value) == (
        f"the term {term!r} is in several libraries; choose with gene_sets= from 'blocks', 'second'."
    )
    assert len(pl.evidence(double, term, gene_sets=block_library).patches) > 3


# ------------------------------------------------------------------------------------------------ functions


def test_functions_of_a_gene(block_library: GeneSetLibrary, block_model: GSFM) -> None:
    table = predict_functions("B3G2", block_library, top=6, model=block_model)
    ax = pl.functions("B3G2", gene_sets=block_library, model=block_model, top_term=6)
    assert labels(ax, "y") == table["term"].tolist()
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], table["score"])
    shades = [colors.to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert shades == [KNOWN if known else NEW for known in table["known"]]
    notes = [f"prob. {p:.2g}, z {z:.1f}" for p, z in zip(table["probability"], table["z_score"], strict=True)]
    assert [text.get_text() for text in ax.texts] == notes
    assert ax.get_title(loc="left") == "Functions of B3G2"
    both = predict_functions(["B3G2", "B4G1"], block_library, top=6, model=block_model)
    assert labels(pl.functions(both, "B3G2", top_term=2), "y") == table["term"].tolist()[:2]


def test_functions_of_annotated_genes(
    adata: anndata.AnnData, sets: dict[str, list[str]], small_model: Any
) -> None:
    tl.annotate_genes(adata, sets, model=small_model, top=2)
    predictions = adata.uns["gsfm_annotate_genes"]["predictions"]
    gene = predictions["gene"].iloc[0]
    ax = pl.functions(adata, gene)
    assert len(ax.patches) == (predictions["gene"] == gene).sum()


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (
            3,
            {},
            "expected a gene, the data frame of predict_functions, or an AnnData with predictions of "
            "annotate_genes.",
        ),
        ("two", {}, "functions draws one gene; choose with gene= from 'CD19', 'MS4A1'."),
        ("two", {"gene": "CD9"}, "no predictions of 'CD9'. Did you mean 'CD19'?"),
        ("two", {"gene": "CD19", "top_term": 0}, "top_term must be at least 1, got 0."),
        (
            anndata.AnnData(np.ones((1, 1))),
            {},
            "adata.uns has no 'gsfm_annotate_genes': run gsfm_enrich.tl.annotate_genes(adata, ...) first, "
            "or name "
            "its slot with key=.",
        ),
    ],
)
def test_functions_errors(data: Any, options: dict[str, Any], message: str) -> None:
    two = pd.DataFrame(
        {
            "gene": ["CD19", "MS4A1"],
            "term": "t",
            "score": 1.0,
            "z_score": 1.0,
            "probability": 0.1,
            "known": True,
        }
    )
    with pytest.raises(InputError) as error:
        pl.functions(two if isinstance(data, str) else data, **options)
    assert str(error.value) == message


# ------------------------------------------------------------------------------------------------ all of them

TABLE = rows("a", dict.fromkeys(GENES, 0.01), GENES)
PREDICTED = pd.DataFrame(
    {
        "gene": "A",
        "term": ["s", "t"],
        "score": [2.0, 1.0],
        "z_score": 1.0,
        "probability": 0.1,
        "known": [True, False],
    }
)
PLOTS: list[Callable[..., Axes]] = [
    lambda **options: pl.heatmap(TABLE, **options),
    lambda **options: pl.network(TABLE, **options),
    lambda **options: pl.evidence(TABLE, "x", **options),
    lambda **options: pl.functions(PREDICTED, **options),
]


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_save_and_ax(plot: Callable[..., Axes], suffix: str, tmp_path: Path) -> None:
    own = plt.subplots()[1]
    path = tmp_path / "new folder" / f"plot.{suffix}"
    assert plot(ax=own, save=path, title="mine") is own
    assert own.get_title(loc="left").startswith("mine")
    assert path.read_bytes().startswith({"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}[suffix])


@pytest.mark.parametrize("plot", PLOTS)
def test_unknown_suffix(plot: Callable[..., Axes], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the suffix must be one of eps, jpg, pdf, png, svg, tif, webp"):
        plot(save=tmp_path / "plot.docx")


@pytest.mark.parametrize("plot", [pl.heatmap, pl.network])
def test_nothing_below_the_cutoff(plot: Callable[..., Axes]) -> None:
    said = "no term with Adjusted P-value ≤ 1e-30; the smallest is 0.01"
    assert [text.get_text() for text in plot(TABLE, cutoff=1e-30).texts] == [said]
    assert [text.get_text() for text in plot(TABLE[:0]).texts] == ["no results to draw"]


def test_network_errors() -> None:
    with pytest.raises(InputError) as error:
        pl.network(pd.concat([TABLE, TABLE.assign(group="b")]))
    assert str(error.value) == (
        "network draws one list of genes; choose with groups= and direction= from 'a' (up), 'b' (up)."
    )
    with pytest.raises(InputError) as error:
        pl.network(TABLE, min_similarity=0)
    assert str(error.value) == "min_similarity must be above 0 and at most 1, got 0."
