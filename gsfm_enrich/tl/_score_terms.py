"""The activity of terms in every cell (``ge.tl.score_terms``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError, did_you_mean, warn_caller
from gsfm_enrich.expression.matrix import row_blocks
from gsfm_enrich.expression.rank_genes_groups import check_adata, symbol_map
from gsfm_enrich.get.storage import check_key, storable_params
from gsfm_enrich.model.names import name_of_model
from gsfm_enrich.ranking.membership_net import chosen_terms, completing_model

if TYPE_CHECKING:
    from anndata import AnnData


@checked
def score_terms(
    adata: AnnData,
    terms: str | Iterable[str] | None,
    gene_sets: Any = "GO_Biological_Process",
    *,
    layer: str | None = None,
    use_raw: bool | None = None,
    gene_symbols: str | None = None,
    organism: str = "human",
    min_weight: float = 0.02,
    model: Any = "default",
    key_added: str = "gsfm_scores",
    copy: bool = False,
) -> AnnData | None:
    """Score terms in every cell, members and predicted members weighted by their membership.

    Parameters
    ----------
    adata
        Annotated data with log-normalised values, in memory or backed by a file; dense, sparse, or a dask
        array of either. Blocks of cells are read twice, and nothing is made dense beside the scores.
    terms
        Term or terms of the library; None for all of them.
    gene_sets
        One library, as :func:`gsfm_enrich.enrichr` takes it.
    layer
        Layer to score in place of ``X``.
    use_raw
        Score ``adata.raw``; by default if there is one and no layer is given, as in scanpy.
    gene_symbols
        Column of ``var`` with gene symbols, where ``var_names`` are something else.
    min_weight
        Predicted members with a smaller probability are left out. With 1 only the members count, and no model
        is loaded.
    key_added
        Slot to write.

    Returns
    -------
    anndata.AnnData or None
        The copy if `copy`, else None. Written are

        - ``adata.obsm[key_added]``: float32, shape (n_cells, n_terms)
        - ``adata.uns[key_added]``: ``"terms"``, the names of its columns; ``"genes"``, for each of them how
          many genes of the data count; and ``"params"``

        :func:`gsfm_enrich.get.term_scores` makes an AnnData of terms of it, to colour ``sc.pl.umap`` by.

    Raises
    ------
    InputError
        For something that is not an AnnData, an unknown layer or column, or an unusable `min_weight`.
    LibraryError
        For an unknown library or term; the message gives close matches.

    Warns
    -----
    GsfmEnrichWarning
        If no gene of a term varies in the data: its scores are 0.

    Notes
    -----
    The combined z-score: every gene is centred and scaled over the cells, and the score of a term is
    ``sum(w z) / sqrt(sum(w^2))`` over its genes, with the weights w of the membership table; for independent
    genes it has variance 1 in random cells. With equal weights it is that of Lee et al. (2008, PLoS Comput
    Biol 4, e1000217). Scores compare cells of one data set, not data sets.

    Examples
    --------
    >>> import scanpy as sc
    >>> import gsfm_enrich as ge
    >>> adata = sc.datasets.pbmc68k_reduced()
    >>> sets = {"B cell receptor": ["CD79A", "CD79B", "CD19", "MS4A1"]}
    >>> ge.tl.score_terms(adata, "B cell receptor", sets, min_weight=1)
    >>> adata.obs["B"] = adata.obsm["gsfm_scores"][:, 0]
    >>> adata.obs.groupby("bulk_labels", observed=True)["B"].mean().idxmax()
    'CD19+ B'
    """
    from gsfm_enrich.ranking.soft_sets import term_weights

    check_adata(adata)
    check_key(key_added)
    raw = adata.raw is not None and layer is None if use_raw is None else use_raw
    matrix, names = chosen_matrix(adata, layer, raw)
    symbols = symbol_map(adata, gene_symbols, raw=raw)
    library, rows = chosen_terms(terms, gene_sets, organism)
    weights = term_weights(
        library,
        rows,
        [symbols.get(name, name) for name in names],
        completing_model(model, min_weight),
        organism=organism,
        min_weight=min_weight,
    )
    scores, counted = combined_z_scores(matrix, weights)
    chosen = [library.terms[row] for row in rows]
    _warn_without_genes([term for term, count in zip(chosen, counted, strict=True) if not count], len(chosen))
    target = adata.copy() if copy else adata
    target.obsm[key_added] = scores
    target.uns[key_added] = {
        "terms": np.array(chosen, dtype=object),
        "genes": counted,
        "params": storable_params(
            gene_sets=library.name, layer=layer, use_raw=raw, gene_symbols=gene_symbols, organism=organism,
            min_weight=min_weight, model=name_of_model(model) if min_weight < 1 else None,
        ),
    }  # fmt: skip
    return target if copy else None


def combined_z_scores(
    matrix: Any, weights: sparse.csr_array
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the combined z-score of each cell and term.

    Parameters
    ----------
    matrix
        Cells by genes, see :func:`gsfm_enrich.expression.matrix.row_blocks`.
    weights
        Terms by genes.

    Returns
    -------
    scores : ndarray of float32, shape (n_cells, n_terms)
        0 for a term without a gene that varies.
    counted : ndarray of int64, shape (n_terms,)
        Genes of each term that vary.

    Examples
    --------
    >>> combined_z_scores(np.array([[0.0, 5.0], [2.0, 5.0]]), sparse.csr_array([[1.0, 1.0]]))[0].tolist()
    [[-1.0], [1.0]]
    """
    columns = np.flatnonzero(np.bincount(weights.indices, minlength=weights.shape[1]))
    weights = sparse.csr_array(weights[:, columns]).astype(np.float64)
    mean, sd = _moments(matrix, columns)
    varies = sd > 0
    inverse = np.divide(1.0, sd, out=np.zeros_like(sd), where=varies)
    length = np.sqrt(weights.power(2) @ varies.astype(np.float64))
    scale = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    factors = sparse.csr_array(sparse.diags_array(scale) @ weights @ sparse.diags_array(inverse)).T
    offset = mean @ factors
    scores = np.empty((matrix.shape[0], weights.shape[0]), dtype=np.float32)
    for rows, block in row_blocks(matrix, columns):
        product = block.astype(np.float64) @ factors
        scores[rows] = (product if isinstance(product, np.ndarray) else product.toarray()) - offset
    return scores, np.asarray((weights[:, varies] > 0).sum(axis=1), dtype=np.int64)


