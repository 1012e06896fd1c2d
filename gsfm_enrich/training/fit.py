"""Training: hide part of every set, ask the model for it.

The loss is a softmax over the genes that were not given: minus the mean log probability of the hidden ones.
Every batch depends on nothing but the seed and its number, so a run that was killed resumes exactly.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from gsfm_enrich.errors import CheckpointError, InputError
from gsfm_enrich.model.checkpoint import save_model
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM, build, pack
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.training.corpus import Corpus

STATE = "training.safetensors"
LOG = "log.tsv"
LOG_HEADER = "step\ttraining loss\tvalidation loss\n"
Report = Callable[[int, float, float | None], None]


@dataclass(frozen=True)
class TrainingConfig:
    """How to train.

    Parameters
    ----------
    steps
        Batches in all.
    batch_size
        Sets a batch.
    learning_rate
        Peak of the schedule: linear warm-up over ``warmup`` steps, then half a cosine to zero.
    warmup
        Steps of warm-up.
    balance
        A source with n sets is drawn in proportion to n ** balance: 1 draws set by set, 0 source by source.
    given
        Smallest and largest share of a set that is given as input; uniform in between.
    held_out
        Share of the sets of every source kept for validation.
    validate_every, save_every
        Steps between validations, and between checkpoints to resume from.
    seed
        Seed of initial weights, batches and dropout.
    precision
        Lightning Fabric's name of a precision, such as ``"32-true"`` or ``"bf16-mixed"``.

    Raises
    ------
    InputError
        If a value is out of its range.
    """

    steps: int = 20_000
    batch_size: int = 512
    learning_rate: float = 1e-3
    warmup: int = 500
    balance: float = 0.5
    given: tuple[float, float] = (0.1, 0.9)
    held_out: float = 0.02
    validate_every: int = 500
    save_every: int = 500
    seed: int = 0
    precision: str = "32-true"

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "validate_every", "save_every"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if self.warmup < 0:
            raise InputError(f"warmup must be at least 0, not {self.warmup}.")
        if not self.learning_rate > 0:
            raise InputError(f"learning_rate must be above 0, not {self.learning_rate}.")
        if not 0 <= self.held_out < 1:
            raise InputError(f"held_out must be at least 0 and below 1, not {self.held_out}.")
        low, high = self.given
        if not 0 < low <= high < 1:
            raise InputError(
                f"given must be two shares between 0 and 1, the smaller first, not {self.given}."
            )


@dataclass(frozen=True)
class Sampler:
    """Draws batches of set numbers: a source first, then one of its training sets."""

    members: tuple[NDArray[np.int64], ...]
    weights: NDArray[np.float64]

    def draw(self, rng: np.random.Generator, n: int) -> NDArray[np.int64]:
        """Draw n set numbers with replacement."""
        per_source = rng.multinomial(n, self.weights)
        return np.concatenate([rng.choice(sets, k) for sets, k in zip(self.members, per_source, strict=True)])


def split_corpus(corpus: Corpus, config: TrainingConfig) -> tuple[Sampler, Sampler]:
    """Part every source into training and validation sets, with samplers that draw both in like proportions.

    A source too small to be parted serves both.
    """
    held_out = np.random.default_rng([config.seed, 1]).random(len(corpus)) < config.held_out
    training, validation, weights = [], [], []
    for number in range(len(corpus.sources)):
        here = np.flatnonzero(corpus.source == number)
        if len(here) == 0:
            continue
        kept = here[~held_out[here]] if (~held_out[here]).any() else here
        training.append(kept)
        validation.append(here[held_out[here]] if held_out[here].any() else here)
        weights.append(len(kept) ** config.balance)
    shares = np.array(weights) / np.sum(weights)
    return Sampler(tuple(training), shares), Sampler(tuple(validation), shares)


@dataclass(frozen=True)
class Batch:
    """Sets with part of each hidden; all tensors int64.

    ``units`` and ``offsets`` are the given genes as `GSFM.encode` takes them, ``given_set`` the set of each
    of them; ``target_units`` and ``target_set`` are the hidden genes.
    """

    units: Tensor
    offsets: Tensor
    given_set: Tensor
    target_units: Tensor
    target_set: Tensor

    def to(self, device: torch.device) -> Batch:
        """Move to a device."""
        return Batch(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


def make_batch(
    corpus: Corpus, sets: NDArray[np.int64], rng: np.random.Generator, given: tuple[float, float]
) -> Batch:
    """Hide a random part of every set; at least one gene stays and at least one is hidden."""
    shown, hidden = [], []
    for number, share in zip(sets, rng.uniform(*given, size=len(sets)), strict=True):
        shuffled = rng.permutation(corpus[number]).astype(np.int64)
        cut = min(max(round(share * len(shuffled)), 1), len(shuffled) - 1)
        shown.append(shuffled[:cut])
        hidden.append(shuffled[cut:])
    units, offsets = pack(shown)
    numbers = torch.arange(len(sets))
    return Batch(
        units=units,
        offsets=offsets,
        given_set=numbers.repeat_interleave(torch.tensor([len(s) for s in shown])),
        target_units=torch.from_numpy(np.concatenate(hidden)),
        target_set=numbers.repeat_interleave(torch.tensor([len(s) for s in hidden])),
    )


class HiddenGeneLoss(torch.autograd.Function):
    """The loss of `hidden_gene_loss` with its gradient written out.

    The gradient of the logits is softmax over the genes not given, minus the target distribution. Left to
    autograd, each of the indexing steps would copy the table of logits, by far the largest tensor of a step.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, batch: Batch) -> Tensor:
        """Return the loss, and overwrite the logits that must not count with minus infinity."""
        wanted = logits[batch.target_set, batch.target_units].float()
        masked = logits.detach()
        masked[batch.given_set, batch.units] = -torch.inf
        masked[:, :N_SPECIAL] = -torch.inf
        normaliser = masked.logsumexp(dim=1, keepdim=True)  # (n_sets, 1)
        weight = 1 / torch.bincount(batch.target_set, minlength=len(logits))[batch.target_set]
        ctx.batch = batch
        ctx.save_for_backward(masked, normaliser, weight)
        return (normaliser.float().sum() - (wanted * weight).sum()) / len(logits)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Return the gradient of the logits."""
        masked, normaliser, weight = ctx.saved_tensors
        gradient = (masked - normaliser).exp_()
        where = (ctx.batch.target_set, ctx.batch.target_units)
        gradient.index_put_(where, -weight.to(gradient.dtype), accumulate=True)
        return gradient.mul_(gradients[0] / len(masked)), None


def hidden_gene_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Return minus the log probability of the hidden genes, averaged over the genes of a set, then over sets.

    Parameters
    ----------
    logits : tensor, shape (n_sets, V)
        Overwritten: the given genes and the special tokens are masked out.
    batch : Batch

    Returns
    -------
    tensor, scalar, in nats
    """
    apply = cast(Callable[[Tensor, Batch], Tensor], HiddenGeneLoss.apply)
    return apply(logits, batch)


