"""Checkpoint files: ``config.json``, ``model.safetensors`` and ``vocab.txt``, in a folder or on the hub."""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import CheckpointError, InputError, OfflineError, did_you_mean
from gsfm_enrich.files import OFFLINE_VARIABLE, is_offline, written_aside
from gsfm_enrich.model.build import build
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.names import HUB_NAME, PUBLISHED
from gsfm_enrich.model.vocab import Vocab

CONFIG, WEIGHTS, VOCAB = FILES = ("config.json", "model.safetensors", "vocab.txt")
DEFAULT_FOLDER = Path(__file__).parents[1] / "data" / "default_model"


@checked
def load_model(name: str | os.PathLike[str] | GSFM = "default", *, revision: str | None = None) -> GSFM:
    """Load a model for inference.

    Parameters
    ----------
    name
        ``"default"`` for the bundled checkpoint, a folder that holds ``config.json``, ``model.safetensors``
        and ``vocab.txt``, or a Hugging Face hub name such as ``"maayanlab/gsfm-rummagene"`` (downloaded once,
        then used offline). A model is returned unchanged.
    revision
        Commit, tag or branch of a hub model, so that the same model is always loaded; by default the
        current one. ``model.source`` records which it is: ``"maayanlab/gsfm-rummagene@<commit>"``.

    Returns
    -------
    GSFM
        In evaluation mode, float32. Calls with the same unchanged files return the same object.

    Raises
    ------
    InputError
        If the name is neither a folder nor a hub name, or the hub has no such model.
    CheckpointError
        If a file is missing or damaged, or weights, configuration and vocabulary do not match.
    OfflineError
        If a hub checkpoint is not cached and the hub cannot be reached.

    Examples
    --------
    >>> model = load_model()
    >>> "TP53" in model.vocab
    True
    """
    if revision is not None and not isinstance(revision, str):
        raise InputError(f"revision must be a commit, tag or branch of a hub model, not {revision!r}.")
    if revision is not None and not (isinstance(name, str) and HUB_NAME.fullmatch(name)):
        raise InputError("revision can only be given for models of the hub.")
    if isinstance(name, GSFM):
        return name
    if not isinstance(name, str | os.PathLike):
        raise InputError(f"A model must be a name, a folder or a GSFM, not {type(name).__name__}.")
    if name == "default":
        return load_folder(DEFAULT_FOLDER)
    folder = Path(name).expanduser()
    if str(name) and folder.is_dir() and revision is None:
        return load_folder(folder)
    if isinstance(name, str) and HUB_NAME.fullmatch(name):
        local = download(name, revision)
        model = load_folder(local)
        model.source = f"{name}@{local.name}"  # the hub client's folders are named after the commit
        return model
    raise InputError(
        f"{str(name)!r} is neither 'default', nor a folder, nor a hub name like {PUBLISHED[0]!r}."
        f"{did_you_mean(str(name), ('default', *PUBLISHED))}"
    )


def load_folder(folder: Path) -> GSFM:
    """Load the checkpoint in a folder; see `load_model`."""
    for file in FILES:
        if not (folder / file).is_file():
            raise CheckpointError(
                f"The folder {str(folder)!r} has no {file}; a checkpoint has {', '.join(FILES)}."
            )
    stats = [(folder / file).stat() for file in FILES]
    return _load_unchanged(folder.resolve(), tuple((stat.st_mtime_ns, stat.st_size) for stat in stats))


@lru_cache(maxsize=4)
def _load_unchanged(folder: Path, stamps: tuple[tuple[int, int], ...]) -> GSFM:
    """Load a checkpoint; ``stamps``, the files' times and sizes, serve only as part of the cache key."""
    config = GSFMConfig.from_json(read_text(folder / CONFIG))
    vocab = Vocab.from_text(read_text(folder / VOCAB))
    try:
        weights = load_file(folder / WEIGHTS)
    except SafetensorError as error:
        raise CheckpointError(f"{str(folder / WEIGHTS)!r} is damaged: {error}.") from error
    try:
        with torch.device("meta"):  # spend no time on initial values that are replaced at once
            model = build(config, vocab)
    except KeyError as error:  # torch reserves some names
        raise CheckpointError(f"A channel cannot have this name: {error}.") from error
    check_weights(model, weights)
    check_values(weights)
    model.load_state_dict(
        {key: in_precision(weight, torch.float32) for key, weight in weights.items()}, assign=True
    )
    model.lay_out()
    return model.eval().requires_grad_(False)