def _moments(matrix: Any, columns: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of some genes over all cells, merged block by block.

    The pairwise update of Chan, Golub and LeVeque (1983, Am. Stat. 37, 242-247) stays exact where the
    difference of two large sums would not.
    """
    mean, squares = np.zeros(len(columns)), np.zeros(len(columns))
    seen = 0
    for _, block in row_blocks(matrix, columns):
        values = block.astype(np.float64)
        n = values.shape[0]
        here = np.asarray(values.sum(axis=0)).ravel() / n
        if isinstance(values, np.ndarray):
            around = ((values - here) ** 2).sum(axis=0)
        else:
            nonzero = np.bincount(values.indices, minlength=len(columns))
            values.data = (values.data - here[values.indices]) ** 2
            around = np.asarray(values.sum(axis=0)).ravel() + (n - nonzero) * here**2
        total = seen + n
        squares += around + (here - mean) ** 2 * (seen * n / total)
        mean += (here - mean) * (n / total)
        seen = total
    sd = np.sqrt(squares / max(seen, 1))
    sd[sd <= 1e-9 * np.abs(mean)] = 0.0  # rounding of equal values
    return mean, sd


def chosen_matrix(adata: AnnData, layer: str | None, raw: bool) -> tuple[Any, list[str]]:
    """Return the matrix to score and the names of its genes."""
    if raw and layer is not None:
        raise InputError(f"use_raw=True and layer={layer!r} cannot be used together.")
    if raw and adata.raw is None:
        raise InputError("use_raw=True, but adata.raw is None.")
    if layer is not None and layer not in adata.layers:
        raise InputError(f"adata has no layer {layer!r}." + did_you_mean(layer, map(str, adata.layers)))
    source = adata.raw if raw else adata
    return source.X if layer is None else adata.layers[layer], [str(name) for name in source.var_names]


def _warn_without_genes(terms: list[str], total: int) -> None:
    if terms:
        shown = ", ".join(terms[:5]) + (", ..." if len(terms) > 5 else "")
        warn_caller(
            f"{len(terms)} of {total} terms have no gene that varies in the data, and a score of 0: {shown}."
        )
