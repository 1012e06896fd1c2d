"""Whether the weights of the membership table separate cell types better than the binary sets do.

    python -m benchmarks.cell_scores --data ../shared/data

The truth comes from the names of terms: those of GO Biological Process that name one of the cell types of a
data set ("B cell", "natural killer", ...) and no other should score higher in its cells than in the rest. All
such terms with two members or more in the data are taken, but for negative regulation.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import anndata
import decoupler
import numpy as np
import pandas as pd
import scanpy as sc
import typer
from scipy.stats import rankdata

import gsfm_enrich as ge
from benchmarks.protocols import bootstrap, write_table
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.tl._score_terms import combined_z_scores

MEMBERS, WEIGHTS, CONTROL = "members", "membership weights", "members, and the weights of another term"
TERMS = {
    "B cells": r"\bB[ -]cell|immunoglobulin",
    "T cells": r"\bT[ -]cell",
    "NK cells": "natural killer",
    "monocytes": "monocyte|macrophage",
    "dendritic cells": "dendritic",
    "neutrophils": "neutrophil|granulocyte",
}
"""How the names of terms name cell types."""


@dataclass(frozen=True)
class Cells:
    """Cells of one data set and their types, ``""`` for those of none that is asked about."""

    name: str
    adata: anndata.AnnData
    types: pd.Series


def data_sets(folder: Path) -> Iterator[Cells]:
    """Yield the data sets: the one on which constants were chosen, then those for the test."""
    small = sc.datasets.pbmc68k_reduced()
    labels = {"CD19+ B": "B cells", "CD56+ NK": "NK cells", "CD14+ Monocyte": "monocytes"}
    labels |= {"Dendritic": "dendritic cells"}
    types = small.obs["bulk_labels"].astype(str)
    types = types.map(lambda name: "T cells" if name.startswith(("CD4+", "CD8+")) else labels.get(name, ""))
    yield Cells("PBMC 68k, reduced (development)", small.raw.to_adata(), types)
    kang = anndata.read_h5ad(folder / "kang_ctrl_8684x2511.h5ad")
    sc.pp.normalize_total(kang)
    sc.pp.log1p(kang)
    labels = {"CD4 T cells": "T cells", "CD14+ Monocytes": "monocytes"}
    yield Cells("PBMC, Kang 2018 (test)", kang, kang.obs["cluster_id"].astype(str).replace(labels))
    lung = anndata.read_h5ad(folder / "zilionis_mouse_lung_800x24248.h5ad")
    types = lung.obs["Major_cell_type"].astype(str)
    yield Cells("mouse lung, Zilionis 2019 (test)", lung, types.replace({"Neutrophils": "neutrophils"}))


def named_terms(library: GeneSetLibrary, types: set[str]) -> dict[str, str]:
    """Return the terms that name one of the cell types and no other, with that type."""
    named = {}
    for term in library:
        name = re.sub(r"\(GO:\d+\)", "", term)
        found = [kind for kind in types if re.search(TERMS[kind], name)]
        if len(found) == 1 and "negative" not in name:
            named[term] = found[0]
    return named


def nets(adata: anndata.AnnData, terms: list[str], seed: int) -> dict[str, pd.DataFrame]:
    """Return terms by genes for each kind of weights, for terms with two members in the data."""
    tables = {}
    for kind, least in ((MEMBERS, 1.0), (WEIGHTS, 0.02)):
        net = ge.membership_net(terms, genes=adata.var_names, min_weight=least)
        table = net.pivot_table(index="source", columns="target", values="weight", fill_value=0.0)
        tables[kind] = table.reindex(index=terms, columns=adata.var_names, fill_value=0.0)
    kept = (tables[MEMBERS] > 0).sum(axis=1) >= 2
    tables = {kind: table[kept] for kind, table in tables.items()}
    predicted = tables[WEIGHTS].where(tables[MEMBERS] == 0, 0.0).to_numpy()
    other = predicted[np.random.default_rng(seed).permutation(len(predicted))]
    tables[CONTROL] = tables[MEMBERS].where(tables[MEMBERS] > 0, other)
    return tables


def scores_by(adata: anndata.AnnData, table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the scores of every method, cells by terms."""
    from scipy.sparse import csr_array

    net = table.rename_axis("source").reset_index().melt("source", var_name="target", value_name="weight")
    net = net[net["weight"] > 0]
    ulm, _ = decoupler.mt.ulm(adata.to_df(), net, tmin=1)
    return {
        "ge.tl.score_terms": combined_z_scores(adata.X, csr_array(table.to_numpy()))[0],
        "decoupler ulm": ulm[table.index].to_numpy(),
    }


def gene_scores(adata: anndata.AnnData, table: pd.DataFrame) -> np.ndarray:
    """Return the scores of scanpy's score_genes, which knows no weights."""
    scored = adata.copy()
    columns = []
    for members in (table > 0).to_numpy():
        sc.tl.score_genes(scored, table.columns[members].tolist(), use_raw=False)
        columns.append(scored.obs["score"].to_numpy())
    return np.column_stack(columns)


def auroc(scores: np.ndarray, inside: np.ndarray) -> float:
    """Return how often a cell of the type scores higher than another one."""
    n = inside.sum()
    return float((rankdata(scores)[inside].sum() - n * (n + 1) / 2) / (n * (len(scores) - n)))


def main(
    data: Annotated[Path, typer.Option(help="Folder with singlecell/.")] = Path("../shared/data"),
    seed: int = 0,
) -> None:
    """Print and write the mean AUROC over the terms of each cell type."""
    warnings.simplefilter("ignore")
    [library] = ge.load_libraries("GO_Biological_Process")
    rows: list[dict[str, object]] = []
    for cells in data_sets(data / "singlecell"):
        named = named_terms(library, set(cells.types) - {""})
        tables = nets(cells.adata, list(named), seed)
        terms = tables[MEMBERS].index
        areas: dict[tuple[str, str], np.ndarray] = {}
        for kind, table in tables.items():
            scored = scores_by(cells.adata, table)
            if kind == MEMBERS:
                scored["scanpy score_genes"] = gene_scores(cells.adata, table)
            for method, scores in scored.items():
                inside = [(cells.types == named[term]).to_numpy() for term in terms]
                areas[method, kind] = np.array([*map(auroc, scores.T, inside)])
        types = np.array([named[term] for term in terms])
        for kind_of_cell in [*dict.fromkeys(types), "all"]:
            here = (types == kind_of_cell) | (kind_of_cell == "all")
            for (method, kind), values in areas.items():
                gain = values - areas[method, MEMBERS]
                rows.append(
                    {
                        "cells": cells.name,
                        "cell type": kind_of_cell,
                        "terms": int(here.sum()),
                        "method": method,
                        "weights": kind,
                        "mean AUROC": bootstrap(values[here]),
                        "gain over members": "" if kind == MEMBERS else bootstrap(gain[here]),
                    }
                )
    write_table(rows, "cell_scores")


if __name__ == "__main__":
    typer.run(main)
