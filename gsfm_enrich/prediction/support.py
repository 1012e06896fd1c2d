"""Evidence for and against a predicted function: the term's reliability, its neighbours, popularity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from gsfm_enrich.genes.lookup import spell_as
from gsfm_enrich.genes.resolve import resolve
from gsfm_enrich.kept import kept_on_first
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.prediction.neighbours import gene_similarity
from gsfm_enrich.prediction.understudied import publications_of
from gsfm_enrich.progress import progress
from gsfm_enrich.ranking.cache import Arrays
from gsfm_enrich.ranking.kept_scores import check_numbers
from gsfm_enrich.ranking.membership import Membership

SUPPORT_COLUMNS = ("term_size", "specificity", "term_auroc", "gene_percentile", "neighbours", "caution")

SIZE_CREDIT = 0.8
"""How much a term's size counts for its rank: 0 ranks the most specific terms first, 1 the most general.

Chosen on genes that were annotated from 2018 to 2021, see ``benchmarks/gene_functions_time.py``."""
AUROC = "held-out AUROC"
COMPARED_GENES = 2000
"""Number of genes that a gene is compared with, drawn at random once for a library."""
FOLDS = 5
SUPPORTERS = 3
BLOCK = 512
POPULAR_GENE = "popularity alone ranks the gene as high"
COMMON_TERM = "ranks as high for the average gene"


@dataclass(frozen=True, eq=False)
class Comparison:
    """What random other genes get in a library.

    Attributes
    ----------
    columns : int64 array, shape (n_compared,)
        Genes drawn at random, columns of the membership table.
    popularity : float array, shape (n_columns,)
        Number of publications of every gene of the table; 0 if the gene table lacks it.
    average : float array, shape (n_terms,)
        Mean score of the genes drawn.
    probability : float array, shape (n_terms,)
        Mean probability that a gene drawn belongs to a term that does not list it.
    """

    columns: NDArray[np.int64]
    popularity: NDArray[np.float64]
    average: NDArray[np.float64]
    probability: NDArray[np.float64]


@kept_on_first(most=1)
def library_comparison(table: Membership) -> Comparison:
    """Return what random genes get in a library; the result is kept for each membership table."""
    library, model = table.library, table.model
    rng = np.random.default_rng(0)
    n = len(table.units)
    columns = np.sort(rng.choice(n, min(COMPARED_GENES, n), replace=False))
    shapes = dict.fromkeys(("average", "probability"), (len(library),))
    usual = table.kept(
        f"comparison with {COMPARED_GENES} genes",
        partial(check_numbers, shapes=shapes, dtype=np.float64),
        lambda: _usual_scores(table, columns),
    )
    symbols = resolve([model.vocab.tokens[unit] for unit in table.units]).table["symbol"]
    popularity = np.nan_to_num(publications_of(symbols))
    average = np.asarray(usual["average"], np.float64) + size_credit(table.sizes)
    return Comparison(columns, popularity, average, np.asarray(usual["probability"], np.float64))


def _usual_scores(table: Membership, columns: NDArray[np.int64]) -> dict[str, NDArray[np.generic]]:
    """Return the mean log odds and the mean probability of some genes for every term."""
    average, probability = np.zeros((2, len(table.sizes)))
    for start in range(0, len(table.sizes), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(table.sizes)))
        average[rows] = table.log_odds(rows, columns).mean(axis=1)
        probability[rows] = table.predicted(rows, columns).mean(axis=1)
    return {"average": average, "probability": probability}


def specificity(library: GeneSetLibrary) -> NDArray[np.float64]:
    """Return the information in belonging to each term, in bits, shape (n_terms,)."""
    return np.asarray(np.log2(len(library.genes) / library.sizes))


def size_credit(sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what a term's size adds to its score, shape (n_terms,)."""
    return SIZE_CREDIT * np.log(np.maximum(sizes, 1))


