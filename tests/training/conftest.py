"""A corpus with an obvious structure: genes come in blocks, and a set holds genes of one block only."""

import numpy as np
import pytest
import torch

from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.training.corpus import Corpus

N_BLOCKS, BLOCK_SIZE = 6, 10


def corpus_of(sets_by_source, tokens):
    """Lay sets of units out as a corpus."""
    sets = [np.array(units, dtype=np.int32) for sets in sets_by_source.values() for units in sets]
    return Corpus(
        vocab=Vocab(tokens),
        units=np.concatenate(sets),
        starts=np.cumsum([0, *map(len, sets)]).astype(np.int64),
        source=np.repeat(np.arange(len(sets_by_source)), list(map(len, sets_by_source.values()))).astype(
            np.int16
        ),
        sources=tuple(sets_by_source),
        left_out={},
    )


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small only lose time by sharing work between threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def make_corpus():
    """Make a corpus from sets of units by source, and tokens."""
    return corpus_of


@pytest.fixture(scope="session")
def block_corpus():
    rng = np.random.default_rng(0)

    def draw(n, smallest, largest):
        blocks = rng.integers(N_BLOCKS, size=n)
        return [
            2 + BLOCK_SIZE * block + rng.permutation(BLOCK_SIZE)[: rng.integers(smallest, largest + 1)]
            for block in blocks
        ]

    genes = [f"B{block}G{i}" for block in range(N_BLOCKS) for i in range(BLOCK_SIZE)]
    sources = {"literature": draw(400, 2, 5), "experiments": draw(100, 5, 10)}
    return corpus_of(sources, ["<unk>", "<pad>", *genes])
