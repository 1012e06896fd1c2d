"""Gene set enrichment that knows what the libraries miss.

A gene set foundation model completes the terms of a gene set library; enrichment, gene function prediction
and gene set augmentation follow from the completed table. In place of gseapy::

    import gsfm_enrich as gp

The names below are loaded on first use, so that importing the package takes milliseconds. Names of gseapy
that the package does not redefine are gseapy's own objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gsfm_enrich import get, pl, tl
    from gsfm_enrich.drop_in.enrichr import enrich, enrichr
    from gsfm_enrich.drop_in.enrichr_class import Enrichr
    from gsfm_enrich.drop_in.gene_set_tests import (
        GSEA,
        GSVA,
        Prerank,
        SingleSampleGSEA,
        get_library,
        get_library_name,
        gsea,
        gsva,
        prerank,
        ssgsea,
    )
    from gsfm_enrich.drop_in.plots import barplot, dotplot, enrichment_map
    from gsfm_enrich.errors import (
        CheckpointError,
        GsfmEnrichError,
        GsfmEnrichWarning,
        InputError,
        LibraryError,
        MissingPackageError,
        OfflineError,
    )
    from gsfm_enrich.exports.graph_file import write_graph
    from gsfm_enrich.genes.resolve import resolve
    from gsfm_enrich.html.gene_page import gene_report
    from gsfm_enrich.html.list_page import list_report
    from gsfm_enrich.html.report import report
    from gsfm_enrich.libraries.library import GeneSetLibrary
    from gsfm_enrich.libraries.sources import load_libraries
    from gsfm_enrich.model.checkpoint import load_model, save_model
    from gsfm_enrich.model.config import GSFMConfig
    from gsfm_enrich.model.gsfm import GSFM
    from gsfm_enrich.model.vectors import GeneVectors
    from gsfm_enrich.model.vocab import Vocab
    from gsfm_enrich.prediction.augment import augment
    from gsfm_enrich.prediction.context import functions_in_context
    from gsfm_enrich.prediction.describe import describe_gene
    from gsfm_enrich.prediction.gene_modules import gene_modules
    from gsfm_enrich.prediction.list_fit import list_fit
    from gsfm_enrich.prediction.neighbours import neighbors
    from gsfm_enrich.prediction.new_functions import new_functions
    from gsfm_enrich.prediction.predict import predict_functions, predict_genes
    from gsfm_enrich.prediction.predict_all import predict_all
    from gsfm_enrich.prediction.understudied import gene_info
    from gsfm_enrich.ranking.groups import group_terms
    from gsfm_enrich.ranking.lists import rank_terms
    from gsfm_enrich.ranking.membership_net import membership_net
    from gsfm_enrich.ranking.why import term_evidence
    from gsfm_enrich.tl._ranked_evidence import ranked_evidence
    from gsfm_enrich.tl._ranked_tables import enrich_ranked

__all__ = [
    "GSEA",
    "GSFM",
    "GSVA",
    "Biomart",
    "CheckpointError",
    "Enrichr",
    "GOFilter",
    "GSFMConfig",
    "GeneSetLibrary",
    "GeneVectors",
    "GsfmEnrichError",
    "GsfmEnrichWarning",
    "InputError",
    "LibraryError",
    "MissingPackageError",
    "Msigdb",
    "OfflineError",
    "Prerank",
    "Replot",
    "SingleSampleGSEA",
    "Vocab",
    "augment",
    "barplot",
    "describe_gene",
    "dotplot",
    "enrich",
    "enrich_ranked",
    "enrichment_map",
    "enrichr",
    "functions_in_context",
    "gene_info",
    "gene_modules",
    "gene_report",
    "get",
    "get_library",
    "get_library_name",
    "gofilter",
    "group_terms",
    "gsea",
    "gseaplot",
    "gseaplot2",
    "gsva",
    "heatmap",
    "list_fit",
    "list_report",
    "load_libraries",
    "load_model",
    "membership_net",
    "neighbors",
    "new_functions",
    "parser",
    "pl",
    "plot",
    "predict_all",
    "predict_functions",
    "predict_genes",
    "prerank",
    "rank_terms",
    "ranked_evidence",
    "read_gmt",
    "replot",
    "report",
    "resolve",
    "save_model",
    "scipalette",
    "ssgsea",
    "term_evidence",
    "tl",
    "write_graph",
]

_HOMES = {
    "CheckpointError": "errors",
    "GSFM": "model.gsfm",
    "GSFMConfig": "model.config",
    "GeneSetLibrary": "libraries.library",
    "GsfmEnrichError": "errors",
    "GsfmEnrichWarning": "errors",
    "InputError": "errors",
    "LibraryError": "errors",
    "MissingPackageError": "errors",
    "OfflineError": "errors",
    "Vocab": "model.vocab",
    "augment": "prediction.augment",
    "describe_gene": "prediction.describe",
    "enrich": "drop_in.enrichr",
    "enrich_ranked": "tl._ranked_tables",
    "enrichr": "drop_in.enrichr",
    "functions_in_context": "prediction.context",
    "gene_info": "prediction.understudied",
    "gene_modules": "prediction.gene_modules",
    "gene_report": "html.gene_page",
    "list_fit": "prediction.list_fit",
    "list_report": "html.list_page",
    "load_libraries": "libraries.sources",
    "load_model": "model.checkpoint",
    "GeneVectors": "model.vectors",
    "neighbors": "prediction.neighbours",
    "new_functions": "prediction.new_functions",
    "membership_net": "ranking.membership_net",
    "predict_all": "prediction.predict_all",
    "predict_functions": "prediction.predict",
    "predict_genes": "prediction.predict",
    "group_terms": "ranking.groups",
    "ranked_evidence": "tl._ranked_evidence",
    "rank_terms": "ranking.lists",
    "term_evidence": "ranking.why",
    "report": "html.report",
    "write_graph": "exports.graph_file",
    "resolve": "genes.resolve",
    "Enrichr": "drop_in.enrichr_class",
    "GSEA": "drop_in.gene_set_tests",
    "GSVA": "drop_in.gene_set_tests",
    "Prerank": "drop_in.gene_set_tests",
    "SingleSampleGSEA": "drop_in.gene_set_tests",
    "get_library": "drop_in.gene_set_tests",
    "get_library_name": "drop_in.gene_set_tests",
    "gsea": "drop_in.gene_set_tests",
    "gsva": "drop_in.gene_set_tests",
    "prerank": "drop_in.gene_set_tests",
    "ssgsea": "drop_in.gene_set_tests",
    "barplot": "drop_in.plots",
    "dotplot": "drop_in.plots",
    "enrichment_map": "drop_in.plots",
    "save_model": "model.checkpoint",
}
_MODULES = ("get", "pl", "tl")


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    import importlib

    if name in _HOMES:
        value = getattr(importlib.import_module(f"gsfm_enrich.{_HOMES[name]}"), name)
    elif name in _MODULES:
        value = importlib.import_module(f"gsfm_enrich.{name}")
    elif name == "__version__":
        value = _version()
    elif name in __all__:
        value = getattr(importlib.import_module("gseapy"), name)
    else:
        from gsfm_enrich.errors import did_you_mean

        close = "" if name.startswith("_") else did_you_mean(name, __all__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}.{close}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})


def _version() -> str:
    """Return the version of the installed package; a source tree that was never installed has none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("gsfm-enrich")
    except PackageNotFoundError:
        return "unknown"
