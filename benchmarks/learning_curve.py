"""What more training sets are worth: the model built from an eighth, a quarter, half and all of the corpus.

    python -m benchmarks.learning_curve --data ../shared/data --org-db org.Hs.eg.sqlite

Sets are drawn at random from the corpus of the bundled model, every source alike; the vocabulary stays that
of the whole corpus, so that all models rank the same genes. Each is built as `gsfm-enrich build` does.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.protocols import read_library, training_corpus, write_table
from gsfm_enrich.evaluation.evaluate import compare_halves
from gsfm_enrich.evaluation.scorers import model_scorer
from gsfm_enrich.training.corpus import Corpus
from gsfm_enrich.training.gate import train_channels

LIBRARIES = ("KEGG_2021_Human", "GO_Biological_Process_2023", "GWAS_Catalog_2023", "ChEA_ChEA3")
SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)


def part_of(corpus: Corpus, share: float, seed: int = 0) -> Corpus:
    """Return a random share of the sets; a smaller share is part of a larger one."""
    kept = np.flatnonzero(np.random.default_rng(seed).random(len(corpus)) < share)
    sets = [corpus[number] for number in kept.tolist()]
    return replace(
        corpus,
        units=np.concatenate(sets),
        starts=np.concatenate([[0], np.cumsum([len(units) for units in sets])]),
        source=corpus.source[kept],
    )


def main(
    data: Annotated[Path, typer.Option(help="Folder with corpus/, libraries/ and benchmark/.")] = Path(
        "../shared/data"
    ),
    org_db: Annotated[Path, typer.Option(help="org.Hs.eg.sqlite")] = Path("org.Hs.eg.sqlite"),
    splits: Annotated[int, typer.Option(help="Random halves a term.")] = 2,
    max_terms: Annotated[int, typer.Option(help="Terms a library, drawn at random.")] = 200,
) -> None:
    """Print and write one table: shares of the corpus by libraries."""
    corpus = training_corpus(data, org_db)
    rows = []
    for share in SHARES:
        part = part_of(corpus, share)
        start = time.perf_counter()
        model = train_channels(part, org_db)
        minutes = (time.perf_counter() - start) / 60
        for name in LIBRARIES:
            library = read_library(data, name)
            summary, _ = compare_halves(
                library, {"": model_scorer(model)}, splits=splits, max_terms=max_terms
            )
            figures = summary.drop(columns=["library", "method"]).to_dict("records")[0]
            rows.append(
                {"library": name, "share": share, "sets": len(part), "minutes": f"{minutes:.1f}", **figures}
            )
            print(*rows[-1].values(), sep="\t", flush=True)
    write_table(rows, "learning_curve")


if __name__ == "__main__":
    typer.run(main)
