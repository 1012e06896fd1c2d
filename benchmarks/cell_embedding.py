"""Cells in spaces of genes, and how well they tell cell types apart beside principal components.

    python -m benchmarks.cell_embedding --data ../shared/data

Spaces: 50 principal components of the genes, ``ge.tl.embed_cells`` with the bundled model and with latent
semantic vectors of the RefSeq summaries, and scores of a thousand GO terms (``ge.tl.score_terms``); the last
three also by their 50 principal components. Measures: cell types of the nearest neighbours (15 neighbours,
five folds), and the adjusted Rand index of as many k-means clusters as there are cell types.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import anndata
import numpy as np
import numpy.typing as npt
import scanpy as sc
import typer
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

import gsfm_enrich as ge
from benchmarks.gene_vectors import summaries
from benchmarks.permuted_ranked import data_sets
from benchmarks.protocols import write_table

DIMENSIONS, NEIGHBOURS, TERMS = 50, 15, 1000
Space = npt.NDArray[np.float32]


def spaces(adata: anndata.AnnData, text: ge.GeneVectors, seed: int) -> dict[str, Space]:
    """Return the cells in every space."""
    terms = list(ge.load_libraries("GO_Biological_Process")[0].terms)
    some = np.random.default_rng(seed).choice(terms, TERMS, replace=False).tolist()
    plain = adata.copy()
    sc.pp.scale(plain, max_value=10)
    found = {"principal components": reduced(np.asarray(plain.X), seed)}
    for name, model in (("bundled model", "default"), ("RefSeq summaries", text)):
        ge.tl.embed_cells(adata, model, use_raw=False)
        found[name] = adata.obsm["X_gsfm"]
    ge.tl.score_terms(adata, some, "GO_Biological_Process", use_raw=False)
    found[f"scores of {TERMS} terms"] = adata.obsm["gsfm_scores"]
    return found | {
        f"{name}, {DIMENSIONS} components": reduced(space, seed) for name, space in list(found.items())[1:]
    }


def reduced(space: Space, seed: int) -> Space:
    """Return the first principal components."""
    return np.asarray(PCA(DIMENSIONS, random_state=seed).fit_transform(space), dtype=np.float32)


def main(
    data: Annotated[Path, typer.Option(help="Folder with singlecell/ and text/.")] = Path("../shared/data"),
    cells: Annotated[int, typer.Option(help="Most cells of a data set.")] = 3000,
    seed: int = 0,
) -> None:
    """Print and write how well cell types are told apart."""
    warnings.simplefilter("ignore")
    text = summaries(data / "text" / "refseq_gene_summaries.tsv.gz", 256, seed)
    rows: list[dict[str, object]] = []
    for name, adata, column in data_sets(data, cells):
        labels = adata.obs[column].astype(str).to_numpy()
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        for space, values in spaces(adata, text, seed).items():
            accuracy = cross_val_score(KNeighborsClassifier(NEIGHBOURS), values, labels, cv=folds).mean()
            clusters = KMeans(len(set(labels)), n_init=10, random_state=seed).fit_predict(values)
            rows.append(
                {
                    "cells": name,
                    "space": space,
                    "dimensions": values.shape[1],
                    "accuracy of neighbours": f"{accuracy:.3f}",
                    "adjusted Rand index": f"{adjusted_rand_score(labels, clusters):.3f}",
                }
            )
    write_table(rows, "cell_embedding")


if __name__ == "__main__":
    typer.run(main)
