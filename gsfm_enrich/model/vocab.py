"""The vocabulary of a model: which input and output unit stands for which gene."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.errors import CheckpointError, InputError
from gsfm_enrich.genes.match import Names

UNKNOWN = "<unk>"
PAD = "<pad>"
SPECIAL = (UNKNOWN, PAD)
N_SPECIAL = len(SPECIAL)


class Vocab:
    """Tokens of a model in the order of its units.

    Parameters
    ----------
    tokens
        One token per unit; ``<unk>`` and ``<pad>`` come first, then gene symbols in descending order of how
        often training saw them.

    Attributes
    ----------
    tokens : tuple of str, length V
    index : dict
        Unit of each token.

    Raises
    ------
    CheckpointError
        If the special tokens are not the first two, or a token is empty or repeated.

    Examples
    --------
    >>> vocab = Vocab(["<unk>", "<pad>", "TP53", "MYC"])
    >>> vocab.encode(["MYC", "no gene"])
    array([3])
    >>> vocab.encode(["MYC", "no gene"], unknown="token")
    array([0, 3])
    """

    __module__ = "gsfm_enrich"

    def __init__(self, tokens: Iterable[str]) -> None:
        self.tokens: tuple[str, ...] = Names(tokens)
        if self.tokens[:N_SPECIAL] != SPECIAL:
            raise CheckpointError(
                f"A vocabulary starts with {UNKNOWN} and {PAD}, "
                f"this one with {list(self.tokens[:N_SPECIAL])}."
            )
        if "" in self.tokens:
            raise CheckpointError(f"The vocabulary has an empty token in line {self.tokens.index('') + 1}.")
        if len(self.index) < len(self.tokens):
            twice = [token for token, n in Counter(self.tokens).items() if n > 1]
            raise CheckpointError(f"{len(twice)} tokens are in the vocabulary twice: {', '.join(twice[:5])}.")

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self.index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocab) and self.tokens == other.tokens

    def __hash__(self) -> int:
        return hash(self.tokens)

    def __repr__(self) -> str:
        return f"Vocab({len(self) - N_SPECIAL} genes: {', '.join(self.genes[:3])}, ...)"

    @classmethod
    def from_text(cls, text: str) -> Vocab:
        r"""Read the text of a ``vocab.txt``: one token per line, with trailing blanks ignored.

        Raises
        ------
        CheckpointError
            As for the class itself.

        Examples
        --------
        >>> Vocab.from_text("<unk>\n<pad>\nTP53\n").genes
        ('TP53',)
        """
        return cls(line.rstrip() for line in text.rstrip().split("\n"))

    @property
    def genes(self) -> tuple[str, ...]:
        """The tokens that are genes, in order."""
        return self.tokens[N_SPECIAL:]

    @cached_property
    def index(self) -> dict[str, int]:
        """Unit of every token."""
        return {token: unit for unit, token in enumerate(self.tokens)}

    def encode(self, symbols: Sequence[str], unknown: str = "drop") -> NDArray[np.int64]:
        """Return the distinct units that a set of symbols switches on, ascending.

        Parameters
        ----------
        symbols
            Gene symbols in the vocabulary's own spelling.
        unknown
            ``"drop"`` leaves out symbols that the vocabulary lacks; ``"token"`` lets them switch on
            ``<unk>``, as the published inference code does.

        Raises
        ------
        InputError
            If ``unknown`` is another word.
        """
        if unknown not in ("drop", "token"):
            raise InputError(f"unknown must be 'drop' or 'token', not {unknown!r}.")
        units = {self.index.get(symbol, 0) for symbol in symbols}
        units.discard(self.index[PAD])
        if unknown == "drop":
            units.discard(self.index[UNKNOWN])
        return np.array(sorted(units), dtype=np.int64)
