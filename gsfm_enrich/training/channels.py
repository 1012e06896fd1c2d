"""Build the channels of a `ChannelGSFM` from a corpus: no gradients, a few minutes on a laptop.

Each dense channel is a linear autoencoder in closed form. Sets of one kind of source span a space of genes
(the leading eigenvectors of degree-normalised co-occurrence), the spaces of all kinds stand side by side, and
whitening with a ridge turns products of places into scores of linear discriminant analysis.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gsfm_enrich.arrays import Floats32
from gsfm_enrich.model.channels import ChannelGSFM
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import multi_hot
from gsfm_enrich.model.whitening import standardise, whiten
from gsfm_enrich.training.annotation import family_similarity, location_similarity
from gsfm_enrich.training.cooccurrence import (
    PSEUDOCOUNT,
    SIZE_POWER,
    cooccurrence,
    strongest_neighbours,
)
from gsfm_enrich.training.corpus import LITERATURE, Corpus, source_sets

KINDS = {
    "interactions": ("ppi",),
    "co-expression": ("coexpression", "msigdb_2024.1_c4"),
    "perturbation": ("geo", "l1000", "lincs", "msigdb_2024.1_c6"),
    "immunology": ("msigdb_7.1_c7", "msigdb_2024.1_c7", "msigdb_6.1_c7", "blood"),
    "cell types": ("msigdb_2024.1_c8", "msigdb_2024.1_mouse_m8"),
    "publications' tables": ("msigdb_2024.1_c2", "msigdb_2024.1_mouse_m2", "msigdb_6.1_c2"),
}
"""Kinds of sources, by the beginning of their names. Any other source is its own kind."""

WIDTH = 256
"""Dimensions of each dense channel."""
NEIGHBOURS = {"publications": 100, "families": 50, "location": 20}
"""Neighbours per gene in each table."""
GAINS = {"publications": 50_000.0, "families": 10.0, "location": 10.0}
"""Similarities are multiplied by this before their logarithm is taken."""
SPAN = 256
"""Number of leading eigenvectors of each kind."""
ITERATIONS = 5
"""Steps of the subspace iteration: few, as the spectra fall fast."""


def kinds_of(corpus: Corpus) -> dict[str, NDArray[np.int64]]:
    """Return the numbers of the sets of each kind of source; the literature is not among them.

    Parameters
    ----------
    corpus
        Corpus whose sources are sorted into `KINDS` by name.
    """
    numbers: dict[str, list[int]] = {}
    for number, source in enumerate(corpus.sources):
        if source != LITERATURE:
            kind = next((kind for kind, starts in KINDS.items() if source.startswith(starts)), source)
            numbers.setdefault(kind, []).append(number)
    found = {kind: np.flatnonzero(np.isin(corpus.source, sources)) for kind, sources in numbers.items()}
    return {kind: sets for kind, sets in found.items() if len(sets)}


def span(corpus: Corpus, sets: NDArray[np.int64], width: int = SPAN, seed: int = 0) -> Floats32:
    """Return the places of all genes in the space that some sets span, each scaled to length 1.

    Parameters
    ----------
    corpus
        Corpus that holds the sets.
    sets
        Numbers of the sets. A set of n genes counts as (n - 1) ** -0.5 sets.
    width
        Dimensions, at most half the number of sets.
    seed
        Seed of the start of the subspace iteration.

    Returns
    -------
    float32 array, shape (V, width)
        Eigenvectors of the co-occurrence of genes, normalised by their degrees, times the fourth root of
        their eigenvalues; 0 for genes that are in none of the sets.
    """
    sizes = np.diff(corpus.starts)[sets]
    weights = np.maximum(sizes - 1.0, 1.0) ** -0.25  # on both sides of the product: the square root of -0.5
    incidence = multi_hot([corpus[number].astype(np.int64) for number in sets], len(corpus.vocab))
    incidence.data *= np.repeat(weights, sizes).astype(np.float32)
    degree = incidence.T @ (incidence @ np.ones(incidence.shape[1], dtype=np.float32))
    scale = np.where(degree > 0, 1 / np.sqrt(degree + np.median(degree[degree > 0])), 0)
    incidence.data *= scale.astype(np.float32)[incidence.indices]
    transposed = csr_array(incidence.T)
    width = max(min(width, len(sets) // 2), 1)
    rng = np.random.default_rng(seed)
    basis = rng.standard_normal((len(corpus.vocab), width + 16)).astype(np.float32)
    for _ in range(ITERATIONS):
        basis = np.linalg.qr(transposed @ (incidence @ basis))[0]
    image = incidence @ basis
    values, vectors = np.linalg.eigh((image.T @ image).astype(np.float64))
    leading = np.argsort(-values)[:width]
    places = (basis @ vectors[:, leading].astype(np.float32)) * np.maximum(values[leading], 0) ** 0.25
    length = np.linalg.norm(places, axis=1, keepdims=True)
    present = length[length > 1e-9]
    floor = 1e-3 * np.median(present) if len(present) else 1.0
    return np.asarray(places / (length + floor), dtype=np.float32)


def build_channels(
    corpus: Corpus, org_db: Path | None, sets: NDArray[np.bool_] | None = None, seed: int = 0
) -> ChannelGSFM:
    """Build a model of channels with all weights 0; `gsfm_enrich.training.gate.fit_gate` sets them.

    Parameters
    ----------
    corpus
        Corpus to build from.
    org_db
        ``org.Hs.eg.sqlite`` for families and locations of genes; None leaves out these two tables.
    sets : shape (n_sets,)
        Sets to use; all by default.
    seed
        Seed of the eigenvectors' start.

    Returns
    -------
    ChannelGSFM
    """
    used = np.ones(len(corpus), dtype=bool) if sets is None else sets
    kinds = [numbers[used[numbers]] for numbers in kinds_of(corpus).values()]
    dense = {}
    if kinds:
        dense["experiments"] = whiten([span(corpus, numbers, SPAN, seed) for numbers in kinds], WIDTH)
    tables = {}
    if LITERATURE in corpus.sources:
        literature = source_sets(corpus, LITERATURE)
        literature = literature[used[literature]]
        dense["literature"] = whiten([span(corpus, literature, 3 * WIDTH, seed)], WIDTH)
        shared = cooccurrence(corpus, literature, size_power=SIZE_POWER, pseudocount=PSEUDOCOUNT)
        tables["publications"] = nearest(shared, NEIGHBOURS["publications"], GAINS["publications"])
    if org_db is not None:
        for name, table in (("families", family_similarity), ("location", location_similarity)):
            tables[name] = nearest(table(org_db, corpus.vocab), NEIGHBOURS[name], GAINS[name])
    config = GSFMConfig(
        vocab_size=len(corpus.vocab),
        architecture="gsfm-channels",
        d_model=sum(places.shape[1] for places in dense.values()),
        dense={name: places.shape[1] for name, places in dense.items()},
        tables={name: neighbours.shape[1] for name, (neighbours, _) in tables.items()},
    )
    model = ChannelGSFM(config, corpus.vocab)
    for channel, places in zip(model.dense_channels, dense.values(), strict=True):
        channel.store(standardise(places))
    for channel_, (neighbours, similarities) in zip(model.table_channels, tables.values(), strict=True):
        channel_.store(neighbours, similarities)
    return model.eval()


def nearest(table: csr_array, neighbours: int, gain: float) -> tuple[NDArray[np.int16], Floats32]:
    """Return the strongest neighbours of every gene, and their similarities times ``gain``."""
    units, strength = strongest_neighbours(table, neighbours)
    return units, np.asarray(gain * strength, dtype=np.float32)
