"""The settings of a training run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gsfm_enrich.errors import InputError


@dataclass(frozen=True)
class TrainingConfig:
    """How to train.

    Parameters
    ----------
    steps
        Total number of batches.
    batch_size
        Sets per batch, over all processes.
    learning_rate
        Peak of the schedule: linear warm-up over ``warmup`` steps, then a half cosine to zero.
    warmup
        Number of warm-up steps.
    balance
        A source with n sets is drawn in proportion to n ** balance: with 1 every set is equally likely,
        with 0 every source.
    weights
        Factors by which sources are drawn more often than that; 0 leaves a source out.
    given
        Smallest and largest share of a set that is given as input; the share is uniform in between.
    held_out
        Share of the sets of every source kept for validation.
    validate_on
        A source whose sets are all kept for validation, instead of a share of every source.
    patience
        Stop after this many validations without a lower loss, and return to the weights of the lowest; 0 goes
        through all steps and keeps the last weights.
    validate_every, save_every
        Steps between validations, and between checkpoints to resume from.
    seed
        Seed of initial weights, batches and dropout.
    precision
        Precision as named by Lightning Fabric, such as ``"32-true"`` or ``"bf16-mixed"``.

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
    weights: Mapping[str, float] = field(default_factory=dict)
    given: tuple[float, float] = (0.1, 0.9)
    held_out: float = 0.02
    validate_on: str | None = None
    patience: int = 0
    validate_every: int = 500
    save_every: int = 500
    seed: int = 0
    precision: str = "32-true"

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "validate_every", "save_every"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, not {getattr(self, name)}.")
        for name in ("warmup", "patience"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} must be at least 0, not {getattr(self, name)}.")
        for source, weight in self.weights.items():
            if not weight >= 0:
                raise InputError(f"the weight of {source!r} must be at least 0, not {weight}.")
        if not self.learning_rate > 0:
            raise InputError(f"learning_rate must be above 0, not {self.learning_rate}.")
        if not 0 <= self.held_out < 1:
            raise InputError(f"held_out must be at least 0 and below 1, not {self.held_out}.")
        low, high = self.given
        if not 0 < low <= high < 1:
            raise InputError(
                f"given must be two shares between 0 and 1, the smaller first, not {self.given}."
            )
