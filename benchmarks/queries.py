"""Queries with a known answer: the protocols of term ranking."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.protocols import noisy_mixture, read_library
from gsfm_enrich.libraries.library import GeneSetLibrary

GO_ID = re.compile(r"GO:\d{7}")
PERTURBED = "TF perturbations"


@dataclass(frozen=True)
class Task:
    """Queries against one library.

    Attributes
    ----------
    protocol, library
        What they are called in the table.
    terms
        The library.
    queries
        Genes of each query.
    answers
        The right terms of each query.
    """

    protocol: str
    library: str
    terms: GeneSetLibrary
    queries: list[list[str]]
    answers: list[list[str]]


def mixtures(data: Path, names: list[str], n: int, seed: int) -> Iterator[Task]:
    """Make noisy mixtures, three quarters of the term's genes hidden or nothing."""
    shares = {"three quarters of the term hidden": (0.3, 0.1), "nothing hidden": (0.0, 0.2)}
    for name in names:
        whole = read_library(data, name)
        for protocol, (hidden, left) in shares.items():
            library, pairs = noisy_mixture(whole, n, hidden, left, seed)
            yield Task(protocol, name, library, [q for _, q in pairs], [[term] for term, _ in pairs])


def new_members(data: Path, n: int, seed: int) -> Task:
    """Ask for GO terms by only the genes that the 2023 release added to those of 2021."""
    old, new = (read_library(data, f"GO_Biological_Process_{year}") for year in (2021, 2023))
    by_id = {GO_ID.search(term)[0]: term for term in old.terms if GO_ID.search(term)}
    known = set(old.genes)
    pairs = []
    for term in new.terms:
        found = GO_ID.search(term)
        if found and found[0] in by_id:
            before = by_id[found[0]]
            added = [gene for gene in new[term] if gene in known and gene not in set(old[before])]
            if len(added) >= 3:
                pairs.append((before, added))
    chosen = np.random.default_rng(seed).permutation(len(pairs))[:n]
    queries, answers = [pairs[i][1] for i in chosen], [[pairs[i][0]] for i in chosen]
    return Task("new members only", "GO_Biological_Process_2021", old, queries, answers)


def contaminated(data: Path, n: int, seed: int) -> Task:
    """Ask for GO terms by genes half of which are random, the others hidden from the right term."""
    table = pd.read_csv(data / "benchmark" / "go_contaminated.csv.gz")
    library = read_library(data, "GO_Biological_Process_2021")
    by_id = {GO_ID.search(term)[0]: term for term in library.terms if GO_ID.search(term)}
    table = table[table["GO"].isin(by_id) & (table["Gene_Count"] >= 8)]
    sets, queries, answers = library.to_dict(), [], []
    for row in table.sample(frac=1, random_state=seed).itertuples(index=False):
        term, query = by_id[row.GO], row[4].split()
        left = [gene for gene in sets[term] if gene not in query]
        if len(left) >= 5 and len(queries) < n:
            sets[term] = left
            queries.append(query)
            answers.append([term])
    terms = GeneSetLibrary.from_dict(sets, library.name)
    return Task("half random, the rest hidden", "GO_Biological_Process_2021", terms, queries, answers)


def perturbations(data: Path, name: str, n: int, seed: int) -> Task:
    """Ask for the targets of a factor by the genes that change when it is perturbed."""
    library = read_library(data, name)
    factors: dict[str, list[str]] = {}
    for term in library.terms:
        factors.setdefault(factor_of(term), []).append(term)
    packed = (data / "benchmark" / "tf_perturbations_dev.gmt.gz").read_bytes()
    lines = gzip.decompress(packed).decode().splitlines()
    sets = [line.split("\t") for line in lines]
    usable = [cells for cells in sets if factor_of(cells[0]) in factors]
    chosen = np.random.default_rng(seed).permutation(len(usable))[:n]
    queries = [[gene for gene in usable[i][2:] if gene] for i in chosen]
    answers = [factors[factor_of(usable[i][0])] for i in chosen]
    return Task(PERTURBED, name, library, queries, answers)


def halves(task: Task) -> Iterator[tuple[Task, list[int]]]:
    """Part the perturbed factors into those on which something was chosen and the others, and say which."""
    names = {True: f"{PERTURBED}, factors used to choose", False: f"{PERTURBED}, other factors"}
    for used, protocol in names.items():
        kept = [i for i, terms in enumerate(task.answers) if used_to_choose(factor_of(terms[0])) is used]
        queries, answers = [task.queries[i] for i in kept], [task.answers[i] for i in kept]
        yield Task(protocol, task.library, task.terms, queries, answers), kept


def factor_of(name: str) -> str:
    """Return the transcription factor that a term or a signature is named after."""
    return name.split("_", maxsplit=1)[0].upper()


def used_to_choose(factor: str) -> bool:
    """Return whether something was chosen on a factor's perturbations: half of them, by hash."""
    return zlib.crc32(factor.encode()) % 2 == 0
