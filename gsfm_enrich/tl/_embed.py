"""Cells and genes in a model's space of genes (``ge.tl.embed_cells``, ``ge.tl.embed_genes``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from gsfm_enrich.arguments import checked
from gsfm_enrich.arrays import Floats32
from gsfm_enrich.errors import InputError
from gsfm_enrich.expression.matrix import row_blocks
from gsfm_enrich.expression.rank_genes_groups import check_adata, symbol_map
from gsfm_enrich.get.storage import check_key
from gsfm_enrich.tl._score_terms import chosen_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData


@checked
def embed_cells(
    adata: AnnData,
    model: Any = "default",
    *,
    layer: str | None = None,
    use_raw: bool | None = None,
    gene_symbols: str | None = None,
    organism: str = "human",
    key_added: str = "X_gsfm",
    copy: bool = False,
) -> AnnData | None:
    """Place every cell in a model's space of genes: the mean of its genes, weighted by their expression.

    Parameters
    ----------
    adata
        Annotated data with log-normalised values, at least 0; in memory or backed by a file.
    model
        Whose places of genes are used, as :func:`gsfm_enrich.load_model` takes it, or a
        :class:`gsfm_enrich.GeneVectors`.
    layer
        Layer to use in place of ``X``.
    use_raw
        Use ``adata.raw``; by default if there is one and no layer is given, as in scanpy.
    gene_symbols
        Column of ``var`` with gene symbols, where ``var_names`` are something else.

    Returns
    -------
    anndata.AnnData or None
        The copy if `copy`, else None. Written is ``adata.obsm[key_added]``: float32, shape
        (n_cells, n_dimensions), for ``sc.pp.neighbors(use_rep=...)``. Cells that express no known gene are
        at 0.

    Raises
    ------
    InputError
        If no gene is known to the model, values are negative, or a layer or column is unknown.

    Notes
    -----
    For clustering, principal components of the expression itself are better (`benchmarks.cell_embedding`);
    this space compares cells of data sets with different genes.

    Examples
    --------
    >>> import scanpy as sc
    >>> import gsfm_enrich as ge
    >>> adata = sc.datasets.pbmc68k_reduced()
    >>> ge.tl.embed_cells(adata)
    >>> adata.obsm["X_gsfm"].shape[0]
    700
    """
    check_adata(adata)
    check_key(key_added)
    raw = adata.raw is not None and layer is None if use_raw is None else use_raw
    matrix, names = chosen_matrix(adata, layer, raw)
    symbols = symbol_map(adata, gene_symbols, raw=raw)
    places, known = places_of([symbols.get(name, name) for name in names], model, organism)
    columns = np.flatnonzero(known)
    embedded = np.zeros((matrix.shape[0], places.shape[1]), dtype=np.float32)
    for rows, block in row_blocks(matrix, columns):
        values = sparse.csr_array(block).astype(np.float32)
        if values.data.min(initial=0) < 0:
            raise InputError("embed_cells weighs genes by their expression, and some values are negative.")
        total = np.asarray(values.sum(axis=1)).ravel()
        embedded[rows] = (values @ places[columns]) / np.maximum(total, 1e-12)[:, None]
    target = adata.copy() if copy else adata
    target.obsm[key_added] = embedded
    return target if copy else None


@checked
def embed_genes(
    adata: AnnData,
    model: Any = "default",
    *,
    gene_symbols: str | None = None,
    organism: str = "human",
    key_added: str = "gsfm_places",
    copy: bool = False,
) -> AnnData | None:
    """Write a model's place of every gene into the data.

    Parameters
    ----------
    adata
        Annotated data.
    model
        Whose places of genes are used, as in :func:`embed_cells`.
    gene_symbols
        Column of ``adata.var`` with gene symbols, where ``var_names`` are something else.

    Returns
    -------
    anndata.AnnData or None
        The copy if `copy`, else None. Written is ``adata.varm[key_added]``: float32, shape
        (n_genes, n_dimensions); NaN for genes that the model does not know.

    Raises
    ------
    InputError
        If no gene is known to the model, or the column is unknown.

    Examples
    --------
    >>> import scanpy as sc
    >>> import gsfm_enrich as ge
    >>> adata = sc.datasets.pbmc68k_reduced()
    >>> ge.tl.embed_genes(adata)
    >>> bool(np.isfinite(adata.varm["gsfm_places"][adata.var_names.get_loc("CD79A")]).all())
    True
    """
    check_adata(adata)
    check_key(key_added)
    symbols = symbol_map(adata, gene_symbols, raw=False)
    names = [symbols.get(str(name), str(name)) for name in adata.var_names]
    places, known = places_of(names, model, organism)
    places[~known] = np.nan
    target = adata.copy() if copy else adata
    target.varm[key_added] = places
    return target if copy else None


def places_of(
    genes: Sequence[str], model: Any, organism: str
) -> tuple[Floats32, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Return the place of every gene, zeros for unknown ones, and which genes are known.

    Parameters
    ----------
    genes
        Identifiers of any kind.
    model
        As :func:`gsfm_enrich.load_model` takes it.
    organism
        Organism of the genes.

    Raises
    ------
    InputError
        If no gene is known.
    """
    from gsfm_enrich.genes.match import match
    from gsfm_enrich.model.checkpoint import load_model
    from gsfm_enrich.model.vocab import N_SPECIAL

    network = load_model(model)
    distinct = list(dict.fromkeys(genes))
    matched = match(distinct, network.vocab.tokens, organism).columns
    unit_of = dict(zip(distinct, matched.tolist(), strict=True))
    units = np.array([unit_of[gene] for gene in genes], dtype=np.int64)
    known = units >= N_SPECIAL
    if not known.any():
        raise InputError(
            f"none of the {len(genes):,} genes is known to the model as a gene of {organism}: "
            "check organism= and gene_symbols=."
        )
    places = np.zeros((len(genes), network.output[0].shape[1]), dtype=np.float32)
    places[known] = network.output[0][units[known]]
    return places, known
