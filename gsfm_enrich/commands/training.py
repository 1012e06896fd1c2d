"""``gsfm-enrich train``: from gene sets to a checkpoint."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gsfm_enrich.commands.options import check_folder
from gsfm_enrich.commands.output import (
    INTERRUPTED,
    closing,
    is_first_process,
    is_watched,
    say,
    show_table,
    working,
)
from gsfm_enrich.errors import GsfmEnrichError, InputError
from gsfm_enrich.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd

    from gsfm_enrich.training.corpus import Corpus

PARTITION = 0.5  # recorded in config.json: training shows part of a set and asks for the rest
SMALLEST_VOCAB = 3  # placeholder until the corpus is read
GMT_ENDINGS = (".gmt", ".gmt.gz")

Out = Annotated[
    Path,
    typer.Option("--out", metavar="DIR", help="Folder of the run, and of the final checkpoint."),
]
GmtFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--gmt", metavar="PATH", help="GMT file or folder of GMT files, one source per file; repeatable."
    ),
]
Literature = Annotated[
    Path | None,
    typer.Option(
        "--literature",
        metavar="PATH",
        help="org.Hs.eg.sqlite of the Bioconductor package org.Hs.eg.db: one set per publication.",
    ),
]
Exclude = Annotated[
    list[Path] | None,
    typer.Option(
        "--exclude",
        metavar="PATH",
        help="GMT file kept for evaluation: sets whose names contain one of its GEO series are left out.",
    ),
]
Before = Annotated[
    int | None,
    typer.Option("--before", metavar="PMID", help="Use only publications with a smaller PubMed id."),
]

NearDuplicates = Annotated[
    float,
    typer.Option(
        "--near-duplicates",
        metavar="J",
        help="Leave out a set whose Jaccard index with an earlier one of the same file is at least J "
        "(0.5 to 1); 1 leaves out repeated sets only.",
    ),
]

TRAIN_CLOSING = closing(
    "Examples:",
    "  gsfm-enrich train --gmt sets/ --out runs/mine",
    "  gsfm-enrich train --literature org.Hs.eg.sqlite --gmt sets/ --out runs/first --half",
    "  gsfm-enrich build --literature org.Hs.eg.sqlite --gmt sets/ --out runs/default",
    "  gsfm-enrich enrichr -i genes.txt -g GO_Biological_Process --model runs/mine",
    "",
    "Exit code: 0 when trained, 2 on bad input, 130 when interrupted.",
)


def train(
    *,
    out: Out,
    gmt: GmtFiles = None,
    literature: Literature = None,
    exclude: Exclude = None,
    before: Before = None,
    near_duplicates: NearDuplicates = 1.0,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Total number of batches.")] = 20_000,
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, help="Sets per batch, over all processes.")
    ] = 512,
    learning_rate: Annotated[
        float,
        typer.Option(
            "--learning-rate", help="Peak learning rate after warm-up; then half a cosine down to zero."
        ),
    ] = 1e-3,
    width: Annotated[
        int, typer.Option("--width", min=1, help="Length of the representation of a set.")
    ] = 256,
    depth: Annotated[
        int, typer.Option("--depth", min=1, help="Layers of the encoder and of the decoder.")
    ] = 2,
    dropout: Annotated[
        float, typer.Option("--dropout", help="Share of hidden units dropped during training.")
    ] = 0.2,
    architecture: Annotated[
        Literal["gsfm", "gsfm-scaled"],
        typer.Option(
            "--architecture",
            help="The published architecture, or with the input scaled by the size of the set.",
        ),
    ] = "gsfm-scaled",
    balance: Annotated[
        float, typer.Option("--balance", help="1 draws set by set, 0 source by source, 0.5 in between.")
    ] = 0.5,
    weight: Annotated[
        list[str] | None,
        typer.Option(
            "--weight",
            metavar="SOURCE=W",
            help="Draw a source (literature, or a GMT file's name without .gmt) W times as often as "
            "--balance says; repeatable.",
        ),
    ] = None,
    validate_on: Annotated[
        str | None,
        typer.Option(
            "--validate-on",
            metavar="SOURCE",
            help="Keep all sets of a source for validation (literature, or a GMT file's name without .gmt), "
            "instead of 2 % of every source.",
        ),
    ] = None,
    patience: Annotated[
        int,
        typer.Option(
            "--patience",
            min=0,
            help="Stop after this many validations without a lower loss, keep the best; 0 never stops.",
        ),
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same run.")] = 0,
    precision: Annotated[
        Literal["32-true", "16-mixed", "bf16-mixed", "bf16-true", "64-true"],
        typer.Option("--precision", help="Numerical precision, as named by Lightning Fabric."),
    ] = "32-true",
    half: Annotated[bool, typer.Option("--half/--full", help="Write the weights in 16 or 32 bits.")] = False,
) -> None:
    """Train a gene set foundation model.

    Part of every set is hidden, and the model learns to predict it. The folder receives config.json,
    model.safetensors and vocab.txt, for use with --model DIR or load_model, and log.tsv with step, training
    loss and validation loss. Repeat the same command to resume an interrupted run. Uses all GPUs of the
    machine; on several machines, start it with fabric run.
    """
    if find_spec("lightning_fabric") is None:
        raise GsfmEnrichError(
            "Training needs lightning-fabric; install it with: pip install 'gsfm-enrich[train]'."
        )
    check_folder(out)
    from gsfm_enrich.model.checkpoint import save_model
    from gsfm_enrich.model.config import GSFMConfig
    from gsfm_enrich.training.config import TrainingConfig
    from gsfm_enrich.training.fit import fit

    network = GSFMConfig(  # settings are checked before the gene sets are read, which takes minutes
        vocab_size=SMALLEST_VOCAB,
        d_model=width,
        depth=depth,
        dropout=dropout,
        partition=PARTITION,
        architecture=architecture,
    )
    training = TrainingConfig(
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        balance=balance,
        weights=weights_of(weight or []),
        validate_on=validate_on,
        patience=patience,
        seed=seed,
        precision=precision,
    )
    corpus = read_corpus(gmt, literature, exclude, before, near_duplicates)
    losses = Losses()
    try:
        with progress(steps, batch_size) as show:

            def report(done: int, loss: float, validation: float | None) -> None:
                losses.add(loss, validation)
                show(done, losses)

            model = fit(corpus, network, training, out, report)
    except KeyboardInterrupt:
        say(f"Interrupted; the same command resumes from the last state saved in {out}/.")
        raise typer.Exit(INTERRUPTED) from None
    if not is_first_process():
        return
    write_manifest(corpus, out)
    if half:
        import torch

        save_model(model, out, dtype=torch.float16)
    show_table(summary(corpus, steps, losses, out))


@dataclass
class Losses:
    """The last losses of a run, in nats for each hidden gene."""

    training: float = float("nan")
    validation: float = float("nan")

    def add(self, training: float, validation: float | None) -> None:
        """Record the losses of one step; most steps have no validation."""
        self.training = training
        if validation is not None:
            self.validation = validation


def weights_of(options: Sequence[str]) -> dict[str, float]:
    """Return the weights of sources, each given as ``SOURCE=W``.

    Raises
    ------
    InputError
        If an option has another form.

    Examples
    --------
    >>> weights_of(["literature=2"])
    {'literature': 2.0}
    """
    weights = {}
    for option in options:
        source, _, number = option.rpartition("=")
        try:
            weights[source] = float(number)
        except ValueError:
            source = ""
        if not source:
            raise InputError(f"--weight must be a source and a number, such as literature=2, not {option!r}.")
    return weights


def gmt_files(paths: Sequence[Path]) -> list[Path]:
    """Replace every folder by the GMT files in it, sorted by name.

    Raises
    ------
    InputError
        If a path does not exist, or a folder has no GMT file.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.name.lower().endswith(GMT_ENDINGS))
            if not inside:
                raise InputError(
                    f"The folder {str(path)!r} has no file ending in {' or '.join(GMT_ENDINGS)}."
                )
            files += inside
        elif path.is_file():
            files.append(path)
        else:
            raise InputError(f"There is no file or folder {str(path)!r}; expected GMT files.")
    return files


