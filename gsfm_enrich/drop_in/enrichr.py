"""``enrichr`` and ``enrich`` with gseapy's signatures, gseapy's result object and the model's columns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gseapy
import numpy as np
import numpy.typing as npt
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.drop_in.report_options import check_report_options
from gsfm_enrich.errors import InputError, warn_caller
from gsfm_enrich.files import write_atomically
from gsfm_enrich.genes.inputs import as_background, as_gene_list
from gsfm_enrich.genes.resolve import first_few, say_reasons
from gsfm_enrich.genes.spelling import misread_species
from gsfm_enrich.genes.table import ORTHOLOGY_ORGANISMS, RESOLVED_ORGANISMS, organism_name
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.ranking.columns import BASE_COLUMNS
from gsfm_enrich.ranking.counts import QueryCounts, count_overlap
from gsfm_enrich.ranking.overlap import Overlap, benjamini_hochberg

if TYPE_CHECKING:
    from gsfm_enrich.model.gsfm import GSFM

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
) -> gseapy.Enrichr:
    """Over-representation analysis, its terms re-ranked by a gene set foundation model.

    Takes what :func:`gseapy.enrichr` takes and returns what it returns, and sends nothing anywhere. The
    overlap test is gseapy's offline one. Genes that gseapy would lose, as the library spells them differently
    (case, aliases, previous symbols, Ensembl, Entrez and UniProt ids, mouse symbols), are matched to the
    library by what they name, in the query and in the background.

    Parameters
    ----------
    gene_list
        The query: a list, tuple, set, Series, Index, array or one-column data frame of gene names or ids, a
        data frame of names and weights, or the path of a text file with one gene a line.
    gene_sets
        A library by name (bundled, or of Enrichr: downloaded once), the path of a GMT file, a dict of terms
        and genes, a :class:`gsfm_enrich.GeneSetLibrary`, a comma separated string of names and paths, or a
        list mixing these.
    organism
        Of the query, the background and Enrichr's libraries: any name that gseapy knows, in any case. Genes
        of mouse and rat find those of a human library through their orthologues, see
        `gsfm_enrich.genes.orthology`. For other organisms nothing but the names in the gene sets is known, so
        that the default model, which is human, is not used.
    outdir
        Folder for the report and the figure, made when absent. Nothing is written when None.
    background
        The genes that could have been in the query. A list (or set, Series, Index, array, text file) of the
        genes that were measured is best; a number stands for that many unnamed genes; None for all genes of
        each library.
    cutoff, format, figsize, top_term, no_plot
        Of the figure: largest adjusted p-value shown, file type, inches, number of terms, and whether to
        leave it out.
    verbose
        Log how the genes were found.
    model
        The model that completes the gene sets; see :func:`gsfm_enrich.load_model`.
    rerank
        Whether to add the model's columns and sort by them. What the model is worth is measured on hidden
        members of the library itself: fewer than ten terms of five genes cannot tell, and are not completed.
    min_overlap
        Terms that share fewer genes with the query are left out of the table. With 0 it has all terms, those
        too in which only the model places query genes; ``enrichment_map`` needs at least 1. Whatever it is,
        terms that share fewer than two are ranked last by the model, and marked by a Caution.
    sort
        ``"gsfm"`` orders the terms of each library by the model's rank, ``"gseapy"`` by name, as gseapy does.
    propensity
        How likely an experiment is to list each gene: ``"publications"`` or a mapping or Series from genes
        to numbers, such as their mean expression. The model's p-values then compare the query with random
        ones of the same propensities; gseapy's columns are unchanged. It needs the genes of the background: a
        list, or None.

    Returns
    -------
    gseapy.Enrichr
        Its ``results`` and ``res2d`` are one data frame, empty when no term qualifies, with gseapy's columns
        Gene_set, Term, Overlap, P-value, Adjusted P-value, Odds Ratio, Combined Score, Genes, and, with
        `rerank`, Expected Overlap, GSFM Fold Enrichment, GSFM P-value, GSFM Adjusted P-value, GSFM Rank,
        Rank Change, Predicted Genes, Caution. Genes are spelled as in the library (those of mouse and rat as
        in the query) and ordered as in the query. Its ``gene_report`` says, one line per library, how the
        genes were found.

    Raises
    ------
    InputError
        When the query, the background or an option cannot be used.
    LibraryError
        When a library is unknown or malformed.
    OfflineError
        When a library is not there and cannot be downloaded.

    Warns
    -----
    GsfmEnrichWarning
        When genes of the query are in no library, have no orthologue or are outside the background, with
        their number; when they look like those of another species; when there is no orthology table for the
        organism, or it could not be had; when no term passes `cutoff` and so no figure is drawn.

    Notes
    -----
    P-values are adjusted by Benjamini and Hochberg, for each library over the terms with at least one hit
    (the model's over all its terms).

    In libraries whose terms are named after genes, as are tables of a transcription factor's targets, genes
    that the model places beside the factor itself count in the model's p-value, too, half a member each, if
    the library's terms list such genes more often than others. They come last among the Predicted Genes and
    add nothing to the Expected Overlap; `gsfm_enrich.term_evidence` says which they are.

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
        model, rerank, min_overlap, sort, propensity,
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
) -> gseapy.Enrichr:
    """Over-representation analysis of human genes: :func:`enrichr` with the signature of ``gseapy.enrich``.

    Parameters
    ----------
    gene_list, gene_sets, background, outdir, cutoff, format, figsize, top_term, no_plot, verbose
        As in :func:`enrichr`.
    model, rerank, min_overlap, sort, propensity
        As in :func:`enrichr`.

    Returns
    -------
    gseapy.Enrichr
        As from :func:`enrichr`, with the same errors and warnings.

    Examples
    --------
    >>> enrich(["TP53", "BAX"], {"apoptosis": ["TP53", "BAX", "CASP3"]}, rerank=False).results["Overlap"][0]
    '2/3'
    """
    options = _Options(
        "human", outdir, background, cutoff, format, figsize, top_term, no_plot, verbose,
        model, rerank, min_overlap, sort, propensity,
    )  # fmt: skip
    return _run(gene_list, gene_sets, options)