def learning_rate(step: int, config: TrainingConfig) -> float:
    """Return the learning rate of a step: linear warm-up, then half a cosine down to zero.

    Examples
    --------
    >>> config = TrainingConfig(steps=300, warmup=100, learning_rate=1.0)
    >>> [round(learning_rate(step, config), 3) for step in (0, 99, 200, 299)]
    [0.01, 1.0, 0.5, 0.0]
    """
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    done = (step - config.warmup) / max(config.steps - config.warmup, 1)
    return float(config.learning_rate * 0.5 * (1 + np.cos(np.pi * done)))


def fit(
    corpus: Corpus,
    model: GSFMConfig,
    training: TrainingConfig,
    folder: Path,
    report: Report | None = None,
) -> GSFM:
    """Train a model, or go on with a run that was interrupted.

    Parameters
    ----------
    corpus
        What to train on.
    model
        Shape of the network; its vocabulary size is taken from the corpus.
    training
        How to train.
    folder
        Run folder: holds the state to resume from, ``log.tsv`` and, at the end, the checkpoint.
    report
        Called after every step with the number of steps done, the training loss and, when one was just made,
        the validation loss.

    Returns
    -------
    GSFM
        The trained model, in evaluation mode.

    Raises
    ------
    CheckpointError
        If the folder holds a run with other settings or on another corpus, or one whose state is damaged.
    """
    from lightning_fabric import Fabric

    folder.mkdir(parents=True, exist_ok=True)
    fabric = Fabric(accelerator="auto", devices="auto", precision=training.precision)
    fabric.launch()
    torch.manual_seed(training.seed)
    model = replace(model, vocab_size=len(corpus.vocab))
    network = build(model, corpus.vocab)
    optimizer = torch.optim.Adam(network.parameters(), lr=training.learning_rate, fused=True)
    run = describe_run(corpus, model, training)
    wrapped, wrapped_optimizer = fabric.setup(network, optimizer)
    first = resume(folder / STATE, network, optimizer, run)
    if fabric.is_global_zero:
        start_log(folder / LOG, first)
    drawn, checked = split_corpus(corpus, training)
    for step in range(first, training.steps):
        rng = np.random.default_rng([training.seed, 2, step, fabric.global_rank])
        torch.manual_seed(training.seed * 1_000_003 + step)
        for group in wrapped_optimizer.param_groups:
            group["lr"] = learning_rate(step, training)
        sets = drawn.draw(rng, training.batch_size)
        batch = make_batch(corpus, sets, rng, training.given).to(fabric.device)
        loss = hidden_gene_loss(wrapped(batch.units, batch.offsets), batch)
        wrapped_optimizer.zero_grad()
        fabric.backward(loss)
        wrapped_optimizer.step()
        done = step + 1
        checked_loss = None
        if done % training.validate_every == 0 or done == training.steps:
            checked_loss = validate(wrapped, corpus, checked, training, fabric.device)
            if fabric.is_global_zero:
                with (folder / LOG).open("a") as log:
                    log.write(f"{done}\t{loss.item():.5f}\t{checked_loss:.5f}\n")
        if fabric.is_global_zero and (done % training.save_every == 0 or done == training.steps):
            save_state(folder / STATE, network, optimizer, run, done)
        if report is not None:
            report(done, loss.item(), checked_loss)
    network.cpu().eval()
    if fabric.is_global_zero:
        save_model(network, folder)
    return network


