"""Gene set libraries that come with the package, kept as compressed arrays without pickle.

One ``.npz`` file per library: ``terms`` and ``genes`` as UTF-8 bytes joined by line breaks, ``sizes`` (genes
of each term), and ``steps``: the column numbers of each term, each as the distance from the previous one,
which compresses to about half the size of the plain numbers.
"""

from __future__ import annotations

import io
import os
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gsfm_enrich.errors import LibraryError, did_you_mean
from gsfm_enrich.files import write_atomically
from gsfm_enrich.libraries.library import GeneSetLibrary

DATA = Path(__file__).resolve().parent.parent / "data"
"""Folder of the files that come with the package."""

_LARGEST_UINT16 = np.iinfo(np.uint16).max


def bundled_libraries() -> list[str]:
    """Return the names of the libraries that come with the package, sorted.

    Examples
    --------
    >>> isinstance(bundled_libraries(), list)
    True
    """
    return sorted(path.stem for path in DATA.glob("*.npz") if _is_library(path))


def load_bundled(name: str) -> GeneSetLibrary:
    """Load a library that comes with the package; later calls return the same object.

    Parameters
    ----------
    name
        One of :func:`bundled_libraries`.

    Returns
    -------
    GeneSetLibrary

    Raises
    ------
    LibraryError
        If no such library is bundled; the message gives close matches.

    Examples
    --------
    >>> load_bundled("GO_Biological_Process").name
    'GO_Biological_Process'
    """
    path = DATA / f"{name}.npz"
    if Path(name).name != name or not path.is_file() or not _is_library(path):
        known = bundled_libraries()
        close = did_you_mean(name, known)
        raise LibraryError(f"There is no bundled library {name!r}; bundled are {known}.{close}")
    return _load(path)


def save_bundled(library: GeneSetLibrary, path: str | os.PathLike[str]) -> None:
    """Write a library as compressed arrays; the same library always gives the same bytes.

    Parameters
    ----------
    library
        The library. Its counts of skipped lines are not kept.
    path
        File to write, named ``<name>.npz``: the name of the loaded library is the file's stem.

    Raises
    ------
    LibraryError
        If a term or gene holds a line break.

    Examples
    --------
    >>> import tempfile
    >>> library = GeneSetLibrary.from_dict({"a": ["TP53", "BAX"]}, name="mine")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_bundled(library, Path(folder) / "mine.npz")
    ...     read_arrays(Path(folder) / "mine.npz") == library
    True
    """
    for label in (*library.terms, *library.genes):
        if "\n" in label:
            raise LibraryError(f"{label!r} holds a line break and cannot be stored.")
    steps = np.diff(library.incidence.indices.astype(np.int64), prepend=0)
    starts = library.incidence.indptr[:-1]
    steps[starts] = library.incidence.indices[starts]
    small = len(library.genes) <= _LARGEST_UINT16
    arrays: dict[str, npt.NDArray[Any]] = {
        "terms": _joined(library.terms),
        "genes": _joined(library.genes),
        "sizes": library.sizes.astype("<u4"),
        "steps": steps.astype("<u2" if small else "<u4"),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for key, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            # a ZipInfo carries a fixed date, and its system is set so that every platform writes the same
            info = zipfile.ZipInfo(f"{key}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue(), compresslevel=9)
    write_atomically(path, buffer.getvalue())


def read_arrays(path: str | os.PathLike[str]) -> GeneSetLibrary:
    """Read a library written by :func:`save_bundled`.

    Parameters
    ----------
    path
        The ``.npz`` file.

    Returns
    -------
    GeneSetLibrary
        Named after the file.

    Raises
    ------
    LibraryError
        If the file is not such a library.

    Examples
    --------
    See :func:`save_bundled`.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as stored:
            terms = stored["terms"].tobytes().decode().split("\n")
            genes = stored["genes"].tobytes().decode().split("\n")
            sizes = stored["sizes"].astype(np.int64)
            steps = stored["steps"].astype(np.int64)
    except (KeyError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise LibraryError(f"{str(path)!r} is not a stored gene set library: {error}") from error
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    running = np.cumsum(steps)
    before = np.where(indptr[:-1] > 0, running[indptr[:-1] - 1], 0)  # running sum of the previous rows
    return GeneSetLibrary.from_arrays(path.stem, terms, genes, indptr, running - np.repeat(before, sizes))


@cache
def _load(path: Path) -> GeneSetLibrary:
    """Read a bundled file once."""
    return read_arrays(path)


@cache
def _is_library(path: Path) -> bool:
    """Tell a stored library from other arrays in the same folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {"terms.npy", "genes.npy", "sizes.npy", "steps.npy"} <= set(archive.namelist())
    except zipfile.BadZipFile:
        return False


def _joined(labels: tuple[str, ...]) -> npt.NDArray[np.uint8]:
    """Store labels as one array of UTF-8 bytes."""
    return np.frombuffer("\n".join(labels).encode(), dtype=np.uint8)
