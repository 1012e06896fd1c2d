"""Reading back what ``ge.tl`` wrote, as tables (``ge.get``)."""

from __future__ import annotations

from gsfm_enrich.get._combined import combined_df
from gsfm_enrich.get._compared import compared_df
from gsfm_enrich.get._results import enrichr_df, term_scores

__all__ = ["combined_df", "compared_df", "enrichr_df", "term_scores"]


def __dir__() -> list[str]:
    """Return only the public names, for completion in notebooks."""
    return list(__all__)
