"""ge.get.enrichr_df: the rows asked for, and clear words about those that are not there."""

from __future__ import annotations

import anndata
import pandas as pd
import pytest

from gsfm_enrich import tl
from gsfm_enrich.drop_in.enrichr import enrichr
from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.get._results import enrichr_df


@pytest.fixture
def enriched(adata: anndata.AnnData, sets: dict[str, list[str]]) -> anndata.AnnData:
    with pytest.warns(GsfmEnrichWarning, match="3 of 6 gene lists have no result"):
        tl.enrichr(adata, sets, rerank=False)
    return adata


def test_all_rows_by_default_as_a_copy(enriched: anndata.AnnData) -> None:
    stored = enriched.uns["gsfm_enrichr"]["results"]
    frame = enrichr_df(enriched)
    pd.testing.assert_frame_equal(frame, stored)
    frame["Term"] = "changed"
    assert "changed" not in set(stored["Term"])


@pytest.mark.parametrize("group", ["T/NK cells", ["B cells"], ["B cells", "T/NK cells"], "quiet"])
@pytest.mark.parametrize("direction", [None, "up", "down"])
def test_rows_of_groups_and_direction(
    enriched: anndata.AnnData, group: str | list[str], direction: str | None
) -> None:
    stored = enriched.uns["gsfm_enrichr"]["results"]
    names = [group] if isinstance(group, str) else group
    expected = [
        row.Term
        for row in stored.itertuples()
        if row.group in names and (direction is None or row.direction == direction)
    ]
    frame = enrichr_df(enriched, group, direction=direction)
    assert frame["Term"].tolist() == expected
    assert frame.index.tolist() == list(range(len(expected)))


def test_cutoff_is_below_and_on_the_column_that_ranks(enriched: anndata.AnnData) -> None:
    stored = enriched.uns["gsfm_enrichr"]["results"]
    limit = float(stored["Adjusted P-value"].median())
    frame = enrichr_df(enriched, pval_cutoff=limit)
    assert len(frame) == (stored["Adjusted P-value"] < limit).sum()
    stored["GSFM Adjusted P-value"] = [0.01] + [0.5] * (len(stored) - 1)
    assert len(enrichr_df(enriched, pval_cutoff=0.5)) == 1


@pytest.mark.parametrize(
    ("group", "direction", "message"),
    [
        (
            "NK cells",
            None,
            "no group 'NK cells'; choose from 'T/NK cells', 'B cells', 'quiet'. "
            "Did you mean 'T/NK cells' or 'B cells'?",
        ),
        (["quiet", 3], None, "no group '3'; choose from 'T/NK cells', 'B cells', 'quiet'."),
        (None, "both", "no direction 'both'; choose from 'up', 'down'."),
    ],
)
def test_unknown_group_or_direction(
    enriched: anndata.AnnData, group: str | None, direction: str | None, message: str
) -> None:
    with pytest.raises(InputError) as error:
        enrichr_df(enriched, group, direction=direction)
    assert str(error.value) == message


def test_nothing_there(adata: anndata.AnnData) -> None:
    with pytest.raises(InputError) as error:
        enrichr_df(adata)
    assert str(error.value) == (
        "adata.uns has no 'gsfm_enrichr': run gsfm_enrich.tl.enrichr(adata, ...) first, "
        "or name its slot with key=."
    )
    with pytest.raises(InputError) as error:
        enrichr_df(adata, key="rank_genes_groups")
    assert str(error.value) == "adata.uns['rank_genes_groups'] is not a result of gsfm_enrich.tl.enrichr."
    with pytest.raises(InputError) as error:
        enrichr_df({})  # type: ignore[arg-type]
    assert str(error.value) == (
        "expected an AnnData, a data frame of results, or what enrichr returned, got dict."
    )


def test_the_result_of_one_list_has_no_groups() -> None:
    one = enrichr(["TP53", "BAX"], {"apoptosis": ["TP53", "BAX"], "growth": ["MYC"]}, rerank=False)
    pd.testing.assert_frame_equal(enrichr_df(one), one.results)
    assert enrichr_df(one.results, pval_cutoff=1e-9).empty
    with pytest.raises(InputError) as error:
        enrichr_df(one, "B cells")
    assert str(error.value) == "the results are of one gene list: there is no group to choose."
    with pytest.raises(InputError) as error:
        enrichr_df(pd.DataFrame({"a": [1]}))
    assert str(error.value) == "the data frame holds no results: it has no column 'Term'."
