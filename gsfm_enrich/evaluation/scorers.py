"""Models and their competitors behind one interface: given sets, score all genes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.linalg import eigsh

from gsfm_enrich.genes.match import match
from gsfm_enrich.model.gsfm import GSFM, multi_hot, pack
from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.training.cooccurrence import PSEUDOCOUNT, SIZE_POWER, cooccurrence
from gsfm_enrich.training.corpus import LITERATURE, Corpus, source_sets, unit_frequency

Scorer = Callable[[Sequence[Sequence[str]], Sequence[str]], NDArray[np.float64]]
"""Maps sets and genes to scores, shape (n_sets, n_genes); NaN for genes that the model does not know."""


def scorer_over(vocab: Vocab, scores: Callable[[list[NDArray[np.int64]]], NDArray[np.float64]]) -> Scorer:
    """Make a scorer for any spelling of genes from one that works on units of a vocabulary.

    Parameters
    ----------
    vocab
        Vocabulary of the units.
    scores
        Function from sets of units to scores of shape (n_sets, V).
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


def popularity_scorer(corpus: Corpus) -> Scorer:
    """Score every gene by the number of training sets that hold it, whatever genes are given."""
    frequency = unit_frequency(corpus).astype(np.float64)
    return scorer_over(corpus.vocab, lambda sets: np.tile(frequency, (len(sets), 1)))


def cooccurrence_scorer(similarity: csr_array, vocab: Vocab) -> Scorer:
    """Score by the sum of similarities to the given genes.

    Parameters
    ----------
    similarity : shape (V, V)
        Such as `gsfm_enrich.training.cooccurrence.cooccurrence` counts.
    vocab
        What its rows and columns stand for.
    """

    def scores(given: list[NDArray[np.int64]]) -> NDArray[np.float64]:
        return np.asarray((multi_hot(given, len(vocab)) @ similarity).todense(), dtype=np.float64)

    return scorer_over(vocab, scores)


def svd_scorer(similarity: csr_array, vocab: Vocab, rank: int = 256, seed: int = 0) -> Scorer:
    """Score as `cooccurrence_scorer` does, by the best approximation of a given rank to the matrix.

    Parameters
    ----------
    similarity : shape (V, V)
        Symmetric, such as `gsfm_enrich.training.cooccurrence.cooccurrence` counts.
    vocab
        What its rows and columns stand for.
    rank
        Number of singular vectors to keep, below V.
    seed
        Seed of the vector from which the iteration starts.

    Notes
    -----
    The truncated singular value decomposition (Eckart and Young 1936). The singular values of a symmetric
    matrix are the absolute values of its eigenvalues; the largest are found by the Lanczos method (ARPACK).
    """
    start = np.random.default_rng(seed).standard_normal(similarity.shape[0]).astype(similarity.dtype)
    values, vectors = eigsh(similarity, k=min(rank, similarity.shape[0] - 1), which="LM", v0=start)

    def scores(given: list[NDArray[np.int64]]) -> NDArray[np.float64]:
        return np.asarray((multi_hot(given, len(vocab)) @ vectors * values) @ vectors.T, dtype=np.float64)

    return scorer_over(vocab, scores)


def counting_scorers(corpus: Corpus) -> dict[str, Scorer]:
    """Return the competitors that count in a corpus, by name.

    These are popularity; how often genes share a publication (any set, in a corpus without literature),
    normalised by the degrees of both; the same with more weight on small sets; and the truncated SVD of that.
    """
    if LITERATURE in corpus.sources:
        sets, plain, small = source_sets(corpus, LITERATURE), " in the literature", ", small papers first"
    else:
        sets, plain, small = np.arange(len(corpus)), "", ", small sets first"
    weighted = cooccurrence(corpus, sets, size_power=SIZE_POWER, pseudocount=PSEUDOCOUNT)
    return {
        f"co-occurrence{plain}": cooccurrence_scorer(cooccurrence(corpus, sets), corpus.vocab),
        f"co-occurrence{small}": cooccurrence_scorer(weighted, corpus.vocab),
        "its truncated SVD": svd_scorer(weighted, corpus.vocab),
        "popularity": popularity_scorer(corpus),
    }
