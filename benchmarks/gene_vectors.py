"""Gene vectors of other kinds as models, beside the bundled model.

    python -m benchmarks.gene_vectors --data ../shared/data

Vectors made here, each made a model by `gsfm_enrich.GeneVectors`: latent semantic analysis of the RefSeq
summaries (TF-IDF of their words, truncated SVD), the bundled model's channels of publications and of
experiments, and the cells of the Kang data set (standardised log expression, truncated SVD). Summaries say in
words what GO and KEGG say in terms, so that the text is recall there; GWAS and ChEA are not summarised.

All models answer the same questions (`gsfm_enrich.evaluation`), over the genes that all of them know.
Published for GenePT, on other questions: KEGG .921, GO .897, GWAS .586, ChEA .564.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import anndata
import numpy as np
import pandas as pd
import scanpy as sc
import typer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

import gsfm_enrich as ge
from benchmarks.protocols import read_library, write_table
from gsfm_enrich.evaluation.evaluate import compare_halves
from gsfm_enrich.evaluation.scorers import model_scorer
from gsfm_enrich.model.channels import ChannelGSFM
from gsfm_enrich.model.vocab import N_SPECIAL

LIBRARIES = "KEGG_2021_Human,GO_Biological_Process_2023,GWAS_Catalog_2023,ChEA_ChEA3"
HUMAN = 9606


def summaries(path: Path, width: int, seed: int) -> ge.GeneVectors:
    """Return latent semantic vectors of the summaries of human genes."""
    table = pd.read_csv(path, sep="\t")
    table = table[table["Taxon_ID"] == HUMAN].drop_duplicates("Gene_ID")
    words = TfidfVectorizer(sublinear_tf=True, min_df=3, max_df=0.2, stop_words="english")
    counts = words.fit_transform(table["Gene_summary"].str.replace(r"\[.*?\]", " ", regex=True))
    vectors = TruncatedSVD(width, random_state=seed).fit_transform(counts)
    return ge.GeneVectors.of(table["Gene_ID"].astype(str).tolist(), vectors)


def expression(path: Path, width: int, seed: int) -> ge.GeneVectors:
    """Return vectors of the genes of single cells."""
    cells = anndata.read_h5ad(path)
    sc.pp.filter_genes(cells, min_cells=20)
    sc.pp.normalize_total(cells, target_sum=1e4)
    sc.pp.log1p(cells)
    values = np.asarray(cells.X.todense() if hasattr(cells.X, "todense") else cells.X, dtype=np.float32)
    values = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-6)
    vectors = TruncatedSVD(width, random_state=seed).fit_transform(values.T)
    return ge.GeneVectors.of(list(map(str, cells.var_names)), vectors)


def of_channel(model: ChannelGSFM, name: str) -> ge.GeneVectors:
    """Return the places of the genes in a channel of the bundled model."""
    places = model.dense_channels[list(model.config.dense).index(name)].places
    return ge.GeneVectors.of(model.vocab.genes, places[N_SPECIAL:], resolve=False)


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/, text/ and singlecell/.")] = Path(
        "../shared/data"
    ),
    libraries: Annotated[str, typer.Option(help="Names, comma-separated.")] = LIBRARIES,
    terms: Annotated[int, typer.Option(help="Terms of each library, drawn at random.")] = 200,
    splits: Annotated[int, typer.Option(help="Random halves of a term.")] = 2,
    seed: int = 0,
) -> None:
    """Print and write the figures of every model."""
    warnings.simplefilter("ignore")
    bundled = ge.load_model()
    assert isinstance(bundled, ChannelGSFM)
    models = {
        "bundled model": bundled,
        "its publications alone": of_channel(bundled, "literature"),
        "its experiments alone": of_channel(bundled, "experiments"),
        "RefSeq summaries (LSA)": summaries(data / "text" / "refseq_gene_summaries.tsv.gz", 256, seed),
    }
    scorers = {name: model_scorer(model) for name, model in models.items()}
    cells = {
        "cells of Kang": model_scorer(expression(data / "singlecell" / "kang_ctrl_8684x2511.h5ad", 128, seed))
    }
    rows: list[dict[str, object]] = []
    for genes, asked in (("of the first four", scorers), ("of all", scorers | cells)):
        for name in libraries.split(","):
            library = read_library(data, name)
            found = compare_halves(library, asked, splits=splits, max_terms=terms, seed=seed)[0]
            rows += [{"genes": genes, **row} for row in found.to_dict("records")]
    write_table(rows, "gene_vectors")


if __name__ == "__main__":
    typer.run(main)
