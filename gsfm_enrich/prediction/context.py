"""Functions of a gene in context: those that it shares with its companions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.lookup import spell_as
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.arguments import (
    AskedGenes,
    ask,
    distinct_genes,
)
from gsfm_enrich.prediction.neighbours import gene_similarity
from gsfm_enrich.prediction.predict import (
    AT_ONCE,
    BASIC_COLUMNS,
    FOLD,
    Functions,
    placed_genes,
    score_functions,
)
from gsfm_enrich.prediction.support import library_comparison
from gsfm_enrich.progress import progress
from gsfm_enrich.ranking.membership import Membership, library_membership

CONTEXT_COLUMNS = (
    *BASIC_COLUMNS, "fold_enrichment", "expected_companions", "companions", "similar_terms",
)  # fmt: skip
COMPANY = 3.0
"""Weight of the companions relative to the gene alone, see benchmarks/README.md."""
COMPANIONS = 5
CELLS = 4_000_000
"""Number of pairs of a term and a companion to process at once."""
MATERIAL = 0.25
"""Probability from which a companion is named as a member of the term."""


@checked
def functions_in_context(
    genes: Any,
    companions: Any,
    gene_sets: Any = "GO_Biological_Process",
    *,
    top: int | None = 10,
    known: bool = True,
    fold: float | None = FOLD,
    organism: str = "human",
    model: str | os.PathLike[str] | GSFM = "default",
) -> pd.DataFrame:
    """Predict the functions that genes share with the other genes of a list.

    Functions that are common among the companions are more probable for a gene found with them. By Bayes'
    rule, the odds of a function are multiplied by how much more frequent it is in the list than in the
    genome, so the logarithm of the fold enrichment is added to the score of `predict_functions`. It counts
    three times, because a prediction for a gene alone is much less certain than what known genes share
    (`benchmarks.gene_context`).

    Parameters
    ----------
    companions
        The list, such as the differentially expressed genes. A gene does not count as its own companion.
    gene_sets, top, known, fold, organism, model
        As in `predict_functions`.

    Returns
    -------
    DataFrame
        One row per gene and term, best first within a gene and library: ``gene``, ``gene_set``, ``term``,
        ``score`` (of `predict_functions`, plus three times the logarithm of the fold enrichment),
        ``z_score``, ``rank`` (by this score), ``probability`` and ``known`` (as in `predict_functions`,
        without the context), and

        - ``fold_enrichment``: expected members among the companions over those among as many random genes,
          one added to both, so that a single companion is not strong evidence
        - ``expected_companions``: members among the companions, plus the probabilities of the others
        - ``companions``: up to five of them, members or probable ones, the most similar to the gene first
        - ``similar_terms``: terms folded into this one

    Raises
    ------
    InputError
        If no gene is given, the model knows none of the companions, ``top`` is below 1, or ``fold`` is not
        between 0 and 1.

    Warns
    -----
    GsfmEnrichWarning
        If the model does not know some of the genes, or some look like those of another species.

    Examples
    --------
    >>> table = functions_in_context("C1orf112", ["RAD51", "DMC1", "FIGNL1", "BRCA2", "MND1"], top=2)
    >>> table["rank"].tolist()
    [1, 2]
    """
    others = distinct_genes(companions)
    asked = ask(genes, organism, model, beside=others)
    found = functions_in_lists(
        asked, {"": others}, gene_sets, everywhere=True, top=top, known=known, fold=fold
    )
    return found.drop(columns="list")


def functions_in_lists(
    asked: AskedGenes,
    lists: Mapping[str, Sequence[str]],
    gene_sets: Any,
    *,
    everywhere: bool = False,
    top: int | None,
    known: bool = True,
    fold: float | None = FOLD,
) -> pd.DataFrame:
    """Predict the functions that genes share with the other genes of several lists.

    Parameters
    ----------
    asked
        The genes, and the model.
    lists
        Distinct identifiers of each list, by the name of the list.
    everywhere
        Whether to predict for every gene in every list, not only in those that hold it.
    gene_sets, top, known, fold
        As in `functions_in_context`.

    Returns
    -------
    DataFrame
        As in `functions_in_context`, with the name of the ``list``.
    """
    organism = asked.organism
    parts = []
    for library in load_libraries(gene_sets, organism):
        table = library_membership(library, asked.model, organism)
        contexts = {
            name: Context(library, table, held, organism)
            for name, held in progress(lists.items(), len(lists), "terms of lists")
        }
        placed = placed_genes(asked, table)
        scored = zip(score_functions(placed, table), similarity_to_all(placed, table), strict=True)
        for alone, close in progress(scored, len(placed), "functions in lists"):
            for name, context in contexts.items():
                if everywhere or alone.column in context.columns:
                    fold_enrichment, expected = context.enrichment(alone)
                    score = alone.score + COMPANY * np.log(fold_enrichment)
                    best = alone.best(score, table, top, fold, known)
                    rows = best[0]
                    frame = alone.table(library, *best).assign(
                        score=score[rows],
                        fold_enrichment=fold_enrichment[rows],
                        expected_companions=expected[rows],
                        companions=context.named(rows, alone.column, close),
                    )
                    parts.append(frame.assign(list=name))
    asked.warn_unknown([gene for gene, _ in placed])
    if not parts:
        return pd.DataFrame(columns=["list", *CONTEXT_COLUMNS])
    return pd.concat(parts, ignore_index=True)[["list", *CONTEXT_COLUMNS]]


class Context:
    """The terms of a library in a list of genes.

    Parameters
    ----------
    library, table
        The terms, and their membership table.
    genes
        The list.
    organism
        Organism of the library and the genes.

    Attributes
    ----------
    columns : int64 array
        The genes of the list that the model knows, columns of the table.
    expected : float array, shape (n_terms,)
        Number of members among them, plus the probabilities of the others.

    Raises
    ------
    InputError
        If the model knows none of the genes.
    """

    def __init__(
        self, library: GeneSetLibrary, table: Membership, genes: Sequence[str], organism: str
    ) -> None:
        found = table.columns_of(genes)
        if not (found >= 0).any():
            named = ", ".join(genes[:5])
            raise InputError(f"The model knows none of the {len(genes)} companions given: {named}.")
        self.columns = found[found >= 0]
        self.expected = np.zeros(len(library))
        belongs = []
        step = max(CELLS // len(self.columns), 1)  # memory is bounded for large libraries and long lists
        for start in range(0, len(library), step):
            rows = np.arange(start, min(start + step, len(library)))
            membership = table.memberships(rows, self.columns)
            self.expected[rows] = membership.sum(axis=1)
            belongs.append(csr_array(membership >= MATERIAL))
        self.belongs = csr_array(vstack(belongs))
        compared = library_comparison(table)
        self.usual = table.sizes / len(table.units) + compared.probability
        self.names = np.array(spell_as(table.names, organism))

    def enrichment(self, alone: Functions) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return fold enrichment and expected members of all terms among the companions of a gene."""
        expected, others = self.expected, len(self.columns)
        if alone.column in self.columns:  # a gene is not its own companion
            expected = expected - np.where(alone.member, 1.0, alone.probability)
            others -= 1
        return (expected + 1) / (others * self.usual + 1), expected

    def named(self, rows: NDArray[np.int64], column: int, close: NDArray[np.float32]) -> list[str]:
        """Return the companions that belong to each term, the most similar to the gene first.

        Parameters
        ----------
        rows
            Terms.
        column
            The gene.
        close : shape (n_columns,)
            Similarity of every gene to this gene.
        """
        similarity = close[self.columns]
        named = []
        for row in rows:
            members = self.belongs.indices[self.belongs.indptr[row] : self.belongs.indptr[row + 1]]
            members = members[self.columns[members] != column]
            best = members[np.argsort(-similarity[members], kind="stable")][:COMPANIONS]
            named.append(";".join(self.names[self.columns[best]]))
        return named


def similarity_to_all(genes: Sequence[tuple[str, int]], table: Membership) -> Iterator[NDArray[np.float32]]:
    """Yield the similarity of every gene of a table to each of some genes, given with their columns."""
    for start in range(0, len(genes), AT_ONCE):
        columns = [column for _, column in genes[start : start + AT_ONCE]]
        yield from gene_similarity(table.model, table.units[columns], table.units)
