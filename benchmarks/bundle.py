"""The bundled checkpoint: its size, how fast it loads and completes, and what its 8 bit cost.

    python -m benchmarks.bundle --data ../shared/data --org-db org.Hs.eg.sqlite

What rounding costs is measured against the same channels before they are rounded: the model is built again,
with channels that keep what they are given, and the weights of the bundled one.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from scipy.sparse import csr_array

from benchmarks.gene_completion import MAIN
from benchmarks.protocols import read_library, training_corpus, write_table
from gsfm_enrich.evaluation.evaluate import answer, known_genes, term_figures
from gsfm_enrich.evaluation.scorers import model_scorer
from gsfm_enrich.evaluation.trials import halve
from gsfm_enrich.model import channels
from gsfm_enrich.model.channels import ChannelGSFM
from gsfm_enrich.model.checkpoint import DEFAULT_FOLDER, load_model
from gsfm_enrich.training.channels import build_channels

LOAD = """
import time
start = time.perf_counter()
import torch, scipy.sparse, safetensors.torch
imported = time.perf_counter()
from gsfm_enrich import load_model
model = load_model()
loaded = time.perf_counter()
model.complete([["TP53", "MDM2"]])
print(imported - start, loaded - imported, time.perf_counter() - loaded)
"""
FIGURES = ("auroc", "average_precision", "recall_at_10", "recall_at_50")


def exactly(org_db: Path, data: Path, gate: torch.Tensor) -> ChannelGSFM:
    """Build the channels in single precision."""
    dense, tables = channels.Dense.store, channels.Table.store

    def keep_places(channel: channels.Dense, places: np.ndarray) -> None:
        dense(channel, places)
        channel.__dict__["places"] = places

    def keep_table(channel: channels.Table, neighbours: np.ndarray, similarity: np.ndarray) -> None:
        tables(channel, neighbours, similarity)
        v, k = neighbours.shape
        rows = np.arange(0, v * k + 1, k)
        matrix = csr_array((similarity.ravel(), neighbours.astype(np.int32).ravel(), rows), shape=(v, v))
        matrix.eliminate_zeros()
        matrix.sort_indices()
        channel.__dict__["matrix"] = matrix

    channels.Dense.store, channels.Table.store = keep_places, keep_table  # type: ignore[method-assign]
    try:
        model = build_channels(training_corpus(data, org_db), org_db)
    finally:
        channels.Dense.store, channels.Table.store = dense, tables  # type: ignore[method-assign]
    model.gate = gate
    return model


def sets_a_second(model: ChannelGSFM, n: int = 2000) -> float:
    """Complete sets of 10 to 200 genes, scores of all genes, in blocks of 256; the median of five runs."""
    rng = np.random.default_rng(0)
    genes = np.array(model.vocab.genes)
    sets = [rng.choice(genes, rng.integers(10, 200), replace=False).tolist() for _ in range(n)]
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        for first in range(0, n, 256):
            model.complete(sets[first : first + 256])
        seconds.append(time.perf_counter() - start)
    return n / float(np.median(seconds))


def main(
    data: Annotated[Path, typer.Option(help="Folder with corpus/, libraries/ and benchmark/.")] = Path(
        "../shared/data"
    ),
    org_db: Annotated[Path, typer.Option(help="org.Hs.eg.sqlite")] = Path("org.Hs.eg.sqlite"),
    max_terms: Annotated[int, typer.Option(help="Terms a library, drawn at random.")] = 200,
) -> None:
    """Print and write one table of what is asked of the bundled checkpoint."""
    size = sum(path.stat().st_size for path in DEFAULT_FOLDER.iterdir()) / 1e6
    loads = [
        subprocess.run(
            [sys.executable, "-c", LOAD], capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(5)
    ]
    imports, load, first = np.median(np.array(loads, dtype=float), axis=0)
    model = load_model()
    if not isinstance(model, ChannelGSFM):
        raise SystemExit("The bundled model has no channels.")
    model.complete([["TP53", "MDM2"]])  # what is worked out once
    rows = [
        {"what": "size, MB", "value": f"{size:.1f}", "asked": "40 or less"},
        {"what": "import of torch, scipy and safetensors, s", "value": f"{imports:.2f}", "asked": ""},
        {"what": "first load_model() after it, s", "value": f"{load:.2f}", "asked": "below 0.5"},
        {"what": "first completion after it, s", "value": f"{first:.2f}", "asked": ""},
        {
            "what": f"sets completed a second, {torch.get_num_threads()} threads",
            "value": f"{sets_a_second(model):.0f}",
            "asked": "1000 or more",
        },
    ]
    print(*rows, sep="\n", flush=True)
    exact = exactly(org_db, data, model.gate)
    for name in MAIN:
        library = read_library(data, name)
        genes = list(library.genes)
        scorers = [model_scorer(exact), model_scorer(model)]
        trials = halve(library, known_genes(genes, scorers), splits=2, max_terms=max_terms)
        before, after = (term_figures(answer(trials, scorer, genes)) for scorer in scorers)
        for figure in FIGURES:
            statistic = np.median if figure == "auroc" else np.mean
            lost = statistic(before[figure]) - statistic(after[figure])
            rows.append(
                {"what": f"{figure} lost to 8 bit, {name}", "value": f"{lost:.4f}", "asked": "below 0.002"}
            )
            print(*rows[-1].values(), sep="\t", flush=True)
    write_table(rows, "bundle")


if __name__ == "__main__":
    typer.run(main)
