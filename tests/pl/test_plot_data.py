"""Which rows are drawn: results of any kind, and messages where there are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anndata
import pandas as pd
import pytest
from drawn import labels, texts
from matplotlib.axes import Axes

from gsfm_enrich import pl
from gsfm_enrich.errors import InputError


@pytest.mark.parametrize("plot", [pl.dotplot, pl.heatmap, pl.barplot, pl.network])
def test_nothing_below_the_cutoff(results: pd.DataFrame, plot: Callable[..., Axes]) -> None:
    ax = plot(results, groups="C", cutoff=1e-30)
    assert texts(ax) == ["no term with GSFM Adjusted P-value ≤ 1e-30; the smallest is\n1e-10"]
    empty = plot(results[:0])
    assert texts(empty) == ["no results to draw"]
    assert texts(pl.ranks(results[:0])) == ["no results to draw"]


@pytest.mark.parametrize("plot", [pl.dotplot, pl.heatmap, pl.barplot])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"column": "P"}, "; got 'P'."),
        ({"column": "P-valu"}, "; got 'P-valu'. Did you mean 'P-value' or 'GSFM P-value'?"),
        ({"top_term": 0}, "top_term must be a whole number of at least 1"),
        ({"direction": "left"}, "direction must be 'up', 'down' or 'both', or None, not 'left'."),
        ({"groups": "c"}, "no group 'c'; choose from 'A/B', 'C'. Did you mean 'C'?"),
    ],
)
def test_errors(
    results: pd.DataFrame, plot: Callable[..., Axes], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as error:
        plot(results, **options)
    assert message in str(error.value)


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
