import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from gsfm_enrich.errors import CheckpointError, InputError
from gsfm_enrich.model.build import build
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.training import fit as fit_module
from gsfm_enrich.training import state as state_module
from gsfm_enrich.training.batches import make_batch, split_corpus
from gsfm_enrich.training.config import TrainingConfig
from gsfm_enrich.training.fit import fit, hidden_gene_loss, learning_rate, validate
from gsfm_enrich.training.state import describe_run, resume, save_state

MODEL = GSFMConfig(vocab_size=3, d_model=8, dropout=0.2, architecture="gsfm-scaled")
TRAINING = TrainingConfig(
    steps=24, batch_size=16, learning_rate=1e-2, warmup=4, validate_every=4, save_every=8
)


class KilledError(Exception):
    pass


def kill_at(step):
    def report(done, loss, validation_loss):
        if done == step:
            raise KilledError

    return report


def corpus_subset(corpus, sources):
    """Return the corpus without the sets of other sources; their names stay."""
    kept = [i for i in range(len(corpus)) if corpus.sources[corpus.source[i]] in sources]
    return replace(
        corpus,
        units=np.concatenate([corpus[i] for i in kept]),
        starts=np.cumsum([0, *(len(corpus[i]) for i in kept)]),
        source=corpus.source[kept],
    )


# --- settings


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, not 0."),
        ({"batch_size": -1}, "batch_size must be at least 1, not -1."),
        ({"validate_every": 0}, "validate_every must be at least 1, not 0."),
        ({"save_every": 0}, "save_every must be at least 1, not 0."),
        ({"warmup": -1}, "warmup must be at least 0, not -1."),
        ({"patience": -1}, "patience must be at least 0, not -1."),
        ({"learning_rate": 0.0}, "learning_rate must be above 0, not 0.0."),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0, not nan."),
        ({"held_out": 1.0}, "held_out must be at least 0 and below 1, not 1.0."),
        ({"held_out": -0.1}, "held_out must be at least 0 and below 1, not -0.1."),
        (
            {"given": (0.0, 0.5)},
            "given must be two shares between 0 and 1, the smaller first, not (0.0, 0.5).",
        ),
        (
            {"given": (0.9, 0.5)},
            "given must be two shares between 0 and 1, the smaller first, not (0.9, 0.5).",
        ),
        (
            {"given": (0.5, 1.0)},
            "given must be two shares between 0 and 1, the smaller first, not (0.5, 1.0).",
        ),
    ],
)
def test_settings_out_of_range(fields, message):
    with pytest.raises(InputError) as caught:
        TrainingConfig(**fields)
    assert str(caught.value) == message


def test_learning_rate():
    config = TrainingConfig(steps=100, warmup=20, learning_rate=0.5)
    rates = np.array([learning_rate(step, config) for step in range(100)])
    np.testing.assert_allclose(rates[:20], 0.5 * np.arange(1, 21) / 20, rtol=1e-12)
    np.testing.assert_allclose(rates[20:], 0.5 * np.cos(np.pi / 2 * np.arange(80) / 80) ** 2, rtol=1e-12)
    assert rates.max() == rates[19] == rates[20] == 0.5
    assert 0 < rates[-1] < 0.001


def test_learning_rate_without_warm_up_and_with_nothing_else():
    assert learning_rate(0, TrainingConfig(steps=10, warmup=0, learning_rate=0.5)) == 0.5
    assert learning_rate(9, TrainingConfig(steps=10, warmup=10, learning_rate=0.5)) == 0.5
    assert learning_rate(9, TrainingConfig(steps=10, warmup=20, learning_rate=0.5)) == 0.25


# --- parts and batches


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_sources_are_drawn_in_proportion(block_corpus, balance):
    training, validation = split_corpus(block_corpus, TrainingConfig(balance=balance, held_out=0.2))
    sizes = np.array([len(sets) for sets in training.members])
    expected = sizes**balance / (sizes**balance).sum()
    rng = np.random.default_rng(0)
    for sampler in (training, validation):
        drawn = np.concatenate([sampler.draw(rng, 100) for _ in range(200)])
        observed = np.bincount(block_corpus.source[drawn], minlength=2) / len(drawn)
        np.testing.assert_allclose(sampler.weights, expected, rtol=1e-12)
        np.testing.assert_allclose(observed, expected, atol=4 * np.sqrt(0.25 / len(drawn)))


