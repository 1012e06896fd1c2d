"""The distribution of overlaps under permuted labels: what correlated genes do to lists by themselves.

The genes that a random grouping of cells ranks first are no uniform draw: they are expressed together, and
some of them are always found more easily. The mean and the variance of every term's overlap with such lists
replace those of random genes. The law is the negative binomial, the usual one of counts that vary more than
independent draws.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.sparse import csr_array
from scipy.special import betainc

from gsfm_enrich.arrays import Floats, Ints
from gsfm_enrich.genes.match import match
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.ranking.expected_counts import ROUNDING, TINY
from gsfm_enrich.ranking.membership import Membership
from gsfm_enrich.ranking.statistic import sparse_rows

PRIOR_LISTS = 20
"""Lists of random genes that count beside the permuted ones, so that a term that no permuted list hits has a
mean. From 5 to 50 give the same results, see benchmarks/README.md."""
LEAST_SPREAD = 1 + 1e-4
"""Variance over mean cannot be less: at 1 the negative binomial is Poisson's law."""

Kind = TypeVar("Kind", bound=Hashable)


@dataclass(frozen=True, eq=False)
class GeneCounts:
    """What each gene counts in every term when it is in a list.

    Attributes
    ----------
    members : csr_array, shape (n_genes, n_terms)
        1 for members.
    completed : csr_array or None, shape (n_genes, n_terms)
        The same with the weights of predicted members; None without a model.
    """

    members: csr_array
    completed: csr_array | None


@dataclass(frozen=True, eq=False)
class CountLaw:
    """The negative binomial law of each term's overlap.

    Attributes
    ----------
    mean, variance : float64 arrays, shape (n_terms,)
        Of the overlap.
    unit : float64 array, shape (n_terms,)
        What one gene counts on average, weighted by what it counts: 1 where only members count. The law is
        that of the overlap in these units.
    """

    mean: Floats
    variance: Floats
    unit: Floats

    def p_values(self, overlap: Floats | Ints) -> Floats:
        """Return the chance of at least this overlap.

        Parameters
        ----------
        overlap : shape (n_terms,)
            Numbers of members, or what members and predicted members count together.

        Returns
        -------
        float64 array, shape (n_terms,)
            The upper tail; for fractions, the incomplete beta function that gives it for whole numbers.
        """
        found, mean = overlap / self.unit, self.mean / self.unit
        variance = np.maximum(self.variance / self.unit**2, mean * LEAST_SPREAD)
        there = (overlap >= ROUNDING) & (mean > 0)
        p = np.ones(len(mean))
        m, v = mean[there], variance[there]
        p[there] = betainc(found[there], m**2 / (v - m), 1 - m / v)
        return np.clip(p, TINY, 1.0)


@dataclass(frozen=True, eq=False)
class ListNull:
    """The laws of lists of one length.

    Attributes
    ----------
    members, completed : CountLaw
        Of the number of members, and of what predicted members count as well; the second is None without a
        model.
    """

    members: CountLaw
    completed: CountLaw | None


def gene_counts(
    library: GeneSetLibrary,
    genes: Sequence[str],
    background: int | Sequence[str] | None,
    organism: str,
    table: Membership | None,
) -> GeneCounts:
    """Return what each gene counts in every term.

    Parameters
    ----------
    library
        The terms.
    genes
        Distinct identifiers of any kind.
    background
        As for the test of the lists; genes outside a background of named genes count nothing.
    organism
        Organism of the genes.
    table
        The library, completed by a model; None without a model.

    Examples
    --------
    >>> library = GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX"], "growth": ["MYC"]})
    >>> gene_counts(library, ["MYC", "p53", "BAX"], ("MYC", "TP53"), "human", None).members.toarray()
    array([[0., 1.],
           [1., 0.],
           [0., 0.]], dtype=float32)
    """
    inside = np.ones(len(genes), dtype=bool)
    if background is not None and not isinstance(background, int):
        inside = match(genes, tuple(background), organism).columns >= 0
    members = _picked(match(genes, library.genes, organism).columns, inside, library.by_gene)
    if table is None:
        return GeneCounts(members, None)
    weights = _picked(table.columns_of(genes), inside, csr_array(table.weights.T))
    return GeneCounts(members, csr_array(members + weights))


