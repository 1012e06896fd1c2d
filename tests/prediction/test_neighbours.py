"""Genes that the model takes to be alike, on a model whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.model.build import build
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.vocab import N_SPECIAL, Vocab
from gsfm_enrich.prediction.augment import augment
from gsfm_enrich.prediction.neighbours import NEIGHBOUR_COLUMNS, gene_similarity, neighbors, single_genes


def test_neighbours_are_the_genes_of_the_block(block_model: GSFM) -> None:
    table = neighbors(["B3G0", "B5G7"], 24, model=block_model)
    assert tuple(table.columns) == NEIGHBOUR_COLUMNS
    for gene, block in (("B3G0", 3), ("B5G7", 5)):
        mates = {f"B{block}G{number}" for number in range(25)} - {gene}
        assert set(table.loc[table["gene"] == gene, "neighbour"]) == mates
    assert table["rank"].tolist() == [*range(1, 25), *range(1, 25)]


def test_score_is_the_mean_of_completing_either_gene_alone(block_model: GSFM) -> None:
    found = neighbors("B3G0", None, model=block_model).set_index("neighbour")
    for other in ("B3G9", "B8G2"):
        there = augment("B3G0", None, model=block_model).set_index("gene").loc[other, "score"]
        back = augment(other, None, model=block_model).set_index("gene").loc["B3G0", "score"]
        assert found.loc[other, "score"] == pytest.approx((there + back) / 2, abs=1e-4)
    score = found["score"]
    expected = (score - score.mean()) / score.std(ddof=0)
    np.testing.assert_allclose(found["z_score"], expected, rtol=1e-4)
    assert len(found) == len(block_model.vocab) - 3


def test_similarity_is_symmetric(block_model: GSFM) -> None:
    units = np.array([2, 30, 31, 200])
    table = gene_similarity(block_model, units, units)
    np.testing.assert_allclose(table, table.T, atol=1e-6)
    assert table[1, 2] > table[1, 0]


def test_publications_are_those_of_the_gene_table(block_model: GSFM) -> None:
    vocab = Vocab(["<unk>", "<pad>", "TP53", "MDM2", "not a gene"])
    tiny = build(GSFMConfig(len(vocab), d_model=2), vocab).eval()
    found = neighbors("TP53", model=tiny).set_index("neighbour")["publications"]
    counts = load_gene_table().set_index("symbol")["publications"]
    assert found["MDM2"] == counts["MDM2"]
    assert np.isnan(found["not a gene"])


def test_unknown_genes_are_counted(block_model: GSFM) -> None:
    with pytest.warns(GsfmEnrichWarning) as caught:
        table = neighbors(["who", "B1G1"], 2, model=block_model)
    assert str(caught[0].message) == "The model does not know 1 of 2 genes: who."
    assert caught[0].filename == __file__
    assert table["gene"].tolist() == ["B1G1", "B1G1"]
    with pytest.warns(GsfmEnrichWarning, match="does not know 1 of 1 genes"):
        empty = neighbors("who", model=block_model)
    assert empty.empty
    assert tuple(empty.columns) == NEIGHBOUR_COLUMNS


def test_bad_numbers_and_nothing_are_refused(block_model: GSFM) -> None:
    with pytest.raises(InputError) as caught:
        neighbors("B1G1", 0, model=block_model)
    assert str(caught.value) == "n must be a whole number of at least 1, or None, not 0."
    with pytest.raises(InputError) as caught:
        neighbors([], model=block_model)
    assert "No genes were given" in str(caught.value)


def test_location_is_no_kinship_unless_it_is_asked_for() -> None:
    model = load_model()
    singles, unit = single_genes(model), np.array([model.vocab.tokens.index("C1orf112") - N_SPECIAL])
    found = neighbors("C1orf112", 20)
    others = np.array([model.vocab.tokens.index(name) - N_SPECIAL for name in found["neighbour"]])
    own = np.repeat(unit, len(others))
    *kin, location = (singles.pairs(own, others) + singles.pairs(others, own)) / 2
    np.testing.assert_allclose(found["score"], np.sum(kin, axis=0), rtol=1e-4)
    assert (location > 0).any()
    assert [*model.config.dense, *model.config.tables][-1] == "location"
    assert "location" not in set(found["channel"])
    assert {"FIGNL1", "RAD51"} <= set(found["neighbour"])
    beside = neighbors("C1orf112", 3, channels="location")
    assert "METTL18" in set(beside["neighbour"])
    assert set(beside["channel"]) == {"location"}


def test_one_channel_says_what_it_says_alone() -> None:
    model = load_model()
    tables = {name: model.tables[name].matrix for name in model.config.tables}
    unit = model.vocab.tokens.index("NDUFA1")
    found = neighbors("NDUFA1", 5, channels=["publications"])
    symmetric = tables["publications"] + tables["publications"].T
    row = symmetric[[unit]].toarray()[0]
    assert {model.vocab.tokens[i] for i in np.argsort(-row)[:3]} & set(found["neighbour"])
    assert set(found["channel"]) == {"publications"}


def test_unknown_channels_are_named() -> None:
    with pytest.raises(InputError, match=r"'papers'.* experiments, literature, publications, families"):
        neighbors("NDUFA1", channels=["papers", "location"])
    with pytest.raises(InputError, match="none"):
        neighbors("NDUFA1", channels=[])
