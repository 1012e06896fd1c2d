"""Complete the query itself: genes that belong with the given ones."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.scores import GeneFactors
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.prediction.arguments import ask, spelled

AUGMENT_COLUMNS = ("gene", "score", "z_score", "rank", "known")


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
        random lists of this length), ``rank`` and ``known`` (whether it was given).

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
    frame = spelled(frame, organism)
    if not known:
        frame = frame[~frame["known"]]
    frame = frame.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    frame["rank"] = np.arange(1, len(frame) + 1)
    frame = frame if n is None else frame.head(n)
    return frame[list(AUGMENT_COLUMNS)]
