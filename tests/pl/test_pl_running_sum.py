"""The running sum of a term: its curve, its marks, and what is refused."""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from matplotlib import colors

from gsfm_enrich import pl
from gsfm_enrich.errors import InputError
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.ranked_weights import ranked_weights
from gsfm_enrich.ranking.running_sum import running_sum

KNOWN, NEW = "#54708c", "#1b7f5c"


@pytest.fixture
def ranked(block_library: GeneSetLibrary, block_model: GSFM) -> pd.Series:
    genes = [gene for gene in block_model.vocab.tokens if gene.startswith("B")]
    genes += [f"other {i}" for i in range(600 - len(genes))]
    return pd.Series(np.random.default_rng(0).normal(size=600), index=genes)


def marks(ax, colour):
    """Return the places of the ticks of a colour."""
    return [
        segment[0][0]
        for lines in ax.collections
        if colors.to_hex(lines.get_colors()[0]) == colour
        for segment in lines.get_segments()
    ]


def test_the_curve_and_the_marks_are_those_of_the_weights(
    ranked: pd.Series, block_library: GeneSetLibrary, block_model: GSFM, tmp_path: Path
) -> None:
    term = block_library.terms[0]
    ax = pl.running_sum(ranked, term, block_library, model=block_model, save=tmp_path / "sum.svg")
    weights = ranked_weights(block_library, block_model, tuple(ranked.index))
    counts, member = weights.weights[[0]].toarray()[0], weights.members[[0]].toarray()[0]
    order, sums = running_sum(ranked.to_numpy(), counts)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), sums)
    predicted = (counts > 0) & ~member
    assert predicted.any()
    assert marks(ax, KNOWN) == (np.flatnonzero(member[order]) + 1).tolist()
    assert marks(ax, NEW) == (np.flatnonzero(predicted[order]) + 1).tolist()
    legend = ax.get_legend()
    assert legend is not None
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == [f"members ({member.sum()})", f"predicted ({predicted.sum()})"]
    assert ax.get_title(loc="left") == term
    assert (tmp_path / "sum.svg").stat().st_size > 0


def cells() -> anndata.AnnData:
    rng = np.random.default_rng(0)
    data = anndata.AnnData(np.abs(rng.normal(1, 1, (60, 600))))
    data.var_names = [f"ENSG{i:011d}" for i in range(600)]
    data.var["symbol"] = [f"gene {i}" for i in range(600)]
    data.X[:20, :10] += 3
    data.obs["group"] = pd.Categorical(np.repeat(["a", "b", "c"], 20))
    sc.tl.rank_genes_groups(data, "group")
    return data


def test_a_group_of_cells() -> None:
    sets = {"of a": [f"gene {i}" for i in range(10)]}
    ax = pl.running_sum(cells(), "of a", sets, groups="a", gene_symbols="symbol", model=None, title="mine")
    assert ax.get_title(loc="left") == "mine"
    assert marks(ax, KNOWN) == list(range(1, 11))
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["members (10)"]
    np.testing.assert_allclose(ax.lines[0].get_ydata()[9], 1)


def test_a_term_without_a_measured_member_is_said() -> None:
    ax = pl.running_sum(cells(), "elsewhere", {"elsewhere": ["X1", "X2"]}, groups="a", model=None)
    assert "no member of elsewhere was measured" in ax.texts[0].get_text()


def test_one_group_is_asked_for(ranked: pd.Series) -> None:
    sets = {"a": list(ranked.index[:9])}
    for data, names in ((cells(), "'a', 'b', 'c'"), ({"x": ranked, "y": ranked}, "'x', 'y'")):
        with pytest.raises(InputError, match=names):
            pl.running_sum(data, "a", sets, model=None)
    with pytest.raises(InputError, match="500 genes"):
        pl.running_sum(ranked[:100], "a", sets, model=None)
