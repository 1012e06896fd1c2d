"""Measures and scorers, against scikit-learn, brute force over pairs, and scorers whose answers are known."""

from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from gsfm_enrich.errors import InputError
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import build
from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.training.evaluate import (
    auroc,
    average_precision,
    complete_halves,
    complete_later,
    cooccurrence_scorer,
    model_scorer,
    popularity_scorer,
    recall_at,
    scorer_over,
)

DISJOINT = GeneSetLibrary.from_dict(
    {f"term {i}": [f"T{i}G{j}" for j in range(size)] for i, size in enumerate((10, 11, 13, 20, 4))},
    "disjoint",
)


def same_term(sets, genes):
    """Score a gene by how many of the given genes are in its term, which its name says."""
    return np.array(
        [
            [float(sum(g.split("G")[0] == gene.split("G")[0] for g in given)) for gene in genes]
            for given in sets
        ]
    )


def constant(sets, genes):
    return np.zeros((len(sets), len(genes)))


class RandomScorer:
    """Scores at random, knows no gene ending in 7, and remembers what it was asked and what it answered."""

    def __init__(self, n_values):
        self.rng, self.n_values, self.asked = np.random.default_rng(0), n_values, []

    def __call__(self, sets, genes):
        scores = self.rng.integers(self.n_values, size=(len(sets), len(genes))).astype(float)
        scores[:, [gene.endswith("7") for gene in genes]] = np.nan
        self.asked += [
            (list(given), dict(zip(genes, row, strict=True))) for given, row in zip(sets, scores, strict=True)
        ]
        return scores


# --- measures


def pairs_won(scores, positive):
    differences = scores[positive][:, None] - scores[~positive][None]
    return float(((differences > 0) + 0.5 * (differences == 0)).mean())


@pytest.mark.parametrize("n_values", [2, 5, 10**6])
@pytest.mark.parametrize("n_positive", [1, 10, 59])
def test_auroc(n_values, n_positive):
    rng = np.random.default_rng(n_values + n_positive)
    scores = rng.integers(n_values, size=60).astype(float)
    positive = rng.permutation(60) < n_positive
    assert auroc(scores, positive) == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    assert auroc(scores, positive) == pytest.approx(pairs_won(scores, positive), abs=1e-12)


