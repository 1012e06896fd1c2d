"""Which column of a table holds the genes, by its values, and which hold figures, by their headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gsfm_enrich.errors import InputError, did_you_mean
from gsfm_enrich.expression.cells import MOSTLY, as_names, first_name, is_number_type, is_text
from gsfm_enrich.genes.headers import (
    ENTREZ_HEADERS,
    GENE_HEADERS,
    HEADERS,
    figure_of,
    gene_rank,
    is_group_header,
    plain,
)
from gsfm_enrich.genes.lookup import find_genes
from gsfm_enrich.genes.row_numbers import are_numbered, are_row_numbers
from gsfm_enrich.organisms import RESOLVED_ORGANISMS

SAMPLE = 400
"""Number of distinct values that are looked at."""
INDEX = "index"
SURE = ("log2fc", "p_adjusted", "p_value", "score", "auc")
"""Figures whose columns, beside those of contrasts, show that a table is not wide."""

_OTHER_ID = re.compile(
    r"ENS[A-Z]{0,6}G\d{11}(\.\d+)?|FBgn\d{7}|WBGene\d{8}|MGI:\d+|LOC\d+|[A-Z0-9]\d{6}[A-Z]\d\dRik|Gm\d+"
)


def flat(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its index as the first columns, named ``"index"`` if it has no name.

    Row numbers in an unnamed index are left out, as they only give the order of rows.

    Raises
    ------
    InputError
        If columns with the same name differ.

    Examples
    --------
    >>> flat(pd.DataFrame({"padj": [0.1]}, index=["TP53"])).columns.tolist()
    ['index', 'padj']
    """
    columns = ["_".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in table.columns]
    body = table.set_axis(columns, axis=1)
    for name in body.columns[body.columns.duplicated()].unique():
        first, *others = (values for _, values in body[name].items())
        if not all(first.equals(other) for other in others):
            raise InputError(
                f"the data frame has {1 + len(others)} columns {name!r} with different values; rename them, "
                "or keep one."
            )
    body = body.loc[:, ~body.columns.duplicated()].reset_index(drop=True)
    levels = {}
    for number, level in enumerate(table.index.names):
        values = pd.Series(table.index.get_level_values(number))
        label = str(level) if level is not None else f"{INDEX} {number}".removesuffix(" 0")
        if (level is None and _numbers_rows(table.index, number)) or (
            label in body.columns and as_names(body[label]).equals(as_names(values))
        ):
            continue
        levels[label if label not in body.columns else f"{label} (index)"] = values
    return pd.concat([pd.DataFrame(levels, index=body.index), body], axis=1)


def _numbers_rows(index: pd.Index, number: int) -> bool:
    """Return whether an index level holds row numbers: a run of integers, no shorter than other levels."""
    values = index.get_level_values(number)
    if not pd.api.types.is_integer_dtype(values.dtype) or values.empty:
        return False
    run = values.max() - values.min() + 1 == values.nunique()
    others = [index.get_level_values(other).nunique() for other in range(index.nlevels) if other != number]
    return bool(run and values.nunique() >= max(others, default=len(values)))


@dataclass(frozen=True)
class _Judged:
    """What a column looks like."""

    column: str
    share: float  # of its values that are genes
    integers: bool
    rows: bool  # whether its integers are row numbers
    header: int | None  # place among the headers of genes


def _judge(table: pd.DataFrame, column: str, organism: str) -> _Judged:
    values = as_names(table[column])
    distinct = sorted(values.dropna().unique())
    header = gene_rank(column)
    if not distinct or (pd.api.types.is_float_dtype(table[column].dtype) and "." in distinct[0]):
        return _Judged(column, 0.0, False, False, header)
    digits = [text for text in distinct if text.isdecimal()]
    integers = len(digits) > MOSTLY * len(distinct) or all(re.fullmatch(r"-?[\d.]+", t) for t in distinct)
    whole = {int(text) for text in digits}
    run = len(whole) > 1 and max(whole) - min(whole) + 1 == len(whole)  # in a table, even a short run counts
    rows = integers and (run or are_row_numbers(whole, organism))
    if are_numbered(distinct):
        return _Judged(column, 0.0, integers=False, rows=False, header=header)
    sample = [distinct[i] for i in np.unique(np.linspace(0, len(distinct) - 1, SAMPLE).astype(int))]
    texts = [first_name(text) for text in sample]
    human = organism in RESOLVED_ORGANISMS
    ways = [how for _, how in find_genes(texts)] if human else ["unknown"] * len(texts)
    known = [
        how != "unknown" or _OTHER_ID.fullmatch(text) is not None
        for how, text in zip(ways, texts, strict=True)
    ]
    return _Judged(column, float(np.mean(known)), integers, rows, header)


