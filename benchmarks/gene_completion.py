"""Gene completion, half held out: the bundled model, co-occurrence and popularity side by side.

    python benchmarks/gene_completion.py --data ../shared/data --org-db org.Hs.eg.sqlite

Competitors count in the very corpus that the bundled model was trained on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.training.corpus import build_corpus, geo_series
from gsfm_enrich.training.evaluate import (
    complete_halves,
    cooccurrence_scorer,
    model_scorer,
    popularity_scorer,
)

LIBRARIES = (
    "KEGG_2021_Human",
    "GO_Biological_Process_2023",
    "GWAS_Catalog_2023",
    "WikiPathway_2023_Human",
    "MGI_Mammalian_Phenotype_Level_4_2021",
    "ChEA_ChEA3",
)


def interval(values: np.ndarray, statistic: object, seed: int = 0) -> str:
    """Return a statistic with its bootstrap interval (95 %, terms resampled)."""
    rng = np.random.default_rng(seed)
    draws = [statistic(values[rng.integers(len(values), size=len(values))]) for _ in range(500)]
    low, high = np.percentile(draws, [2.5, 97.5])
    return f"{statistic(values):.3f} ({low:.3f} to {high:.3f})"


def main(
    data: Annotated[Path, typer.Option(help="Folder with corpus/, libraries/ and benchmark/.")] = Path(
        "../shared/data"
    ),
    org_db: Annotated[Path, typer.Option(help="org.Hs.eg.sqlite")] = Path("org.Hs.eg.sqlite"),
    model: Annotated[str, typer.Option(help="Checkpoint to evaluate.")] = "default",
    splits: Annotated[int, typer.Option(help="Random halves a term.")] = 5,
    max_terms: Annotated[int, typer.Option(help="Terms a library, drawn at random.")] = 300,
    libraries: Annotated[str, typer.Option(help="Comma-separated names.")] = ",".join(LIBRARIES),
    competitors: Annotated[bool, typer.Option(help="Count in the training corpus, too.")] = True,
    out: Annotated[Path, typer.Option(help="Where the table goes.")] = Path(
        "benchmarks/results/gene_completion.tsv"
    ),
) -> None:
    """Print and write one table: libraries by methods."""
    scorers = {"gsfm_enrich": model_scorer(load_model(model))}
    if competitors:
        exclude = geo_series(sorted((data / "benchmark").glob("*.gmt.gz")))
        corpus = build_corpus(sorted((data / "corpus").glob("*.gmt.gz")), org_db, exclude=exclude)
        scorers["co-occurrence in the literature"] = cooccurrence_scorer(corpus)
        scorers["popularity"] = popularity_scorer(corpus)
    rows = []
    for name in libraries.split(","):
        library = GeneSetLibrary.from_gmt(data / "libraries" / f"{name}.gmt.gz")
        for method, scorer in scorers.items():
            figures = pd.DataFrame(complete_halves(library, scorer, splits=splits, max_terms=max_terms))
            terms = figures.groupby("term")[["auroc", "average_precision", "recall_at_50"]].mean()
            rows.append(
                {
                    "library": name,
                    "method": method,
                    "terms": len(terms),
                    "median AUROC": interval(terms["auroc"].to_numpy(), np.median),
                    "mean AP": interval(terms["average_precision"].to_numpy(), np.mean),
                    "recall at 50": f"{terms['recall_at_50'].mean():.3f}",
                }
            )
            print(*rows[-1].values(), sep="\t", flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(out, sep="\t", index=False)
    print(f"written to {out}")


if __name__ == "__main__":
    typer.run(main)
