"""Functions of a gene in context: those that it shares with the genes it was found with."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gsfm_enrich.errors import InputError
from gsfm_enrich.functions.arguments import (
    check_fold,
    check_organism,
    check_top,
    distinct_genes,
    warn_misread,
    warn_unknown,
)
from gsfm_enrich.functions.evidence import library_comparison
from gsfm_enrich.functions.neighbours import likeness
from gsfm_enrich.functions.predict import BASIC_COLUMNS, FOLD, fold_terms, names_of, rank_functions
from gsfm_enrich.genes.lookup import spell_as
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.membership import Membership, library_membership
from gsfm_enrich.ranking.strata import columns_of

CONTEXT_COLUMNS = (
    *BASIC_COLUMNS, "fold_enrichment", "expected_companions", "companions", "similar_terms",
)  # fmt: skip
COMPANIONS = 5
BLOCK = 512
MATERIAL = 0.25
"""A companion is named when it belongs to the term with this probability."""


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

    What is common among the companions is more probable for a gene found with them. By Bayes' rule the odds
    of a function are multiplied by how much more frequent it is in the list than in the genome, so the
    logarithm of the fold enrichment is added to the score of `predict_functions`.

    Parameters
    ----------
    genes
        One identifier or many, of any kind that `gsfm_enrich.resolve` takes.
    companions
        The list, such as the differentially expressed genes. The gene asked about does not count itself.
    gene_sets, top, known, fold, organism, model
        As in `predict_functions`.

    Returns
    -------
    DataFrame
        One row a gene and term, best first within a gene and library: ``gene``, ``gene_set``, ``term``,
        ``score`` (of `predict_functions`, plus the logarithm of the fold enrichment), ``z_score``, ``rank``
        (by this score), ``probability`` and ``known`` (as in `predict_functions`, without the context), and

        - ``fold_enrichment``: expected members among the companions over those among as many random genes,
          one added to both, so that a single companion is no strong evidence
        - ``expected_companions``: members among the companions, plus the probabilities of the others
        - ``companions``: up to five of them, known members or probable ones, the most alike to the gene first
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
    [1, 5]
    """
    ids, others = distinct_genes(genes), distinct_genes(companions)
    warn_misread([*ids, *others], organism)
    options: dict[str, Any] = {"top": top, "known": known, "fold": fold, "organism": organism, "model": model}
    found = functions_in_lists(ids, {"": others}, gene_sets, everywhere=True, **options)
    return found.drop(columns="list")


def functions_in_lists(
    genes: Sequence[str],
    lists: Mapping[str, Sequence[str]],
    gene_sets: Any,
    *,
    everywhere: bool = False,
    top: int | None,
    known: bool = True,
    fold: float | None = FOLD,
    organism: str = "human",
    model: str | os.PathLike[str] | GSFM = "default",
) -> pd.DataFrame:
    """Predict the functions that genes share with the other genes of several lists.

    Parameters
    ----------
    genes
        Distinct identifiers.
    lists
        Distinct identifiers of each list, by its name.
    everywhere
        Ask for every gene in every list, not only in those that hold it.
    gene_sets, top, known, fold, organism, model
        As in `functions_in_context`.

    Returns
    -------
    DataFrame
        As of `functions_in_context`, with the name of the ``list``.
    """
    check_top(top)
    check_fold(fold)
    check_organism(organism, model)
    network = load_model(model)
    parts = []
    unknown: list[str] = []
    for library in load_libraries(gene_sets, organism):
        table = library_membership(library, network, organism)
        contexts = {name: Context(library, table, held, organism) for name, held in lists.items()}
        columns = columns_of(genes, library, table, organism)
        unknown = [gene for gene, column in zip(genes, columns, strict=True) if column < 0]
        for gene, column in zip(genes, columns, strict=True):
            if column < 0:
                continue
            alone = rank_functions(gene, int(column), library, table, known)
            close = likeness(network, table.units[[column]], table.units)[0]
            for name, context in contexts.items():
                if everywhere or column in context.columns:
                    frame = context.rank(alone, int(column))
                    frame = frame if top is None else fold_terms(frame, table, top, fold)
                    frame["companions"] = context.named(frame["row"].to_numpy(), int(column), close)
                    parts.append(frame.assign(list=name))
    warn_unknown(unknown, len(genes))
    if not parts:
        return pd.DataFrame(columns=["list", *CONTEXT_COLUMNS])
    return pd.concat(parts, ignore_index=True)[["list", *CONTEXT_COLUMNS]]


class Context:
    """The terms of a library in a list of genes.

    Parameters
    ----------
    library, table
        The terms, completed.
    genes
        The list.
    organism
        Of the library and the genes.

    Attributes
    ----------
    columns : int64 array
        The genes of the list that the model knows, columns of the table.
    expected : float array, shape (n_terms,)
        Members among them, plus the probabilities of the others.

    Raises
    ------
    InputError
        If the model knows none of the genes.
    """

    def __init__(
        self, library: GeneSetLibrary, table: Membership, genes: Sequence[str], organism: str
    ) -> None:
        found = columns_of(genes, library, table, organism)
        if not (found >= 0).any():
            named = ", ".join(genes[:5])
            raise InputError(f"The model knows none of the {len(genes)} companions given: {named}.")
        self.table, self.columns = table, found[found >= 0]
        self.expected = np.zeros(len(library))
        for start in range(0, len(library), BLOCK):  # large libraries and long lists: memory stays bounded
            rows = np.arange(start, min(start + BLOCK, len(library)))
            self.expected[rows] = membership_of(table, rows, self.columns).sum(axis=1)
        compared = library_comparison(library, table.model, organism)
        self.usual = table.sizes / len(table.units) + compared.probability
        self.names = np.array(spell_as(names_of(library, table), organism))

    def rank(self, alone: pd.DataFrame, column: int) -> pd.DataFrame:
        """Rank the terms of one gene, as `rank_functions` scored them, among the others of the list."""
        rows = alone["row"].to_numpy()
        expected, others = self.expected[rows], len(self.columns)
        if column in self.columns:  # a gene is no companion of its own
            expected = expected - alone["probability"].where(~alone["known"], 1.0).to_numpy()
            others -= 1
        fold = (expected + 1) / (others * self.usual[rows] + 1)
        frame = alone.assign(fold_enrichment=fold, expected_companions=expected)
        frame["score"] += np.log(fold)
        frame = frame.sort_values("score", ascending=False, kind="stable", ignore_index=True)
        frame["rank"] = np.arange(1, len(frame) + 1)
        return frame

    def named(self, rows: NDArray[np.int64], column: int, close: NDArray[np.float32]) -> list[str]:
        """Return the companions that belong to each term, the most alike to the gene first.

        Parameters
        ----------
        rows
            Terms.
        column
            The gene.
        close : shape (n_columns,)
            How alike every gene is to it.
        """
        order = self.columns[np.argsort(-close[self.columns], kind="stable")]
        order = order[order != column]
        belongs = membership_of(self.table, rows, order) >= MATERIAL
        return [";".join(self.names[order[row]][:COMPANIONS]) for row in belongs]


def membership_of(
    table: Membership, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return 1 for members and a probability for others, shape (n_rows, n_columns)."""
    return np.asarray(table.predicted(rows, columns) + table.known[rows][:, columns].toarray(), np.float64)