def test_sets_of_a_source_are_drawn_alike(block_corpus):
    training, _ = split_corpus(block_corpus, TrainingConfig(balance=0.0))
    rng = np.random.default_rng(0)
    drawn = np.concatenate([training.draw(rng, 1000) for _ in range(50)])
    counts = np.bincount(drawn, minlength=len(block_corpus))[training.members[0]]
    assert abs(counts / counts.mean() - 1).max() < 5 / np.sqrt(counts.mean())


def test_held_out_sets_are_never_drawn_for_training(block_corpus):
    training, validation = split_corpus(block_corpus, TrainingConfig(held_out=0.2))
    rng = np.random.default_rng(0)
    drawn, checked = (
        set(np.concatenate([s.draw(rng, 100) for _ in range(100)])) for s in (training, validation)
    )
    assert not drawn & checked
    assert drawn | checked == set(range(len(block_corpus)))
    assert 0.1 < len(checked) / len(block_corpus) < 0.3
    assert set(block_corpus.source[list(checked)]) == {0, 1}


def test_the_parts_depend_on_the_seed_alone(block_corpus):
    config = TrainingConfig(held_out=0.2)
    same, _ = split_corpus(block_corpus, replace(config, batch_size=7, learning_rate=1.0, balance=1.0))
    other, _ = split_corpus(block_corpus, replace(config, seed=1))
    first, _ = split_corpus(block_corpus, config)
    np.testing.assert_array_equal(np.concatenate(first.members), np.concatenate(same.members))
    assert not np.array_equal(np.concatenate(first.members), np.concatenate(other.members))


def test_sources_too_small_to_be_parted(block_corpus):
    alone = corpus_subset(block_corpus, ["experiments"])
    training, validation = split_corpus(alone, TrainingConfig(held_out=0.0))
    assert len(training.members) == len(validation.members) == 1  # the other source has no set
    np.testing.assert_array_equal(training.members[0], validation.members[0])
    assert training.weights.tolist() == [1.0]


@pytest.mark.parametrize("given", [(0.1, 0.9), (0.5, 0.5), (0.01, 0.02), (0.98, 0.99)])
def test_batches_hide_part_of_every_set(block_corpus, given):
    sets = np.array([0, 450, 0, 17, 499, *range(100)])
    batch = make_batch(block_corpus, sets, np.random.default_rng(0), given)
    bounds = [*batch.offsets.tolist(), len(batch.units)]
    for name in ("units", "offsets", "given_set", "target_units", "target_set"):
        assert getattr(batch, name).dtype == torch.int64
    for row, number in enumerate(sets):
        shown = batch.units[bounds[row] : bounds[row + 1]].tolist()
        assert batch.given_set[bounds[row] : bounds[row + 1]].tolist() == [row] * len(shown)
        hidden = batch.target_units[batch.target_set == row].tolist()
        assert len(shown) >= 1
        assert len(hidden) >= 1
        assert sorted(shown + hidden) == sorted(block_corpus[number].tolist())
        size = len(block_corpus[number])
        low, high = (min(max(share * size, 1), size - 1) for share in given)
        assert low - 0.5 <= len(shown) <= high + 0.5
    assert len(batch.given_set) == len(batch.units)
    assert len(batch.target_set) == len(batch.target_units)


def test_every_gene_of_a_set_is_hidden_as_often_as_any_other(block_corpus):
    number = int(np.argmax(np.diff(block_corpus.starts)))
    batch = make_batch(block_corpus, np.full(4000, number), np.random.default_rng(0), (0.5, 0.5))
    shares = np.bincount(batch.target_units, minlength=62)[block_corpus[number]] / 4000
    np.testing.assert_allclose(shares, 0.5, atol=5 * np.sqrt(0.25 / 4000))


# --- loss


def reference_loss(logits, batch):
    """Take the log softmax over the genes that were not given, by torch's own functions and autograd."""
    allowed = torch.ones_like(logits, dtype=torch.bool)
    allowed[:, :2] = False
    allowed[batch.given_set, batch.units] = False
    log_p = torch.log_softmax(logits.masked_fill(~allowed, -torch.inf), dim=1)
    per_set = [-log_p[row, batch.target_units[batch.target_set == row]].mean() for row in range(len(logits))]
    return torch.stack(per_set).mean()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("spread", [1.0, 30.0])
