"""The training corpus: gene sets from named sources, as units of a vocabulary."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.resolve import resolve
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.libraries.gmt import read_gmt
from gsfm_enrich.model.vocab import SPECIAL, Vocab

LITERATURE = "literature"
GEO_SERIES = re.compile(r"GSE\d+")
NamedSets = Iterator[tuple[str, list[str]]]


@dataclass(frozen=True)
class Corpus:
    """Gene sets from several sources, laid one after the other.

    Attributes
    ----------
    vocab : Vocab
        The genes, in falling order of how many sets hold them.
    units : int32 array, shape (n_memberships,)
        Units of the vocabulary, distinct within a set.
    starts : int64 array, shape (n_sets + 1,)
        Set i is ``units[starts[i]:starts[i + 1]]``.
    source : int16 array, shape (n_sets,)
        Index into ``sources``, ascending.
    sources : tuple of str
    left_out : dict
        How many sets or memberships were left out, by reason.
    """

    vocab: Vocab
    units: NDArray[np.int32]
    starts: NDArray[np.int64]
    source: NDArray[np.int16]
    sources: tuple[str, ...]
    left_out: dict[str, int]

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, i: int) -> NDArray[np.int32]:
        return self.units[self.starts[i] : self.starts[i + 1]]


def literature_sets(org_db: Path, before: int | None = None, largest: int = 1000) -> NamedSets:
    """Yield one set of symbols for every publication that names 2 to ``largest`` genes.

    Parameters
    ----------
    org_db
        ``org.Hs.eg.sqlite`` of the Bioconductor package org.Hs.eg.db.
    before
        Leave out publications with this PubMed id or a later one. Ids grow with time.
    largest
        Publications with more genes are catalogues, not sets.
    """
    table = load_gene_table()
    symbol = dict(zip(table["entrez"].astype(str), table["symbol"], strict=True))
    with sqlite3.connect(f"file:{org_db}?mode=ro", uri=True) as database:
        rows = database.execute(
            "SELECT CAST(pubmed_id AS INTEGER) AS p, gene_id FROM pubmed JOIN genes USING (_id) ORDER BY p, gene_id"
        )
        paper, genes = -1, list[str]()
        for pubmed_id, entrez in rows:
            if before is not None and pubmed_id >= before:
                break
            if pubmed_id != paper:
                if 1 < len(genes) <= largest:
                    yield str(paper), genes
                paper, genes = pubmed_id, []
            if entrez in symbol:
                genes.append(symbol[entrez])
        if 1 < len(genes) <= largest:
            yield str(paper), genes


def gmt_sets(path: Path) -> NamedSets:
    """Yield the sets of a GMT file with every symbol resolved to an approved human one.

    Mouse and rat symbols that differ from the human one only in case resolve too; the others are left out.
    """
    sets = read_gmt(path).sets
    symbols = sorted({symbol for genes in sets.values() for symbol in genes})
    found = resolve(symbols).table
    approved = {
        given: symbol for given, symbol in zip(found["input"], found["symbol"], strict=True) if isinstance(symbol, str)
    }
    for term, genes in sets.items():
        yield term, list(dict.fromkeys(approved[gene] for gene in genes if gene in approved))


def geo_series(paths: Iterable[Path]) -> frozenset[str]:
    """Return every GEO series that a set name in these GMT files carries."""
    return frozenset(series for path in paths for term in read_gmt(path).sets for series in GEO_SERIES.findall(term))


def build_corpus(
    gmts: Sequence[Path],
    org_db: Path | None = None,
    *,
    before: int | None = None,
    exclude: frozenset[str] = frozenset(),
    smallest: int = 2,
    largest: int = 2000,
    seen: int = 10,
) -> Corpus:
    """Read every source into one corpus.

    Parameters
    ----------
    gmts
        GMT files, one source each.
    org_db
        ``org.Hs.eg.sqlite`` for the literature sets; None leaves them out.
    before
        Cut-off for the literature sets, a PubMed id.
    exclude
        GEO series; a set whose name carries one of them is left out (it would leak a benchmark).
    smallest, largest
        Sets with fewer or more distinct genes are left out.
    seen
        A gene enters the vocabulary when this many sets hold it.

    Raises
    ------
    InputError
        If no set is left.
    """
    sources: list[tuple[str, NamedSets]] = [(path.name.split(".gmt")[0], gmt_sets(path)) for path in gmts]
    if org_db is not None:
        sources.insert(0, (LITERATURE, literature_sets(org_db, before)))
    kept: list[tuple[int, list[str]]] = []
    left_out = Counter[str]()
    for number, (source, named_sets) in enumerate(sources):
        # Two publications on the same genes are two observations; the same set twice in a GMT file is one.
        known = set[frozenset[str]]()
        for name, genes in named_sets:
            if exclude.intersection(GEO_SERIES.findall(name)):
                left_out["sets of a benchmark's GEO series"] += 1
            elif not smallest <= len(genes) <= largest:
                left_out[f"sets outside {smallest} to {largest} genes"] += 1
            elif source != LITERATURE and frozenset(genes) in known:
                left_out["sets repeated within their source"] += 1
            else:
                known.add(frozenset(genes))
                kept.append((number, genes))
    if not kept:
        raise InputError(f"No gene set of {smallest} to {largest} genes in {len(sources)} sources.")
    counts = Counter(gene for _, genes in kept for gene in genes)
    ranked = sorted((gene for gene, n in counts.items() if n >= seen), key=lambda gene: (-counts[gene], gene))
    vocab = Vocab([*SPECIAL, *ranked])
    left_out[f"genes in fewer than {seen} sets"] = len(counts) - len(ranked)
    return _pack(kept, tuple(name for name, _ in sources), vocab, smallest, left_out)


def _pack(
    kept: Iterable[tuple[int, list[str]]],
    sources: tuple[str, ...],
    vocab: Vocab,
    smallest: int,
    left_out: Counter[str],
) -> Corpus:
    """Encode sets; those that the vocabulary makes too small are left out."""
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
        units=np.concatenate(units).astype(np.int32),
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        source=np.array(source, dtype=np.int16),
        sources=sources,
        left_out=dict(left_out),
    )


def unit_frequency(corpus: Corpus) -> NDArray[np.int64]:
    """Return in how many sets each unit of the vocabulary is, shape (V,)."""
    return np.bincount(corpus.units, minlength=len(corpus.vocab))

