"""Strata against counting by hand, and against queries drawn with a bias."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gsfm_enrich.errors import InputError
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.counts import count_overlap
from gsfm_enrich.ranking.membership import library_membership
from gsfm_enrich.ranking.rerank import rerank
from gsfm_enrich.ranking.strata import (
    N_STRATA,
    as_propensity,
    cut_into_strata,
    inside_background,
    outside_background,
    values_for,
)


def test_members_and_probable_genes_are_counted_by_stratum(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    names = tuple(block_model.vocab.genes)[:200]
    propensity = tuple((gene, float(number % 7)) for number, gene in enumerate(names))
    table = library_membership(block_library, block_model, "human")
    background = inside_background(table, names, population=200, propensity=propensity)
    probable = table.probable.toarray()
    assert background.populations.sum() == 200
    for stratum in range(len(background.populations)):
        genes = [g for g, s in zip(names, background.stratum_of, strict=True) if s == stratum]
        assert background.populations[stratum] == len(genes)
        held = [block_library.gene_positions[g] for g in genes if g in block_library.gene_positions]
        np.testing.assert_array_equal(
            background.members[stratum], block_library.incidence.toarray()[:, held].sum(axis=1)
        )
        columns = table.of_unit[[block_model.vocab.index[g] for g in genes]]
        for summed in (background.probability, background.weight):  # no term is named after a gene
            np.testing.assert_allclose(summed[stratum], probable[:, columns].sum(axis=1), rtol=1e-5)


def test_all_genes_are_in_one_stratum_without_propensity(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    table = library_membership(block_library, block_model)
    background = inside_background(table, None, population=len(block_library.genes))
    assert background.populations.tolist() == [len(block_library.genes)]
    assert background.drawn(["B0G0"], "human", 7).tolist() == [7]
    np.testing.assert_array_equal(background.members[0], block_library.sizes)
    outside = outside_background(table)
    assert outside.populations.tolist() == [len(block_model.vocab) - 2 - len(block_library.genes)]
    assert outside.members.sum() == 0


def test_a_number_of_genes_has_no_propensity(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    with pytest.raises(InputError) as caught:
        inside_background(
            library_membership(block_library, block_model),
            20_000,
            population=20_000,
            propensity=(("B0G0", 1.0),),
        )
    assert str(caught.value) == (
        "propensity needs the genes of the background: a list of them, or None for the genes of each "
        "library, not the number 20,000."
    )


def test_equal_propensity_shares_a_stratum_and_order_is_kept() -> None:
    values = np.random.default_rng(0).lognormal(1, 2, 5000).round(1)
    strata = cut_into_strata(values)
    assert strata.max() == N_STRATA - 1
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(strata[order]) >= 0)
    assert all(len(set(strata[values == value])) == 1 for value in np.unique(values)[:50])
    counts = np.bincount(strata)
    assert counts[0] > counts[-1] > 0  # the few of high propensity are cut finer
    assert cut_into_strata(np.zeros(7)).tolist() == [0] * 7


def test_genes_without_a_value_have_propensity_0() -> None:
    assert values_for(["TP53", "no", "p53x"], {"TP53": 3.0}, "human").tolist() == [3, 0, 0]


def test_biased_queries_are_told_from_true_findings(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    """Genes of the first three blocks are listed ten times as often; only the propensity explains it."""
    rng = np.random.default_rng(1)
    genes = np.array(block_library.genes)
    popular = np.array([gene.split("G")[0] in {"B0", "B1", "B2"} for gene in genes])
    chance = np.where(popular, 10.0, 1.0)
    propensity = tuple(zip(genes.tolist(), chance.tolist(), strict=True))
    significant = {True: [], False: []}
    for _ in range(120):
        query = list(rng.choice(genes, 25, replace=False, p=chance / chance.sum()))
        counts = count_overlap(block_library, query)
        for known in (True, False):
            table = rerank(counts, block_model, propensity if known else None).columns
            significant[known].append((table["GSFM Adjusted P-value"] < 0.05).any())
    assert np.mean(significant[False]) > 0.3
    assert np.mean(significant[True]) <= 0.1


def test_propensities_that_are_understood() -> None:
    assert as_propensity(None) is None
    assert as_propensity(pd.Series({"TP53": 2.0, "BAX": 0})) == (("TP53", 2.0), ("BAX", 0.0))
    publications = as_propensity("publications")
    assert publications is not None
    assert dict(publications)["TP53"] > 1000


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            "publication",
            "propensity must be 'publications' or a number for each gene, not 'publication'. "
            "Did you mean 'publications'?",
        ),
        (
            [1.0],
            "propensity must be 'publications', or a mapping or Series from genes to numbers, not list.",
        ),
        (
            {"A": 1.0, "B": -2.0, "C": float("nan")},
            "propensity must be a number of 0 or more for each gene; it is -2.0 for 'B' and 1 others.",
        ),
    ],
)
def test_propensities_that_are_not(given: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        as_propensity(given)
    assert str(caught.value) == message
