"""Number the terms and genes of plain gene sets, and check the arrays of a sparse table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gsfm_enrich.errors import InputError, did_you_mean
from gsfm_enrich.genes.entries import MISSING, clean

if TYPE_CHECKING:
    import pandas as pd

_LOSSES = ("malformed lines", "duplicate terms", "empty sets", "missing values")
_CHANGES = {
    "members of several genes": "the first gene of {:,} members such as A///B was taken",
    "descriptions read as genes": (
        "there is no column of descriptions: the second fields of {:,} lines are genes, and were read as such"
    ),
    "columns of a GMX file": "the sets stand in columns, as in a GMX file: {:,} columns were read",
}
_SEVERAL = "///"  # between the genes of one probe


@dataclass(frozen=True)
class IndexedSets:
    """Gene sets as a sparse table.

    Attributes
    ----------
    terms, genes
        Labels of rows and columns, in order of first appearance.
    indptr, indices
        Compressed rows: the columns of row ``i`` are ``indices[indptr[i]:indptr[i + 1]]``, in rising order.
    counts
        Counts of what was dropped or merged: ``"empty sets"``, ``"missing values"``, ``"members of several
        genes"`` (``A///B``, of which the first counts), ``"duplicate genes"``.
    """

    terms: tuple[str, ...]
    genes: tuple[str, ...]
    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int64]
    counts: dict[str, int]


def index_sets(sets: Mapping[str, Iterable[object]]) -> IndexedSets:
    """Turn gene sets into a sparse table.

    Parameters
    ----------
    sets
        Genes of each term, strings or numbers.

    Returns
    -------
    IndexedSets

    Raises
    ------
    InputError
        If `sets` is not a mapping, a set is not a list, or two terms are the same as text.

    Examples
    --------
    >>> indexed = index_sets({"a": ["TP53", 672, None], "b": []})
    >>> indexed.genes, indexed.counts
    (('TP53', '672'), {'empty sets': 1, 'missing values': 1})
    """
    if not isinstance(sets, Mapping):
        raise InputError(f"Expected a dict of terms and their genes, not {type(sets).__name__}.")
    listed = [_listed(term, members) for term, members in sets.items()]
    labels = [str(term) for term in sets]
    if len(set(labels)) < len(labels):
        raise InputError("Two terms of the dict are the same when written as text.")
    # each distinct gene is read once: libraries repeat their genes a dozen times
    try:
        symbols = {gene: _symbol(gene) for gene in dict.fromkeys(chain.from_iterable(listed))}
    except TypeError as error:  # a list in a list
        raise InputError(f"The genes of a term must be names or Entrez ids ({error}).") from error
    genes = {symbol: column for column, symbol in enumerate(dict.fromkeys(filter(None, symbols.values())))}
    column_of = {gene: genes.get(symbol, -1) for gene, symbol in symbols.items()}
    lengths = np.fromiter(map(len, listed), dtype=np.int64, count=len(listed))
    columns = np.fromiter(
        map(column_of.__getitem__, chain.from_iterable(listed)), dtype=np.int64, count=int(lengths.sum())
    )
    present = columns >= 0
    rows = np.repeat(np.arange(len(listed)), lengths)[present]
    width = max(len(genes), 1)
    memberships = np.sort(rows * width + columns[present])  # by term, then gene
    memberships = memberships[np.diff(memberships, prepend=-1) > 0]
    sizes = np.bincount(memberships // width, minlength=len(listed))
    counts = {
        "empty sets": int((sizes == 0).sum()),
        "missing values": int((~present).sum()),
        "members of several genes": sum(isinstance(gene, str) and _SEVERAL in gene for gene in symbols),
        "duplicate genes": int(present.sum()) - len(memberships),
    }
    return IndexedSets(
        terms=tuple(label for label, size in zip(labels, sizes, strict=True) if size),
        genes=tuple(genes),
        indptr=np.concatenate([[0], np.cumsum(sizes[sizes > 0])]),
        indices=memberships % width,
        counts={what: number for what, number in counts.items() if number},
    )


def sets_of_frame(df: pd.DataFrame, term: str, gene: str) -> tuple[dict[str, list[object]], int]:
    """Collect gene sets from a long table with one row per membership.

    Parameters
    ----------
    df
        The table.
    term, gene
        Its columns of terms and genes.

    Returns
    -------
    sets : dict
        Genes of each term, in the order of the table.
    missing : int
        Number of rows that lack a term or a gene and were left out.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> sets_of_frame(pd.DataFrame({"term": ["a", "a"], "gene": ["TP53", None]}), "term", "gene")
    ({'a': ['TP53']}, 1)
    """
    for column in (term, gene):
        if column not in df.columns:
            columns = [str(known) for known in df.columns]
            close = did_you_mean(str(column), columns)
            raise InputError(f"The table has no column {column!r}; it has {columns}.{close}")
    whole = df[[term, gene]].dropna()
    sets: dict[str, list[object]] = {}
    for label, member in zip(whole[term].astype(str), whole[gene], strict=True):
        sets.setdefault(label, []).append(member)
    return sets, len(df) - len(whole)


def count_words(counts: Mapping[str, int]) -> str:
    """Write counts as words.

    Parameters
    ----------
    counts
        Numbers by what they count, in the plural.

    Returns
    -------
    str

    Examples
    --------
    >>> count_words({"empty sets": 2, "duplicate genes": 1})
    '2 empty sets, 1 duplicate gene'
    """
    return ", ".join(f"{n:,} {what[:-1] if n == 1 else what}" for what, n in counts.items())


def describe_losses(name: str, skipped: Mapping[str, int]) -> str:
    """Return a sentence on what reading a library left out or reinterpreted; removed weights do not count.

    Parameters
    ----------
    name
        Name of the library.
    skipped
        Its counts.

    Returns
    -------
    str
        One sentence; empty if nothing was left out.

    Examples
    --------
    >>> describe_losses("mine.gmt", {"malformed lines": 1, "weights": 20})
    'mine.gmt: left out 1 malformed line.'
    """
    lost = {what: n for what, n in skipped.items() if what in _LOSSES}
    again = " (the last line of a repeated term counts)" if "duplicate terms" in lost else ""
    said = [f"left out {count_words(lost)}{again}"] if lost else []
    said += [text.format(skipped[what]) for what, text in _CHANGES.items() if what in skipped]
    return f"{name}: {'; '.join(said)}." if said else ""


def add_counts(before: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Add up counts of the same things.

    Examples
    --------
    >>> add_counts({"empty sets": 1, "weights": 2}, {"empty sets": 3})
    {'empty sets': 4, 'weights': 2}
    """
    return dict(before) | {what: n + before.get(what, 0) for what, n in more.items()}


