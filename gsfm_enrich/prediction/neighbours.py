"""Similarity of genes in the model: the score of each gene when only the other is given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.lookup import spell_as
from gsfm_enrich.genes.match import match
from gsfm_enrich.kept import kept_on_first
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.scores import GeneFactors, Scores
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.prediction.arguments import ask
from gsfm_enrich.prediction.understudied import publications_of
from gsfm_enrich.ranking.cache import key_of, model_hash
from gsfm_enrich.ranking.kept_scores import kept_scores
from gsfm_enrich.ranking.membership import FORMAT

NEIGHBOUR_COLUMNS = ("gene", "neighbour", "score", "z_score", "rank", "channel", "publications")

LOCATION = "location"
"""The channel of chromosomal location: genes that are close to each other need not be related."""


@checked
def neighbors(
    genes: Any,
    n: int | None = 20,
    *,
    channels: str | Sequence[str] | None = None,
    organism: str = "human",
    model: str | os.PathLike[str] | GSFM = "default",
) -> pd.DataFrame:
    """Find the genes that are most similar to a gene in the model.

    Parameters
    ----------
    n
        Number of neighbours to return for each gene; None returns all genes.
    channels
        Names of the model's channels to use; None uses all but ``location``, which finds the genes next to
        this one on the chromosome.

    Returns
    -------
    DataFrame
        One row per gene and neighbour, best first within a gene:

        - ``gene``, ``neighbour`` (the model's symbol; for mouse and rat that of its orthologue)
        - ``score``: the model's score of each gene when only the other is given (the weighted sum over its
          channels), averaged over both directions
        - ``z_score``: standard deviations above the mean score of all genes as neighbours of this one
        - ``rank``: 1 is the closest
        - ``channel``: the channel that contributes most; for example ``publications`` if both genes are
          named in the same papers
        - ``publications``: number for the neighbour, NaN if the gene table lacks it

    Raises
    ------
    InputError
        If no gene is given, ``n`` is below 1, or the model has no channel with a given name.

    Warns
    -----
    GsfmEnrichWarning
        If the model does not know some of the genes, or some look like those of another species.

    Examples
    --------
    >>> neighbors("NDUFA1", n=3)["rank"].tolist()
    [1, 2, 3]
    """
    asked = ask(genes, organism, model)
    asked.warn_unknown()
    given, network, units, known = asked.ids, asked.model, asked.units, asked.known
    names = np.array(network.vocab.genes)
    singles = listening(single_genes(network), channels)
    scores = similarity(singles, units[known], np.arange(N_SPECIAL, len(network.vocab)))
    parts = []
    for place, score in zip(known, scores, strict=True):
        others = np.flatnonzero(np.arange(len(names)) != units[place] - N_SPECIAL)
        order = others[np.argsort(-score[others], kind="stable")][:n]
        parts.append(
            pd.DataFrame(
                {
                    "gene": given[place],
                    "neighbour": spell_as(names[order], organism),
                    "score": score[order],
                    "z_score": (score[order] - score[others].mean()) / (score[others].std() or 1.0),
                    "rank": np.arange(1, len(order) + 1),
                    "channel": strongest_channel(singles, units[place], order + N_SPECIAL),
                    "publications": publications_of(names[order]),
                }
            )
        )
    if not parts:
        return pd.DataFrame(columns=list(NEIGHBOUR_COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(NEIGHBOUR_COLUMNS)]


def neighbour_graph(
    gene: str,
    n: int = 15,
    *,
    organism: str = "human",
    model: str | os.PathLike[str] | GSFM = "default",
) -> pd.DataFrame:
    """Return a gene's neighbours as edges of a graph: to the gene, and between similar neighbours.

    Parameters
    ----------
    gene, n, organism, model
        As in `neighbors`.

    Returns
    -------
    DataFrame
        ``gene``, ``other``, ``similarity``: one row per edge. Two neighbours are joined if they are at
        least as similar as the last neighbour is to the gene.

    Examples
    --------
    >>> len(neighbour_graph("NDUFA1", 5)) >= 5
    True
    """
    network = load_model(model)
    found = neighbors(gene, n, organism=organism, model=network)
    lines = found.rename(columns={"neighbour": "other", "score": "similarity"})[
        ["gene", "other", "similarity"]
    ]
    if found.empty:
        return lines
    names = found["neighbour"].tolist()
    units = match(names, network.vocab.tokens, organism).columns
    between = gene_similarity(network, units, units)
    first, second = np.nonzero(np.triu(between >= found["score"].min(), k=1))
    pairs = {"gene": np.array(names)[first], "other": np.array(names)[second]}
    return pd.concat([lines, pd.DataFrame(pairs | {"similarity": between[first, second]})], ignore_index=True)


def gene_similarity(model: GSFM, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the similarity of genes: the mean score of each gene given the other alone.

    All channels but ``location`` are used.

    Parameters
    ----------
    model
        The model.
    rows, columns
        Units of its vocabulary.

    Returns
    -------
    float32 array, shape (n_rows, n_columns)
        Symmetric in rows and columns.
    """
    return similarity(listening(single_genes(model), None), rows, columns)


def similarity(singles: Scores, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
    """Do the same as `gene_similarity`, from the scores of `single_genes`."""
    at, there, back = singles.genes.at, rows - N_SPECIAL, columns - N_SPECIAL
    return np.float32(0.5) * (singles.block(there, at(back)) + singles.block(back, at(there)).T)


def channels_of(model: GSFM) -> list[str]:
    """Return the names of a model's channels, dense ones first; an autoencoder is one channel."""
    return [*model.config.dense, *model.config.tables] or ["autoencoder"]


def listening(singles: Scores, channels: str | Sequence[str] | None) -> Scores:
    """Return the scores of only some channels.

    Raises
    ------
    InputError
        If the model has no channel with a given name; the message lists those it has.
    """
    model = singles.genes.model
    names = channels_of(model)
    if channels is None:
        channels = [name for name in names if name != LOCATION]
    asked = [channels] if isinstance(channels, str) else list(channels)
    unknown = [name for name in asked if name not in names]
    if unknown or not asked:
        what = f"no channel {', '.join(map(repr, unknown))}" if unknown else "channels, but none was named"
        raise InputError(f"The model has {what}; choose from {', '.join(names)}.")
    silent = np.array([name not in asked for name in names])
    weights, sets = np.where(silent, np.float32(0), singles.weights), singles.sets
    if silent[: singles.genes.n_dense].any():
        sets = sets.copy()
        for part, off in zip(singles.genes.dense_parts, silent, strict=False):
            sets[:, part] *= not off
    return replace(singles, sets=sets, weights=weights)


def strongest_channel(singles: Scores, unit: int, others: NDArray[np.int64]) -> list[str]:
    """Return the channel that contributes most to the similarity of a gene to each of some others."""
    own, back = np.full(len(others), unit - N_SPECIAL), others - N_SPECIAL
    parts = singles.pairs(own, back) + singles.pairs(back, own)
    names = channels_of(singles.genes.model)
    return [names[channel] for channel in parts.argmax(axis=0)]


@kept_on_first(most=1)
def single_genes(model: GSFM) -> Scores:
    """Complete every gene alone; the result is kept for each model."""
    units = np.arange(N_SPECIAL, len(model.vocab))
    key = key_of("single genes", FORMAT, model_hash(model))
    return kept_scores(key, GeneFactors(model, units), list(units[:, None]))
