"""Plots of enrichment results and predictions (``ge.pl``)."""

from __future__ import annotations

from gsfm_enrich.adapters.bars import barplot
from gsfm_enrich.adapters.evidence import evidence, functions
from gsfm_enrich.adapters.gene_networks import modules, neighbors
from gsfm_enrich.adapters.grids import dotplot, heatmap
from gsfm_enrich.adapters.network import network
from gsfm_enrich.adapters.slopes import ranks

__all__ = [
    "barplot",
    "dotplot",
    "evidence",
    "functions",
    "heatmap",
    "modules",
    "neighbors",
    "network",
    "ranks",
]


def __dir__() -> list[str]:
    """Return the public names alone, which is what a notebook completes."""
    return list(__all__)
