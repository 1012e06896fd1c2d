"""Ranked statistics of the groups of an AnnData, and of the same groups with permuted labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from gsfm_enrich.arrays import Floats, Ints
from gsfm_enrich.errors import InputError, did_you_mean
from gsfm_enrich.expression.label_statistics import (
    METHODS,
    CellSums,
    Method,
    label_statistics,
    permuted_codes,
    prepare_cells,
)
from gsfm_enrich.expression.pseudobulk import LABELLINGS_COUNTED, Samples, check_samples, sum_cells
from gsfm_enrich.expression.rank_genes_groups import names_tested, ranking_record, used_raw

if TYPE_CHECKING:
    from anndata import AnnData

REST = "rest"
COUNTS = "counts"
FEWEST_CELLS = 2
TABLES_AT_ONCE = 128
"""Number of permuted tables that a thread has in memory at once."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Groups of cells that are tested together against all other cells of a matrix.

    Attributes
    ----------
    groups : tuple of str
        The groups.
    cells : CellSums
        The cells, in the form that the test sums.
    codes : int64 array, shape (n_cells,)
        Group of each cell, -1 for cells in no group.
    strata : array or None, shape (n_cells,)
        Donor or batch of each cell.
    """

    groups: tuple[str, ...]
    cells: CellSums
    codes: Ints
    strata: npt.NDArray[Any] | None

    def statistics(self) -> Floats:
        """Return the statistics of the groups, shape (n_groups, n_genes)."""
        return label_statistics(self.cells, self.codes, len(self.groups))

    def n_labellings(self) -> int:
        """Return how many labellings there are: too many to count."""
        return LABELLINGS_COUNTED

    def permuted(self, n: int, rng: np.random.Generator) -> list[Callable[[], Floats]]:
        """Return functions that give the statistics of `n` labellings, in portions of (n_tables, n_genes).

        Each has random numbers of its own, so that threads may call them in any order.
        """
        step = max(TABLES_AT_ONCE // len(self.groups), 1)
        sizes = [min(step, n - start) for start in range(0, n, step)]
        return [
            partial(self._draw, size, own) for size, own in zip(sizes, rng.spawn(len(sizes)), strict=True)
        ]

    def _draw(self, n: int, rng: np.random.Generator) -> Floats:
        return label_statistics(self.cells, permuted_codes(self.codes, n, rng, self.strata), len(self.groups))


@dataclass(frozen=True, eq=False)
class CellComparisons:
    """What ``scanpy.tl.rank_genes_groups`` compared, ready to be repeated with other labels.

    Attributes
    ----------
    names : tuple of str
        Names of the genes in the tested matrix.
    method : str
        The test that gives the statistics.
    reference : str
        ``"rest"``, or the group that the others are compared with.
    comparisons : tuple of Comparison or of Samples
        One with all groups if they are compared with the rest, else one per group.
    expressed : float64 array, shape (n_genes,)
        Share of all cells that express each gene: a value above 0.
    """

    names: tuple[str, ...]
    method: str
    reference: str
    comparisons: tuple[Comparison, ...] | tuple[Samples, ...]
    expressed: Floats

    def n_labellings(self) -> int:
        """Return the smallest number of labellings of a comparison; for cells it is unlimited."""
        return min(part.n_labellings() for part in self.comparisons)

    def permuted(self, n: int, seed: int) -> list[Callable[[], Floats]]:
        """Return functions that give the statistics of `n` labellings of each comparison, in portions."""
        rng = np.random.default_rng(seed)
        return [draw for part in self.comparisons for draw in part.permuted(n, rng)]


def read_comparisons(
    adata: AnnData, key: str, groups: list[str], batch: str | None = None
) -> CellComparisons:
    """Read the cells and groups that scanpy compared.

    Parameters
    ----------
    adata
        Annotated data with a ranking.
    key
        Slot of ``adata.uns`` that holds it.
    groups
        Groups to take.
    batch
        Column of ``adata.obs`` with the batch of each cell, within which labels are permuted.

    Returns
    -------
    CellComparisons
        Comparisons by the method of the ranking; logistic regression, which has no statistic per labelling,
        is replaced by the t-test.

    Raises
    ------
    InputError
        If a column of ``adata.obs``, the tested matrix or the cells of a group are missing.
    """
    record = ranking_record(adata, key)
    params: Mapping[str, Any] = record["params"]
    labels = _labels(adata, record, key)
    strata = None if batch is None else _column(adata, batch, "batch= names")
    matrix, names = _tested_matrix(adata, record, key)
    method = str(params.get("method"))
    used: Method = next((name for name in METHODS if name == method), "t-test")
    reference = str(params.get("reference", REST))
    comparisons = []
    for pool, inside, codes in _pools(labels, groups, reference):
        _check_cells(codes, pool, len(codes))
        pool_cells = matrix if inside.all() else matrix[inside]
        cells = prepare_cells(pool_cells, used, tie_correct=bool(params.get("tie_correct", False)))
        comparisons.append(Comparison(tuple(pool), cells, codes, None if strata is None else strata[inside]))
    return CellComparisons(names, used, reference, tuple(comparisons), _expressed(matrix))


def read_pseudobulk(
    adata: AnnData, key: str, groups: list[str], replicate: str, layer: str | None = None
) -> CellComparisons:
    """Read the groups that scanpy compared as samples: sums of the cells of each replicate and group.

    Parameters
    ----------
    adata
        Annotated data with a ranking.
    key
        Slot of ``adata.uns`` that holds it.
    groups
        Groups to take.
    replicate
        Column of ``adata.obs`` with the replicate of each cell, such as its donor.
    layer
        Layer with counts; by default ``"counts"``, else ``adata.X`` if it holds counts.

    Returns
    -------
    CellComparisons
        Comparisons of samples.

    Raises
    ------
    InputError
        If a column of ``adata.obs`` or the counts are missing, or a group has fewer than two samples.
    """
    record = ranking_record(adata, key)
    labels, donors = _labels(adata, record, key), _column(adata, replicate, "replicate= names")
    counts = _counts(adata, layer)
    values, samples = sum_cells(counts, labels.tolist(), donors.tolist())
    of_group = np.array([group for group, _ in samples], dtype=object)
    replicates = np.unique([donor for _, donor in samples], return_inverse=True)[1]
    reference = str(record["params"].get("reference", REST))
    comparisons = []
    for pool, inside, codes in _pools(of_group, groups, reference):
        check_samples(codes, pool)
        own = np.unique(replicates[inside], return_inverse=True)[1]
        comparisons.append(Samples(tuple(pool), values[inside], codes, own))
    names = tuple(map(str, adata.var_names))
    return CellComparisons(names, "moderated t", reference, tuple(comparisons), _expressed(counts))


def _counts(adata: AnnData, layer: str | None) -> sparse.csr_array:
    """Return the matrix of counts: whole numbers, none below 0."""
    if layer is not None and layer not in adata.layers:
        raise InputError(f"adata.layers has no {layer!r}." + did_you_mean(layer, map(str, adata.layers)))
    name = COUNTS if layer is None else layer
    tried = {f"adata.layers[{name!r}]": adata.layers[name]} if name in adata.layers else {}
    if layer is None and adata.X is not None:
        tried["adata.X"] = adata.X
    for found in tried.values():
        matrix = _in_memory(found)
        values = matrix.data
        if not len(values) or (values.min() >= 0 and np.array_equal(values, np.rint(values))):
            return matrix
    raise InputError(
        f"replicate= sums counts, but there are none in {' or '.join(tried) or 'adata'}. Keep them in "
        "adata.layers['counts'] before you normalise, or name the layer with layer=."
    )


def _labels(adata: AnnData, record: Mapping[str, Any], key: str) -> npt.NDArray[Any]:
    groupby = str(record["params"].get("groupby", ""))
    return _column(adata, groupby, f"adata.uns[{key!r}] was computed by groups of")


def _pools(
    labels: npt.NDArray[Any], groups: list[str], reference: str
) -> Iterator[tuple[list[str], npt.NDArray[np.bool_], Ints]]:
    """Yield the groups that are tested together, which rows take part, and the group of each of these."""
    for pool in [groups] if reference == REST else [[group] for group in groups if group != reference]:
        inside = np.isin(labels, [*pool, reference]) | (reference == REST)
        yield pool, inside, _codes(labels[inside], pool)


def _expressed(matrix: sparse.csr_array) -> Floats:
    return np.bincount(matrix.indices, matrix.data > 0, matrix.shape[1]) / max(matrix.shape[0], 1)


def _codes(labels: npt.NDArray[Any], groups: list[str]) -> Ints:
    place = {group: number for number, group in enumerate(groups)}
    return np.array([place.get(label, -1) for label in labels], dtype=np.int64)


def _check_cells(codes: Ints, groups: list[str], n_cells: int) -> None:
    counts = np.bincount(codes[codes >= 0], minlength=len(groups))
    for group, count in zip(groups, counts.tolist(), strict=True):
        if count < FEWEST_CELLS or n_cells - count < FEWEST_CELLS:
            raise InputError(
                f"Group {group!r} has {count} of {n_cells} cells; at least {FEWEST_CELLS} are needed in it "
                "and as many outside it. If the cells were subset after rank_genes_groups, run it again."
            )


def _column(adata: AnnData, name: str, what: str) -> npt.NDArray[Any]:
    """Return a column of labels as strings; missing labels are empty."""
    if name not in adata.obs:
        columns = [str(column) for column in adata.obs.columns]
        raise InputError(
            f"{what} adata.obs[{name!r}], but adata.obs has no such column." + did_you_mean(name, columns)
        )
    column = pd.Series(adata.obs[name]).astype(object)
    return column.where(column.notna(), "").astype(str).to_numpy()


def _tested_matrix(adata: AnnData, record: Mapping[str, Any], key: str) -> tuple[Any, tuple[str, ...]]:
    """Return the matrix that was tested, in memory, without the genes that the ranking left out."""
    raw, layer = used_raw(adata, record), record["params"].get("layer")
    if raw and adata.raw is None:
        raise InputError(
            f"adata.uns[{key!r}] was computed on adata.raw, which is gone, so labels cannot be permuted."
        )
    if layer is not None and layer not in adata.layers:
        raise InputError(f"adata.uns[{key!r}] was computed on adata.layers[{layer!r}], which is gone.")
    matrix = adata.raw.X if raw else adata.X if layer is None else adata.layers[layer]
    names = [str(name) for name in (adata.raw.var_names if raw else adata.var_names)]
    if matrix is None:
        raise InputError(f"adata.uns[{key!r}] was computed on adata.X, which is gone.")
    tested, source = names_tested(adata, key)
    columns = _in_memory(matrix)
    if source == "rank_genes_groups":  # mask_var left genes out
        place = {name: number for number, name in enumerate(names)}
        kept = sorted(place[name] for name in set(tested) if name in place)
        columns, names = columns[:, kept], [names[number] for number in kept]
    return columns, tuple(names)


def _in_memory(matrix: Any) -> sparse.csr_array:
    matrix = matrix[:] if not (sparse.issparse(matrix) or isinstance(matrix, np.ndarray)) else matrix
    return sparse.csr_array(matrix.compute() if hasattr(matrix, "compute") else matrix)
