"""Where gene lists come from: scanpy's ranking of groups, the table of another tool, or plain lists."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from gsfm_enrich.errors import InputError
from gsfm_enrich.expression.de_tables import read_differential
from gsfm_enrich.expression.markers import Ranking
from gsfm_enrich.expression.rank_genes_groups import (
    names_tested,
    ranking_record,
    read_ranking,
    symbol_map,
    used_raw,
)
from gsfm_enrich.genes.headers import figure_of

if TYPE_CHECKING:
    from anndata import AnnData


@dataclass(frozen=True)
class Source:
    """Where the gene lists come from.

    Attributes
    ----------
    ranking
        The genes of each group.
    adata
        The cells, if there are any.
    raw
        Whether the genes are those of ``adata.raw``.
    columns
        Which column of a data frame was taken for what.
    """

    ranking: Ranking
    adata: AnnData | None
    raw: bool
    columns: dict[str, str]

    def symbols(self, gene_symbols: str | None) -> dict[str, str]:
        """Return the symbols of genes that have other names in the cells, from a column of their data."""
        if self.adata is not None:
            return symbol_map(self.adata, gene_symbols, raw=self.raw)
        if gene_symbols is not None:
            raise InputError(
                "gene_symbols= names a column of adata.var, but there is no AnnData; "
                "use columns={'name': ...}."
            )
        return {}


def read_source(
    data: Any,
    de: Any,
    columns: Mapping[str, Any],
    key: str,
    groups: Any,
    *,
    organism: str,
    tested: bool,
) -> Source:
    """Read differential expression from any of its sources.

    Parameters
    ----------
    data, de, columns, key, groups, organism
        As in `gsfm_enrich.tl.enrichr`; ``columns`` includes what other parameters say of columns.
    tested
        Whether it matters which genes were tested.
    """
    from anndata import AnnData

    if not isinstance(data, AnnData):
        if de is not None or not isinstance(data, pd.DataFrame | Mapping):
            raise InputError(
                "adata must be an anndata.AnnData, or in its place a data frame or a dict of lists of genes; "
                f"got {type(data).__name__}{' and de' if de is not None else ''}."
                + (" Read the file with pandas.read_csv." if isinstance(data, str | os.PathLike) else "")
            )
        data, de = None, data
    if de is not None:
        ranking, used = read_differential(de, columns, groups, organism)
        return Source(ranking, data, data is not None and data.raw is not None, used)
    if columns:
        raise InputError("columns= names columns of a data frame, which is given as de=.")
    ranking = read_ranking(data, key, groups)
    if tested:
        names, where = names_tested(data, key)
        ranking = replace(ranking, tested=tuple(names), source=where)
    return Source(ranking, data, used_raw(data, ranking_record(data, key)), {})


def columns_by_figure(
    columns: Mapping[str, Any] | None,
    gene_column: str | None,
    p_column: str | None,
    statistic_column: str | None,
    groupby: str | Sequence[str] | None,
) -> dict[str, Any]:
    """Return the named columns by what they hold; only the named column of p-values is used.

    Parameters
    ----------
    columns, gene_column, p_column, statistic_column, groupby
        As in `gsfm_enrich.tl.enrichr`.
    """
    named: dict[str, Any] = {}
    if gene_column is not None:
        named["name"] = gene_column
    if groupby is not None:
        named["group"] = groupby
    if p_column is not None:
        figure = figure_of(str(p_column))
        adjusted = figure is not None and figure.name == "p_adjusted"
        named |= {"p_value": None, "p_adjusted": None, ("p_adjusted" if adjusted else "p_value"): p_column}
    if statistic_column is not None:
        figure = figure_of(str(statistic_column))
        fold = figure is not None and figure.name == "log2fc"
        named |= {"score": None, "log2fc" if fold else "score": statistic_column}
    twice = sorted(set(named) & set(columns or {}))
    if twice:
        raise InputError(f"columns= and a parameter of its own both name the column for {twice[0]!r}.")
    return {**(columns or {}), **named}