def test_loss_and_gradient(block_corpus, dtype, spread):
    rng = np.random.default_rng(0)
    batch = make_batch(block_corpus, rng.integers(500, size=40), rng, (0.1, 0.9))
    logits = spread * torch.from_numpy(rng.normal(size=(40, 62)))
    expected_input = logits.clone().requires_grad_()
    expected = reference_loss(expected_input, batch)
    (3 * expected).backward()
    given = logits.to(dtype).requires_grad_()
    loss = hidden_gene_loss(given * 1, batch)
    (3 * loss).backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    np.testing.assert_allclose(
        given.grad.double().numpy(),
        expected_input.grad.numpy(),
        rtol=0,
        atol=1e-8 if dtype == torch.float64 else 1e-6,
    )
    assert given.grad[:, :2].abs().max() == 0
    assert given.grad[batch.given_set, batch.units].abs().max() == 0
    assert given.grad.sum(dim=1).abs().max() < 1e-6


def test_the_loss_of_a_model_without_a_clue(block_corpus):
    """All logits equal: the loss is the log of the number of genes to choose from."""
    sets = np.arange(500)
    batch = make_batch(block_corpus, sets, np.random.default_rng(0), (0.5, 0.5))
    shown = np.bincount(batch.given_set.numpy())
    loss = hidden_gene_loss(torch.full((500, 62), 7.0), batch)
    assert loss.item() == pytest.approx(np.log(60 - shown).mean(), rel=1e-6)


# --- training


class BlockOracle(torch.nn.Module):
    """Knows the block of a set and nothing else, which is all there is to know."""

    def forward(self, units, offsets):
        block = (units[offsets] - 2) // 10
        return torch.where((torch.arange(62) - 2) // 10 == block[:, None], 0.0, -50.0)


def test_a_small_model_learns(block_corpus, tmp_path):
    training = TrainingConfig(
        steps=100, batch_size=64, learning_rate=3e-2, warmup=10, validate_every=100, save_every=100
    )
    seen = []
    shape = replace(MODEL, dropout=0.0)
    model = fit(block_corpus, shape, training, tmp_path, lambda *args: seen.append(args))
    _, sampler = split_corpus(block_corpus, training)
    best = validate(BlockOracle(), block_corpus, sampler, training, torch.device("cpu"))
    assert seen[0][1] == pytest.approx(np.log(60), abs=0.4)  # it starts without a clue
    assert best < seen[-1][2] < best + 0.2 < np.log(60) - 1.5
    assert not model.training
    logits = model.complete([["B2G0", "B2G1"], ["B4G9"]])
    for row, block in zip(logits, (2, 4), strict=True):
        strongest = [model.vocab.tokens[unit] for unit in np.argsort(-row)[:10]]
        assert sum(gene.startswith(f"B{block}G") for gene in strongest) >= 9


def test_what_a_run_leaves(block_corpus, tmp_path):
    seen = []
    model = fit(block_corpus, MODEL, TRAINING, tmp_path / "a" / "run", lambda *args: seen.append(args))
    folder = tmp_path / "a" / "run"
    assert sorted(file.name for file in folder.iterdir()) == [
        "config.json",
        "log.tsv",
        "model.safetensors",
        "training.safetensors",
        "vocab.txt",
    ]
    loaded = load_model(folder)
    assert loaded.config == replace(MODEL, vocab_size=62)
    assert loaded.vocab == block_corpus.vocab
    for name, weight in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight)
    header, *lines = (folder / "log.tsv").read_text().splitlines()
    assert header == "step\ttraining loss\tvalidation loss"
    assert [done for done, _, _ in seen] == list(range(1, 25))
    expected = [f"{done}\t{loss:.5f}\t{checked:.5f}" for done, loss, checked in seen if checked is not None]
    assert lines == expected
    assert [int(line.split("\t")[0]) for line in lines] == [4, 8, 12, 16, 20, 24]


