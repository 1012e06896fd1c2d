"""The leading genes of a term are the first ones, as many as together have the largest effect."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from gsfm_enrich.ranking.leading_genes import leading_genes
from gsfm_enrich.ranking.ranked import VIEWS, parts, tamed
from gsfm_enrich.ranking.ranked_weights import TermWeights

GENES = tuple(f"G{i}" for i in range(800))


def test_leading_genes_have_the_largest_effect() -> None:
    rng = np.random.default_rng(3)
    row = rng.standard_normal(len(GENES))
    row[:6] = 3, 2.5, 2, -3, 0.1, 0
    members = np.zeros((1, len(GENES)))
    members[0, [0, 1, 3]] = 1
    counts = members.copy()
    counts[0, [2, 4, 5]] = 0.4
    weights = TermWeights(csr_array(counts), csr_array(members.astype(bool)))
    found = leading_genes(row, weights, [0], "up")[0]
    assert found.members == [0, 1]
    assert found.predicted == [2]
    assert leading_genes(row, weights, [0], "down")[0].members == [3]


@pytest.mark.parametrize("view", VIEWS)
def test_many_terms_are_those_of_a_loop(view) -> None:
    rng = np.random.default_rng(4)
    statistic = rng.standard_normal(len(GENES)).round(1)  # many ties
    counts = np.where(rng.random((40, len(GENES))) < 0.05, rng.choice([0.3, 0.5, 1, 2], (40, len(GENES))), 0)
    counts[7] = 0
    members = (counts > 0) & (rng.random(counts.shape) < 0.5)
    weights = TermWeights(csr_array(counts), csr_array(members))
    values = parts(tamed(statistic[None]))[view][0]
    off = values - values.mean()
    rows = [3, 7, *range(20, 40)]
    for row, found in zip(rows, leading_genes(statistic, weights, rows, view), strict=True):
        genes = sorted(np.flatnonzero(counts[row]), key=lambda gene: (-off[gene], -counts[row, gene], gene))
        effects = [
            np.sum(counts[row, genes[:n]] * off[genes[:n]]) / np.sqrt(np.sum(counts[row, genes[:n]] ** 2))
            for n in range(1, len(genes) + 1)
        ]
        leading = genes[: int(np.argmax(effects)) + 1] if effects else []
        assert found.members == [gene for gene in leading if members[row, gene]]
        assert found.predicted == [gene for gene in leading if not members[row, gene]]
