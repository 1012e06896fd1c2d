"""The network, against a forward pass in numpy that knows only parameter names and the published recipe."""

import numpy as np
import pytest
import torch

from gsfm_enrich.errors import CheckpointError, InputError
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM, pack
from gsfm_enrich.model.vocab import Vocab

SETS = [
    ["G0", "G5", "G19"],
    ["G7"],
    [],
    ["G1", "G1", "G1", "G2"],
    ["no gene", "G3", "neither"],
    ["<pad>", "G4"],
    ["<unk>", "G4"],
    [f"G{i}" for i in range(20)],
    ["no gene"],
]


def dense_forward(model, sets, unknown="drop", scaled=False):
    """Complete sets by dense products in float64, from the weights alone."""
    weights = {name: weight.double().numpy() for name, weight in model.state_dict().items()}
    x = np.zeros((len(sets), len(model.vocab)))
    for row, symbols in zip(x, sets, strict=True):
        for symbol in symbols:
            if symbol in model.vocab.tokens:
                row[model.vocab.tokens.index(symbol)] = 1
            elif unknown == "token":
                row[0] = 1
    if unknown == "drop":
        x[:, 0] = 0
    x[:, 1] = 0  # the input unit of <pad>
    if scaled:
        x /= np.sqrt(np.maximum(x.sum(axis=1, keepdims=True), 1))
    for part in ("encoder", "decoder"):
        numbers = sorted(int(name.split(".")[2]) for name in weights if name.startswith(part + "."))[::2]
        for number in numbers:
            x = x @ weights[f"{part}.layers.{number}.weight"].T + weights[f"{part}.layers.{number}.bias"]
            if number != numbers[-1]:
                x = np.maximum(x, 0)
    return x


