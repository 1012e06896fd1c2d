"""Real tables with known answers: the cases of a folder, and the cell types of three data sets."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import scanpy as sc

from gsfm_enrich.libraries.library import GeneSetLibrary

MARKERS = "markers"
LINEAGES = {
    "B cell": r"\bB[- ]?cell|\bB[- ]?lymphocyte|immunoglobulin",
    "T cell": r"\bT[- ]?cell|\bT[- ]?lymphocyte|\bT[- ]helper|\bT regulatory|thymocyte",
    "natural killer": r"natural killer|\bNK\b|killing|cytolysis|cytotoxic",
    "monocyte": r"monocyte|macrophage|myeloid|neutrophil",
    "neutrophil": r"neutrophil|granulocyte|myeloid",
    "dendritic": r"dendritic|MHC class II",
}
"""The rule of right terms for cell types, written before any scoring."""
CELL_TYPES = {
    "CD19+ B": ("B cell",),
    "B cells": ("B cell",),
    "CD4+/CD25 T Reg": ("T cell",),
    "CD4+/CD45RO+ Memory": ("T cell",),
    "CD4+/CD45RA+/CD25- Naive T": ("T cell",),
    "CD4 T cells": ("T cell",),
    "T cells": ("T cell",),
    "CD8+ Cytotoxic T": ("T cell", "natural killer"),
    "CD8+/CD45RA+ Naive Cytotoxic": ("T cell", "natural killer"),
    "CD56+ NK": ("natural killer",),
    "NK cells": ("natural killer",),
    "CD14+ Monocyte": ("monocyte",),
    "CD14+ Monocytes": ("monocyte",),
    "Neutrophils": ("neutrophil",),
    "Dendritic": ("dendritic",),
}
"""Lineages of the cell types; those that are not here (CD34+) are not asked for."""


@dataclass(frozen=True, eq=False)
class Case:
    """A table of all measured genes, and what should come up.

    Attributes
    ----------
    name, kind, cluster
        Cases of one cluster are not independent.
    flagged
        Whether the model was trained on sets named after the same experiment.
    genes
        Distinct; they are the background.
    statistic, p_values
        Of each gene; p-values are NaN where there are none.
    right
        The right terms of each library; for cell types the pattern of their names.
    expressed
        For cell types the share of all cells that express each gene.
    """

    name: str
    kind: str
    cluster: str
    flagged: bool
    genes: tuple[str, ...]
    statistic: np.ndarray
    p_values: np.ndarray
    right: dict[str, list[str]] | re.Pattern[str]
    expressed: np.ndarray | None = None

    @property
    def first_half(self) -> bool:
        """Whether constants were chosen on the case: half of the clusters, by hash."""
        return zlib.crc32(self.cluster.encode()) % 2 == 0

    def answers(self, library: GeneSetLibrary, name: str) -> np.ndarray:
        """Return the rows of the right terms."""
        if isinstance(self.right, re.Pattern):
            return np.flatnonzero([bool(self.right.search(term)) for term in library.terms])
        wanted = set(self.right.get(name, ()))
        return np.flatnonzero([term in wanted for term in library.terms])


def read_cases(folder: Path) -> Iterator[Case]:
    """Read ``index.json`` and the table of each case; a table that is missing is said and left out."""
    for entry in json.loads((folder / "index.json").read_text()):
        path = folder / f"{entry['id']}.tsv.gz"
        if not path.exists():
            print(f"{path} is missing: the case is left out", flush=True)
            continue
        table = pd.read_csv(path, sep="\t", keep_default_na=False)  # a gene may be called NA
        table["stat"] = pd.to_numeric(table["stat"], errors="coerce")
        table = table[np.isfinite(table["stat"]) & ~table["gene"].duplicated()]
        table = table.sort_values("gene")  # tables of the same genes then share their weights
        p = pd.to_numeric(table["p"], errors="coerce") if "p" in table else np.full(len(table), np.nan)
        yield Case(
            entry["id"],
            entry.get("kind", "other"),
            entry.get("cluster") or entry["id"],
            bool(entry.get("leak_sets")),
            tuple(table["gene"]),
            table["stat"].to_numpy(dtype=np.float64),
            np.asarray(p, dtype=np.float64),
            entry["right"],
        )


def marker_cases(folder: Path) -> Iterator[Case]:
    """Compare each cell type with the rest: t-test of log counts, as scanpy does by default."""
    yield from _markers(sc.datasets.pbmc68k_reduced().raw.to_adata(), "bulk_labels", "pbmc68k")
    for path, column in (
        ("kang_ctrl_8684x2511.h5ad", "cluster_id"),
        ("zilionis_mouse_lung_800x24248.h5ad", "Major_cell_type"),
    ):
        if (folder / path).exists():
            yield from _markers(anndata.read_h5ad(folder / path), column, path.split("_")[0])


def _markers(adata: anndata.AnnData, column: str, source: str) -> Iterator[Case]:
    values = adata.X[:50].toarray() if hasattr(adata.X, "toarray") else np.asarray(adata.X[:50])
    if np.array_equal(values, np.rint(values)):
        sc.pp.normalize_total(adata, target_sum=1e4)
        sc.pp.log1p(adata)
    adata.obs[column] = adata.obs[column].astype("category")
    adata.var_names_make_unique()
    sc.tl.rank_genes_groups(adata, column, method="t-test", use_raw=False)
    expressed = pd.Series(np.asarray((adata.X > 0).mean(axis=0)).ravel(), index=adata.var_names)
    for group in adata.obs[column].cat.categories:
        if group not in CELL_TYPES:
            continue
        table = sc.get.rank_genes_groups_df(adata, group)
        table = table[np.isfinite(table["scores"])].sort_values("names")
        pattern = "|".join(LINEAGES[lineage] for lineage in CELL_TYPES[group])
        genes, scores, p = (table[name] for name in ("names", "scores", "pvals"))
        yield Case(
            f"{source}, {group}",
            MARKERS,
            f"{source}, {group}",
            False,
            tuple(genes),
            scores.to_numpy(dtype=np.float64),
            p.to_numpy(dtype=np.float64),
            re.compile(pattern, re.IGNORECASE),
            expressed[genes].to_numpy(),
        )


def lists_of(case: Case, largest: int = 300) -> Sequence[list[str]]:
    """Return the lists that users make of a table.

    For cell types the 100 genes of the highest score. For other tables the 300 of the largest absolute
    statistic, and those of FDR < .05, at most the 300 of the smallest p-values, where there are any.
    """
    if case.kind == MARKERS:
        return [[case.genes[i] for i in np.argsort(-case.statistic, kind="stable")[:100]]]
    lists = [np.argsort(-np.abs(case.statistic), kind="stable")[:largest]]
    known = np.flatnonzero(np.isfinite(case.p_values))
    if len(known):
        order = known[np.argsort(case.p_values[known], kind="stable")]
        adjusted = case.p_values[order] * len(order) / np.arange(1, len(order) + 1)
        n = np.flatnonzero(adjusted < 0.05)
        if len(n):
            lists.append(order[: min(n[-1] + 1, largest)])
    return [[case.genes[i] for i in chosen] for chosen in lists]
