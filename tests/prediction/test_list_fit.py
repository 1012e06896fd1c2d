"""Whether a list hangs together: blocks do, random lists do not, and an intruder is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.html.list_page import list_report
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.scores import GeneFactors
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.prediction import list_fit as module
from gsfm_enrich.prediction.augment import augment
from gsfm_enrich.prediction.list_fit import held_out, list_fit
from gsfm_enrich.prediction.random_lists import matched_genes, random_lists

BLOCK = [f"B3G{n}" for n in range(9)]


def test_a_block_hangs_together_and_an_intruder_does_not_fit(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    with pytest.warns(GsfmEnrichWarning, match="1 of 11 genes: who"):
        found = list_fit([*BLOCK, "B7G1", "who"], block_library, n=5, model=block_model)
    assert found.auroc > 0.8
    assert found.log2_ap > 1
    assert found.p_value == pytest.approx(1 / 101)
    assert found.genes["gene"].iloc[0] == "B7G1"
    assert not found.genes["fits"].iloc[0]
    unknown = found.genes[found.genes["gene"] == "who"]
    assert unknown["percentile"].isna().all()
    assert found.terms["term"].iloc[0].endswith("3")
    assert found.added["gene"].str.startswith("B3").all()
    assert found.added["probability"].between(0, 1).all()
    assert "This list hangs together" in str(found)
    assert "B7G1" in found.text


def test_p_values_of_random_lists_are_not_small(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    rng = np.random.default_rng(0)
    drawn = [rng.choice(block_model.vocab.genes, 8, replace=False).tolist() for _ in range(10)]
    found = [list_fit(genes, block_library, model=block_model) for genes in drawn]
    small = sum(fit.p_value <= 0.05 for fit in found)
    assert small <= 3
    assert any("no better than a random one" in fit.text for fit in found)


def test_measures_are_those_of_scikit_learn(block_model: GSFM) -> None:
    rng = np.random.default_rng(1)
    own, others = rng.normal(0.5, 1, 6), rng.normal(0, 1, 40)
    labels, scores = np.repeat([1, 0], [6, 40]), np.concatenate([own, others])
    auroc, log2_ap = module._auroc_and_ap(own, others)
    assert auroc == pytest.approx(roc_auc_score(labels, scores))
    assert 2**log2_ap * 6 / 46 == pytest.approx(average_precision_score(labels, scores))


def test_lists_scored_together_are_scored_as_alone(block_model: GSFM) -> None:
    factors = GeneFactors(block_model, np.arange(N_SPECIAL, len(block_model.vocab)))
    matched = matched_genes(block_model, np.arange(5, 17))
    assert not np.isin(matched, np.arange(5, 17)).any()
    lists = random_lists(matched, 3, seed=0)
    together = held_out(lists, np.unique(matched), factors)
    alone = [held_out([genes], np.unique(matched), factors) for genes in lists]
    np.testing.assert_allclose(together, np.concatenate(alone, axis=1), rtol=1e-5)


def test_negatives_take_the_place_of_similar_genes(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    others = [f"B{block}G0" for block in (1, 2, 4, 5, 6)]
    assert list_fit(BLOCK, block_library, negatives=others, model=block_model).auroc > 0.9
    with pytest.raises(InputError, match="1 genes are in the list and in negatives: B3G1"):
        list_fit(BLOCK, block_library, negatives=["B3G1"], model=block_model)
    with pytest.raises(InputError, match="none of the 1 negatives"):
        list_fit(BLOCK, block_library, negatives=["who"], model=block_model)


def test_short_lists_are_refused(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    with pytest.raises(InputError, match="knows 4 of the 4 genes given; a list needs 5"):
        list_fit(BLOCK[:4], block_library, model=block_model)


def test_added_genes_have_p_values(block_model: GSFM) -> None:
    found = augment(BLOCK, None, known=True, model=block_model)
    new = found[~found["known"]]
    assert found.loc[found["known"], "adjusted_p_value"].isna().all()
    assert (new["adjusted_p_value"] >= new["p_value"]).all()
    assert new["p_value"].is_monotonic_increasing
    assert new["adjusted_p_value"].iloc[0] <= 0.05
    assert new["p_value"].iloc[-1] > 0.5


def test_the_page_holds_sentences_and_tables(
    block_model: GSFM, block_library: GeneSetLibrary, tmp_path: Path
) -> None:
    path = list_report(BLOCK, tmp_path / "list.html", block_library, n=3, model=block_model)
    page = path.read_text("utf-8")
    assert "This list hangs together" in page
    assert page.count("<table") == 3
