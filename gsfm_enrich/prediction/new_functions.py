"""New functions worth showing: probable and specific, or none if the model cannot tell."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gsfm_enrich.arguments import checked
from gsfm_enrich.genes.publications import publications_of_both
from gsfm_enrich.genes.resolve import resolve
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.arguments import AskedGenes, ask
from gsfm_enrich.prediction.neighbours import channels_of
from gsfm_enrich.prediction.predict import FOLD, Functions, placed_genes, score_functions
from gsfm_enrich.prediction.support import (
    gene_percentiles,
    library_comparison,
    popularity_cautions,
    ranks_for_the_average_gene,
    specificity,
    supporting_neighbours,
)
from gsfm_enrich.ranking.membership import Membership, library_membership

LEAST_PROBABILITY = 0.1
"""New functions with a smaller probability are not shown."""
LEAST_BITS = 0.5
"""Nor are those with fewer bits (probability times information content): large terms must be more probable.

Both were chosen on genes annotated from 2018 to 2021, see ``benchmarks/new_functions.py``."""
FROM_CHANNEL = 0.2
"""Share of the evidence from which a channel is named."""
UNKNOWN = "the model does not know it"
NEW_FUNCTION_COLUMNS = (
    "gene", "gene_set", "term", "probability", "specificity", "term_size", "channels", "neighbours",
    "pubmed", "caution", "out_of_reach",
)  # fmt: skip
TEXT_COLUMNS = ["gene_set", "term", "channels", "neighbours", "pubmed", "caution", "out_of_reach"]
PAPERS = 3
"""Publications to name for each prediction."""
ALONE = {
    "families": "rests on its gene family alone, whose members may do other things",
    "location": "rests on its place on the chromosome alone",
    "publications": "rests on publications that name the genes together alone",
}
"""What is to be said of a prediction that a single channel supports."""


@checked
def new_functions(
    genes: Any,
    gene_sets: Any = "GO_Biological_Process",
    *,
    top: int | None = 3,
    min_probability: float = LEAST_PROBABILITY,
    organism: str = "human",
    model: str | os.PathLike[str] | GSFM = "default",
) -> pd.DataFrame:
    """Predict probable new functions of genes, or say why there are none.

    Terms are ranked by their probability times their information content, and this product must be at least
    half a bit. A term that contains all genes of a known function of the gene, or of a better prediction,
    says less than that one and is omitted, as is a term that shares half of its genes with a better
    prediction.

    Parameters
    ----------
    gene_sets
        Libraries whose terms are the functions, as `gsfm_enrich.enrichr` takes them.
    top
        Number of terms to return for each gene and library; None returns all.
    min_probability
        Terms with a smaller probability are not returned.

    Returns
    -------
    DataFrame
        In the order of the genes, best term first; every gene has at least one row:

        - ``gene``, ``gene_set``, ``term``; the last two are empty for a gene without a prediction
        - ``probability``: that the gene belongs to the term, calibrated on members hidden from the model
        - ``specificity``: bits of information in belonging to the term, log2 of the library's genes over the
          term's (Resnik 1995)
        - ``term_size``: genes that the term lists
        - ``channels``: the channels of the model that give a fifth or more of the evidence, the strongest
          first, joined by ``;``
        - ``neighbours``: members of the term that are most similar to the gene, see `gsfm_enrich.neighbors`
        - ``pubmed``: ids of up to three publications that name the gene together with these neighbours, of
          those that name from two to a hundred genes, joined by ``;``
        - ``caution``: what speaks against it: popularity would do as well (see
          `gsfm_enrich.predict_functions`), or it rests on one weak channel alone
        - ``out_of_reach``: why there is no prediction; empty if there is one

    Raises
    ------
    InputError
        If no gene is given, ``top`` is below 1, or the default model, which is human, is asked about an
        organism without an orthology table.

    Examples
    --------
    >>> found = new_functions(["C1orf112", "FUOM"], top=1)
    >>> found["gene"].tolist(), bool(found["out_of_reach"][1])
    (['C1orf112', 'FUOM'], True)
    """
    asked = ask(genes, organism, model)
    found = new_functions_of(asked, gene_sets, top, min_probability)
    known = set(found.loc[found["out_of_reach"] != UNKNOWN, "gene"])
    asked.warn_unknown(known)
    return found


def new_functions_of(
    asked: AskedGenes, gene_sets: Any, top: int | None = 3, min_probability: float = LEAST_PROBABILITY
) -> pd.DataFrame:
    """Do the same as `new_functions`, without a warning about genes that the model does not know.

    Parameters
    ----------
    asked
        The genes.
    gene_sets, top, min_probability
        As in `new_functions`.
    """
    parts, reasons = [], dict.fromkeys(asked.ids, UNKNOWN)
    for library in load_libraries(gene_sets, asked.organism):
        table = library_membership(library, asked.model, asked.organism)
        chosen = []
        for functions in score_functions(placed_genes(asked, table), table):
            rows = probable_and_specific(functions, library, table, min_probability)[:top]
            chosen.append(functions.table(library, rows, _ranks(functions)[rows], [[]] * len(rows)))
            if not len(rows):
                reasons[functions.gene] = _out_of_reach(functions, library)
        if chosen:
            parts.append(_described(pd.concat(chosen, ignore_index=True), library, table, asked.organism))
    spoken_of = {gene for part in parts for gene in part["gene"]}
    silent = [gene for gene in asked.ids if gene not in spoken_of]
    parts.append(pd.DataFrame({"gene": silent, "out_of_reach": [reasons[gene] for gene in silent]}))
    found = pd.concat(parts, ignore_index=True).reindex(columns=list(NEW_FUNCTION_COLUMNS))
    found[TEXT_COLUMNS] = found[TEXT_COLUMNS].fillna("")
    place = {gene: number for number, gene in enumerate(asked.ids)}
    bits = found["probability"].astype(float) * found["specificity"].astype(float)
    order = np.lexsort([-bits.to_numpy(), found["gene"].map(place).to_numpy()])
    return found.iloc[order].reset_index(drop=True)


def probable_and_specific(
    functions: Functions, library: GeneSetLibrary, table: Membership, least: float
) -> NDArray[np.int64]:
    """Return the rows of the new terms that are probable, none of which repeats a known or better one.

    Parameters
    ----------
    functions
        What the model says about every term for the gene.
    library, table
        The terms, and their membership table.
    least
        Smallest probability to return.

    Returns
    -------
    int64 array
        Best first, by probability times information content.
    """
    bits = functions.probability * specificity(library)
    probable = (functions.probability >= least) & (bits >= LEAST_BITS)
    rows = np.flatnonzero(functions.usable & ~functions.member & probable)
    rows = rows[np.argsort(-bits[rows], kind="stable")]
    known = np.flatnonzero(functions.member)
    shared = _shared(table, rows, known)
    says_less = (shared == table.sizes[known]) & (table.sizes[known] > 0)
    rows = rows[~says_less.any(axis=1)]
    shared = _shared(table, rows, rows)
    sizes = table.sizes[rows]
    repeats = (shared == sizes) | (shared >= FOLD * (sizes[:, None] + sizes - shared))
    kept: list[int] = []
    for place, row in enumerate(repeats):
        if not row[kept].any():
            kept.append(place)
    return np.asarray(rows[kept], np.int64)


def evidence_channels(table: Membership, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> list[str]:
    """Return the channels that support term ``rows[i]`` and gene ``columns[i]``, joined by ``;``."""
    parts = table.completed.slopes[:, rows] * table.scores.pairs(rows, columns)
    names = np.array(channels_of(table.model))
    shares = np.maximum(parts, 0) / np.maximum(np.maximum(parts, 0).sum(axis=0), 1e-12)
    order = np.argsort(-shares, axis=0, kind="stable")
    return [
        ";".join(names[channel] for channel in order[:, pair] if share[channel] >= FROM_CHANNEL)
        for pair, share in enumerate(shares.T)
    ]


def _shared(table: Membership, rows: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray((table.known[rows] @ table.known[others].T).toarray())


def _ranks(functions: Functions) -> NDArray[np.int64]:
    """Return the rank of every term for a gene, as `predict_functions` counts them."""
    score = np.where(functions.usable, functions.score, -np.inf)
    ranks = np.empty(len(score), np.int64)
    ranks[np.argsort(-score, kind="stable")] = np.arange(1, len(score) + 1)
    return ranks


def _described(
    chosen: pd.DataFrame, library: GeneSetLibrary, table: Membership, organism: str
) -> pd.DataFrame:
    """Return the columns of the terms chosen of a library, with their ``row`` and ``column`` in its table."""
    rows, columns = chosen["row"].to_numpy(np.int64), chosen["column"].to_numpy(np.int64)
    channels = evidence_channels(table, rows, columns)
    neighbours = supporting_neighbours(table, rows, columns, organism)
    return chosen[["gene", "gene_set", "term", "probability"]].assign(
        specificity=specificity(library)[rows],
        term_size=library.sizes[rows],
        channels=channels,
        neighbours=neighbours,
        pubmed=_publications(chosen["gene"].tolist(), neighbours, organism),
        caution=_cautions(chosen, channels, table),
    )


def _publications(genes: list[str], neighbours: list[str], organism: str) -> list[str]:
    """Return the publications that name each gene together with its neighbours, joined by ``;``."""
    if not genes:
        return []
    others = [[name for name in names.split(";") if name] for names in neighbours]
    table = resolve(
        list(dict.fromkeys([*genes, *(name for names in others for name in names)])), organism
    ).table
    symbols = dict(zip(table["input"], table["symbol"].fillna(""), strict=True))
    return [
        ";".join(
            str(paper)
            for paper in publications_of_both(
                symbols.get(gene, ""), [symbols.get(name, "") for name in names], PAPERS
            )
        )
        for gene, names in zip(genes, others, strict=True)
    ]


def _cautions(chosen: pd.DataFrame, channels: list[str], table: Membership) -> list[str]:
    """Say what speaks against the terms chosen: popularity, or a single weak channel."""
    if chosen.empty:
        return []
    compared = library_comparison(table)
    rows, columns = chosen["row"].to_numpy(np.int64), chosen["column"].to_numpy(np.int64)
    log_odds = chosen["log_odds"].to_numpy(np.float64)
    by_model, by_popularity = gene_percentiles(table, rows, columns, log_odds, compared)
    common = ranks_for_the_average_gene(compared)[rows] <= chosen["rank"].to_numpy()
    popularity = popularity_cautions(by_popularity >= by_model, common)
    weak = [ALONE.get(names, "") for names in channels]
    return ["; ".join(filter(None, both)) for both in zip(popularity, weak, strict=True)]


def _out_of_reach(functions: Functions, library: GeneSetLibrary) -> str:
    """Say why a gene has no probable new term, and what came closest."""
    new = np.flatnonzero(functions.usable & ~functions.member)
    if not len(new):
        return "no term is left that could be new"
    row = new[np.argmax(functions.probability[new])]
    return (
        f"no new term is probable and specific enough; the most probable, {library.terms[row]}, "
        f"has a probability of {functions.probability[row]:.2g}"
    )
