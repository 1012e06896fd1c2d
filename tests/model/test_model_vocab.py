import numpy as np
import pytest

from gsfm_enrich.errors import CheckpointError, InputError
from gsfm_enrich.model.vocab import Vocab

TOKENS = ["<unk>", "<pad>", "TP53", "MYC", "EGFR"]


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (
            ["<pad>", "<unk>", "TP53"],
            "A vocabulary starts with <unk> and <pad>, this one with ['<pad>', '<unk>'].",
        ),
        (["TP53", "MYC"], "A vocabulary starts with <unk> and <pad>, this one with ['TP53', 'MYC']."),
        ([], "A vocabulary starts with <unk> and <pad>, this one with []."),
        ([*TOKENS, "", "BAX"], "The vocabulary has an empty token in line 6."),
        ([*TOKENS, "MYC", "TP53", "MYC"], "2 tokens are in the vocabulary twice: TP53, MYC."),
    ],
)
def test_bad_tokens(tokens, message):
    with pytest.raises(CheckpointError) as caught:
        Vocab(tokens)
    assert str(caught.value) == message


def test_many_repeated_tokens_are_counted_and_five_shown():
    genes = [f"G{i}" for i in range(7)]
    with pytest.raises(CheckpointError) as caught:
        Vocab(["<unk>", "<pad>", *genes, *genes])
    assert str(caught.value) == "7 tokens are in the vocabulary twice: G0, G1, G2, G3, G4."


@pytest.mark.parametrize(
    ("symbols", "drop", "token"),
    [
        ([], [], []),
        (["MYC"], [3], [3]),
        (["EGFR", "TP53"], [2, 4], [2, 4]),
        (["MYC", "MYC", "MYC"], [3], [3]),
        (["MYC", "no gene"], [3], [0, 3]),
        (["no gene", "none", "neither"], [], [0]),
        (["<unk>", "MYC"], [3], [0, 3]),
        (["<pad>", "MYC"], [3], [3]),
        (["<pad>"], [], []),
        (["myc"], [], [0]),
        ({"TP53", "MYC"}, [2, 3], [2, 3]),
    ],
)
def test_encode(symbols, drop, token):
    vocab = Vocab(TOKENS)
    for unknown, units in (("drop", drop), ("token", token)):
        encoded = vocab.encode(symbols, unknown)
        assert encoded.dtype == np.int64
        assert encoded.tolist() == units
    assert vocab.encode(symbols).tolist() == drop


def test_encode_knows_two_ways_for_unknown_symbols():
    with pytest.raises(InputError) as caught:
        Vocab(TOKENS).encode(["MYC"], unknown="raise")
    assert str(caught.value) == "unknown must be 'drop' or 'token', not 'raise'."


def test_a_vocabulary_is_a_value():
    vocab = Vocab(TOKENS)
    assert vocab == Vocab(iter(TOKENS))
    assert hash(vocab) == hash(Vocab(TOKENS))
    assert vocab != Vocab([*TOKENS, "BAX"])
    assert vocab != tuple(TOKENS)
    assert len(vocab) == 5
    assert "MYC" in vocab
    assert "myc" not in vocab
    assert vocab.genes == ("TP53", "MYC", "EGFR")
    assert [vocab.index[token] for token in vocab.tokens] == [0, 1, 2, 3, 4]
    assert repr(vocab) == "Vocab(3 genes: TP53, MYC, EGFR, ...)"


@pytest.mark.parametrize("text", ["\n".join(TOKENS), "\n".join(TOKENS) + "\n\n", " \n".join(TOKENS) + "\n"])
def test_text(text):
    assert Vocab.from_text(text) == Vocab(TOKENS)


def test_a_gap_in_the_text_would_shift_every_unit_after_it():
    with pytest.raises(CheckpointError) as caught:
        Vocab.from_text("<unk>\n<pad>\nTP53\n\nMYC\n")
    assert str(caught.value) == "The vocabulary has an empty token in line 4."
