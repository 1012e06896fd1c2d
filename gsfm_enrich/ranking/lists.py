"""Thousands of gene lists against a library: a Perturb-seq screen, the markers of every cell state."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gsfm_enrich.errors import InputError, named, warn_caller
from gsfm_enrich.genes.inputs import as_background, as_gene_list
from gsfm_enrich.genes.match import match
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.counts import say_lost
from gsfm_enrich.ranking.membership import Membership, library_membership
from gsfm_enrich.ranking.null import survival
from gsfm_enrich.ranking.overlap import benjamini_hochberg, hypergeometric_tail
from gsfm_enrich.ranking.rerank import locate
from gsfm_enrich.ranking.strata import (
    Background,
    Propensity,
    as_propensity,
    inside_background,
    outside_background,
)
from gsfm_enrich.ranking.weights import LEVELS

LIST_COLUMNS = (
    "list",
    "gene_set",
    "term",
    "overlap",
    "size",
    "p_value",
    "expected_overlap",
    "gsfm_p_value",
    "gsfm_adjusted_p_value",
    "gsfm_rank",
)
CELLS = 3_000_000
"""Lists x terms that one task works on."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def rank_terms(
    lists: Mapping[Any, Iterable[Any]],
    gene_sets: Any,
    *,
    background: Any = None,
    organism: str = "human",
    top: int | None = 10,
    propensity: Any = None,
    n_jobs: int | None = None,
    progress: bool = True,
    model: str | os.PathLike[str] | GSFM = "default",
) -> pd.DataFrame:
    """Rank the terms of libraries for many gene lists at once.

    Gives the figures of `gsfm_enrich.enrichr`, without spelling out genes, at a fraction of its time.

    Parameters
    ----------
    lists
        Names of the lists and their genes, each as `gsfm_enrich.enrichr` takes them.
    gene_sets, organism, model
        As in `gsfm_enrich.enrichr`.
    background
        As in `gsfm_enrich.enrichr`. The genes that were measured are the best choice, and the fastest:
        without them, genes that a library does not hold are counted apart, list by list.
    top
        Terms to return for each list and library, at least 1; None returns all.
    propensity
        As in `gsfm_enrich.enrichr`.
    n_jobs
        Processes, as `joblib.Parallel` has it: None means one, or what a surrounding
        ``joblib.parallel_config`` says, which may be a Dask or Ray cluster.
    progress
        Whether to show a progress bar when the standard error is a terminal.

    Returns
    -------
    DataFrame
        One row a list and term, the best terms first within each list and library:

        - ``list``, ``gene_set``, ``term``
        - ``overlap``, ``size``: genes of list and term in common, and of the term in the background
        - ``p_value``: of the overlap test
        - ``expected_overlap``, ``gsfm_p_value``, ``gsfm_adjusted_p_value``, ``gsfm_rank``: as in
          `gsfm_enrich.enrichr`

    Raises
    ------
    InputError
        If ``lists`` is no mapping or empty, ``top`` is below 1, or a propensity cannot be used.

    Warns
    -----
    GsfmEnrichWarning
        If genes are unknown to libraries and model, or look like those of another species, or lists have no
        gene in a library or its background: how many, and which.

    Examples
    --------
    >>> sets = {"apoptosis": ["TP53", "BAX", "CASP3"], "growth": ["MYC", "EGFR"]}
    >>> table = rank_terms({"drug A": ["TP53", "BAX"], "drug B": ["EGFR"]}, sets, top=1)
    >>> table["term"].tolist()
    ['apoptosis', 'growth']
    """
    if not isinstance(lists, Mapping) or not lists:
        raise InputError(
            f"lists must be a dict of names and gene lists, not {type(lists).__name__}."
            if not isinstance(lists, Mapping)
            else "lists is empty; expected at least one gene list."
        )
    if top is not None and top < 1:
        raise InputError(f"top must be at least 1, or None for all, not {top}.")
    network = load_model(model)
    tested, likely = as_background(background), as_propensity(propensity, organism)
    names, queries = list(lists), [list(dict.fromkeys(as_gene_list(genes))) for genes in lists.values()]
    parts = []
    libraries = load_libraries(gene_sets, organism)
    distinct = list(dict.fromkeys(gene for query in queries for gene in query))
    lost = say_lost(distinct, libraries, network.vocab.tokens, organism)
    if lost:
        warn_caller(lost)
    for library in libraries:
        tables, placed = prepare(library, network, queries, organism, tested, propensity=likely)
        _warn_empty(names, placed, library.name)
        found = _run(tables, placed, top or len(library), n_jobs, progress)
        parts.append(_frame(found, names, library, tables.sizes))
    table = pd.concat(parts, ignore_index=True)
    order = {name: number for number, name in enumerate(names)}
    return table.sort_values("list", key=lambda column: column.map(order), kind="stable", ignore_index=True)


