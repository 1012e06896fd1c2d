"""Checkpoints that hold nonsense are refused, with what is wrong."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from gsfm_enrich.errors import CheckpointError, InputError
from gsfm_enrich.model.checkpoint import check_values, load_model, save_model
from gsfm_enrich.model.config import GSFMConfig


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite(make_model, tmp_path, value):
    save_model(make_model(), tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    name = next(iter(weights))
    weights[name].view(-1)[0] = value
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=name):
        load_model(tmp_path)


@pytest.mark.parametrize("unit", [-1, 3])
def test_neighbours_outside_the_vocabulary(unit):
    good = torch.tensor([[1, 2], [0, 2], [1, 0]], dtype=torch.int16)
    check_values({"tables.x.neighbours": good})
    good[0, 0] = unit
    with pytest.raises(CheckpointError, match=r"tables\.x\.neighbours"):
        check_values({"tables.x.neighbours": good})


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"vocab_size": ' + "9" * 10_000 + "}", '{"vocab_size": 1e999}', "\x00"]
)
def test_json_that_is_none(text):
    with pytest.raises(CheckpointError):
        GSFMConfig.from_json(text)


@pytest.mark.parametrize(
    "change",
    [
        {"vocab_size": 10**12},
        {"d_model": 10**9},
        {"depth": 10**6},
        {"dense": {"a.b": 2}},
        {"dense": {"": 2}},
        {"dense": {"a/b": 2}},
        {"tables": {"x" * 1000: 2}},
        {"dense": {"a": 10**12}},
        {"dense": {f"c{i}": 1 for i in range(1000)}},
        {"dense": [1, 2]},
    ],
)
def test_absurd_sizes_and_odd_channels(change):
    values = {"vocab_size": 10, "architecture": "gsfm-channels", "dense": {"a": 2}} | change
    with pytest.raises(CheckpointError, match=next(iter(change))):
        GSFMConfig.from_json(json.dumps(values))


def test_a_revision_is_for_the_hub(make_model, tmp_path):
    for name in ("default", tmp_path, make_model()):
        with pytest.raises(InputError, match="revision"):
            load_model(name, revision="main")
