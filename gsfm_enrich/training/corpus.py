"""The training corpus: gene sets from named sources, as units of a vocabulary."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.errors import InputError, did_you_mean
from gsfm_enrich.model.vocab import Vocab

LITERATURE = "literature"
MANIFEST, VOCAB = "manifest.json", "vocab.txt"
AT_A_TIME = 1 << 20


@dataclass(frozen=True)
class Corpus:
    """Gene sets from several sources, one after the other.

    Attributes
    ----------
    vocab : Vocab
        The genes, in descending order of how many sets hold them.
    units : int32 array, shape (n_memberships,)
        Units of the vocabulary, distinct within a set; may be mapped from a file and larger than memory.
    starts : int64 array, shape (n_sets + 1,)
        Set i is ``units[starts[i]:starts[i + 1]]``.
    source : int16 array, shape (n_sets,)
        Index into ``sources``, ascending.
    sources : tuple of str
    left_out : dict
        Number of sets, genes, symbols or lines left out, by reason; reasons that did not occur are absent.
    manifest : dict
        Sources, rules and results, see `gsfm_enrich.training.assemble`; empty for a corpus made in memory.
    """

    vocab: Vocab
    units: NDArray[np.int32]
    starts: NDArray[np.int64]
    source: NDArray[np.int16]
    sources: tuple[str, ...]
    left_out: dict[str, int]
    manifest: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, i: int) -> NDArray[np.int32]:
        return self.units[self.starts[i] : self.starts[i + 1]]


def open_corpus(folder: Path) -> Corpus:
    """Open a corpus that `gsfm_enrich.training.assemble.build_corpus` left in a folder.

    Its sets stay in the file; only the vocabulary and a few bytes per set are read into memory.

    Parameters
    ----------
    folder
        Folder with manifest.json, vocab.txt, units.npy, starts.npy and source.npy.

    Raises
    ------
    InputError
        If the folder has no corpus.
    """
    if not (folder / MANIFEST).is_file():
        raise InputError(f"There is no corpus in {str(folder)!r}; expected a folder with {MANIFEST}.")
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    return Corpus(
        vocab=Vocab.from_text((folder / VOCAB).read_text("utf-8")),
        units=np.asarray(np.load(folder / "units.npy", mmap_mode="r")),
        starts=np.load(folder / "starts.npy"),
        source=np.load(folder / "source.npy"),
        sources=tuple(source["name"] for source in manifest["sources"]),
        left_out=manifest["left out"],
        manifest=manifest,
    )


def encode_sets(
    kept: Iterable[tuple[int, list[str]]],
    sources: tuple[str, ...],
    vocab: Vocab,
    smallest: int,
    left_out: Counter[str],
) -> Corpus:
    """Encode sets; those with too few genes in the vocabulary are left out."""
    units, sizes, source = list[NDArray[np.int64]](), list[int](), list[int]()
    for number, genes in kept:
        encoded = vocab.encode(genes)
        if len(encoded) < smallest:
            left_out["sets too small within the vocabulary"] += 1
            continue
        units.append(encoded)
        sizes.append(len(encoded))
        source.append(number)
    return Corpus(
        vocab=vocab,
        units=np.concatenate([np.zeros(0, dtype=np.int32), *units]).astype(np.int32),
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        source=np.array(source, dtype=np.int16),
        sources=sources,
        left_out={reason: n for reason, n in left_out.items() if n},
    )


def source_sets(corpus: Corpus, source: str) -> NDArray[np.int64]:
    """Return the numbers of the sets of one source.

    Raises
    ------
    InputError
        If the corpus has no sets of that source.
    """
    present = [corpus.sources[number] for number in np.unique(corpus.source)]
    if source not in present:
        raise InputError(f"The corpus has no sets of {source!r}.{did_you_mean(source, present)}")
    return np.flatnonzero(corpus.source == corpus.sources.index(source))


def unit_frequency(corpus: Corpus) -> NDArray[np.int64]:
    """Return the number of sets that hold each unit of the vocabulary, shape (V,)."""
    frequency = np.zeros(len(corpus.vocab), dtype=np.int64)
    for start in range(0, len(corpus.units), AT_A_TIME):
        frequency += np.bincount(corpus.units[start : start + AT_A_TIME], minlength=len(frequency))
    return frequency
