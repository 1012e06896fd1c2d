"""Gene completion: whether a model knows which genes belong together.

The published protocol for gene set foundation models: half of a term is given, the other half is to be found
among all other genes of the library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata

from gsfm_enrich.genes.match import match
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM, multi_hot, pack
from gsfm_enrich.model.scores import GeneFactors
from gsfm_enrich.model.vocab import N_SPECIAL, Vocab
from gsfm_enrich.training.cooccurrence import cooccurrence
from gsfm_enrich.training.corpus import Corpus, source_sets, unit_frequency

GO_ID = re.compile(r"GO:\d{7}")
Scorer = Callable[[Sequence[Sequence[str]], Sequence[str]], NDArray[np.float64]]
"""From sets and the genes to score to scores, shape (n_sets, n_genes); NaN for a gene it does not know."""


@dataclass(frozen=True)
class Completion:
    """Figures of one term and split."""

    term: str
    split: int
    auroc: float
    average_precision: float
    recall_at_50: float


def auroc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the probability that a positive scores above a negative, ties counted half (Mann-Whitney U).

    Examples
    --------
    >>> auroc(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False]))
    0.875
    """
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    u = rankdata(scores)[positive].sum() - n_positive * (n_positive + 1) / 2
    return float(u / (n_positive * n_negative))