@dataclass(frozen=True, eq=False)
class Tables:
    """What a task needs to know of a library: numbers only, so that it travels light.

    Attributes
    ----------
    incidence : csr_array, shape (n_genes, n_terms)
        Members.
    probable, evidence : csr_array, shape (n_columns, n_terms)
        Probabilities of probable genes, and what these and neighbours count in quarters of a member.
    backgrounds : list of Background
        What queries are drawn from: the background of the test and, where it is None, the genes outside.
    sizes : int64 array, shape (n_terms,)
        Members of each term in the background.
    """

    incidence: csr_array
    probable: csr_array
    evidence: csr_array
    backgrounds: list[Background]
    sizes: Ints

    def apart(self, drawn: Ints) -> list[tuple[Background, Ints]]:
        """Return the backgrounds, each with how many genes of a list are in its strata."""
        ends = np.cumsum([len(background.populations) for background in self.backgrounds])
        return list(zip(self.backgrounds, np.split(drawn, ends[:-1]), strict=True))


@dataclass(frozen=True, eq=False)
class Placed:
    """Where the genes of many lists are.

    Attributes
    ----------
    held : csr_array, shape (n_lists, n_genes)
        Genes of each list in the library, within the background.
    columns : csr_array, shape (n_lists, n_columns)
        The same in the membership table.
    drawn : int64 array, shape (n_lists, n_strata)
        Genes of each list in each stratum of one background after the other.
    """

    held: csr_array
    columns: csr_array
    drawn: Ints

    def lists(self, rows: Ints) -> Placed:
        """Return some of the lists."""
        return Placed(self.held[rows], self.columns[rows], self.drawn[rows])


def prepare(
    library: GeneSetLibrary,
    model: GSFM,
    queries: Sequence[list[str]],
    organism: str,
    background: Sequence[str] | int | None,
    *,
    propensity: Propensity | None = None,
) -> tuple[Tables, Placed]:
    """Collect what is needed of a library, and find the genes of all lists in it."""
    table = library_membership(library, model, organism)
    key = (
        background if background is None or isinstance(background, int) else tuple(dict.fromkeys(background))
    )
    population = len(library.genes) if key is None else key if isinstance(key, int) else len(key)
    inside = inside_background(library, model, organism, key, population=population, propensity=propensity)
    placed = place(queries, library, table, organism, key, inside=inside)
    needs_all = bool((placed.columns.indices >= table.n_library).any())
    probable = csr_array((table.probable if needs_all else table.probable_inside).T)
    evidence = csr_array((table.evidence if needs_all else table.evidence_inside).T)
    backgrounds = [inside]
    if placed.drawn.shape[1] > len(inside.populations):
        backgrounds.append(outside_background(library, model, organism))
    incidence = csr_array(library.incidence.T)
    columns = csr_array(placed.columns[:, : probable.shape[0]])
    placed = Placed(placed.held, columns, placed.drawn)
    return Tables(incidence, probable, evidence, backgrounds, inside.members.sum(axis=0)), placed


def place(
    queries: Sequence[list[str]],
    library: GeneSetLibrary,
    table: Membership,
    organism: str,
    background: tuple[str, ...] | int | None,
    *,
    inside: Background,
) -> Placed:
    """Find the genes of many lists in a library and its membership table."""
    held, columns, drawn = [], [], []
    for query in queries:
        ids = query
        if isinstance(background, tuple):
            within = match(query, background, organism).columns
            ids = [gene for gene, position in zip(query, within, strict=True) if position >= 0]
        there = match(ids, library.genes, organism).columns
        held.append(there[there >= 0])
        where = locate(query, library, table, organism, background)
        columns.append(np.concatenate([where.inside, where.outside]))
        n = len(held[-1]) if background is None else len(ids)
        drawn.append([*inside.drawn(ids, organism, n), len(where.outside)])
    numbers = np.array(drawn, dtype=np.int64)
    if not numbers[:, -1].any():
        numbers = numbers[:, :-1]
    return Placed(_rows(held, len(library.genes)), _rows(columns, len(table.units)), numbers)


def _rows(positions: Sequence[Ints], width: int) -> csr_array:
    """Return lists of columns as a sparse table of ones."""
    starts = np.cumsum([0, *map(len, positions)])
    there = np.concatenate(positions) if len(positions) else np.zeros(0, dtype=np.int64)
    ones = np.ones(len(there), dtype=np.float32)
    return csr_array((ones, there, starts), shape=(len(positions), width))


