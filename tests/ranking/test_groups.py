"""Groups of terms: by hand, against a plain reference, and in time."""

from __future__ import annotations

import time

import gseapy
import numpy as np
import pandas as pd
import pytest

from gsfm_enrich.drop_in.enrichr import enrichr
from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.groups import group_terms

pytestmark = pytest.mark.filterwarnings("ignore:.*query genes are in none")  # the model knows them

QUERY = ["B4G0", "B4G1", "B4G2", "B4G21", "B4G22", "b4g23", "B7G3", "B8G20"]


def results_of(rows: list[tuple[str, str, str, str, float, int]]) -> pd.DataFrame:
    columns = ["Gene_set", "Term", "Genes", "Predicted Genes", "Expected Overlap", "GSFM Rank"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["Overlap"] = [f"{len(genes.split(';'))}/50" for genes in frame["Genes"]]
    frame["Adjusted P-value"] = frame["GSFM Adjusted P-value"] = frame["GSFM Rank"] / 1e6
    frame["Combined Score"] = 10.0
    return frame


def test_groups_by_hand() -> None:
    results = results_of(
        [
            ("x", "third", "A;B;E", "", 3.0, 3),  # 2 of 4 genes with first
            ("x", "first", "A;B;C", "", 3.0, 1),
            ("x", "second", "D", "", 1.0, 2),
            ("x", "fourth", "D", "C", 1.5, 4),  # 1 of 1.5 with second; .5 of 4 with first
            ("y", "other library", "A;B;C", "", 3.0, 1),
        ]
    )
    grouped = group_terms(results)
    assert grouped["Term"].tolist() == ["first", "second", "other library"]
    assert grouped["Group"].tolist() == [1, 2, 1]
    assert grouped["Also"].tolist() == ["third", "fourth", ""]
    assert group_terms(results, similarity=0.51)["Also"].tolist() == ["", "fourth", "", ""]
    assert len(group_terms(results, similarity=0)) == 2
    assert len(group_terms(results, similarity=1)) == 5


def test_every_term_is_shown_or_listed_once(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    results = enrichr(QUERY, block_library, model=block_model).results
    grouped = group_terms(results, cutoff=1)
    listed = [term for also in grouped["Also"] if also for term in also.split("; ")]
    assert sorted([*grouped["Term"], *listed]) == sorted(results["Term"])
    assert len(grouped) < len(results)
    assert grouped["GSFM Rank"].is_monotonic_increasing


def test_grouped_results_can_still_be_drawn_as_a_map() -> None:
    rows = [
        ("x", "a", "A;B;C", "", 3.0, 1),
        ("x", "b", "B;C;D;E;F", "", 5.0, 2),
        ("x", "c", "A;B", "", 2.0, 3),
    ]
    grouped = group_terms(results_of(rows))
    nodes, edges = gseapy.enrichment_map(grouped, cutoff=1)
    assert len(nodes) == len(grouped) == 2
    assert len(edges) == 1


def test_no_rows_give_no_groups() -> None:
    grouped = group_terms(results_of([]))
    assert len(grouped) == 0
    assert {"Group", "Also"} <= set(grouped.columns)


@pytest.mark.parametrize(
    ("drop", "similarity", "message"),
    [
        (
            "Predicted Genes",
            0.5,
            "The results have no column 'Predicted Genes'; group_terms needs those of enrichr with "
            "rerank=True.",
        ),
        (
            "GSFM Adjusted P-value",
            0.5,
            "The results have no column 'GSFM Adjusted P-value'; group_terms needs those of enrichr with "
            "rerank=True.",
        ),
        (None, 1.5, "similarity must be a number from 0 to 1, not 1.5."),
        (None, "half", "similarity must be a number from 0 to 1, not 'half'."),
    ],
)
def test_bad_input(drop: str | None, similarity: object, message: str) -> None:
    results = results_of([("x", "a", "A", "", 1.0, 1)])
    if drop:
        results = results.drop(columns=drop)
    with pytest.raises(InputError) as caught:
        group_terms(results, similarity=similarity)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_only_significant_terms_are_grouped() -> None:
    results = results_of(
        [("x", "a", "A", "", 1.0, 1), ("x", "b", "A", "", 1.0, 2), ("x", "c", "C", "", 1.0, 3)]
    )
    results["GSFM Adjusted P-value"] = [0.01, 0.05, 0.051]
    assert group_terms(results)[["Term", "Also"]].to_numpy().tolist() == [["a", "b"]]
    assert group_terms(results, cutoff=1)["Term"].tolist() == ["a", "c"]
    with pytest.warns(GsfmEnrichWarning, match="None of the 3 terms .* 0.001") as caught:
        none = group_terms(results, cutoff=0.001)
    assert caught[0].filename == __file__
    assert len(none) == 0
    assert {"Group", "Also"} <= set(none.columns)


def test_queries_are_grouped_apart() -> None:
    results = results_of([("x", "a", "A;B", "", 2.0, 1), ("x", "b", "A;B", "", 2.0, 2)] * 3)
    results.insert(0, "group", ["B cells"] * 2 + ["T/NK cells"] * 4)
    results.insert(1, "direction", ["up"] * 4 + ["down"] * 2)
    grouped = group_terms(results)
    assert grouped["Also"].tolist() == ["b"] * 3
    assert grouped["Group"].tolist() == [1, 1, 1]
    assert list(zip(grouped["group"], grouped["direction"], strict=True)) == [
        ("B cells", "up"), ("T/NK cells", "up"), ("T/NK cells", "down"),
    ]  # fmt: skip


def random_results(n: int, n_genes: int = 300, seed: int = 0) -> pd.DataFrame:
    """Return terms of some 10 genes, a third of them predicted; common genes are in a tenth of the terms."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(10, n_genes + 10)
    rows = []
    for rank in range(1, n + 1):
        size = rng.integers(1, 20)
        genes = [f"G{gene}" for gene in rng.choice(n_genes, size, replace=False, p=share / share.sum())]
        sure = int(rng.integers(1, size + 1))
        expected = sure + rng.random() * (size - sure)
        rows.append(("x", f"term {rank}", ";".join(genes[:sure]), ";".join(genes[sure:]), expected, rank))
    return results_of(rows)


def plain_groups(results: pd.DataFrame, similarity: float) -> dict[str, str]:
    """Return the best term of each term's group, term after term and pair by pair."""
    weights = []
    for _, row in results.iterrows():
        sure, likely = row["Genes"].split(";"), [gene for gene in row["Predicted Genes"].split(";") if gene]
        rest = (row["Expected Overlap"] - len(sure)) / max(len(likely), 1)
        weights.append(dict.fromkeys(sure, 1.0) | dict.fromkeys(likely, rest))
    best: list[int] = []
    found = {}
    for i, mine in enumerate(weights):
        for j in best:
            both = [(mine.get(gene, 0), weights[j].get(gene, 0)) for gene in mine | weights[j]]
            if sum(map(min, both)) / sum(map(max, both)) >= similarity:
                found[results["Term"][i]] = results["Term"][j]
                break
        else:
            best.append(i)
            found[results["Term"][i]] = results["Term"][i]
    return found


@pytest.mark.parametrize("similarity", [0.1, 0.3, 0.5, 0.9, 1.0])
def test_against_a_plain_reference(similarity: float) -> None:
    results = random_results(600, n_genes=40)
    grouped = group_terms(results, similarity=similarity)
    found = {term: term for term in grouped["Term"]}
    for best, also in zip(grouped["Term"], grouped["Also"], strict=True):
        found |= {term: best for term in also.split("; ") if also}
    assert found == plain_groups(results, similarity)
    assert similarity == 1.0 or len(grouped) < len(results)


def test_ten_thousand_terms_take_about_a_second() -> None:
    results = random_results(10_000)
    start = time.process_time()
    grouped = group_terms(results)
    assert time.process_time() - start < 5  # about one alone; a minute and more pair by pair
    assert 1_000 < len(grouped) < 10_000
