"""Output of commands: tables on standard output, everything else on standard error."""

from __future__ import annotations

import math
import os
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import typer

from gsfm_enrich.errors import GsfmEnrichWarning
from gsfm_enrich.progress import no_bars

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

NOTHING_FOUND = 1
"""Exit code of a command that worked but found nothing, as for grep."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
BAD_INPUT = 2
"""Exit code for bad input and wrong options."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as in shells."""


def closing(*lines: str) -> str:
    """Lay out the lines below the options of a help page."""
    return "\b\n" + "\n".join(lines)


def say(message: str) -> None:
    """Write one line to standard error."""
    typer.echo(printable(" ".join(message.split())), err=True)


def printable(text: str) -> str:
    r"""Escape control characters, so that a name in a file cannot control the terminal.

    Examples
    --------
    >>> print(printable("TP53\x1b[2J"))
    TP53\x1b[2J
    """
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def file_stem(name: str) -> str:
    """Return a safe file name, without separators and leading dots.

    Examples
    --------
    >>> file_stem("HLA-DRA"), file_stem("../../x")
    ('HLA-DRA', '_.._x')
    """
    return re.sub(r"[^\w.@+ -]", "_", name.strip())[:100].lstrip(".") or "gene"


@contextmanager
def one_line_warnings() -> Iterator[None]:
    """Show warnings as ``Warning: message``, without file and line; none of the package's is suppressed."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        say(f"Warning: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", GsfmEnrichWarning)
        warnings.showwarning = show
        yield


def is_first_process() -> bool:
    """Return whether this is the first process of a run, the only one that prints."""
    return os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0")) == "0"


def is_watched(stream: TextIO) -> bool:
    """Return whether a stream is a terminal and this is the first process of a run."""
    return stream.isatty() and is_first_process()


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show what is being done while standard error is a terminal."""
    from rich.console import Console

    with no_bars(), Console(stderr=True, quiet=not is_watched(sys.stderr)).status(what):
        yield


def show_table(
    frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None, rows: int | None = None
) -> None:
    """Write a table to standard output: aligned in a terminal, tab separated into a file or a pipe.

    Parameters
    ----------
    frame
        The table. A pipe or file gets all of it.
    columns
        The columns shown in a terminal, with the names to show; None shows all.
    rows
        Number of rows shown in a terminal, followed by how many more there are; None shows all.
    """
    if not is_watched(sys.stdout):
        frame.to_csv(sys.stdout, sep="\t", index=False, float_format="%.6g")
        return
    from rich.console import Console

    draw_table(frame, Console(), columns=columns, rows=rows)


def without_constant(columns: Mapping[str, str], frame: pd.DataFrame) -> dict[str, str]:
    """Leave out the columns of groups and of libraries if there is only one of them."""
    return {
        name: shown
        for name, shown in columns.items()
        if name not in ("group", "Gene_set") or len(set(frame[name])) > 1
    }


def draw_table(
    frame: pd.DataFrame,
    console: Console,
    *,
    columns: Mapping[str, str] | None = None,
    rows: int | None = None,
) -> None:
    """Draw a table in a terminal; the parameters are those of `show_table`."""
    from pandas.api.types import is_numeric_dtype
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    names = {name: name for name in frame.columns} if columns is None else columns
    shown = frame[[name for name in names if name in frame.columns]].iloc[:rows]
    for name in shown.columns:
        number = is_numeric_dtype(shown[name])
        table.add_column(names[name], justify="right" if number else "left", overflow="fold", no_wrap=number)
    for row in shown.itertuples(index=False):
        table.add_row(*(Text(as_text(value)) for value in row))
    console.print(table)
    if more := len(frame) - len(shown):
        console.print(
            f"... and {more:,} more row{'s' * (more > 1)}; redirect the output to a file to see all of them."
        )


def as_text(value: object) -> str:
    """Format one table cell for a terminal: three digits, yes or no, empty for a missing value.

    Examples
    --------
    >>> [as_text(value) for value in (0.000123456, 12345, True, float("nan"), "TP53")]
    ['0.000123', '12,345', 'yes', '', 'TP53']
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if str(value) in {"True", "False"}:
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if hasattr(value, "__index__"):
        return f"{value:,}"
    return printable(str(value))