def _run(
    tables: Tables, placed: Placed, top: int, n_jobs: int | None, progress: bool
) -> list[tuple[NDArray[Any], ...]]:
    """Rank the terms for blocks of lists, in parallel."""
    from joblib import Parallel, delayed
    from rich.console import Console
    from rich.progress import Progress

    # Lists of one length share their null distribution, so they stay together.
    order = np.lexsort(placed.drawn.T[::-1])
    step = max(CELLS // max(tables.incidence.shape[1], 1), 1)
    parts = [order[start : start + step] for start in range(0, len(order), step)]
    tasks = (delayed(rank_block)(tables, placed.lists(rows), rows, top) for rows in parts)
    console = Console(stderr=True)
    with Progress(console=console, disable=not (progress and console.is_terminal)) as bar:
        task = bar.add_task("ranking terms", total=len(parts))
        found = []
        for part in _results(Parallel(n_jobs=n_jobs, return_as="generator"), tasks):
            found.append(part)
            bar.advance(task)
    return found


def _results(parallel: Any, tasks: Iterator[Any]) -> Iterator[Any]:
    """Yield results as they come, in order; a backend that cannot gives them all at the end."""
    try:
        yield from parallel(tasks)
    except ValueError as error:  # joblib says so before any task has run
        if "return_as" not in str(error):
            raise
        parallel.return_as, parallel.return_generator = "list", False
        yield from parallel(tasks)


def rank_block(tables: Tables, placed: Placed, numbers: Ints, top: int) -> tuple[NDArray[Any], ...]:
    """Rank the terms for some lists.

    Parameters
    ----------
    tables, placed
        The library, and the genes of the lists in it.
    numbers : shape (n_lists,)
        What the lists are called in the result.
    top
        Terms to return for each list.

    Returns
    -------
    list, term, overlap, p_value, expected, gsfm_p_value, adjusted, rank
        Arrays of shape (n_rows,), the best terms first within each list.
    """
    hits = np.rint((placed.held @ tables.incidence).toarray()).astype(np.int64)
    soft = np.rint((placed.columns @ tables.evidence).toarray()).astype(np.int64)
    expected = hits + (placed.columns @ tables.probable).toarray()
    tested = tables.sizes > 0
    observed = np.where(tested, LEVELS * hits + soft, 0)
    p: Floats = np.ones(observed.shape)
    mean: Floats = np.zeros(observed.shape)
    for drawn in np.unique(placed.drawn, axis=0):
        rows = np.flatnonzero((placed.drawn == drawn).all(axis=1))
        p[rows] = _p_values(observed[rows], drawn, tables)
        mean[rows] = sum(background.expected(part) for background, part in tables.apart(drawn))
    fold = np.divide(expected, mean, out=np.zeros(observed.shape), where=tested & (mean > 0))
    adjusted = benjamini_hochberg(p, np.broadcast_to(tested, p.shape))
    some = min(top, p.shape[1])
    order: Ints = np.asarray(np.lexsort((-fold, p, np.broadcast_to(~tested, p.shape)), axis=-1))
    order = order[:, :some]
    lists = np.repeat(np.arange(len(p)), some)
    terms = order.ravel()
    kept = tested[terms] & (placed.drawn[lists].sum(axis=1) > 0)
    lists, terms = lists[kept], terms[kept]
    rank = np.tile(np.arange(1, some + 1), len(p))[kept]
    populations = tables.backgrounds[0].populations
    drawn_inside = placed.drawn[lists, : len(populations)].sum(axis=1)
    overlap_p = hypergeometric_tail(
        hits[lists, terms], tables.sizes[terms], drawn_inside, int(populations.sum())
    )
    at = lists, terms
    return numbers[lists], terms, hits[at], overlap_p, expected[at], p[at], adjusted[at], rank


def _p_values(observed: Ints, drawn: Ints, tables: Tables) -> Floats:
    """Return the p-values of lists of one length, shape (n_lists, n_terms); each kind is computed once."""
    width = int(observed.max(initial=0)) + 1
    codes, where = np.unique(
        np.arange(observed.shape[1]) * width + observed, return_inverse=True
    )  # a term and its evidence
    terms, evidence = np.divmod(codes, width)
    strata = [
        stratum.terms(terms)
        for background, part in tables.apart(drawn)
        for stratum in background.strata(part)
    ]
    return survival(evidence, strata)[where].reshape(observed.shape)


def _frame(
    found: Sequence[tuple[NDArray[Any], ...]], names: Sequence[Any], library: GeneSetLibrary, sizes: Ints
) -> pd.DataFrame:
    """Put the results of all tasks into one table."""
    lists, terms, hits, p, expected, gsfm_p, adjusted, rank = (
        np.concatenate(column) for column in zip(*found, strict=True)
    )
    values = (
        [names[number] for number in lists],
        library.name,
        [library.terms[term] for term in terms],
        hits,
        sizes[terms],
        p,
        expected,
        gsfm_p,
        adjusted,
        rank,
    )
    return pd.DataFrame(dict(zip(LIST_COLUMNS, values, strict=True)), columns=list(LIST_COLUMNS))


def _warn_empty(names: Sequence[Any], placed: Placed, library: str) -> None:
    """Say which lists have no gene to be tested."""
    empty = [str(name) for name, n in zip(names, placed.drawn.sum(axis=1), strict=True) if n == 0]
    if empty:
        warn_caller(
            f"{len(empty)} of {len(names)} lists have no gene in {library} or its background: {named(empty)}."
        )
