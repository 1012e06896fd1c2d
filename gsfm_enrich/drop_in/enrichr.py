"""``enrichr`` and ``enrich`` with gseapy's signatures and result object, and the model's columns."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gseapy

from gsfm_enrich.arguments import checked
from gsfm_enrich.drop_in.plots import DEFAULT, barplot
from gsfm_enrich.drop_in.report_options import check_report_options
from gsfm_enrich.errors import InputError, warn_caller
from gsfm_enrich.files import write_atomically
from gsfm_enrich.genes.inputs import as_background, as_gene_list
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.ranking.counts import count_overlap
from gsfm_enrich.ranking.enrichment import (
    adjust_together,
    enrichment_table,
    lost_genes,
    model_for,
    term_tests,
    too_long,
)

__all__ = ["enrich", "enrichr"]


@dataclass(frozen=True)
class _Options:
    """The options of one call, as given."""

    organism: str
    outdir: str | os.PathLike[str] | None
    background: Any
    cutoff: float
    format: str
    figsize: tuple[float, float]
    top_term: int
    no_plot: bool
    verbose: bool
    model: Any
    rerank: bool
    min_overlap: int
    sort: str
    propensity: Any
    completeness: float | None
    fdr_over: str


@checked
def enrichr(
    gene_list: Any,
    gene_sets: Any,
    *,
    organism: str = "human",
    outdir: str | os.PathLike[str] | None = None,
    background: Any = None,
    cutoff: float = 0.05,
    format: str = "pdf",
    figsize: tuple[float, float] = (6.5, 6),
    top_term: int = 10,
    no_plot: bool = False,
    verbose: bool = False,
    model: Any = "default",
    rerank: bool = True,
    min_overlap: int = 1,
    sort: str = "gsfm",
    propensity: Any = None,
    completeness: float | None = None,
    fdr_over: str = "library",
) -> gseapy.Enrichr:
    """Over-representation analysis, with terms re-ranked by a gene set foundation model.

    Accepts and returns the same as :func:`gseapy.enrichr`, but sends no data to a server. The overlap test is
    gseapy's offline one. Genes that gseapy would lose because the library spells them differently (case,
    aliases, previous symbols, Ensembl, Entrez and UniProt ids, mouse symbols) are matched to the library by
    identity, in the query and in the background.

    Parameters
    ----------
    gene_list
        The query: a list, tuple, set, Series, Index, array or one-column data frame of gene names or ids, a
        data frame of names and weights, or the path of a text file with one gene per line.
    gene_sets
        A library by name (bundled, or from Enrichr, downloaded once), the path of a GMT file, a dict of terms
        and genes, a :class:`gsfm_enrich.GeneSetLibrary`, a comma-separated string of names and paths, or a
        list mixing these.
    organism
        Organism of the query, the background and Enrichr's libraries: any name that gseapy knows, in any
        case. Genes of mouse and rat are mapped to human libraries through their orthologues, see
        `gsfm_enrich.genes.orthology`. For other organisms, genes are compared by name, and the default model,
        which is human, is not used.
    outdir
        Folder for the report and the figure, created if missing. None writes nothing.
    background
        The genes that could have been in the query. A list (or set, Series, Index, array, text file) of the
        genes that were measured is best; a number means that many unnamed genes; None means all genes of
        each library.
    cutoff, format, figsize, top_term, no_plot
        Options of the figure: largest adjusted p-value shown, file type, size in inches, number of terms, and
        whether to omit it.
    verbose
        Log how the genes were found.
    rerank
        Whether to add the model's columns and sort by them. The model is calibrated on hidden members of the
        library itself, so libraries with fewer than ten terms of five genes are not completed.
    min_overlap
        Terms that share fewer genes with the query are omitted from the table. With 0, it has all terms,
        including those that contain only predicted query genes; ``enrichment_map`` needs at least 1. Terms
        that share fewer than two genes are always ranked last by the model and marked with a Caution.
    sort
        ``"gsfm"`` orders the terms of each library by the model's rank, ``"gseapy"`` by name, as gseapy does.
    propensity
        How likely an experiment is to list each gene: ``"publications"`` or a mapping or Series from genes
        to numbers, such as their mean expression. The model's p-values then compare the query with random
        ones of the same propensities; gseapy's columns are unchanged. This needs a background of named genes:
        a list, or None.
    completeness
        How complete the libraries are, from 0 to 1. The more complete, the less the model adds; with 1 its
        p-values are those of the overlap test. None means 0.98 for Reactome, to which later releases added
        almost nothing that the model expects, and 0 for others, which fits members hidden from the model.
        Probabilities that came true within five years would need 0.88 for GO, 0.82 for HPO and 0.79 for the
        GWAS Catalog.
    fdr_over
        Which tests p-values are adjusted for: ``"library"``, those of each library by itself, as gseapy does;
        or ``"all"``, those of all libraries of the call together.

    Returns
    -------
    gseapy.Enrichr
        Its ``results`` and ``res2d`` are one data frame, empty if no term qualifies, with gseapy's columns
        Gene_set, Term, Overlap, P-value, Adjusted P-value, Odds Ratio, Combined Score, Genes, and, with
        `rerank`, Expected Overlap, GSFM Fold Enrichment, GSFM P-value, GSFM Adjusted P-value, GSFM Rank,
        Rank Change, Predicted Genes, Caution. Genes are spelled as in the library (those of mouse and rat as
        in the query) and ordered as in the query. Its ``gene_report`` says how the genes were found, with one
        line per library.

    Raises
    ------
    InputError
        If the query, the background or an option cannot be used.
    LibraryError
        If a library is unknown or malformed.
    OfflineError
        If a library is not cached and cannot be downloaded.

    Warns
    -----
    GsfmEnrichWarning
        If genes of the query are in no library, have no orthologue or are outside the background, with
        their number; if they look like genes of another species; if there is no orthology table for the
        organism, or it cannot be downloaded; if no term passes `cutoff`, so that no figure is drawn; or
        if the list is so long that a large part of a library is significant.

    Notes
    -----
    P-values are adjusted by the Benjamini-Hochberg method within each library, over the terms with at least
    one hit (the model's p-values over all terms).

    In libraries whose terms are named after genes, such as the targets of transcription factors, genes that
    the model places near the factor itself also count in the model's p-value, each as half a member, if the
    library's terms list such genes more often than others. They come last among the Predicted Genes and add
    nothing to the Expected Overlap; `gsfm_enrich.term_evidence` shows which they are.

    Examples
    --------
    >>> sets = {"apoptosis": ["TP53", "BAX", "CASP3"], "growth": ["MYC", "EGFR"]}
    >>> enr = enrichr(["p53", "BAX", "EGFR"], sets, rerank=False)
    >>> enr.results[["Term", "Overlap", "Genes"]]
            Term Overlap     Genes
    0  apoptosis     2/3  TP53;BAX
    1     growth     1/2      EGFR
    """
    options = _Options(
        organism, outdir, background, cutoff, format, figsize, top_term, no_plot, verbose,
        model, rerank, min_overlap, sort, propensity, completeness, fdr_over,
    )  # fmt: skip
    return _run(gene_list, gene_sets, options)


@checked
def enrich(
    gene_list: Any,
    gene_sets: Any,
    *,
    background: Any = None,
    outdir: str | os.PathLike[str] | None = None,
    cutoff: float = 0.05,
    format: str = "pdf",
    figsize: tuple[float, float] = (6.5, 6),
    top_term: int = 10,
    no_plot: bool = False,
    verbose: bool = False,
    model: Any = "default",
    rerank: bool = True,
    min_overlap: int = 1,
    sort: str = "gsfm",
    propensity: Any = None,
    completeness: float | None = None,
    fdr_over: str = "library",
) -> gseapy.Enrichr:
    """Over-representation analysis of human genes: :func:`enrichr` with the signature of ``gseapy.enrich``.

    Parameters
    ----------
    gene_list, gene_sets, background, outdir, cutoff, format, figsize, top_term, no_plot, verbose
        As in :func:`enrichr`.
    model, rerank, min_overlap, sort, propensity, completeness, fdr_over
        As in :func:`enrichr`.

    Returns
    -------
    gseapy.Enrichr
        As in :func:`enrichr`, with the same errors and warnings.

    Examples
    --------
    >>> enrich(["TP53", "BAX"], {"apoptosis": ["TP53", "BAX", "CASP3"]}, rerank=False).results["Overlap"][0]
    '2/3'
    """
    options = _Options(
        "human", outdir, background, cutoff, format, figsize, top_term, no_plot, verbose,
        model, rerank, min_overlap, sort, propensity, completeness, fdr_over,
    )  # fmt: skip
    return _run(gene_list, gene_sets, options)


def _run(gene_list: Any, gene_sets: Any, options: _Options) -> gseapy.Enrichr:
    """Test the query against every library and put the results into gseapy's object."""
    check_report_options(options.outdir, options.format)
    genes = as_gene_list(gene_list)
    if not genes:
        raise InputError("gene_list has no genes; expected at least one name that is not blank.")
    background = as_background(options.background)
    libraries = load_libraries(gene_sets, options.organism)
    model, foreign = model_for(options.organism, options.model) if options.rerank else (None, "")
    counted = [count_overlap(library, genes, background, options.organism) for library in libraries]
    enr = _result_object(gene_list, gene_sets, options)
    tests = term_tests(counted, model, propensity=options.propensity, completeness=options.completeness)
    if options.fdr_over == "all":
        tests = adjust_together(tests)
    enr.results = enrichment_table(tests, min_overlap=options.min_overlap, by_model=options.sort == "gsfm")
    enr.res2d = enr.results
    for message in filter(None, [foreign, lost_genes(counted), too_long(counted)]):
        warn_caller(message)
    enr.gene_report = "\n".join(counts.report(counts.library.name) for counts in counted)
    enr._logger.info(enr.gene_report)
    if enr.outdir is not None:
        _write(enr, options)
    return enr


def _result_object(gene_list: Any, gene_sets: Any, options: _Options) -> gseapy.Enrichr:
    """Create gseapy's object without running it; it creates the output folder and opens its log."""
    enr = gseapy.Enrichr(
        gene_list,
        gene_sets,
        outdir=None if options.outdir is None else os.fspath(options.outdir),
        background=options.background,
        cutoff=options.cutoff,
        format=options.format,
        figsize=options.figsize,
        top_term=options.top_term,
        no_plot=options.no_plot,
        verbose=options.verbose,
    )
    enr.organism = options.organism.strip().lower()  # only now, as gseapy refuses names such as "rat"
    if enr.organism in enr.db_map:
        enr.set_organism()
    return enr


def _write(enr: gseapy.Enrichr, options: _Options) -> None:
    """Write the files that gseapy writes: the table, and a bar plot of the best terms."""
    stem = f"Enrichr.{enr.organism}.{enr.module}.reports"
    text = enr.results.to_csv(index=False, float_format="%.6e", sep="\t")
    write_atomically(Path(enr.outdir) / f"{stem}.txt", text.encode())
    if options.no_plot:
        return
    column = DEFAULT if DEFAULT in enr.results.columns else "Adjusted P-value"
    if not (enr.results[column] <= enr.cutoff).any():
        message = f"No term has an adjusted p-value of at most {enr.cutoff}, so no figure was drawn."
        warn_caller(message)
        return
    barplot(
        enr.results,
        column=column,
        cutoff=enr.cutoff,
        figsize=enr.figsize,
        top_term=options.top_term,
        color="salmon",
        title="Enrichr",
        ofname=os.fspath(Path(enr.outdir) / f"{stem}.{enr.format}"),
    )
