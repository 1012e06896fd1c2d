"""A model whose answers are known: genes come in blocks, and a set is completed by its blocks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM, build
from gsfm_enrich.model.vocab import Vocab

N_BLOCKS, BLOCK_SIZE = 12, 25
BLOCK_GENES = [f"B{block}G{number}" for block in range(N_BLOCKS) for number in range(BLOCK_SIZE)]


@pytest.fixture(scope="session")
def block_model() -> GSFM:
    """Depth 1: the representation counts the genes of each block, a logit is the count of its block."""
    vocab = Vocab(["<unk>", "<pad>", *BLOCK_GENES])
    model = build(GSFMConfig(len(vocab), d_model=N_BLOCKS, depth=1, architecture="gsfm-scaled"), vocab)
    blocks = torch.zeros(len(vocab), N_BLOCKS)
    blocks[torch.arange(2, len(vocab)), torch.arange(len(BLOCK_GENES)) // BLOCK_SIZE] = 1
    noise = torch.from_numpy(np.random.default_rng(0).normal(0, 0.05, (len(vocab), N_BLOCKS))).float()
    popularity = torch.from_numpy(np.random.default_rng(1).normal(0, 2, len(vocab))).float()
    with torch.no_grad():
        model.encoder.layers[0].weight.copy_(blocks.T)
        model.encoder.layers[0].bias.zero_()
        model.output_layer.weight.copy_(3 * blocks + noise)
        model.output_layer.bias.copy_(popularity)
    return model.eval()


@pytest.fixture(scope="session")
def block_library() -> GeneSetLibrary:
    """Terms of 12 genes of one block; the last 5 genes of every block are in none of them."""
    rng = np.random.default_rng(0)
    sets = {}
    for number in range(3 * N_BLOCKS):
        block = number % N_BLOCKS
        chosen = rng.choice(BLOCK_SIZE - 5, 12, replace=False)
        sets[f"term {number} of block {block}"] = [f"B{block}G{gene}" for gene in chosen]
    return GeneSetLibrary.from_dict(sets, "blocks")
