"""Reading back what ``ge.tl`` wrote, as tables (``ge.get``)."""

from __future__ import annotations

from gsfm_enrich.get._combined import combined_df
from gsfm_enrich.get._results import enrichr_df, term_scores

__all__ = ["combined_df", "enrichr_df", "term_scores"]


def __dir__() -> list[str]:
    """Return the public names alone, which is what a notebook completes."""
    return list(__all__)