def _could_be_genes(judged: _Judged) -> bool:
    """Return whether a person would take a column for genes."""
    if judged.integers:
        named_so = plain(judged.column) in ENTREZ_HEADERS
        unnamed = judged.column in (INDEX, "Unnamed: 0")
        return not judged.rows and judged.share >= MOSTLY and (named_so or unnamed)
    return judged.share >= MOSTLY


def choose_genes(table: pd.DataFrame, given: str | None, organism: str) -> str:
    """Return the column that holds the genes.

    Parameters
    ----------
    table
        A table as `flat` returns it.
    given
        The column, if the caller named it.
    organism
        Organism of the genes.

    Raises
    ------
    InputError
        If the named column does not exist, or if no column or several could hold the genes.
    """
    if given is not None:
        return existing(table, given, "gene_column=")
    judged = [
        _judge(table, column, organism)
        for column in map(str, table)
        if not (is_group_header(column) or is_figure(table, column))
    ]
    candidates = [one for one in judged if _could_be_genes(one)]
    if not candidates:
        return _by_header(table, judged, organism)
    classes = _by_gene(table, candidates)
    if len(classes) > 1:
        under_gene_header = [one for one in classes if any(judged.header is not None for judged in one)]
        classes = under_gene_header if len(under_gene_header) == 1 else classes
    if len(classes) > 1:
        columns = [_preferred(one).column for one in classes]
        raise InputError(
            f"{len(columns)} columns of the table could hold the genes: {', '.join(map(repr, columns))}; "
            f"choose one with gene_column={columns[0]!r}."
        )
    return _preferred(classes[0]).column


def _by_header(table: pd.DataFrame, judged: Sequence[_Judged], organism: str) -> str:
    """Return the column with a header of genes, though its values are not known genes."""
    expected = [one for one in judged if one.header is not None and not one.integers]
    if not expected and organism not in RESOLVED_ORGANISMS:
        expected = [one for one in judged if one.column == INDEX and not one.integers]
    if not expected:
        raise InputError(_no_genes(table, judged))
    return _preferred(expected).column


def gene_columns(table: pd.DataFrame, organism: str) -> list[str]:
    """Return the columns of a wide table, with the genes of one group per column; empty for other tables."""
    judged = [_judge(table, column, organism) for column in map(str, table)]
    genes = [one for one in judged if not one.integers and one.share >= MOSTLY and one.header is None]
    if len(genes) < len(judged) or len(_by_gene(table, genes)) < len(genes):
        return []
    return [one.column for one in genes]


def are_rows(table: pd.DataFrame, column: str) -> bool:
    """Return whether a column holds row numbers."""
    return _judge(table, column, "human").rows


def _preferred(candidates: Sequence[_Judged]) -> _Judged:
    last = len(GENE_HEADERS) + 1
    return min(
        candidates,
        key=lambda one: (one.integers, last if one.header is None else one.header, -one.share),
    )


def _by_gene(table: pd.DataFrame, candidates: Sequence[_Judged]) -> list[list[_Judged]]:
    """Group the columns that name the same genes, such as symbols and Ensembl ids."""
    rows = np.unique(np.linspace(0, len(table) - 1, SAMPLE).astype(int))
    genes = {}
    for one in candidates:
        texts = as_names(table[one.column]).iloc[rows].fillna("").map(first_name)
        genes[one.column] = [found if how != "unknown" else () for found, how in find_genes(texts)]
    classes: list[list[_Judged]] = []
    for one in candidates:
        for others in classes:
            pairs = list(zip(genes[one.column], genes[others[0].column], strict=True))
            both = [bool(set(left) & set(right)) for left, right in pairs if left and right]
            if not both or np.mean(both) > MOSTLY:
                others.append(one)
                break
        else:
            classes.append([one])
    return classes


