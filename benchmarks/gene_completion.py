r"""Gene completion, half held out: the bundled model, its competitors on the same corpus, and popularity.

    gsfm-enrich train --architecture gsfm --literature org.Hs.eg.sqlite --gmt corpus/ --exclude benchmark/ \
        --steps 2000 --learning-rate 0.004 --out runs/published
    python -m benchmarks.gene_completion --data ../shared/data --org-db org.Hs.eg.sqlite \
        --published runs/published

Every model answers the same questions. Competitors count in the very corpus that the bundled model was
trained on, and the published architecture was trained on it. In the columns that say "matched" negatives are
as popular as the positives.
"""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Annotated

import pandas as pd
import torch
import typer

from benchmarks.protocols import read_library, training_corpus, write_table
from gsfm_enrich.evaluation.evaluate import compare_halves
from gsfm_enrich.evaluation.scorers import Scorer, counting_scorers, model_scorer
from gsfm_enrich.model.channels import ChannelGSFM
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM

MAIN = (
    "KEGG_2021_Human",
    "GO_Biological_Process_2023",
    "GWAS_Catalog_2023",
    "WikiPathway_2023_Human",
    "MGI_Mammalian_Phenotype_Level_4_2021",
    "ChEA_ChEA3",
)
LIBRARIES = (
    *MAIN,
    "GO_Biological_Process_2018",
    "GO_Biological_Process_2021",
    "GO_Cellular_Component_2018",
    "GO_CC_MSigDB_2024.1",
    "GO_Molecular_Function_2018",
    "GO_MF_MSigDB_2024.1",
    "GWAS_Catalog_2019",
    "HPO_MSigDB_7.2",
    "HPO_MSigDB_2024.1",
    "Human_Phenotype_Ontology",
    "InterPro_Domains_2019",
    "KEGG_2016",
    "Reactome_2016",
    "Reactome_MSigDB_7.0",
    "Reactome_MSigDB_2024.1",
    "MSigDB_Hallmark_2024.1",
    "CellMarker_Human",
    "PanglaoDB_Human",
    "ENCODE_ChEA3",
    "ReMap_ChEA3",
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
    published: Annotated[
        Path | None,
        typer.Option(help="Checkpoint of the published architecture, trained on the same corpus."),
    ] = None,
    splits: Annotated[int, typer.Option(help="Random halves a term.")] = 2,
    max_terms: Annotated[int, typer.Option(help="Terms a library, drawn at random.")] = 200,
    libraries: Annotated[str, typer.Option(help="Comma-separated names.")] = ",".join(LIBRARIES),
    terms: Annotated[Path | None, typer.Option(help="Write the figures of every term here, too.")] = None,
) -> None:
    """Print and write one table: libraries by methods."""
    network = load_model(model)
    scorers = {"gsfm_enrich": model_scorer(network), **parts_of(network)}
    if published is not None:
        scorers["published architecture"] = model_scorer(load_model(published))
    scorers |= counting_scorers(training_corpus(data, org_db))
    summaries, of_terms = [], []
    for name in libraries.split(","):
        summary, figures = compare_halves(
            read_library(data, name), scorers, splits=splits, max_terms=max_terms
        )
        summaries.append(summary)
        of_terms.append(figures)
        print(summary.to_csv(sep="\t", index=False, header=False), flush=True)
    write_table(pd.concat(summaries).to_dict("records"), "gene_completion")
    if terms is not None:
        pd.concat(of_terms).to_csv(terms, sep="\t", index=False, float_format="%.4f")


if __name__ == "__main__":
    typer.run(main)
