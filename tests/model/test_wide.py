"""The wide part against dense computations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from gsfm_enrich.errors import CheckpointError
from gsfm_enrich.model.checkpoint import load_model, save_model
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM, build
from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.model.wide import (
    GAIN,
    LARGE,
    SCALE,
    WideGSFM,
    strongest_neighbours,
    wide_evidence,
    wide_similarity,
)


@pytest.fixture
def model() -> WideGSFM:
    vocab = Vocab(["<unk>", "<pad>", *(f"G{i}" for i in range(18))])
    torch.manual_seed(0)
    built = build(GSFMConfig(20, d_model=4, architecture="gsfm-wide", neighbours=3), vocab)
    assert isinstance(built, WideGSFM)
    rng = np.random.default_rng(0)
    built.wide.neighbours.copy_(
        torch.from_numpy(rng.permuted(np.tile(np.arange(2, 20), (20, 1)), axis=1)[:, :3])
    )
    built.wide.similarity.copy_(torch.from_numpy(rng.uniform(0, 0.001, (20, 3))))
    return built.eval()


def dense(model: WideGSFM) -> np.ndarray:
    table = np.zeros((20, 20))
    for unit in range(20):
        for other, value in zip(model.wide.neighbours[unit], model.wide.similarity[unit], strict=True):
            table[unit, int(other)] += float(value)
    return table


def test_logits_are_the_sum_of_both_parts(model: WideGSFM) -> None:
    scaled = build(replace(model.config, architecture="gsfm-scaled", neighbours=0), model.vocab)
    scaled.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith("wide.")})
    sets = [["G0", "G5", "G7"], ["G3"], []]
    rows = [[model.vocab.index[gene] for gene in genes] for genes in sets]
    mean = np.array([dense(model)[units].mean(axis=0) if units else np.zeros(20) for units in rows])
    size = np.array([[3], [1], [1]])
    expected = scaled.complete(sets) + GAIN * np.log1p(SCALE * mean) / (1 + size / LARGE)
    np.testing.assert_allclose(model.complete(sets), expected, rtol=1e-5, atol=1e-5)


def test_sparse_evidence_is_what_the_network_adds(model: WideGSFM) -> None:
    given = csr_array(np.array([[0, 0, 1, 0, 1] + [0] * 15, [0] * 20]))
    found = wide_evidence(model.wide.matrix, csr_array(given, dtype=np.float32)).toarray()
    mean = dense(model)[[2, 4]].mean(axis=0)
    np.testing.assert_allclose(
        found, [GAIN * np.log1p(SCALE * mean) / (1 + 2 / LARGE), np.zeros(20)], rtol=1e-5
    )


def test_only_a_wide_model_has_similarities(model: WideGSFM) -> None:
    narrow = GSFM(GSFMConfig(20, d_model=4), model.vocab)
    assert wide_similarity(narrow) is None
    np.testing.assert_allclose(wide_similarity(model).toarray(), dense(model), rtol=1e-6)


def test_strongest_neighbours_by_brute_force() -> None:
    rng = np.random.default_rng(1)
    table = rng.uniform(size=(9, 9)) * (rng.uniform(size=(9, 9)) < 0.6)
    neighbours, strength = strongest_neighbours(csr_array(table), 4)
    np.fill_diagonal(table, 0)
    for row in range(9):
        best = np.sort(table[row])[::-1][:4]
        np.testing.assert_allclose(strength[row], best, rtol=1e-6)
        listed = strength[row] > 0
        np.testing.assert_allclose(table[row, neighbours[row][listed]], strength[row][listed], rtol=1e-6)
        assert (neighbours[row][~listed] == 1).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_round_trip(model: WideGSFM, dtype: torch.dtype, tmp_path: Path) -> None:
    save_model(model, tmp_path, dtype)
    loaded = load_model(tmp_path)
    assert isinstance(loaded, WideGSFM)
    assert loaded.wide.neighbours.dtype == torch.int16
    np.testing.assert_array_equal(loaded.wide.neighbours, model.wide.neighbours)
    sets = [["G1", "G2"]]
    np.testing.assert_allclose(
        loaded.complete(sets), model.complete(sets), atol=1e-5 if dtype == torch.float32 else 2e-2
    )


@pytest.mark.parametrize(("architecture", "neighbours"), [("gsfm-wide", 0), ("gsfm", 3)])
def test_neighbours_go_with_the_wide_architecture(architecture: str, neighbours: int) -> None:
    with pytest.raises(CheckpointError) as caught:
        GSFMConfig(20, architecture=architecture, neighbours=neighbours)
    assert str(caught.value) == (
        f"neighbours is {neighbours}: 'gsfm-wide' needs 1 or more, other architectures 0."
    )
