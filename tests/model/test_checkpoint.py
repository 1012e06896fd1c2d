"""Checkpoint files; published ones are written here by hand, as their authors' code writes them."""

import json
import os
import stat
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch

from gsfm_enrich.errors import CheckpointError, InputError
from gsfm_enrich.model import checkpoint
from gsfm_enrich.model.checkpoint import DEFAULT_FOLDER, load_model, save_model

FILES = ["config.json", "model.safetensors", "vocab.txt"]
TOKENS = ["<unk>", "<pad>", "TP53", "MYC", "Trp53", "HLA-A"]
PUBLISHED = {
    "vocab_size": 6,
    "d_model": 2,
    "depth": 2,
    "dropout": 0.2,
    "partition": 0,
    "weighted_loss": "balance",
}


def published_weights():
    rng = np.random.default_rng(0)
    shapes = {
        "bias": (6,),
        "encoder.layers.0.weight": (4, 6),
        "encoder.layers.0.bias": (4,),
        "encoder.layers.3.weight": (2, 4),
        "encoder.layers.3.bias": (2,),
        "decoder.layers.0.weight": (2, 2),
        "decoder.layers.0.bias": (2,),
        "decoder.layers.3.weight": (6, 2),
        "decoder.layers.3.bias": (6,),
    }
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def write(folder, config=PUBLISHED, tokens=TOKENS, weights=None):
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n")
    weights = published_weights() if weights is None else weights
    safetensors.numpy.save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def error_of(folder):
    with pytest.raises(CheckpointError) as caught:
        load_model(folder)
    return str(caught.value)


def test_a_published_checkpoint_loads_unchanged(tmp_path):
    model = load_model(write(tmp_path / "published"))
    weights = published_weights()
    assert {name: value.numpy().tolist() for name, value in model.state_dict().items()} == {
        name: value.tolist() for name, value in weights.items()
    }
    assert model.vocab.tokens == tuple(TOKENS)
    assert model.config.architecture == "gsfm"
    assert not model.training
    assert not any(weight.requires_grad for weight in model.parameters())
    x = np.array([[0, 0, 1, 0, 0, 1]], dtype=np.float32)
    for part in ("encoder", "decoder"):
        x = np.maximum(x @ weights[f"{part}.layers.0.weight"].T + weights[f"{part}.layers.0.bias"], 0)
        x = x @ weights[f"{part}.layers.3.weight"].T + weights[f"{part}.layers.3.bias"]
    np.testing.assert_allclose(model.complete([["HLA-A", "TP53", "not there"]]), x, rtol=0, atol=1e-6)