def add_support(frame: pd.DataFrame, library: GeneSetLibrary, table: Membership, organism: str) -> None:
    """Add ``SUPPORT_COLUMNS`` to predictions of one library.

    Parameters
    ----------
    frame
        Predictions, with ``row`` and ``column`` in the membership table, their ``log_odds`` and ``rank``.
    library, table, organism
        What the predictions come from.
    """
    compared = library_comparison(table)
    rows, columns = frame["row"].to_numpy(), frame["column"].to_numpy()
    terms, place = np.unique(rows, return_inverse=True)
    frame["term_size"] = library.sizes[rows]
    frame["specificity"] = specificity(library)[rows]
    frame["term_auroc"] = term_auroc(table, terms)[place]
    by_model, by_popularity = gene_percentiles(table, rows, columns, frame["log_odds"].to_numpy(), compared)
    frame["gene_percentile"] = by_model
    frame["neighbours"] = supporting_neighbours(table, rows, columns, organism)
    popular = by_popularity >= by_model
    common = ranks_for_the_average_gene(compared)[rows] <= frame["rank"].to_numpy()
    frame["caution"] = popularity_cautions(popular, common)


def popularity_cautions(popular: NDArray[np.bool_], common: NDArray[np.bool_]) -> list[str]:
    """Say which predictions rest on popularity: of the gene, or of the term."""
    return [
        "; ".join(text for text, holds in ((POPULAR_GENE, gene), (COMMON_TERM, term)) if holds)
        for gene, term in zip(popular, common, strict=True)
    ]


def ranks_for_the_average_gene(compared: Comparison) -> NDArray[np.float64]:
    """Return the rank of every term by its mean score, shape (n_terms,)."""
    return np.asarray(rankdata(-compared.average, method="min"))


def gene_percentiles(
    table: Membership,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    log_odds: NDArray[np.float64],
    compared: Comparison,
) -> NDArray[np.float64]:
    """Return the shares of other genes outside the term with lower log odds for it, or that are less popular.

    Parameters
    ----------
    table
        The membership table.
    rows, columns
        Terms and genes.
    log_odds : shape (n_pairs,)
        Log odds of the genes, in nats.
    compared
        The genes to compare with.

    Returns
    -------
    float array, shape (2, n_pairs)
    """
    shares = np.zeros((2, len(rows)))
    others = compared.columns
    for start in range(0, len(rows), BLOCK):
        here = slice(start, start + BLOCK)
        inside = table.known[rows[here]][:, others].toarray() > 0
        counted = ~inside & (others != columns[here, None])
        less = table.log_odds(rows[here], others) < log_odds[here, None]
        obscurer = compared.popularity[others] < compared.popularity[columns[here], None]
        for share, below in zip(shares, (less, obscurer), strict=True):
            share[here] = (below & counted).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    return shares


