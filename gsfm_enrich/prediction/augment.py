"""Complete the query itself: genes that belong with the given ones."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.scores import GeneFactors
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.prediction.arguments import ask, spelled
from gsfm_enrich.prediction.random_lists import matched_genes, random_lists
from gsfm_enrich.ranking.overlap import benjamini_hochberg

AUGMENT_COLUMNS = ("gene", "score", "z_score", "rank", "known", "p_value", "adjusted_p_value")
NULL_LISTS = 50
"""Number of random lists that p-values come from."""


@checked
def augment(
    genes: Any,
    n: int | None = 50,
    *,
    known: bool = False,
    organism: str = "human",
    model: str | os.PathLike[str] | GSFM = "default",
) -> pd.DataFrame:
    """Find the genes that belong with a list of genes.

    Parameters
    ----------
    n
        Number of genes to return; None returns all.
    known
        Whether to rank the given genes as well, each as if it had not been given.
    organism
        Organism of the genes. Genes of mouse and rat are found, and named, by their orthologues.

    Returns
    -------
    DataFrame
        One row per gene, best first: ``gene`` (the model's symbol; for mouse and rat that of its orthologue,
        or the model's if it has none), ``score`` (how well it completes the list: the sum of the scores of
        the model's channels, each weighted for this list; for a published checkpoint its standardised logit),
        ``z_score`` (standard deviations of the score in the dense channels, or of the logit, above those for
        random lists of this length), ``rank``, ``known`` (whether it was given), ``p_value`` (share of the
        scores that genes have for 50 random lists that are at least as high; each gene of the list is
        replaced by one that is named by about as many publications) and ``adjusted_p_value``
        (Benjamini and Hochberg, over the genes that were not given; NaN for those that were).

    Raises
    ------
    InputError
        If no gene is given, the model knows none of them, or the default model, which is human, is asked
        about an organism without an orthology table.

    Warns
    -----
    GsfmEnrichWarning
        If the model does not know some of the genes, or some look like those of another species.

    Examples
    --------
    >>> table = augment(["COX4I1", "NDUFA1", "UQCRB"], n=5)
    >>> table["rank"].tolist()
    [1, 2, 3, 4, 5]
    """
    asked = ask(genes, organism, model)
    network, given = asked.model, np.unique(asked.units[asked.known])
    if len(given) == 0:
        raise InputError(
            f"The model knows none of the {len(asked.ids)} genes given: {', '.join(asked.ids[:5])}."
        )
    asked.warn_unknown()
    units = np.arange(N_SPECIAL, len(network.vocab))
    factors = GeneFactors(network, units)
    scores = factors.score([given])
    here, columns = np.zeros(1, dtype=np.int64), np.arange(len(units))
    genes = factors.at(columns)
    score, z_score = scores.block(here, genes)[0], scores.z_scores(here, genes)[0]
    if known and len(given) > 1:
        rest = factors.score([given[given != unit] for unit in given])
        rows, own = np.arange(len(given)), given - N_SPECIAL
        score[own], z_score[own] = rest.pairs(rows, own).sum(axis=0), rest.z_pairs(rows, own)
    frame = pd.DataFrame(
        {
            "gene": network.vocab.genes,
            "score": score,
            "z_score": z_score,
            "known": np.isin(units, given),
        }
    )
    frame["p_value"] = random_p_values(factors, given, score)
    frame["adjusted_p_value"] = np.nan
    new = ~frame["known"].to_numpy()
    frame.loc[new, "adjusted_p_value"] = benjamini_hochberg(frame.loc[new, "p_value"].to_numpy())
    frame = spelled(frame, organism)
    if not known:
        frame = frame[~frame["known"]]
    frame = frame.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    frame["rank"] = np.arange(1, len(frame) + 1)
    frame = frame if n is None else frame.head(n)
    return frame[list(AUGMENT_COLUMNS)]


def random_p_values(
    factors: GeneFactors, given: NDArray[np.int64], score: NDArray[np.floating], seed: int = 0
) -> NDArray[np.float64]:
    """Return how often genes score as high for random lists of genes of the same popularity.

    Parameters
    ----------
    factors
        The genes that are scored.
    given
        Units of the list.
    score : shape (n_units,)
        Score of each gene for the list.
    seed
        Random seed.

    Returns
    -------
    float array, shape (n_units,)
        Above 0: the list itself counts as one of the random ones.
    """
    lists = random_lists(matched_genes(factors.model, given), NULL_LISTS, seed)
    null = factors.score(lists).block(np.arange(len(lists)), factors.at(np.arange(len(factors.units))))
    for row, units in zip(null, lists, strict=True):
        row[units - N_SPECIAL] = -np.inf  # a gene of the list is no candidate
    ordered = np.sort(null[np.isfinite(null)])
    higher = len(ordered) - np.searchsorted(ordered, score, side="left")
    return np.asarray((higher + 1) / (len(ordered) + 1))