def test_training_and_validation_see_different_sets(block_corpus, tmp_path, monkeypatch):
    seen = {16: set(), 512: set()}

    def spy(corpus, sets, *args):
        seen[len(sets)].update(sets.tolist())
        return make_batch(corpus, sets, *args)

    monkeypatch.setattr(fit_module, "make_batch", spy)
    fit(block_corpus, MODEL, replace(TRAINING, held_out=0.2), tmp_path)
    assert seen[16]
    assert seen[512]
    assert not seen[16] & seen[512]


def test_every_validation_asks_the_same(block_corpus):
    model = build(replace(MODEL, vocab_size=62), block_corpus.vocab)
    _, sampler = split_corpus(block_corpus, TRAINING)
    cpu = torch.device("cpu")
    losses = {validate(model, block_corpus, sampler, TRAINING, cpu) for _ in range(3)}
    assert len(losses) == 1
    assert model.training
    assert losses != {validate(model, block_corpus, sampler, replace(TRAINING, seed=1), cpu)}


@pytest.mark.parametrize("weighted_loss", ["none", "balance"])
@pytest.mark.parametrize("killed", [3, 13, 16])
def test_a_killed_run_goes_on_as_if_nothing_had_happened(block_corpus, tmp_path, killed, weighted_loss):
    """KilledError before the first state, between states, and right after one."""
    shape = replace(MODEL, weighted_loss=weighted_loss)
    whole = fit(block_corpus, shape, TRAINING, tmp_path / "whole")
    with pytest.raises(KilledError):
        fit(block_corpus, shape, TRAINING, tmp_path / "killed", kill_at(killed))
    steps = []
    torch.manual_seed(99)  # whatever happened in between
    resumed = fit(
        block_corpus, shape, TRAINING, tmp_path / "killed", lambda done, *losses: steps.append(done)
    )
    assert steps == list(range(killed // 8 * 8 + 1, 25))
    for name, weight in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], weight)
    for file in ("log.tsv", "model.safetensors"):
        assert (tmp_path / "killed" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()
    states = [load_file(tmp_path / name / "training.safetensors") for name in ("whole", "killed")]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_a_finished_run_is_returned_as_it_is(block_corpus, tmp_path):
    first = fit(block_corpus, MODEL, TRAINING, tmp_path)
    log = (tmp_path / "log.tsv").read_text()
    again = fit(block_corpus, MODEL, TRAINING, tmp_path, kill_at(1))
    assert torch.equal(again.output_layer.weight, first.output_layer.weight)
    assert (tmp_path / "log.tsv").read_text() == log


def test_other_seeds_give_other_models(block_corpus, tmp_path):
    brief = replace(TRAINING, steps=2)
    first, same, other = (
        fit(block_corpus, MODEL, replace(brief, seed=seed), tmp_path / name).output_layer.weight
        for name, seed in (("first", 0), ("same", 0), ("other", 1))
    )
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("change", ["training", "model", "corpus", "genes"])
def test_a_folder_with_another_run(block_corpus, tmp_path, change):
    with pytest.raises(KilledError):
        fit(block_corpus, MODEL, TRAINING, tmp_path, kill_at(9))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    corpus, model, training = block_corpus, MODEL, TRAINING
    if change == "training":
        training = replace(TRAINING, learning_rate=2e-2)
    elif change == "model":
        model = replace(MODEL, dropout=0.1)
    elif change == "corpus":
        corpus = replace(block_corpus, units=block_corpus.units[::-1].copy())
    else:
        tokens = block_corpus.vocab.tokens
        corpus = replace(block_corpus, vocab=type(block_corpus.vocab)([*tokens[:-1], "OTHER"]))
    with pytest.raises(CheckpointError) as caught:
        fit(corpus, model, training, tmp_path)
    difference = "with other settings" if change in ("training", "model") else "on another corpus"
    assert str(caught.value) == (
        f"{str(tmp_path)!r} holds a run {difference}; choose another folder, or remove it."
    )
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_damaged_state(block_corpus, tmp_path):
    path = tmp_path / "training.safetensors"
    path.write_bytes(b"half of a state")
    with pytest.raises(SafetensorError) as reason, safe_open(path, framework="pt"):
        pass
    with pytest.raises(CheckpointError) as caught:
        fit(block_corpus, MODEL, TRAINING, tmp_path)
    assert str(caught.value) == f"{str(path)!r} is damaged: {reason.value}."


def test_a_state_of_something_else(block_corpus, tmp_path):
    save_file({"weight": torch.zeros(2)}, tmp_path / "training.safetensors")
    with pytest.raises(CheckpointError) as caught:
        fit(block_corpus, MODEL, TRAINING, tmp_path)
    assert str(caught.value) == (
        f"{str(tmp_path)!r} holds a run with other settings; choose another folder, or remove it."
    )


def test_an_interrupted_save_leaves_the_previous_state(block_corpus, tmp_path, monkeypatch):
    with pytest.raises(KilledError):
        fit(block_corpus, MODEL, TRAINING, tmp_path, kill_at(9))
    before = (tmp_path / "training.safetensors").read_bytes()

    def interrupted(tensors, path, metadata):
        path.write_bytes(b"half of a state")
        raise KilledError

    monkeypatch.setattr(state_module, "save_file", interrupted)
    with pytest.raises(KilledError):
        fit(block_corpus, MODEL, TRAINING, tmp_path)
    assert (tmp_path / "training.safetensors").read_bytes() == before


def test_a_resumed_state_is_where_its_weights_are(block_corpus, tmp_path):
    """The meta device stands in for an accelerator: optimizers refuse moments on another device."""
    with pytest.raises(KilledError):
        fit(block_corpus, MODEL, TRAINING, tmp_path, kill_at(9))
    shape = replace(MODEL, vocab_size=62)
    with torch.device("meta"):
        network = build(shape, block_corpus.vocab)
    optimizer = torch.optim.Adam(network.parameters())
    run = describe_run(block_corpus, shape, TRAINING)
    assert resume(tmp_path / "training.safetensors", network, optimizer, run) == 8
    for weight in network.parameters():
        slots = optimizer.state[weight]
        assert set(slots) == {"step", "exp_avg", "exp_avg_sq"}
        assert {tensor.device.type for tensor in slots.values()} == {"meta"}
        assert slots["exp_avg"].shape == weight.shape


def test_state_round_trip(block_corpus, tmp_path):
    network = build(replace(MODEL, vocab_size=62), block_corpus.vocab)
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.tensor([3, 4]), torch.tensor([0])).sum().backward()
    optimizer.step()
    run = describe_run(block_corpus, network.config, TRAINING)
    save_state(tmp_path / "state", network, optimizer, run, 5)
    other = build(network.config, block_corpus.vocab)
    other_optimizer = torch.optim.Adam(other.parameters())
    assert resume(tmp_path / "none", other, other_optimizer, run) == 0
    assert resume(tmp_path / "state", other, other_optimizer, run) == 5
    for weight, copy in zip(network.parameters(), other.parameters(), strict=True):
        assert torch.equal(weight, copy)
        for slot, value in optimizer.state[weight].items():
            assert torch.equal(other_optimizer.state[copy][slot], value)
    assert json.loads(run["settings"])["sets"] == len(block_corpus)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["state"]


