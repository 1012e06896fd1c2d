"""Ranked queries from all measured genes with a statistic, in a Series, a file or a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from gsfm_enrich.errors import InputError, named, warn_caller
from gsfm_enrich.expression.de_tables import table_ranking
from gsfm_enrich.expression.markers import choose
from gsfm_enrich.genes.row_numbers import are_row_numbers
from gsfm_enrich.ranking.ranked_query import RankedQuery, ranked_query

SMALLEST_P = 1e-300
RANK_FILES = (".rnk", ".txt")
DECIMAL_COMMA = r"-?\d+(,\d+)?([eE]-?\d+)?|nan|NA"
"""Pattern of numbers with decimal commas, in files whose columns are separated by semicolons or tabs."""
ALONE = "all"
"""Name of the group of a table without groups."""


def ranked_queries(
    data: Any,
    columns: Mapping[str, Any] | None = None,
    groups: str | Iterable[str] | None = None,
    organism: str = "human",
) -> tuple[dict[str, RankedQuery], str]:
    """Read the ranked queries of one or several groups.

    Parameters
    ----------
    data
        A Series of statistics by gene; a data frame of genes and one number; a table of differential
        expression with all measured genes; the path of a ``.rnk``, csv or tsv file of these; or a dict of any
        of them by group.
    columns
        Columns of a table, as in :func:`gsfm_enrich.tl.enrichr`.
    groups
        Group or groups to take; all by default.
    organism
        Organism of the genes.

    Returns
    -------
    queries : dict of RankedQuery
        The ranked query of each group.
    statistic : str
        What the genes are ranked by.

    Raises
    ------
    InputError
        If the data are none of these, or a query cannot be tested, see
        `gsfm_enrich.ranking.ranked_query.ranked_query`.

    Warns
    -----
    GsfmEnrichWarning
        If genes are repeated or have no statistic.

    Examples
    --------
    >>> series = pd.Series(np.linspace(-3, 3, 600), index=[f"G{i}" for i in range(600)])
    >>> queries, statistic = ranked_queries(series)
    >>> list(queries), statistic, len(queries["all"].genes)
    (['all'], 'the given numbers', 600)
    """
    if isinstance(data, Mapping):
        if not data:
            raise InputError("the dict of ranked tables is empty; expected a table per group.")
        read = {str(group): ranked_queries(table, columns, None, organism) for group, table in data.items()}
        several = {
            group if set(queries) == {ALONE} else f"{group} {name}": query
            for group, (queries, _) in read.items()
            for name, query in queries.items()
        }
        chosen = choose(groups, list(several))
        return {group: several[group] for group in chosen}, next(iter(read.values()))[1]
    if isinstance(data, str | Path):
        data = _read_file(Path(data))
    series = _as_series(data)
    if series is not None:
        return {ALONE: _query(series.index, series.to_numpy(), ALONE)}, "the given numbers"
    if not isinstance(data, pd.DataFrame):
        raise InputError(
            "a ranked table must be a Series of statistics by gene, a data frame, a file or a dict of these; "
            f"got {type(data).__name__}."
        )
    ranking, used = table_ranking(data, columns, groups, organism)
    if ranking.chosen:
        raise InputError(
            "the data frame holds lists of genes without numbers; expected all measured genes with a "
            "statistic. Lists are tested by enrichr."
        )
    statistic = next(used[name] for name in ("score", "p_value", "p_adjusted", "log2fc") if name in used)
    if "score" not in used and statistic != used.get("log2fc"):
        statistic = f"{statistic} with the sign of {used.get('log2fc')}"
    frames = ranking.frames.items()
    queries = {group: _query(frame["name"], _statistic(frame, used), group) for group, frame in frames}
    return queries, statistic


def _read_file(path: Path) -> pd.DataFrame:
    """Read a table; files of ranks have two columns and no header."""
    if not path.is_file():
        raise InputError(f"there is no file {str(path)!r} to read a ranked table from.")
    headless = path.suffix in RANK_FILES
    try:
        table = pd.read_csv(path, sep=None, engine="python", header=None if headless else 0, comment="#")
    except (ValueError, UnicodeDecodeError, pd.errors.ParserError, OSError) as error:
        raise InputError(f"{path.name} cannot be read as a table: {error}") from error
    if headless and len(table) and pd.to_numeric(table.iloc[:1, -1], errors="coerce").isna().all():
        table = table.iloc[1:].set_axis(table.iloc[0].astype(str), axis=1)  # a header after all
    return table.apply(_as_numbers)


def _as_numbers(column: pd.Series) -> pd.Series:
    if column.dtype == object and column.astype(str).str.fullmatch(DECIMAL_COMMA).all():
        column = column.astype(str).str.replace(",", ".")
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers if numbers.notna().sum() >= column.notna().sum() > 0 else column


def _as_series(data: Any) -> pd.Series | None:
    """Return statistics by gene if the data hold one number per gene and nothing else; else None."""
    if isinstance(data, pd.Series):
        return data
    if not isinstance(data, pd.DataFrame):
        return None
    numeric = [place for place, kind in enumerate(data.dtypes) if pd.api.types.is_numeric_dtype(kind)]
    if data.shape[1] == 1 and len(numeric) == 1:
        return data.iloc[:, 0]
    if data.shape[1] == 2 and len(numeric) == 1:
        return pd.Series(data.iloc[:, numeric[0]].to_numpy(), index=data.iloc[:, 1 - numeric[0]])
    return None


def _query(genes: Iterable[Any], statistic: Any, group: str) -> RankedQuery:
    given = np.array([*genes, None], dtype=object)[:-1]  # tuples stay tuples
    pairs = zip(given, pd.isna(given), strict=True)
    names = ["" if missing else str(gene).strip() for gene, missing in pairs]
    values = pd.to_numeric(pd.Series(np.asarray(statistic)), errors="coerce").to_numpy(dtype=np.float64)
    here = [place for place, name in enumerate(names) if name]
    numbers = [int(names[place]) for place in here if names[place].isdecimal()]
    if len(numbers) == len(here) and are_row_numbers(numbers):
        raise InputError(
            f"the genes{'' if group == ALONE else f' of {group!r}'} are integers from {min(numbers)} to "
            f"{max(numbers)}, like row numbers; pass the statistics by gene, such as "
            "table.set_index('gene')['stat']."
        )
    query = ranked_query([names[place] for place in here], values[here])
    where = "" if group == ALONE else f" of {group!r}"
    if query.repeated:
        warn_caller(
            f"{len(query.repeated):,} genes{where} have several rows ({named(query.repeated)}): the "
            "strongest statistic of each was taken."
        )
    lost = len(names) - len(here) + query.missing
    if lost:
        warn_caller(f"{lost:,} of {len(names):,} rows{where} have no gene or no statistic and were ignored.")
    return query


def _statistic(frame: pd.DataFrame, used: Mapping[str, str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the signed statistic: the table's own, else the deviate of the p-value, else the fold change."""
    if "score" in used:
        return frame["score"].to_numpy(dtype=np.float64)
    p = frame["p_value"].fillna(frame["p_adjusted"]).to_numpy(dtype=np.float64)
    change = frame["log2fc"].to_numpy(dtype=np.float64)
    if np.isnan(p).all():
        return change
    if np.isnan(change).all():
        raise InputError(
            "the table has p-values but neither a statistic nor a fold change, so it does not show which "
            "genes go up. Name a signed column with statistic_column=."
        )
    return np.asarray(np.sign(change) * norm.isf(np.clip(p, SMALLEST_P, 1) / 2))