def _no_genes(table: pd.DataFrame, judged: Sequence[_Judged]) -> str:
    rows = [one.column for one in judged if one.rows]
    numbered = [one.column for one in judged if one.integers and not one.rows and one.share >= MOSTLY]
    text = (
        "no column of the table is recognised as genes: none consists mostly of gene symbols or "
        f"identifiers. Columns: {', '.join(map(repr, table.columns))}; choose one with gene_column=."
    )
    if rows:
        text += f" {', '.join(map(repr, rows))}: row numbers."
    if numbered:
        text += f" {', '.join(map(repr, numbered))}: integers, which may be Entrez ids."
    return text


def is_figure(table: pd.DataFrame, column: str) -> bool:
    """Return whether a column holds a known figure: its header is known and its entries are numbers."""
    return figure_of(column) is not None and is_number_type(table[column])


def existing(table: pd.DataFrame, column: object, parameter: str) -> str:
    """Return the name of a column that the caller gave.

    Raises
    ------
    InputError
        If the table does not have it.
    """
    if not isinstance(column, str | int) or str(column) not in table.columns:
        names = [str(name) for name in table.columns]
        raise InputError(
            f"the data frame has no column {str(column)!r} ({parameter}); it has "
            f"{', '.join(map(repr, names))}." + did_you_mean(str(column), names)
        )
    return str(column)


def has_sure_figures(table: pd.DataFrame) -> bool:
    """Return whether a column has the exact name of a p-value, fold change or statistic of a known tool."""
    figures = [figure_of(column) for column in map(str, table)]
    return any(one and one.name in SURE and one.rank < len(HEADERS[one.name]) for one in figures)


def is_measured(table: pd.DataFrame, column: str) -> bool:
    """Return whether a column holds numbers that are neither row numbers nor groups nor Entrez ids."""
    values = table[column]
    is_group = is_group_header(column) and figure_of(column) is None
    if is_text(values) or is_group or values.isna().all() or pd.api.types.is_bool_dtype(values.dtype):
        return False
    return not _judge(table, column, "human").integers or is_figure(table, column)


def choose_figures(
    table: pd.DataFrame, given: Mapping[str, str | None], taken: Iterable[str]
) -> dict[str, str]:
    """Return the column of each figure: the one that the caller named, else chosen by the headers.

    Raises
    ------
    InputError
        If two columns whose headers only resemble known ones could hold the same figure.
    """
    used = dict(given)
    taken = {*taken, *filter(None, given.values())}
    by_hand = {_PARAMETERS[figure] for figure in given if figure in _PARAMETERS}
    found: dict[str, list[tuple[int, str]]] = {}
    for column in map(str, table):
        figure = figure_of(column)
        if column == "b" and "se_b" in table:  # sleuth
            found.setdefault("log2fc", []).append((0, column))
        elif figure is not None and column not in taken and _is_number(table, column):
            found.setdefault(figure.name, []).append((figure.rank + (1 if figure.scale else 0), column))
    for held, columns in found.items():
        if held in used:
            continue
        columns.sort()
        if len(columns) > 1 and columns[0][0] == columns[1][0]:
            names = [column for rank, column in columns if rank == columns[0][0]]
            if _PARAMETERS[held] in by_hand or held == "unsigned":
                continue
            raise InputError(
                f"{len(names)} columns of the table could hold the {_WORDS[held]}: "
                f"{', '.join(map(repr, names))}; choose one with {_PARAMETERS[held]}={names[0]!r}."
            )
        used[held] = columns[0][1]
    return {held: column for held, column in used.items() if column is not None}


_WORDS = {
    "log2fc": "fold change", "p_adjusted": "adjusted p-value", "p_value": "p-value", "score": "statistic",
    "auc": "area under the curve", "fold": "fold change", "unsigned": "statistic",
}  # fmt: skip
_PARAMETERS = {figure: "p_column" if figure.startswith("p_") else "statistic_column" for figure in _WORDS}


def _is_number(table: pd.DataFrame, column: str) -> bool:
    """Return whether a column should hold numbers: it does, or its header is exactly one of p-values."""
    if pd.api.types.is_bool_dtype(table[column].dtype):
        return False
    return not is_text(table[column]) or plain(column) in {*HEADERS["p_value"], *HEADERS["p_adjusted"]}
