"""Predicted before it was published: terms as they were in 2018, genes that later releases add.

    gsfm-enrich build --literature org.Hs.eg.sqlite --before 29300000 --gmt corpus_2017/ \
        --exclude benchmark/ --out runs/time_split
    python -m benchmarks.time_split --model runs/time_split --org-db org.Hs.eg.sqlite

The model and its competitors saw publications and gene sets up to the end of 2017 alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from benchmarks.protocols import bootstrap, read_library, write_table
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.training.assemble import build_corpus
from gsfm_enrich.training.cooccurrence import PSEUDOCOUNT, SIZE_POWER
from gsfm_enrich.training.corpus import source_sets
from gsfm_enrich.training.evaluate import (
    complete_later,
    cooccurrence_scorer,
    model_scorer,
    popularity_scorer,
)
from gsfm_enrich.training.sources import geo_series

CUT_OFF = 29_300_000
"""PubMed ids from about January 2018 on."""
RELEASES = {
    "GO BP 2018 to 2021": ("GO_Biological_Process_2018", "GO_Biological_Process_2021"),
    "GO BP 2021 to 2023": ("GO_Biological_Process_2021", "GO_Biological_Process_2023"),
    "GWAS 2019 to 2023": ("GWAS_Catalog_2019", "GWAS_Catalog_2023"),
    "Reactome 7.0 to 2024.1": ("Reactome_MSigDB_7.0", "Reactome_MSigDB_2024.1"),
    "HPO 7.2 to 2024.1": ("HPO_MSigDB_7.2", "HPO_MSigDB_2024.1"),
}


def main(
    model: Annotated[str, typer.Option(help="Checkpoint trained on what existed at the cut-off.")],
    org_db: Annotated[Path, typer.Option(help="org.Hs.eg.sqlite")],
    data: Annotated[Path, typer.Option(help="Folder with corpus_2017/ and libraries/.")] = Path(
        "../shared/data"
    ),
    max_terms: Annotated[int, typer.Option(help="Terms a pair of releases, drawn at random.")] = 300,
) -> None:
    """Print and write one table: pairs of releases by methods, for all genes and for understudied ones."""
    exclude = geo_series(sorted((data / "benchmark").glob("*.gmt.gz")))
    corpus = build_corpus(
        sorted((data / "corpus_2017").glob("*.gmt.gz")), org_db, before=CUT_OFF, exclude=exclude
    )
    scorers = {
        "gsfm_enrich": model_scorer(load_model(model)),
        "co-occurrence, small papers first": cooccurrence_scorer(
            corpus, size_power=SIZE_POWER, pseudocount=PSEUDOCOUNT
        ),
        "popularity": popularity_scorer(corpus),
    }
    literature = np.concatenate([corpus[number] for number in source_sets(corpus, "literature").tolist()])
    papers = np.bincount(literature, minlength=len(corpus.vocab))[2:]
    rare = [
        gene for gene, n in zip(corpus.vocab.genes, papers, strict=True) if n <= np.quantile(papers, 0.25)
    ]
    rows = []
    for name, (old, new) in RELEASES.items():
        before, after = read_library(data, old), read_library(data, new)
        for genes, among in (("all", None), ("understudied", rare)):
            for method, scorer in scorers.items():
                found = complete_later(before, after, scorer, among=among, max_terms=max_terms)
                terms = pd.DataFrame(found)
                rows.append(
                    {
                        "releases": name,
                        "genes": genes,
                        "method": method,
                        "terms": len(terms),
                        "median AUROC": bootstrap(terms["auroc"].to_numpy(), np.median),
                        "mean AP": bootstrap(terms["average_precision"].to_numpy(), np.mean),
                        "recall at 50": f"{terms['recall_at_50'].mean():.3f}",
                    }
                )
                print(*rows[-1].values(), sep="\t", flush=True)
    write_table(rows, "time_split")


if __name__ == "__main__":
    typer.run(main)
