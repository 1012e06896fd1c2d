"""A model of channels against loops over genes and sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from gsfm_enrich.errors import CheckpointError
from gsfm_enrich.model.build import build
from gsfm_enrich.model.channel_kinds import Dense, Table
from gsfm_enrich.model.channels import ChannelGSFM, weighed_scores
from gsfm_enrich.model.checkpoint import load_model, save_model
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import multi_hot
from gsfm_enrich.model.scores import GeneFactors
from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.training.cooccurrence import strongest_neighbours

V = 22
SETS = [np.array([2, 5, 9]), np.array([3]), np.array([4, 6, 7, 8, 10, 11, 12]), np.zeros(0, dtype=np.int64)]
GATE = np.array([[0.3, 0.5, -0.2], [-1.0, 0.2, 0.1], [0.1, 0.8, 0.4]])


@pytest.fixture
def model() -> ChannelGSFM:
    rng = np.random.default_rng(0)
    vocab = Vocab(["<unk>", "<pad>", *(f"G{i}" for i in range(V - 2))])
    config = GSFMConfig(
        vocab_size=V, architecture="gsfm-channels", d_model=7, dense={"a": 3, "b": 4}, tables={"t": 5}
    )
    built = build(config, vocab)
    assert isinstance(built, ChannelGSFM)
    for channel in built.dense_channels:
        places = rng.standard_normal((V, channel.factors.shape[1])).astype(np.float32)
        places[:2] = 0
        places[2:] -= places[2:].mean(axis=0)
        channel.store(places)
    near = rng.random((V, V)) * (rng.random((V, V)) < 0.4)
    near[:2] = near[:, :2] = 0
    near = np.triu(near, 1) + np.triu(near, 1).T

    built.table_channels[0].store(*strongest_neighbours(csr_array(near.astype(np.float32)), 5))
    built.gate = torch.from_numpy(GATE.astype(np.float32))
    return built.eval()


def by_loops(model: ChannelGSFM, units: np.ndarray) -> np.ndarray:
    """Score every gene for one set by the formulas of the docstrings."""
    n = max(len(units), 1)
    total = np.zeros(V)
    weights = []
    scores = []
    for channel in model.dense_channels:
        places = channel.places.astype(float)
        mean = places[units].sum(axis=0) / n
        raw = places @ mean
        spread = max(np.sqrt(np.mean(raw[2:] ** 2)), 1e-10)
        together = sum(places[g] @ places[h] for g in units for h in units if g != h) / n**2 / spread
        scores.append(raw / spread)
        weights.append(together)
    for channel_ in model.table_channels:
        near = channel_.matrix.toarray().astype(float)
        sums = np.array([sum(near[g, i] for g in units) for i in range(V)])
        score = np.log1p(sums / n)
        found = [np.log1p(sum(near[h, g] for h in units) / max(n - 1, 1)) for g in units]
        scores.append(score)
        weights.append(sum(found) / n - score.sum() / V)
    for (a, b, c), coherence, score in zip(GATE, weights, scores, strict=True):
        raw_weight = a + b * np.log1p(max(coherence, 0)) + c * np.log(n / 50)
        total += np.log1p(np.exp(raw_weight)) * score
    return total


def test_scores_are_those_of_the_formulas(model: ChannelGSFM) -> None:
    genes = [[model.vocab.tokens[unit] for unit in units] for units in SETS]
    found = model.complete(genes)
    for row, units in zip(found, SETS, strict=True):
        np.testing.assert_allclose(row, by_loops(model, units), rtol=2e-4, atol=2e-5)


def test_gene_factors_give_the_same_scores_in_any_block(model: ChannelGSFM) -> None:
    units = np.array([9, 3, 4, 20])
    scores = GeneFactors(model, units).score(SETS)
    rows, columns = np.array([2, 0]), np.array([3, 1])
    whole = np.stack([by_loops(model, set_) for set_ in SETS])
    block = scores.block(rows, scores.genes.at(columns))
    np.testing.assert_allclose(block, whole[np.ix_(rows, units[columns])], rtol=2e-4, atol=2e-5)
    pairs = scores.pairs(rows, columns).sum(axis=0)
    np.testing.assert_allclose(pairs, whole[rows, units[columns]], rtol=2e-4, atol=2e-5)


def test_own_scores_are_those_of_the_genes_given(model: ChannelGSFM) -> None:
    scores = GeneFactors(model, np.arange(V)).score(SETS)
    for row, units in enumerate(SETS[:3]):
        pairs = scores.pairs(np.full(len(units), row), units)
        np.testing.assert_allclose(scores.own[:, row], pairs.mean(axis=1), rtol=1e-4, atol=1e-6)
    assert scores.own[:, 3].tolist() == [0, 0, 0]


def test_slopes_weigh_each_channel(model: ChannelGSFM) -> None:
    scores = GeneFactors(model, np.arange(V)).score(SETS)
    rows, slopes = np.array([0, 2]), np.array([[2.0, 0.5], [0.0, 1.0], [3.0, 0.0]])
    pairs = scores.pairs(np.repeat(rows, V), np.tile(np.arange(V), 2)).reshape(3, 2, V)
    block = scores.block(rows, scores.genes.at(np.arange(V)), slopes)
    np.testing.assert_allclose(block, np.einsum("cr,crv->rv", slopes, pairs), rtol=1e-4, atol=1e-5)


def test_rounding_to_8_bit_stays_within_half_a_step() -> None:
    places = np.random.default_rng(1).standard_normal((50, 9)).astype(np.float32)
    channel = Dense(50, 9)
    channel.store(places)
    step = np.abs(places).max(axis=1) / 127
    assert (np.abs(channel.places - places) <= 0.501 * step[:, None]).all()


def test_nearness_keeps_ratios() -> None:
    similarity = np.array([[8.0, 2.0, 0.0], [1e-3, 1e-4, 0.0]], dtype=np.float32)
    table = Table(2, 3)
    table.store(np.array([[1, 0, 1], [0, 1, 1]], dtype=np.int16), similarity)
    found = table.matrix.toarray()
    step = np.log(8 / 1e-4) / 254
    for row, columns in enumerate([[1, 0], [0, 1]]):
        ratio = np.log(found[row, columns] / similarity[row, :2])
        assert (np.abs(ratio) <= 0.501 * step).all()
    assert table.matrix.nnz == 4


def test_z_scores_of_random_sets_have_about_unit_spread() -> None:
    from gsfm_enrich.model.whitening import standardise

    rng = np.random.default_rng(3)
    places = rng.standard_normal((802, 40)).astype(np.float32) * np.linspace(0.2, 2, 40, dtype=np.float32)
    places[:2] = 0
    places[2:] -= places[2:].mean(axis=0)
    vocab = Vocab(["<unk>", "<pad>", *(f"G{i}" for i in range(800))])
    model = ChannelGSFM(
        GSFMConfig(vocab_size=802, architecture="gsfm-channels", d_model=40, dense={"a": 40}), vocab
    )
    model.dense_channels[0].store(standardise(places))
    model.gate = torch.zeros(1, 3)
    sets = [np.sort(2 + rng.choice(800, 20, replace=False)) for _ in range(400)]
    scores = GeneFactors(model, np.arange(2, 802)).score(sets)
    rows = np.arange(400)
    z_scores = scores.z_scores(rows, scores.genes.at(np.arange(800)))
    assert abs(z_scores.mean()) < 0.05
    assert 0.9 < np.median(z_scores.std(axis=0)) < 1.1


def test_round_trip_through_a_folder(model: ChannelGSFM, tmp_path: Path) -> None:
    save_model(model, tmp_path)
    again = load_model(tmp_path)
    assert isinstance(again, ChannelGSFM)
    assert again.config == model.config
    np.testing.assert_array_equal(
        again.complete([["G1", "G4"], ["G7"]]), model.complete([["G1", "G4"], ["G7"]])
    )


def test_represent_and_output_multiply_to_the_dense_part(model: ChannelGSFM) -> None:
    weight, bias = model.output
    given = multi_hot(SETS[:3], V)
    weighed = model.weigh(given)
    places = model.represent(SETS[:3])
    tables = weighed_scores(given, model.tables_side_by_side, weighed.weights[:, 2:])
    whole = np.stack([by_loops(model, units) for units in SETS[:3]])
    np.testing.assert_allclose(places @ weight.T + bias + tables, whole, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"dense": {"a": 0}},
            "dense must map names of channels to whole numbers of at least 1, not {'a': 0}.",
        ),
        (
            {"tables": 3},
            "tables must map names of channels to whole numbers of at least 1, not 3.",
        ),
        (
            {},
            "dense is {} and tables is {}: 'gsfm-channels' needs a channel, other architectures have none.",
        ),
    ],
)
def test_channels_that_make_no_sense(values: dict[str, object], message: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        GSFMConfig(vocab_size=5, architecture="gsfm-channels", **values)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_other_architectures_have_no_channels() -> None:
    with pytest.raises(CheckpointError) as caught:
        GSFMConfig(vocab_size=5, tables={"t": 2})
    assert str(caught.value) == (
        "dense is {} and tables is {'t': 2}: 'gsfm-channels' needs a channel, other architectures have none."
    )


def test_the_default_model_gives_the_same_bytes_with_one_and_two_threads() -> None:
    model = load_model("default")
    rng = np.random.default_rng(0)
    sets = [list(rng.choice(model.vocab.genes, n, replace=False)) for n in (1, 5, 40, 300)] * 20
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            with threadpool_limits(threads):
                found.append(model.complete(sets).tobytes())
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1]