def _run(gene_list: Any, gene_sets: Any, options: _Options) -> gseapy.Enrichr:
    """Test the query against every library, and put the results into gseapy's object."""
    check_report_options(options.outdir, options.format)
    genes = as_gene_list(gene_list)
    if not genes:
        raise InputError("gene_list holds no gene; expected at least one name that is not blank.")
    background = as_background(options.background)
    libraries = load_libraries(gene_sets, options.organism)
    model = _loaded(options.model) if options.rerank and not _is_foreign(options) else None
    counted = [count_overlap(library, genes, background, options.organism) for library in libraries]
    tables = []
    for library, counts in zip(libraries, counted, strict=True):
        rows = _shown_rows(library, counts.overlap, options.min_overlap)
        table = _base_columns(counts, rows, _is_mapped(options.organism))
        if model is not None:
            columns = _rerank(counts, model, options.propensity)
            table = pd.concat([table, columns.iloc[rows].reset_index(drop=True)], axis=1)
            if options.sort == "gsfm":
                table = table.sort_values("GSFM Rank", kind="stable", ignore_index=True)
        tables.append(table)
    _warn_of_lost_genes(counted, options.organism)
    enr = _result_object(gene_list, gene_sets, options)
    enr.results = pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)
    enr.res2d = enr.results
    named = zip(libraries, counted, strict=True)
    enr.gene_report = "\n".join(counts.report(library.name) for library, counts in named)
    enr._logger.info(enr.gene_report)
    if enr.outdir is not None:
        _write(enr, options)
    return enr


def _loaded(model: Any) -> GSFM:
    """Load the model, by a name or as it is."""
    from gsfm_enrich.model.checkpoint import load_model

    return load_model(model)


def _rerank(counts: QueryCounts, model: GSFM, propensity: Any) -> pd.DataFrame:
    """Return the model's columns for all terms of a library; torch is only loaded when they are wanted."""
    from gsfm_enrich.ranking.rerank import rerank
    from gsfm_enrich.ranking.strata import as_propensity

    return rerank(counts, model, as_propensity(propensity, counts.organism)).columns


