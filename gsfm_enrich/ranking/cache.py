"""Membership tables on disk: computed once for a library and a model, read by every later process.

A table is kept under the hash of everything it depends on, so that a kept table is never out of date. Files
are written completely or not at all, and hold a checksum: a damaged file is removed and its table computed
again. The size of the folder is bounded: the least recently used files are removed first. The tables of the
bundled libraries, completed by the bundled model, come with the package, see
`gsfm_enrich.prediction.completed_libraries`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load, save

from gsfm_enrich.files import cache_base, kept_files, write_atomically
from gsfm_enrich.kept import kept_on_first
from gsfm_enrich.model.gsfm import GSFM

CACHE_BYTES = 1_000_000_000
"""Largest total size of all tables, in bytes."""
ENDING = ".safetensors"
COMPLETED_LIBRARIES = Path(__file__).parents[1] / "data" / "completed_libraries"

Arrays = dict[str, NDArray[np.generic]]

logger = logging.getLogger(__name__)


def tables_folder() -> Path:
    """Return the folder in which membership tables are kept; it need not exist."""
    return cache_base() / "tables"


def key_of(*parts: object) -> str:
    """Return the hash of what a table depends on."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


@kept_on_first(most=1)
def model_hash(model: GSFM) -> str:
    """Return the hash of a model's configuration, vocabulary and weights."""
    digest = hashlib.sha256(model.config.to_json().encode())
    digest.update("\n".join(model.vocab.tokens).encode())
    for name, weights in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(weights.numpy()).data)
    return digest.hexdigest()


def keep(key: str, arrays: Arrays) -> None:
    """Keep arrays under a key, and make room for them; a folder that cannot be written to is ignored.

    Parameters
    ----------
    key
        From `key_of`.
    arrays
        What to keep.
    """
    folder = tables_folder()
    data = save(arrays, metadata={"key": key, "checksum": checksum(arrays)})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / f"{key}{ENDING}", data)
        make_room(folder)
    except OSError as error:
        logger.info("The table %s is not kept: %s", key, error)


def recall(key: str, check: Callable[[Arrays], object] = dict) -> Arrays | None:
    """Return what is kept under a key, None if there is nothing or the file is damaged (it is removed).

    Parameters
    ----------
    key
        From `key_of`.
    check
        Raises an error for arrays that cannot be what was kept, even if their checksum is right.
    """
    for folder in (COMPLETED_LIBRARIES, tables_folder()):
        path = folder / f"{key}{ENDING}"
        if not path.is_file():
            continue
        try:
            arrays = _read(path, key)
            check(arrays)
        except Exception as error:  # whatever safetensors, json or numpy find wrong with a damaged file
            _set_aside(path, error)
        else:
            _mark_as_used(path)
            return arrays
    return None


def recall_or_make(key: str, check: Callable[[Arrays], object], make: Callable[[], Arrays]) -> Arrays:
    """Return what is kept under a key; if there is nothing, make it and keep it."""
    found = recall(key, check)
    if found is None:
        found = make()
        keep(key, found)
    return found


def _read(path: Path, key: str) -> Arrays:
    """Read a table; raise an error for a file that is not what was kept under the key."""
    arrays = dict(load(path.read_bytes()))
    with safe_open(path, framework="np") as file:
        told = file.metadata() or {}
    if told.get("key") != key:
        raise ValueError("it was kept under another key")
    if told.get("checksum") != checksum(arrays):
        raise ValueError("its checksum does not match")
    return arrays


def _set_aside(path: Path, error: Exception) -> None:
    """Remove a damaged table, except for one of the package's own files."""
    if path.parent == COMPLETED_LIBRARIES:
        logger.warning("The table %s, which came with the package, is damaged: %s", path, error)
    else:
        logger.warning("Removed the damaged table %s: %s", path, error)
        path.unlink(missing_ok=True)


def _mark_as_used(path: Path) -> None:
    """Mark a file as the most recently used, so that it is removed last."""
    try:
        if path.parent != COMPLETED_LIBRARIES:
            os.utime(path)
    except OSError:
        logger.debug("Cannot mark %s as used.", path)


def checksum(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """Return the hash of named arrays."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def make_room(folder: Path, largest: int | None = None) -> None:
    """Remove the least recently used tables until the rest takes at most ``largest`` bytes."""
    files = kept_files(folder, "*")  # including those that a killed process left
    sizes = [_size(path) for path in files]
    over = sum(sizes) - (CACHE_BYTES if largest is None else largest)
    for path, size in zip(files[:-1], sizes, strict=False):
        if over <= 0:
            break
        path.unlink(missing_ok=True)
        over -= size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # another process removed it
        return 0
