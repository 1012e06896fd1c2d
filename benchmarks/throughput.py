"""Sets per second in training: sparse bags, as here, beside the dense multi-hot input of the published code.

    python -m benchmarks.throughput --data ../shared/data

Both train the published architecture on the same batches. "dense multi-hot" gives the network a table of
zeros and ones, sets by genes, and asks for the whole sets by binary cross-entropy, as the published training
code does; "bags" is what `gsfm-enrich train` does: rows of the first layer are summed, and a softmax asks for
the hidden genes.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
import typer
from torch import Tensor

from benchmarks.protocols import write_table
from gsfm_enrich.model.build import build
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.training.assemble import build_corpus
from gsfm_enrich.training.batches import Batch, make_batch, split_corpus
from gsfm_enrich.training.config import TrainingConfig
from gsfm_enrich.training.corpus import Corpus
from gsfm_enrich.training.fit import hidden_gene_loss


def multi_hot(units: Tensor, rows: Tensor, shape: tuple[int, int], device: torch.device) -> Tensor:
    """Return a dense table of sets by genes."""
    table = torch.zeros(shape)
    table[rows, units] = 1
    return table.to(device)


def dense_loss(network: GSFM, batch: Batch, device: torch.device) -> Tensor:
    """Complete multi-hot rows by dense products, and ask for the whole sets."""
    shape = (len(batch.offsets), len(network.vocab))
    given = multi_hot(batch.units, batch.given_set, shape, device)
    whole = given + multi_hot(batch.target_units, batch.target_set, shape, device)
    logits = network.decoder.layers(network.encoder.layers(given))
    return F.binary_cross_entropy_with_logits(logits, whole)


def bags_loss(network: GSFM, batch: Batch, device: torch.device) -> Tensor:
    """Complete lists of units, and ask for the hidden ones."""
    batch = batch.to(device)
    return hidden_gene_loss(network(batch.units, batch.offsets), batch)


def sets_a_second(
    corpus: Corpus, loss: Callable[[GSFM, Batch, torch.device], Tensor], size: int, steps: int
) -> float:
    """Train some steps, drawing and hiding included, and return the median speed over the steps."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(0)
    network = build(GSFMConfig(len(corpus.vocab), d_model=256, depth=2), corpus.vocab).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    sampler, _ = split_corpus(corpus, TrainingConfig())
    rng = np.random.default_rng(0)
    seconds = []
    for _ in range(steps + 1):
        start = time.perf_counter()
        batch = make_batch(corpus, sampler.draw(rng, size), rng, (0.1, 0.9))
        optimizer.zero_grad()
        loss(network, batch, device).backward()
        optimizer.step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return float(size / np.median(seconds[1:]))


def main(
    data: Annotated[Path, typer.Option(help="Folder with corpus/.")] = Path("../shared/data"),
    steps: Annotated[int, typer.Option(help="Steps to time.")] = 5,
) -> None:
    """Print and write one table: batch sizes by ways to give sets to a network."""
    corpus = build_corpus(sorted((data / "corpus").glob("*.gmt.gz")))
    rows = []
    for size in (128, 512):
        speeds = {
            name: sets_a_second(corpus, loss, size, steps)
            for name, loss in (("dense multi-hot", dense_loss), ("bags", bags_loss))
        }
        for name, speed in speeds.items():
            rows.append(
                {
                    "input": name,
                    "batch": size,
                    "genes": len(corpus.vocab) - 2,
                    "device": "GPU" if torch.cuda.is_available() else platform.machine(),
                    "threads": torch.get_num_threads(),
                    "sets a second": f"{speed:.0f}",
                    "times as many": f"{speed / speeds['dense multi-hot']:.1f}",
                }
            )
    write_table(rows, "throughput")


if __name__ == "__main__":
    typer.run(main)
