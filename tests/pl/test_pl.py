"""Plots: what is drawn is what is in the table, and it stays legible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from gsfm_enrich import pl
from gsfm_enrich.errors import InputError
from gsfm_enrich.pl.labels import list_label, shorten, term_labels

LONG = (
    "antigen processing and presentation of endogenous peptide antigen via MHC class I via ER pathway "
    "(GO:0002484)"
)


def rows(group: str, direction: str, ranks: list[int], before: list[int], hits: list[int]) -> pd.DataFrame:
    """Return the table of one list, in the order of the model."""
    ranked = np.array(ranks)
    frame = pd.DataFrame(
        {
            "group": group,
            "direction": direction,
            "Gene_set": "lib",
            "Term": [f"term {place} (GO:{place:07d})" for place in range(len(ranks))],
            "Overlap": [f"{hit}/20" for hit in hits],
            "P-value": 10.0 ** -(10 - np.array(before)),
            "Adjusted P-value": 10.0 ** -(9 - np.array(before)),
            "Odds Ratio": 2.0,
            "Combined Score": 1.0 + np.arange(len(ranks)),
            "Genes": ["A;B" if hit else "" for hit in hits],
            "Expected Overlap": np.array(hits) + 0.5,
            "GSFM Fold Enrichment": 2.0,
            "GSFM P-value": 10.0 ** -(12.0 - ranked),
            "GSFM Adjusted P-value": 10.0 ** -(11.0 - ranked),
            "GSFM Rank": ranked,
            "Rank Change": np.array(before) - ranked,
            "Predicted Genes": [
                "X1;X2;X3;X4;X5;X6" if b > r else "" for r, b in zip(ranks, before, strict=True)
            ],
        }
    )
    return frame.sort_values("GSFM Rank")


@pytest.fixture
def results() -> pd.DataFrame:
    return pd.concat(
        [
            rows("A/B", "up", [1, 2, 3, 4, 5], [4, 2, 1, 3, 9], [5, 4, 3, 2, 0]),
            rows("A/B", "down", [5, 4, 3, 2, 1], [1, 2, 3, 4, 5], [1, 1, 1, 1, 1]),
            rows("C", "up", [2, 1, 3, 4, 5], [2, 1, 3, 4, 5], [9, 8, 7, 6, 5]),
        ],
        ignore_index=True,
    )


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


def labels(ax: Axes, axis: str) -> list[str]:
    return [text.get_text() for text in getattr(ax, f"get_{axis}ticklabels")()]


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


# ------------------------------------------------------------------------------------------------ dotplot


def test_dotplot_draws_the_best_terms_of_each_list_for_all_lists(results: pd.DataFrame) -> None:
    ax = pl.dotplot(results, top_term=1, cutoff=1.0)
    assert labels(ax, "x") == ["A/B (up)", "A/B (down)", "C (up)"]
    assert labels(ax, "y") == ["term 0", "term 4", "term 1"]
    filled, rings = ax.collections[:2]
    assert len(filled.get_offsets()) == 8  # nine dots, one of them without overlap
    assert rings.get_offsets().tolist() == [[0.0, 1.0]]
    assert "model only" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_dotplot_colour_and_size(results: pd.DataFrame) -> None:
    ax = pl.dotplot(results, groups="C", top_term=5, cutoff=1.0)
    dots = ax.collections[0]
    terms = [int(label.removeprefix("term ")) for label in labels(ax, "y")]
    table = results[results["group"] == "C"].reset_index(drop=True)
    assert terms == [1, 0, 2, 3, 4]
    np.testing.assert_allclose(dots.get_array(), -np.log10(table["GSFM Adjusted P-value"]))
    share = np.array([8, 9, 7, 6, 5]) / 20
    np.testing.assert_allclose(dots.get_sizes(), 14 + (150 - 14) * share / share.max())


def test_dotplot_cutoff_and_column(results: pd.DataFrame) -> None:
    drawn = pl.dotplot(results, groups="C", cutoff=2e-9, top_term=9)
    assert labels(drawn, "y") == ["term 1", "term 0"]
    drawn = pl.dotplot(results, groups="C", column="Combined Score", cutoff=1.0, top_term=2)
    assert labels(drawn, "y") == ["term 4", "term 3"]
    np.testing.assert_allclose(drawn.collections[0].get_array(), [5, 4])
    drawn = pl.dotplot(
        results, groups="A/B", direction="up", column="Adjusted P-value", cutoff=1.0, top_term=1
    )
    assert labels(drawn, "y") == ["term 2"]


def test_dotplot_of_results_that_were_not_reranked(results: pd.DataFrame) -> None:
    plain = results[["Term", "Overlap", "P-value", "Adjusted P-value"]][results["group"] == "C"]
    ax = pl.dotplot(plain, top_term=2)
    assert labels(ax, "x") == [""]
    assert labels(ax, "y") == ["term 1", "term 0"]


@pytest.mark.parametrize("number", [1, 40])
def test_dotplot_has_room_for_every_label(results: pd.DataFrame, number: int) -> None:
    many = pd.concat(
        [
            results[results["group"] == "C"].assign(group=f"group number {place} with a long name")
            for place in range(number)
        ]
    )
    many["Term"] = [LONG if "term 0" in term else term for term in many["Term"]]
    ax = pl.dotplot(many, top_term=5, cutoff=1.0)
    figure = ax.figure
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    boxes = [text.get_window_extent() for text in [*ax.get_xticklabels(), *ax.get_yticklabels()]]
    assert min(box.x0 for box in boxes) >= 0
    assert min(box.y0 for box in boxes) >= 0
    assert max(box.x1 for box in boxes) <= width
    assert max(box.y1 for box in boxes) <= height
    rows_drawn = sorted(text.get_window_extent().y0 for text in ax.get_yticklabels())
    heights = [text.get_window_extent().height for text in ax.get_yticklabels()]
    assert np.diff(rows_drawn).min() >= 0.5 * max(heights)


# ------------------------------------------------------------------------------------------------ barplot


def test_barplot_bars_marks_and_notes(results: pd.DataFrame) -> None:
    ax = pl.barplot(results, groups="A/B", direction="up", cutoff=1.0)
    table = results[(results["group"] == "A/B") & (results["direction"] == "up")]
    lengths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(lengths, -np.log10(table["GSFM Adjusted P-value"]))
    np.testing.assert_allclose(ax.lines[0].get_xdata(), -np.log10(table["Adjusted P-value"].clip(upper=1)))
    assert labels(ax, "y") == [f"term {place}" for place in range(5)]
    assert texts(ax) == ["5/20  + 6 predicted", "4/20", "3/20", "2/20", "0/20  + 6 predicted"]
    assert ax.get_title(loc="left") == "A/B (up)"
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the best on top


def test_barplot_of_several_groups_in_sections(results: pd.DataFrame) -> None:
    ax = pl.barplot(results, groups=["C", "A/B"], direction="up", cutoff=1.0, top_term=2)
    assert labels(ax, "y") == ["term 1", "term 0", "term 0", "term 1"]
    assert texts(ax)[-2:] == ["C (up)", "A/B (up)"]
    colours = [colors.to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert colours[0] == colours[1] != colours[2] == colours[3]


def test_barplot_by_another_column_has_no_marks(results: pd.DataFrame) -> None:
    ax = pl.barplot(results, groups="C", column="Expected Overlap", cutoff=1.0, top_term=2)
    assert [bar.get_width() for bar in ax.patches] == [9.5, 8.5]
    assert len(ax.lines) == 0
    assert ax.get_xlabel() == "Expected Overlap"


# ------------------------------------------------------------------------------------------------ ranks


def test_ranks_joins_both_ranks_and_names_the_genes(results: pd.DataFrame) -> None:
    ax = pl.ranks(results, groups="A/B", direction="up", top_term=3)
    drawn = texts(ax)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[3, 0], [1, 1], [0, 2], [2, 3]]
    assert drawn[:4] == ["4", "1", "term 0", "+ X1, X2, X3, X4 and 2 more"]
    moved = [colors.to_hex(line.get_color()) for line in ax.lines]
    assert moved[0] == colors.to_hex("#1b7f5c")
    assert moved[2] == colors.to_hex("#b5542b")
    assert moved[1] == moved[3] == colors.to_hex("0.6")
    assert sum(text.startswith("+") for text in drawn) == 1


def test_ranks_takes_the_top_of_either_ranking(results: pd.DataFrame) -> None:
    ax = pl.ranks(results, groups="A/B", direction="up", top_term=1)
    assert [text for text in texts(ax) if text.startswith("term ") and "genes" not in text] == [
        "term 0",
        "term 2",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {},
            "ranks draws one list of genes; choose with groups= and direction= from 'A/B' (up), 'A/B' "
            "(down), 'C' (up).",
        ),
        ({"groups": "C", "top_term": 0}, "top_term must be at least 1, got 0."),
        ({"groups": "C", "gene_set": "other"}, "no library 'other' in the results; there are 'lib'."),
        ({"groups": "D"}, "no group 'D'; there are 'A/B', 'C'."),
    ],
)
def test_ranks_errors(results: pd.DataFrame, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        pl.ranks(results, **options)
    assert str(error.value) == message


def test_ranks_needs_one_library_and_a_ranking(results: pd.DataFrame) -> None:
    part = results[results["group"] == "C"]
    two = pd.concat([part, part.assign(Gene_set="second")])
    with pytest.raises(InputError) as error:
        pl.ranks(two)
    assert str(error.value) == "ranks are within one library; choose with gene_set= from 'lib', 'second'."
    assert len(pl.ranks(two, gene_set="second").lines) == 5
    with pytest.raises(InputError) as error:
        pl.ranks(part.drop(columns="GSFM Rank"))
    assert str(error.value) == (
        "these results were not re-ranked (no column 'GSFM Rank'), so there is nothing to compare."
    )


# ------------------------------------------------------------------------------------------------ all plots

PLOTS: list[Callable[..., Axes]] = [pl.dotplot, pl.barplot, pl.ranks]


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_save_and_ax(results: pd.DataFrame, plot: Callable[..., Axes], suffix: str, tmp_path: Path) -> None:
    own = plt.subplots()[1]
    path = tmp_path / "new folder" / f"plot.{suffix}"
    assert plot(results, groups="C", ax=own, save=path) is own
    start = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}[suffix]
    assert path.read_bytes().startswith(start)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("plot", PLOTS)
def test_unknown_suffix(results: pd.DataFrame, plot: Callable[..., Axes], tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        plot(results, groups="C", save=tmp_path / "plot.docx")
    assert str(error.value) == (
        f"cannot save {str(tmp_path / 'plot.docx')!r}: the suffix must be one of "
        "eps, jpg, pdf, png, svg, tif, webp."
    )
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_save_leaves_the_old_file(
    results: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plot.png"
    path.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(KeyboardInterrupt):
        pl.barplot(results, groups="C", save=path)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["plot.png"]


@pytest.mark.parametrize("plot", [pl.dotplot, pl.barplot])
def test_nothing_below_the_cutoff(results: pd.DataFrame, plot: Callable[..., Axes]) -> None:
    ax = plot(results, groups="C", cutoff=1e-30)
    assert texts(ax) == ["no term with GSFM Adjusted P-value ≤ 1e-30; the smallest is\n1e-10"]
    empty = plot(results[:0])
    assert texts(empty) == ["no results to draw"]
    assert texts(pl.ranks(results[:0])) == ["no results to draw"]


@pytest.mark.parametrize("plot", [pl.dotplot, pl.barplot])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"column": "P"}, "; got 'P'."),
        ({"column": "P-valu"}, "; got 'P-valu'. Did you mean 'P-value' or 'GSFM P-value'?"),
        ({"top_term": 0}, "top_term must be at least 1, got 0."),
        ({"direction": "left"}, "no direction 'left'; there are 'up', 'down'."),
        ({"groups": "c"}, "no group 'c'; there are 'A/B', 'C'. Did you mean 'C'?"),
    ],
)
def test_errors(
    results: pd.DataFrame, plot: Callable[..., Axes], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as error:
        plot(results, **options)
    assert str(error.value).endswith(message)


def test_other_data(results: pd.DataFrame, adata: anndata.AnnData) -> None:
    adata.uns["mine"] = {"results": results, "log": results, "params": {}}
    assert labels(pl.dotplot(adata, key="mine", top_term=1), "x") == ["A/B (up)", "A/B (down)", "C (up)"]

    class Enrichr:
        """Stands for what enrichr returns."""

        def __init__(self, table: pd.DataFrame) -> None:
            self.results = table

    assert labels(pl.barplot(Enrichr(results), groups="C", top_term=1), "y") == ["term 1"]
    with pytest.raises(InputError) as error:
        pl.dotplot([1, 2])
    assert (
        str(error.value)
        == "expected an AnnData, a data frame of results, or what enrichr returned, got list."
    )
    with pytest.raises(InputError) as error:
        pl.dotplot(pd.DataFrame({"Term": ["a"]}))
    assert str(error.value) == "the results have no column 'P-value', 'Adjusted P-value'."


# ------------------------------------------------------------------------------------------------ labels


@pytest.mark.parametrize(
    ("term", "label"),
    [
        ("apoptotic process (GO:0006915)", "apoptotic process"),
        (LONG, "antigen processing and presentation of\nendogenous peptide antigen v…via ER pathway"),
        ("HALLMARK_TNFA_SIGNALING_VIA_NFKB", "HALLMARK TNFA SIGNALING VIA NFKB"),
        ("Apoptosis WP254", "Apoptosis WP254"),
        ("cost in $", r"cost in \$"),
        ("", ""),
    ],
)
def test_term_labels(term: str, label: str) -> None:
    assert term_labels([term]) == [label]


def test_ids_stay_where_names_are_the_same() -> None:
    assert term_labels(["growth (GO:0000001)", "growth (GO:0000002)", "death (GO:0000003)"]) == [
        "growth (GO:0000001)",
        "growth (GO:0000002)",
        "death",
    ]


def test_short_names() -> None:
    assert shorten("abcdef", 4) == "ab…f"
    assert shorten("abcd", 4) == "abcd"
    assert list_label("CD19+ B", "up") == "CD19+ B (up)"
    assert list_label("", "") == ""
