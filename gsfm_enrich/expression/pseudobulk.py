"""Cells summed by replicate and group, and the moderated t-test of these samples.

Cells of one donor are not independent. Their sum is one sample per donor and group, and the variation between
donors shows whether a difference is significant. Labels are permuted among samples, not among cells.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from gsfm_enrich.errors import InputError, MissingPackageError
from gsfm_enrich.expression.label_statistics import permuted_codes

FEWEST_CELLS = 10
"""Sums of fewer cells are left out."""
FEWEST_SAMPLES = 2
"""Minimum number of samples in a group, and in the others."""
MOSTLY = 0.5
LABELLINGS_COUNTED = 10**6
"""Labellings are counted up to this number."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Samples:
    """Groups of samples that are tested together against all other samples.

    Attributes
    ----------
    groups : tuple of str
        The groups.
    values : float64 array, shape (n_samples, n_genes)
        Logarithm to base 2 of counts per million.
    codes : int64 array, shape (n_samples,)
        Group of each sample, -1 for samples in no group.
    replicates : int64 array, shape (n_samples,)
        Replicate of each sample.
    """

    groups: tuple[str, ...]
    values: Floats
    codes: Ints
    replicates: Ints

    @property
    def blocks(self) -> Ints:
        """Block of each sample: its replicate if replicates have several groups, else the same for all."""
        return self.replicates if self.paired else np.zeros_like(self.replicates)

    @property
    def paired(self) -> bool:
        """Whether most samples share their replicate with a group that they are compared with."""
        return bool(np.mean(np.bincount(self.replicates)[self.replicates] > 1) > MOSTLY)

    def statistics(self) -> Floats:
        """Return the moderated t of the groups, shape (n_groups, n_genes)."""
        return self._of(self.codes)

    def permuted(self, n: int, rng: np.random.Generator) -> list[Callable[[], Floats]]:
        """Return functions that give the statistics of `n` labellings, each of shape (n_groups, n_genes).

        Labels stay within their block.
        """
        return [partial(self._of, codes) for codes in permuted_codes(self.codes, n, rng, self.blocks)]

    def n_labellings(self) -> int:
        """Return the number of labellings, at most a million."""
        total = 1
        for block in np.unique(self.blocks):
            codes = self.codes[self.blocks == block]
            total *= math.factorial(len(codes))
            for count in np.unique(codes, return_counts=True)[1].tolist():
                total //= math.factorial(count)
        return min(total, LABELLINGS_COUNTED)

    def _of(self, codes: Ints) -> Floats:
        tested = [moderated_t(self.values, codes == group, self.blocks) for group in range(len(self.groups))]
        return np.stack(tested)


def sum_cells(
    counts: Any, labels: Sequence[str], replicates: Sequence[str]
) -> tuple[Floats, list[tuple[str, str]]]:
    """Sum the cells of each replicate and group.

    Parameters
    ----------
    counts
        Counts as an array or sparse matrix, shape (n_cells, n_genes).
    labels, replicates
        Group and replicate of each cell; cells with an empty one are left out.

    Returns
    -------
    values : float64 array, shape (n_samples, n_genes)
        Logarithm to base 2 of counts per million, with half a count added to each as in voom.
    samples : list of (str, str)
        Group and replicate of each sample. Sums of fewer than ten cells are left out.

    Examples
    --------
    >>> counts = np.ones((20, 2))
    >>> values, samples = sum_cells(counts, ["a"] * 20, ["x"] * 10 + ["y"] * 10)
    >>> values.round(1).tolist(), samples
    ([[18.9, 18.9], [18.9, 18.9]], [('a', 'x'), ('a', 'y')])
    """
    place: dict[tuple[str, str], int] = {}
    rows = [
        place.setdefault(pair, len(place)) if all(pair) else -1
        for pair in zip(labels, replicates, strict=True)
    ]
    cells = np.flatnonzero(np.array(rows) >= 0)
    shape = (len(place), len(rows))
    member = sparse.csr_array((np.ones(len(cells)), (np.array(rows)[cells], cells)), shape=shape)
    kept = np.asarray(member.sum(axis=1)) >= FEWEST_CELLS
    sums: Floats = (member @ sparse.csr_array(counts).astype(np.float64)).toarray()[kept]
    total = sums.sum(axis=1, keepdims=True)
    samples = [pair for pair, keep in zip(place, kept, strict=True) if keep]
    return np.log2((sums + 0.5) / (total + 1) * 1e6), samples


def check_samples(codes: Ints, groups: Sequence[str]) -> None:
    """Raise an error for groups with too few samples.

    Raises
    ------
    InputError
        If a group, or what it is compared with, has fewer than two samples.
    """
    for number, group in enumerate(groups):
        own = int((codes == number).sum())
        if min(own, len(codes) - own) < FEWEST_SAMPLES:
            raise InputError(
                f"group {group!r} has {own} of {len(codes)} samples with at least {FEWEST_CELLS} cells; at "
                f"least {FEWEST_SAMPLES} are needed in it, and as many outside it. Leave the group out "
                "with groups=, or compare cells, without replicate=."
            )


def moderated_t(values: Floats, inside: npt.NDArray[np.bool_], blocks: Ints) -> Floats:
    """Compare some samples with all others, gene by gene, with the variances of limma.

    Parameters
    ----------
    values
        Expression, shape (n_samples, n_genes).
    inside
        Which samples are compared with the others, shape (n_samples,).
    blocks
        Block of each sample, such as its donor; differences between blocks are removed.

    Returns
    -------
    float64 array, shape (n_genes,)
        Moderated t; 0 for genes that do not vary.

    Raises
    ------
    MissingPackageError
        If inmoose is not installed.

    Notes
    -----
    Smyth, Stat. Appl. Genet. Mol. Biol. 3:3, 2004: the least-squares fit of the group and the blocks, and
    residual variances shrunk towards a common one by ``inmoose.limma.squeezeVar``.
    """
    squeeze = _squeeze_var()
    residual, group = _within(values, blocks), _within(inside.astype(np.float64)[:, None], blocks)[:, 0]
    size = float(group @ group)
    freedom = len(blocks) - len(np.unique(blocks)) - 1
    if size < 1e-9 or freedom < 1:
        return np.zeros(values.shape[1])
    effect = group @ residual / size
    variance = np.maximum((residual**2).sum(axis=0) - effect**2 * size, 0) / freedom
    varies = variance > 1e-12
    t = np.zeros(values.shape[1])
    if varies.sum() < 2:
        return t
    squeezed = squeeze(variance[varies], np.full(int(varies.sum()), float(freedom)))["var_post"]
    t[varies] = effect[varies] * np.sqrt(size / squeezed)
    return t


def _within(values: Floats, blocks: Ints) -> Floats:
    """Subtract the mean of each block."""
    labels = np.unique(blocks, return_inverse=True)[1]
    means = np.stack([values[labels == block].mean(axis=0) for block in range(labels.max() + 1)])
    return np.asarray(values - means[labels])


def _squeeze_var() -> Any:
    try:
        from inmoose.limma import squeezeVar
    except ImportError as error:
        raise MissingPackageError(
            "replicate= compares sums of cells with limma's moderated t, which needs inmoose: pip install "
            "'gsfm-enrich[pseudobulk]'. Without it compare cells, with labels permuted within donors: batch=."
        ) from error
    return squeezeVar
