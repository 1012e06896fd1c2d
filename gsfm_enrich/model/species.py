"""A species layer: genes of mouse or rat in front of a human model, with weights that can be learned.

The idea is that of Transfer Orthology Networks (TRON): a linear layer from the genes of the species to human
genes whose weights are masked by the biadjacency matrix of orthology, in front of a network that was trained
on human data and stays unchanged. It starts as the plain mapping (1 for the best orthologue of each gene, 0
for the others), and what it learns from gene sets of the species can be read as functional orthology: how far
a gene's presence in a set means what that of its human orthologue would.

The output reads the plain mapping: a gene of the species has the logit of its best orthologue. For a model of
channels, see `gsfm_enrich.model.species_channels`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Self, cast

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (torch's own custom)
from numpy.typing import NDArray
from torch import Tensor, nn

from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.lookup import approved_symbols
from gsfm_enrich.genes.match import match
from gsfm_enrich.genes.orthology import Orthology
from gsfm_enrich.model.build import build
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.vocab import N_SPECIAL, SPECIAL, Vocab


@dataclass(frozen=True, eq=False)
class Biadjacency:
    """Which genes of a species have which human genes as orthologues, as units of two vocabularies.

    Attributes
    ----------
    vocab : Vocab
        Genes of the species with an orthologue that the model knows, by symbol.
    starts : int64 array, shape (len(vocab) + 1,)
        The orthologues of unit i are ``human[starts[i]:starts[i + 1]]``, the best first; the special tokens
        map to themselves.
    human : int64 array, shape (n_pairs,)
        Units of the human model.
    """

    vocab: Vocab
    starts: NDArray[np.int64]
    human: NDArray[np.int64]

    @property
    def best(self) -> NDArray[np.int64]:
        """The human unit of each unit by the plain mapping, shape (len(vocab),)."""
        return self.human[self.starts[:-1]]


def biadjacency(model: GSFM, orthology: Orthology) -> Biadjacency:
    """Return the orthologues of a species that a model knows.

    Raises
    ------
    InputError
        If there is no orthology table but only the rule, or the model knows no orthologue.
    """
    if not orthology.genes:
        raise InputError(
            f"A species layer needs the orthology table of {orthology.organism}; get it with "
            "gsfm-enrich orthology --update, or --from FILE."
        )
    symbols = approved_symbols()
    units = match(symbols, model.vocab.tokens).columns  # by row of the human gene table
    tokens, human = list(SPECIAL), [[unit] for unit in range(N_SPECIAL)]
    for gene in orthology.genes:
        found = [int(units[row]) for row in orthology.rows(gene.symbol) if units[row] >= N_SPECIAL]
        if found:
            tokens.append(gene.symbol)
            human.append(found)
    if len(tokens) == N_SPECIAL:
        raise InputError(f"The model knows no orthologue of any gene of {orthology.organism}.")
    starts = np.cumsum([0, *map(len, human)])
    return Biadjacency(Vocab(tokens), starts, np.concatenate(human).astype(np.int64))


class Listed(NamedTuple):
    """Sets of a species as weighted sets of human genes.

    Attributes
    ----------
    human : int64 tensor, shape (n_pairs,)
        Human units of all sets, one set after the other.
    weights : float tensor, shape (n_pairs,)
        Weights of the layer.
    starts : int64 tensor, shape (n_sets,)
        Where each set starts.
    degree : int64 tensor, shape (n_memberships,)
        How many human units each listed gene of the species stands for.
    """

    human: Tensor
    weights: Tensor
    starts: Tensor
    degree: Tensor


class SpeciesLayer(nn.Module):
    """Genes of a species in front of a human model; only the weights of the layer are trained.

    Parameters
    ----------
    model
        The human model. Its weights are frozen.
    pairs
        Orthologues, see `biadjacency`.

    Attributes
    ----------
    weight : parameter, shape (n_pairs,)
        One weight for each pair of orthologues, 0 or more.

    Notes
    -----
    Reference: TRON, Transfer Orthology Networks. A layer that was not trained completes a set as the human
    model completes its orthologues, unless two genes of the set have the same one, which then counts twice.
    """

    starts: Tensor
    human_units: Tensor
    best: Tensor

    def __init__(self, model: GSFM, pairs: Biadjacency) -> None:
        super().__init__()
        self.model = model.requires_grad_(False).eval()
        self.pairs = pairs
        self.register_buffer("starts", torch.from_numpy(pairs.starts))
        self.register_buffer("human_units", torch.from_numpy(pairs.human))
        self.register_buffer("best", torch.from_numpy(pairs.best))
        plain = torch.zeros(len(pairs.human))
        plain[self.starts[:-1]] = 1
        self.weight = nn.Parameter(plain)

    @property
    def vocab(self) -> Vocab:
        """The genes of the species."""
        return self.pairs.vocab

    def train(self, mode: bool = True) -> Self:
        """Change nothing: the human model stays in evaluation mode, and the layer has no modes."""
        return self

    def listed(self, units: Tensor, offsets: Tensor) -> Listed:
        """Read sets of units of the species' vocabulary, in the form that `GSFM.encode` takes."""
        degree = self.starts[units + 1] - self.starts[units]
        ends = torch.cumsum(degree, 0)
        before = torch.arange(int(degree.sum()), device=units.device)
        within = before - (ends - degree).repeat_interleave(degree)
        pairs = self.starts[units].repeat_interleave(degree) + within
        starts = torch.cat([ends.new_zeros(1), ends])[offsets]
        return Listed(self.human_units[pairs], self.weight[pairs], starts, degree)

    def functional_orthology(self) -> list[tuple[str, str, float]]:
        """Return species gene, human gene and weight of every pair, in the order of the vocabulary."""
        degree = np.diff(self.pairs.starts)
        species = np.repeat(np.array(self.vocab.tokens, dtype=object), degree)
        human = [self.model.vocab.tokens[unit] for unit in self.pairs.human]
        triples = zip(species, human, self.weight.tolist(), strict=True)
        return list(triples)[N_SPECIAL:]


