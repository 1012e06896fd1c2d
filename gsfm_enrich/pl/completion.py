"""A plot of how well models complete the terms of libraries (``gsfm-enrich evaluate --out``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import numpy as np

from gsfm_enrich.pl.colours import class_colours, ink
from gsfm_enrich.pl.figures import axes_or_new, write_title
from gsfm_enrich.pl.labels import label_width, term_labels
from gsfm_enrich.pl.options import ColouredByClass
from gsfm_enrich.pl.plot import plot

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLOURS = "tab20"
ROW, GAP = 0.16, 0.14  # inches


@plot
def completion(terms: pd.DataFrame, **figure: Unpack[ColouredByClass]) -> Axes:
    """Draw the AUROC of terms, library by library: the median of each model and the interquartile range.

    Parameters
    ----------
    terms
        One row per library, method and term, with ``auroc``: the second result of
        `gsfm_enrich.evaluation.evaluate.compare_halves`.
    figure
        The options that every plot has.

    Raises
    ------
    InputError
        If a suffix cannot be written.

    Examples
    --------
    >>> import pandas as pd
    >>> terms = pd.DataFrame({"library": "KEGG", "method": ["ours", "chance"], "auroc": [0.9, 0.5]})
    >>> completion(terms).get_xlabel()
    'AUROC of the terms: median, and middle half'
    """
    libraries, methods = list(dict.fromkeys(terms["library"])), list(dict.fromkeys(terms["method"]))
    labels = term_labels(libraries)
    step = ROW * len(methods) + GAP
    height = step * len(libraries)
    right = label_width(methods, 8) + 0.4
    ax = axes_or_new(figure, (4.5, max(height, 1.0)), (label_width(labels, 8.5), right, 0.5, 0.3))
    colours = class_colours(figure.get("palette"), methods, COLOURS)
    for place, (method, colour) in enumerate(colours.items()):
        of_method = terms[terms["method"] == method].groupby("library", sort=False)["auroc"]
        low, middle, high = (of_method.quantile(share) for share in (0.25, 0.5, 0.75))
        rows = np.array([step * libraries.index(library) for library in middle.index]) + ROW * place
        ax.hlines(rows, low, high, color=colour, lw=2)
        ax.plot(middle, rows, "o", color=colour, ms=4.5, label=method)
    centres = step * np.arange(len(libraries)) + ROW * (len(methods) - 1) / 2
    ax.set_yticks(centres, labels, fontsize=8.5)
    ax.set_ylim(height - GAP, -GAP)
    ax.axvline(0.5, color=ink(0.2), lw=1, zorder=0)
    ax.set_xlabel("AUROC of the terms: median, and middle half")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, fontsize=8)
    write_title(ax, figure.get("title") or "")
    return ax
