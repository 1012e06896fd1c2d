"""What users pass as a list of genes or as a background, turned into plain Python.

Every form in which notebooks hold genes is accepted: list, tuple, set, Series, Index, ndarray, a data frame
with one column, a data frame of names and weights, or a text file with one gene per line.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from gsfm_enrich.errors import InputError, warn_caller
from gsfm_enrich.files import read_lines
from gsfm_enrich.genes.entries import MISSING, clean, separate
from gsfm_enrich.genes.result_tables import columns_of_lines, refuse_table
from gsfm_enrich.genes.row_numbers import are_row_numbers

GeneList: TypeAlias = "str | os.PathLike[str] | Iterable[object]"
"""A path of a text file, or anything that yields genes."""

_FIELDS = re.compile(r'"[^"]*"|[^\s,]+')
_PLAIN_NAMES = re.compile(r"[A-Za-z][\w.-]*(?:\0[A-Za-z][\w.-]*)*", re.ASCII)
"""Names that start with a letter, joined by a character that does not occur in names."""
_NUMBER_AND_NAME, _LEAST_NUMBERED = 2, 3


def as_gene_list(genes: GeneList) -> list[str]:
    """Turn any list of genes into a list of stripped strings.

    Parameters
    ----------
    genes
        A list, tuple, set (taken in sorted order), Series, Index, one-dimensional array or iterator of names
        or Entrez ids; a DataFrame with one column, or with names and numeric weights (which are not used); or
        the path of a text file, plain or gzipped, with one gene per line, optionally followed by a tab or
        comma and a weight.

    Returns
    -------
    list of str
        In the order given and with repeats. Missing and blank entries are left out, including text such as
        ``nan`` (`gsfm_enrich.genes.entries.MISSING`). For several genes in one entry see
        `gsfm_enrich.genes.entries.separate`. May be empty.

    Raises
    ------
    InputError
        If the input is not a list of genes; the message says what was given and what is expected.

    Warns
    -----
    GsfmEnrichWarning
        If entries name several genes (``A///B``, ``P1;P2``), of which one was taken for each entry.

    Examples
    --------
    >>> as_gene_list(["TP53 ", 7157, 672.0, None, ""])
    ['TP53', '7157', '672']
    """
    return read_gene_list(genes)[0]


def as_background(background: GeneList | int | None) -> int | list[str] | None:
    """Turn any background into None, a number of genes, or a list of genes.

    Parameters
    ----------
    background
        None; a number of genes (``20000``, ``"20000"``, a numpy integer); or anything that `as_gene_list`
        takes.

    Returns
    -------
    int, list of str or None
        The list without missing, blank and repeated entries.

    Raises
    ------
    InputError
        If the number is not positive, or the list is empty or not a list of genes.

    Examples
    --------
    >>> as_background("20000")
    20000
    """
    if background is None:
        return None
    if isinstance(background, str) and background.strip().isdecimal():
        background = int(background)
    if isinstance(background, int | float | np.number | np.bool_):
        whole = not isinstance(background, bool | np.bool_) and float(background).is_integer()
        if not whole or background < 1:
            raise InputError(f"A background must have a positive whole number of genes, not {background}.")
        return int(background)
    if isinstance(background, str) and not os.path.isfile(background):
        raise InputError(
            f"The background {background!r} is neither a number nor a file with one gene per line; "
            "pass a number of genes, a list of genes or the path of a text file."
            + (" BioMart data sets are not downloaded." if background.endswith("_gene_ensembl") else "")
        )
    genes = list(dict.fromkeys(as_gene_list(background)))
    if not genes:
        raise InputError("The background has no genes.")
    return genes


def read_gene_list(genes: GeneList) -> tuple[list[str], int]:
    """Turn any list of genes into strings, and count the missing and blank entries.

    Parameters
    ----------
    genes
        See `as_gene_list`.

    Returns
    -------
    names : list of str
        Stripped, in order, with repeats.
    blanks : int
        How many entries were left out.

    Raises
    ------
    InputError
        If the input is not a list of genes.

    Warns
    -----
    GsfmEnrichWarning
        As in `as_gene_list`.
    """
    found, blanks, remarks = parse_gene_list(genes)
    for remark in remarks:
        warn_caller(remark)
    return found, blanks


def as_gene_lists(lists: Mapping[Any, GeneList]) -> list[list[str]]:
    """Turn several lists of genes into lists of stripped strings, and warn once of odd entries in any.

    Parameters
    ----------
    lists
        Lists as in `as_gene_list`, by name.

    Returns
    -------
    list of list of str
        In the order given.

    Raises
    ------
    InputError
        As in `as_gene_list`.

    Examples
    --------
    >>> as_gene_lists({"a": ["TP53 "], "b": ["BAX", None]})
    [['TP53'], ['BAX']]
    """
    parsed = [parse_gene_list(genes) for genes in lists.values()]
    odd = [(name, remarks) for name, (_, _, remarks) in zip(lists, parsed, strict=True) if remarks]
    if odd:
        (name, remarks), others = odd[0], len(odd) - 1
        more = f" The same holds for {others:,} more of the {len(parsed):,} lists." if others else ""
        warn_caller(f"List {str(name)!r}: {' '.join(remarks)}{more}")
    return [found for found, _, _ in parsed]


def parse_gene_list(genes: GeneList) -> tuple[list[str], int, list[str]]:
    """Do the same as `read_gene_list`, but return its warnings as a third value."""
    items = _items(genes)
    if _are_plain(items):
        return [str(item) for item in items], 0, []
    names: list[str] = []
    for position, item in enumerate(items):
        name = clean(item) if type(item) is str else _name(item, position)
        if name not in MISSING:
            names.append(name)
    found, separated = separate(names)
    remarks = [separated] if separated else []
    numbers = [int(name) for name in found if name.isdecimal()]
    if len(numbers) == len(found) and are_row_numbers(numbers):
        remarks.append(
            f"{len(numbers):,} genes are integers from {min(numbers)} to {max(numbers)}, like row numbers; "
            "they were read as Entrez ids. If they are not, pass the column of genes."
        )
    return found, len(items) - len(names), remarks


def _are_plain(items: list[object]) -> bool:
    """Return whether no entry needs any change, as in nearly every list."""
    if not all(type(item) is str for item in items):
        return False
    return _PLAIN_NAMES.fullmatch("\0".join(map(str, items))) is not None and MISSING.isdisjoint(items)


def _items(genes: object) -> list[object]:
    """Return the entries of any container as a flat list."""
    if isinstance(genes, str | os.PathLike):
        return list(_read_file(genes))
    if isinstance(genes, bytes | Mapping) or not isinstance(genes, Iterable):
        raise InputError(f"Genes must be a list of names, or the path of a text file, not {_kind(genes)}.")
    if isinstance(genes, set | frozenset):
        return sorted(genes, key=str)
    if hasattr(genes, "columns") and hasattr(genes, "iloc"):
        return _frame_items(genes)
    if isinstance(genes, np.ndarray):
        if genes.ndim == 0 or genes.size != max(genes.shape):
            raise InputError(f"An array of genes must have one dimension, not the shape {genes.shape}.")
        return list(genes.ravel().tolist())
    return list(genes)


def _frame_items(frame: object) -> list[object]:
    """Return the names in a data frame of names, or of names and weights."""
    import pandas as pd
    from pandas.api.types import is_numeric_dtype

    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"Genes must be a list of names, or the path of a text file, not {_kind(frame)}.")
    if frame.shape[1] == 1:
        return list(frame.iloc[:, 0])
    refuse_table([str(column) for column in frame.columns], "A data frame of genes")
    if frame.shape[1] == 2:
        numeric = [is_numeric_dtype(frame.iloc[:, column]) for column in (0, 1)]
        if any(numeric):
            return list(frame.iloc[:, 0 if numeric[1] else 1])
    columns = ", ".join(repr(str(column)) for column in frame.columns) or "none"
    raise InputError(
        "A data frame of genes must have one column of names, or names and numeric weights; "
        f"this one has {frame.shape[1]} columns ({columns}). Pass one of them, such as df['gene']."
    )


def _read_file(path: str | os.PathLike[str]) -> Iterable[str]:
    """Yield the names in a text file, without the weights that may follow them."""
    file = Path(path)
    if not file.exists() or file.is_dir():  # a named pipe is accepted
        if isinstance(path, str):
            raise InputError(
                f"{path!r} is not a file. For a single gene pass a list, [{path!r}]; "
                "for genes in a file pass the path of a text file with one gene per line."
            )
        raise InputError(f"There is no file {str(path)!r}; expected a text file with one gene per line.")
    try:
        content = b"".join(read_lines(file))
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{str(path)!r} is not a text file with one gene per line ({error}).") from error
    refuse_table(columns_of_lines(text.splitlines()), f"The file {str(path)!r}")
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    return _without_row_numbers(lines) or [_without_weight(line) for line in lines]


def _without_weight(line: str) -> str:
    name, *weights = re.split("[\t,]", line)
    return name if all(_is_number(clean(weight)) for weight in weights) else line


def _without_row_numbers(lines: list[str]) -> list[str]:
    """Return the names beside row numbers, as R and pandas write them; empty if there are none."""
    rows = [[clean(field) for field in _FIELDS.findall(line)] for line in lines]
    header = bool(rows) and (len(rows[0]) == 1 or not rows[0][0].isdecimal())
    numbered = rows[header:]
    numbers = [fields[0] for fields in numbered if len(fields) == _NUMBER_AND_NAME]
    if len(numbers) < len(numbered) or len(numbers) < _LEAST_NUMBERED:
        return []
    for first in (0, 1):
        if numbers == [str(number) for number in range(first, first + len(numbers))]:
            return [name for _, name in numbered]
    return []


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _name(item: object, position: int) -> str:
    """Turn an entry that is not a plain string into a name; a missing one becomes an empty name."""
    if item is None or type(item).__name__ in {"NAType", "NaTType"}:
        return ""
    if isinstance(item, str):
        return clean(str(item))
    if isinstance(item, int | np.integer) and not isinstance(item, bool):
        return str(int(item))
    if isinstance(item, float | np.floating):
        if math.isnan(item):
            return ""
        if float(item).is_integer():
            return str(int(item))
    if hasattr(item, "isoformat"):  # a symbol that a spreadsheet turned into a date
        return str(item.isoformat())
    raise InputError(
        f"Entry {position} of the genes is {item!r} ({_kind(item)}); expected a name or an Entrez id."
    )


def _kind(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