@pytest.mark.parametrize("architecture", ["gsfm", "gsfm-scaled"])
@pytest.mark.parametrize("weighted_loss", ["none", "balance"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_round_trip(make_model, tmp_path, depth, weighted_loss, architecture):
    model = make_model(depth=depth, weighted_loss=weighted_loss, architecture=architecture)
    save_model(model, tmp_path / "new" / "folder")
    loaded = load_model(tmp_path / "new" / "folder")
    assert type(loaded) is type(model)
    assert loaded.config == model.config
    assert loaded.vocab == model.vocab
    assert list(loaded.state_dict()) == list(model.state_dict())
    for name, weight in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight)
    sets = [["G1", "G2"], [], ["G19"]]
    assert loaded.complete(sets).tobytes() == model.complete(sets).tobytes()
    assert sorted(file.name for file in (tmp_path / "new" / "folder").iterdir()) == FILES


def test_half_precision_halves_the_file_and_keeps_the_weights_within_rounding(make_model, tmp_path):
    model = make_model(n_genes=500)
    save_model(model, tmp_path / "full")
    save_model(model, tmp_path / "half", dtype=torch.float16)
    full, half = ((tmp_path / name / "model.safetensors").stat().st_size for name in ("full", "half"))
    assert half < 0.6 * full
    loaded = load_model(tmp_path / "half")
    for name, weight in model.state_dict().items():
        given = loaded.state_dict()[name]
        assert given.dtype == torch.float32
        expected = weight.numpy().astype(np.float16).astype(np.float32)  # numpy rounds to nearest even, too
        np.testing.assert_array_equal(given.numpy(), expected)
        np.testing.assert_allclose(given.numpy(), weight.numpy(), rtol=2**-11, atol=2**-25)


def test_saving_keeps_other_files_and_the_model(make_model, tmp_path):
    (tmp_path / "MODEL_CARD.md").write_text("what it is")
    model = make_model().train()
    save_model(model, tmp_path)
    assert (tmp_path / "MODEL_CARD.md").read_text() == "what it is"
    assert model.training
    assert all(weight.requires_grad for weight in model.parameters())


def test_the_files_of_a_checkpoint_are_readable_by_whom_the_umask_says(make_model, tmp_path):
    before = os.umask(0o022)
    try:
        save_model(make_model(), tmp_path)
    finally:
        os.umask(before)
    assert {stat.S_IMODE((tmp_path / file).stat().st_mode) for file in FILES} == {0o644}


@pytest.mark.parametrize("stop_after", [0, 1])
def test_an_interrupted_save_leaves_the_previous_checkpoint(make_model, tmp_path, monkeypatch, stop_after):
    model = make_model()
    save_model(model, tmp_path)
    before = {file: (tmp_path / file).read_bytes() for file in FILES}

    def interrupted(weights, path, **options):
        if stop_after:
            path.write_bytes(b"half of the weights")
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_model(make_model(n_genes=30, seed=1), tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert torch.equal(load_model(tmp_path).output_layer.weight, model.output_layer.weight)


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file(tmp_path, file):
    folder = write(tmp_path / "published")
    (folder / file).unlink()
    assert error_of(folder) == (
        f"The folder {str(folder)!r} has no {file}; "
        "a checkpoint has config.json, model.safetensors, vocab.txt."
    )


def test_missing_and_unknown_weights(tmp_path):
    weights = published_weights()
    weights["encoder.layers.1.weight"] = weights.pop("encoder.layers.3.weight")
    del weights["decoder.layers.0.bias"]
    assert error_of(write(tmp_path / "a", weights=weights)) == (
        "The weights do not match config.json: encoder.layers.3.weight is missing; decoder.layers.0.bias is "
        "missing; encoder.layers.1.weight is unknown."
    )


def test_weights_of_another_shape(tmp_path):
    weights = published_weights()
    weights["decoder.layers.3.weight"] = np.zeros((7, 2), dtype=np.float32)
    assert error_of(write(tmp_path / "a", weights=weights)) == (
        "The weights do not match config.json: decoder.layers.3.weight has shape (7, 2), expected (6, 2)."
    )


def test_the_bias_of_another_loss(tmp_path):
    assert error_of(write(tmp_path / "a", config={**PUBLISHED, "weighted_loss": "none"})) == (
        "The weights do not match config.json: bias is unknown."
    )


def test_weights_of_another_depth(tmp_path):
    assert error_of(write(tmp_path / "a", config={**PUBLISHED, "depth": 1})) == (
        "The weights do not match config.json: decoder.layers.3.bias is unknown; decoder.layers.3.weight is "
        "unknown; encoder.layers.3.bias is unknown; encoder.layers.3.weight is unknown; "
        "encoder.layers.0.weight has shape (4, 6), expected (2, 6); encoder.layers.0.bias has shape (4,), "
        "expected (2,); decoder.layers.0.weight has shape (2, 2), expected (6, 2); decoder.layers.0.bias has "
        "shape (2,), expected (6,)."
    )


def test_a_vocabulary_of_another_length(tmp_path):
    assert error_of(write(tmp_path / "a", tokens=TOKENS[:-1])) == (
        "config.json says 6 tokens, the vocabulary has 5."
    )


def test_a_vocabulary_without_special_tokens(tmp_path):
    assert error_of(write(tmp_path / "a", tokens=["A", "B", *TOKENS[2:]])) == (
        "A vocabulary starts with <unk> and <pad>, this one with ['A', 'B']."
    )


def test_a_config_with_an_unknown_field(tmp_path):
    assert error_of(write(tmp_path / "a", config={**PUBLISHED, "drop_out": 0.1})) == (
        "config.json has an unknown field 'drop_out'. Did you mean 'dropout'?"
    )


@pytest.mark.parametrize("kept", [4, 100, -1])
def test_truncated_weights(tmp_path, kept):
    folder = write(tmp_path / "a")
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(safetensors.SafetensorError) as reason:
        safetensors.numpy.load_file(path)
    assert error_of(folder) == f"{str(path)!r} is damaged: {reason.value}."


def test_a_vocabulary_that_is_no_text(tmp_path):
    folder = write(tmp_path / "a")
    (folder / "vocab.txt").write_bytes(b"<unk>\n<pad>\n\xff\xfe\n")
    assert error_of(folder) == (
        f"{str(folder / 'vocab.txt')!r} is not UTF-8 text: "
        "'utf-8' codec can't decode byte 0xff in position 12: invalid start byte."
    )


def test_windows_line_ends_and_a_byte_order_mark(tmp_path):
    folder = write(tmp_path / "a")
    (folder / "vocab.txt").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(TOKENS).encode())
    assert load_model(folder).vocab.tokens == tuple(TOKENS)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "gsfm-rummagene",
            "'gsfm-rummagene' is neither 'default', nor a folder, nor a hub name like "
            "'maayanlab/gsfm-rummagene'. Did you mean 'maayanlab/gsfm-rummagene' or 'maayanlab/gsfm-rummage'"
            " or 'maayanlab/gsfm-rummageo'?",
        ),
        (
            "Default",
            "'Default' is neither 'default', nor a folder, nor a hub name like 'maayanlab/gsfm-rummagene'. "
            "Did you mean 'default'?",
        ),
        (
            "",
            "'' is neither 'default', nor a folder, nor a hub name like 'maayanlab/gsfm-rummagene'.",
        ),
        (
            "models/mine/first",
            "'models/mine/first' is neither 'default', nor a folder, nor a hub name like "
            "'maayanlab/gsfm-rummagene'.",
        ),
        (None, "A model must be a name, a folder or a GSFM, not NoneType."),
        (7, "A model must be a name, a folder or a GSFM, not int."),
    ],
)
def test_no_such_model(tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        load_model(name)
    assert str(caught.value) == message


def test_a_path_is_never_a_hub_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        load_model(Path("models/mine"))
    assert str(caught.value) == (
        "'models/mine' is neither 'default', nor a folder, nor a hub name like 'maayanlab/gsfm-rummagene'."
    )


def test_a_model_is_its_own_name(make_model):
    model = make_model()
    assert load_model(model) is model


def test_the_same_files_give_the_same_object(make_model, tmp_path, monkeypatch):
    save_model(make_model(), tmp_path / "model")
    first = load_model(tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    assert load_model("model") is first
    assert load_model(str(tmp_path / "model")) is first
    save_model(make_model(seed=1), tmp_path / "model")
    second = load_model("model")
    assert second is not first
    assert not torch.equal(second.output_layer.weight, first.output_layer.weight)


def test_an_installation_without_the_bundled_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "DEFAULT_FOLDER", tmp_path / "gone")
    assert error_of("default") == (
        f"The folder {str(tmp_path / 'gone')!r} has no config.json; a checkpoint has config.json, "
        "model.safetensors, vocab.txt."
    )


@pytest.mark.skipif(not DEFAULT_FOLDER.is_dir(), reason="the default checkpoint is not bundled yet")
class TestDefault:
    def test_it_loads_once(self):
        model = load_model()
        assert load_model("default") is model
        assert not model.training
        assert len(model.vocab) == model.config.vocab_size > 15_000

    def test_it_is_small_enough_to_ship(self):
        size = sum(file.stat().st_size for file in DEFAULT_FOLDER.iterdir())
        assert size <= 40 * 2**20

    def test_its_genes_are_approved_symbols(self):
        from gsfm_enrich.genes.table import human_columns

        assert not set(load_model().vocab.genes) - set(human_columns()["symbol"])

    def test_it_knows_which_genes_belong_together(self):
        """Half of a complex finds the other half; chance would put its median rank in the middle."""
        proteasome = [f"PSMA{i}" for i in range(1, 8)] + [f"PSMB{i}" for i in range(1, 8)]
        model = load_model()
        logits = model.complete([proteasome[::2]])[0]
        logits = logits - model.complete([[]])[0]
        ranks = np.argsort(np.argsort(-logits))[[model.vocab.index[gene] for gene in proteasome[1::2]]]
        assert np.median(ranks) < 0.01 * len(model.vocab)

    def test_saved_again_it_is_the_same(self, tmp_path):
        save_model(load_model(), tmp_path)
        sets = [["TP53", "MDM2", "CDKN1A"], ["INS"]]
        assert load_model(tmp_path).complete(sets).tobytes() == load_model().complete(sets).tobytes()
