"""What a random query is drawn from: the background of a test, in strata of equal propensity.

Experiments do not list all genes equally often: expressed, long and well-studied genes are listed more. A
random query that is to be compared with a real one has as many genes of each *propensity* as the real one.
The background is therefore cut into strata of similar propensity, and the null draws as many genes from each
stratum as the query has there: whatever the bias is, within a stratum it makes no difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.sparse import csc_array, csr_array

from gsfm_enrich.arrays import Floats, Ints
from gsfm_enrich.errors import InputError, did_you_mean
from gsfm_enrich.genes.match import match
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.kept import kept_on_first
from gsfm_enrich.ranking.expected_counts import Stratum
from gsfm_enrich.ranking.membership import Membership

N_STRATA = 10

Names = tuple[str, ...]
Propensity = tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class StratifiedBackground:
    """The genes that a query could have had, in strata.

    Attributes
    ----------
    names : tuple of str
        The genes; empty if only their number is known.
    populations : int64 array, shape (n_strata,)
        Number of genes in each stratum.
    stratum_of : int64 array, shape (len(names),)
        Stratum of each gene.
    members : int64 array, shape (n_strata, n_terms)
        Number of members of each term.
    weight, probability : float64 arrays, shape (n_strata, n_terms)
        Sums of what the genes that are not members count, and of their probabilities.
    """

    names: Names
    populations: Ints
    stratum_of: Ints
    members: Ints
    weight: Floats
    probability: Floats

    def drawn(self, ids: Sequence[str], organism: str, total: int) -> Ints:
        """Return how many genes of a query are in each stratum, shape (n_strata,).

        Parameters
        ----------
        ids
            Identifiers of the query.
        organism
            Organism of the identifiers.
        total
            Number of genes of the query in the background, all that is needed without strata.
        """
        if len(self.populations) == 1:
            return np.array([total])
        found = match(ids, self.names, organism).columns
        return np.bincount(self.stratum_of[found[found >= 0]], minlength=len(self.populations))

    def strata(self, drawn: Ints) -> list[Stratum]:
        """Return the strata that a query with this many genes of each draws from."""
        return [
            Stratum(int(self.populations[i]), int(n), self.members[i] + self.weight[i])
            for i, n in enumerate(drawn)
            if n
        ]

    def expected(self, drawn: Ints) -> Floats:
        """Return the mean expected overlap of random queries, shape (n_terms,)."""
        share = drawn / np.maximum(self.populations, 1)
        return np.asarray(share @ (self.members + self.probability))


@kept_on_first(most=64)
def inside_background(
    table: Membership,
    background: Names | int | None,
    *,
    population: int,
    propensity: Propensity | None = None,
) -> StratifiedBackground:
    """Describe the background of an overlap test; the result does not depend on a query and is kept.

    Parameters
    ----------
    table
        The membership table.
    background
        None for the genes of the library, a number of genes, or their identifiers.
    population
        Genes in the background.
    propensity
        Genes and how likely an experiment lists them, in any unit; None: all equally.
    """
    library, organism = table.library, table.organism
    if isinstance(background, int):
        if propensity is not None:
            raise InputError(
                "propensity needs the genes of the background: a list of them, or None for the genes of each "
                f"library, not the number {background:,}."
            )
        columns, held = np.arange(len(table.units)), np.arange(len(library.genes))
        strata = np.zeros(len(columns), dtype=np.int64)
        return describe(table, (), columns, held, strata=strata, population=population)
    names = library.genes if background is None else background
    if background is None:
        held, columns = np.arange(len(names)), table.of_library
    else:
        held = match(names, library.genes, organism).columns
        columns = table.columns_of(names)
    strata = np.zeros(len(names), dtype=np.int64)
    if propensity is not None:
        strata = cut_into_strata(values_for(names, dict(propensity), organism))
    return describe(table, names, columns, held, strata=strata, population=population)


@kept_on_first(most=64)
def outside_background(table: Membership) -> StratifiedBackground:
    """Describe the genes that only the model knows, which are drawn separately from the library's."""
    apart = np.arange(table.n_library, len(table.units))
    nothing = np.full(len(apart), -1)
    strata = np.zeros(len(apart), dtype=np.int64)
    return describe(table, (), apart, nothing, strata=strata, population=len(apart))