def read_corpus(
    gmt: Sequence[Path] | None,
    literature: Path | None,
    exclude: Sequence[Path] | None,
    before: int | None,
    near_duplicates: float,
) -> Corpus:
    """Read the training sets, or open them if they were read before, and report what was left out."""
    if not gmt and literature is None:
        raise InputError("There is nothing to train on; pass gene sets with --gmt, --literature or both.")
    if before is not None and literature is None:
        raise InputError("--before selects publications, so it needs --literature.")
    if literature is not None and not literature.is_file():
        raise InputError(f"There is no file {str(literature)!r}; expected org.Hs.eg.sqlite.")
    files, held_out = gmt_files(gmt or []), gmt_files(exclude or [])
    from gsfm_enrich.training.assemble import build_corpus
    from gsfm_enrich.training.sources import geo_series

    with working("Reading gene sets"):
        corpus = build_corpus(
            files,
            literature,
            before=before,
            exclude=geo_series(held_out),
            near_duplicates=near_duplicates,
        )
    lost = "; ".join(f"{what} ({count:,})" for what, count in corpus.left_out.items() if count)
    if lost:
        say(f"Left out: {lost}.")
    return corpus


def write_manifest(corpus: Corpus, out: Path) -> None:
    """Write next to a checkpoint which sets it was trained on."""
    text = json.dumps(corpus.manifest, indent=1, ensure_ascii=False) + "\n"
    write_atomically(out / "corpus.json", text.encode())


@contextmanager
def progress(steps: int, batch_size: int) -> Iterator[Callable[[int, Losses], None]]:
    """Show a progress bar with losses, speed and time left if standard error is a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Figures(ProgressColumn):
        """Losses and speed."""

        def render(self, task: Task) -> Text:
            losses: Losses = task.fields["losses"]
            figures = [f"loss {losses.training:.3f}"]
            if losses.validation == losses.validation:
                figures.append(f"validation {losses.validation:.3f}")
            if task.speed is not None:
                figures.append(f"{task.speed * batch_size:,.0f} sets/s")
            return Text(", ".join(figures), no_wrap=True)

    console = Console(stderr=True)
    watched = is_watched(sys.stderr)
    with Progress(
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        Figures(),
        TimeRemainingColumn(),
        console=console,
        disable=not watched,
    ) as bar:
        task = bar.add_task("", total=steps, losses=Losses())
        started = False

        def show(done: int, losses: Losses) -> None:
            nonlocal started
            if not started:  # a resumed run starts in the middle, which must not count as speed
                bar.reset(task, completed=done - 1, losses=losses)
                started = True
            bar.update(task, completed=done, losses=losses)

        yield show


def summary(corpus: Corpus, steps: int, losses: Losses, out: Path) -> pd.DataFrame:
    """Return what was trained, as a table of items and values."""
    import pandas as pd

    rows = {
        "checkpoint": str(out),
        "sources": str(len(corpus.sources)),
        "sets": str(len(corpus)),
        "genes": str(len(corpus.vocab) - 2),
        "steps": str(steps),
    }
    if losses.training == losses.training:  # missing if the run was already complete
        rows["training loss"] = f"{losses.training:.4f}"
        rows["validation loss"] = f"{losses.validation:.4f}"
    return pd.DataFrame(rows.items(), columns=["item", "value"])
