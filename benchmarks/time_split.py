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

from benchmarks.protocols import read_library, training_corpus, write_table
from gsfm_enrich.evaluation.evaluate import compare_later
from gsfm_enrich.evaluation.scorers import counting_scorers, model_scorer
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.training.corpus import LITERATURE, Corpus, source_sets

CUT_OFF = 29_300_000
"""PubMed ids from about January 2018 on."""
RELEASES = {
    "GO BP 2018 to 2021": ("GO_Biological_Process_2018", "GO_Biological_Process_2021"),
    "GO BP 2021 to 2023": ("GO_Biological_Process_2021", "GO_Biological_Process_2023"),
    "GWAS 2019 to 2023": ("GWAS_Catalog_2019", "GWAS_Catalog_2023"),
    "Reactome 7.0 to 2024.1": ("Reactome_MSigDB_7.0", "Reactome_MSigDB_2024.1"),
    "HPO 7.2 to 2024.1": ("HPO_MSigDB_7.2", "HPO_MSigDB_2024.1"),
}


def understudied(corpus: Corpus) -> list[str]:
    """Return the genes in the lowest quarter by publications of the corpus."""
    literature = np.concatenate([corpus[number] for number in source_sets(corpus, LITERATURE).tolist()])
    papers = np.bincount(literature, minlength=len(corpus.vocab))[2:]
    lowest = np.quantile(papers, 0.25)
    return [gene for gene, n in zip(corpus.vocab.genes, papers, strict=True) if n <= lowest]


def main(
    model: Annotated[str, typer.Option(help="Checkpoint trained on what existed at the cut-off.")],
    org_db: Annotated[Path, typer.Option(help="org.Hs.eg.sqlite")],
    data: Annotated[Path, typer.Option(help="Folder with corpus_2017/ and libraries/.")] = Path(
        "../shared/data"
    ),
    max_terms: Annotated[int, typer.Option(help="Terms a pair of releases, drawn at random.")] = 300,
) -> None:
    """Print and write one table: pairs of releases by methods, for all genes and for understudied ones."""
    corpus = training_corpus(data, org_db, "corpus_2017", CUT_OFF)
    scorers = {"gsfm_enrich": model_scorer(load_model(model)), **counting_scorers(corpus)}
    rare = understudied(corpus)
    tables = []
    for name, (old, new) in RELEASES.items():
        before, after = read_library(data, old), read_library(data, new)
        for genes, among in (("all", None), ("understudied", rare)):
            summary, _ = compare_later(before, after, scorers, among=among, max_terms=max_terms)
            summary = summary.drop(columns="library")
            summary.insert(0, "releases", name)
            summary.insert(1, "genes", genes)
            tables.append(summary)
            print(summary.to_csv(sep="\t", index=False, header=False), flush=True)
    write_table(pd.concat(tables).to_dict("records"), "time_split")


if __name__ == "__main__":
    typer.run(main)
