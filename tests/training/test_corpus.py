"""What is asked of a corpus in memory."""

import numpy as np
import pytest

from gsfm_enrich.errors import InputError
from gsfm_enrich.training import corpus as corpus_module
from gsfm_enrich.training.corpus import source_sets, unit_frequency


def test_sets_of_a_source(block_corpus):
    for number, source in enumerate(block_corpus.sources):
        expected = [i for i in range(len(block_corpus)) if block_corpus.source[i] == number]
        assert source_sets(block_corpus, source).tolist() == expected


@pytest.mark.parametrize("at_a_time", [1, 7, 10**6])
def test_frequencies_are_counted_piece_by_piece(block_corpus, monkeypatch, at_a_time):
    monkeypatch.setattr(corpus_module, "AT_A_TIME", at_a_time)
    expected = np.zeros(62)
    for i in range(len(block_corpus)):
        expected[block_corpus[i]] += 1
    np.testing.assert_array_equal(unit_frequency(block_corpus), expected)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("litterature", "The corpus has no sets of 'litterature'. Did you mean 'literature'?"),
        ("empty", "The corpus has no sets of 'empty'."),
    ],
)
def test_a_source_without_sets(make_corpus, source, message):
    corpus = make_corpus({"literature": [[2, 3]], "empty": []}, ["<unk>", "<pad>", "TP53", "MYC"])
    with pytest.raises(InputError) as caught:
        source_sets(corpus, source)
    assert str(caught.value) == message