def test_mixed_precision(block_corpus, tmp_path):
    exact = fit(block_corpus, MODEL, replace(TRAINING, steps=4), tmp_path / "exact")
    mixed = fit(block_corpus, MODEL, replace(TRAINING, steps=4, precision="bf16-mixed"), tmp_path / "mixed")
    weights = [model.output_layer.weight.detach().numpy() for model in (exact, mixed)]
    assert not np.array_equal(*weights)
    np.testing.assert_allclose(*weights, rtol=0, atol=0.05)
    assert mixed.output_layer.weight.dtype == torch.float32


# --- early stopping


def noisy(block_corpus):
    """The same blocks for training, and a source of random sets on which a model only gets worse."""
    rng = np.random.default_rng(1)
    sets = [rng.choice(np.arange(2, 62), 5, replace=False).astype(np.int32) for _ in range(100)]
    return replace(
        block_corpus,
        units=np.concatenate([block_corpus.units, *sets]),
        starts=np.concatenate([block_corpus.starts, block_corpus.starts[-1] + 5 * np.arange(1, 101)]),
        source=np.concatenate([block_corpus.source, np.full(100, 2, dtype=np.int16)]),
        sources=(*block_corpus.sources, "noise"),
    )


STOPPING = replace(
    TRAINING, steps=400, learning_rate=3e-2, validate_on="noise", patience=3, validate_every=5, save_every=5
)


