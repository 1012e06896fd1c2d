"""The genes behind a term in the threshold-free test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.expression.ranked_queries import ranked_queries
from gsfm_enrich.ranking.membership_net import chosen_terms
from gsfm_enrich.tl._ranked_tables import VIEW_OF

KINDS = ("member", "predicted")


@checked
def ranked_evidence(
    data: Any,
    term: str,
    gene_sets: Any = "GO_Biological_Process",
    *,
    columns: Mapping[str, Any] | None = None,
    groups: str | Iterable[str] | None = None,
    direction: str = "both",
    organism: str = "human",
    model: Any = "default",
) -> pd.DataFrame:
    """List the measured genes of a term, and how much each adds to its score in a ranked table.

    What :func:`gsfm_enrich.term_evidence` is for a list, for :func:`gsfm_enrich.enrich_ranked`.

    Parameters
    ----------
    data, columns, groups, direction, organism, model
        As in :func:`gsfm_enrich.enrich_ranked`.
    gene_sets
        Its library.

    Returns
    -------
    pandas.DataFrame
        One row per group and gene, those that add most first:

        - ``group``, ``gene_set``, ``term``, ``gene``
        - ``kind``: ``member``, or ``predicted`` for genes that the model adds
        - ``statistic``: as given
        - ``weight``: what the gene counts, 1 to 2 for a member, which is more for genes of few terms; less
          for a predicted one by its probability
        - ``share``: its part of the term's sum; 0 for genes that go the other way
        - ``leading``: whether it is one of the leading genes

    Raises
    ------
    InputError
        For unusable data, see :func:`gsfm_enrich.enrich_ranked`.
    LibraryError
        For an unknown library or term; the message gives close matches.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> genes = [f"G{i}" for i in range(600)]
    >>> ranked = pd.Series(np.linspace(-3, 3, 600), index=genes)
    >>> sets = {"top": ["G599", "G598", "G1"]}
    >>> found = ranked_evidence(ranked, "top", sets, direction="up", model=None)
    >>> found[["gene", "leading"]].values.tolist()
    [['G599', True], ['G598', True], ['G1', False]]
    """
    from gsfm_enrich.model.checkpoint import load_model
    from gsfm_enrich.ranking.leading_genes import leading_genes
    from gsfm_enrich.ranking.ranked import parts, tamed
    from gsfm_enrich.ranking.ranked_weights import ranked_weights

    queries, _ = ranked_queries(data, columns, groups, organism)
    library, rows = chosen_terms(term, gene_sets, organism)
    row, view = int(rows[0]), VIEW_OF[direction]
    completing = None if model is None else load_model(model)
    tables = []
    for group, query in queries.items():
        weights = ranked_weights(library, completing, query.genes, organism)
        counts = weights.weights[[row]].toarray()[0]
        found = np.flatnonzero(counts)
        added = (counts * parts(tamed(query.statistic[None]))[view][0])[found]
        (leading,) = leading_genes(query.statistic, weights, [row], view)
        member = weights.members[[row]].toarray()[0][found]
        table = pd.DataFrame(
            {
                "group": group,
                "gene_set": library.name,
                "term": term,
                "gene": [query.genes[gene] for gene in found],
                "kind": np.where(member, *KINDS),
                "statistic": query.statistic[found],
                "weight": counts[found],
                "share": added / max(added.sum(), np.finfo(np.float64).tiny),
                "leading": np.isin(found, [*leading.members, *leading.predicted]),
            }
        )
        # strong statistics count alike, see `tamed`: among them the stronger comes first, then the name
        order = np.lexsort([table["gene"], -np.abs(table["statistic"]), -table["share"]])
        tables.append(table.iloc[order])
    return pd.concat(tables, ignore_index=True)


ranked_evidence.__module__ = "gsfm_enrich"  # a function of tables, which `tl` does not have
