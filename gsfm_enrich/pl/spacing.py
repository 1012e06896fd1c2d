"""Move what is drawn at some places apart, until nothing covers anything else."""

from __future__ import annotations

import numpy as np

from gsfm_enrich.arrays import Floats

ROUNDS = 500


def scaled(places: Floats, room: Floats, seed: int) -> Floats:
    """Return places stretched to a room in inches, no two in the same spot."""
    spread = np.ptp(places, axis=0)
    filled = (places - places.min(axis=0)) / np.where(spread > 0, spread, 1.0) * room
    return np.asarray(filled + np.random.default_rng(seed).normal(0, 1e-3, places.shape))


def moved_apart(places: Floats, half: Floats) -> Floats:
    """Return places moved so that boxes around them do not overlap.

    Parameters
    ----------
    places
        Centres of the boxes, n x 2, no two the same.
    half
        Half of the width and height of each box, n x 2, in the same unit.

    Returns
    -------
    numpy.ndarray
        Places as near to the old ones as `ROUNDS` rounds of small pushes leave them. Every two boxes that
        overlap are pushed along the direction in which they overlap less.

    Examples
    --------
    >>> moved_apart(np.array([[0.0, 0.0], [0.5, 0.1]]), np.full((2, 2), 0.5)).round(2).tolist()
    [[-0.26, 0.0], [0.76, 0.1]]
    """
    places = places.copy()
    reach = half[:, None] + half
    for _ in range(ROUNDS):
        away = places[:, None] - places
        overlap = reach - np.abs(away)
        touching = (overlap[..., 0] > 0) & (overlap[..., 1] > 0) & ~np.eye(len(places), dtype=bool)
        if not touching.any():
            break
        across = overlap[..., 0] <= overlap[..., 1]
        push = np.where(np.stack([across, ~across], axis=2), overlap, 0.0) * np.where(away < 0, -1.0, 1.0)
        places += 0.52 * (push * touching[..., None]).sum(axis=1)
    return places


def limits(low: float, high: float, room: float) -> tuple[float, float]:
    """Return limits of an axis that hold everything, at true scale where there is room for that."""
    spare = max(room - (high - low), 0.0) / 2
    return low - spare, high + spare
