"""Terms named after genes: whose neighbours they list, and what these count."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.sparse import csr_array

from gsfm_enrich.drop_in.enrichr import enrichr
from gsfm_enrich.kept import results_of
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking import gene_named_terms as named
from gsfm_enrich.ranking.expected_counts import Stratum, survival
from gsfm_enrich.ranking.gene_named_terms import NEIGHBOUR_WEIGHT, listed_more_often, named_genes, neighbours
from gsfm_enrich.ranking.lists import rank_terms
from gsfm_enrich.ranking.membership import Membership, library_membership
from gsfm_enrich.ranking.why import term_evidence

pytestmark = pytest.mark.filterwarnings("ignore:.*query genes are in none")  # the model knows them

GENES = [f"B{block}G{gene}" for block in range(12) for gene in range(25)]


@pytest.fixture(autouse=True)
def _small_world(monkeypatch: pytest.MonkeyPatch, block_model: GSFM) -> Iterator[None]:
    """A block is a gene's neighbourhood here; nothing that was kept with another number counts."""
    results_of(block_model).clear()
    monkeypatch.setattr(named, "NEIGHBOURS", 20)
    yield
    results_of(block_model).clear()


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([f"TF{i}" for i in range(10)], list(range(10))),
        ([f"tf{i} 123 ChIP-Seq" for i in range(10)], list(range(10))),
        ([*(f"TF{i}_x" for i in range(10)), "apoptosis"], [*range(10), -1]),
        ([*(f"TF{i}_x" for i in range(10)), "apoptosis", "growth"], None),  # a sixth are not named after one
        ([f"TF{i % 9}_cell {i}" for i in range(30)], None),  # nine genes are few
        ([f"TF{i % 10}_cell {i}" for i in range(30)], [i % 10 for i in range(30)]),
        ([""] * 20, None),
        ([f"response to TF{i}" for i in range(10)], None),
    ],
)
def test_named_genes(terms: list[str], expected: list[int] | None) -> None:
    found = named_genes(terms, [f"TF{i}" for i in range(10)])
    assert (None if found is None else found.tolist()) == expected


def test_two_names_of_one_gene() -> None:
    genes = ["POU5F1", *(f"TF{i}" for i in range(9))]
    terms = ["POU5F1_hESC", "OCT4 18555785", *(f"TF{i}_x" for i in range(9))]
    found = named_genes(terms, genes)
    assert found is not None
    assert found.tolist() == [0, 0, *range(1, 10)]


def test_neighbours_are_the_highest_scores_that_the_term_does_not_list(
    block_model: GSFM, factor_library: GeneSetLibrary
) -> None:
    library = factor_library
    table = Membership(library, block_model)
    assert table.neighbours is not None
    for row, term in enumerate(library.terms):
        gene = term.split("_")[0]
        near = {block_model.vocab.tokens[table.units[c]] for c in table.neighbours[[row]].indices}
        assert gene not in near
        assert not near & set(library[term])
        block = {other for other in GENES if other.split("G")[0] == gene.split("G")[0]} - {gene}
        assert near <= block
        assert len(block - near - set(library[term])) <= len(block) - 20  # 20 of the 24 are neighbours


def test_a_library_about_something_else_has_no_neighbours(
    block_model: GSFM, factor_library: GeneSetLibrary
) -> None:
    names = factor_library.terms
    sets = {name: factor_library[other] for name, other in zip(names, names[1:] + names[:1], strict=True)}
    assert Membership(GeneSetLibrary.from_dict(sets, "shuffled"), block_model).neighbours is None


def test_listed_more_often_is_a_matter_of_own_neighbours() -> None:
    rng = np.random.default_rng(0)
    near = csr_array((rng.random((40, 500)) < 0.1).astype(np.float32))
    own = np.arange(40)
    chance = (rng.random((40, 500)) < rng.uniform(0.02, 0.5, (40, 1))).astype(np.float32)
    assert not listed_more_often(csr_array(chance), near, own)
    more = np.maximum(chance, (rng.random((40, 500)) < 0.3) * near.toarray())
    assert listed_more_often(csr_array(more.astype(np.float32)), near, own)
    assert not listed_more_often(csr_array(more.astype(np.float32)), near, own[::-1])


def test_numbers_of_publications_are_no_part_of_a_gene_name() -> None:
    genes = ["STAT3", "NKX2-5", "HLA-A", *(f"GATA{i}" for i in range(1, 9))]
    terms = [
        "STAT3-18555785",
        "NKX2-5-22415416-CHIP-SEQ_MOUSE",
        "HLA-A_K562",
        *(f"{g}-12345" for g in genes[3:]),
    ]
    found = named_genes(terms, genes)
    assert found is not None
    assert found.tolist() == list(range(11))