@pytest.mark.parametrize("unknown", ["drop", "token"])
@pytest.mark.parametrize("architecture", ["gsfm", "gsfm-scaled"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_complete_equals_the_dense_forward_pass(make_model, depth, architecture, unknown):
    model = make_model(depth=depth, architecture=architecture).eval()
    logits = model.complete(SETS, unknown)
    expected = dense_forward(model, SETS, unknown, scaled=architecture == "gsfm-scaled")
    assert logits.dtype == np.float32
    assert logits.shape == (len(SETS), 22)
    np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-5)
    assert np.ptp(expected, axis=0).min() > 0.01  # the sets do differ


def test_the_scaled_network_divides_by_the_root_of_the_set_size(make_model):
    plain, scaled = make_model(depth=1), make_model(depth=1, architecture="gsfm-scaled")
    units = [np.array([2, 5, 9, 11])]
    bias = plain.encoder.layers[0].bias
    with torch.no_grad():
        difference = plain.encode(*pack(units)) - bias
        halved = scaled.encode(*pack(units)) - bias
    np.testing.assert_allclose(halved.numpy(), difference.numpy() / 2, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("depth", "linears"),
    [
        (1, {"encoder.layers.0": (4, 22), "decoder.layers.0": (22, 4)}),
        (
            2,
            {
                "encoder.layers.0": (8, 22),
                "encoder.layers.3": (4, 8),
                "decoder.layers.0": (4, 4),
                "decoder.layers.3": (22, 4),
            },
        ),
        (
            3,
            {
                "encoder.layers.0": (16, 22),
                "encoder.layers.3": (8, 16),
                "encoder.layers.6": (4, 8),
                "decoder.layers.0": (4, 4),
                "decoder.layers.3": (8, 4),
                "decoder.layers.6": (22, 8),
            },
        ),
    ],
)
@pytest.mark.parametrize("weighted_loss", ["none", "balance"])
@pytest.mark.parametrize("architecture", ["gsfm", "gsfm-scaled"])
def test_parameter_names_and_shapes(make_model, depth, linears, weighted_loss, architecture):
    model = make_model(depth=depth, weighted_loss=weighted_loss, architecture=architecture)
    expected = {f"{name}.weight": shape for name, shape in linears.items()}
    expected |= {f"{name}.bias": shape[:1] for name, shape in linears.items()}
    if weighted_loss == "balance":
        expected["bias"] = (22,)
    assert {name: tuple(weight.shape) for name, weight in model.state_dict().items()} == expected
    assert {name for name, _ in model.named_parameters()} == set(expected)


def test_the_balance_parameter_does_not_touch_inference(make_model):
    model, balanced = make_model(), make_model(weighted_loss="balance")
    assert not balanced.bias.requires_grad
    with torch.no_grad():
        balanced.bias.fill_(1e6)
    np.testing.assert_array_equal(balanced.complete(SETS), model.complete(SETS))


def test_unknown_symbols_switch_nothing_on_unless_asked(make_model):
    model = make_model()
    with torch.no_grad():
        model.encoder.layers[0].weight[:, :2] = 1e3  # either special unit would shift everything
    with_strangers = model.complete([["G3", "no gene", "<unk>", "<pad>"]])
    np.testing.assert_array_equal(with_strangers, model.complete([["G3"]]))
    published = model.complete([["G3", "no gene", "another"], ["G3", "<unk>"]], unknown="token")
    np.testing.assert_array_equal(published[0], published[1])
    assert abs(published[0] - with_strangers[0]).max() > 10
    np.testing.assert_array_equal(
        model.complete([["G3", "<pad>"]], unknown="token"), model.complete([["G3"]], unknown="token")
    )


def test_repeats_and_order_do_not_count(make_model):
    model = make_model(architecture="gsfm-scaled")
    logits = model.complete([["G1", "G2", "G9"], ["G9", "G1", "G2", "G1", "G9"]])
    np.testing.assert_array_equal(logits[0], logits[1])


def test_a_set_is_completed_the_same_alone_and_among_others(make_model):
    model = make_model()
    together = model.complete(SETS)
    alone = np.concatenate([model.complete([symbols]) for symbols in SETS])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize("architecture", ["gsfm", "gsfm-scaled"])
def test_no_set_and_the_empty_set(make_model, architecture):
    model = make_model(depth=1, architecture=architecture)
    assert model.complete([]).shape == (0, 22)
    weights = {name: weight.numpy() for name, weight in model.state_dict().items()}
    constant = weights["decoder.layers.0.weight"] @ weights["encoder.layers.0.bias"]
    expected = constant + weights["decoder.layers.0.bias"]
    np.testing.assert_allclose(model.complete([[]])[0], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("architecture", ["gsfm", "gsfm-scaled"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_logits_are_linear_in_the_representation(make_model, depth, architecture):
    model = make_model(depth=depth, architecture=architecture)
    weight, bias = model.output
    represented = model.represent([model.vocab.encode(symbols) for symbols in SETS])
    assert represented.shape == (len(SETS), weight.shape[1])
    np.testing.assert_allclose(represented @ weight.T + bias, model.complete(SETS), rtol=0, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_inference_knows_no_dropout_and_keeps_the_mode(make_model, training):
    model = make_model().train(training)
    first = model.complete(SETS)
    np.testing.assert_array_equal(first, model.complete(SETS))
    np.testing.assert_array_equal(first, make_model().eval().complete(SETS))
    units = [model.vocab.encode(symbols) for symbols in SETS]
    np.testing.assert_array_equal(model.represent(units), model.represent(units))
    with pytest.raises(InputError):
        model.complete(SETS, unknown="raise")
    assert [part.training for part in model.modules()] == [training] * len(list(model.modules()))


@pytest.mark.parametrize("sets", ["G1", ["G1", "G2"], [["G1"], "G2"]])
def test_one_set_is_not_a_list_of_sets(make_model, sets):
    with pytest.raises(InputError) as caught:
        make_model().complete(sets)
    assert str(caught.value) == "complete takes a list of gene sets, not one gene set: wrap it in a list."


def test_a_vocabulary_of_another_length():
    with pytest.raises(CheckpointError) as caught:
        GSFM(GSFMConfig(vocab_size=5), Vocab(["<unk>", "<pad>", "TP53"]))
    assert str(caught.value) == "config.json says 5 tokens, the vocabulary has 3."


@pytest.mark.parametrize("architecture", ["gsfm", "gsfm-scaled"])
def test_same_bytes_with_one_and_two_threads(make_model, architecture):
    model = make_model(n_genes=3000, d_model=64, architecture=architecture)
    rng = np.random.default_rng(0)
    sets = [[f"G{i}" for i in rng.choice(3000, size=rng.integers(1, 400))] for _ in range(60)]
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = model.complete(sets)
        torch.set_num_threads(2)
        two = model.complete(sets)
    finally:
        torch.set_num_threads(before)
    assert one.tobytes() == two.tobytes()


def test_packing():
    units, offsets = pack([np.array([3, 4]), np.zeros(0, dtype=np.int64), np.array([2])])
    assert units.tolist() == [3, 4, 2]
    assert offsets.tolist() == [0, 2, 2]
    assert units.dtype == offsets.dtype == torch.int64