def test_early_stopping_returns_to_the_lowest_loss(block_corpus, tmp_path):
    corpus, seen = noisy(block_corpus), []
    model = fit(corpus, MODEL, STOPPING, tmp_path, lambda *args: seen.append(args))
    checked = [(done, loss) for done, _, loss in seen if loss is not None]
    losses = [loss for _, loss in checked]
    best = int(np.argmin(losses))
    assert len(losses) == best + 1 + 3
    assert checked[-1][0] < 400
    brief = replace(STOPPING, steps=checked[best][0], patience=0)
    _, sampler = split_corpus(corpus, brief)
    found = validate(model, corpus, sampler, STOPPING, torch.device("cpu"))
    assert found == pytest.approx(losses[best], abs=1e-6)
    again = fit(corpus, MODEL, STOPPING, tmp_path, kill_at(1))  # nothing is left to do
    assert torch.equal(again.output_layer.weight, model.output_layer.weight)


@pytest.mark.parametrize("killed", [3, 12])
def test_a_killed_run_stops_early_where_the_whole_one_does(block_corpus, tmp_path, killed):
    corpus = noisy(block_corpus)
    whole = fit(corpus, MODEL, STOPPING, tmp_path / "whole")
    with pytest.raises(KilledError):
        fit(corpus, MODEL, STOPPING, tmp_path / "killed", kill_at(killed))
    resumed = fit(corpus, MODEL, STOPPING, tmp_path / "killed")
    for name, weight in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], weight)
    for file in ("log.tsv", "model.safetensors"):
        assert (tmp_path / "killed" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


# --- several processes

RANK = """
import sys
from pathlib import Path
import numpy as np
from gsfm_enrich.errors import InputError
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.training.corpus import Corpus
from gsfm_enrich.training.config import TrainingConfig
from gsfm_enrich.training.fit import fit

out, batch_size = Path(sys.argv[1]), int(sys.argv[2])
data = np.load("corpus.npz")
vocab = Vocab(["<unk>", "<pad>", *(f"G{i}" for i in range(60))])
corpus = Corpus(vocab, data["units"], data["starts"], data["source"], ("literature", "experiments"), {})
shape = GSFMConfig(vocab_size=3, d_model=8, dropout=0.0, architecture="gsfm-scaled")
training = TrainingConfig(
    steps=24, batch_size=batch_size, learning_rate=1e-2, warmup=4, validate_every=4, save_every=8
)
try:
    fit(corpus, shape, training, out)
except InputError as error:
    Path("error.txt").write_text(str(error))
    raise SystemExit(1)
"""


def run_ranks(folder, corpus, out, batch_size=16, ranks=2):
    """Run the same training in several processes on the CPU, by Fabric's launcher (DDP over gloo)."""
    np.savez(folder / "corpus.npz", units=corpus.units, starts=corpus.starts, source=corpus.source)
    (folder / "rank.py").write_text(RANK)
    launcher = [sys.executable, "-m", "lightning_fabric.cli", "--accelerator", "cpu", "--strategy", "ddp"]
    return subprocess.run(
        [*launcher, "--devices", str(ranks), "--main-port", "29461", "rank.py", out, str(batch_size)],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_two_processes_train_as_one_does(block_corpus, tmp_path):
    done = run_ranks(tmp_path, block_corpus, "two")
    assert done.returncode == 0, done.stderr
    fit(block_corpus, replace(MODEL, dropout=0.0), TRAINING, tmp_path / "one")
    logs = [np.loadtxt(tmp_path / name / "log.tsv", skiprows=1) for name in ("one", "two")]
    np.testing.assert_allclose(logs[1], logs[0], rtol=0, atol=5e-5)
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("one", "two")]
    assert weights[0].keys() == weights[1].keys()
    for name in weights[0]:
        torch.testing.assert_close(weights[1][name], weights[0][name], rtol=0, atol=2e-4)


def test_batches_that_cannot_be_shared_out(block_corpus, tmp_path):
    done = run_ranks(tmp_path, block_corpus, "two", batch_size=15)
    assert done.returncode == 1
    assert (tmp_path / "error.txt").read_text() == (
        "batch_size must be a multiple of the number of processes, 2, not 15."
    )