def misfit(
    terms: Sequence[str], genes: Sequence[str], indptr: npt.NDArray[np.int32], indices: npt.NDArray[np.int32]
) -> str:
    """Return what is wrong with the labels and arrays of a sparse table; empty if they fit.

    Parameters
    ----------
    terms, genes
        Labels of its rows and columns.
    indptr, indices
        Its compressed rows.

    Returns
    -------
    str
        The first thing that does not fit.

    Examples
    --------
    >>> misfit(["a"], ["TP53", "BAX"], np.array([0, 2], np.int32), np.array([1, 1], np.int32))
    'column numbers must rise within a row'
    """
    n_terms = len(terms)
    if indptr.shape != (n_terms + 1,) or indices.ndim != 1:
        return f"{n_terms} terms need {n_terms + 1} row bounds in one array, not shape {indptr.shape}"
    if indptr[0] != 0 or indptr[-1] != len(indices) or np.any(np.diff(indptr) < 0):
        return f"the row bounds must rise from 0 to the {len(indices)} memberships"
    if len(indices) and (indices.min() < 0 or indices.max() >= len(genes)):
        return f"column numbers must lie between 0 and {len(genes) - 1}"
    steps = np.diff(indices)
    starts = indptr[1:-1]
    steps[starts[(starts > 0) & (starts < len(indices))] - 1] = 1  # a new row may start anywhere
    if np.any(steps < 1):
        return "column numbers must rise within a row"
    repeated = [what for what, labels in (("term", terms), ("gene", genes)) if len(set(labels)) < len(labels)]
    return f"a {repeated[0]} occurs twice" if repeated else ""


def _listed(term: object, members: object) -> list[Any] | tuple[Any, ...]:
    """Return the genes of a term as a sequence."""
    if isinstance(members, list | tuple):
        return members
    if isinstance(members, str | bytes | bytearray | memoryview) or not isinstance(members, Iterable):
        raise InputError(f"The genes of term {term!r} must be a list, not {type(members).__name__}.")
    return list(members)


def _symbol(gene: Any) -> str:
    """Return a gene as text: stripped, numbers without a decimal point, missing values as ''."""
    if isinstance(gene, str):
        return _one_name(gene)
    if isinstance(gene, float | np.floating) and float(gene).is_integer():
        return str(int(gene))
    if isinstance(gene, bytes | bytearray | memoryview):
        raise TypeError(f"{gene!r} is bytes")
    return _one_name(str(gene))


def _one_name(text: str) -> str:
    """Return a clean name, the first of several; '' for a missing value."""
    names = [clean(name) for name in text.split(_SEVERAL)] if _SEVERAL in text else [clean(text)]
    return next((name for name in names if name not in MISSING), "")