def term_auroc(table: Membership, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return `held_out_auroc` of terms, as kept for the whole library or else computed for these terms."""
    whole = _kept_auroc(table)
    return held_out_auroc(table, rows, library_comparison(table).columns) if whole is None else whole[rows]


def keep_auroc(table: Membership) -> None:
    """Compute `held_out_auroc` of all terms of a library, which takes a minute, and keep it."""
    rows = np.arange(len(table.sizes))
    compared = library_comparison(table).columns
    table.kept(AUROC, _auroc_check(table), lambda: {"auroc": held_out_auroc(table, rows, compared)})


@kept_on_first(most=1)
def _kept_auroc(table: Membership) -> NDArray[np.float64] | None:
    found = table.recalled(AUROC, _auroc_check(table))
    return None if found is None else np.asarray(found["auroc"], np.float64)


def _auroc_check(table: Membership) -> Callable[[Arrays], None]:
    """Return a check that raises a ValueError for arrays other than the AUROC of every term, or NaN."""

    def check(arrays: Arrays) -> None:
        auroc = arrays["auroc"]
        if auroc.shape != table.sizes.shape or auroc.dtype != np.float64:
            raise ValueError("it does not have one AUROC per term")
        shares = np.nan_to_num(auroc.astype(np.float64))  # NaN for terms of one gene
        if not ((shares >= 0) & (shares <= 1)).all():
            raise ValueError("it has numbers that are not between 0 and 1")

    return check


def held_out_auroc(
    table: Membership, rows: NDArray[np.int64], compared: NDArray[np.int64], seed: int = 0
) -> NDArray[np.float64]:
    """Return how well terms are predicted: AUROC of their members, each hidden from the model in turn.

    The members of a term are hidden in five parts; a hidden member is compared with genes outside the term.

    Parameters
    ----------
    table
        The membership table.
    rows
        Terms.
    compared
        Columns of the genes to compare with.
    seed
        Random seed.

    Returns
    -------
    float array, shape (n_rows,)
        NaN for terms of fewer than two genes that the model knows.
    """
    sums, counts = np.zeros((2, len(rows)))
    starts = range(0, len(rows), BLOCK // FOLDS)
    for start in progress(starts, len(starts), "hiding members of terms"):
        places, shown, hidden = hidden_parts(table, rows, range(start, len(rows))[: BLOCK // FOLDS], seed)
        if not len(places):
            continue
        completed, sets = table.complete(shown), np.arange(len(shown))
        others = completed.block(sets, compared)
        lengths = [len(members) for members in hidden]
        pairs = completed.pairs(np.repeat(sets, lengths), np.concatenate(hidden))
        found = np.split(pairs, np.cumsum(lengths)[:-1])
        others[table.known[rows[places]][:, compared].toarray() > 0] = np.nan
        others.sort(axis=1)  # members, which are NaN, come last
        for place, members, row in zip(places, found, others, strict=True):
            outside = row[: np.isfinite(row).sum()]
            wins = np.searchsorted(outside, members) + np.searchsorted(outside, members, side="right")
            sums[place] += wins.sum() / 2
            counts[place] += len(members) * len(outside)
    auroc = np.full(len(rows), np.nan)
    np.divide(sums, counts, out=auroc, where=counts > 0)
    return auroc


def hidden_parts(
    table: Membership, rows: NDArray[np.int64], places: Sequence[int], seed: int
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    """Hide the members of terms in parts.

    Returns
    -------
    places : int64 array
        Position in ``rows`` of the term of each part.
    shown, hidden : lists of int64 arrays
        The members of each part that are left, and those that are hidden.
    """
    owners, shown, hidden = [], [], []
    for place in places:
        known = table.members[rows[place]]
        shuffled = np.random.default_rng([seed, rows[place]]).permutation(known)
        for part in range(min(FOLDS, len(known)) if len(known) > 1 else 0):
            owners.append(place)
            hidden.append(shuffled[part::FOLDS])
            shown.append(np.delete(shuffled, slice(part, None, FOLDS)))
    return np.array(owners, dtype=np.int64), shown, hidden


def supporting_neighbours(
    table: Membership, rows: NDArray[np.int64], columns: NDArray[np.int64], organism: str
) -> list[str]:
    """Return the members of each term that are most similar to the gene, the closest first, joined by ``;``.

    Only members that are more similar to it than half of all genes count.
    """
    names = np.array(spell_as([table.model.vocab.tokens[unit] for unit in table.units], organism))
    found = [""] * len(rows)
    genes = np.unique(columns)
    for start in range(0, len(genes), BLOCK):
        some = genes[start : start + BLOCK]
        for column, close in zip(
            some, gene_similarity(table.model, table.units[some], table.units), strict=True
        ):
            close[column] = -np.inf
            usual = np.median(close)
            for place in np.flatnonzero(columns == column):
                members = table.members[rows[place]]
                best = members[np.argsort(-close[members], kind="stable")][:SUPPORTERS]
                found[place] = ";".join(names[best[close[best] > usual]])
    return found
