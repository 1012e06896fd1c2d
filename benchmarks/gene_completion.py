"""Gene completion, half held out: the bundled model, co-occurrence and popularity side by side.

    python -m benchmarks.gene_completion --data ../shared/data --org-db org.Hs.eg.sqlite

Competitors count in the very corpus that the bundled model was trained on.
"""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
import typer

from benchmarks.protocols import bootstrap, read_library, write_table
from gsfm_enrich.model.channels import ChannelGSFM
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.training.assemble import build_corpus
from gsfm_enrich.training.cooccurrence import PSEUDOCOUNT, SIZE_POWER
from gsfm_enrich.training.evaluate import (
    Scorer,
    complete_halves,
    cooccurrence_scorer,
    model_scorer,
    popularity_scorer,
    standardised_scorer,
)
from gsfm_enrich.training.sources import geo_series

LIBRARIES = (
    "KEGG_2021_Human",
    "GO_Biological_Process_2023",
    "GWAS_Catalog_2023",
    "WikiPathway_2023_Human",
    "MGI_Mammalian_Phenotype_Level_4_2021",
    "ChEA_ChEA3",
)


def parts_of(model: GSFM) -> dict[str, Scorer]:
    """Return each channel of the model alone, the others silenced, when it has channels."""
    if not isinstance(model, ChannelGSFM):
        return {}
    parts = {}
    for number, name in enumerate([*model.config.dense, *model.config.tables]):
        alone = copy(model)
        alone._buffers = dict(model._buffers)
        gate = torch.full_like(model.gate, -torch.inf)
        gate[:, 1:] = 0
        gate[number] = model.gate[number]
        alone.gate = gate
        parts[f"{name} alone"] = model_scorer(alone)
    return parts


def main(
    data: Annotated[Path, typer.Option(help="Folder with corpus/, libraries/ and benchmark/.")] = Path(
        "../shared/data"
    ),
    org_db: Annotated[Path, typer.Option(help="org.Hs.eg.sqlite")] = Path("org.Hs.eg.sqlite"),
    model: Annotated[str, typer.Option(help="Checkpoint to evaluate.")] = "default",
    splits: Annotated[int, typer.Option(help="Random halves a term.")] = 2,
    max_terms: Annotated[int, typer.Option(help="Terms a library, drawn at random.")] = 200,
    libraries: Annotated[str, typer.Option(help="Comma-separated names.")] = ",".join(LIBRARIES),
    competitors: Annotated[bool, typer.Option(help="Count in the training corpus, too.")] = True,
) -> None:
    """Print and write one table: libraries by methods."""
    network = load_model(model)
    scorers = {"gsfm_enrich": standardised_scorer(network), **parts_of(network)}
    if competitors:
        exclude = geo_series(sorted((data / "benchmark").glob("*.gmt.gz")))
        corpus = build_corpus(sorted((data / "corpus").glob("*.gmt.gz")), org_db, exclude=exclude)
        scorers["co-occurrence in the literature"] = cooccurrence_scorer(corpus)
        weighted = {"size_power": SIZE_POWER, "pseudocount": PSEUDOCOUNT}
        scorers["co-occurrence, small papers first"] = cooccurrence_scorer(corpus, **weighted)
        scorers["popularity"] = popularity_scorer(corpus)
    rows = []
    for name in libraries.split(","):
        library = read_library(data, name)
        for method, scorer in scorers.items():
            figures = pd.DataFrame(complete_halves(library, scorer, splits=splits, max_terms=max_terms))
            terms = figures.groupby("term")[["auroc", "average_precision", "recall_at_50"]].mean()
            rows.append(
                {
                    "library": name,
                    "method": method,
                    "terms": len(terms),
                    "median AUROC": bootstrap(terms["auroc"].to_numpy(), np.median),
                    "mean AP": bootstrap(terms["average_precision"].to_numpy(), np.mean),
                    "recall at 50": f"{terms['recall_at_50'].mean():.3f}",
                }
            )
            print(*rows[-1].values(), sep="\t", flush=True)
    write_table(rows, "gene_completion")


if __name__ == "__main__":
    typer.run(main)
