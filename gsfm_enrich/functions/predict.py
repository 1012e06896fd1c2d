"""Columns and rows of the membership table: the functions of a gene, the genes of a term."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.genes.inputs import as_gene_list
from gsfm_enrich.genes.lookup import spell_as
from gsfm_enrich.genes.spelling import misread_species
from gsfm_enrich.genes.table import ORTHOLOGY_ORGANISMS, RESOLVED_ORGANISMS, organism_name
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.membership import Membership, library_membership
from gsfm_enrich.ranking.table import columns_of

FUNCTION_COLUMNS = ("gene", "gene_set", "term", "score", "z_score", "rank", "probability", "known")
GENE_COLUMNS = ("gene_set", "term", "gene", "score", "z_score", "rank", "probability", "known")

SIZE_CREDIT = 0.5
"""How much a term's size counts for its rank: 0 ranks the most specific terms first, 1 the most general."""


def predict_functions(
    genes: Any,
    gene_sets: Any = "GO_Biological_Process",
    *,
    top: int | None = 10,
    known: bool = True,
    organism: str = "human",
    model: str | os.PathLike[str] | GSFM = "default",
) -> pd.DataFrame:
    """Predict the functions of genes, annotated or not.

    Parameters
    ----------
    genes
        One identifier or many, of any kind that `gsfm_enrich.resolve` takes.
    gene_sets
        Libraries whose terms are the functions, as `gsfm_enrich.enrichr` takes them.
    top
        Terms to return for each gene and library; None returns all.
    known
        Whether to rank terms that list the gene already, too. They are scored as if they did not: the gene
        is taken out of the term before the term is completed.
    organism
        Of genes and libraries. Genes of mouse and rat are found through their orthologues, where the
        library or the model is human.
    model
        As `gsfm_enrich.load_model` takes it.

    Returns
    -------
    DataFrame
        One row a gene and term, best first within a gene and library:

        - ``gene``, ``gene_set``, ``term``
        - ``score``: the evidence that the gene belongs to the term, in nats, plus half the logarithm of the
          term's size: large terms are right more often and say less; terms are ranked by it
        - ``z_score``: how many standard deviations the autoencoder's logit of this gene is above its logits
          for random sets of the term's size; what is left when the gene's popularity is taken off
        - ``rank``: of the term among all terms of the library for this gene
        - ``probability``: that the gene belongs to the term, calibrated on members hidden from the model
        - ``known``: whether the term lists the gene

    Raises
    ------
    InputError
        If no gene is given, ``top`` is below 1, or the default model, which is human, is asked about an
        organism without an orthology table.

    Warns
    -----
    GsfmEnrichWarning
        If the model does not know some of the genes, or some look like those of another species: how many,
        and which.

    Examples
    --------
    >>> table = predict_functions("C1orf112", top=3)
    >>> list(table.columns)
    ['gene', 'gene_set', 'term', 'score', 'z_score', 'rank', 'probability', 'known']
    """
    check_top(top)
    ids = list(dict.fromkeys([genes] if isinstance(genes, str) else as_gene_list(genes)))
    if not ids:
        raise InputError("No gene was given.")
    check_organism(organism, model)
    warn_misread(ids, organism)
    network = load_model(model)
    libraries = load_libraries(gene_sets, organism)
    parts = []
    unknown: list[str] = []
    for library in libraries:
        table = library_membership(library, network, organism)
        columns = columns_of(ids, library, table, organism)
        unknown = [gene for gene, column in zip(ids, columns, strict=True) if column < 0]
        for gene, column in zip(ids, columns, strict=True):
            if column >= 0:
                frame, usable = _functions_of(gene, int(column), library, table)
                parts.append(_ranked(frame, usable, top, known))
    warn_unknown(unknown, len(ids))
    if not parts:
        return pd.DataFrame(columns=list(FUNCTION_COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(FUNCTION_COLUMNS)]


def _functions_of(
    gene: str, column: int, library: GeneSetLibrary, table: Membership
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Score the terms of one library for the gene in one column, and say which terms can be scored."""
    here = np.array([column])
    terms = np.arange(len(library))
    member = table.known[:, here].toarray().ravel() > 0
    own = np.flatnonzero(member)
    score = table.log_odds(terms, here)[:, 0]
    z_score = table.scores.against_random(table.scores.block(terms, here)[:, 0], terms)
    score[own], z_score[own] = score_without(table, own, np.full(len(own), column))
    given = table.sizes - member
    probability = table.calibration.probability(score.copy(), given)
    score += (SIZE_CREDIT * np.log(np.maximum(given, 1))).astype(np.float32)
    frame = pd.DataFrame(
        {
            "gene": gene,
            "gene_set": library.name,
            "term": library.terms,
            "score": score,
            "z_score": z_score,
            "probability": probability,
            "known": member,
        }
    )
    return frame, given > 0


def predict_genes(
    term: str,
    gene_sets: Any = "GO_Biological_Process",
    *,
    top: int | None = 50,
    known: bool = True,
    organism: str = "human",
    model: str | os.PathLike[str] | GSFM = "default",
) -> pd.DataFrame:
    """Predict the genes of a term.

    Parameters
    ----------
    term
        Name of the term, exactly as the library has it.
    gene_sets, organism, model
        As in `predict_functions`.
    top
        Genes to return; None returns all.
    known
        Whether to rank genes that the term lists already, too, each as if it did not.

    Returns
    -------
    DataFrame
        One row a gene, best first, with the columns of `predict_functions`; ``rank`` is that of the gene
        for this term. For mouse and rat, a human gene goes by the symbol of its orthologue, or by its own
        where it has none; of several human genes with one orthologue the best stays.

    Raises
    ------
    InputError
        As `predict_functions`.
    LibraryError
        If none of the libraries has the term; the message lists close matches.

    Examples
    --------
    >>> table = predict_genes("apoptotic process (GO:0006915)", top=5, known=False)
    >>> bool(table["known"].any())
    False
    """
    check_top(top)
    check_organism(organism, model)
    network = load_model(model)
    libraries = load_libraries(gene_sets, organism)
    holding = [library for library in libraries if term in library] or libraries[:1]
    parts = []
    for library in holding:
        row = library.position(term)  # raises with close matches
        table = library_membership(library, network, organism)
        genes = np.arange(len(table.units))
        here = np.array([row])
        member = table.known[here].toarray().ravel() > 0
        own = np.flatnonzero(member)
        score = table.log_odds(here, genes)[0]
        z_score = table.scores.against_random(table.scores.block(here, genes), here)[0]
        score[own], z_score[own] = score_without(table, np.full(len(own), row), own)
        frame = pd.DataFrame(
            {
                "gene_set": library.name,
                "term": term,
                "gene": names_of(library, table),
                "score": score,
                "z_score": z_score,
                "probability": table.calibration.probability(score.copy(), table.sizes[row] - member),
                "known": member,
            }
        )
        frame = spelled(frame, organism)
        usable = table.sizes[row] - member[frame.index] > 0
        parts.append(_ranked(frame, usable, top, known))
    return pd.concat(parts, ignore_index=True)[list(GENE_COLUMNS)]


def score_without(
    table: Membership, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return score and z-score of known members, each with the term completed without it."""
    if len(rows) == 0:
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    scores = table.left_out(rows, columns)
    sets = np.arange(len(rows))
    z_score = scores.against_random(scores.pairs(sets, columns), sets)
    score = table.calibration.log_odds(scores.pairs(sets, columns), scores.wide_pairs(sets, columns))
    return score, z_score


def names_of(library: GeneSetLibrary, table: Membership) -> list[str]:
    """Return what each column of a table is called: the library's spelling, else the model's."""
    names = [table.model.vocab.tokens[unit] for unit in table.units]
    for gene, column in zip(library.genes, table.of_library, strict=True):
        if column >= 0:
            names[column] = gene
    return names


def spelled(frame: pd.DataFrame, organism: str) -> pd.DataFrame:
    """Name the genes of a table by the symbols of mouse or rat; of several of one symbol the best stays."""
    if organism_name(organism) not in ORTHOLOGY_ORGANISMS:
        return frame
    frame = frame.assign(gene=spell_as(frame["gene"], organism))
    frame["known"] = frame.groupby("gene")["known"].transform("any")
    best_first = frame.sort_values("score", ascending=False, kind="stable")
    return best_first.drop_duplicates("gene").sort_index()


def check_organism(organism: str, model: object) -> None:
    """Refuse to ask the default model, which is human, about genes that have no known orthologue."""
    name = organism_name(organism)
    if name not in RESOLVED_ORGANISMS and isinstance(model, str) and model == "default":
        raise InputError(
            f"There is no orthology table for {name}, and the default model is human; "
            "pass model= for a model of the organism."
        )


def warn_misread(ids: Sequence[str], organism: str) -> None:
    """Warn of genes that look like those of another species."""
    misread = misread_species(ids, organism)
    if misread:
        warnings.warn(misread, GsfmEnrichWarning, stacklevel=3)


def check_top(top: int | None) -> None:
    """Refuse a number of rows below 1."""
    if top is not None and top < 1:
        raise InputError(f"top must be at least 1, or None for all, not {top}.")


def warn_unknown(unknown: Sequence[str], asked: int) -> None:
    """Warn of genes that the model does not know."""
    if unknown:
        named = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
        warnings.warn(
            f"The model does not know {len(unknown)} of {asked} genes: {named}.",
            GsfmEnrichWarning,
            stacklevel=3,
        )


def _ranked(frame: pd.DataFrame, usable: NDArray[np.bool_], top: int | None, known: bool) -> pd.DataFrame:
    """Sort by score, number the rows, and keep the first of them."""
    frame = frame[usable & (known | ~frame["known"].to_numpy())]
    frame = frame.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    frame["rank"] = np.arange(1, len(frame) + 1)
    return frame if top is None else frame.head(top)
