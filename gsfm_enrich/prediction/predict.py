"""Columns and rows of the membership table: the functions of a gene, the genes of a term."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gsfm_enrich.arguments import checked
from gsfm_enrich.kept import kept_on_first
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.arguments import (
    AskedGenes,
    ask,
    model_of,
    spelled,
)
from gsfm_enrich.prediction.support import SUPPORT_COLUMNS, add_support, size_credit
from gsfm_enrich.progress import progress
from gsfm_enrich.ranking.membership import Membership, library_membership

BASIC_COLUMNS = ("gene", "gene_set", "term", "score", "z_score", "rank", "probability", "known")
FUNCTION_COLUMNS = (*BASIC_COLUMNS, *SUPPORT_COLUMNS, "similar_terms")
GENE_COLUMNS = ("gene_set", "term", "gene", "score", "z_score", "rank", "probability", "known")

AT_ONCE = 128
"""Number of genes to score for all terms at once, so that memory is bounded."""
FOLD = 0.5
"""Terms with at least this Jaccard index of their genes are redundant."""


@checked
def predict_functions(
    genes: Any,
    gene_sets: Any = "GO_Biological_Process",
    *,
    top: int | None = 10,
    known: bool = True,
    fold: float | None = FOLD,
    organism: str = "human",
    model: str | os.PathLike[str] | GSFM = "default",
) -> pd.DataFrame:
    """Predict the functions of genes, annotated or not.

    Parameters
    ----------
    gene_sets
        Libraries whose terms are the functions, as `gsfm_enrich.enrichr` takes them.
    top
        Number of terms to return for each gene and library; None returns all, without folding (thousands of
        terms take about ten seconds).
    known
        Whether to include terms that already list the gene. They are scored as if they did not: the gene is
        removed from the term before the term is completed.
    fold
        A term is folded into a better ranked one if the Jaccard index of their genes is at least this; None
        folds none.

    Returns
    -------
    DataFrame
        One row per gene and term, best first within a gene and library:

        - ``gene``, ``gene_set``, ``term``
        - ``score``: the log odds that the gene belongs to the term, in nats, plus .8 times the logarithm
          of the term's size, because large terms are right more often; terms are ranked by it
        - ``z_score``: standard deviations by which the gene's score in the dense channels is above its
          scores for random sets of the term's size; what is left after popularity is removed
        - ``rank``: rank of the term among all terms of the library for this gene
        - ``probability``: that the gene belongs to the term, calibrated on members hidden from the model
        - ``known``: whether the term lists the gene
        - ``term_size``: genes that the term lists
        - ``specificity``: bits of information in belonging to the term, log2 of the library's genes over the
          term's (Resnik 1995)
        - ``term_auroc``: how well the term is predicted: the probability that a member hidden from the model
          scores above a gene outside the term; .5 is chance, NaN for a term of fewer than two genes
        - ``gene_percentile``: share of the genes outside the term that the model ranks below this one
        - ``neighbours``: members of the term that are most similar to the gene, see `gsfm_enrich.neighbors`
        - ``caution``: a note if popularity would do as well: ranking by number of publications alone puts as
          high a share of genes below this one, or the term ranks as high for the average gene
        - ``similar_terms``: terms folded into this one, joined by semicolons; their ranks are skipped

    Raises
    ------
    InputError
        If no gene is given, ``top`` is below 1, ``fold`` is not between 0 and 1, or the default model, which
        is human, is asked about an organism without an orthology table.

    Warns
    -----
    GsfmEnrichWarning
        If the model does not know some of the genes, or some look like those of another species: how many,
        and which.

    Examples
    --------
    >>> table = predict_functions("C1orf112", top=3)
    >>> table[["gene", "rank", "known"]].to_dict("list")
    {'gene': ['C1orf112', 'C1orf112', 'C1orf112'], 'rank': [1, 2, 3], 'known': [False, False, False]}
    """
    asked = ask(genes, organism, model)
    organism = asked.organism
    parts = []
    for library in load_libraries(gene_sets, organism):
        table = library_membership(library, asked.model, organism)
        placed = placed_genes(asked, table)
        chosen = [
            functions.table(library, *functions.best(functions.score, table, top, fold, known))
            for functions in progress(score_functions(placed, table), len(placed), "functions of genes")
        ]
        if chosen:
            parts.append(pd.concat(chosen, ignore_index=True))
            add_support(parts[-1], library, table, organism)
    asked.warn_unknown([gene for gene, _ in placed])
    if not parts:
        return pd.DataFrame(columns=list(FUNCTION_COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(FUNCTION_COLUMNS)]


@dataclass(frozen=True, eq=False)
class Functions:
    """What the model says about every term of a library for one gene.

    Attributes
    ----------
    gene : str
    column : int
        Column of the membership table.
    log_odds, score, z_score, probability : float arrays, shape (n_terms,)
        As `predict_functions` explains them; ``log_odds`` is the score without the credit for the size.
    member, usable : bool arrays, shape (n_terms,)
        Whether the term lists the gene, and whether it lists others that it could be completed from.
    """

    gene: str
    column: int
    log_odds: NDArray[np.float32]
    score: NDArray[np.float32]
    z_score: NDArray[np.float32]
    probability: NDArray[np.float32]
    member: NDArray[np.bool_]
    usable: NDArray[np.bool_]

    def best(
        self,
        score: NDArray[np.floating],
        table: Membership,
        top: int | None,
        fold: float | None,
        known: bool = True,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], list[list[int]]]:
        """Rank the terms by a score, best first, and fold redundant ones.

        Parameters
        ----------
        score : shape (n_terms,)
            Score to rank by.
        table
            The membership table.
        top, fold, known
            As in `predict_functions`. Only terms that rank above the last one returned are folded.

        Returns
        -------
        rows, ranks
            Rows of the table, and their ranks among all terms.
        folded
            The rows that were folded into each of these.
        """
        rows = np.flatnonzero(self.usable & (known | ~self.member))
        rows = rows[np.argsort(-score[rows], kind="stable")]
        if top is None or fold is None:
            kept = np.arange(len(rows) if top is None else min(top, len(rows)))
            return rows[kept], kept + 1, [[] for _ in kept]
        into = np.zeros(0, dtype=np.int64)
        for looked_at in itertools.count(1):
            some = rows[: 8 * top * looked_at]
            shared = (table.known[some] @ table.known[some].T).toarray()
            sizes = table.sizes[some]
            into = fold_into(shared / (sizes[:, None] + sizes - shared), fold, top)
            if len(into) < len(some) or len(some) == len(rows):
                break
        kept = np.flatnonzero(into == np.arange(len(into)))
        return rows[kept], kept + 1, [rows[np.flatnonzero(into == place)[1:]].tolist() for place in kept]

    def table(
        self,
        library: GeneSetLibrary,
        rows: NDArray[np.int64],
        ranks: NDArray[np.int64],
        folded: Sequence[Sequence[int]],
    ) -> pd.DataFrame:
        """Return ``BASIC_COLUMNS`` and ``similar_terms`` of some terms, with their ``row`` and ``column``."""
        return pd.DataFrame(
            {
                "gene": self.gene,
                "gene_set": library.name,
                "term": [library.terms[row] for row in rows],
                "score": self.score[rows],
                "z_score": self.z_score[rows],
                "rank": ranks,
                "probability": self.probability[rows],
                "known": self.member[rows],
                "row": rows,
                "column": self.column,
                "log_odds": self.log_odds[rows],
                "similar_terms": ["; ".join(library.terms[row] for row in others) for others in folded],
            }
        )


def placed_genes(asked: AskedGenes, table: Membership) -> list[tuple[str, int]]:
    """Return the genes that a membership table knows, with their columns."""
    columns = table.columns_of(asked.ids).tolist()
    return [(gene, column) for gene, column in zip(asked.ids, columns, strict=True) if column >= 0]


def score_functions(genes: Sequence[tuple[str, int]], table: Membership) -> Iterator[Functions]:
    """Score all terms of a membership table for genes, given with their columns, in blocks of genes."""
    for start in range(0, len(genes), AT_ONCE):
        some = genes[start : start + AT_ONCE]
        parts = _scored(table, tuple(column for _, column in some))
        for i, (gene, column) in enumerate(some):
            yield Functions(gene, column, *(part[:, i] for part in parts))


@kept_on_first(most=2)  # functions alone and functions in context ask for the same genes
def _scored(table: Membership, asked: tuple[int, ...]) -> tuple[NDArray[Any], ...]:
    """Return what `Functions` holds for the genes of some columns, each of shape (n_terms, n_genes)."""
    terms, columns = np.arange(len(table.sizes)), np.array(asked)
    log_odds = table.log_odds(terms, columns)
    z_score = table.scores.z_scores(terms, table.genes.at(columns))
    member = np.zeros(log_odds.shape, dtype=bool)
    own, here = (part.astype(np.int64) for part in table.known[:, columns].nonzero())
    member[own, here] = True
    log_odds[own, here], z_score[own, here] = table.score_without(own, columns[here])
    given = table.sizes[:, None] - member
    score = log_odds + size_credit(given).astype(np.float32)
    probability = table.probability(log_odds, given)
    return log_odds, score, z_score, probability, member, given > 0


def fold_into(jaccard: NDArray[np.float64], fold: float, most: int) -> NDArray[np.int64]:
    """Return for each term, best first, the position of the term that represents it.

    Parameters
    ----------
    jaccard : shape (n_terms, n_terms)
        Jaccard index of their genes.
    fold
        From this index on, a term is folded into the most similar of the better terms that are kept.
    most
        Number of terms to keep; the result ends before the next one.

    Examples
    --------
    >>> fold_into(np.array([[1, 0.1, 0.7], [0.1, 1, 0.2], [0.7, 0.2, 1]]), 0.5, 2)
    array([0, 1, 0])
    """
    into: list[int] = []
    kept: list[int] = []
    for place, row in enumerate(jaccard):
        closest = max(kept, key=lambda other: row[other], default=place)
        if closest != place and row[closest] >= fold:
            into.append(closest)
        elif len(kept) == most:
            break
        else:
            kept.append(place)
            into.append(place)
    return np.array(into, dtype=np.int64)


@checked
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
    gene_sets, organism, model
        As in `predict_functions`.
    top
        Number of genes to return; None returns all.
    known
        Whether to include genes that the term already lists, each scored as if it did not.

    Returns
    -------
    DataFrame
        One row per gene, best first: ``gene_set``, ``term``, ``gene``, ``score`` (the log odds in nats; the
        size of the term does not matter here), ``z_score``, ``rank`` of the gene for this term,
        ``probability`` and ``known``, as in `predict_functions`. For mouse and rat, human genes are named by
        their orthologue, or by their own symbol if they have none; of several human genes with one
        orthologue, the best is kept.

    Raises
    ------
    InputError
        As in `predict_functions`.
    LibraryError
        If none of the libraries has the term; the message lists close matches.

    Examples
    --------
    >>> table = predict_genes("apoptotic process (GO:0006915)", top=5, known=False)
    >>> bool(table["known"].any())
    False
    """
    network = model_of(organism, model)
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
        z_score = table.scores.z_scores(here, table.genes.at(genes))[0]
        score[own], z_score[own] = table.score_without(np.full(len(own), row), own)
        frame = pd.DataFrame(
            {
                "gene_set": library.name,
                "term": term,
                "gene": table.names,
                "score": score,
                "z_score": z_score,
                "probability": table.probability(score, table.sizes[row] - member),
                "known": member,
            }
        )
        frame = spelled(frame, organism)
        usable = table.sizes[row] - member[frame.index] > 0
        parts.append(_ranked(frame, usable, top, known))
    return pd.concat(parts, ignore_index=True)[list(GENE_COLUMNS)]


def _ranked(frame: pd.DataFrame, usable: NDArray[np.bool_], top: int | None, known: bool) -> pd.DataFrame:
    """Sort by score, number the rows, and keep the first of them."""
    frame = frame[usable & (known | ~frame["known"].to_numpy())]
    frame = frame.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    frame["rank"] = np.arange(1, len(frame) + 1)
    return frame if top is None else frame.head(top)