def test_terms_without_a_name_have_no_neighbours() -> None:
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((12, 200)).astype(np.float32)
    members = np.zeros((13, 200), dtype=np.float32)
    np.put_along_axis(members[:12], np.argsort(-scores, axis=1)[:, :20:2], 1.0, axis=1)
    genes = np.array([*range(12), -1])
    table = neighbours(genes, csr_array(members), lambda columns: scores[columns].copy())
    assert table is not None
    dense = table.toarray()
    assert dense[:12].any(axis=1).all()
    assert not dense[12].any()
    assert not (dense & (members > 0)).any()
    assert not dense[np.arange(12), np.arange(12)].any()


@pytest.mark.parametrize("rows", [3, 256])
def test_short_terms_have_as_many_neighbours_as_members(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named, "ROWS", rows)
    rng = np.random.default_rng(1)
    scores = rng.standard_normal((10, 400)).astype(np.float32)
    ordered = np.argsort(-np.where(np.arange(400) == np.arange(10)[:, None], -np.inf, scores), axis=1)
    members = np.zeros((10, 400), dtype=np.float32)
    for row, size in enumerate([1, 2, 3, 5, 8, 13, 19, 20, 21, 100]):
        members[row, ordered[row, 1 : 2 * size : 2]] = 1  # every second neighbour
    table = neighbours(np.arange(10), csr_array(members), lambda columns: scores[columns].copy())
    assert table is not None
    for row, size in enumerate([1, 2, 3, 5, 8, 13, 19, 20, 21, 100]):
        assert set(table[[row]].indices) == set(ordered[row, : min(size, 20) : 2].tolist())


@pytest.mark.parametrize("background", [None, "list"])
def test_the_p_value_counts_neighbours_of_the_query_and_of_the_background(
    background: str | None, block_model: GSFM, factor_library: GeneSetLibrary
) -> None:
    library = factor_library
    tested = None if background is None else GENES[:260]
    query = ["B3G24", *(f"B3G{i}" for i in range(16)), "B9G1", "B0G2", "B1G2"]
    query = [gene for gene in query if gene in library.genes]
    results = enrichr(query, library, background=tested, min_overlap=0, model=block_model).results
    table = library_membership(library, block_model)
    population = len(library.genes) if tested is None else len(tested)
    drawn = len([g for g in query if tested is None or g in tested])
    names = [block_model.vocab.tokens[unit] for unit in table.units]
    within = np.array([name in (tested or library.genes) for name in names])
    weights = table.weights.toarray()
    seen = 0
    for row, term in enumerate(library.terms):
        found = results[results["Term"] == term]
        counted = term_evidence(query, term, library, background=tested, model=block_model)
        assert counted.attrs["gsfm_p_value"] == found["GSFM P-value"].iloc[0]
        near = counted[counted["kind"] == "neighbour"]
        assert (near["probability"] == 0).all()
        assert (near["weight"] == NEIGHBOUR_WEIGHT).all()
        assert "B3G24" not in near["gene"].tolist()
        shown = [gene for gene in found["Predicted Genes"].iloc[0].split(";") if gene]
        assert shown == counted[counted["kind"] != "member"]["gene"].tolist()
        alone = table.only_neighbours(row, shown)
        assert [gene for gene, only in zip(shown, alone, strict=True) if only] == near["gene"].tolist()
        seen += len(near)
        members = len([g for g in library[term] if tested is None or g in tested])
        sizes = np.array([members + weights[row, within].sum()], dtype=np.float64)
        p = survival(np.array([[counted["weight"].sum()]]), [Stratum(population, drawn, sizes)])
        assert found["GSFM P-value"].iloc[0] == pytest.approx(p[0, 0], rel=1e-4)
    assert seen > 3
    assert results["Term"].iloc[0] == "B3G24_K562"


def test_many_lists_get_the_same_p_values(block_model: GSFM, factor_library: GeneSetLibrary) -> None:
    library = factor_library
    lists = {"a": ["B3G1", "B3G2", "B3G3", "B9G1"], "b": ["B5G1", "B5G2", "B5G7", "B1G1", "B0G0"]}
    table = rank_terms(lists, library, top=None, model=block_model, progress=False)
    for name, genes in lists.items():
        one = enrichr(genes, library, min_overlap=0, model=block_model).results.set_index("Term")
        many = table[table["list"] == name].set_index("term")
        assert many["gsfm_p_value"].to_dict() == pytest.approx(one["GSFM P-value"].to_dict(), rel=1e-12)
        assert (many["gsfm_p_value"] != many["p_value"]).any()
