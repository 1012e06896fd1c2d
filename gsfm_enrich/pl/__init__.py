"""Plots of enrichment results and predictions (``ge.pl``)."""

from __future__ import annotations

from gsfm_enrich.pl._barplot import barplot
from gsfm_enrich.pl._dotplot import dotplot, heatmap
from gsfm_enrich.pl._evidence import evidence, functions
from gsfm_enrich.pl._network import network
from gsfm_enrich.pl._ranks import ranks
from gsfm_enrich.pl.gene_networks import modules, neighbors

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