def _picked(columns: Ints, inside: Ints, table: csr_array) -> csr_array:
    """Return the rows of a table that belong to genes; empty rows for genes it does not have."""
    kept = inside & (columns >= 0)
    starts = np.concatenate([[0], np.cumsum(kept)])
    shape = len(columns), table.shape[0]
    return csr_array(
        csr_array((np.ones(starts[-1], dtype=np.float32), columns[kept], starts), shape=shape) @ table
    )


def list_nulls(
    draws: Iterable[Mapping[Kind, Ints]], counts: Sequence[GeneCounts]
) -> list[dict[Kind, ListNull]]:
    """Compute the laws of overlaps from lists of permuted labels, for several libraries.

    Parameters
    ----------
    draws
        Lists of each kind, shape (n_lists, length): positions of genes. As many portions as memory requires.
    counts
        What the genes count in each library.

    Returns
    -------
    list of dict
        For each library the laws of each kind of list.

    Notes
    -----
    Mean and variance are those of the permuted lists and of `PRIOR_LISTS` lists of random genes, whose mean
    and variance are known.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> random = np.stack([rng.permutation(100)[:10] for _ in range(2000)])
    >>> library = GeneSetLibrary.from_dict({"a": [f"G{i}" for i in range(20)]})
    >>> known = gene_counts(library, [f"G{i}" for i in range(100)], None, "human", None)
    >>> [null] = list_nulls([{"up": random}], [known])
    >>> null["up"].members.mean.round(1)
    array([2.])
    """
    tables = [table for each in counts for table in (each.members, each.completed) if table is not None]
    laws = iter(_laws(draws, tables))
    nulls = []
    for each in counts:
        members = next(laws)
        completed = next(laws) if each.completed is not None else {}
        nulls.append({kind: ListNull(law, completed.get(kind)) for kind, law in members.items()})
    return nulls


def _laws(draws: Iterable[Mapping[Kind, Ints]], tables: Sequence[csr_array]) -> list[dict[Kind, CountLaw]]:
    """Return the laws of each kind of list, for what genes count in several tables."""
    sums: dict[Kind, list[Floats]] = {}
    shapes: dict[Kind, tuple[int, int]] = {}
    for portion in draws:
        for kind, lists in portion.items():
            rows = sparse_rows(list(lists), tables[0].shape[0])
            new = [_power_sums(csr_array(rows @ table)) for table in tables]
            sums[kind] = (
                [old + more for old, more in zip(sums[kind], new, strict=True)] if kind in sums else new
            )
            shapes[kind] = shapes.get(kind, (0, 0))[0] + len(lists), lists.shape[1]
    return [
        {kind: _law(powers[number], table, *shapes[kind]) for kind, powers in sums.items()}
        for number, table in enumerate(tables)
    ]


def _power_sums(overlaps: csr_array) -> Floats:
    """Return the sums of the overlaps of lists and of their squares, shape (2, n_terms)."""
    exact = overlaps.astype(np.float64)
    return np.stack([np.asarray(part.sum(axis=0)) for part in (exact, exact.power(2))])


def _law(powers: Floats, table: csr_array, n_lists: int, length: int) -> CountLaw:
    """Return the law of permuted lists, and of some lists of random genes beside them."""
    n_genes = table.shape[0]
    size, squares = (np.asarray(part.sum(axis=0), dtype=np.float64) for part in (table, table.power(2)))
    share = length / n_genes
    random_mean = share * size
    spread = (squares - size**2 / n_genes) * n_genes / max(n_genes - 1, 1)
    random_variance = share * (1 - share) * np.maximum(spread, 0)
    n = n_lists + PRIOR_LISTS
    mean = (powers[0] + PRIOR_LISTS * random_mean) / n
    about = powers[1] - 2 * mean * powers[0] + n_lists * mean**2
    variance = (np.maximum(about, 0) + PRIOR_LISTS * random_variance) / n
    unit = np.divide(squares, size, out=np.ones_like(size), where=size > 0)
    return CountLaw(mean, variance, unit)
