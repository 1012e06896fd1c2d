"""Plots of enrichment results and predictions (``ge.pl``)."""

from __future__ import annotations

from gsfm_enrich.pl._barplot import barplot
from gsfm_enrich.pl._compare import compare
from gsfm_enrich.pl._dotplot import dotplot
from gsfm_enrich.pl._evidence import evidence
from gsfm_enrich.pl._functions import functions
from gsfm_enrich.pl._heatmap import heatmap
from gsfm_enrich.pl._modules import modules
from gsfm_enrich.pl._neighbors import neighbors
from gsfm_enrich.pl._network import network
from gsfm_enrich.pl._ranks import ranks
from gsfm_enrich.pl._running_sum import running_sum

__all__ = [
    "barplot",
    "compare",
    "dotplot",
    "evidence",
    "functions",
    "heatmap",
    "modules",
    "neighbors",
    "network",
    "ranks",
    "running_sum",
]


def __dir__() -> list[str]:
    """Return only the public names, for completion in notebooks."""
    return list(__all__)
