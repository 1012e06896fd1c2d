"""Gene vectors of any other model as a model that completes gene sets.

Language models of gene texts (GenePT), of cells (Geneformer, scGPT), of proteins (ESM) and others give every
gene a vector. Scaled to length 1 and whitened, so that no large group of genes dominates, the mean vector of
a set scores every gene: the dense channel of `gsfm_enrich.model.channels`, alone.
"""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gsfm_enrich.arrays import Floats32
from gsfm_enrich.errors import GsfmEnrichError, InputError, did_you_mean, named, warn_caller
from gsfm_enrich.genes.lookup import approved_symbols, find_genes
from gsfm_enrich.model.channels import ChannelGSFM
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.vocab import N_SPECIAL, SPECIAL, Vocab
from gsfm_enrich.model.whitening import standardise, whiten

FEWEST_GENES, FEWEST_DIMENSIONS = 100, 2
WIDTH = 256
"""Most dimensions that are kept."""
WEIGHT = float(np.log(np.e - 1))
"""Where softplus is 1: a single channel needs no weight."""
SUFFIXES = (".csv", ".tsv", ".txt", ".npz", ".safetensors", ".h5ad")
GENES, VECTORS = "genes", "vectors"


class GeneVectors(ChannelGSFM):
    """A model of one dense channel, made of a vector for every gene.

    Use it wherever a model is taken (``model=``), save it with :func:`gsfm_enrich.save_model`, and compare it
    with ``gsfm-enrich evaluate``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> genes = [f"ENSG{number:011d}" for number in range(200)]
    >>> model = GeneVectors.of(genes, rng.normal(size=(200, 8)), resolve=False)
    >>> model
    GeneVectors(200 genes, 8 dimensions)
    """

    __module__ = "gsfm_enrich"

    @classmethod
    def of(
        cls, genes: Sequence[str], vectors: Any, *, width: int = WIDTH, resolve: bool = True
    ) -> GeneVectors:
        """Make a model of vectors in memory.

        Parameters
        ----------
        genes
            Human genes, as identifiers of any kind that `gsfm_enrich.resolve` takes.
        vectors
            Their vectors, shape (n_genes, n_dimensions).
        width
            Most principal components to keep.
        resolve
            Whether names are resolved to approved symbols. Those that are not found are left out, and of
            several names of one gene the first counts: a warning says how many.

        Raises
        ------
        InputError
            If there are fewer than 100 genes or 2 dimensions, or the vectors are not finite numbers.
        """
        table = np.asarray(vectors, dtype=np.float32)
        if table.ndim != 2 or len(table) != len(genes):
            raise InputError(f"there are {len(genes):,} genes and vectors of shape {table.shape}.")
        tokens, rows = _approved(genes) if resolve else (list(genes), np.arange(len(genes)))
        table = table[rows]
        if len(tokens) < FEWEST_GENES or table.shape[1] < FEWEST_DIMENSIONS:
            raise InputError(
                f"vectors of {len(tokens):,} known genes in {table.shape[1]} dimensions are too few: at "
                f"least {FEWEST_GENES} genes and {FEWEST_DIMENSIONS} dimensions are needed, one gene per row."
            )
        if not np.isfinite(table).all():
            bad = [tokens[row] for row in np.flatnonzero(~np.isfinite(table).all(axis=1))]
            raise InputError(f"{len(bad):,} vectors hold values that are not finite: {named(bad)}.")
        return cls._of_places(tokens, _places(table, width))

    @classmethod
    def _of_places(cls, tokens: Sequence[str], places: Floats32) -> GeneVectors:
        vocab = Vocab([*SPECIAL, *tokens])
        config = GSFMConfig(len(vocab), architecture="gsfm-channels", dense={VECTORS: places.shape[1]})
        model = cls(config, vocab)
        model.dense_channels[0].store(places)
        model.gate = torch.tensor([[WEIGHT, 0.0, 0.0]])
        return model.eval()

    @classmethod
    def read(cls, source: Any, *, key: str | None = None, width: int = WIDTH) -> GeneVectors:
        """Read vectors from a file, a data frame or an AnnData.

        Parameters
        ----------
        source
            A ``.csv``, ``.tsv`` or ``.txt`` table, also gzipped, with a header, genes in the first column and
            numbers in the others; an ``.npz`` with the arrays ``genes`` (text) and ``vectors``; a
            ``.safetensors`` file with the tensor ``vectors`` and, in its metadata, ``genes`` joined by
            line breaks; an ``.h5ad`` file or an AnnData, whose ``varm[key]`` is read; or a data frame with
            genes as its index.
        key
            Which vectors of an AnnData.
        width
            Most principal components to keep.

        Returns
        -------
        GeneVectors

        Raises
        ------
        InputError
            If the file cannot be read, or as by `of`.

        Warns
        -----
        GsfmEnrichWarning
            If genes are unknown or have several vectors.
        """
        genes, vectors = _read(source, key)
        return cls.of(genes, vectors, width=width)

    def __repr__(self) -> str:
        width = next(iter(self.config.dense.values()))
        return f"GeneVectors({len(self.vocab) - N_SPECIAL:,} genes, {width} dimensions)"