@pytest.mark.parametrize("n_positive", [1, 10, 60])
def test_average_precision_without_ties(n_positive):
    rng = np.random.default_rng(n_positive)
    scores, positive = rng.normal(size=60), rng.permutation(60) < n_positive
    expected = average_precision_score(positive, scores)
    assert average_precision(scores, positive) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_ties_are_broken_against_the_positives(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(3, size=7).astype(float)
    positive = rng.permutation(7) < 3
    orders = [np.array(p) for p in permutations(range(7)) if (np.diff(scores[list(p)]) <= 0).all()]
    precisions = [np.mean([positive[o][: i + 1].mean() for i in range(7) if positive[o[i]]]) for o in orders]
    assert average_precision(scores, positive) == pytest.approx(min(precisions), abs=1e-12)
    for n in range(1, 8):
        recalls = [positive[o][:n].sum() / 3 for o in orders]
        assert recall_at(scores, positive, n) == pytest.approx(min(recalls), abs=1e-12)


def test_recall_beyond_the_end():
    assert recall_at(np.array([1.0, 2.0]), np.array([True, False]), 50) == 1.0


# --- held-out halves


def test_a_scorer_that_knows_everything():
    results = complete_halves(DISJOINT, same_term, splits=3)
    assert [(r.term, r.split) for r in results] == [
        (f"term {i}", split) for i in range(4) for split in range(3)
    ]  # the last term is too small
    assert {r.auroc for r in results} == {1.0}
    assert {r.average_precision for r in results} == {1.0}
    assert {r.recall_at_50 for r in results} == {1.0}


def test_a_scorer_that_knows_nothing():
    results = complete_halves(DISJOINT, constant)
    assert len(results) == 20
    assert {r.auroc for r in results} == {0.5}
    assert max(r.average_precision for r in results) < 0.25


@pytest.mark.parametrize("n_values", [3, 10**9])
def test_figures_follow_from_what_was_given_and_scored(n_values):
    scorer = RandomScorer(n_values)
    results = complete_halves(DISJOINT, scorer, splits=4)
    assert scorer.asked.pop(0)[0] == []  # which genes it knows
    members = {term: {gene for gene in DISJOINT[term] if not gene.endswith("7")} for term in DISJOINT.terms}
    usable = [term for term in DISJOINT.terms if len(members[term]) >= 10]
    assert usable == ["term 1", "term 2", "term 3"]  # term 0 has nine genes that the scorer knows
    assert [(r.term, r.split) for r in results] == [(term, split) for term in usable for split in range(4)]
    halves = {term: set() for term in usable}
    for result, (given, scores) in zip(results, scorer.asked, strict=True):
        assert len(set(given)) == len(given) == len(members[result.term]) // 2
        assert set(given) < members[result.term]
        halves[result.term].add(frozenset(given))
        asked = [gene for gene in DISJOINT.genes if gene not in given and not gene.endswith("7")]
        values = np.array([scores[gene] for gene in asked])
        positive = np.array([gene in members[result.term] for gene in asked])
        assert result.auroc == pytest.approx(pairs_won(values, positive), abs=1e-12)
        assert result.average_precision == average_precision(values, positive)
        assert result.recall_at_50 == recall_at(values, positive, 50)
    assert all(len(different) == 4 for different in halves.values())


def test_terms_are_drawn_when_there_are_too_many():
    drawn = [
        {r.term for r in complete_halves(DISJOINT, constant, max_terms=2, splits=1, seed=seed)}
        for seed in range(20)
    ]
    assert {len(terms) for terms in drawn} == {2}
    assert set.union(*drawn) == {f"term {i}" for i in range(4)}
    every = complete_halves(DISJOINT, constant, max_terms=9, splits=1)
    assert [r.term for r in every] == [f"term {i}" for i in range(4)]


def test_smallest_half():
    assert len(complete_halves(DISJOINT, constant, least=2, splits=1)) == 5
    assert len(complete_halves(DISJOINT, constant, least=6, splits=1)) == 2
    assert complete_halves(DISJOINT, constant, least=11) == []


def test_the_same_seed_gives_the_same_figures():
    first, same, other = (
        complete_halves(DISJOINT, RandomScorer(10**9), splits=100, seed=seed) for seed in (0, 0, 1)
    )  # 300 trials: more than are scored at once
    assert len(first) == 300
    assert first == same
    assert first != other


# --- scorers


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


@pytest.mark.parametrize("source", ["literature", "experiments"])
def test_cooccurrence_scorer(block_corpus, source):
    incidence = dense_incidence(block_corpus, source)
    shared = incidence.T @ incidence
    np.fill_diagonal(shared, 0)
    degree = np.maximum(shared.sum(axis=0), 1)
    similarity = shared / np.sqrt(np.outer(degree, degree))
    genes = block_corpus.vocab.genes
    sets = [["B1G1"], ["B1G1", "B2G2", "unheard of"], [], ["unheard of"], list(genes)]
    found = cooccurrence_scorer(block_corpus, source)(sets, [*genes, "unheard of"])
    expected = np.array(
        [sum((similarity[genes.index(g) + 2] for g in s if g in genes), np.zeros(62)) for s in sets]
    )
    np.testing.assert_allclose(found[:, :-1], expected[:, 2:], rtol=1e-6, atol=1e-6)
    assert np.isnan(found[:, -1]).all()


def test_cooccurrence_finds_the_blocks(block_corpus):
    library = GeneSetLibrary.from_dict(
        {f"B{b}": [f"B{b}G{i}" for i in range(10)] for b in range(6)}, "blocks"
    )
    results = complete_halves(library, cooccurrence_scorer(block_corpus))
    assert {r.auroc for r in results} == {1.0}


def test_genes_outside_a_source_are_no_division_by_zero(make_corpus):
    corpus = make_corpus(
        {"literature": [[2, 3]], "other": [[3, 4]]}, ["<unk>", "<pad>", "TP53", "MYC", "RB1"]
    )
    with np.errstate(all="raise"):
        found = cooccurrence_scorer(corpus)([["TP53"], ["RB1"]], ["TP53", "MYC", "RB1"])
    np.testing.assert_allclose(found, [[0, 1, 0], [0, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("litterature", "The corpus has no sets of 'litterature'. Did you mean 'literature'?"),
        ("empty", "The corpus has no sets of 'empty'."),
    ],
)
def test_cooccurrence_in_a_source_without_sets(make_corpus, source, message):
    corpus = make_corpus({"literature": [[2, 3]], "empty": []}, ["<unk>", "<pad>", "TP53", "MYC"])
    with pytest.raises(InputError) as caught:
        cooccurrence_scorer(corpus, source)
    assert str(caught.value) == message


def test_genes_added_later_by_brute_force() -> None:
    old = GeneSetLibrary.from_dict(
        {"a (GO:0000001)": list("ABCDE"), "b": list("CDEFG"), "gone": list("ABCDE")}
    )
    new = GeneSetLibrary.from_dict(
        {"renamed (GO:0000001)": list("ABCDEHI"), "B": list("CDEFGAJ"), "same": list("ABCDEFG")}
    )
    values = {gene: float(n) for n, gene in enumerate("JIHGFEDCBA")}  # A highest

    def scorer(sets, genes):
        return np.array([[values[gene] for gene in genes] for _ in sets])

    found = complete_later(old, new, scorer)
    by_term = {figures.term: figures for figures in found}
    assert set(by_term) == {"renamed (GO:0000001)", "B"}
    # To be ranked for the first: F G H I J; H and I are right. F and G are above both, J below.
    assert by_term["renamed (GO:0000001)"].auroc == pytest.approx(2 / 6)
    assert by_term["renamed (GO:0000001)"].average_precision == pytest.approx((1 / 3 + 2 / 4) / 2)
    # For the second: A B H I J; A is first, J last.
    assert by_term["B"].auroc == pytest.approx(3 / 6)
    few = complete_later(old, new, scorer, among=list("GHJ"))
    assert {figures.term: figures.auroc for figures in few} == {"renamed (GO:0000001)": 0.5, "B": 0.0}
    assert len(complete_later(old, new, scorer, max_terms=1)) == 1
    assert complete_later(old, new, scorer, least=6) == []
