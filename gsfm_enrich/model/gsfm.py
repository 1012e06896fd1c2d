"""The network: a denoising autoencoder that completes gene sets.

Source of the architecture: the gene set foundation model of the Ma'ayan laboratory (Patterns, 2026), whose
published checkpoints load unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (torch's own custom)
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor, nn

from gsfm_enrich.errors import CheckpointError, InputError
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.vocab import Vocab

Bags = tuple[Tensor, Tensor]


class MLP(nn.Module):
    """Linear, ReLU, Dropout, ... with nothing after the last Linear.

    Parameters
    ----------
    widths
        Width of the input, of every hidden layer and of the output.
    dropout
        Share of hidden units dropped in training.
    """

    def __init__(self, widths: Sequence[int], dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise(widths):
            layers += [nn.Linear(fan_in, fan_out), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers[:-2])


class GSFM(nn.Module):
    """A gene set foundation model: a set of genes in, a logit for every gene of the vocabulary out.

    The input is multi-hot over the vocabulary. Sets are small compared with the vocabulary, so they are
    given as lists of units and the first layer is a sum of rows, which equals the dense product and costs
    far less.

    Parameters
    ----------
    config
        Shape of the network.
    vocab
        The genes that its units stand for.

    Raises
    ------
    CheckpointError
        If the vocabulary is not as long as the configuration says.

    Examples
    --------
    >>> vocab = Vocab(["<unk>", "<pad>", "TP53", "MYC", "EGFR"])
    >>> model = GSFM(GSFMConfig(vocab_size=5, d_model=4), vocab)
    >>> model.complete([["TP53", "MYC"], ["EGFR"]]).shape
    (2, 5)
    """

    __module__ = "gsfm_enrich"

    def __init__(self, config: GSFMConfig, vocab: Vocab) -> None:
        super().__init__()
        if len(vocab) != config.vocab_size:
            raise CheckpointError(
                f"config.json says {config.vocab_size} tokens, the vocabulary has {len(vocab)}."
            )
        self.config = config
        self.vocab = vocab
        self.source = ""  # name and commit of a hub model
        self._make_layers()

    def _make_layers(self) -> None:
        """Make encoder and decoder."""
        self.encoder = MLP(self.config.encoder_widths, self.config.dropout)
        self.decoder = MLP(self.config.decoder_widths, self.config.dropout)
        if self.config.weighted_loss == "balance":
            # Published checkpoints hold it; only the published training loss reads it.
            self.bias = nn.Parameter(torch.ones(self.config.vocab_size), requires_grad=False)

    def lay_out(self) -> None:
        """Lay the first layer's weights out as `encode` reads them, so that no call has to copy them."""
        first = cast(nn.Linear, self.encoder.layers[0])
        first.weight.data = first.weight.data.t().contiguous().t()

    def input_weights(self, units: Tensor, offsets: Tensor) -> Tensor | None:
        """Weight of every listed unit in the input; None means 1, the published multi-hot input."""
        return None

    def encode(self, units: Tensor, offsets: Tensor) -> Tensor:
        """Represent sets.

        Parameters
        ----------
        units : int64 tensor, shape (n_memberships,)
            The units of all sets, one set after the other, distinct within a set.
        offsets : int64 tensor, shape (n_sets,)
            Where each set starts in ``units``.

        Returns
        -------
        tensor, shape (n_sets, d_model)
        """
        first = cast(nn.Linear, self.encoder.layers[0])
        summed = F.embedding_bag(
            units,
            first.weight.t().contiguous(),  # rows are summed many times faster when they are contiguous
            offsets,
            mode="sum",
            per_sample_weights=self.input_weights(units, offsets),
        )  # (n_sets, first hidden width)
        return cast(Tensor, self.encoder.layers[1:](summed + first.bias))

    def penultimate(self, units: Tensor, offsets: Tensor) -> Tensor:
        """Return the activations that the output layer reads, shape (n_sets, width of the last hidden layer).

        The logit of gene g for a set is linear in them: their product with row g of ``output_layer.weight``
        plus ``output_layer.bias[g]``. Membership tables use this to compute single columns.
        """
        return cast(Tensor, self.decoder.layers[:-1](self.encode(units, offsets)))

    @property
    def output_layer(self) -> nn.Linear:
        """The last Linear of the decoder, one row per gene."""
        return cast(nn.Linear, self.decoder.layers[-1])

    def forward(self, units: Tensor, offsets: Tensor) -> Tensor:
        """Return logits, shape (n_sets, V); the arguments are those of `encode`."""
        return cast(Tensor, self.decoder.layers(self.encode(units, offsets)))

    def bags(self, sets: Sequence[Sequence[str]], unknown: str = "drop") -> Bags:
        """Turn sets of symbols into ``(units, offsets)``; ``unknown`` as in `Vocab.encode`."""
        return pack([self.vocab.encode(symbols, unknown) for symbols in sets])

    @torch.inference_mode()
    def complete(self, sets: Sequence[Sequence[str]], unknown: str = "drop") -> NDArray[np.float32]:
        """Complete gene sets.

        Parameters
        ----------
        sets
            Sets of gene symbols in the vocabulary's own spelling.
        unknown
            How to treat symbols outside the vocabulary: ``"drop"`` or ``"token"``, see `Vocab.encode`.

        Returns
        -------
        ndarray of float32, shape (n_sets, V)
            Logits: the higher, the better a gene fits the set.

        Raises
        ------
        InputError
            If ``sets`` is a single set of strings, or ``unknown`` is another word.
        """
        if any(isinstance(symbols, str) for symbols in sets):
            raise InputError("complete takes a list of gene sets, not one gene set: wrap it in a list.")
        with without_dropout(self):
            logits = self(*self.bags(sets, unknown)).numpy()
        return np.asarray(logits, dtype=np.float32)

    @torch.inference_mode()
    def represent(self, sets: Sequence[NDArray[np.int64]]) -> NDArray[np.float32]:
        """Represent sets of units by the activations that the output layer reads.

        Parameters
        ----------
        sets
            Sets of units, as `Vocab.encode` gives them.

        Returns
        -------
        ndarray of float32, shape (n_sets, width)
            The logits of the sets are ``represent(sets) @ weight.T + bias`` with `output`.
        """
        with without_dropout(self):
            return np.asarray(self.penultimate(*pack(sets)).numpy(), dtype=np.float32)

    @property
    def output(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weight (V, width) and bias (V,) of the output layer."""
        layer = self.output_layer
        return layer.weight.detach().numpy(), layer.bias.detach().numpy()


class ScaledGSFM(GSFM):
    """A GSFM whose input is divided by the square root of the number of genes in the set.

    Two genes and two hundred then reach the first layer at the same scale, so that one network can learn from
    both literature sets (a few genes) and experiment sets (hundreds).
    """

    def input_weights(self, units: Tensor, offsets: Tensor) -> Tensor | None:
        """Return 1 / sqrt(set size) for every listed unit."""
        ends = torch.cat([offsets[1:], offsets.new_tensor([len(units)])])
        sizes = ends - offsets
        return sizes.clamp(min=1).float().rsqrt().repeat_interleave(sizes)


@contextmanager
def without_dropout(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode, and restore its previous mode afterwards."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)


def pack(sets: Sequence[NDArray[np.int64]]) -> Bags:
    """Concatenate sets of units: ``(units, offsets)``."""
    sizes = np.fromiter((len(units) for units in sets), dtype=np.int64, count=len(sets))
    units = np.concatenate(sets) if len(sets) else np.zeros(0, dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]]) if len(sets) else np.zeros(0)
    return torch.from_numpy(units.astype(np.int64)), torch.from_numpy(offsets.astype(np.int64))


def multi_hot(sets: Sequence[NDArray[np.int64]], n_units: int) -> csr_array:
    """Return sets of units as a sparse table of ones, shape (n_sets, n_units), float32."""
    starts = np.cumsum([0, *map(len, sets)], dtype=np.int32)
    units = np.concatenate(sets).astype(np.int32) if len(sets) else np.zeros(0, dtype=np.int32)
    return csr_array((np.ones(len(units), dtype=np.float32), units, starts), shape=(len(sets), n_units))
