"""What parameters mean that many public functions share, written once: a name means the same everywhere.

A docstring describes what is particular to its function; the rest is added from here when the function is
defined, at the place that the parameter has in the signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

SHARED = {
    "ax": "Axes to draw on; a new figure by default.",
    "cmap": "The same as `color_map`, by its other name in scanpy.",
    "color_map": "A colour map or the name of one; by default one that suits the background.",
    "column": (
        "Column that is drawn: by default ``GSFM Adjusted P-value``, or ``Adjusted P-value`` without\n"
        "re-ranking. P-values are drawn as -log10."
    ),
    "copy": "Return a changed copy and leave `adata` alone.",
    "cutoff": "Largest adjusted p-value to draw.",
    "data": "An AnnData with results, a data frame of results, or what :func:`gsfm_enrich.enrichr` returned.",
    "direction": '``"up"`` or ``"down"``; both by default.',
    "figsize": "Width and height of the new figure in inches; by default as large as the content needs.",
    "fold": (
        "A term is folded into a better one of the list if they share at least this part of the genes\n"
        "behind them, see :func:`gsfm_enrich.group_terms`; None folds none."
    ),
    "gene": "An identifier of any kind that :func:`gsfm_enrich.resolve` takes.",
    "genes": "One identifier or many, of any kind that :func:`gsfm_enrich.resolve` takes.",
    "groups": "Group or groups to draw, in this order; all by default.",
    "key": "Slot of ``adata.uns`` that holds the results.",
    "key_added": "Slot of ``adata.uns`` to write.",
    "model": "Which model completes gene sets, as :func:`gsfm_enrich.load_model` takes it.",
    "organism": (
        "Organism of genes and libraries, by any name that gseapy knows. Genes of mouse and rat are found\n"
        "through their human orthologues."
    ),
    "palette": (
        "Colours: the name of a colour map, a list that is used in turn, or a dict from what is coloured to\n"
        "its colour."
    ),
    "return_fig": "Return the figure instead of the axes.",
    "save": "File to write, its format given by the suffix.",
    "show": (
        "Show the plot and return nothing. By default a new figure is shown if scanpy is loaded, its\n"
        "``settings.autoshow`` is on, and figures have windows of their own."
    ),
    "term": "Name of the term, exactly as the library has it.",
    "title": "Title of the plot; by default it says what is drawn.",
    "top_term": "Best terms to take from each group and direction.",
}

_SECTION = re.compile(
    r"^( *)Parameters\n\1-{10}\n(.*?)(?=\n\n\1\S[^\n]*\n\1-{3,}\n|\n *\Z)", re.DOTALL | re.MULTILINE
)
"""The section of a docstring, up to the next one: its margin and its entries."""


def described(text: str, parameters: Sequence[str]) -> str:
    r"""Add the shared descriptions to a docstring.

    Parameters
    ----------
    text
        A docstring in numpy style.
    parameters
        Names of the function's parameters, in order.

    Returns
    -------
    str
        The docstring, with an entry for each parameter that it leaves out and that is described here.

    Examples
    --------
    >>> text = "Draw.\n\nParameters\n----------\nwhat\n    A thing.\n"
    >>> described(text, ["what", "ax"]).splitlines()[-4:]
    ['what', '    A thing.', 'ax', '    Axes to draw on; a new figure by default.']
    """
    section = _SECTION.search(text)
    if section is None:
        return text
    margin, body = section.groups()
    entries = re.split(rf"\n(?={margin}\*{{0,2}}\w)", body)
    place = {name: number for number, name in enumerate(parameters)}
    placed, named = [], set()
    for entry in entries:
        names = [name.strip("* ") for name in entry.split("\n")[0].split(" : ")[0].split(",")]
        named |= set(names)
        placed.append((min(place.get(name, len(place)) for name in names), entry))
    for name in parameters:
        if name in SHARED and name not in named:
            lines = "\n".join(f"{margin}    {line}" for line in SHARED[name].split("\n"))
            placed.append((place[name], f"{margin}{name}\n{lines}"))
    ordered = "\n".join(entry for _, entry in sorted(placed, key=lambda entry: entry[0]))
    return text[: section.start(2)] + ordered + text[section.end(2) :]
