"""Where gene sets come from: publications and GMT files, one set at a time."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.orthology import load_orthology
from gsfm_enrich.genes.resolve import resolve
from gsfm_enrich.genes.spelling import written_as_rodent
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.libraries.gmt import iter_gmt, read_gmt

GEO_SERIES = re.compile(r"GSE\d+")
NamedSets = Iterator[tuple[str, list[str]]]


def literature_sets(
    org_db: Path, before: int | None = None, largest: int = 1000, left_out: Counter[str] | None = None
) -> NamedSets:
    """Yield one set of symbols for every publication that names 2 to ``largest`` genes.

    Parameters
    ----------
    org_db
        ``org.Hs.eg.sqlite`` of the Bioconductor package org.Hs.eg.db.
    before
        Leave out publications with this PubMed id or a larger one. Ids increase with time.
    largest
        Publications with more genes are catalogues, not sets.
    left_out
        Counts what was left out, by reason.

    Raises
    ------
    InputError
        If there is no such file, or it is not such a database.
    """
    require_org_db(org_db)
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


def require_org_db(path: Path) -> None:
    """Raise an error if there is no file at a path.

    Raises
    ------
    InputError
        If there is no file; the message says which one is expected.
    """
    if not path.is_file():
        raise InputError(f"There is no file {str(path)!r}; expected org.Hs.eg.sqlite of org.Hs.eg.db.")


def gmt_sets(path: Path, left_out: Counter[str] | None = None, mapped: set[str] | None = None) -> NamedSets:
    """Yield the sets of a GMT file with every symbol resolved to an approved human one.

    A file with symbols spelled like mouse or rat genes (see `gsfm_enrich.genes.spelling.written_as_rodent`)
    is read as mouse, through orthologues. Symbols that are not a single human gene are left out; of terms
    with the same name the last counts. The file is read twice, and only its distinct symbols and 8 bytes per
    set are kept in memory.

    Parameters
    ----------
    path
        The file, plain or gzipped.
    left_out
        Counts what was left out, by reason.
    mapped
        Receives the result of `orthologues_used` if the file is read as mouse.
    """
    left_out = Counter() if left_out is None else left_out
    counts, symbols, terms = Counter[str](), set[str](), array("Q")
    for term, genes in iter_gmt(path, counts):
        symbols.update(genes)
        terms.append(_digest(term))
    last = _last_of_equals(terms)
    left_out["malformed lines of GMT files"] += counts["malformed lines"]
    if counts["descriptions read as genes"]:
        left_out["descriptions of GMT files that are genes, and were read as such"] += counts[
            "descriptions read as genes"
        ]
    left_out["duplicate terms of GMT files"] += len(terms) - int(last.sum())
    approved = _approved(symbols, mapped)
    left_out["symbols of GMT files that are not single human genes"] += len(symbols) - len(approved)
    for counted, (term, genes) in zip(last, iter_gmt(path, Counter()), strict=True):
        if counted:
            yield term, list(dict.fromkeys(approved[gene] for gene in genes if gene in approved))


def orthologues_used() -> str:
    """Return the table by which mouse genes are read: its SHA-256, or that it is done by rule."""
    origin = load_orthology("mouse").origin
    return f"SHA-256 {origin.sha256}" if origin else "by rule"


def _approved(symbols: set[str], mapped: set[str] | None) -> dict[str, str]:
    """Return the approved symbol of each symbol that is a single human gene."""
    ordered = sorted(symbols)
    rodent = written_as_rodent(ordered)
    if rodent and mapped is not None:
        mapped.add(orthologues_used())
    found = resolve(ordered, "mouse" if rodent else "human").table
    pairs = zip(found["input"], found["symbol"], strict=True)
    return {given: symbol for given, symbol in pairs if isinstance(symbol, str)}


def _digest(text: str) -> int:
    """Return a 64-bit hash of a text: any two of a million agree with probability below 1 in 10 million."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _last_of_equals(numbers: array[int]) -> NDArray[np.bool_]:
    """Return for each number whether it does not occur again later."""
    backwards = np.array(numbers, dtype=np.uint64)[::-1]
    last = np.zeros(len(numbers), dtype=bool)
    last[len(numbers) - 1 - np.unique(backwards, return_index=True)[1]] = True
    return last


def geo_series(paths: Iterable[Path]) -> frozenset[str]:
    """Return every GEO series that occurs in a set name of these GMT files."""
    return frozenset(
        series for path in paths for term in read_gmt(path).sets for series in GEO_SERIES.findall(term)
    )
