"""Soft gene sets: a weight for every gene, 1 for a member, the probability of membership for others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from gsfm_enrich.genes.match import match
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.membership import library_membership

BLOCK = 512
"""Number of terms whose weights are dense at a time."""
MIN_WEIGHT = 0.02
"""Smaller probabilities are left out: a term of the bundled library then has some hundred genes."""


def term_weights(
    library: GeneSetLibrary,
    rows: NDArray[np.int64],
    genes: Sequence[str],
    model: GSFM | None,
    *,
    organism: str = "human",
    min_weight: float = MIN_WEIGHT,
) -> csr_array:
    """Return the membership of genes in some terms.

    Parameters
    ----------
    library
        The terms.
    rows
        Rows of the terms.
    genes
        Identifiers of any kind. Of several names of one gene, only the first counts.
    model
        The model that completes the terms; None for the members alone.
    organism
        Organism of the genes and the library.
    min_weight
        Smaller weights are left out.

    Returns
    -------
    csr_array of float32, shape (n_rows, n_genes)
        1 for a member, for other genes the calibrated probability that they belong to the term.

    Examples
    --------
    >>> library = GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX"]})
    >>> term_weights(library, np.array([0]), ["p53", "MYC", "BAX"], None).toarray()
    array([[1., 0., 1.]], dtype=float32)
    """
    distinct = list(dict.fromkeys(genes))
    place = {gene: number for number, gene in reversed(list(enumerate(genes)))}
    places = np.array([place[gene] for gene in distinct], dtype=np.int64)
    held = match(distinct, library.genes, organism).columns
    parts = []
    for start in range(0, max(len(rows), 1), BLOCK):
        block = rows[start : start + BLOCK]
        weights = np.zeros((len(block), len(genes)), dtype=np.float32)
        if model is not None:
            table = library_membership(library, model, organism)
            columns = table.columns_of(distinct)
            weights[:, places[columns >= 0]] = table.predicted(block, columns[columns >= 0])
            weights[weights < min_weight] = 0
        members = library.incidence[block][:, held[held >= 0]].toarray()
        weights[:, places[held >= 0]] = np.maximum(weights[:, places[held >= 0]], members)
        parts.append(csr_array(weights))
    return csr_array(vstack(parts, format="csr"))