def _shown_rows(library: GeneSetLibrary, overlap: Overlap, min_overlap: int) -> npt.NDArray[np.int64]:
    """Return the terms with enough overlap, sorted by name as gseapy does."""
    rows = np.flatnonzero(overlap.hits >= min_overlap).tolist()
    return np.array(sorted(rows, key=library.terms.__getitem__), dtype=np.int64)


def _is_mapped(organism: str) -> bool:
    """Say whether genes go through orthologues, and so are shown as the user spells them."""
    return organism_name(organism) in ORTHOLOGY_ORGANISMS


def _is_foreign(options: _Options) -> bool:
    """Say, with a warning, whether the default model does not speak of the organism's genes."""
    name = organism_name(options.organism)
    foreign = name not in RESOLVED_ORGANISMS and isinstance(options.model, str) and options.model == "default"
    if foreign:
        warn_caller(
            f"There is no orthology table for {name}, and the default model is human: the terms were not "
            "re-ranked. Pass model= for a model of the organism, or rerank=False."
        )
    return foreign


def _base_columns(counts: QueryCounts, rows: npt.NDArray[np.int64], as_given: bool) -> pd.DataFrame:
    """Return gseapy's columns for some terms, in the order given; genes as in the query or the library."""
    library, overlap = counts.library, counts.overlap
    adjusted = benjamini_hochberg(overlap.p_values, tested=overlap.hits > 0)
    symbols = counts.names if as_given else [library.genes[column] for column in counts.columns]
    starts, stops = counts.bounds[:-1][rows].tolist(), counts.bounds[1:][rows].tolist()
    members = counts.members.tolist()
    shared = zip(overlap.hits[rows].tolist(), overlap.sizes[rows].tolist(), strict=True)
    columns: dict[str, Any] = {
        "Gene_set": [library.name] * len(rows),
        "Term": [library.terms[row] for row in rows],
        "Overlap": [f"{hits}/{size}" for hits, size in shared],
        "P-value": overlap.p_values[rows],
        "Adjusted P-value": adjusted[rows],
        "Odds Ratio": overlap.odds_ratios[rows],
        "Combined Score": overlap.combined_scores[rows],
        "Genes": [
            ";".join([symbols[member] for member in members[start:stop]])
            for start, stop in zip(starts, stops, strict=True)
        ],
    }
    return pd.DataFrame(columns, columns=list(BASE_COLUMNS))


def _warn_of_lost_genes(counted: Sequence[QueryCounts], organism: str) -> None:
    """Say once how many genes of the query cannot count, and which, and what looks like another species."""
    first, total = counted[0], len(counted[0].ids)
    elsewhere = [set(counts.missing) for counts in counted[1:]]
    missing = [gene for gene in first.missing if all(gene in others for others in elsewhere)]
    alone = {gene for gene, how in zip(first.ids, first.how, strict=True) if how == "no orthologue"}
    problems = []
    for one, several, lost in (
        (
            "is in none of the gene sets",
            "are in none of the gene sets",
            [gene for gene in missing if gene not in alone],
        ),
        ("has no human orthologue", "have no human orthologue", [gene for gene in missing if gene in alone]),
        ("is outside the background", "are outside the background", first.outside),
    ):
        if lost:
            what = one if len(lost) == 1 else several
            problems.append(f"{len(lost):,} of {total:,} query genes {what}: {first_few(lost)}")
    misread = misread_species(first.ids, organism)
    if misread:
        problems.append(misread.rstrip("."))
    if problems:
        unclear = say_reasons(missing, organism)
        warn_caller("; ".join(problems) + "." + unclear)


def _result_object(gene_list: Any, gene_sets: Any, options: _Options) -> gseapy.Enrichr:
    """Make gseapy's object, with nothing run; it makes the output folder and opens its log."""
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
    if not (enr.results["Adjusted P-value"] <= enr.cutoff).any():
        message = f"No term has an adjusted p-value of at most {enr.cutoff}, so no figure was drawn."
        warn_caller(message)
        return
    gseapy.barplot(
        enr.results,
        cutoff=enr.cutoff,
        figsize=enr.figsize,
        top_term=options.top_term,
        color="salmon",
        title="Enrichr",
        ofname=os.fspath(Path(enr.outdir) / f"{stem}.{enr.format}"),
    )
