"""Protocols, against scorers whose answers are known and figures worked out from what was asked."""

import numpy as np
import pytest

from gsfm_enrich.errors import InputError
from gsfm_enrich.evaluation import trials
from gsfm_enrich.evaluation.evaluate import (
    compare_halves,
    compare_later,
    complete_halves,
    complete_later,
    known_genes,
    summarise,
    term_figures,
)
from gsfm_enrich.evaluation.measures import average_precision, bootstrap_interval, recall_at
from gsfm_enrich.evaluation.scorers import cooccurrence_scorer
from gsfm_enrich.evaluation.trials import matched_negatives, publications_of
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.training.cooccurrence import cooccurrence
from gsfm_enrich.training.corpus import source_sets

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


def pairs_won(scores, positive):
    differences = scores[positive][:, None] - scores[~positive][None]
    return float(((differences > 0) + 0.5 * (differences == 0)).mean())


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
        assert result.recall_at_10 == recall_at(values, positive, 10)
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


def test_cooccurrence_finds_the_blocks(block_corpus):
    library = GeneSetLibrary.from_dict(
        {f"B{b}": [f"B{b}G{i}" for i in range(10)] for b in range(6)}, "blocks"
    )
    results = complete_halves(
        library,
        cooccurrence_scorer(
            cooccurrence(block_corpus, source_sets(block_corpus, "literature")), block_corpus.vocab
        ),
    )
    assert {r.auroc for r in results} == {1.0}


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

    def reverse(sets, genes):
        return -scorer(sets, genes)

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
    summary, terms = compare_later(old, new, {"alphabet": scorer, "reverse": reverse})
    assert terms["auroc"].tolist() == pytest.approx([2 / 6, 3 / 6, 4 / 6, 3 / 6])
    assert summary["median AUROC"].str[:5].tolist() == ["0.417", "0.583"]


# --- negatives as popular as the positives


def test_publications_come_from_the_gene_table():
    table = load_gene_table().set_index("symbol")["publications"]
    assert publications_of(["TP53", "no gene", "P53", "MDM2"]).tolist() == [
        table["TP53"], 0, 0, table["MDM2"],  # the second name of one gene counts as none
    ]  # fmt: skip


@pytest.mark.parametrize("n", [12, 300, 2000])
def test_matched_negatives_are_the_nearest_in_popularity(n):
    rng = np.random.default_rng(0)
    popularity = rng.permutation(n) * 3  # all different
    positive = rng.permutation(n) < 5
    asked = positive | (rng.random(n) < 0.8)
    found = matched_negatives(popularity, positive, asked).reshape(5, trials.MATCHED)
    allowed = np.flatnonzero(asked & ~positive)
    for own, drawn in zip(popularity[positive], found, strict=True):
        above = sorted((popularity[g], g) for g in allowed if popularity[g] > own)[: trials.WINDOW]
        below = sorted((-popularity[g], g) for g in allowed if popularity[g] < own)[: trials.WINDOW]
        assert set(drawn.tolist()) <= {gene for _, gene in above + below}
    np.testing.assert_array_equal(matched_negatives(popularity, positive, asked).reshape(5, -1), found)
    assert not np.array_equal(matched_negatives(popularity, positive, asked, seed=1).reshape(5, -1), found)


def test_popularity_alone_wins_nothing_against_matched_negatives():
    """Terms of well-published genes: popularity finds them among all genes, not among the well-published."""
    table = load_gene_table().nlargest(8000, "publications")
    symbols, publications = table["symbol"].to_numpy(), table["publications"].to_numpy()
    rng = np.random.default_rng(0)
    weights = publications / publications.sum()
    sets = {f"t{i}": rng.choice(symbols, 60, replace=False, p=weights).tolist() for i in range(40)}
    library = GeneSetLibrary.from_dict({**sets, "all": symbols.tolist()}, "popular")
    known = dict(zip(symbols, publications, strict=True))

    def by_popularity(given, genes):
        return np.array([[float(known[gene]) for gene in genes]] * len(given))

    terms = term_figures(complete_halves(library, by_popularity, splits=1))
    assert terms["auroc"].mean() > 0.7
    assert abs(terms["matched_auroc"].mean() - 0.5) < 0.03
    assert terms["matched_average_precision"].mean() < 0.05


def test_a_scorer_that_knows_everything_does_so_among_matched_genes():
    assert {r.matched_auroc for r in complete_halves(DISJOINT, same_term)} == {1.0}
    assert {r.matched_average_precision for r in complete_halves(DISJOINT, same_term)} == {1.0}


# --- several models, the same questions


def test_models_are_asked_the_same_questions():
    asked = {}

    def noted(name, blind):
        def scorer(sets, genes):
            asked.setdefault(name, []).extend(sets)
            scores = same_term(sets, genes)
            scores[:, [gene.endswith(blind) for gene in genes]] = np.nan
            return scores

        return scorer

    scorers = {"one": noted("one", "7"), "two": noted("two", "8")}
    genes = list(DISJOINT.genes)
    expected = [not gene.endswith(("7", "8")) for gene in genes]
    assert known_genes(genes, scorers.values()).tolist() == expected
    summary, terms = compare_halves(DISJOINT, scorers, splits=3)
    assert summary["method"].tolist() == ["one", "two"]
    assert summary["terms"].tolist() == [2, 2]  # of 13 and 20 genes, of which both models know 10 or more
    assert terms["term"].tolist() == ["term 2", "term 3"] * 2
    assert list(terms.columns) == [
        "library", "method", "term", "auroc", "average_precision", "recall_at_10", "recall_at_50",
        "matched_auroc", "matched_average_precision",
    ]  # fmt: skip
    given = {name: [sorted(s) for s in sets if len(s)] for name, sets in asked.items()}
    assert given["one"] == given["two"]
    assert len(given["one"]) == 6
    assert not any(gene.endswith(("7", "8")) for genes in given["one"] for gene in genes)


def test_a_summary_is_of_the_means_over_splits():
    results = complete_halves(DISJOINT, RandomScorer(10**6), splits=4)
    terms = term_figures(results)
    for term in terms.index:
        own = [r.auroc for r in results if r.term == term]
        assert terms.loc[term, "auroc"] == pytest.approx(np.mean(own))
    row = summarise(terms)
    assert row["terms"] == 3
    value, low, high = bootstrap_interval(terms["auroc"].to_numpy(), np.median)
    assert row["median AUROC"] == f"{value:.3f} ({low:.3f} to {high:.3f})"
    assert row["mean AP"].split()[0] == f"{np.mean(terms['average_precision']):.3f}"
    assert row["recall at 10"].split()[0] == f"{terms['recall_at_10'].mean():.3f}"


def test_a_library_that_no_model_knows():
    with pytest.raises(InputError) as caught:
        compare_halves(DISJOINT, {"none": lambda sets, genes: np.full((len(sets), len(genes)), np.nan)})
    assert str(caught.value) == "No term has enough genes that every model knows, and further genes to find."
