"""The content of a checkpoint's ``config.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from gsfm_enrich.errors import CheckpointError, did_you_mean

LARGEST_SIZES = {"vocab_size": 2**22, "d_model": 2**16, "depth": 12}
"""No model near these sizes was ever trained; larger ones would only exhaust the memory."""
CHANNEL = re.compile(r"[A-Za-z0-9_]{1,60}")
CHANNELS = 64
ARCHITECTURES = ("gsfm", "gsfm-scaled", "gsfm-channels")
WIDEST = 2**15
LOSSES = ("none", "unseen", "balance")


@dataclass(frozen=True)
class GSFMConfig:
    """Shape of a gene set foundation model.

    The first six fields are those of published checkpoints. ``architecture`` is ours: it is absent from a
    published ``config.json`` and then means the published network.

    Parameters
    ----------
    vocab_size
        Number of tokens V, including the two special ones.
    d_model
        Width d of the representation of a set.
    depth
        Number n of Linear layers in the encoder and in the decoder. The encoder's widths are
        V -> d 2^(n-1) -> ... -> 2d -> d, the decoder's d -> d -> 2d -> ... -> d 2^(n-2) -> V.
    dropout
        Share of hidden units dropped in training.
    partition
        Share of a set held out as the target in training; 0 means target = input.
    weighted_loss
        How training weighted the genes: ``"none"``, ``"unseen"`` or ``"balance"``. ``"balance"`` adds a
        parameter ``bias`` of length V that inference ignores.
    architecture
        ``"gsfm"`` is the published network, ``"gsfm-scaled"`` divides the multi-hot input by the square root
        of the number of genes in the set; ``"gsfm-channels"`` is not an autoencoder, see
        `gsfm_enrich.model.channels`.
    dense, tables
        Channels of ``"gsfm-channels"``: name and dimensions of each dense one, name and neighbours per gene
        of each table. This package's own addition.

    Raises
    ------
    CheckpointError
        If a value is out of its range.

    Examples
    --------
    >>> GSFMConfig(vocab_size=100, d_model=8, depth=3).encoder_widths
    (100, 32, 16, 8)
    >>> GSFMConfig(vocab_size=100, d_model=8, depth=3).decoder_widths
    (8, 8, 16, 100)
    """

    __module__ = "gsfm_enrich"

    vocab_size: int
    d_model: int = 256
    depth: int = 2
    dropout: float = 0.2
    partition: float = 0.0
    weighted_loss: str = "none"
    architecture: str = "gsfm"
    dense: Mapping[str, int] = field(default_factory=dict)
    tables: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, least in (("vocab_size", 3), ("d_model", 1), ("depth", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise CheckpointError(f"{name} must be a whole number of at least {least}, not {value!r}.")
            if value > LARGEST_SIZES[name]:
                raise CheckpointError(f"{name} must be at most {LARGEST_SIZES[name]:,}, not {value:.3g}.")
        for name in ("dropout", "partition"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1:
                raise CheckpointError(f"{name} must be at least 0 and below 1, not {value!r}.")
        if self.weighted_loss not in LOSSES:
            raise CheckpointError(
                f"weighted_loss must be one of {', '.join(LOSSES)}, not {self.weighted_loss!r}."
            )
        if self.architecture not in ARCHITECTURES:
            raise CheckpointError(
                f"architecture must be one of {', '.join(ARCHITECTURES)}, not {self.architecture!r}."
            )
        if self.architecture == "gsfm-channels" and self.vocab_size > WIDEST:
            raise CheckpointError(
                f"{self.architecture!r} takes up to {WIDEST} tokens (its units are 16-bit numbers), "
                f"not {self.vocab_size}."
            )
        for name in ("dense", "tables"):
            _check_channels(name, getattr(self, name))
        if (len(self.dense) + len(self.tables) > 0) != (self.architecture == "gsfm-channels"):
            raise CheckpointError(
                f"dense is {self.dense!r} and tables is {self.tables!r}: 'gsfm-channels' needs a channel, "
                "other architectures have none."
            )

    @property
    def encoder_widths(self) -> tuple[int, ...]:
        """Widths from the input (V) to the representation of the set (d)."""
        hidden = tuple(self.d_model * 2 ** (n - 1) for n in range(self.depth, 1, -1))
        return (self.vocab_size, *hidden, self.d_model)

    @property
    def decoder_widths(self) -> tuple[int, ...]:
        """Widths from the representation of the set (d) to the logits (V)."""
        hidden = tuple(self.d_model * 2 ** (n - 1) for n in range(1, self.depth))
        return (self.d_model, *hidden, self.vocab_size)

    @classmethod
    def from_json(cls, text: str) -> GSFMConfig:
        """Read the text of a ``config.json``.

        Parameters
        ----------
        text
            A JSON object; absent fields take their defaults, except ``vocab_size``.

        Raises
        ------
        CheckpointError
            If it is not a JSON object, lacks ``vocab_size`` or has a field of another name.

        Examples
        --------
        >>> GSFMConfig.from_json('{"vocab_size": 100, "d_model": 8}').d_model
        8
        """
        try:
            values: Any = json.loads(text)
        except (ValueError, RecursionError) as error:  # also for endless numbers and deep nesting
            raise CheckpointError(f"config.json is not valid JSON: {error}.") from error
        if not isinstance(values, dict):
            raise CheckpointError(f"config.json must hold an object, not {type(values).__name__}.")
        known = [field_.name for field_ in fields(cls)]
        for name in values:
            if name not in known:
                raise CheckpointError(
                    f"config.json has an unknown field {name!r}.{did_you_mean(name, known)}"
                )
        if "vocab_size" not in values:
            raise CheckpointError("config.json lacks vocab_size.")
        return cls(**values)

    def to_json(self) -> str:
        """Return the text of a ``config.json``; the published network is written with the published fields.

        Examples
        --------
        >>> "architecture" in GSFMConfig(vocab_size=100).to_json()
        False
        """
        values = asdict(self)
        if self.architecture == ARCHITECTURES[0]:
            del values["architecture"]
        if self.architecture != "gsfm-channels":
            del values["dense"], values["tables"]
        return json.dumps(values, indent=2) + "\n"


def _check_channels(name: str, channels: object) -> None:
    """Raise a `CheckpointError` unless ``channels`` maps names of channels to their sizes."""
    if not isinstance(channels, dict) or not all(
        type(size) is int and size >= 1 for size in channels.values()
    ):
        raise CheckpointError(
            f"{name} must map names of channels to whole numbers of at least 1, not {str(channels)[:200]}."
        )
    if len(channels) > CHANNELS or not all(CHANNEL.fullmatch(str(channel)) for channel in channels):
        raise CheckpointError(
            f"{name} must name at most {CHANNELS} channels, with letters, digits and underscores."
        )
    if any(size > LARGEST_SIZES["d_model"] for size in channels.values()):
        raise CheckpointError(f"{name} has a channel larger than {LARGEST_SIZES['d_model']:,}.")
