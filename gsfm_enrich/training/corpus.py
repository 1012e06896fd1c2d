"""The training corpus: gene sets from named sources, as units of a vocabulary."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.errors import InputError, did_you_mean
from gsfm_enrich.genes.resolve import resolve
from gsfm_enrich.genes.spelling import written_as_rodent
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
        How many sets, genes, symbols or lines were left out, by reason, where any were.
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


def literature_sets(
    org_db: Path, before: int | None = None, largest: int = 1000, left_out: Counter[str] | None = None
) -> NamedSets:
    """Yield one set of symbols for every publication that names 2 to ``largest`` genes.

    Parameters
    ----------
    org_db
        ``org.Hs.eg.sqlite`` of the Bioconductor package org.Hs.eg.db.
    before
        Leave out publications with this PubMed id or a later one. Ids grow with time.
    largest
        Publications with more genes are catalogues, not sets.
    left_out
        Counts what was left out, by reason.

    Raises
    ------
    InputError
        If there is no such file, or it is no such database.
    """
    if not org_db.is_file():
        raise InputError(f"There is no file {str(org_db)!r}; expected org.Hs.eg.sqlite of org.Hs.eg.db.")
    left_out = Counter() if left_out is None else left_out
    table = load_gene_table()
    symbol = dict(zip(table["entrez"].astype(str), table["symbol"], strict=True))
    with closing(sqlite3.connect(f"{org_db.resolve().as_uri()}?mode=ro", uri=True)) as database:
        try:
            rows = database.execute(
                "SELECT DISTINCT CAST(pubmed_id AS INTEGER) AS p, gene_id FROM pubmed JOIN genes USING (_id) "
                "ORDER BY p, gene_id"
            )
        except sqlite3.DatabaseError as error:
            raise InputError(f"{str(org_db)!r} cannot be read as org.Hs.eg.sqlite: {error}.") from error
        for pubmed_id, named in groupby(rows, key=itemgetter(0)):
            if before is not None and pubmed_id >= before:
                left_out["publications from the cut-off on"] += 1
                continue
            entrez = [gene for _, gene in named]
            genes = [symbol[gene] for gene in entrez if gene in symbol]
            left_out["genes of publications outside the gene table"] += len(entrez) - len(genes)
            if len(genes) < 2:
                left_out["publications on fewer than 2 genes"] += 1
            elif len(genes) > largest:
                left_out[f"publications on more than {largest} genes"] += 1
            else:
                yield str(pubmed_id), genes


def gmt_sets(path: Path, left_out: Counter[str] | None = None) -> NamedSets:
    """Yield the sets of a GMT file with every symbol resolved to an approved human one.

    A file that is written as mouse and rat are (see `gsfm_enrich.genes.spelling.written_as_rodent`) is read
    as mouse, through orthologues. What is no single human gene is left out.

    Parameters
    ----------
    path
        The file, plain or gzipped.
    left_out
        Counts what was left out, by reason.
    """
    left_out = Counter() if left_out is None else left_out
    parsed = read_gmt(path)
    for fault in ("malformed lines", "duplicate terms"):
        left_out[f"{fault} of GMT files"] += parsed.counts.get(fault, 0)
    symbols = sorted({symbol for genes in parsed.sets.values() for symbol in genes})
    found = resolve(symbols, "mouse" if written_as_rodent(symbols) else "human").table
    approved = {
        given: symbol
        for given, symbol in zip(found["input"], found["symbol"], strict=True)
        if isinstance(symbol, str)
    }
    left_out["symbols of GMT files that are no single human gene"] += len(symbols) - len(approved)
    for term, genes in parsed.sets.items():
        yield term, list(dict.fromkeys(approved[gene] for gene in genes if gene in approved))


def geo_series(paths: Iterable[Path]) -> frozenset[str]:
    """Return every GEO series that a set name in these GMT files carries."""
    return frozenset(
        series for path in paths for term in read_gmt(path).sets for series in GEO_SERIES.findall(term)
    )


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
        Sets with fewer or more distinct genes are left out; at least 2, one to give and one to ask for.
    seen
        A gene enters the vocabulary when this many sets hold it.

    Raises
    ------
    InputError
        If ``smallest`` is below 2, a file cannot be read, or no set is left.
    """
    if smallest < 2:
        raise InputError(f"smallest must be at least 2 (one gene to give, one to ask for), not {smallest}.")
    left_out = Counter[str]()
    sources = [(path.name.split(".gmt")[0], gmt_sets(path, left_out)) for path in gmts]
    if org_db is not None:
        sources.insert(0, (LITERATURE, literature_sets(org_db, before, left_out=left_out)))
    kept: list[tuple[int, list[str]]] = []
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
    corpus = encode_sets(kept, tuple(name for name, _ in sources), vocab, smallest, left_out)
    if not len(corpus):
        raise InputError(f"No gene set has {smallest} genes that are each in {seen} sets or more.")
    return corpus


def encode_sets(
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
    """Return in how many sets each unit of the vocabulary is, shape (V,)."""
    return np.bincount(corpus.units, minlength=len(corpus.vocab))
