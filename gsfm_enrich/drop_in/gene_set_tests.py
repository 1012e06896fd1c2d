"""gseapy's functions and classes that take gene sets, with the gene sets of this package.

``gsea``, ``prerank``, ``ssgsea``, ``gsva`` and their classes compute the same as gseapy's. Only the gene sets
are found as in :func:`gsfm_enrich.enrichr`: bundled ones by name, files, dicts, and Enrichr's from the cache,
so that a library is downloaded only once.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterable
from numbers import Real
from typing import Any, TypeVar, cast

import gseapy

from gsfm_enrich.arguments import public
from gsfm_enrich.drop_in.calls import call_gseapy
from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.inputs import as_gene_list
from gsfm_enrich.libraries.enrichr import SERVER_ORGANISMS, server_libraries
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.organisms import organism_name

Function = TypeVar("Function", bound=Callable[..., Any])


def merged_sets(gene_sets: Any, organism: str = "human") -> dict[str, list[str]]:
    """Return gene sets as one dict, the form that gseapy's tests accept.

    Parameters
    ----------
    gene_sets
        As in :func:`gsfm_enrich.enrichr`. A dict is used as it is.
    organism
        Organism of Enrichr's libraries.

    Returns
    -------
    dict
        Genes of each term. Terms of several libraries are named as in gseapy: ``library__term``, where a dict
        has its position in the list instead of a name.

    Raises
    ------
    InputError, LibraryError, OfflineError
        As in `gsfm_enrich.load_libraries`.

    Examples
    --------
    >>> list(merged_sets([{"growth": ["MYC"]}, {"growth": ["EGFR"]}]))
    ['0__growth', '1__growth']
    """
    if isinstance(gene_sets, dict):
        return gene_sets
    libraries = load_libraries(gene_sets, organism)
    if len(libraries) == 1 and not isinstance(gene_sets, list):
        return libraries[0].to_dict()
    return {
        f"{library.name.removeprefix('gs_ind_')}__{term}": genes
        for library in libraries
        for term, genes in library.to_dict().items()
    }


def _with_own_gene_sets(function: Function, what: str) -> Function:
    """Return a function of gseapy that finds gene sets as this package does."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def found(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        organism = organism_name(given.arguments["organism"])
        given.arguments["gene_sets"] = merged_sets(given.arguments["gene_sets"], organism)
        given.arguments["organism"] = SERVER_ORGANISMS.get(organism, organism)  # gseapy does not have rat
        return call_gseapy(function, given)

    found.__doc__ = (
        f"{what}\n\n    ``gene_sets`` is whatever `gsfm_enrich.enrichr` takes; names are looked for in the "
        "package and the cache\n    before Enrichr is asked. Everything else is gseapy's:\n\n    "
        + (function.__doc__ or "").strip()
    )
    found.__module__ = __name__
    return cast(Function, public(found))


gsea = _with_own_gene_sets(
    gseapy.gsea, "Gene set enrichment analysis of an expression table: ``gseapy.gsea``."
)
prerank = _with_own_gene_sets(
    gseapy.prerank, "Gene set enrichment analysis of a ranking: ``gseapy.prerank``."
)
ssgsea = _with_own_gene_sets(gseapy.ssgsea, "Scores of gene sets in single samples: ``gseapy.ssgsea``.")
gsva = _with_own_gene_sets(gseapy.gsva, "Gene set variation analysis: ``gseapy.gsva``.")


class GSEA(gseapy.GSEA):  # type: ignore[misc]
    """``gseapy.GSEA`` with the gene sets of this package."""

    __module__ = "gsfm_enrich"

    __init__ = _with_own_gene_sets(gseapy.GSEA.__init__, "Take the arguments of ``gseapy.GSEA``.")


class Prerank(gseapy.Prerank):  # type: ignore[misc]
    """``gseapy.Prerank`` with the gene sets of this package."""

    __module__ = "gsfm_enrich"

    __init__ = _with_own_gene_sets(gseapy.Prerank.__init__, "Take the arguments of ``gseapy.Prerank``.")


class SingleSampleGSEA(gseapy.SingleSampleGSEA):  # type: ignore[misc]
    """``gseapy.SingleSampleGSEA`` with the gene sets of this package."""

    __module__ = "gsfm_enrich"

    __init__ = _with_own_gene_sets(
        gseapy.SingleSampleGSEA.__init__, "Take the arguments of ``gseapy.SingleSampleGSEA``."
    )


class GSVA(gseapy.GSVA):  # type: ignore[misc]
    """``gseapy.GSVA`` with the gene sets of this package."""

    __module__ = "gsfm_enrich"

    __init__ = _with_own_gene_sets(gseapy.GSVA.__init__, "Take the arguments of ``gseapy.GSVA``.")


@public
def get_library(  # noqa: PLR0917  gseapy's signature
    name: str,
    organism: str = "Human",
    min_size: int = 0,
    max_size: int = 2000,
    save: str | None = None,
    gene_list: Iterable[str] | None = None,
) -> dict[str, list[str]]:
    """Return a library as a dict, filtered by size: ``gseapy.get_library``.

    Parameters
    ----------
    name
        Name of a bundled library or of one of Enrichr's, or the path of a GMT file.
    organism
        Organism of Enrichr's library.
    min_size, max_size
        Minimum and maximum number of genes in a term.
    save
        Path of a GMT file to write.
    gene_list
        Only these genes count and remain; terms that hold all of them are left out, as in gseapy.

    Returns
    -------
    dict
        Genes of each term.

    Raises
    ------
    InputError, LibraryError, OfflineError
        As in `gsfm_enrich.load_libraries`; also InputError if no term remains.

    Examples
    --------
    >>> len(get_library("GO_Biological_Process", min_size=500)) > 10
    True
    """
    from gsfm_enrich.libraries.library import GeneSetLibrary

    if not isinstance(name, str | os.PathLike):
        raise InputError(f"name must be the name of a library or a path, not a {type(name).__name__}.")
    for what, size in (("min_size", min_size), ("max_size", max_size)):
        if isinstance(size, bool) or not isinstance(size, Real):
            raise InputError(f"{what} must be a number, not a {type(size).__name__}.")
    sets = merged_sets(name, organism)
    if gene_list is not None:
        wanted = gene_list = set(as_gene_list(gene_list))
        kept = {term: [gene for gene in genes if gene in wanted] for term, genes in sets.items()}
        sets = {term: genes for term, genes in kept.items() if len(genes) < len(gene_list)}
    sets = {term: genes for term, genes in sets.items() if min_size <= len(genes) <= max_size}
    if not sets:
        raise InputError(
            f"No term of {os.path.basename(name)!r} has {min_size} to {max_size} genes"
            + (" of gene_list." if gene_list is not None else ".")
        )
    if save is not None:
        GeneSetLibrary.from_dict(sets, name).write_gmt(save)
    return sets


@public
def get_library_name(organism: str = "Human") -> list[str]:
    """Return the names of the libraries on Enrichr's server: ``gseapy.get_library_name``.

    Parameters
    ----------
    organism
        Any name that gseapy knows.

    Returns
    -------
    list of str
        Names of the libraries, sorted.

    Raises
    ------
    OfflineError
        If the server cannot be reached or requests are turned off.

    Examples
    --------
    >>> get_library_name()[:2]  # doctest: +SKIP
    ['ARCHS4_Cell-lines', 'ARCHS4_IDG_Coexp']
    """
    return sorted(server_libraries(organism_name(organism)))