class SpeciesGSFM(SpeciesLayer):
    """A species layer in front of an autoencoder.

    Examples
    --------
    >>> from gsfm_enrich.genes.homology import Homologue
    >>> from gsfm_enrich.model.config import GSFMConfig
    >>> human = GSFM(GSFMConfig(vocab_size=4, d_model=2), Vocab(["<unk>", "<pad>", "TP53", "MYC"]))
    >>> pairs = biadjacency(human, Orthology("mouse", (Homologue("Trp53", "22059", "", ("7157",)),)))
    >>> SpeciesGSFM(human, pairs).vocab.genes
    ('Trp53',)
    """

    def forward(self, units: Tensor, offsets: Tensor) -> Tensor:
        """Return logits of the genes of the species, shape (n_sets, len(vocab)).

        Parameters
        ----------
        units, offsets
            Sets of units of the species' vocabulary, in the form that `GSFM.encode` takes.
        """
        first = cast(nn.Linear, self.model.encoder.layers[0])
        listed = self.listed(units, offsets)
        scale = self.model.input_weights(units, offsets)
        weights = listed.weights
        if scale is not None:
            weights = weights * scale.repeat_interleave(listed.degree)
        summed = F.embedding_bag(
            listed.human, first.weight.t(), listed.starts, mode="sum", per_sample_weights=weights
        )
        hidden = self.model.encoder.layers[1:](summed + first.bias)
        output = self.model.output_layer
        hidden = self.model.decoder.layers[:-1](hidden)
        return F.linear(hidden, output.weight[self.best], output.bias[self.best])

    @torch.no_grad()
    def folded(self) -> GSFM:
        """Return a model of the species' own genes, with the layer folded into its first weights.

        It is a checkpoint like any other: `gsfm_enrich.save_model` writes it, and
        ``enrichr(..., organism="mouse", model=...)`` uses it.
        """
        human, state = self.model, self.model.state_dict()
        rows = torch.repeat_interleave(torch.arange(len(self.vocab)), self.starts.diff())
        first = state["encoder.layers.0.weight"].t()
        weighed = self.weight[:, None] * first[self.human_units]  # (n_pairs, first hidden width)
        folded = first.new_zeros(len(self.vocab), first.shape[1]).index_add_(0, rows, weighed)
        last = f"decoder.layers.{len(human.decoder.layers) - 1}"
        state["encoder.layers.0.weight"] = folded.t()
        for name in (f"{last}.weight", f"{last}.bias", *(["bias"] if "bias" in state else [])):
            state[name] = state[name][self.best]
        species = build(replace(human.config, vocab_size=len(self.vocab)), self.vocab)
        species.load_state_dict(state)
        return species.eval().requires_grad_(False)
