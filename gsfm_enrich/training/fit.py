"""Training: hide part of every set and ask the model for it.

The loss is a softmax over the genes that were not given: minus the mean log probability of the hidden ones.
Every batch depends only on the seed and its number, so a run that was killed resumes exactly.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from gsfm_enrich.errors import InputError
from gsfm_enrich.model.build import build
from gsfm_enrich.model.checkpoint import load_folder, save_model
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.training.batches import Batch, Sampler, make_batch, split_corpus
from gsfm_enrich.training.config import TrainingConfig
from gsfm_enrich.training.corpus import Corpus
from gsfm_enrich.training.state import (
    LOG,
    STATE,
    describe_run,
    has_stopped_falling,
    resume,
    save_state,
    start_log,
    validation_losses,
)

Report = Callable[[int, float, float | None], None]


class HiddenGeneLoss(torch.autograd.Function):
    """The loss of `hidden_gene_loss` with its gradient written out.

    The gradient of the logits is the softmax over the genes not given, minus the target distribution. With
    autograd, each indexing step would copy the table of logits, by far the largest tensor of a step.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, batch: Batch) -> Tensor:
        """Return the loss, and overwrite with minus infinity the logits that must not count."""
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
    scalar tensor, in nats
    """
    apply = cast(Callable[[Tensor, Batch], Tensor], HiddenGeneLoss.apply)
    return apply(logits, batch)


def learning_rate(step: int, config: TrainingConfig) -> float:
    """Return the learning rate of a step: linear warm-up, then a half cosine down to zero.

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
    """Train a model, or continue a run that was interrupted.

    Under a launcher of several processes, such as ``fabric run``, each process takes a part of every batch;
    what is drawn and hidden does not depend on how many there are.

    Parameters
    ----------
    corpus
        Corpus to train on.
    model
        Shape of the network; its vocabulary size is taken from the corpus.
    training
        Settings of the training.
    folder
        Folder of the run: holds the state to resume from, ``log.tsv`` and, at the end, the checkpoint.
    report
        Function called after every step with the number of steps done, the training loss and, after a
        validation, the validation loss.

    Returns
    -------
    GSFM
        The trained model, in evaluation mode.

    Raises
    ------
    InputError
        If the batches cannot be divided among the processes, or the corpus lacks the source to validate on.
    CheckpointError
        If the folder holds a run with other settings or on another corpus, or a run whose state is damaged.
    """
    fabric = launch(training)
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(training.seed)
    model = replace(model, vocab_size=len(corpus.vocab))
    network = build(model, corpus.vocab)
    optimizer = torch.optim.Adam(network.parameters(), lr=training.learning_rate, fused=True)
    run = describe_run(corpus, model, training)
    wrapped, wrapped_optimizer = fabric.setup(network, optimizer)
    first = resume(folder / STATE, network, optimizer, run)
    if fabric.is_global_zero:
        start_log(folder / LOG, first)
    fabric.barrier()
    losses = validation_losses(folder / LOG, first)
    drawn, checked = split_corpus(corpus, training)
    for step in range(first, training.steps):
        if has_stopped_falling(losses, training.patience):
            break
        rng = np.random.default_rng([training.seed, 2, step])
        torch.manual_seed((training.seed * 1_000_003 + step) * fabric.world_size + fabric.global_rank)
        for group in wrapped_optimizer.param_groups:
            group["lr"] = learning_rate(step, training)
        batch = make_batch(corpus, drawn.draw(rng, training.batch_size), rng, training.given)
        batch = batch.part(fabric.global_rank, fabric.world_size).to(fabric.device)
        loss = hidden_gene_loss(wrapped(batch.units, batch.offsets), batch)
        wrapped_optimizer.zero_grad()
        fabric.backward(loss)
        wrapped_optimizer.step()
        done = step + 1
        loss_of_all = float(fabric.all_reduce(loss.detach(), reduce_op="mean"))
        checked_loss = None
        if done % training.validate_every == 0 or done == training.steps:
            checked_loss = validate(wrapped, corpus, checked, training, fabric.device)
            losses.append(round(checked_loss, 5))
            if fabric.is_global_zero:
                with (folder / LOG).open("a") as log:
                    log.write(f"{done}\t{loss_of_all:.5f}\t{checked_loss:.5f}\n")
                if training.patience and losses[-1] < min(losses[:-1], default=np.inf):
                    save_model(network, folder)
        ended = done == training.steps or has_stopped_falling(losses, training.patience)
        if fabric.is_global_zero and (done % training.save_every == 0 or ended):
            save_state(folder / STATE, network, optimizer, run, done)
        if report is not None:
            report(done, loss_of_all, checked_loss)
    network.cpu().eval()
    if fabric.is_global_zero and not training.patience:
        save_model(network, folder)
    fabric.barrier()
    return load_folder(folder) if training.patience else network


def launch(training: TrainingConfig) -> Any:
    """Return a Lightning Fabric on all devices, or on those given to its launcher ``fabric run``.

    Raises
    ------
    InputError
        If the batches cannot be divided among the processes.
    """
    from lightning_fabric import Fabric

    fabric = Fabric(accelerator="auto", devices="auto", precision=training.precision)
    if os.environ.get("LT_CLI_USED") != "1":  # fabric run has launched the processes already
        fabric.launch()
    if training.batch_size % fabric.world_size:
        raise InputError(
            f"batch_size must be a multiple of the number of processes, {fabric.world_size}, "
            f"not {training.batch_size}."
        )
    return fabric


@torch.no_grad()
def validate(
    network: Any, corpus: Corpus, sampler: Sampler, training: TrainingConfig, device: torch.device
) -> float:
    """Return the loss on 2,048 draws of held-out sets, the same every time."""
    network.eval()
    rng = np.random.default_rng([training.seed, 3])
    losses = []
    for _ in range(4):
        batch = make_batch(corpus, sampler.draw(rng, 512), rng, training.given).to(device)
        losses.append(hidden_gene_loss(network(batch.units, batch.offsets), batch).item())
    network.train()
    return float(np.mean(losses))
