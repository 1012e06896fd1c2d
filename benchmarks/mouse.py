"""Mouse genes through human orthologues: the share that each route maps, and whether results agree.

    python -m benchmarks.mouse --data ../shared/data

Shares are of the mouse genes of HCOP with an orthologue that three or more of its sources name; right is a
human gene that most sources name. Agreement is between the gene sets of mouse and the human ones of the same
name, for the markers of every cell type of a mouse lung, with the measured genes as the background.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import Annotated

import anndata
import numpy as np
import pandas as pd
import scanpy as sc
import typer
from scipy.stats import spearmanr

import gsfm_enrich as ge
from benchmarks.protocols import read_library, write_table
from gsfm_enrich.errors import GsfmEnrichWarning
from gsfm_enrich.files import CACHE_VARIABLE, OFFLINE_VARIABLE
from gsfm_enrich.genes.orthology import install_orthology
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.libraries.library import GeneSetLibrary

PAIRS = (
    ("Mouse_Hallmark_MSigDB_2024.1", "MSigDB_Hallmark_2024.1"),
    ("Mouse_Reactome_MSigDB_2024.1", "Reactome_MSigDB_2024.1"),
)
ROUTES = {  # the ways of being found that a route takes, None for all; and whether it has the table
    "same symbol but for case": ({"direct", "case"}, False),
    "rule, without the table": (None, False),
    "MGI's table alone": ({"orthologue"}, True),
    "MGI's table, else the rule": (None, True),
}
LEAST_SOURCES, TOP, MARKERS = 3, 10, 200


def orthologues_of_hcop(path: Path) -> dict[str, tuple[set[str], set[str]]]:
    """Return, for each mouse symbol, the human symbols that most sources name, and all of them.

    They are spelled as in the bundled gene table, by Entrez id.
    """
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    genes = load_gene_table()
    table["human"] = table["human_entrez_gene"].map(dict(zip(genes["entrez"], genes["symbol"], strict=True)))
    table = table[table["human"].notna()]
    sources = table["num_sources"].astype(int)
    most = sources.groupby(table["gene_symbol"]).transform("max")
    best = table[(sources == most) & (most >= LEAST_SOURCES)].groupby("gene_symbol")["human"].agg(set)
    every = table.groupby("gene_symbol")["human"].agg(set)
    return {mouse: (human, every[mouse]) for mouse, human in best.items()}


def map_genes(symbols: list[str], route: str) -> dict[str, str]:
    """Return the human symbol of the mouse symbols that a route maps."""
    ways, has_table = ROUTES[route]
    found = ge.resolve(symbols, "mouse" if has_table or ways is None else "human").table
    kept = found[found["symbol"].notna() & (found["how"].isin(ways) if ways else True)]
    return dict(zip(kept["input"], kept["symbol"], strict=True))


def shares(data: Path, measured: list[str], table: str) -> list[dict[str, object]]:
    """Compare the routes with HCOP, and count the genes of a data set that they map."""
    truth = orthologues_of_hcop(data / "ids" / "hcop_human_mouse.tsv.gz")
    rows = []
    for route, (_, has_table) in ROUTES.items():
        os.environ[CACHE_VARIABLE] = table if has_table else tempfile.mkdtemp()
        human = map_genes(list(truth), route)
        verdicts = Counter(
            "none" if mouse not in human
            else "right" if human[mouse] in best
            else "another orthologue" if human[mouse] in every
            else "wrong"
            for mouse, (best, every) in truth.items()
        )  # fmt: skip
        row: dict[str, object] = {"route": route, "mouse genes of HCOP": len(truth)}
        for verdict in ("right", "another orthologue", "wrong", "none"):
            row[verdict] = f"{verdicts[verdict] / len(truth):.3f}"
        row["mapped of the measured genes"] = f"{len(map_genes(measured, route)) / len(measured):.3f}"
        rows.append(row)
    return rows


def markers_of(data: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Return the strongest markers of every cell type of the mouse lung, and all genes measured."""
    cells = anndata.read_h5ad(data / "singlecell" / "zilionis_mouse_lung_800x24248.h5ad")
    cells.obs["Major_cell_type"] = cells.obs["Major_cell_type"].astype("category")
    counts = cells.obs["Major_cell_type"].value_counts()
    groups = sorted(counts.index[counts >= 10])
    sc.tl.rank_genes_groups(cells, "Major_cell_type", groups=groups, method="wilcoxon")
    lists = {}
    for group in groups:
        frame = sc.get.rank_genes_groups_df(cells, group, pval_cutoff=0.05, log2fc_min=0)
        lists[group] = frame["names"].head(MARKERS).tolist()
    return {group: genes for group, genes in lists.items() if len(genes) >= 10}, list(cells.var_names)


def p_values(genes: list[str], library: GeneSetLibrary, measured: list[str], organism: str) -> pd.DataFrame:
    """Return both p-values of every term."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GsfmEnrichWarning)  # the genes that are in no term
        result = ge.enrichr(genes, library, background=measured, organism=organism, min_overlap=0).results
    return result.set_index("Term")[["P-value", "GSFM P-value"]]


def agreement(
    data: Path, lists: dict[str, list[str]], measured: list[str], table: str
) -> list[dict[str, object]]:
    """Compare the terms of mouse libraries with the human terms of the same name, list by list."""
    rows = []
    for mouse_name, human_name in PAIRS:
        mouse, human = read_library(data, mouse_name), read_library(data, human_name)
        shared = sorted(set(mouse.terms) & set(human.terms))
        for route, folder, organism in (
            ("MGI's table, else the rule", table, "mouse"),
            ("rule, without the table", tempfile.mkdtemp(), "rat"),  # no table of rat is there
            ("read as human", table, "human"),
        ):
            os.environ[CACHE_VARIABLE] = folder
            found: dict[str, list[tuple[float, float]]] = {"P-value": [], "GSFM P-value": []}
            for genes in lists.values():
                ours = p_values(genes, mouse, measured, organism).loc[shared]
                theirs = p_values(genes, human, measured, organism).loc[shared]
                for column, values in found.items():
                    a, b = ours[column], theirs[column]
                    top = set(a.nsmallest(TOP).index) & set(b.nsmallest(TOP).index)
                    values.append((spearmanr(a, b).statistic, len(top) / TOP))
            for column, values in found.items():
                correlations, tops = np.array(values).T
                rows.append(
                    {
                        "libraries": f"{mouse_name} and {human_name}",
                        "terms of both": f"{len(shared)} of {len(mouse)} and {len(human)}",
                        "genes": route,
                        "ranked by": column,
                        "cell types": len(lists),
                        "median rank correlation": f"{np.median(correlations):.3f}",
                        "lowest": f"{correlations.min():.3f}",
                        f"shared of the top {TOP}": f"{tops.mean():.3f}",
                    }
                )
                print(*rows[-1].values(), sep="\t", flush=True)
    return rows


def main(
    data: Annotated[Path, typer.Option(help="Folder with ids/, libraries/ and singlecell/.")] = Path(
        "../shared/data"
    ),
) -> None:
    """Print and write two tables: the share mapped by each route, and the agreement of results."""
    os.environ[OFFLINE_VARIABLE] = "1"
    table = os.environ[CACHE_VARIABLE] = tempfile.mkdtemp()
    print(install_orthology("mouse", data / "ids" / "HOM_MouseHumanSequence.rpt.gz"))
    lists, measured = markers_of(data)
    write_table(shares(data, measured, table), "mouse_mapping")
    write_table(agreement(data, lists, measured, table), "mouse_agreement")


if __name__ == "__main__":
    typer.run(main)
