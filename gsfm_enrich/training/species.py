"""Fit a species layer: hide part of gene sets of mouse or rat, and ask the model behind the layer for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.orthology import Orthology
from gsfm_enrich.libraries.gmt import read_gmt
from gsfm_enrich.model.species import SpeciesLayer
from gsfm_enrich.training.batches import Sampler, make_batch, split_corpus
from gsfm_enrich.training.config import TrainingConfig
from gsfm_enrich.training.corpus import Corpus, encode_sets
from gsfm_enrich.training.fit import hidden_gene_loss, learning_rate

SPECIES_TRAINING = TrainingConfig(
    steps=200, batch_size=128, learning_rate=0.02, warmup=20, held_out=0.2, validate_every=50
)
"""Defaults: with few sets and few weights, a larger share is held out and the run is short."""

PULL = 1e-4
"""Weight of the squared distance from the plain mapping, summed over all pairs, next to the loss in nats."""

Report = Callable[[int, float, float | None], None]


def species_corpus(
    gmts: Sequence[Path], orthology: Orthology, layer: SpeciesLayer, smallest: int = 5, largest: int = 2000
) -> Corpus:
    """Read gene sets of a species in its own symbols.

    Parameters
    ----------
    gmts
        GMT files, one source each.
    orthology
        Orthology that finds the species' symbol for another case or an id.
    layer
        Layer whose vocabulary gives the genes that count.
    smallest, largest
        Sets with fewer or more of these genes are left out.

    Raises
    ------
    InputError
        If no set is left.
    """
    left_out = Counter[str]()
    kept = []
    for number, path in enumerate(gmts):
        for genes in read_gmt(path).sets.values():
            known = {orthology.symbol(gene) or gene for gene in genes} & layer.vocab.index.keys()
            left_out["genes without an orthologue that the model knows"] += len(set(genes)) - len(known)
            if smallest <= len(known) <= largest:
                kept.append((number, sorted(known)))
            else:
                left_out[f"sets outside {smallest} to {largest} genes"] += 1
    if not kept:
        raise InputError(
            f"No gene set has {smallest} to {largest} genes of {orthology.organism} with an orthologue; "
            "is it the right species?"
        )
    sources = tuple(path.name.split(".gmt")[0] for path in gmts)
    return encode_sets(kept, sources, layer.vocab, smallest, left_out)


def fit_species(
    layer: SpeciesLayer,
    corpus: Corpus,
    training: TrainingConfig = SPECIES_TRAINING,
    *,
    pull: float = PULL,
    report: Report | None = None,
) -> list[tuple[int, float]]:
    """Train the weights of a species layer; the human model behind it stays unchanged.

    The weights stay at 0 or above. They end as they were when the loss on held-out sets was lowest, including
    the plain mapping: if there is nothing to learn, nothing changes.

    Parameters
    ----------
    layer
        Layer whose weights are changed.
    corpus
        Gene sets over the vocabulary of the layer, see `species_corpus`.
    training
        Steps, batches, learning rate, seed and held-out share of the sets.
    pull
        How strongly the weights are pulled towards the plain mapping.
    report
        Function called after each step with its number, the training loss and the validation loss, if any.

    Returns
    -------
    list of (int, float)
        Step and validation loss in nats, starting from step 0, the plain mapping.
    """
    plain = layer.weight.detach().clone()
    optimizer = torch.optim.Adam([layer.weight], lr=training.learning_rate)
    drawn, checked = split_corpus(corpus, training)
    best = layer.weight.detach().clone()
    history = [(0, validate(layer, corpus, checked, training))]
    for step in range(training.steps):
        rng = np.random.default_rng([training.seed, 2, step])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, training)
        batch = make_batch(corpus, drawn.draw(rng, training.batch_size), rng, training.given)
        loss = hidden_gene_loss(layer(batch.units, batch.offsets), batch)
        optimizer.zero_grad()
        penalised: torch.Tensor = loss + pull * (layer.weight - plain).square().sum()
        torch.autograd.backward(penalised)
        optimizer.step()
        with torch.no_grad():
            layer.weight.clamp_(min=0)
        done, checked_loss = step + 1, None
        if done % training.validate_every == 0 or done == training.steps:
            checked_loss = validate(layer, corpus, checked, training)
            if checked_loss < min(value for _, value in history):
                best = layer.weight.detach().clone()
            history.append((done, checked_loss))
        if report is not None:
            report(done, loss.item(), checked_loss)
    with torch.no_grad():
        layer.weight.copy_(best)
    return history


@torch.no_grad()
def validate(layer: SpeciesLayer, corpus: Corpus, sampler: Sampler, training: TrainingConfig) -> float:
    """Return the loss on 512 draws of held-out sets, the same every time."""
    rng = np.random.default_rng([training.seed, 3])
    losses = []
    for _ in range(4):
        batch = make_batch(corpus, sampler.draw(rng, 128), rng, training.given)
        losses.append(hidden_gene_loss(layer(batch.units, batch.offsets), batch).item())
    return float(np.mean(losses))
