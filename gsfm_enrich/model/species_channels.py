"""A species layer in front of a model of channels.

A channel reads a set as a mean: of the places of its genes in a space, or of their similarities to every gene
in a table. The layer weights the genes in these means; all that follows is as in
`gsfm_enrich.model.channels`, written so that the weights can be learned by gradient descent.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (torch's own custom)
from torch import Tensor

from gsfm_enrich.model.channel_kinds import Dense, Table
from gsfm_enrich.model.channels import TYPICAL_SIZE, ChannelGSFM
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.species import Biadjacency, Listed, SpeciesGSFM, SpeciesLayer


def species_layer(model: GSFM, pairs: Biadjacency) -> SpeciesLayer:
    """Put a species layer in front of a human model, whether an autoencoder or a model of channels."""
    return SpeciesChannels(model, pairs) if isinstance(model, ChannelGSFM) else SpeciesGSFM(model, pairs)


class SpeciesChannels(SpeciesLayer):
    """A species layer in front of a model of channels.

    It has no checkpoint of its own: a channel uses the same numbers for input and output, and weights of
    the input alone cannot be folded into them.

    Parameters
    ----------
    model, pairs
        As `SpeciesLayer` takes them.
    """

    def __init__(self, model: ChannelGSFM, pairs: Biadjacency) -> None:
        super().__init__(model, pairs)
        self.channels = model
        self._near = [_neighbours(table) for table in model.table_channels]

    def forward(self, units: Tensor, offsets: Tensor) -> Tensor:
        """Return scores of the genes of the species, shape (n_sets, len(vocab)).

        Parameters
        ----------
        units, offsets
            Sets of units of the species' vocabulary, in the form that `GSFM.encode` takes.
        """
        listed = self.listed(units, offsets)
        n = torch.cat([offsets[1:], offsets.new_tensor([len(units)])]).sub(offsets).clamp(min=1).float()
        found = [self._dense(channel, listed, n) for channel in self.channels.dense_channels]
        found += [self._table(*near, listed, n) for near in self._near]
        total = torch.zeros(len(offsets), len(self.best))
        for (scores, coherence), (constant, slope, size) in zip(found, self.channels.gate, strict=True):
            raw = constant + slope * torch.log1p(coherence.clamp(min=0)) + size * torch.log(n / TYPICAL_SIZE)
            total = total + F.softplus(raw)[:, None] * scores
        return total

    def _dense(self, channel: Dense, listed: Listed, n: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores (n_sets, len(vocab)) and coherence (n_sets,), as `ChannelGSFM.dense_scores` does."""
        places = torch.tensor(channel.places)
        mean = _summed(listed, places, listed.weights) / n[:, None]
        variance = (mean @ torch.tensor(channel.covariance) * mean).sum(dim=1)
        spread = variance.clamp(min=1e-20).sqrt()
        squares = torch.tensor(channel.squares)[:, None]
        itself = _summed(listed, squares, listed.weights.square())[:, 0] / n.square()
        coherence = (mean.square().sum(dim=1) - itself) / spread
        return (mean / spread[:, None]) @ places[self.best].T, coherence

    def _table(
        self, neighbours: Tensor, similarity: Tensor, listed: Listed, n: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the same for a table, as `ChannelGSFM.coherence_in_tables` does."""
        v, sets = len(self.model.vocab), _sets(listed, len(n))
        places = sets[:, None] * v + neighbours[listed.human]
        values = listed.weights[:, None] * similarity[listed.human]
        sums = torch.zeros(len(n) * v).index_add(0, places.ravel(), values.ravel()).view(len(n), v)
        scores = torch.log1p(sums / n[:, None])
        own = torch.log1p(sums[sets, listed.human] / (n - 1).clamp(min=1)[sets]) * listed.weights
        coherence = torch.zeros_like(n).index_add(0, sets, own) / n - scores.mean(dim=1)
        return scores[:, self.best], coherence


def _summed(listed: Listed, rows: Tensor, weights: Tensor) -> Tensor:
    """Add up the weighted rows of the genes of each set, shape (n_sets, width of the rows)."""
    return F.embedding_bag(listed.human, rows, listed.starts, mode="sum", per_sample_weights=weights)


def _sets(listed: Listed, n_sets: int) -> Tensor:
    """Return the set of each listed human gene, shape (n_pairs,)."""
    ends = torch.cat([listed.starts[1:], listed.starts.new_tensor([len(listed.human)])])
    return torch.arange(n_sets).repeat_interleave(ends - listed.starts)


def _neighbours(table: Table) -> tuple[Tensor, Tensor]:
    """Return the neighbours of every gene and their similarities, shape (V, k); 0 where there is none."""
    return table.neighbours.long(), torch.from_numpy(table.similarity)
