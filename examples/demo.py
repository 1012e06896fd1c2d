"""The main job, start to finish: 700 blood cells to ranked terms, predicted functions, plots and a report.

Run it with ``make demo`` or ``python examples/demo.py``. It needs no network: cells, gene sets and model are
all part of installed packages.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path

import anndata
import pandas as pd
import scanpy as sc
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

import gsfm_enrich as ge

LIBRARY = "GO_Biological_Process"
SIGNIFICANT = 0.05
ROWS_SHOWN = 10
REPORT = "report.html"
NUMBERS = {"overlap", "expected", "adj. p", "GSFM adj. p", "papers", "probability"}
WIDE = 148  # columns of a terminal that has room for everything
LEFT_OUT = {"overlap", "adj. p", "added genes", "papers"}  # in a narrower one
WIDTHS = {  # of the longest names, there and here
    "cell type": (28, 16),
    "term": (50, 30),
    "differential in": (36, 16),
    "predicted function": (60, 30),
}
WIDTH_OF_A_FILE = 150  # columns when nobody watches and there is no terminal to ask


def main() -> None:
    """Run the demo and say where its files are."""
    arguments = read_arguments()
    console = Console(soft_wrap=False)
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_A_FILE)
    start = time.perf_counter()

    adata = sc.datasets.pbmc68k_reduced()
    sc.tl.rank_genes_groups(adata, "bulk_labels")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ge.GsfmEnrichWarning)
        ge.tl.enrichr(adata, LIBRARY, model=arguments.model)
        ge.tl.annotate_genes(adata, LIBRARY, model=arguments.model)

    show_terms(console, adata)
    show_understudied(console, adata)
    for warning in caught:
        console.print(f"[yellow]note:[/yellow] {warning.message}", highlight=False)
    files = write_files(adata, arguments.output)

    console.print(f"\nDone in {time.perf_counter() - start:.0f} s. Written:", style="bold")
    for path, what in files.items():
        console.print(f"  {path}  [dim]{what}[/dim]", highlight=False)
    console.print(f"\nOpen next: {arguments.output / REPORT} in a browser.", style="bold", highlight=False)


def read_arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--output", type=Path, default=Path("demo_output"), help="folder to write (%(default)s)"
    )
    parser.add_argument("--model", default="default", help="checkpoint: a folder or hub name (%(default)s)")
    return parser.parse_args()


def show_terms(console: Console, adata: anndata.AnnData) -> None:
    """Print the best term of the genes that are up in each group, the best groups first."""
    found = ge.get.enrichr_df(adata, direction="up")
    n_significant = (found["GSFM Adjusted P-value"] <= SIGNIFICANT).sum()
    best = found.drop_duplicates("group").sort_values("GSFM P-value", kind="stable").head(ROWS_SHOWN)
    rows = [
        {
            "cell type": row["group"],
            "term": row["Term"],
            "overlap": row["Overlap"],
            "expected": f"{row['Expected Overlap']:.1f}",
            "adj. p": f"{row['Adjusted P-value']:.1e}",
            "GSFM adj. p": f"{row['GSFM Adjusted P-value']:.1e}",
            "added genes": first_few(row["Predicted Genes"], 2),
        }
        for _, row in best.iterrows()
    ]
    title = f"{n_significant} terms of {LIBRARY} are significant; the best one for each cell type:"
    draw(console, title, rows)


def show_understudied(console: Console, adata: anndata.AnnData) -> None:
    """Print the understudied genes among the hits, with the best prediction for each."""
    genes = adata.uns["gsfm_annotate_genes"]["genes"]
    understudied = genes[genes["understudied"]]
    spoken_of = understudied[understudied["predicted_function"] != ""]
    chosen = spoken_of.sort_values("probability", ascending=False).head(ROWS_SHOWN)
    rows = [
        {
            "gene": row["gene"],
            "papers": f"{row['publications']:.0f}",
            "differential in": first_few(row["groups"], 1),
            "predicted function": row["predicted_function"],
            "probability": f"{row['probability']:.2f}",
        }
        for _, row in chosen.iterrows()
    ]
    title = f"{len(understudied)} of {len(genes)} differentially expressed genes are understudied; "
    title += f"a new function is probable for {len(spoken_of)}, of which the {len(chosen)} most probable:"
    draw(console, title, rows)


def draw(console: Console, title: str, rows: list[dict[str, str]]) -> None:
    """Print a table whose rows take one line: in a narrow terminal names are cut and columns left out."""
    wide = console.width >= WIDE
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=SIMPLE_HEAD)
    names = [name for name in rows[0] if wide or name not in LEFT_OUT]
    for name in names:
        table.add_column(name, justify="right" if name in NUMBERS else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(cut(row[name], WIDTHS.get(name, (WIDE, WIDE))[not wide]) for name in names))
    console.print()
    console.print(table)


def cut(text: str, width: int) -> str:
    """Return a name, or as much of it as fits."""
    return text if len(text) <= width else text[: width - 1] + "…"


def first_few(joined: str, number: int) -> str:
    """Return the first entries of a ``;``-joined text, and how many more there are."""
    entries = [entry for entry in joined.split(";") if entry]
    more = f" +{len(entries) - number}" if len(entries) > number else ""
    return ", ".join(entries[:number]) + more


def write_files(adata: anndata.AnnData, folder: Path) -> dict[Path, str]:
    """Write tables, plots, the annotated data and the report; return what each file holds."""
    folder.mkdir(parents=True, exist_ok=True)
    annotated = adata.uns["gsfm_annotate_genes"]
    tables: dict[str, tuple[pd.DataFrame, str]] = {
        "enrichment.tsv": (ge.get.enrichr_df(adata), "every term of every group, up and down"),
        "understudied_genes.tsv": (
            annotated["genes"],
            "how well studied every differentially expressed gene is",
        ),
        "predicted_functions.tsv": (
            annotated["predictions"],
            "ten ranked terms per understudied gene, known and new",
        ),
        "gene_lists.tsv": (adata.uns["gsfm_enrichr"]["log"], "what was asked, what was found, what was lost"),
    }
    files = {}
    for name, (table, what) in tables.items():
        table.to_csv(folder / name, sep="\t", index=False)
        files[folder / name] = what
    for direction in ("up", "down"):
        path = folder / f"dotplot_{direction}.png"
        ge.pl.dotplot(adata, direction=direction, save=path)
        files[path] = f"best terms of every group, genes {direction}"
    group = adata.uns["gsfm_enrichr"]["params"]["groups"][-1]
    ge.pl.barplot(adata, groups=group, direction="up", save=folder / "barplot.png")
    files[folder / "barplot.png"] = f"best terms of {group}"
    ge.pl.ranks(adata, groups=group, direction="up", save=folder / "ranks.png")
    files[folder / "ranks.png"] = f"what the model moved up and down in {group}, and why"
    adata.write_h5ad(folder / "pbmc68k_enriched.h5ad")
    files[folder / "pbmc68k_enriched.h5ad"] = "the cells with all results in .uns and .var"
    page = ge.report(adata, folder / REPORT, title="Enrichment of blood cells (pbmc68k_reduced)")
    files[page] = "everything on one page: open it in a browser"
    return files


if __name__ == "__main__":
    main()
