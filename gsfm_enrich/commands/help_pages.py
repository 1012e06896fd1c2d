"""Help pages that say in words what an option takes: ``NUMBER`` and ``at least 1``, not ``<int range>``."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from typer.core import TyperCommand

# as typer writes them, with what it took over from click since version 0.26 and before
TYPES = {
    r"^([^-].*) <.*>$": r"\1",  # the name of an argument says enough
    r" (?:<(?:int|float)(?: range)?>|INTEGER(?: RANGE)?|FLOAT(?: RANGE)?)$": " NUMBER",
    r" <str>$": " TEXT",
    r" <path>$": " PATH",
}
RANGES = {r"\b([\d.]+)<=x<=([\d.]+)": r"\1 to \2", r"\bx>=([\d.]+)": r"at least \1"}


class WordedCommand(TyperCommand):
    """A command whose help is in words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for parameter in self.params:
            record = partial(_in_words, parameter.get_help_record)
            parameter.get_help_record = record  # type: ignore[method-assign]


def _in_words(record: Any, ctx: Any) -> tuple[str, str] | None:
    """Return the two columns of the help on one parameter."""
    found = record(ctx)
    return None if found is None else (worded(found[0], TYPES), worded(found[1], RANGES))


def worded(text: str, words: dict[str, str]) -> str:
    """Replace each pattern by its words.

    Examples
    --------
    >>> worded("--top <int range>", TYPES), worded("Number of terms.  [default: 5; x>=1]", RANGES)
    ('--top NUMBER', 'Number of terms.  [default: 5; at least 1]')
    """
    for pattern, said in words.items():
        text = re.sub(pattern, said, text)
    return text
