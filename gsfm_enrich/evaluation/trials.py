"""Questions to models: which genes are given, which are to be found, and among which others.

The published protocol for gene set foundation models holds out half: half of a term is given, and the other
half is to be found among all other genes of the library. In a time split the term of an old release is given,
and the genes that a newer release adds are to be found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.genes.match import match
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.libraries.library import GeneSetLibrary

GO_ID = re.compile(r"GO:\d{7}")
MATCHED, WINDOW = 50, 100
"""Number of negatives drawn for each positive, and of those nearest in popularity on either side."""


@dataclass(frozen=True)
class Trial:
    """One question: some genes are given, others are to be found among those that are ranked.

    Attributes
    ----------
    term, split
        Term and split of the question.
    given : list of str
    positive, asked : bool arrays, shape (n_genes,)
        The genes to be found, and all that are ranked.
    """

    term: str
    split: int
    given: list[str]
    positive: NDArray[np.bool_]
    asked: NDArray[np.bool_]


def is_a_question(trial: Trial) -> bool:
    """Return whether there are both genes to be found and others."""
    return bool(trial.positive.any() and (trial.asked & ~trial.positive).any())


def publications_of(genes: Sequence[str]) -> NDArray[np.int64]:
    """Return the number of publications of each gene in the bundled table, 0 for genes it lacks."""
    table = load_gene_table()
    rows = match(genes, tuple(table["symbol"])).columns
    return np.where(rows >= 0, table["publications"].to_numpy()[rows], 0)


def matched_negatives(
    popularity: NDArray[np.int64], positive: NDArray[np.bool_], asked: NDArray[np.bool_], seed: int = 0
) -> NDArray[np.int64]:
    """Draw negatives that are about as popular as the positives.

    Parameters
    ----------
    popularity : shape (n_genes,)
    positive, asked : shape (n_genes,)
        The genes to be found, and all that are ranked.
    seed
        Seed of the order of equally popular genes, and of the draws.

    Returns
    -------
    int64 array
        For each positive, `MATCHED` negatives, drawn with replacement from the nearest `WINDOW` more popular
        and `WINDOW` less popular ones.
    """
    rng = np.random.default_rng(seed)
    tie = rng.random(len(popularity))
    negatives = np.flatnonzero(asked & ~positive)
    negatives = negatives[np.lexsort((tie[negatives], popularity[negatives]))]
    ranked = popularity[negatives] + tie[negatives]
    place = np.searchsorted(ranked, popularity[positive] + tie[positive])[:, None]
    low, high = np.maximum(place - WINDOW, 0), np.minimum(place + WINDOW, len(negatives))
    chosen = rng.integers(low, high, size=(len(place), MATCHED))
    return negatives[chosen.ravel()]


def halve(
    library: GeneSetLibrary,
    known: NDArray[np.bool_],
    *,
    splits: int = 5,
    max_terms: int | None = None,
    least: int = 5,
    seed: int = 0,
) -> list[Trial]:
    """Give half of every term and ask for the other half; the parameters are those of `complete_halves`."""
    genes = list(library.genes)
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(row.toarray().ravel() * known) for row in library.incidence]
    usable = [i for i, m in enumerate(members) if len(m) >= 2 * least]
    if max_terms is not None and len(usable) > max_terms:
        usable = sorted(rng.choice(usable, max_terms, replace=False).tolist())
    trials = []
    for i in usable:
        for split in range(splits):
            shuffled = rng.permutation(members[i])
            given, hidden = np.split(shuffled, [len(shuffled) // 2])
            asked, positive = known.copy(), np.zeros(len(genes), dtype=bool)
            asked[given] = False
            positive[hidden] = True
            trials.append(Trial(library.terms[i], split, [genes[g] for g in given], positive, asked))
    return [trial for trial in trials if is_a_question(trial)]


def term_key(term: str) -> str:
    """Return what identifies a term from one release to the next: its GO id, or its name in lower case.

    Examples
    --------
    >>> term_key("apoptotic process (GO:0006915)"), term_key("REACTOME_APOPTOSIS")
    ('GO:0006915', 'reactome_apoptosis')
    """
    found = GO_ID.search(term)
    return found.group() if found else term.lower()


def ask_later(
    old: GeneSetLibrary,
    new: GeneSetLibrary,
    known: NDArray[np.bool_],
    *,
    among: Sequence[str] | None = None,
    least: int = 5,
    least_added: int = 1,
    max_terms: int | None = None,
    seed: int = 0,
) -> list[Trial]:
    """Give old terms and ask for the genes that were added; the parameters are those of `complete_later`."""
    genes = list(new.genes)
    asked_for = known & np.isin(genes, list(among)) if among is not None else known
    position = {gene: number for number, gene in enumerate(genes)}
    old_sets = {term_key(term): members for term, members in old.to_dict().items()}
    trials = []
    for term, members in new.to_dict().items():
        given = [gene for gene in old_sets.get(term_key(term), []) if gene in position]
        places = [position[gene] for gene in given]
        asked, positive = asked_for.copy(), np.zeros(len(genes), dtype=bool)
        asked[places] = False
        positive[[position[gene] for gene in members]] = True
        positive &= asked
        if known[places].sum() >= least and positive.sum() >= least_added:
            trials.append(Trial(term, 0, given, positive, asked))
    if max_terms is not None and len(trials) > max_terms:
        chosen = np.random.default_rng(seed).choice(len(trials), max_terms, replace=False)
        trials = [trials[i] for i in sorted(chosen.tolist())]
    return [trial for trial in trials if is_a_question(trial)]
