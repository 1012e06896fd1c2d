"""Gene lists of cells whose labels were permuted: nothing is there to be found, and what is found is false.

    python -m benchmarks.permuted_labels --data ../shared/data

The cells of three data sets get each other's labels, and the genes that differ most are tested as usual,
against the genes measured. Such lists are not a uniform draw of genes: genes of one term are found together,
and which genes differ most by chance depends on how they are expressed. Methods: gseapy's test and ours, each
with p-values of random genes and of other permuted labels (``permutations=``), and ours told the mean
expression. Power: the same lists of the real groups, and how many of the ten terms with the smallest p-values
are of the right lineage.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated, Any

import anndata
import numpy as np
import pandas as pd
import scanpy as sc
import typer

import gsfm_enrich as ge
from benchmarks.permuted_ranked import data_sets
from benchmarks.protocols import read_library, write_table
from benchmarks.real_cases import CELL_TYPES, LINEAGES
from gsfm_enrich.progress import progress

SIGNIFICANT, TOP = 0.05, 10
PLAIN, EXPRESSION, PERMUTED = "random genes", "random genes of the same expression", "permuted labels"
TESTS = {"overlap test": ("P-value", "Adjusted P-value"), "GSFM": ("GSFM P-value", "GSFM Adjusted P-value")}


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/ and singlecell/.")] = Path(
        "../shared/data"
    ),
    libraries: Annotated[
        str, typer.Option(help="Names, comma-separated.")
    ] = "GO_Biological_Process_2023,KEGG_2021_Human",
    cells: Annotated[int, typer.Option(help="Most cells of a data set.")] = 3000,
    trials: Annotated[int, typer.Option(help="Times that the labels are permuted.")] = 20,
    permutations: Annotated[int, typer.Option(help="Labellings that give p-values.")] = 100,
    genes: Annotated[int, typer.Option(help="Genes of each list.")] = 50,
    seed: int = 0,
) -> None:
    """Print and write the share of small p-values, and of lists with any significant term."""
    warnings.simplefilter("ignore")
    nulls: dict[str, dict[str, Any]] = {
        PLAIN: {},
        EXPRESSION: {"propensity": "expression"},
        PERMUTED: {"permutations": permutations, "seed": seed + 1},
    }
    loaded = [read_library(data, name) for name in libraries.split(",")]
    rows: list[dict[str, object]] = []
    for name, adata, column in data_sets(data, cells):
        rng = np.random.default_rng(seed)
        found: dict[tuple[str, str, str, bool], list[pd.DataFrame]] = {}
        for trial in progress(range(trials + 1), trials + 1, name):
            real = trial == 0
            labels = adata.obs[column] if real else rng.permutation(adata.obs[column])
            adata.obs["label"] = pd.Categorical(labels)
            sc.tl.rank_genes_groups(adata, "label", method="t-test", use_raw=False)
            for library in loaded:
                for null, options in nulls.items():
                    for test, table in tested(adata, library, genes, options).items():
                        found.setdefault((library.name, test, null, real), []).append(table)
        for (library_name, test, null, real), tables in found.items():
            if not real and (test, null) != ("overlap test", EXPRESSION):  # gseapy's test has no propensity
                power = found[library_name, test, null, True][0]
                rows.append(
                    {"cells": name, "library": library_name, "test": test, "p-values of": null}
                    | figures(tables, power)
                )
    write_table(rows, "permuted_labels")


def tested(
    adata: anndata.AnnData, library: Any, genes: int, options: dict[str, Any]
) -> dict[str, pd.DataFrame]:
    """Return group, p-value and adjusted p-value of every tested term, by each test."""
    ge.tl.enrichr(adata, library, direction="up", pval_cutoff=None, max_genes=genes, min_overlap=0, **options)
    table = ge.get.enrichr_df(adata)
    shown = {}
    for test, (p, adjusted) in TESTS.items():
        gseapys = test == "overlap test" and "permutations" not in options  # which tests terms with a hit
        rows = table[table["Genes"] != ""] if gseapys else table
        rows = rows.sort_values(["group", p], kind="stable")
        shown[test] = rows[["group", "Term", p, adjusted]].set_axis(
            ["group", "term", "p", "adjusted"], axis=1
        )
    return shown


def figures(tables: list[pd.DataFrame], real: pd.DataFrame) -> dict[str, object]:
    """Return how often something is found in permuted lists, and how much in the real ones."""
    best = np.concatenate([table.groupby("group", observed=True)["adjusted"].min() for table in tables])
    p_values = pd.concat(tables)["p"]
    power = real.groupby("group", observed=True)["adjusted"].agg(lambda q: (q < SIGNIFICANT).sum())
    return {
        "lists": len(best),
        "p<.05": f"{np.mean(p_values < 0.05):.4f}",
        "p<.001": f"{np.mean(p_values < 0.001):.5f}",
        "lists with any FDR<.05": f"{np.mean(best < SIGNIFICANT):.3f}",
        "real groups": len(power),
        "of them with any": int((power > 0).sum()),
        "significant terms, median": f"{power.median():.0f}",
        "right in the top ten": f"{right_share(real):.2f}",
    }


def right_share(real: pd.DataFrame) -> float:
    """Return the share of right terms in the top ten of each cell type whose lineage is known."""
    shares = []
    for group, table in real.groupby("group", observed=True):
        if group in CELL_TYPES:
            pattern = "|".join(LINEAGES[lineage] for lineage in CELL_TYPES[str(group)])
            shares.append(table["term"].head(TOP).str.contains(f"(?:{pattern})", case=False).mean())
    return float(np.mean(shares))


if __name__ == "__main__":
    typer.run(main)
