"""Scorers, against dense matrices and models called directly."""

import numpy as np
import pytest

from gsfm_enrich.evaluation.scorers import (
    cooccurrence_scorer,
    model_scorer,
    popularity_scorer,
    scorer_over,
    svd_scorer,
)
from gsfm_enrich.model.build import build
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.training.cooccurrence import cooccurrence
from gsfm_enrich.training.corpus import source_sets


def test_genes_are_matched_by_gene_and_not_by_spelling():
    vocab = Vocab(["<unk>", "<pad>", "TP53", "CDKN1A", "MDM2"])
    asked = []

    def scores(sets):
        asked.extend(units.tolist() for units in sets)
        return np.tile(np.arange(5.0), (len(sets), 1))

    genes = ["Mdm2", "no gene", "P53", "CDKN1A", "<pad>"]
    found = scorer_over(vocab, scores)([["P53", "Mdm2", "no gene"], [], ["no gene"]], genes)
    assert asked == [[2, 4], [], []]
    np.testing.assert_array_equal(found[:, :4], [[4, np.nan, 2, 3]] * 3)


def test_model_scorer(block_corpus):
    model = build(GSFMConfig(vocab_size=62, d_model=4, architecture="gsfm-scaled"), block_corpus.vocab).eval()
    genes = ["B3G3", "B0G0", "unheard of", "B5G9"]
    sets = [["B3G3", "B5G9"], [], ["unheard of", "B0G0"]]
    found = model_scorer(model)(sets, genes)
    units = [model.vocab.index.get(gene, 0) for gene in genes]
    expected = model.complete(sets)[:, units].astype(float)
    expected[:, 2] = np.nan
    np.testing.assert_array_equal(found, expected)


def dense_incidence(corpus, source=None):
    rows = [i for i in range(len(corpus)) if source in (None, corpus.sources[corpus.source[i]])]
    incidence = np.zeros((len(rows), len(corpus.vocab)))
    for row, i in zip(incidence, rows, strict=True):
        row[corpus[i]] = 1
    return incidence


def test_popularity_scorer(block_corpus):
    found = popularity_scorer(block_corpus)([[], ["B1G1", "B2G2"]], block_corpus.vocab.genes)
    expected = dense_incidence(block_corpus).sum(axis=0)[2:]
    np.testing.assert_array_equal(found, [expected, expected])
    assert np.ptp(expected) > 0


def counted(corpus, source="literature"):
    return cooccurrence(corpus, source_sets(corpus, source))


@pytest.mark.parametrize("source", ["literature", "experiments"])
def test_cooccurrence_scorer(block_corpus, source):
    incidence = dense_incidence(block_corpus, source)
    shared = incidence.T @ incidence
    np.fill_diagonal(shared, 0)
    degree = np.maximum(shared.sum(axis=0), 1)
    similarity = shared / np.sqrt(np.outer(degree, degree))
    genes = block_corpus.vocab.genes
    sets = [["B1G1"], ["B1G1", "B2G2", "unheard of"], [], ["unheard of"], list(genes)]
    found = cooccurrence_scorer(counted(block_corpus, source), block_corpus.vocab)(
        sets, [*genes, "unheard of"]
    )
    expected = np.array(
        [sum((similarity[genes.index(g) + 2] for g in s if g in genes), np.zeros(62)) for s in sets]
    )
    np.testing.assert_allclose(found[:, :-1], expected[:, 2:], rtol=1e-6, atol=1e-6)
    assert np.isnan(found[:, -1]).all()


def test_genes_outside_a_source_are_no_division_by_zero(make_corpus):
    corpus = make_corpus(
        {"literature": [[2, 3]], "other": [[3, 4]]}, ["<unk>", "<pad>", "TP53", "MYC", "RB1"]
    )
    with np.errstate(all="raise"):
        found = cooccurrence_scorer(counted(corpus), corpus.vocab)(
            [["TP53"], ["RB1"]], ["TP53", "MYC", "RB1"]
        )
    np.testing.assert_allclose(found, [[0, 1, 0], [0, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize("rank", [6, 20, 40])  # each of the six blocks has the eigenvalue 1
def test_svd_scorer(block_corpus, rank):
    """Against the singular values and vectors of the dense matrix, by LAPACK."""
    similarity = counted(block_corpus)
    left, values, right = np.linalg.svd(similarity.toarray().astype(float))
    approximation = (left[:, :rank] * values[:rank]) @ right[:rank]
    genes = block_corpus.vocab.genes
    sets = [["B1G1", "B2G2"], [], list(genes)]
    found = svd_scorer(similarity, block_corpus.vocab, rank)(sets, genes)
    bags = np.array([[gene in given for gene in block_corpus.vocab.tokens] for given in sets], dtype=float)
    np.testing.assert_allclose(found, (bags @ approximation)[:, 2:], atol=2e-5)
    again = svd_scorer(similarity, block_corpus.vocab, rank)(sets, genes)
    np.testing.assert_allclose(found, again, atol=2e-5)
