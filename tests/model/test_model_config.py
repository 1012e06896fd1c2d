import dataclasses
import json

import pytest

from gsfm_enrich.errors import CheckpointError
from gsfm_enrich.model.config import ARCHITECTURES, GSFMConfig


@pytest.mark.parametrize(
    ("depth", "encoder", "decoder"),
    [  # V = 100, d = 8, written out from V -> d 2^(n-1) -> ... -> 2d -> d and d -> d 2^0 -> ... -> V
        (1, (100, 8), (8, 100)),
        (2, (100, 16, 8), (8, 8, 100)),
        (3, (100, 32, 16, 8), (8, 8, 16, 100)),
        (4, (100, 64, 32, 16, 8), (8, 8, 16, 32, 100)),
    ],
)
def test_widths(depth, encoder, decoder):
    config = GSFMConfig(vocab_size=100, d_model=8, depth=depth)
    assert config.encoder_widths == encoder
    assert config.decoder_widths == decoder


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"vocab_size": 2}, "vocab_size must be a whole number of at least 3, not 2."),
        ({"vocab_size": 5.0}, "vocab_size must be a whole number of at least 3, not 5.0."),
        ({"vocab_size": True}, "vocab_size must be a whole number of at least 3, not True."),
        ({"vocab_size": None}, "vocab_size must be a whole number of at least 3, not None."),
        ({"d_model": 0}, "d_model must be a whole number of at least 1, not 0."),
        ({"d_model": "8"}, "d_model must be a whole number of at least 1, not '8'."),
        ({"depth": 0}, "depth must be a whole number of at least 1, not 0."),
        ({"dropout": 1}, "dropout must be at least 0 and below 1, not 1."),
        ({"dropout": -0.1}, "dropout must be at least 0 and below 1, not -0.1."),
        ({"dropout": False}, "dropout must be at least 0 and below 1, not False."),
        ({"dropout": float("nan")}, "dropout must be at least 0 and below 1, not nan."),
        ({"partition": "half"}, "partition must be at least 0 and below 1, not 'half'."),
        ({"weighted_loss": "some"}, "weighted_loss must be one of none, unseen, balance, not 'some'."),
        ({"weighted_loss": None}, "weighted_loss must be one of none, unseen, balance, not None."),
        (
            {"architecture": "gsfm-channels", "tables": {"t": 5}, "vocab_size": 32769},
            "'gsfm-channels' takes up to 32768 tokens (its units are 16-bit numbers), not 32769.",
        ),
        ({"architecture": "big"}, f"architecture must be one of {', '.join(ARCHITECTURES)}, not 'big'."),
    ],
)
def test_values_out_of_range(fields, message):
    with pytest.raises(CheckpointError) as caught:
        GSFMConfig(**{"vocab_size": 10, **fields})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{",
            "config.json is not valid JSON: Expecting property name enclosed in double quotes: "
            "line 1 column 2 (char 1).",
        ),
        ("[1]", "config.json must hold an object, not list."),
        ("null", "config.json must hold an object, not NoneType."),
        ("{}", "config.json lacks vocab_size."),
        (
            '{"vocab_size": 10, "d_modell": 8}',
            "config.json has an unknown field 'd_modell'. Did you mean 'd_model'?",
        ),
        ('{"vocab_size": 10, "heads": 8}', "config.json has an unknown field 'heads'."),
        ('{"vocab_size": "10"}', "vocab_size must be a whole number of at least 3, not '10'."),
    ],
)
def test_bad_json(text, message):
    with pytest.raises(CheckpointError) as caught:
        GSFMConfig.from_json(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("architecture", ["gsfm", "gsfm-scaled"])
def test_json_round_trip(architecture):
    config = GSFMConfig(
        vocab_size=10,
        d_model=3,
        depth=4,
        dropout=0,
        partition=0.5,
        weighted_loss="balance",
        architecture=architecture,
    )
    assert GSFMConfig.from_json(config.to_json()) == config


def test_the_published_network_is_written_with_the_published_fields():
    published = {"vocab_size", "d_model", "depth", "dropout", "partition", "weighted_loss"}
    assert set(json.loads(GSFMConfig(vocab_size=10).to_json())) == published
    scaled = GSFMConfig(vocab_size=10, architecture="gsfm-scaled")
    assert set(json.loads(scaled.to_json())) >= published | {"architecture"}


def test_an_absent_architecture_is_the_published_one():
    config = GSFMConfig.from_json('{"vocab_size": 10, "d_model": 4}')
    assert (config.architecture, config.d_model) == ("gsfm", 4)


def test_a_config_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        GSFMConfig(vocab_size=10).depth = 3