def in_precision(weight: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return a weight in another precision; integers, such as unit numbers, are left unchanged."""
    return weight.to(dtype) if weight.is_floating_point() else weight


def read_text(path: Path) -> str:
    """Read a text file of a checkpoint; raise a `CheckpointError` if it is not UTF-8."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CheckpointError(f"{str(path)!r} is not UTF-8 text: {error}.") from error


def check_weights(model: GSFM, weights: dict[str, torch.Tensor]) -> None:
    """Raise a `CheckpointError` that names every weight that is missing, unknown or of the wrong shape."""
    expected = {key: tuple(weight.shape) for key, weight in model.state_dict().items()}
    given = {key: tuple(weight.shape) for key, weight in weights.items()}
    faults = [f"{key} is missing" for key in expected if key not in given]
    faults += [f"{key} is unknown" for key in sorted(given) if key not in expected]
    faults += [
        f"{key} has shape {given[key]}, expected {shape}"
        for key, shape in expected.items()
        if key in given and given[key] != shape
    ]
    if faults:
        raise CheckpointError("The weights do not match config.json: " + "; ".join(faults) + ".")


def check_values(weights: dict[str, torch.Tensor]) -> None:
    """Raise a `CheckpointError` for weights that are not finite or neighbours outside the vocabulary."""
    faults = [
        f"{key} holds NaN or infinite numbers"
        for key, weight in weights.items()
        if weight.is_floating_point() and not bool(torch.isfinite(weight.float()).all())
    ]
    for key, weight in weights.items():
        if key.startswith("tables.") and key.endswith(".neighbours") and weight.numel():
            low, high = int(weight.min()), int(weight.max())
            if low < 0 or high >= len(weight):
                faults.append(f"{key} holds units from {low} to {high}, but there are {len(weight)}")
    if faults:
        raise CheckpointError("The weights are damaged: " + "; ".join(faults) + ".")


@checked
def save_model(model: GSFM, folder: str | os.PathLike[str], dtype: torch.dtype = torch.float32) -> None:
    """Write a model as a checkpoint folder, in the format of published checkpoints.

    All files are written elsewhere first and then moved into place, so that an interruption leaves the
    previous checkpoint intact. Other files in the folder, such as a model card, are kept.

    Parameters
    ----------
    model
        Model to write.
    folder
        Folder to write to; created if it does not exist.
    dtype
        Precision of the weights in the file; ``torch.float16`` halves its size.

    Examples
    --------
    >>> import tempfile
    >>> model = GSFM(GSFMConfig(vocab_size=3, d_model=2), Vocab(["<unk>", "<pad>", "TP53"]))
    >>> folder = tempfile.mkdtemp()
    >>> save_model(model, folder)
    >>> load_model(folder).vocab == model.vocab
    True
    """
    if not isinstance(model, GSFM):
        raise InputError(f"model must be a GSFM, not {type(model).__name__}.")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        key: in_precision(weight.detach(), dtype).contiguous() for key, weight in model.state_dict().items()
    }
    with ExitStack() as stack:  # all are written before the first is moved into place
        aside = {file: stack.enter_context(written_aside(folder / file)) for file in FILES}
        save_file(weights, aside[WEIGHTS])
        aside[CONFIG].write_text(model.config.to_json(), "utf-8")
        aside[VOCAB].write_text("\n".join(model.vocab.tokens) + "\n", "utf-8")


def download(name: str, revision: str | None = None) -> Path:
    """Return the local folder of a hub checkpoint, downloading it if it is not cached yet.

    Raises
    ------
    InputError
        If the hub has no model of this name.
    OfflineError
        If it is not cached and the hub cannot be reached.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    wanted = list(FILES)
    # The hub client's HTTP library changed over time; its errors share a base with the client's own.
    unreachable: tuple[type[Exception], ...] = (OSError, *HfHubHTTPError.__bases__)
    try:
        folder = Path(
            snapshot_download(name, allow_patterns=wanted, local_files_only=True, revision=revision)
        )
        if all((folder / file).is_file() for file in FILES):  # else the download was interrupted
            return folder
    except LocalEntryNotFoundError:
        pass
    except HFValidationError as error:
        raise _no_such_model(name) from error
    if is_offline():
        raise OfflineError(
            f"{name!r} is not cached yet, and {OFFLINE_VARIABLE} is set. "
            "Give a local folder, or use 'default'."
        )
    try:
        return Path(snapshot_download(name, allow_patterns=wanted, revision=revision))
    except RepositoryNotFoundError as error:
        raise _no_such_model(name) from error
    except RevisionNotFoundError as error:
        raise InputError(f"The hub model {name!r} has no revision {revision!r}.") from error
    except unreachable as error:
        raise OfflineError(
            f"{name!r} is not cached yet and the Hugging Face hub cannot be reached. "
            "Call it once with a network, give a local folder, or use 'default'."
        ) from error


def _no_such_model(name: str) -> InputError:
    return InputError(
        f"There is no folder {name!r}, and the hub has no model of this name.{did_you_mean(name, PUBLISHED)}"
    )