def _places(table: Floats32, width: int) -> Floats32:
    """Scale vectors to length 1 and whiten them; the rows of the special units are zeros."""
    centred = table - table.mean(axis=0)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    scaled = centred / (length + 1e-3 * np.median(length))
    whole = np.vstack([np.zeros((N_SPECIAL, table.shape[1]), dtype=np.float32), scaled])
    return standardise(whiten([whole], min(width, *table.shape)))


def _approved(genes: Sequence[str]) -> tuple[list[str], np.ndarray[Any, np.dtype[np.int64]]]:
    """Return the approved symbols of the genes that have one, and their first rows."""
    symbols = approved_symbols()
    rows: dict[str, int] = {}
    lost: list[str] = []
    for row, (gene, (found, how)) in enumerate(zip(genes, find_genes(genes), strict=True)):
        if found and how != "ambiguous":
            rows.setdefault(symbols[found[0]], row)
        else:
            lost.append(gene)
    if lost:
        warn_caller(f"{len(lost):,} of {len(genes):,} genes with a vector are unknown: {named(lost)}.")
    repeated = len(genes) - len(lost) - len(rows)
    if repeated:
        warn_caller(f"{repeated:,} vectors belong to a gene that has one already; the first is used.")
    return list(rows), np.array(list(rows.values()), dtype=np.int64)


def _read(source: Any, key: str | None) -> tuple[list[str], Any]:
    """Return genes and vectors."""
    if hasattr(source, "varm"):
        return _of_anndata(source, key)
    if hasattr(source, "iloc"):
        return [str(gene) for gene in source.index], source.to_numpy(dtype=np.float32)
    if not isinstance(source, str | os.PathLike):
        raise InputError(
            f"vectors are read from a file, a data frame or an AnnData, not {type(source).__name__}."
        )
    path = Path(source)
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.")
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}.")
    try:
        return _of_file(path, suffix, key)
    except GsfmEnrichError:
        raise
    except Exception as error:  # every reader has errors of its own
        raise InputError(f"{path}: cannot be read as {suffix}: {error}") from error


def _of_file(path: Path, suffix: str, key: str | None) -> tuple[list[str], Any]:
    """Read a file by its suffix."""
    if suffix == ".npz":
        return _of_npz(path)
    if suffix == ".safetensors":
        return _of_safetensors(path)
    if suffix == ".h5ad":
        import anndata

        return _of_anndata(anndata.read_h5ad(path, backed="r"), key)
    return _of_text(path, "," if suffix == ".csv" else "\t")


def _of_anndata(adata: Any, key: str | None) -> tuple[list[str], Any]:
    keys = list(map(str, adata.varm))
    if key is None and len(keys) == 1:
        key = keys[0]
    if key not in keys:
        raise InputError(
            f"key= must be one of adata.varm: {', '.join(map(repr, keys)) or 'there are none'}."
            + (did_you_mean(key, keys) if key else "")
        )
    return [str(gene) for gene in adata.var_names], np.asarray(adata.varm[key])


def _of_npz(path: Path) -> tuple[list[str], Any]:
    with np.load(path, allow_pickle=False) as arrays:
        missing = [name for name in (GENES, VECTORS) if name not in arrays]
        if missing:
            raise InputError(
                f"{path}: lacks {' and '.join(missing)}; it has {', '.join(arrays) or 'nothing'}."
            )
        return [str(gene) for gene in arrays[GENES]], arrays[VECTORS]


def _of_safetensors(path: Path) -> tuple[list[str], Any]:
    from safetensors import safe_open

    with safe_open(path, framework="np") as tensors:
        genes = (tensors.metadata() or {}).get(GENES, "")
        if VECTORS not in tensors.keys() or not genes:  # noqa: SIM118  (not a dict)
            raise InputError(f"{path}: expected the tensor {VECTORS!r}, and {GENES!r} in the metadata.")
        return genes.split("\n"), tensors.get_tensor(VECTORS)


def _of_text(path: Path, delimiter: str) -> tuple[list[str], Any]:
    opened = gzip.open if path.suffix == ".gz" else open
    genes, rows = [], []
    with opened(path, "rt", encoding="utf-8", newline="") as lines:
        for number, cells in enumerate(csv.reader(lines, delimiter=delimiter)):
            if number == 0 or not cells:
                continue
            genes.append(cells[0])
            try:
                rows.append(np.array(cells[1:], dtype=np.float32))
            except ValueError:
                raise InputError(f"{path}: line {number + 1} holds something that is not a number.") from None
    if len({len(row) for row in rows}) > 1:
        raise InputError(f"{path}: its rows are of different lengths.")
    return genes, np.stack(rows) if rows else np.zeros((0, 0), dtype=np.float32)
