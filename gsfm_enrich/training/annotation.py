"""Tables of neighbours from what genes are: families by name and domain, and location on a chromosome."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.model.vocab import Vocab

WORD = re.compile(r"[a-z0-9]+")
STEM = re.compile(r"[A-Z]{2,}")
MOST_GENES = 800
"""A word or domain that more genes share is not informative."""
SMOOTHING = 0.3
REACH = 2_000_000
NEAR = 50_000
"""Base pairs: the largest distance of neighbours, and the distance at which nearness is half."""
STEPS = 60


def open_database(org_db: Path) -> closing[sqlite3.Connection]:
    """Open ``org.Hs.eg.sqlite`` for reading only."""
    return closing(sqlite3.connect(f"{org_db.resolve().as_uri()}?mode=ro", uri=True))


def unit_of_entrez(vocab: Vocab) -> dict[str, int]:
    """Return the unit of every Entrez id whose gene the vocabulary holds."""
    table = load_gene_table()
    unit = {gene: number for number, gene in enumerate(vocab.tokens)}
    pairs = zip(table["entrez"].astype(str), table["symbol"], strict=True)
    return {entrez: unit[symbol] for entrez, symbol in pairs if symbol in unit}


def name_words(symbol: str, name: str) -> Iterator[str]:
    """Yield what the name of a gene may share with names in its family.

    These are its words and pairs of words, except numbers, and the beginning of its symbol.

    Examples
    --------
    >>> sorted(name_words("CXCL8", "C-X-C motif chemokine ligand 8"))[:4]
    ['c', 'c motif', 'c x', 'chemokine']
    """
    words = [word for word in WORD.findall(name.lower()) if not word.isdigit()]
    yield from set(words)
    yield from {f"{first} {second}" for first, second in pairwise(words)}
    stem = STEM.match(symbol)
    if stem:
        yield f"stem {stem.group()}"
    if len(symbol) > 4:
        yield f"start {symbol[:4]}"


def similarity(pairs: Iterable[tuple[int, str]], n_units: int) -> csr_array:
    """Return the similarity of genes by the features they share, shape (n_units, n_units).

    Parameters
    ----------
    pairs
        Pairs of a unit and a feature.

    Returns
    -------
    csr_array of float32
        Cosine, slightly lower for genes with few features. A feature of f of V genes counts
        ``(log(V / f) / log V) ** 1.5``; one that a single gene or more than 800 genes have does not count.
    """
    numbers: dict[str, int] = {}
    rows, columns = [], []
    for unit, feature in pairs:
        rows.append(unit)
        columns.append(numbers.setdefault(feature, len(numbers)))
    ones = np.ones(len(rows), dtype=np.float32)
    places = (np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64))
    table = csr_array((ones, places), shape=(n_units, max(len(numbers), 1)))
    table.sum_duplicates()
    table.data[:] = 1
    spread = np.bincount(table.indices, minlength=table.shape[1])
    table = csr_array(table[:, np.flatnonzero((spread >= 2) & (spread <= MOST_GENES))])
    spread = np.bincount(table.indices, minlength=table.shape[1])
    table.data *= (np.log(n_units / spread[table.indices]) / np.log(n_units)) ** 1.5
    length = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)))
    table.data /= np.repeat(length + SMOOTHING, np.diff(table.indptr))
    shared: csr_array = table @ table.T
    return shared


def family_similarity(org_db: Path, vocab: Vocab) -> csr_array:
    """Return the similarity of genes by the words of their names and their domains (Pfam and PROSITE)."""
    unit = unit_of_entrez(vocab)
    with open_database(org_db) as database:
        names = database.execute("SELECT gene_id, symbol, gene_name FROM gene_info JOIN genes USING (_id)")
        words = [
            (unit[gene], word)
            for gene, symbol, name in names
            if gene in unit
            for word in name_words(symbol, name)
        ]
        domains = database.execute(
            "SELECT gene_id, pfam_id FROM pfam JOIN genes USING (_id) WHERE pfam_id IS NOT NULL "
            "UNION SELECT gene_id, prosite_id FROM prosite JOIN genes USING (_id) "
            "WHERE prosite_id IS NOT NULL"
        )
        shared = [(unit[gene], domain) for gene, domain in domains if gene in unit]
    return csr_array(similarity(words, len(vocab)) + similarity(shared, len(vocab)))


def location_similarity(org_db: Path, vocab: Vocab) -> csr_array:
    """Return the nearness of genes on a chromosome: ``1 / (1 + distance / 50 kb)`` up to 2 Mb."""
    unit = unit_of_entrez(vocab)
    place: dict[int, tuple[str, int]] = {}
    with open_database(org_db) as database:
        rows = database.execute(
            "SELECT gene_id, seqname, MIN(ABS(start_location)) "
            "FROM chromosome_locations JOIN genes USING (_id) WHERE LENGTH(seqname) <= 2 "
            "GROUP BY gene_id ORDER BY gene_id, seqname"
        )
        for gene, chromosome, start in rows:
            if gene in unit:
                place.setdefault(unit[gene], (chromosome, start))
    ordered = sorted(place, key=lambda number: (*place[number], number))
    units = np.array(ordered, dtype=np.int64)
    chromosomes = np.array([place[number][0] for number in ordered])
    starts = np.array([place[number][1] for number in ordered], dtype=np.float64)
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    for step in range(1, min(STEPS, len(units))):
        distance = starts[step:] - starts[:-step]
        near = (chromosomes[step:] == chromosomes[:-step]) & (distance < REACH)
        similarity = 1 / (1 + distance[near] / NEAR)
        first, second = units[:-step][near], units[step:][near]
        found += [(first, second, similarity), (second, first, similarity)]
    rows_, columns, values = (np.concatenate(part) for part in zip(*found, strict=True))
    shape = (len(vocab), len(vocab))
    return csr_array((values.astype(np.float32), (rows_, columns)), shape=shape)
