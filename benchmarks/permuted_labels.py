"""Cells whose labels were permuted: nothing is there to be found, and what is found is false.

    python -m benchmarks.permuted_labels --data ../shared/data

The cells of ``scanpy.datasets.pbmc68k_reduced()`` get each other's labels, and the genes that differ most are
tested as usual, against the genes measured. Such lists are no uniform draw of genes: which genes differ most
by chance depends on how they are expressed. Methods: gseapy's test, ours, ours told the mean expression.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import scanpy as sc
import typer

import gsfm_enrich as ge
from benchmarks.protocols import read_library, write_table

METHODS = {
    "overlap test (gseapy)": (None, "P-value", "Adjusted P-value"),
    "GSFM p-value": (None, "GSFM P-value", "GSFM Adjusted P-value"),
    "GSFM p-value, propensity='expression'": ("expression", "GSFM P-value", "GSFM Adjusted P-value"),
}


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    libraries: Annotated[
        str, typer.Option(help="Names, comma-separated.")
    ] = "GO_Biological_Process_2023,KEGG_2021_Human",
    permutations: Annotated[int, typer.Option(help="Times that the labels are permuted.")] = 20,
    genes: Annotated[int, typer.Option(help="Genes of each list.")] = 50,
    seed: int = 0,
) -> None:
    """Print and write the share of small p-values, and of lists with any significant term."""
    warnings.simplefilter("ignore")
    cells = sc.datasets.pbmc68k_reduced()
    rng = np.random.default_rng(seed)
    model = ge.load_model()
    loaded = {name: read_library(data, name) for name in libraries.split(",")}
    found: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for _ in range(permutations):
        cells.obs["permuted"] = pd.Categorical(rng.permutation(cells.obs["bulk_labels"]))
        sc.tl.rank_genes_groups(cells, "permuted", method="wilcoxon")
        for name, library in loaded.items():
            for method, (propensity, p, adjusted) in METHODS.items():
                ge.tl.enrichr(
                    cells, library, direction="up", pval_cutoff=None, max_genes=genes, model=model,
                    propensity=propensity, min_overlap=0,
                )  # fmt: skip
                table = ge.get.enrichr_df(cells)
                if propensity is None and p == "P-value":  # gseapy knows only the terms that are hit
                    table = table[table["Genes"] != ""]
                columns = table[["group", p, adjusted]].set_axis(["group", "p", "adjusted"], axis=1)
                found.setdefault((name, method), []).append(columns)
    rows: list[dict[str, object]] = []
    for (name, method), tables in found.items():
        best = np.concatenate([table.groupby("group", observed=True)["adjusted"].min() for table in tables])
        p_values = pd.concat(tables)["p"]
        rows.append(
            {
                "library": name,
                "method": method,
                "lists": len(best),
                "p<.05": f"{np.mean(p_values < 0.05):.4f}",
                "p<.001": f"{np.mean(p_values < 0.001):.5f}",
                "lists with any FDR<.05": f"{np.mean(best < 0.05):.3f}",
            }
        )
    write_table(rows, "permuted_labels")


if __name__ == "__main__":
    typer.run(main)
