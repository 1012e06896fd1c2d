"""The state that a run keeps in its folder, so that it resumes exactly after it was killed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from gsfm_enrich.errors import CheckpointError
from gsfm_enrich.files import written_aside
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.training.config import TrainingConfig
from gsfm_enrich.training.corpus import Corpus

STATE = "training.safetensors"
LOG = "log.tsv"
LOG_HEADER = "step\ttraining loss\tvalidation loss\n"


def describe_run(corpus: Corpus, model: GSFMConfig, training: TrainingConfig) -> dict[str, str]:
    """Return what must be the same for a run to be resumed: its settings and a digest of the corpus."""
    digest = hashlib.sha256("\n".join(corpus.vocab.tokens).encode())
    for array in (corpus.units, corpus.starts, corpus.source):
        digest.update(array.data)  # no copy: the sets may be larger than memory
    settings = {"model": asdict(model), "training": asdict(training), "sets": len(corpus)}
    return {"settings": json.dumps(settings), "corpus": digest.hexdigest()}


def start_log(path: Path, first: int) -> None:
    """Keep the lines of a log up to step ``first``: a run that was killed repeats the later steps."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    steps = [line.split("\t")[0] for line in lines]
    kept = [line + "\n" for line, n in zip(lines, steps, strict=True) if n.isdigit() and int(n) <= first]
    path.write_text(LOG_HEADER + "".join(kept), "utf-8")


def save_state(
    path: Path, network: GSFM, optimizer: torch.optim.Optimizer, run: dict[str, str], done: int
) -> None:
    """Write everything a run needs to continue, as safetensors, completely or not at all."""
    tensors = {f"model/{name}": weight.detach() for name, weight in network.named_parameters()}
    for name, weight in network.named_parameters():
        for key, value in optimizer.state.get(weight, {}).items():
            tensors[f"optimizer/{key}/{name}"] = torch.as_tensor(value).detach()
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    with written_aside(path) as scratch:
        save_file(contiguous, scratch, metadata={**run, "done": str(done)})


def resume(path: Path, network: GSFM, optimizer: torch.optim.Optimizer, run: dict[str, str]) -> int:
    """Load the state of an interrupted run, if there is one, and return how many steps it had done."""
    if not path.exists():
        return 0
    try:
        with safe_open(path, framework="pt") as state:
            metadata = state.metadata() or {}
            tensors = {key: state.get_tensor(key) for key in state.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(f"{str(path)!r} is damaged: {error}.") from error
    for key, difference in (("settings", "with other settings"), ("corpus", "on another corpus")):
        if metadata.get(key) != run[key]:
            raise CheckpointError(
                f"{str(path.parent)!r} holds a run {difference}; choose another folder, or remove it."
            )
    with torch.no_grad():
        for name, weight in network.named_parameters():
            weight.copy_(tensors.pop(f"model/{name}"))
            optimizer.state[weight] = {
                key.split("/")[1]: tensor.to(weight.device)
                for key, tensor in tensors.items()
                if key.endswith("/" + name)
            }
    return int(metadata["done"])


def validation_losses(path: Path, upto: int) -> list[float]:
    """Return the validation losses in a log up to a step, to the five digits that it keeps."""
    lines = path.read_text("utf-8").splitlines()[1:] if path.exists() else []
    rows = [line.split("\t") for line in lines]
    return [float(loss) for step, _, loss in rows if int(step) <= upto]


def has_stopped_falling(losses: list[float], patience: int) -> bool:
    """Return whether ``patience`` validations came after the lowest loss; False with a patience of 0.

    Examples
    --------
    >>> [has_stopped_falling([3.0, 2.0, 2.1, 2.2], patience) for patience in (0, 1, 2, 3)]
    [False, True, True, False]
    """
    return patience > 0 and len(losses) > 0 and len(losses) - 1 - losses.index(min(losses)) >= patience
