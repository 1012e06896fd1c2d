"""Tools that take an AnnData and write their results into it (``ge.tl``)."""

from __future__ import annotations

from gsfm_enrich.tl._annotate_genes import annotate_genes
from gsfm_enrich.tl._describe import describe
from gsfm_enrich.tl._embed import embed_cells, embed_genes
from gsfm_enrich.tl._enrich_ranked import enrich_ranked
from gsfm_enrich.tl._enrichr import enrichr
from gsfm_enrich.tl._gene_modules import gene_modules
from gsfm_enrich.tl._score_terms import score_terms

__all__ = [
    "annotate_genes",
    "describe",
    "embed_cells",
    "embed_genes",
    "enrich_ranked",
    "enrichr",
    "gene_modules",
    "score_terms",
]


def __dir__() -> list[str]:
    """Return the public names alone, which is what a notebook completes."""
    return list(__all__)
