"""Learn how far to trust each channel for a set, from sets that the channels were not built from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gsfm_enrich.errors import InputError
from gsfm_enrich.model.channels import TYPICAL_SIZE, ChannelGSFM, scores_of_sums, sizes_of
from gsfm_enrich.model.gsfm import multi_hot
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.training.channels import build_channels, kinds_of
from gsfm_enrich.training.corpus import LITERATURE, Corpus, source_sets

HELD_OUT = 0.1
SMALLEST_SET, LARGEST_SET = 10, 1000
OF_LITERATURE, OF_OTHERS = 1000, 10
POSITIVES, NEGATIVES = 40, 1200
PAIRS = 3.0
"""Weight of the loss on pairs (is a hidden gene above another?) beside the softmax over all genes."""
STEPS, RATE, DECAY = 200, 0.1, 1e-3


def hold_out(corpus: Corpus, seed: int = 0) -> NDArray[np.bool_]:
    """Choose sets to learn the weights from, shape (n_sets,): sets of 10 to 1,000 genes.

    They are a tenth of each kind, at most 1,000 publications and 10 of any other kind: most libraries hold
    sets as people write them down, and sets from one experiment are too similar to each other.
    """
    rng = np.random.default_rng([seed, 1])
    sizes = np.diff(corpus.starts)
    chosen = np.zeros(len(corpus), dtype=bool)
    kinds = dict(kinds_of(corpus))
    if LITERATURE in corpus.sources:
        kinds[LITERATURE] = source_sets(corpus, LITERATURE)
    for kind, sets in kinds.items():
        usable = sets[(sizes[sets] >= SMALLEST_SET) & (sizes[sets] <= LARGEST_SET)]
        most = OF_LITERATURE if kind == LITERATURE else OF_OTHERS
        n = min(most, max(int(HELD_OUT * len(usable)), 1))
        chosen[rng.permutation(usable)[:n]] = True
    return chosen


@dataclass(frozen=True)
class Lessons:
    """What the weights are learned from: scores of hidden genes and of other genes, by channel.

    Attributes
    ----------
    hidden, others : float tensors, shape (n_sets, n_genes, n_channels)
    coherence : float tensor, shape (n_sets, n_channels)
    size : float tensor, shape (n_sets,)
        Logarithm of the number of given genes, relative to the typical size.
    rest : float tensor, shape (n_sets,)
        Logarithm of the number of genes that each of ``others`` stands for.
    """

    hidden: Tensor
    others: Tensor
    coherence: Tensor
    size: Tensor
    rest: Tensor


def make_lessons(model: ChannelGSFM, corpus: Corpus, sets: NDArray[np.bool_], seed: int = 0) -> Lessons:
    """Hide half of every set and score hidden and other genes by each channel.

    Raises
    ------
    InputError
        If ``sets`` chooses no set.
    """
    rng = np.random.default_rng([seed, 2])
    if not sets.any():
        raise InputError(
            f"The weights of the channels are learned from sets of {SMALLEST_SET} to {LARGEST_SET} genes, "
            "and the corpus has none to hold out."
        )
    shuffled = [rng.permutation(corpus[number]).astype(np.int64) for number in np.flatnonzero(sets).tolist()]
    given = [units[: len(units) // 2] for units in shuffled]
    bags = multi_hot(given, len(corpus.vocab))
    spread, own = model.dense_scores(bags)
    places = model.weighed_places(bags, spread, np.ones_like(spread))
    sums = model.table_sums(bags)
    coherence = [model.coherence_in_dense(bags, spread, own), model.coherence_in_tables(bags, sums)[0]]
    tables = scores_of_sums(sums, sizes_of(bags))
    hidden, others, rest = [], [], []
    for row, units in enumerate(shuffled):
        asked = rng.choice(units[len(units) // 2 :], POSITIVES)
        free = np.setdiff1d(np.arange(N_SPECIAL, len(corpus.vocab)), units)
        random = rng.choice(free, NEGATIVES)
        rest.append(np.log(len(free) / NEGATIVES))
        both = np.concatenate([asked, random])
        dense = [model.output[0][both, part] @ places[row, part] for part in model.dense_parts]
        sparse = tables[[row]].toarray().reshape(len(model.table_channels), len(model.vocab))[:, both]
        scores = np.stack([*dense, *sparse], axis=1)
        hidden.append(scores[:POSITIVES])
        others.append(scores[POSITIVES:])
    sizes = np.log([len(units) / TYPICAL_SIZE for units in given])
    arrays = (np.stack(hidden), np.stack(others), np.hstack(coherence), sizes, np.array(rest))
    return Lessons(*(torch.from_numpy(array.astype(np.float32)) for array in arrays))


def fit_gate(model: ChannelGSFM, lessons: Lessons) -> float:
    """Set ``model.gate`` to the values that find the hidden genes best.

    The loss is minus the log probability of the hidden genes under a softmax over all genes, plus a logistic
    loss on pairs of a hidden gene and another, by gradient descent on three numbers per channel.

    Parameters
    ----------
    model
        Model whose gate is changed in place.
    lessons
        Lessons from sets that the model was not built from.

    Returns
    -------
    float
        The loss at the end.
    """
    gate = torch.zeros_like(model.gate)
    gate[:, 0] = -1.0
    gate.requires_grad_(True)
    optimizer = torch.optim.Adam([gate], lr=RATE)
    loss = gate.sum()
    for step in range(STEPS):
        raw = (
            gate[:, 0]
            + gate[:, 1] * torch.log1p(lessons.coherence.clamp(min=0))
            + gate[:, 2] * lessons.size[:, None]
        )
        weights = torch.nn.functional.softplus(raw)
        hidden = torch.einsum("spc,sc->sp", lessons.hidden, weights)
        others = torch.einsum("spc,sc->sp", lessons.others, weights)
        total = torch.logaddexp(others.logsumexp(dim=1) + lessons.rest, hidden.logsumexp(dim=1))
        pairs = torch.nn.functional.softplus(others[:, None, :200] - hidden[:, :20, None])
        loss = (total - hidden.mean(dim=1)).mean() + PAIRS * pairs.mean() + DECAY * gate[:, 1:].square().sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - step / STEPS)
        optimizer.step()
    model.gate = gate.detach()
    return loss.item()


def train_channels(corpus: Corpus, org_db: Path | None, seed: int = 0) -> ChannelGSFM:
    """Train a model of channels: weights from held-out sets, then the channels from all sets.

    Parameters
    ----------
    corpus
        Corpus to train on.
    org_db
        As `gsfm_enrich.training.channels.build_channels` takes it.
    seed
        Seed of what is held out and hidden, and of the eigenvectors' start.
    """
    held_out = hold_out(corpus, seed)
    rehearsal = build_channels(corpus, org_db, ~held_out, seed)
    fit_gate(rehearsal, make_lessons(rehearsal, corpus, held_out, seed))
    model = build_channels(corpus, org_db, seed=seed)
    model.gate = rehearsal.gate
    return model