def average_precision(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the mean, over the positives, of the precision at their rank.

    Ties are broken against the positives.

    Examples
    --------
    >>> average_precision(np.array([0.9, 0.7, 0.5]), np.array([True, False, True]))
    0.8333333333333333
    """
    order = np.lexsort((positive, -scores))
    hits = positive[order]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean())


def recall_at(scores: NDArray[np.float64], positive: NDArray[np.bool_], n: int) -> float:
    """Return the share of the positives among the n highest scores; ties are broken against the positives.

    Examples
    --------
    >>> recall_at(np.array([0.9, 0.7, 0.5]), np.array([True, False, True]), 2)
    0.5
    """
    order = np.lexsort((positive, -scores))
    return float(positive[order][:n].sum() / positive.sum())


def complete_halves(
    library: GeneSetLibrary,
    scorer: Scorer,
    *,
    splits: int = 5,
    max_terms: int | None = None,
    least: int = 5,
    seed: int = 0,
) -> list[Completion]:
    """Hold out half of every term and measure where it ranks among the genes that were not given.

    Parameters
    ----------
    library
        Never one that the model was trained on.
    scorer
        The model.
    splits
        Random halves a term.
    max_terms
        Take this many terms, drawn at random; None takes all.
    least
        Terms with fewer genes known to the scorer in either half are left out.
    seed
        Seed of terms and halves.

    Returns
    -------
    list of Completion
    """
    genes = list(library.genes)
    known = np.isfinite(scorer([[]], genes)[0])
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(row.toarray().ravel() * known) for row in library.incidence]
    usable = [i for i, m in enumerate(members) if len(m) >= 2 * least]
    if max_terms is not None and len(usable) > max_terms:
        usable = sorted(rng.choice(usable, max_terms, replace=False).tolist())
    trials = [(i, split, rng.permutation(members[i])) for i in usable for split in range(splits)]
    results = []
    for start in range(0, len(trials), 256):
        block = trials[start : start + 256]
        given = [[genes[g] for g in m[: len(m) // 2]] for _, _, m in block]
        scores = scorer(given, genes)
        for (i, split, shuffled), row in zip(block, scores, strict=True):
            asked = known.copy()
            asked[shuffled[: len(shuffled) // 2]] = False
            positive = np.zeros(len(genes), dtype=bool)
            positive[shuffled[len(shuffled) // 2 :]] = True
            s, p = row[asked], positive[asked]
            results.append(
                Completion(library.terms[i], split, auroc(s, p), average_precision(s, p), recall_at(s, p, 50))
            )
    return results


def term_key(term: str) -> str:
    """Return what identifies a term from one release to the next: its GO id, or its name in lower case.

    Examples
    --------
    >>> term_key("apoptotic process (GO:0006915)"), term_key("REACTOME_APOPTOSIS")
    ('GO:0006915', 'reactome_apoptosis')
    """
    found = GO_ID.search(term)
    return found.group() if found else term.lower()


def complete_later(
    old: GeneSetLibrary,
    new: GeneSetLibrary,
    scorer: Scorer,
    *,
    among: Sequence[str] | None = None,
    least: int = 5,
    least_added: int = 1,
    max_terms: int | None = None,
    seed: int = 0,
) -> list[Completion]:
    """Give the genes of a term in an old release and measure where those rank that the new release adds.

    Parameters
    ----------
    old, new
        Two releases of one library; a term is found again by `term_key`.
    scorer
        A model that saw nothing from after the old release.
    among
        Rank these genes only, such as the understudied ones; all genes of the new release by default.
    least, least_added
        Terms with fewer known genes in the old release, or fewer added ones, are left out.
    max_terms
        Take this many terms, drawn at random; None takes all.
    seed
        Seed of the terms.

    Returns
    -------
    list of Completion
        All of split 0. Genes of the old release are not ranked; genes that the new release drops are given.
    """
    genes = list(new.genes)
    known = np.isfinite(scorer([[]], genes)[0])
    asked_for = known & np.isin(genes, list(among)) if among is not None else known
    position = {gene: number for number, gene in enumerate(genes)}
    old_sets = {term_key(term): members for term, members in old.to_dict().items()}
    trials = []
    for term, members in new.to_dict().items():
        given = old_sets.get(term_key(term), [])
        added = [position[gene] for gene in members if gene not in set(given)]
        added = [gene for gene in added if asked_for[gene]]
        n_known = sum(known[position[gene]] for gene in given if gene in position)
        if n_known >= least and len(added) >= least_added:
            trials.append((term, given, added))
    if max_terms is not None and len(trials) > max_terms:
        chosen = np.random.default_rng(seed).choice(len(trials), max_terms, replace=False)
        trials = [trials[i] for i in sorted(chosen.tolist())]
    results = []
    for start in range(0, len(trials), 256):
        block = trials[start : start + 256]
        scores = scorer([[gene for gene in given if gene in position] for _, given, _ in block], genes)
        for (term, given, added), row in zip(block, scores, strict=True):
            asked = asked_for.copy()
            asked[[position[gene] for gene in given if gene in position]] = False
            positive = np.zeros(len(genes), dtype=bool)
            positive[added] = True
            s, p = row[asked], positive[asked]
            if p.all():
                continue
            results.append(Completion(term, 0, auroc(s, p), average_precision(s, p), recall_at(s, p, 50)))
    return results


def scorer_over(vocab: Vocab, scores: Callable[[list[NDArray[np.int64]]], NDArray[np.float64]]) -> Scorer:
    """Make a scorer for any spelling of genes out of one that speaks in units of a vocabulary.

    Parameters
    ----------
    vocab
        What the units stand for.
    scores
        From sets of units to scores of shape (n_sets, V).
    """

    def scorer(sets: Sequence[Sequence[str]], genes: Sequence[str]) -> NDArray[np.float64]:
        units = match(genes, vocab.tokens).columns
        unit_of = dict(zip(genes, units, strict=True))
        given = [np.unique([unit_of[gene] for gene in genes_ if unit_of[gene] >= 0]) for genes_ in sets]
        found = scores([g.astype(np.int64) for g in given])
        return np.where(units >= 0, found[:, units], np.nan)

    return scorer


def model_scorer(model: GSFM) -> Scorer:
    """Score by the logits of a gene set foundation model, as its authors do."""

    def scores(sets: list[NDArray[np.int64]]) -> NDArray[np.float64]:
        with torch.inference_mode():
            return np.asarray(model(*pack(sets)).numpy(), dtype=np.float64)

    return scorer_over(model.vocab, scores)


def standardised_scorer(model: GSFM) -> Scorer:
    """Score by logits against random sets, as membership tables and `augment` do."""
    factors = GeneFactors(model, np.arange(N_SPECIAL, len(model.vocab)))

    def scores(sets: list[NDArray[np.int64]]) -> NDArray[np.float64]:
        completed = factors.score(sets)
        rows, columns = np.arange(len(sets)), np.arange(len(factors.units))
        table = np.full((len(sets), len(model.vocab)), np.nan)
        table[:, factors.units] = completed.block(rows, factors.at(columns))
        return table

    return scorer_over(model.vocab, scores)


def popularity_scorer(corpus: Corpus) -> Scorer:
    """Score every gene by the number of training sets that hold it, whatever was given."""
    frequency = unit_frequency(corpus).astype(np.float64)
    return scorer_over(corpus.vocab, lambda sets: np.tile(frequency, (len(sets), 1)))


def cooccurrence_scorer(
    corpus: Corpus, source: str = "literature", *, size_power: float = 0.0, pseudocount: float = 0.0
) -> Scorer:
    """Score by how often a gene shares a set of one source with the given genes, summed over them.

    Parameters
    ----------
    corpus, source
        Where to count.
    size_power, pseudocount
        As `gsfm_enrich.training.cooccurrence.cooccurrence` takes them.

    Raises
    ------
    InputError
        If the corpus has no sets of that source.
    """
    sets = source_sets(corpus, source)
    similarity = cooccurrence(corpus, sets, size_power=size_power, pseudocount=pseudocount)

    def scores(given: list[NDArray[np.int64]]) -> NDArray[np.float64]:
        bags = multi_hot(given, len(corpus.vocab))
        return np.asarray((bags @ similarity).todense(), dtype=np.float64)

    return scorer_over(corpus.vocab, scores)
