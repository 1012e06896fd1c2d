"""Why a term ranks where it does: its genes in the query."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError, warn_caller
from gsfm_enrich.genes.inputs import as_background, as_gene_list
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.counts import count_overlap, say_lost
from gsfm_enrich.ranking.rerank import rerank
from gsfm_enrich.ranking.strata import as_propensity

EVIDENCE_COLUMNS = ("gene_set", "term", "gene", "kind", "probability", "weight", "share")


@checked
def term_evidence(
    genes: Any,
    term: str,
    gene_sets: Any = "GO_Biological_Process",
    *,
    background: Any = None,
    organism: str = "human",
    propensity: Any = None,
    completeness: float | None = None,
    model: str | os.PathLike[str] | GSFM = "default",
) -> pd.DataFrame:
    """List the genes of a query that are evidence for a term, and how much each adds.

    Parameters
    ----------
    genes
        The query, as `gsfm_enrich.enrichr` takes it.
    gene_sets, background, organism, propensity, completeness, model
        As in `gsfm_enrich.enrichr`. The first library that has the term is used.

    Returns
    -------
    DataFrame
        One row per gene, those that add the most first:

        - ``gene_set``, ``term``
        - ``gene``: members as the library spells them, predicted genes as the query does
        - ``kind``: ``member``, ``predicted`` or, if terms are named after genes, ``neighbour``: one of the
          genes that the model finds most similar to the gene that gives the term its name
        - ``probability``: that the gene belongs to the term; 1 for members, 0 for neighbours, which are not
          predicted to be members. The probabilities add up to the expected overlap
        - ``weight``: what the gene counts for the p-value, as a share of a member: 1 for members, the
          probability for predicted genes, 0.5 or more for neighbours
        - ``share``: its part of the sum of the weights

        Its ``attrs`` hold the term's numbers: ``overlap``, ``size``, ``p_value``, ``rank_by_overlap``,
        ``expected_overlap``, ``gsfm_p_value``, ``gsfm_rank`` and ``rank_change``.

    Raises
    ------
    InputError
        If no gene is given, or a propensity cannot be used.
    LibraryError
        If none of the libraries has the term; the message lists close matches.

    Warns
    -----
    GsfmEnrichWarning
        If genes are unknown to libraries and model, or look like those of another species.

    Examples
    --------
    >>> sets = {"apoptosis": ["TP53", "BAX", "CASP3"], "growth": ["MYC", "EGFR"]}
    >>> table = term_evidence(["BAX", "CASP3", "MYC"], "apoptosis", sets)
    >>> table["gene"].tolist(), table["kind"].tolist()
    (['BAX', 'CASP3'], ['member', 'member'])
    """
    query = as_gene_list(genes)
    if not query:
        raise InputError("No genes were given; pass at least one.")
    network = load_model(model)
    libraries = load_libraries(gene_sets, organism)
    library = next((library for library in libraries if term in library), libraries[0])
    row = library.position(term)  # raises with close matches
    lost = say_lost(list(dict.fromkeys(query)), libraries, network.vocab.tokens, organism)
    if lost:
        warn_caller(lost)
    tested, likely = as_background(background), as_propensity(propensity, organism)
    counts = count_overlap(library, query, tested, organism)
    overlap, reranked = counts.overlap, rerank(counts, network, likely, completeness)
    columns = reranked.columns.iloc[row]
    counting = csr_array(reranked.weights)[[row]]
    probable = csr_array(reranked.probable)[[row]].toarray()[0, counting.indices].astype(np.float64)
    members = counts.columns[counts.members[counts.bounds[row] : counts.bounds[row + 1]]]
    p = np.concatenate([np.ones(len(members)), probable])
    weight = np.concatenate([np.ones(len(members)), counting.data.astype(np.float64)])
    frame = pd.DataFrame(
        {
            "gene_set": library.name,
            "term": term,
            "gene": [library.genes[column] for column in members]
            + [reranked.names[column] for column in counting.indices],
            "kind": ["member"] * len(members) + np.where(probable > 0, "predicted", "neighbour").tolist(),
            "probability": p,
            "weight": weight,
            "share": weight / max(weight.sum(), 1e-300),
        },
        columns=list(EVIDENCE_COLUMNS),
    )
    frame = frame.sort_values(["probability", "weight"], ascending=False, kind="stable", ignore_index=True)
    frame.attrs = {
        "overlap": int(overlap.hits[row]),
        "size": int(overlap.sizes[row]),
        "p_value": float(overlap.p_values[row]),
        "rank_by_overlap": int(columns["GSFM Rank"] + columns["Rank Change"]),
        "expected_overlap": float(columns["Expected Overlap"]),
        "gsfm_p_value": float(columns["GSFM P-value"]),
        "gsfm_rank": int(columns["GSFM Rank"]),
        "rank_change": int(columns["Rank Change"]),
    }
    return frame
