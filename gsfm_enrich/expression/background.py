"""The genes that could have been found: the background of an enrichment, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gsfm_enrich.errors import InputError, did_you_mean, warn_caller
from gsfm_enrich.expression.markers import Ranking
from gsfm_enrich.expression.matrix import row_blocks
from gsfm_enrich.genes.inputs import as_background

if TYPE_CHECKING:
    from anndata import AnnData

CHOICES = ("tested", "var_names", "expressed")


@dataclass(frozen=True)
class ChosenBackground:
    """A background as it is passed to the enrichment, and what is recorded about it.

    Attributes
    ----------
    value
        What :func:`gsfm_enrich.enrichr` takes: symbols, a number, or None for the genes of each library.
    source
        Where it comes from, in words.
    names
        The genes as named in the data; None where the background does not come from the data.
    """

    value: Any
    source: str
    names: tuple[str, ...] | None = None

    @property
    def size(self) -> int | None:
        """Number of genes; None where it is that of each library."""
        if self.value is None or isinstance(self.value, int):
            return self.value
        return len(set(self.value))


def choose_background(
    choice: Any,
    ranking: Ranking,
    adata: AnnData | None,
    symbols: Mapping[str, str],
    *,
    raw: bool,
) -> ChosenBackground:
    """Return the background that was asked for.

    Parameters
    ----------
    choice
        ``"tested"``, ``"var_names"``, ``"expressed"``, or what :func:`gsfm_enrich.enrichr` takes.
    ranking
        Holds the tested genes, if they are known.
    adata
        The cells, if there are any.
    symbols
        Symbols of genes that have other names in the data.
    raw
        Whether ``adata.raw`` is the matrix that was tested.

    Raises
    ------
    InputError
        If the choice needs cells and there are none, or is an unknown word or an unusable list.

    Warns
    -----
    GsfmEnrichWarning
        If the tested genes are not known, or only highly variable genes were tested.
    """
    if not (isinstance(choice, str) and choice in CHOICES):
        return _given(choice)
    if choice == "tested" and ranking.tested is not None:
        names, source = ranking.tested, ranking.source
    elif adata is not None:
        names, source = _of_cells(choice, ranking, adata, raw)
    elif choice != "tested":
        raise InputError(f"background={choice!r} needs an AnnData; pass the tested genes as a list.")
    else:
        warn_caller(
            f"{ranking.source}: the background is all genes of each library, usually more than were "
            "measured, which makes p-values too small; pass the tested genes as background=."
        )
        return ChosenBackground(None, f"genes of each library ({ranking.source})")
    if adata is not None and _only_variable(adata, names):
        warn_caller(
            f"the background is only the {len(names):,} highly variable genes: genes removed before the test "
            "cannot be found, and terms are judged by the genes that are left; test all genes (keep them in "
            "adata.raw, or rank before subsetting)."
        )
    return ChosenBackground([symbols.get(name, name) for name in names], source, names)


def _of_cells(choice: str, ranking: Ranking, adata: AnnData, raw: bool) -> tuple[tuple[str, ...], str]:
    """Return the genes of an AnnData, and where they come from."""
    if choice == "var_names":
        return tuple(map(str, adata.var_names)), "adata.var_names"
    if choice == "expressed":
        return _expressed(adata, raw)
    matrix, where = (adata.raw, "adata.raw.var_names") if raw else (adata, "adata.var_names")
    return tuple(map(str, matrix.var_names)), f"{where} ({ranking.source})"


def _given(choice: Any) -> ChosenBackground:
    """Return the background that the caller gave."""
    if choice is None:
        return ChosenBackground(None, "genes of each library")
    close = did_you_mean(choice, CHOICES) if isinstance(choice, str) else ""
    try:
        value = as_background(choice)
    except InputError as error:
        raise InputError(f"{error}{close}") from None
    return ChosenBackground(value, "a number that was given" if isinstance(value, int) else "given")


def _expressed(adata: AnnData, raw: bool) -> tuple[tuple[str, ...], str]:
    """Return the genes with a value above 0 in any cell."""
    matrix, where = (adata.raw, "adata.raw") if raw else (adata, "adata.X")
    seen = np.zeros(matrix.n_vars, dtype=bool)
    for block in _counts(matrix.X, where, "which genes are expressed; pass them as a list."):
        seen |= np.asarray((block > 0).sum(axis=0)).ravel() > 0
    return tuple(map(str, matrix.var_names[seen])), f"genes expressed in at least one cell of {where}"


def _counts(matrix: Any, where: str, asked: str) -> Iterator[Any]:
    """Yield blocks of cells; raise an error for negative values, which cannot answer the question."""
    for _, block in row_blocks(matrix):
        if block.min() < 0:
            raise InputError(f"{where} has negative values, like scaled data, so it does not show {asked}")
        yield block


def mean_expression(adata: AnnData | None, symbols: Mapping[str, str], *, raw: bool) -> dict[str, float]:
    """Return the mean value of each gene over the cells, by symbol; the highest if genes share a symbol.

    Parameters
    ----------
    adata, symbols, raw
        As in `choose_background`.

    Raises
    ------
    InputError
        If there are no cells, or values are negative, as in scaled data.
    """
    if adata is None:
        raise InputError("propensity='expression' needs an AnnData; pass a number for each gene instead.")
    matrix, where = (adata.raw, "adata.raw") if raw else (adata, "adata.X")
    total = np.zeros(matrix.n_vars)
    asked = "how highly genes are expressed; pass a number for each gene as propensity=."
    for block in _counts(matrix.X, where, asked):
        total += np.asarray(block.sum(axis=0), dtype=np.float64).ravel()
    found: dict[str, float] = {}
    for name, value in zip(map(str, matrix.var_names), total / max(adata.n_obs, 1), strict=True):
        symbol = symbols.get(name, name)
        found[symbol] = max(float(value), found.get(symbol, 0.0))
    return found


def _only_variable(adata: AnnData, names: tuple[str, ...]) -> bool:
    """Return whether ``scanpy.pp.highly_variable_genes`` flagged all of the genes."""
    if "highly_variable" not in adata.var:
        return False
    flags = adata.var["highly_variable"].set_axis(adata.var_names.astype(str))
    return bool(flags[~flags.index.duplicated()].reindex(list(dict.fromkeys(names))).eq(True).all())
