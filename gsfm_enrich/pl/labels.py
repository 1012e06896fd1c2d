"""Legible names of gene lists and terms, and the room they take."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable

MORE_ROOM = (20, 60, 200, 1000)
"""Characters that are added, step by step, to a name that is not distinct."""
TERM_ID = re.compile(r"\s*\((?:GO|HP|MP|R-HSA|WP|hsa)[:\-_]?\d+\)\s*$")


def list_label(group: str, direction: str, width: int = 32) -> str:
    """Return a short name such as ``CD19+ B (up)``."""
    return escape(f"{shorten(group, width)} {f'({direction})' if direction else ''}".strip())


def list_labels(lists: Iterable[tuple[str, str]], width: int = 32) -> list[str]:
    """Return a short name for each list; two that would be the same are cut less."""
    pairs = list(lists)
    short = _distinct([group for group, _ in pairs], lambda group, more: shorten(group, width + more))
    return [list_label(short[group], direction, width=len(group)) for group, direction in pairs]


def shorten(text: str, width: int) -> str:
    """Shorten `text` to `width` characters with an ellipsis inside, as long names often differ at the end."""
    if len(text) <= width:
        return text
    start = 2 * (width - 1) // 3
    return f"{text[:start].rstrip()}…{text[start + 1 - width :].lstrip()}"


def plain_name(term: str) -> str:
    """Return the name of a term without its id."""
    return TERM_ID.sub("", term)


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
        Labels in the order of `terms`. Ids are kept where names would be the same without them, and names
        that would be the same once shortened are cut less.

    Examples
    --------
    >>> term_labels(["apoptotic process (GO:0006915)"])
    ['apoptotic process']
    """
    names = list(terms)
    short = {name: plain_name(name) for name in names}
    owners: dict[str, set[str]] = {}
    for name, label in short.items():
        owners.setdefault(label, set()).add(name)
    labels = [short[name] if len(owners[short[name]]) == 1 else name for name in names]
    cut = _distinct(labels, lambda label, more: "\n".join(_wrapped(label, width, lines, width + more)))
    return [escape(cut[label]) for label in labels]


def _distinct(names: Iterable[str], cut: Callable[[str, int], str]) -> dict[str, str]:
    """Return each name as `cut` shortens it, with as many more characters as make it distinct from others."""
    cuts = {name: cut(name, 0) for name in names}
    for more in MORE_ROOM:
        owners = Counter(cuts.values())
        same = [name for name, text in cuts.items() if owners[text] > 1]
        if not same:
            break
        cuts |= {name: cut(name, more) for name in same}
    return cuts


def _wrapped(text: str, width: int, lines: int, last: int) -> list[str]:
    """Return the lines of a label; what does not fit is shortened to `last` characters, in as many lines."""
    wrapped = textwrap.wrap(text.replace("_", " ") if " " not in text else text, width) or [""]
    if len(wrapped) > lines:
        rest = shorten(" ".join(wrapped[lines - 1 :]), last)
        wrapped = [*wrapped[: lines - 1], *(textwrap.wrap(rest, width) if last > width else [rest])]
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
