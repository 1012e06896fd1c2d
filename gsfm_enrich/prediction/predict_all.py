"""All new members that the model predicts for the terms of libraries."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gsfm_enrich.arguments import checked
from gsfm_enrich.genes.lookup import spell_as
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.arguments import model_of
from gsfm_enrich.prediction.new_functions import LEAST_PROBABILITY
from gsfm_enrich.prediction.support import size_credit, specificity
from gsfm_enrich.ranking.membership import Membership, library_membership

ALL_COLUMNS = ("gene", "gene_set", "term", "probability", "specificity", "term_size", "genes_in_top")
TOP = 10
"""A term is among the best of a gene if it is one of this many."""
BLOCK = 256


@checked
def predict_all(
    gene_sets: Any = "GO_Biological_Process",
    *,
    min_probability: float = LEAST_PROBABILITY,
    organism: str = "human",
    model: str | os.PathLike[str] | GSFM = "default",
) -> pd.DataFrame:
    """Predict new members of every term: all genes that the model knows, in one table.

    Parameters
    ----------
    gene_sets
        Libraries to complete, as `gsfm_enrich.enrichr` takes them.
    min_probability
        Smallest probability to return.

    Returns
    -------
    DataFrame
        One row per gene and term that does not list it, sorted by gene and then by probability:

        - ``gene``, ``gene_set``, ``term``
        - ``probability``: that the gene belongs to the term, calibrated on members hidden from the model
        - ``specificity``, ``term_size``: as in `gsfm_enrich.predict_functions`
        - ``genes_in_top``: how many genes have this term among the ten new ones that
          `gsfm_enrich.predict_functions` ranks first; a prediction that thousands of genes share says little

    Raises
    ------
    InputError
        If ``min_probability`` is not between 0 and 1, or the default model, which is human, is asked about
        an organism without an orthology table.

    Examples
    --------
    >>> sets = {"a": ["NDUFA1", "NDUFA2", "NDUFB2", "NDUFB3"], "b": ["RPL3", "RPL4", "RPL5"]}
    >>> found = predict_all(sets, min_probability=0.5)
    >>> list(found.columns)[:4]
    ['gene', 'gene_set', 'term', 'probability']
    """
    network = model_of(organism, model)
    parts = [
        _new_members(library, library_membership(library, network, organism), min_probability, organism)
        for library in load_libraries(gene_sets, organism)
    ]
    found = pd.concat(parts, ignore_index=True)
    order = np.lexsort([-found["probability"], found["gene_set"], found["gene"]])
    return found.iloc[order].reset_index(drop=True)[list(ALL_COLUMNS)]


def _new_members(library: GeneSetLibrary, table: Membership, least: float, organism: str) -> pd.DataFrame:
    """Return the probable new members of the terms of a library, in blocks of terms."""
    genes = np.arange(len(table.units))
    credit = size_credit(table.sizes).astype(np.float32)
    best = np.full((len(genes), TOP), -np.inf, np.float32)
    best_rows = np.full((len(genes), TOP), -1, np.int64)
    rows, columns, chances = [], [], []
    for start in range(0, len(library), BLOCK):
        some = np.arange(start, min(start + BLOCK, len(library)))
        log_odds = table.log_odds(some, genes)
        probability = table.probability(log_odds, table.sizes[some][:, None])
        new = (table.known[some].toarray() == 0) & (table.sizes[some] > 0)[:, None]
        terms, members = np.nonzero(new & (probability >= least))
        rows.append(some[terms])
        columns.append(members)
        chances.append(probability[terms, members])
        score = np.where(new, log_odds + credit[some][:, None], -np.inf).T
        best, best_rows = _best_of(best, best_rows, score, some)
    row, column = np.concatenate(rows), np.concatenate(columns)
    in_top = np.bincount(best_rows[best_rows >= 0], minlength=len(library))
    names = np.array(spell_as(table.names, organism), dtype=object)
    return pd.DataFrame(
        {
            "gene": names[column],
            "gene_set": library.name,
            "term": np.array(library.terms, dtype=object)[row],
            "probability": np.concatenate(chances),
            "specificity": specificity(library)[row],
            "term_size": library.sizes[row],
            "genes_in_top": in_top[row],
        }
    )


def _best_of(
    best: NDArray[np.float32],
    best_rows: NDArray[np.int64],
    score: NDArray[np.float32],
    rows: NDArray[np.int64],
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the best scores of each gene, and their terms, among those so far and those of a block."""
    scores = np.hstack([best, score])
    terms = np.hstack([best_rows, np.broadcast_to(rows, score.shape)])
    first = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
    kept = np.take_along_axis(scores, first, axis=1)
    named = np.take_along_axis(terms, first, axis=1)
    return kept, np.where(np.isfinite(kept), named, -1)
