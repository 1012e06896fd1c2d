"""What commands show: tables on the standard output, everything else as lines on the standard error."""

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

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

NOTHING_FOUND = 1
"""Exit code of a command that worked and found nothing, as grep has it."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
BAD_INPUT = 2
"""Exit code of a command that cannot use what it was given; also the one of a wrong option."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def closing(*lines: str) -> str:
    """Lay out what stands below the options of a help page, line by line."""
    return "\b\n" + "\n".join(lines)


def say(message: str) -> None:
    """Write one line to the standard error."""
    typer.echo(printable(" ".join(message.split())), err=True)


def printable(text: str) -> str:
    r"""Write control characters out, so that a name in a file does not steer the terminal.

    Examples
    --------
    >>> print(printable("TP53\x1b[2J"))
    TP53\x1b[2J
    """
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def file_stem(name: str) -> str:
    """Return a name as that of a file in the folder at hand, without separators and dots in front.

    Examples
    --------
    >>> file_stem("HLA-DRA"), file_stem("../../x")
    ('HLA-DRA', '_.._x')
    """
    return re.sub(r"[^\w.@+ -]", "_", name.strip())[:100].lstrip(".") or "gene"


@contextmanager
def one_line_warnings() -> Iterator[None]:
    """Show warnings as ``Warning: message``, without the place in the code; none of ours is suppressed."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        say(f"Warning: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", GsfmEnrichWarning)
        warnings.showwarning = show
        yield


def is_first_process() -> bool:
    """Tell whether this is the first of the processes of a run, which speaks for all."""
    return os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0")) == "0"


def is_watched(stream: TextIO) -> bool:
    """Tell whether a person watches a stream: a terminal, of the first of the processes of a run."""
    return stream.isatty() and is_first_process()


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say what is being done while a person watches the standard error and waits."""
    from rich.console import Console

    with Console(stderr=True, quiet=not is_watched(sys.stderr)).status(what):
        yield


def show_table(
    frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None, rows: int | None = None
) -> None:
    """Write a table to the standard output: aligned for a person, tab separated into a file or a pipe.

    Parameters
    ----------
    frame
        The table. All of it goes into a pipe.
    columns
        The columns that a person sees, with the names to show them by; all when None.
    rows
        How many rows a person sees; all when None. How many more there are is said.
    """
    if not is_watched(sys.stdout):
        frame.to_csv(sys.stdout, sep="\t", index=False, float_format="%.6g")
        return
    from rich.console import Console

    draw_table(frame, Console(), columns=columns, rows=rows)


def draw_table(
    frame: pd.DataFrame,
    console: Console,
    *,
    columns: Mapping[str, str] | None = None,
    rows: int | None = None,
) -> None:
    """Draw a table for a person; the parameters are those of `show_table`."""
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
    if len(shown) < len(frame):
        console.print(f"... and {len(frame) - len(shown):,} more rows; a pipe or a file gets all of them.")


def as_text(value: object) -> str:
    """Write one entry of a table for a person: three digits, yes or no, nothing for a missing value.

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
