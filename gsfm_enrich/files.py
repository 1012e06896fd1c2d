"""The cache folder, and writing files so that an interruption never leaves a partial one."""

from __future__ import annotations

import gzip
import os
import secrets
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gsfm_enrich.errors import InputError

CACHE_VARIABLE, OFFLINE_VARIABLE = "GSFM_ENRICH_CACHE", "GSFM_ENRICH_OFFLINE"
GZIP_MAGIC = b"\x1f\x8b"
TEMPORARY = ".tmp"
"""Suffix of files that are still being written, or were when their process was killed."""
LONGEST_LINE = 5_000_000
"""In bytes; a GMT line with all known genes has a tenth of that."""
UNPACKED, RATIO = 100_000_000, 200
"""Bytes that any gzipped file may unpack to, and by what factor a larger one may grow."""


def cache_base() -> Path:
    """Return the folder in which downloads are kept; it need not exist.

    Returns
    -------
    pathlib.Path
        The folder in the environment variable ``GSFM_ENRICH_CACHE``, else the user's cache folder for
        this package.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen)
    import platformdirs

    return platformdirs.user_cache_path("gsfm_enrich")


def is_offline() -> bool:
    """Return whether the environment variable ``GSFM_ENRICH_OFFLINE`` forbids downloads (empty or 0: no)."""
    return os.environ.get(OFFLINE_VARIABLE, "").strip() not in ("", "0")


@contextmanager
def written_aside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path next to a file; it replaces the file once it is written.

    The file is written completely or not at all. It keeps the mode of the file that it replaces; a new one
    gets the mode that the umask allows.

    Parameters
    ----------
    path
        Where to write; its folder must exist.

    Yields
    ------
    pathlib.Path
        An empty file with a name that no other process uses.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}{TEMPORARY}")
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        mode = (target if target.exists() else temporary).stat().st_mode
        yield temporary
        temporary.chmod(stat.S_IMODE(mode))  # some libraries make their files private
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file completely or not at all; see `written_aside`.

    Parameters
    ----------
    path
        Where to write; its folder must exist.
    data
        The content.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder) / "a.txt", b"whole")
    ...     (Path(folder) / "a.txt").read_bytes()
    b'whole'
    """
    with written_aside(path) as temporary:
        temporary.write_bytes(data)


def read_lines(path: str | os.PathLike[str]) -> Iterator[bytes]:
    """Yield the lines of a plain or gzipped file, recognised by its first bytes; a pipe works as well.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    InputError
        If it is a damaged gzip file, a line is longer than `LONGEST_LINE`, or it unpacks to hundreds of
        times its size, which no text does.
    """
    name = os.fspath(path)
    with Path(path).open("rb") as plain:
        packed = plain.peek(len(GZIP_MAGIC))[: len(GZIP_MAGIC)] == GZIP_MAGIC
        file = gzip.GzipFile(fileobj=plain) if packed else plain
        try:
            if isinstance(file, gzip.GzipFile) and plain.seekable():
                _refuse_bomb(file, max(UNPACKED, RATIO * os.fstat(plain.fileno()).st_size), name)
            number = 0
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise InputError(
                        f"Line {number:,} of {name!r} has more than {LONGEST_LINE:,} bytes; "
                        "expected a text file."
                    )
                yield line
        except (EOFError, OSError, zlib.error) as error:
            if not packed:
                raise
            raise InputError(f"{name!r} is a damaged gzip file: {error}.") from error


def _refuse_bomb(file: gzip.GzipFile, most: int, name: str) -> None:
    """Unpack a file without keeping the content: takes a second where reading its lines takes minutes."""
    while file.read(2**20):
        if file.tell() > most:
            raise InputError(
                f"{name!r} unpacks to more than {most:,} bytes, {RATIO} times its size; "
                "expected a gzipped text file."
            )
    file.rewind()


def kept_files(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder, the least recently used first; files that vanish meanwhile are skipped.

    Parameters
    ----------
    folder
        May be missing.
    pattern
        As in `pathlib.Path.glob`.
    """
    found = []
    for path in folder.glob(pattern):
        try:
            if path.is_file():
                found.append((path.stat().st_mtime, path))
        except OSError:  # another process removed it
            continue
    return [path for _, path in sorted(found)]
