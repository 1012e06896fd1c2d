"""Find a gene set library by name: bundled, in a file, in the cache, or at Enrichr.

Libraries of Enrichr are downloaded once, from gseapy's own address, and kept as
``<cache>/libraries/<organism>/<name>.gmt``. ``<cache>`` is the user's cache folder for this package, or the
folder in the environment variable ``GSFM_ENRICH_CACHE``. No network request is made for a library that is
there, and none at all if ``GSFM_ENRICH_OFFLINE`` is set.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError, LibraryError, OfflineError, did_you_mean, warn_caller
from gsfm_enrich.files import cache_base
from gsfm_enrich.libraries.bundled import bundled_libraries, load_bundled
from gsfm_enrich.libraries.enrichr import LONGEST, NoReplyError, fetch, server_libraries
from gsfm_enrich.libraries.indexing import describe_losses
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.organisms import RESOLVED_ORGANISMS

logger = logging.getLogger(__name__)

_FILE_ENDINGS = (".gmt", ".gmt.gz", ".gmx", ".txt", ".txt.gz", ".tsv", ".csv", ".json")


@checked
def load_libraries(gene_sets: Any, organism: str = "human") -> list[GeneSetLibrary]:
    """Load gene set libraries from anything that gseapy accepts as ``gene_sets``, and more.

    Parameters
    ----------
    gene_sets
        The name of a bundled or an Enrichr library, the path of a GMT file, a dict of terms and genes, a
        :class:`GeneSetLibrary`, a comma-separated string of names and paths, or a list mixing these.
    organism
        Organism of Enrichr's libraries; any name that gseapy knows, in any case. Bundled libraries are for
        human, mouse and rat.

    Returns
    -------
    list of GeneSetLibrary
        Named as in gseapy: names stay as they are, files have their base name, and dicts are ``gs_ind_N``,
        where N is the position in the list.

    Raises
    ------
    InputError
        If the input is none of these, or names a file that does not exist.
    LibraryError
        If a name is unknown or a file is not a GMT.
    OfflineError
        If a library is neither bundled nor cached and Enrichr cannot be reached.

    Examples
    --------
    >>> load_libraries([{"apoptosis": ["TP53", "BAX"]}, {"growth": ["MYC"]}])[1]
    GeneSetLibrary('gs_ind_1': 1 term, 1 gene, 1 membership)
    """
    if isinstance(gene_sets, str) and not Path(gene_sets).is_file():
        sources: list[Any] = [name.strip() for name in gene_sets.split(",") if name.strip()]
    elif isinstance(gene_sets, str | os.PathLike | Mapping | GeneSetLibrary):
        sources = [gene_sets]
    elif hasattr(gene_sets, "columns"):
        raise InputError("gene_sets is a data frame; pass gsfm_enrich.GeneSetLibrary.from_frame(frame, ...).")
    elif isinstance(gene_sets, Iterable):
        sources = list(gene_sets)
    else:
        sources = [gene_sets]  # rejected below, with its type
    if not sources:
        raise InputError("gene_sets is empty; expected at least one library.")
    return [_load_one(source, position, organism) for position, source in enumerate(sources)]


def load_library(name: str | os.PathLike[str], organism: str = "human") -> GeneSetLibrary:
    """Load one gene set library by name or path.

    The name is looked up among the bundled libraries, then as a file, then in the cache, and only then at
    Enrichr.

    Parameters
    ----------
    name
        Name of a bundled or an Enrichr library, or the path of a GMT file.
    organism
        Organism of Enrichr's libraries.

    Returns
    -------
    GeneSetLibrary

    Raises
    ------
    InputError
        If it is the path of a file that does not exist.
    LibraryError
        If Enrichr has no such library, or the file is not a GMT.
    OfflineError
        If the library is neither bundled nor cached and Enrichr cannot be reached.

    Warns
    -----
    GsfmEnrichWarning
        If lines or terms of a file were left out, with their number.

    Examples
    --------
    >>> load_library("GO_Biological_Process").name
    'GO_Biological_Process'
    """
    text = os.fspath(name)
    if organism in RESOLVED_ORGANISMS and text in bundled_libraries():
        return load_bundled(text)
    path = Path(text)
    named_as_file = os.sep in text or "/" in text or text.lower().endswith(_FILE_ENDINGS)
    if isinstance(name, os.PathLike) or named_as_file or path.is_file():
        library = _read_file(path, path.name)
    else:
        cached = cache_folder(organism) / f"{text}.gmt"
        if not cached.is_file():
            return _download(text, organism, cached)
        library = _read_file(cached, text)
    lost = describe_losses(library.name, library.skipped)
    if lost:
        warn_caller(lost)
    return library


def cache_folder(organism: str = "human") -> Path:
    """Return the folder in which the Enrichr libraries of an organism are kept; it need not exist.

    Parameters
    ----------
    organism
        Any name that gseapy knows.

    Returns
    -------
    pathlib.Path

    Examples
    --------
    >>> cache_folder("mouse").name
    'mouse'
    """
    return cache_base() / "libraries" / organism


def cached_libraries(organism: str = "human") -> list[str]:
    """Return the names of the Enrichr libraries that are in the cache, sorted.

    Parameters
    ----------
    organism
        Any name that gseapy knows.

    Returns
    -------
    list of str

    Examples
    --------
    >>> isinstance(cached_libraries("fly"), list)
    True
    """
    return sorted(path.stem for path in cache_folder(organism).glob("*.gmt") if not path.name.startswith("."))


def _load_one(source: Any, position: int, organism: str) -> GeneSetLibrary:
    """Load one element of ``gene_sets``."""
    if isinstance(source, GeneSetLibrary):
        return source
    if isinstance(source, Mapping):
        library = GeneSetLibrary.from_dict(source, name=f"gs_ind_{position}")
        lost = describe_losses(library.name, library.skipped)
        if lost:
            warn_caller(lost)
        return library
    if isinstance(source, str | os.PathLike):
        if isinstance(source, str) and not source.strip():
            raise InputError("gene_sets has an empty name; expected the name of a library or a file.")
        return load_library(source.strip() if isinstance(source, str) else source, organism)
    raise InputError(
        "gene_sets must be the name of a library, the path of a GMT file, a dict, a GeneSetLibrary, or a "
        f"list of these, not {type(source).__name__}."
    )


def _read_file(path: Path, name: str) -> GeneSetLibrary:
    """Read a GMT file, or return the library read before if the file has not changed since."""
    if not path.is_file():
        return GeneSetLibrary.from_gmt(path, name)  # raises the error that explains the problem
    state = path.stat()
    return _read_unchanged(path.resolve(), name, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=8)
def _read_unchanged(path: Path, name: str, modified: int, size: int) -> GeneSetLibrary:
    """Read a GMT file, again only if it has changed."""
    return GeneSetLibrary.from_gmt(path, name, warn=False)


def _download(name: str, organism: str, target: Path) -> GeneSetLibrary:
    """Download an Enrichr library and keep it in the cache."""
    with _alone(target):
        if target.is_file():  # another process was faster
            return _read_file(target, name)
        library = _fetch(name, organism)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            library.write_gmt(target)
        except OSError as error:
            warn_caller(f"{name} was downloaded but could not be saved in {str(target.parent)!r}: {error}.")
    return library


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Let one process download a file while others wait; without a lock, none waits."""
    lock = FileLock(target.with_name(f".{target.name}.lock"), timeout=LONGEST)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:  # a folder that cannot be written, or a wait that is too long
        logger.info("No lock for %s: %s", target, error)
    try:
        yield
    finally:
        lock.release()


def _fetch(name: str, organism: str) -> GeneSetLibrary:
    """Download an Enrichr library, or raise an error that lists what is available instead."""
    try:
        sets = fetch(name, organism)
    except NoReplyError as error:
        raise OfflineError(_offline_message(name, organism, str(error))) from error
    if sets is None:
        near = did_you_mean(name, [*bundled_libraries(), *server_libraries(organism)])
        raise LibraryError(f"There is no gene set library {name!r} for {organism}.{near}")
    return GeneSetLibrary.from_dict(sets, name)


def _offline_message(name: str, organism: str, what: str) -> str:
    """Return a message on what is missing and what is available offline."""
    bundled = bundled_libraries() if organism in RESOLVED_ORGANISMS else []
    cached = cached_libraries(organism)
    near = did_you_mean(name, [*bundled, *cached])
    return (
        f"The library {name!r} is neither bundled, nor a file, nor cached for {organism}, and Enrichr "
        f"{what}. Bundled: {', '.join(bundled) or 'none'}; cached: {', '.join(cached) or 'none'}.{near}"
    )
