"""Legible names of gene lists and terms, and the room they take."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

TERM_ID = re.compile(r"\s*\((?:GO|HP|MP|R-HSA|WP|hsa)[:\-_]?\d+\)\s*$")


def list_label(group: str, direction: str, width: int = 32) -> str:
    """Return a short name such as ``CD19+ B (up)``."""
    return escape(f"{shorten(group, width)} {f'({direction})' if direction else ''}".strip())


def shorten(text: str, width: int) -> str:
    """Shorten `text` to `width` characters with an ellipsis inside, as long names often differ at the end."""
    if len(text) <= width:
        return text
    start = 2 * (width - 1) // 3
    return f"{text[:start].rstrip()}…{text[start + 1 - width :].lstrip()}"


def term_labels(terms: Iterable[str], width: int = 44, lines: int = 2) -> list[str]:
    """Return one legible label per term: without its id, wrapped, and shortened if still too long.

    Parameters
    ----------
    terms
        Names of terms.
    width
        Characters per line.
    lines
        Maximum number of lines.

    Returns
    -------
    list of str
        Labels in the order of `terms`. Ids are kept where names would be the same without them.

    Examples
    --------
    >>> term_labels(["apoptotic process (GO:0006915)"])
    ['apoptotic process']
    """
    names = list(terms)
    short = {name: TERM_ID.sub("", name) for name in names}
    owners: dict[str, set[str]] = {}
    for name, label in short.items():
        owners.setdefault(label, set()).add(name)
    labels = (short[name] if len(owners[short[name]]) == 1 else name for name in names)
    return [escape("\n".join(_wrapped(label, width, lines))) for label in labels]


def _wrapped(text: str, width: int, lines: int) -> list[str]:
    wrapped = textwrap.wrap(text.replace("_", " ") if " " not in text else text, width) or [""]
    if len(wrapped) > lines:
        wrapped = [*wrapped[: lines - 1], shorten(" ".join(wrapped[lines - 1 :]), width)]
    return wrapped


def escape(text: str) -> str:
    """Keep matplotlib from reading dollar signs as formulas."""
    return text.replace("$", r"\$")


def label_width(labels: Iterable[str], points: float) -> float:
    """Return the width in inches that the longest line of some labels needs, at a font size in points."""
    longest = max((_ems(line) for label in labels for line in label.split("\n")), default=0.0)
    return longest * points / 72 + 0.15


def _ems(line: str) -> float:
    """Estimate the width of a line in units of the font size; measuring takes longer than drawing."""
    return 0.58 * len(line) + 0.14 * sum(map(str.isupper, line))


def row_height(labels: list[str], points: float) -> float:
    """Return the height in inches that a row needs for its label, at a font size in points."""
    return (1.15 * max(label.count("\n") + 1 for label in labels) + 0.65) * points * 1.2 / 72
