"""Checkpoint files: ``config.json``, ``model.safetensors`` and ``vocab.txt``, in a folder or on the hub."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from gsfm_enrich.errors import CheckpointError, InputError, OfflineError, did_you_mean
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM, build
from gsfm_enrich.model.vocab import Vocab

CONFIG, WEIGHTS, VOCAB = FILES = ("config.json", "model.safetensors", "vocab.txt")
DEFAULT_FOLDER = Path(__file__).parents[1] / "data" / "default_model"
PUBLISHED = ("maayanlab/gsfm-rummagene", "maayanlab/gsfm-rummageo", "maayanlab/gsfm-rummage")
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def load_model(name: str | os.PathLike[str] | GSFM = "default") -> GSFM:
    """Load a model for inference.

    Parameters
    ----------
    name
        ``"default"`` for the bundled checkpoint, a folder that holds ``config.json``, ``model.safetensors``
        and ``vocab.txt``, or a Hugging Face hub name such as ``"maayanlab/gsfm-rummagene"`` (downloaded once,
        then used offline). A model is returned as it is.

    Returns
    -------
    GSFM
        In evaluation mode, float32. Calls with the same unchanged files return the same object.

    Raises
    ------
    InputError
        If the name is neither a folder nor a hub name.
    CheckpointError
        If a file is missing or damaged, or weights, configuration and vocabulary do not fit.
    OfflineError
        If a hub checkpoint is not cached and the hub cannot be reached.

    Examples
    --------
    >>> model = load_model()
    >>> "TP53" in model.vocab
    True
    """
    if isinstance(name, GSFM):
        return name
    folder = DEFAULT_FOLDER if name == "default" else Path(name)
    if folder.is_dir():
        return load_folder(folder)
    if name != "default" and HUB_NAME.fullmatch(str(name)):
        return load_folder(download(str(name)))
    raise InputError(
        f"{str(name)!r} is neither 'default', nor a folder, nor a hub name like {PUBLISHED[0]!r}."
        f"{did_you_mean(str(name), PUBLISHED)}"
    )


def load_folder(folder: Path) -> GSFM:
    """Load the checkpoint in a folder; see `load_model`."""
    for file in FILES:
        if not (folder / file).is_file():
            raise CheckpointError(
                f"The folder {str(folder)!r} has no {file}; a checkpoint has {', '.join(FILES)}."
            )
    stamps = tuple((folder / file).stat().st_mtime_ns for file in FILES)
    return _load_unchanged(folder.resolve(), stamps)


@lru_cache(maxsize=4)
def _load_unchanged(folder: Path, stamps: tuple[int, ...]) -> GSFM:
    """Load a checkpoint; ``stamps``, the files' times, only serve as part of the cache key."""
    config = GSFMConfig.from_json((folder / CONFIG).read_text("utf-8"))
    vocab = Vocab((folder / VOCAB).read_text("utf-8").splitlines())
    try:
        weights = load_file(folder / WEIGHTS)
    except SafetensorError as error:
        raise CheckpointError(f"{str(folder / WEIGHTS)!r} is damaged: {error}.") from error
    with torch.device("meta"):  # no time is spent on initial values that are replaced at once
        model = build(config, vocab)
    check_weights(model, weights)
    model.load_state_dict({key: weight.float() for key, weight in weights.items()}, assign=True)
    return model.eval().requires_grad_(False)


def check_weights(model: GSFM, weights: dict[str, torch.Tensor]) -> None:
    """Raise a `CheckpointError` that names every weight which is missing, unknown or of another shape."""
    expected = {key: tuple(weight.shape) for key, weight in model.state_dict().items()}
    given = {key: tuple(weight.shape) for key, weight in weights.items()}
    faults = [f"{key} is missing" for key in expected if key not in given]
    faults += [f"{key} is unknown" for key in given if key not in expected]
    faults += [
        f"{key} has shape {given[key]}, expected {shape}"
        for key, shape in expected.items()
        if key in given and given[key] != shape
    ]
    if faults:
        raise CheckpointError("The weights do not fit config.json: " + "; ".join(faults) + ".")


def save_model(model: GSFM, folder: str | os.PathLike[str], dtype: torch.dtype = torch.float32) -> None:
    """Write a model as a checkpoint folder, in the format of published checkpoints.

    The folder appears, or is replaced, whole or not at all. Other files in it, such as a model card, are kept.

    Parameters
    ----------
    model
        What to write.
    folder
        Where; made when absent.
    dtype
        Precision of the weights in the file; ``torch.float16`` halves it.

    Examples
    --------
    >>> model = GSFM(GSFMConfig(vocab_size=3, d_model=2), Vocab(["<unk>", "<pad>", "TP53"]))
    >>> folder = tempfile.mkdtemp()
    >>> save_model(model, folder)
    >>> load_model(folder).vocab == model.vocab
    True
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".saving-", dir=folder))
    try:
        weights = {key: weight.detach().to(dtype).contiguous() for key, weight in model.state_dict().items()}
        save_file(weights, scratch / WEIGHTS)
        (scratch / CONFIG).write_text(model.config.to_json(), "utf-8")
        (scratch / VOCAB).write_text("\n".join(model.vocab.tokens) + "\n", "utf-8")
        for file in FILES:
            os.replace(scratch / file, folder / file)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def download(name: str) -> Path:
    """Return the local folder of a hub checkpoint, downloading it when it is not cached yet."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES), local_files_only=True))
    except LocalEntryNotFoundError:
        pass
    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES)))
    except RepositoryNotFoundError as error:
        raise InputError(f"The hub has no model {name!r}.{did_you_mean(name, PUBLISHED)}") from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise OfflineError(
            f"{name!r} is not cached yet and the Hugging Face hub cannot be reached. "
            "Call it once with a network, give a local folder, or use 'default'."
        ) from error
