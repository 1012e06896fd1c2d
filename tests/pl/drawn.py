"""Tables to draw, and what is read off a plot."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes


def ranked_rows(
    group: str, direction: str, ranks: list[int], before: list[int], hits: list[int]
) -> pd.DataFrame:
    """Return the table of one list, in the order of the model."""
    ranked = np.array(ranks)
    frame = pd.DataFrame(
        {
            "group": group,
            "direction": direction,
            "Gene_set": "lib",
            "Term": [f"term {place} (GO:{place:07d})" for place in range(len(ranks))],
            "Overlap": [f"{hit}/20" for hit in hits],
            "P-value": 10.0 ** -(10 - np.array(before)),
            "Adjusted P-value": 10.0 ** -(9 - np.array(before)),
            "Odds Ratio": 2.0,
            "Combined Score": 1.0 + np.arange(len(ranks)),
            "Genes": [f"A{place};B{place}" if hit else "" for place, hit in enumerate(hits)],
            "Expected Overlap": np.array(hits) + 0.5,
            "GSFM Fold Enrichment": 2.0,
            "GSFM P-value": 10.0 ** -(12.0 - ranked),
            "GSFM Adjusted P-value": 10.0 ** -(11.0 - ranked),
            "GSFM Rank": ranked,
            "Rank Change": np.array(before) - ranked,
            "Predicted Genes": [
                "X1;X2;X3;X4;X5;X6" if b > r else "" for r, b in zip(ranks, before, strict=True)
            ],
        }
    )
    return frame.sort_values("GSFM Rank")


def plain_rows(group: str, p_values: dict[str, float], genes: dict[str, str] | None = None) -> pd.DataFrame:
    """Return a table of one list without the model's columns."""
    return pd.DataFrame(
        {
            "group": group,
            "direction": "up",
            "Term": list(p_values),
            "Overlap": "1/2",
            "P-value": list(p_values.values()),
            "Adjusted P-value": list(p_values.values()),
            "Genes": [(genes or {}).get(term, "") for term in p_values],
        }
    )


def labels(ax: Axes, axis: str) -> list[str]:
    """Return the labels of an axis."""
    return [text.get_text() for text in getattr(ax, f"get_{axis}ticklabels")()]


def texts(ax: Axes) -> list[str]:
    """Return what is written inside the axes."""
    return [text.get_text() for text in ax.texts]
