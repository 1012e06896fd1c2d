"""Assemble a corpus from publications and GMT files, in memory that does not grow with the number of sets.

Sets are written to a file as they are read. A corpus is kept in a folder of the cache, named after the
content of its sources and the rules, and is opened from there the next time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.errors import InputError
from gsfm_enrich.files import cache_base
from gsfm_enrich.libraries.gmt import require_file
from gsfm_enrich.model.vocab import N_SPECIAL, SPECIAL
from gsfm_enrich.training.corpus import LITERATURE, MANIFEST, VOCAB, Corpus, open_corpus
from gsfm_enrich.training.duplicates import LOWEST, gene_hashes, similar_to_earlier
from gsfm_enrich.training.setfile import SetFile
from gsfm_enrich.training.sources import (
    GEO_SERIES,
    gmt_sets,
    literature_sets,
    orthologues_used,
    require_org_db,
)

FORMAT = 2
"""Increase this when the same sources and rules give a different corpus."""
ARRAYS = ("units.npy", "starts.npy", "source.npy")


@dataclass(frozen=True)
class Rules:
    """Which sets and genes enter a corpus; the fields are arguments of `build_corpus`.

    Raises
    ------
    InputError
        If ``smallest`` is below 2, or ``near_duplicates`` is out of its range.
    """

    before: int | None
    exclude: tuple[str, ...]
    smallest: int
    largest: int
    seen: int
    near_duplicates: float

    def __post_init__(self) -> None:
        if self.smallest < 2:
            raise InputError(
                f"smallest must be at least 2 (one gene to give, one to ask for), not {self.smallest}."
            )
        if not LOWEST <= self.near_duplicates <= 1:
            raise InputError(f"near_duplicates must be between {LOWEST} and 1, not {self.near_duplicates}.")


def build_corpus(
    gmts: Sequence[Path],
    org_db: Path | None = None,
    *,
    before: int | None = None,
    exclude: frozenset[str] = frozenset(),
    smallest: int = 2,
    largest: int = 2000,
    seen: int = 10,
    near_duplicates: float = 1.0,
    folder: Path | None = None,
) -> Corpus:
    """Read all sources into one corpus, or open the one that was made from the same content before.

    Parameters
    ----------
    gmts
        GMT files, one source each. They may be larger than memory.
    org_db
        ``org.Hs.eg.sqlite`` for the literature sets; None leaves them out.
    before
        Cut-off for the literature sets, a PubMed id.
    exclude
        GEO series; a set whose name carries one of them is left out (it would leak a benchmark).
    smallest, largest
        Sets with fewer or more distinct genes are left out; `smallest` is at least 2, one to give and one to
        ask for.
    seen
        A gene enters the vocabulary when at least this many sets hold it.
    near_duplicates
        A set of a GMT file is left out when its Jaccard index with an earlier kept set of the same file is at
        least this, which is .5 to 1; 1 leaves out only repeated sets. Two publications on the same genes
        are two observations, and both stay. See `gsfm_enrich.training.duplicates`.
    folder
        Where corpora are kept, each in its own folder; by default ``corpora`` in the cache.

    Returns
    -------
    Corpus
        Its ``manifest`` is also written, as manifest.json: file names, SHA-256 and counts of the sources,
        the rules, what was left out, and the SHA-256 of the arrays.

    Raises
    ------
    InputError
        If ``smallest`` is below 2, ``near_duplicates`` is out of its range, a file cannot be read, or no set
        is left.
    LibraryError
        If a file is not a GMT file.
    """
    rules = Rules(before, tuple(sorted(exclude)), smallest, largest, seen, near_duplicates)
    sources = describe_sources(gmts, org_db)
    request = {
        "format": FORMAT,
        "gene table": gene_table_digest(),
        "rules": asdict(rules),
        "sources": sources,
    }
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    folder = cache_base() / "corpora" if folder is None else folder
    kept = folder / digest[:16]
    if (kept / MANIFEST).is_file():
        corpus = open_corpus(kept)
        if corpus.manifest["orthologues"] in (None, orthologues_used()):
            return corpus
        shutil.rmtree(kept)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".new-", ignore_cleanup_errors=True) as scratch:
        new = Path(scratch) / "corpus"
        new.mkdir()
        with SetFile(Path(scratch) / "sets") as sets:
            read = read_sources(sets, gmts, org_db, rules)
            arrange(sets, read, rules, request, new)
        try:
            os.replace(new, kept)
        except OSError:  # another process was faster
            if not (kept / MANIFEST).is_file():
                raise
    return open_corpus(kept)


def describe_sources(gmts: Sequence[Path], org_db: Path | None) -> list[dict[str, str]]:
    """Return name, file name and SHA-256 of every source."""
    if org_db is not None:
        require_org_db(org_db)
    for path in gmts:
        require_file(path)
    named = [] if org_db is None else [(LITERATURE, org_db)]
    named += [(path.name.split(".gmt")[0], path) for path in gmts]
    return [{"name": name, "file": path.name, "sha256": file_digest(path)} for name, path in named]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def gene_table_digest() -> str:
    """Return the SHA-256 of the bundled gene table, which says what a symbol means."""
    return hashlib.sha256((files("gsfm_enrich.data") / "human_genes.tsv.gz").read_bytes()).hexdigest()


@dataclass(frozen=True)
class Reading:
    """What was read into a `SetFile`.

    Attributes
    ----------
    genes : list of str
        Genes that the numbers in the sets stand for.
    kept : bool array, shape (n_sets,)
        Which sets are not near duplicates.
    firsts : list of int
        Number of the first set of every source.
    left_out : list of Counter
        What was left out and why, for each source.
    orthologues : str or None
        How mouse genes were read; None if there were none.
    """

    genes: list[str]
    kept: NDArray[np.bool_]
    firsts: list[int]
    left_out: list[Counter[str]]
    orthologues: str | None


def read_sources(sets: SetFile, gmts: Sequence[Path], org_db: Path | None, rules: Rules) -> Reading:
    """Read the sets of all sources that the rules admit, as numbers of genes."""
    numbers: dict[str, int] = {}
    kept, firsts, left_out, mapped = list[NDArray[np.bool_]](), list[int](), list[Counter[str]](), set[str]()
    paths = [*([] if org_db is None else [None]), *gmts]
    excluded = frozenset(rules.exclude)
    for path in paths:
        firsts.append(len(sets))
        left_out.append(lost := Counter[str]())
        if path is None and org_db is not None:
            named_sets = literature_sets(org_db, rules.before, left_out=lost)
        elif path is not None:
            named_sets = gmt_sets(path, lost, mapped)
        for name, genes in named_sets:
            if not excluded.isdisjoint(GEO_SERIES.findall(name)):
                lost["sets of a benchmark's GEO series"] += 1
            elif not rules.smallest <= len(genes) <= rules.largest:
                lost[f"sets outside {rules.smallest} to {rules.largest} genes"] += 1
            else:
                sets.append([numbers.setdefault(gene, len(numbers)) for gene in genes])
        similar = np.zeros(len(sets) - firsts[-1])
        if path is not None:
            similar = similar_to_earlier(sets, firsts[-1], gene_hashes(list(numbers)), rules.near_duplicates)
        lost["sets repeated within their source"] += int((similar == 1).sum())
        lost["sets nearly repeated within their source"] += int(((similar > 0) & (similar < 1)).sum())
        kept.append(similar == 0)
    if not len(sets):
        raise InputError(
            f"No gene set in {len(paths)} sources has {rules.smallest} to {rules.largest} genes."
        )
    return Reading(list(numbers), np.concatenate(kept), firsts, left_out, "".join(mapped) or None)


def arrange(sets: SetFile, read: Reading, rules: Rules, request: dict[str, Any], folder: Path) -> None:
    """Choose the vocabulary, encode the sets and write the corpus."""
    counts = np.zeros(len(read.genes), dtype=np.int64)
    for units, _ in kept_memberships(sets, read.kept):
        counts += np.bincount(units, minlength=len(counts))
    admitted = np.flatnonzero(counts >= max(rules.seen, 1)).tolist()
    ranked = sorted(admitted, key=lambda gene: (-counts[gene], read.genes[gene]))
    unit_of = np.zeros(len(read.genes), dtype=np.int32)
    unit_of[ranked] = np.arange(N_SPECIAL, N_SPECIAL + len(ranked))
    source = np.searchsorted(read.firsts, np.arange(len(sets)), side="right") - 1
    sizes = np.zeros(len(sets), dtype=np.int64)
    for units, numbers in kept_memberships(sets, read.kept):
        present, sizes_here = np.unique(numbers[unit_of[units] > 0], return_counts=True)
        sizes[present] = sizes_here
    long_enough = sizes >= rules.smallest
    if not long_enough.any():
        raise InputError(
            f"No gene set has {rules.smallest} genes that are each in at least {rules.seen} sets."
        )
    too_small = np.bincount(source[read.kept & ~long_enough], minlength=len(read.firsts))
    for lost, n in zip(read.left_out, too_small.tolist(), strict=True):
        lost["sets too small within the vocabulary"] += n
    with (folder / "units.npy").open("wb") as file:
        shape = (int(sizes[long_enough].sum()),)
        np.lib.format.write_array_header_1_0(file, {"descr": "<i4", "fortran_order": False, "shape": shape})
        for units, numbers in kept_memberships(sets, read.kept & long_enough):
            encoded = unit_of[units]
            order = np.lexsort((encoded, numbers))
            file.write(encoded[order][encoded[order] > 0].astype("<i4").tobytes())
    np.save(folder / "starts.npy", np.concatenate([[0], np.cumsum(sizes[long_enough])]).astype(np.int64))
    np.save(folder / "source.npy", source[long_enough].astype(np.int16))
    (folder / VOCAB).write_text("\n".join([*SPECIAL, *(read.genes[gene] for gene in ranked)]) + "\n", "utf-8")
    manifest = describe(read, request, source[long_enough], sizes[long_enough])
    rare = int(np.count_nonzero(counts)) - len(ranked)
    manifest["left out"] |= {f"genes in fewer than {rules.seen} sets": rare} if rare else {}
    manifest["genes"] = len(ranked)
    manifest["arrays"] = {name: file_digest(folder / name) for name in (*ARRAYS, VOCAB)}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")


def kept_memberships(
    sets: SetFile, kept: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64]]]:
    """Yield the genes of the kept sets, block by block, each with the number of its set."""
    for block in sets.blocks():
        numbers = block.first + block.rows
        chosen = kept[numbers]
        yield block.units[chosen], numbers[chosen]


def describe(
    read: Reading, request: dict[str, Any], source: NDArray[np.int64], sizes: NDArray[np.int64]
) -> dict[str, Any]:
    """Return the manifest, except for the genes and the digests of the arrays."""
    n_sources = len(read.firsts)
    n_sets = np.bincount(source, minlength=n_sources).tolist()
    memberships = np.bincount(source, weights=sizes, minlength=n_sources).astype(np.int64).tolist()
    described = [
        {**about, "sets": n, "memberships": m, "left out": dict(+lost)}
        for about, n, m, lost in zip(request["sources"], n_sets, memberships, read.left_out, strict=True)
    ]
    return {
        **request,
        "sources": described,
        "orthologues": read.orthologues,
        "left out": dict(sum(read.left_out, Counter[str]())),
        "sets": sum(n_sets),
        "memberships": sum(memberships),
    }
