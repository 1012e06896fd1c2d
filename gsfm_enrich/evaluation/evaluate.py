"""Test whether models know which genes belong together, now and in later releases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gsfm_enrich.errors import InputError
from gsfm_enrich.evaluation.measures import auroc, average_precision, bootstrap_interval, recall_at
from gsfm_enrich.evaluation.scorers import Scorer
from gsfm_enrich.evaluation.trials import Trial, ask_later, halve, matched_negatives, publications_of
from gsfm_enrich.libraries.library import GeneSetLibrary

AT_A_TIME = 256
SUMMARY: dict[str, tuple[str, Callable[[NDArray[np.float64]], float]]] = {
    "median AUROC": ("auroc", np.median),
    "mean AUROC": ("auroc", np.mean),
    "mean AP": ("average_precision", np.mean),
    "recall at 10": ("recall_at_10", np.mean),
    "recall at 50": ("recall_at_50", np.mean),
    "matched median AUROC": ("matched_auroc", np.median),
    "matched mean AP": ("matched_average_precision", np.mean),
}
"""Columns of a summary: which figure of the terms, and which statistic of it."""


@dataclass(frozen=True)
class Completion:
    """Figures of one term and split.

    The matched figures use negatives as popular as the positives, see `matched_negatives`: a ranking by
    popularity alone has a matched AUROC of about .5 and a matched average precision of about .02.
    """

    term: str
    split: int
    auroc: float
    average_precision: float
    recall_at_10: float
    recall_at_50: float
    matched_auroc: float
    matched_average_precision: float


def known_genes(genes: Sequence[str], scorers: Iterable[Scorer]) -> NDArray[np.bool_]:
    """Return which genes every scorer knows, shape (n_genes,)."""
    known = np.ones(len(genes), dtype=bool)
    for scorer in scorers:
        known &= np.isfinite(scorer([[]], genes)[0])
    return known


def answer(trials: Sequence[Trial], scorer: Scorer, genes: Sequence[str], seed: int = 0) -> list[Completion]:
    """Put trials to a scorer and measure its rankings.

    Parameters
    ----------
    trials
        The questions.
    scorer
        The model.
    genes
        Genes that the trials' arrays stand for.
    seed
        Seed of the matched negatives.
    """
    popularity = publications_of(genes)
    results = []
    for start in range(0, len(trials), AT_A_TIME):
        block = trials[start : start + AT_A_TIME]
        for trial, row in zip(block, scorer([trial.given for trial in block], genes), strict=True):
            scores, positive = row[trial.asked], trial.positive[trial.asked]
            matched = matched_negatives(popularity, trial.positive, trial.asked, seed)
            against = np.concatenate([row[trial.positive], row[matched]])
            found = np.arange(len(against)) < trial.positive.sum()
            results.append(
                Completion(
                    trial.term,
                    trial.split,
                    auroc(scores, positive),
                    average_precision(scores, positive),
                    recall_at(scores, positive, 10),
                    recall_at(scores, positive, 50),
                    auroc(against, found),
                    average_precision(against, found),
                )
            )
    return results


def complete_halves(
    library: GeneSetLibrary,
    scorer: Scorer,
    *,
    known: NDArray[np.bool_] | None = None,
    splits: int = 5,
    max_terms: int | None = None,
    least: int = 5,
    seed: int = 0,
) -> list[Completion]:
    """Hold out half of every term and measure its rank among the genes that were not given.

    Parameters
    ----------
    library
        A library that the model was not trained on.
    scorer
        The model.
    known : bool array, shape (n_genes,)
        Genes of the library that count, such as `known_genes` of several models, which then answer the same
        questions; by default those that the scorer knows.
    splits
        Number of random halves per term.
    max_terms
        Take this many terms, drawn at random; None takes all.
    least
        Terms with fewer known genes in either half are left out.
    seed
        Seed of terms and halves.

    Returns
    -------
    list of Completion
    """
    genes = list(library.genes)
    known = known_genes(genes, [scorer]) if known is None else known
    trials = halve(library, known, splits=splits, max_terms=max_terms, least=least, seed=seed)
    return answer(trials, scorer, genes, seed)


def complete_later(
    old: GeneSetLibrary,
    new: GeneSetLibrary,
    scorer: Scorer,
    *,
    known: NDArray[np.bool_] | None = None,
    among: Sequence[str] | None = None,
    least: int = 5,
    least_added: int = 1,
    max_terms: int | None = None,
    seed: int = 0,
) -> list[Completion]:
    """Give the genes of a term in an old release and measure the ranks of those that the new release adds.

    Parameters
    ----------
    old, new
        Two releases of one library; terms are matched by `term_key`.
    scorer
        A model that saw nothing newer than the old release.
    known : bool array, shape (n_genes,)
        As `complete_halves` takes it, over the genes of the new release.
    among
        Rank only these genes, such as the understudied ones; by default all genes of the new release.
    least, least_added
        Terms with fewer known genes in the old release, or fewer added ones, are left out.
    max_terms
        Take this many terms, drawn at random; None takes all.
    seed
        Seed of the terms.

    Returns
    -------
    list of Completion
        All have split 0. Genes of the old release are not ranked; genes that the new release drops are given.
    """
    genes = list(new.genes)
    known = known_genes(genes, [scorer]) if known is None else known
    trials = ask_later(
        old, new, known, among=among, least=least, least_added=least_added, max_terms=max_terms, seed=seed
    )
    return answer(trials, scorer, genes, seed)


def term_figures(results: Sequence[Completion]) -> pd.DataFrame:
    """Return the mean figures of every term over its splits: one row per term, columns as in `Completion`.

    Raises
    ------
    InputError
        If there are no results.
    """
    if not results:
        raise InputError("No term has enough genes that every model knows, and further genes to find.")
    return pd.DataFrame(results).drop(columns="split").groupby("term", sort=False).mean()


def summarise(terms: pd.DataFrame, seed: int = 0) -> dict[str, str | int]:
    """Return the figures of a library: `SUMMARY`, each with its bootstrap interval over the terms.

    Parameters
    ----------
    terms
        Result of `term_figures`.
    seed
        Seed of the bootstrap.
    """
    row: dict[str, str | int] = {"terms": len(terms)}
    for name, (column, statistic) in SUMMARY.items():
        value, low, high = bootstrap_interval(terms[column].to_numpy(), statistic, seed=seed)
        row[name] = f"{value:.3f} ({low:.3f} to {high:.3f})"
    return row


def compare(
    name: str, trials: Sequence[Trial], scorers: Mapping[str, Scorer], genes: Sequence[str], seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ask several models the same questions.

    Parameters
    ----------
    name
        Name of the library, for the tables.
    trials
        Result of `halve` or `ask_later`, with genes that all models know (`known_genes`).
    scorers
        The models by name.
    genes
        Genes that the trials' arrays stand for.
    seed
        Seed of matched negatives and bootstrap.

    Returns
    -------
    summary
        One row per model: ``library``, ``method``, and the result of `summarise`.
    terms
        One row per model and term: ``library``, ``method``, ``term``, and the figures of `Completion`.

    Raises
    ------
    InputError
        If there are no trials.
    """
    rows, terms = [], []
    for method, scorer in scorers.items():
        figures = term_figures(answer(trials, scorer, genes, seed))
        rows.append({"library": name, "method": method, **summarise(figures)})
        terms.append(figures.reset_index().assign(library=name, method=method))
    together = pd.concat(terms, ignore_index=True)
    first = ["library", "method", "term"]
    return pd.DataFrame(rows), together[[*first, *together.columns.difference(first, sort=False)]]


def compare_halves(
    library: GeneSetLibrary,
    scorers: Mapping[str, Scorer],
    *,
    splits: int = 5,
    max_terms: int | None = None,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ask several models for the hidden halves of a library's terms.

    Parameters and results are those of `complete_halves` and `compare`; only genes known to all models count.

    Raises
    ------
    InputError
        If no term has enough genes that all models know.
    """
    genes = list(library.genes)
    known = known_genes(genes, scorers.values())
    trials = halve(library, known, splits=splits, max_terms=max_terms, seed=seed)
    return compare(library.name, trials, scorers, genes, seed)


def compare_later(
    old: GeneSetLibrary,
    new: GeneSetLibrary,
    scorers: Mapping[str, Scorer],
    *,
    among: Sequence[str] | None = None,
    max_terms: int | None = None,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ask several models for what a newer release adds to a library's terms.

    Parameters and results are those of `complete_later` and `compare`; only genes known to all models count.

    Raises
    ------
    InputError
        If the new release adds no gene that all models know to a term with enough of them.
    """
    genes = list(new.genes)
    known = known_genes(genes, scorers.values())
    trials = ask_later(old, new, known, among=among, max_terms=max_terms, seed=seed)
    return compare(new.name, trials, scorers, genes, seed)
