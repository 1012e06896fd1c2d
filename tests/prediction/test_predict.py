"""Columns and rows of the membership table, on a model whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from gsfm_enrich.errors import GsfmEnrichWarning, InputError, LibraryError
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.scores import reference
from gsfm_enrich.prediction.augment import AUGMENT_COLUMNS, augment
from gsfm_enrich.prediction.predict import FUNCTION_COLUMNS, GENE_COLUMNS, predict_functions, predict_genes
from gsfm_enrich.ranking.membership import library_membership


def test_functions_of_a_gene_are_the_terms_of_its_block(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    table = predict_functions("B7G24", block_library, top=3, fold=None, model=block_model)
    assert tuple(table.columns) == FUNCTION_COLUMNS
    assert {term.split()[-1] for term in table["term"]} == {"7"}
    assert table["rank"].tolist() == [1, 2, 3]
    assert not table["known"].any()
    assert (table["z_score"] > 2).all()


def test_known_members_are_scored_as_if_they_were_not_listed(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    term = block_library.terms[2]
    gene = block_library[term][0]
    table = predict_functions(gene, block_library, top=None, model=block_model)
    row = table[table["term"] == term].iloc[0]
    rest = [other for other in block_library[term] if other != gene]
    unit = block_model.vocab.index[gene]
    mean, sd = reference(block_model, 10)
    logits = block_model.complete([rest])[0]
    z_score = (logits[unit] - logits[2:].mean() - mean[unit]) / sd[unit]
    assert row["known"]
    assert row["z_score"] == pytest.approx(z_score, abs=1e-3)
    new = predict_functions(gene, block_library, top=None, known=False, model=block_model)
    assert (
        len(new) == len(block_library) - block_library.incidence[:, [block_library.gene_positions[gene]]].nnz
    )


def test_probability_is_that_of_the_membership_table(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    table = predict_functions("B7G24", block_library, top=None, model=block_model).set_index("term")
    membership = library_membership(block_library, block_model)
    column = membership.of_unit[[block_model.vocab.index["B7G24"]]]
    expected = membership.predicted(np.arange(len(block_library)), column)[:, 0]
    np.testing.assert_allclose(table.loc[list(block_library.terms), "probability"], expected, rtol=1e-4)


def test_genes_of_a_term(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    term = block_library.terms[5]
    table = predict_genes(term, block_library, top=13, known=False, model=block_model)
    assert tuple(table.columns) == GENE_COLUMNS
    mates = {f"B5G{number}" for number in range(25)} - set(block_library[term])
    assert set(table["gene"]) == mates
    everything = predict_genes(term, block_library, top=None, model=block_model)
    assert len(everything) == len(block_model.vocab) - 2
    assert set(everything["gene"].head(25)) == {f"B5G{number}" for number in range(25)}


def test_unknown_term_lists_close_matches(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    with pytest.raises(LibraryError, match="'term 5 of block 5'"):
        predict_genes("term 5 of block5", block_library, model=block_model)


def test_unknown_genes_are_counted(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    with pytest.warns(GsfmEnrichWarning) as caught:
        table = predict_functions(["B1G1", "nothing"], block_library, model=block_model)
    assert str(caught[0].message) == "The model does not know 1 of 2 genes: nothing."
    assert set(table["gene"]) == {"B1G1"}
    with pytest.warns(GsfmEnrichWarning, match="does not know 1 of 1 genes"):
        empty = predict_functions("nothing", block_library, model=block_model)
    assert empty.empty
    assert tuple(empty.columns) == FUNCTION_COLUMNS


def test_bad_numbers_and_nothing_are_refused(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    with pytest.raises(InputError) as caught:
        predict_functions("B1G1", block_library, top=0, model=block_model)
    assert str(caught.value) == "top must be a whole number of at least 1, or None, not 0."
    with pytest.raises(InputError) as caught:
        predict_functions([], block_library, model=block_model)
    assert "No genes were given" in str(caught.value)


def test_augment_finds_the_rest_of_a_block(block_model: GSFM) -> None:
    given = ["B3G0", "B3G1", "B3G2"]
    table = augment(given, 22, model=block_model)
    assert tuple(table.columns) == AUGMENT_COLUMNS
    assert set(table["gene"]) == {f"B3G{number}" for number in range(3, 25)}
    with_given = augment(given, 25, known=True, model=block_model)
    assert set(with_given.loc[with_given["known"], "gene"]) == set(given)
    logits = block_model.complete([given[1:]])[0]
    mean, sd = reference(block_model, 3)
    unit = block_model.vocab.index["B3G0"]
    z_score = with_given.set_index("gene").loc["B3G0", "z_score"]
    assert z_score == pytest.approx((logits[unit] - logits[2:].mean() - mean[unit]) / sd[unit], abs=1e-3)


def test_augment_refuses_what_it_does_not_know(block_model: GSFM) -> None:
    with pytest.raises(InputError) as caught:
        augment(["x1", "x2"], model=block_model)
    assert str(caught.value) == "The model knows none of the 2 genes given: x1, x2."
    with pytest.raises(InputError, match="No genes were given"):
        augment([], model=block_model)


def test_similar_terms_are_folded_into_the_best(block_model: GSFM) -> None:
    mates = [f"B2G{number}" for number in range(20)]
    sets = {
        "all": mates,
        "most": mates[:15],  # Jaccard 15 / 20 with all
        "half": mates[10:],  # 10 / 20 with all, 5 / 20 with most
        "few": mates[:4],
        **{f"other {block}": [f"B{block}G{number}" for number in range(10)] for block in range(4, 12)},
    }
    library = GeneSetLibrary.from_dict(sets, "nested")
    plain = predict_functions("B2G24", library, top=None, model=block_model)
    order = [term for term in plain["term"] if not term.startswith("other")]
    kept: dict[str, list[str]] = {}
    for term in order:
        shared = {best: len(set(sets[term]) & set(sets[best])) for best in kept}
        jaccard = {best: n / (len(sets[term]) + len(sets[best]) - n) for best, n in shared.items()}
        best = max(jaccard, key=jaccard.__getitem__, default=None)
        if best is not None and jaccard[best] >= 0.5:
            kept[best].append(term)
        else:
            kept[term] = []
    found = predict_functions("B2G24", library, top=len(kept), model=block_model)
    assert dict(zip(found["term"], found["similar_terms"], strict=True)) == {
        term: "; ".join(folded) for term, folded in kept.items()
    }
    assert found["rank"].tolist() == plain.set_index("term").loc[list(kept), "rank"].tolist()
    assert len(kept) < 4
    unfolded = predict_functions("B2G24", library, top=4, fold=None, model=block_model)
    assert set(unfolded["term"]) == {"all", "most", "half", "few"}
    assert set(unfolded["similar_terms"]) == {""}


def test_several_libraries_at_once(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    other = {f"whole block {block}": [f"B{block}G{n}" for n in range(22)] for block in range(12)}
    table = predict_functions(["B7G24", "B1G24"], [block_library, other], top=1, model=block_model)
    assert table[["gene_set", "gene"]].to_numpy().tolist() == [
        ["blocks", "B7G24"],
        ["blocks", "B1G24"],
        ["gs_ind_1", "B7G24"],
        ["gs_ind_1", "B1G24"],
    ]
    assert table["term"].iloc[2:].tolist() == ["whole block 7", "whole block 1"]


@pytest.mark.parametrize("fold", [0, 1.1])
def test_bad_fold(block_model: GSFM, block_library: GeneSetLibrary, fold: float) -> None:
    with pytest.raises(InputError) as caught:
        predict_functions("B1G1", block_library, fold=fold, model=block_model)
    assert str(caught.value) == f"fold must be a number above 0 and at most 1, or None, not {fold}."


def test_a_second_name_of_a_known_gene_is_not_unknown(
    small_model: GSFM, recwarn: pytest.WarningsRecorder
) -> None:
    augment(["TP53", "p53", "BAX", "7157"], 3, model=small_model)
    assert not recwarn
    with pytest.warns(GsfmEnrichWarning, match=r"1 of 4 genes: stranger\."):
        augment(["p53", "TP53", "BAX", "stranger"], 3, model=small_model)
