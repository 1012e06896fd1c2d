"""Many lists at once against the same lists one by one, in one process and on a local cluster."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from gsfm_enrich.drop_in.enrichr import enrichr
from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking import lists as module
from gsfm_enrich.ranking.lists import LIST_COLUMNS, rank_terms


@pytest.fixture(scope="module")
def queries(block_model: GSFM) -> dict[str, list[str]]:
    rng = np.random.default_rng(0)
    genes = np.array(block_model.vocab.genes)
    noise = {f"list {i}": rng.choice(genes, rng.integers(3, 30), replace=False).tolist() for i in range(25)}
    return noise | {"block 4": [f"B4G{i}" for i in range(14, 25)], "spelled": ["b0g1", "B0G1", "B0G2"]}


@pytest.mark.parametrize(
    "kind", ["library", "list", "part", "number", "repeated", "likely", "likely part", "likely repeated"]
)
def test_the_figures_are_those_of_single_lists(
    kind: str, queries: dict[str, list[str]], block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    genes = list(block_model.vocab.genes)
    given = {
        "list": {"background": genes[:250]},
        "part": {"background": genes[::2]},
        "number": {"background": 2000},
        "repeated": {"background": [*genes[:250], *genes[:3], "b0g5"]},
    }
    propensity = {gene: float(number % 17) for number, gene in enumerate(genes)}
    if kind.startswith("likely"):
        given[kind] = {"propensity": propensity, **given.get(kind.removeprefix("likely "), {})}
    options = given.get(kind, {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = rank_terms(queries, block_library, top=36, model=block_model, **options)
    assert tuple(table.columns) == LIST_COLUMNS
    for name, genes in queries.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            single = enrichr(genes, block_library, min_overlap=0, model=block_model, **options)
        expected = single.results.set_index("Term")
        found = table[table["list"] == name].set_index("term")
        assert found["gsfm_rank"].tolist() == list(range(1, len(found) + 1))
        expected = expected.loc[found.index]
        assert found["caution"].tolist() == expected["Caution"].tolist()
        for mine, theirs in {
            "p_value": "P-value",
            "expected_overlap": "Expected Overlap",
            "gsfm_p_value": "GSFM P-value",
            "gsfm_adjusted_p_value": "GSFM Adjusted P-value",
            "gsfm_rank": "GSFM Rank",
        }.items():
            np.testing.assert_allclose(found[mine], expected[theirs], rtol=1e-5, err_msg=f"{name} {mine}")
        overlap = found["overlap"].astype(str) + "/" + found["size"].astype(str)
        assert overlap.tolist() == expected["Overlap"].tolist()


def test_blocks_change_nothing(
    queries: dict[str, list[str]],
    block_model: GSFM,
    block_library: GeneSetLibrary,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = rank_terms(queries, block_library, top=3, model=block_model)
    monkeypatch.setattr(module, "CELLS", 100)  # two lists a task
    pd.testing.assert_frame_equal(rank_terms(queries, block_library, top=3, model=block_model), whole)


def test_a_dask_cluster_gives_the_same(
    queries: dict[str, list[str]],
    block_model: GSFM,
    block_library: GeneSetLibrary,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,
) -> None:
    distributed = pytest.importorskip("distributed")
    import joblib

    monkeypatch.setattr(module, "CELLS", 200)
    alone = rank_terms(queries, block_library, top=3, model=block_model)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        spread = rank_terms(queries, block_library, top=3, model=block_model)
    pd.testing.assert_frame_equal(spread, alone)


def test_several_libraries_follow_each_other_within_a_list(
    queries: dict[str, list[str]], block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    two = {"genes": ["B0G1", "B0G2", "B1G1"]}
    table = rank_terms(queries, [block_library, two], top=1, model=block_model)
    first = table[table["list"] == "spelled"]
    assert first["gene_set"].tolist() == ["blocks", "gs_ind_1"]
    assert first["term"].iloc[1] == "genes"
    assert list(dict.fromkeys(table["list"])) == list(queries)


def test_lists_without_a_gene_are_counted(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    with pytest.warns(GsfmEnrichWarning) as caught:
        table = rank_terms({"a": ["B0G1"], "b": ["no"]}, block_library, top=2, model=block_model)
    assert [str(warning.message) for warning in caught] == [
        "1 of 2 genes is in none of the gene sets and unknown to the model: no.",
        "1 of 2 lists have no gene in blocks or its background: b.",
    ]
    assert set(table["list"]) == {"a"}


@pytest.mark.parametrize(
    ("lists", "top", "message"),
    [
        ([["TP53"]], 10, "lists must be a dict of names and gene lists, not list."),
        ({}, 10, "lists is empty; expected at least one gene list."),
        ({"a": ["TP53"]}, 0, "top must be a whole number of at least 1, or None, not 0."),
    ],
)
def test_bad_input(lists: object, top: int, message: str) -> None:
    with pytest.raises(InputError) as caught:
        rank_terms(lists, {"a": ["TP53"]}, top=top)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_odd_entries_are_said_once_per_call(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    lists = {name: ["B0G1///B1G1", "B0G2"] for name in "abc"}
    with pytest.warns(GsfmEnrichWarning) as caught:
        rank_terms(lists, block_library, top=2, model=block_model)
    [said] = [str(warning.message) for warning in caught if "B0G1///B1G1" in str(warning.message)]
    assert "'a'" in said
    assert "2 more of the 3 lists" in said