@torch.no_grad()
def validate(
    network: Any, corpus: Corpus, sampler: Sampler, training: TrainingConfig, device: torch.device
) -> float:
    """Return the loss on the same 2,048 drawings of held-out sets every time."""
    network.eval()
    rng = np.random.default_rng([training.seed, 3])
    losses = []
    for _ in range(4):
        batch = make_batch(corpus, sampler.draw(rng, 512), rng, training.given).to(device)
        losses.append(hidden_gene_loss(network(batch.units, batch.offsets), batch).item())
    network.train()
    return float(np.mean(losses))


def describe_run(corpus: Corpus, model: GSFMConfig, training: TrainingConfig) -> dict[str, str]:
    """Return what must be the same for a run to be resumed: its settings, and a digest of the corpus."""
    digest = hashlib.sha256("\n".join(corpus.vocab.tokens).encode())
    for array in (corpus.units, corpus.starts, corpus.source):
        digest.update(array.tobytes())
    settings = {"model": asdict(model), "training": asdict(training), "sets": len(corpus)}
    return {"settings": json.dumps(settings), "corpus": digest.hexdigest()}


def start_log(path: Path, first: int) -> None:
    """Keep of a log what it says up to step ``first``: a run that was killed repeats the steps after it."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    steps = [line.split("\t")[0] for line in lines]
    kept = [line + "\n" for line, n in zip(lines, steps, strict=True) if n.isdigit() and int(n) <= first]
    path.write_text(LOG_HEADER + "".join(kept), "utf-8")


def save_state(
    path: Path, network: GSFM, optimizer: torch.optim.Optimizer, run: dict[str, str], done: int
) -> None:
    """Write everything a run needs to go on, as safetensors, whole or not at all."""
    tensors = {f"model/{name}": weight.detach() for name, weight in network.named_parameters()}
    for name, weight in network.named_parameters():
        for key, value in optimizer.state.get(weight, {}).items():
            tensors[f"optimizer/{key}/{name}"] = torch.as_tensor(value).detach()
    scratch = path.with_name(path.name + ".tmp")
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, scratch, metadata={**run, "done": str(done)})
    os.replace(scratch, path)


def resume(path: Path, network: GSFM, optimizer: torch.optim.Optimizer, run: dict[str, str]) -> int:
    """Load the state of an interrupted run, if there is one, and return how many steps it had done."""
    if not path.exists():
        return 0
    try:
        with safe_open(path, framework="pt") as state:
            metadata = state.metadata() or {}
            tensors = {key: state.get_tensor(key) for key in state.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(f"{str(path)!r} is damaged: {error}.") from error
    for key, difference in (("settings", "with other settings"), ("corpus", "on another corpus")):
        if metadata.get(key) != run[key]:
            raise CheckpointError(
                f"{str(path.parent)!r} holds a run {difference}: choose another folder or remove it."
            )
    with torch.no_grad():
        for name, weight in network.named_parameters():
            weight.copy_(tensors.pop(f"model/{name}"))
            optimizer.state[weight] = {
                key.split("/")[1]: tensor.to(weight.device)
                for key, tensor in tensors.items()
                if key.endswith("/" + name)
            }
    return int(metadata["done"])
