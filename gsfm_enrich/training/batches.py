"""What a model sees at each step: sets drawn from the sources, with part of each hidden."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gsfm_enrich.errors import InputError
from gsfm_enrich.training.config import TrainingConfig
from gsfm_enrich.training.corpus import Corpus, source_sets


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
    """Split the corpus into training and validation sets, with a sampler for each.

    With ``config.validate_on``, all sets of that source and no others are for validation. Otherwise a share
    of every source is, and both samplers draw from the sources in the same proportions; a source too small
    to be split serves both.

    Raises
    ------
    InputError
        If the corpus has no sets of ``config.validate_on`` or of a source that ``config.weights`` names, or
        none are left to train on.
    """
    for name in config.weights:
        source_sets(corpus, name)
    if config.validate_on is None:
        held_out = np.random.default_rng([config.seed, 1]).random(len(corpus)) < config.held_out
    else:
        held_out = np.zeros(len(corpus), dtype=bool)
        held_out[source_sets(corpus, config.validate_on)] = True
    training, validation, weights = [], [], []
    for number, name in enumerate(corpus.sources):
        here = np.flatnonzero(corpus.source == number)
        weight = config.weights.get(name, 1.0)
        if len(here) == 0 or weight == 0 or name == config.validate_on:
            continue
        kept = here[~held_out[here]] if (~held_out[here]).any() else here
        training.append(kept)
        validation.append(here[held_out[here]] if held_out[here].any() else here)
        weights.append(weight * len(kept) ** config.balance)
    if not training:
        names = ", ".join(f"{name!r}" for name in corpus.sources)
        raise InputError(f"No source is left to train on; the corpus has {names}.")
    shares = np.array(weights) / np.sum(weights)
    if config.validate_on is None:
        return Sampler(tuple(training), shares), Sampler(tuple(validation), shares)
    return Sampler(tuple(training), shares), Sampler((np.flatnonzero(held_out),), np.ones(1))


@dataclass(frozen=True)
class Batch:
    """Sets with part of each hidden; all tensors int64.

    ``units`` and ``offsets`` are the given genes as `GSFM.encode` takes them, and ``given_set`` is the set of
    each; ``target_units`` and ``target_set`` are the hidden genes.
    """

    units: Tensor
    offsets: Tensor
    given_set: Tensor
    target_units: Tensor
    target_set: Tensor

    def to(self, device: torch.device) -> Batch:
        """Move the tensors to a device."""
        return Batch(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))

    def part(self, number: int, parts: int) -> Batch:
        """Return one of several parts with equal numbers of sets.

        The parts together are equivalent to the batch, however many there are: processes that train together
        take one each.
        """
        n_sets = len(self.offsets)
        first, last = number * n_sets // parts, (number + 1) * n_sets // parts
        given = (self.given_set >= first) & (self.given_set < last)
        asked = (self.target_set >= first) & (self.target_set < last)
        start = self.offsets[first] if first < n_sets else 0
        return Batch(
            units=self.units[given],
            offsets=self.offsets[first:last] - start,
            given_set=self.given_set[given] - first,
            target_units=self.target_units[asked],
            target_set=self.target_set[asked] - first,
        )


def make_batch(
    corpus: Corpus, sets: NDArray[np.int64], rng: np.random.Generator, given: tuple[float, float]
) -> Batch:
    """Hide a random part of every set; at least one gene stays and at least one is hidden.

    Parameters
    ----------
    corpus
        Corpus that holds the sets.
    sets
        Numbers of the sets, of at least two genes each.
    rng
        Random generator that chooses what is hidden.
    given
        Smallest and largest share of a set that is given.
    """
    starts, sizes = corpus.starts[sets], np.diff(corpus.starts)[sets]
    rows = np.repeat(np.arange(len(sets)), sizes)
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    place = np.arange(bounds[-1]) - bounds[rows]  # within the set
    units = corpus.units[starts[rows] + place].astype(np.int64)
    units = units[np.lexsort((rng.random(len(units)), rows))]
    share = rng.uniform(*given, size=len(sets))
    cut = np.clip(np.rint(share * sizes).astype(np.int64), 1, sizes - 1)
    shown = place < cut[rows]
    return Batch(
        units=torch.from_numpy(units[shown]),
        offsets=torch.from_numpy(np.cumsum(cut) - cut),
        given_set=torch.from_numpy(rows[shown]),
        target_units=torch.from_numpy(units[~shown]),
        target_set=torch.from_numpy(rows[~shown]),
    )
