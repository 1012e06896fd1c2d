"""Counting co-occurrence against a dense computation."""

from __future__ import annotations

import numpy as np
import pytest

from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.training.cooccurrence import cooccurrence, strongest_neighbours
from gsfm_enrich.training.corpus import Corpus


@pytest.fixture
def corpus() -> Corpus:
    rng = np.random.default_rng(0)
    sets = [np.sort(rng.choice(np.arange(2, 12), size, replace=False)) for size in rng.integers(2, 6, 30)]
    return Corpus(
        vocab=Vocab(["<unk>", "<pad>", *(f"G{i}" for i in range(10))]),
        units=np.concatenate(sets).astype(np.int32),
        starts=np.cumsum([0, *map(len, sets)]),
        source=np.repeat([0, 1], [20, 10]).astype(np.int16),
        sources=("literature", "experiments"),
        left_out={},
    )


def dense(corpus: Corpus, power: float, pseudocount: float) -> np.ndarray:
    """Count in the first 20 sets, pair by pair."""
    shared = np.zeros((12, 12))
    for number in range(20):
        for one in corpus[number]:
            for other in corpus[number]:
                if one != other:
                    shared[one, other] += (len(corpus[number]) - 1) ** -power
    degree = np.maximum(shared.sum(axis=1) + pseudocount, 1e-9)
    return shared / np.sqrt(np.outer(degree, degree))


@pytest.mark.parametrize(("power", "pseudocount"), [(0.0, 0.0), (0.5, 2.0), (1.0, 0.0)])
def test_cooccurrence_by_brute_force(corpus: Corpus, power: float, pseudocount: float) -> None:
    found = cooccurrence(corpus, np.arange(20), size_power=power, pseudocount=pseudocount).toarray()
    np.testing.assert_allclose(found, dense(corpus, power, pseudocount), rtol=1e-5, atol=1e-7)


def test_the_strongest_neighbours_are_kept(corpus: Corpus) -> None:
    found = cooccurrence(corpus, np.arange(20))
    units, similarity = strongest_neighbours(found, 2)
    table = dense(corpus, 0.0, 0.0)
    np.testing.assert_allclose(similarity, -np.sort(-table, axis=1)[:, :2], rtol=1e-5, atol=1e-7)
    there = similarity > 0
    rows = np.broadcast_to(np.arange(12)[:, None], units.shape)
    np.testing.assert_allclose(table[rows[there], units[there]], similarity[there], rtol=1e-5)
    assert (units[~there] == 1).all()  # <pad>
