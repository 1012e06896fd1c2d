"""Find sets that nearly repeat an earlier one, without comparing every pair.

Candidates share a band of MinHash values (Broder 1997; bands as in Leskovec, Rajaraman and Ullman, Mining of
Massive Datasets, chapter 3); whether they are similar is then computed exactly.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.errors import InputError
from gsfm_enrich.training.setfile import SetFile

ROWS = 4
"""MinHash values per band; two sets of Jaccard index J share a band with probability J ** ROWS."""
MISSED = 1e-4
"""Bands are added until a pair at the threshold is overlooked with less than this probability."""
LOWEST = 0.5
"""Smallest threshold: below it, there are many bands, and most pairs are candidates."""

Hashes = NDArray[np.uint64]


def bands_for(threshold: float) -> int:
    """Return the number of bands that find pairs of that Jaccard index with probability 1 - `MISSED`.

    Examples
    --------
    >>> bands_for(1.0), bands_for(0.9), bands_for(0.5)
    (1, 9, 143)
    """
    if threshold == 1:
        return 1
    return math.ceil(math.log(MISSED) / math.log(1 - threshold**ROWS))


def gene_hashes(genes: Sequence[str]) -> Hashes:
    """Return a hash of every symbol, which depends only on the symbol."""
    digests = b"".join(hashlib.blake2b(gene.encode(), digest_size=8).digest() for gene in genes)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def mix(values: Hashes, salt: int) -> Hashes:
    """Map hashes to others, one to one: the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    step = (0x9E3779B97F4A7C15 * (salt + 1)) % 2**64
    mixed = values + np.uint64(step)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def band_keys(sets: SetFile, first: int, hashes: Hashes, band: int) -> Hashes:
    """Return one number for each set from ``first`` on; sets that agree in a band have equal numbers.

    Parameters
    ----------
    sets
        Sets of indices into ``hashes``, none empty.
    first
        Number of the first set.
    hashes
        Of the genes, see `gene_hashes`.
    band
        Number of the band.
    """
    salts = range(band * ROWS, (band + 1) * ROWS)
    salted = [mix(hashes, salt) for salt in salts]
    keys = []
    for block in sets.blocks(first):
        key = np.zeros(len(block.sizes), dtype=np.uint64)
        for salt, of_genes in zip(salts, salted, strict=True):
            key = mix(key ^ np.minimum.reduceat(of_genes[block.units], block.starts[:-1]), salt)
        keys.append(key)
    return np.concatenate(keys) if keys else np.zeros(0, dtype=np.uint64)


def similar_to_earlier(sets: SetFile, first: int, hashes: Hashes, threshold: float) -> NDArray[np.float64]:
    """Return for each set the Jaccard index with the earlier set that makes it a near duplicate.

    Parameters
    ----------
    sets
        Sets of distinct indices into ``hashes``, none empty.
    first
        Number of the first set to look at; those before it belong to another source.
    hashes
        Of the genes, see `gene_hashes`.
    threshold
        Smallest Jaccard index at which a set repeats another, between `LOWEST` and 1.

    Returns
    -------
    float array, shape (n_sets - first,)
        0 for a set to keep; otherwise its Jaccard index with the first kept set found that it repeats. A set
        is compared only with earlier kept ones.

    Raises
    ------
    InputError
        If the threshold is out of its range.
    """
    if not LOWEST <= threshold <= 1:
        raise InputError(f"near_duplicates must be between {LOWEST} and 1, not {threshold}.")
    bands: list[dict[int, int]] = []  # key by set, for the sets that share it with another
    for band in range(bands_for(threshold)):
        keys = band_keys(sets, first, hashes, band)
        order = np.argsort(keys, kind="stable")
        alike = keys[order][1:] == keys[order][:-1]
        shared = np.zeros(len(keys), dtype=bool)
        shared[order[1:][alike]] = True
        shared[order[:-1][alike]] = True
        numbers = np.flatnonzero(shared)
        bands.append(dict(zip(numbers.tolist(), keys[numbers].tolist(), strict=True)))
    similar = np.zeros(len(sets) - first)
    kept: list[defaultdict[int, list[int]]] = [defaultdict(list) for _ in bands]  # sets by key
    for number in sorted(set().union(*bands)):
        buckets = [in_band[of[number]] for in_band, of in zip(kept, bands, strict=True) if number in of]
        candidates = sorted({earlier for bucket in buckets for earlier in bucket})
        similar[number] = first_similar(sets, first, number, candidates, threshold)
        if not similar[number]:
            for bucket in buckets:
                bucket.append(number)
    return similar


def first_similar(
    sets: SetFile, first: int, number: int, candidates: Sequence[int], threshold: float
) -> float:
    """Return the Jaccard index with the first candidate that reaches the threshold, otherwise 0."""
    if not candidates:
        return 0.0
    genes = set(sets[first + number].tolist())
    for candidate in candidates:
        others = sets[first + candidate].tolist()
        shared = len(genes.intersection(others))
        jaccard = shared / (len(genes) + len(others) - shared)
        if jaccard >= threshold:
            return jaccard
    return 0.0
