"""Parts of a batch, and a source held out whole."""

import numpy as np
import pytest
import torch

from gsfm_enrich.errors import InputError
from gsfm_enrich.training.batches import make_batch, split_corpus
from gsfm_enrich.training.config import TrainingConfig
from gsfm_enrich.training.fit import hidden_gene_loss


@pytest.mark.parametrize("parts", [1, 2, 4, 8])
def test_the_parts_of_a_batch_together_are_the_batch(block_corpus, parts):
    rng = np.random.default_rng(0)
    batch = make_batch(block_corpus, rng.integers(500, size=8), rng, (0.1, 0.9))
    logits = torch.from_numpy(rng.normal(size=(8, 62)))
    pieces = [batch.part(number, parts) for number in range(parts)]
    for name in ("units", "target_units"):
        assert torch.equal(torch.cat([getattr(piece, name) for piece in pieces]), getattr(batch, name))
    size = 8 // parts
    for number, piece in enumerate(pieces):
        bounds = [*piece.offsets.tolist(), len(piece.units)]
        assert bounds[0] == 0
        for row in range(size):
            own = piece.units[bounds[row] : bounds[row + 1]]
            assert torch.equal(own, batch.units[batch.given_set == number * size + row])
            assert torch.equal(piece.units[piece.given_set == row], own)
            asked = piece.target_units[piece.target_set == row]
            assert torch.equal(asked, batch.target_units[batch.target_set == number * size + row])
    losses = [
        hidden_gene_loss(logits[number * size : (number + 1) * size].clone(), piece).item()
        for number, piece in enumerate(pieces)
    ]
    assert np.mean(losses) == pytest.approx(hidden_gene_loss(logits.clone(), batch).item())


def test_more_parts_than_sets(block_corpus):
    batch = make_batch(block_corpus, np.array([3]), np.random.default_rng(0), (0.5, 0.5))
    sizes = [len(batch.part(number, 3).offsets) for number in range(3)]
    assert sorted(sizes) == [0, 0, 1]


@pytest.mark.parametrize("source", ["literature", "experiments"])
def test_a_source_is_held_out_whole(block_corpus, source):
    training, validation = split_corpus(block_corpus, TrainingConfig(validate_on=source))
    of_source = np.flatnonzero(block_corpus.source == block_corpus.sources.index(source))
    assert np.concatenate(validation.members).tolist() == of_source.tolist()
    expected = np.setdiff1d(np.arange(len(block_corpus)), of_source)
    assert np.concatenate(training.members).tolist() == expected.tolist()
    assert training.weights.tolist() == validation.weights.tolist() == [1.0]


def test_sources_are_drawn_as_often_as_their_weights_say(block_corpus):
    sizes = np.bincount(block_corpus.source, minlength=len(block_corpus.sources))
    first, *rest = block_corpus.sources
    training, _ = split_corpus(block_corpus, TrainingConfig(weights={first: 3.0}, balance=1.0, held_out=0.0))
    expected = sizes * np.array([3.0] + [1.0] * len(rest))
    np.testing.assert_allclose(training.weights, expected / expected.sum())
    training, validation = split_corpus(block_corpus, TrainingConfig(weights={first: 0.0}))
    without = np.flatnonzero(block_corpus.source != 0)
    assert set(np.concatenate(training.members)) | set(np.concatenate(validation.members)) <= set(without)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"experiment": 2.0}, "The corpus has no sets of 'experiment'. Did you mean 'experiments'?"),
        (
            {"literature": 0.0, "experiments": 0.0},
            "No source is left to train on; the corpus has 'literature', 'experiments'.",
        ),
    ],
)
def test_weights_that_make_no_sense(block_corpus, weights, message):
    with pytest.raises(InputError) as caught:
        split_corpus(block_corpus, TrainingConfig(weights=weights))
    assert str(caught.value) == message


def test_a_source_that_is_not_there_cannot_be_held_out(block_corpus):
    with pytest.raises(InputError) as caught:
        split_corpus(block_corpus, TrainingConfig(validate_on="experiment"))
    assert str(caught.value) == "The corpus has no sets of 'experiment'. Did you mean 'experiments'?"


def test_the_only_source_cannot_be_held_out(make_corpus):
    corpus = make_corpus({"one": [[2, 3], [3, 4]]}, ["<unk>", "<pad>", "TP53", "MYC", "RB1"])
    with pytest.raises(InputError) as caught:
        split_corpus(corpus, TrainingConfig(validate_on="one"))
    assert str(caught.value) == "No source is left to train on; the corpus has 'one'."
