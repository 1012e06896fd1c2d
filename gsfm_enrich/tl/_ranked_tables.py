"""The threshold-free test of ranked tables without cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.expression.ranked_queries import ranked_queries
from gsfm_enrich.get.storage import Enrichment, storable_frame, storable_params
from gsfm_enrich.model.names import name_of_model
from gsfm_enrich.ranking.ranked import View
from gsfm_enrich.tl._enrichr import LOG_COLUMNS

VIEW_OF: dict[str, View] = {"up": "up", "down": "down", "both": "absolute"}


@checked
def enrich_ranked(
    data: Any,
    gene_sets: Any,
    *,
    columns: Mapping[str, Any] | None = None,
    groups: str | Iterable[str] | None = None,
    direction: str = "both",
    organism: str = "human",
    model: Any = "default",
    min_size: int = 5,
    max_size: int | None = None,
) -> Enrichment:
    """Threshold-free enrichment of ranked tables: all genes count with their statistic, without a cut-off.

    Where the cells are at hand, :func:`gsfm_enrich.tl.enrich_ranked` gives truer p-values.

    Parameters
    ----------
    data
        All measured genes with a signed statistic: a Series by gene, a data frame of genes and numbers, a
        table of differential expression of any tool, the path of a ``.rnk``, csv or tsv file, or a dict of
        these by group. A table with p-values and fold changes alone is ranked by the normal deviate of the
        p-value with the sign of the fold change.
    gene_sets
        Whatever :func:`gsfm_enrich.enrichr` takes.
    columns
        Columns of a table, as in :func:`gsfm_enrich.tl.enrichr`.
    groups
        Group or groups to test; all by default.
    direction
        ``"both"``, the mean of the absolute value, as contrasts of conditions ask for; ``"up"`` or
        ``"down"``, of the positive or the negative part, as markers do. The table has the p-values of all
        three.
    model
        Which model completes the sets, see :func:`gsfm_enrich.load_model`; None for the members alone.
    min_size, max_size
        Terms with fewer or more measured members are left out.

    Returns
    -------
    Enrichment
        Its ``results`` have the columns of :func:`gsfm_enrich.tl.enrich_ranked`. The p-values are estimates:
        they take the genes of a term to have a small correlation, the same for all terms
        (``params["p_values"]`` says so).

    Raises
    ------
    InputError
        For unusable data: fewer than 500 genes, equal statistics, one sign only, or significant genes alone.
    LibraryError
        For an unknown or malformed gene set library.

    Warns
    -----
    GsfmEnrichWarning
        If genes are repeated or have no statistic.

    Examples
    --------
    >>> import numpy as np
    >>> import gsfm_enrich as ge
    >>> genes = [f"G{i}" for i in range(600)]
    >>> ranked = pd.Series(np.linspace(-3, 3, 600), index=genes)
    >>> sets = {"top": genes[-9:], "middle": genes[300:310]}
    >>> ge.enrich_ranked(ranked, sets, direction="up", model=None).results["Term"].tolist()
    ['top', 'middle']
    """
    from gsfm_enrich.libraries.sources import load_libraries
    from gsfm_enrich.model.checkpoint import load_model
    from gsfm_enrich.ranking.ranked_table import compare_views, ranked_table
    from gsfm_enrich.ranking.ranked_weights import ranked_weights

    queries, statistic = ranked_queries(data, columns, groups, organism)
    libraries = load_libraries(gene_sets, organism)
    completing = None if model is None else load_model(model)
    tables, log = [], []
    for group, query in queries.items():
        rows = 0
        for library in libraries:
            weights = ranked_weights(library, completing, query.genes, organism)
            views = compare_views(query.statistic[None], weights)
            table = ranked_table(
                library, weights, views, VIEW_OF[direction], names=query.genes, statistic=query.statistic,
                table=0, min_size=min_size, max_size=max_size,
            )  # fmt: skip
            table.insert(0, "group", group)
            table.insert(1, "direction", direction)
            tables.append(table)
            rows += len(table)
        message = "" if rows else f"no term has at least {min_size} measured genes"
        log.append((group, direction, len(query.genes), len(query.genes), rows, "", message))
    params = storable_params(
        groups=list(queries), direction=direction, statistic=statistic,
        p_values="estimated from the table alone", organism=organism,
        model=None if model is None else name_of_model(model), min_size=min_size, max_size=max_size,
        background="all genes of the table", gene_sets=[library.name for library in libraries],
    )  # fmt: skip
    results = storable_frame(pd.concat(tables, ignore_index=True))
    return Enrichment(results, storable_frame(pd.DataFrame(log, columns=list(LOG_COLUMNS))), params)


enrich_ranked.__module__ = "gsfm_enrich"  # `tl` has another one, which takes cells