def describe(
    table: Membership, names: Names, columns: Ints, held: Ints, *, strata: Ints, population: int
) -> StratifiedBackground:
    """Count members and probable genes of every term in every stratum.

    Parameters
    ----------
    table
        The membership table.
    names
        The genes, if they have names.
    columns, held
        Column of each gene in the table and in the library, -1 for none.
    strata
        Stratum of each gene.
    population
        Number of genes; those beyond ``strata`` belong to the only stratum.
    """
    n_strata = int(strata.max(initial=0)) + 1
    sizes = np.bincount(strata, minlength=n_strata) if n_strata > 1 else np.array([population])
    members = _sum_by_stratum(table.library.incidence, held, strata[: len(held)], n_strata)
    needs_all = len(columns) and columns.max() >= table.n_library
    probable = table.probable if needs_all else table.probable_inside
    weights = table.weights if needs_all else table.weights_inside
    weight = _sum_by_stratum(weights, columns, strata, n_strata)
    probability = _sum_by_stratum(probable, columns, strata, n_strata)
    return StratifiedBackground(names, sizes, strata, np.rint(members).astype(np.int64), weight, probability)


def _sum_by_stratum(table: csr_array | csc_array, columns: Ints, strata: Ints, n_strata: int) -> Floats:
    """Add up the columns of each stratum, shape (n_strata, n_rows); a column counts once."""
    there = columns >= 0
    distinct, first = np.unique(columns[there], return_index=True)
    indicator = np.zeros((table.shape[1], n_strata))
    indicator[distinct, strata[there][first]] = 1
    return np.asarray((table @ indicator).T)


def values_for(names: Sequence[str], propensity: Mapping[str, float], organism: str) -> Floats:
    """Return the propensity of each gene, 0 for those without one."""
    found = match(names, tuple(propensity), organism).columns
    given = np.array([*propensity.values(), 0.0])
    return np.asarray(given[found])  # position -1 is the 0 at the end


def as_propensity(given: Any, organism: str = "human") -> Propensity | None:
    """Read a propensity: how likely an experiment is to list each gene, in any unit.

    Parameters
    ----------
    given
        None; ``"publications"`` for the number of publications of each human gene; a mapping or Series from
        genes to numbers of 0 or more, such as the mean expression of the genes that were tested.
    organism
        Organism of the query.

    Returns
    -------
    tuple of (gene, number), or None

    Raises
    ------
    InputError
        If it is none of these, or a number is negative, missing or infinite.

    Examples
    --------
    >>> as_propensity({"TP53": 3, "BAX": 0.5})
    (('TP53', 3.0), ('BAX', 0.5))
    """
    if given is None:
        return None
    if isinstance(given, str):
        if given != "publications":
            raise InputError(
                f"propensity must be 'publications' or a number for each gene, not {given!r}."
                f"{did_you_mean(given, ['publications'])}"
            )
        return _publications(organism)
    if not hasattr(given, "items"):
        raise InputError(
            "propensity must be 'publications', or a mapping or Series from genes to numbers, not "
            f"{type(given).__name__}."
        )
    try:
        values = {str(gene): float(value) for gene, value in given.items()}
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"propensity must be a number of 0 or more for each gene ({error}).") from error
    bad = [gene for gene, value in values.items() if not 0 <= value < np.inf]
    if bad:
        raise InputError(
            f"propensity must be a number of 0 or more for each gene; it is {values[bad[0]]} for {bad[0]!r}"
            f" and {len(bad) - 1:,} others."
        )
    return tuple(values.items())


@lru_cache(maxsize=2)
def _publications(organism: str) -> Propensity:
    table = load_gene_table(organism)
    return tuple(zip(table["symbol"], table["publications"].astype(float), strict=True))


def cut_into_strata(values: Floats, n_strata: int = N_STRATA) -> Ints:
    """Return the stratum of each gene, 0 for the lowest propensity; equal values share a stratum.

    The borders divide the mean of two cumulative shares equally: that of the genes, and that of the
    propensity. This way the strata are neither too fine for the many genes of low propensity nor too coarse
    for the few of high propensity.

    Examples
    --------
    >>> cut_into_strata(np.array([0.0, 0.0, 1.0, 2.0, 50.0, 60.0]), n_strata=3)
    array([0, 0, 0, 0, 1, 2])
    """
    distinct, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    mass = counts * np.maximum(distinct, 0)
    shares = np.stack([counts / counts.sum(), mass / max(mass.sum(), 1e-300)])
    middle = (np.cumsum(shares, axis=1) - shares / 2).mean(axis=0)
    numbers = np.minimum((middle * n_strata).astype(np.int64), n_strata - 1)
    return np.unique(numbers, return_inverse=True)[1].astype(np.int64)[where]
