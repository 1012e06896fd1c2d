"""Where downloads are kept, and writing files so that an interruption never leaves half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

CACHE_VARIABLE, OFFLINE_VARIABLE = "GSFM_ENRICH_CACHE", "GSFM_ENRICH_OFFLINE"


def cache_base() -> Path:
    """Return the folder in which downloads are kept; it need not exist.

    Returns
    -------
    pathlib.Path
        What the environment variable ``GSFM_ENRICH_CACHE`` names, else the user's cache folder for this
        package.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen)
    import platformdirs

    return platformdirs.user_cache_path("gsfm_enrich")


def is_offline() -> bool:
    """Say whether the environment variable ``GSFM_ENRICH_OFFLINE`` forbids downloads (empty or 0: no)."""
    return os.environ.get(OFFLINE_VARIABLE, "").strip() not in ("", "0")


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file so that it is there whole or not at all.

    Parameters
    ----------
    path
        Where to write; its folder must exist.
    data
        The content.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder) / "a.txt", b"whole")
    ...     (Path(folder) / "a.txt").read_bytes()
    b'whole'
    """
    target = Path(path)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)  # mkstemp's private mode would keep a shared cache to one user
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def kept_files(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder, the longest unused first; those that vanish meanwhile are left out.

    Parameters
    ----------
    folder
        It need not exist.
    pattern
        As in `pathlib.Path.glob`.
    """
    found = []
    for path in folder.glob(pattern):
        try:
            found.append((path.stat().st_mtime, path))
        except OSError:  # another process removed it
            continue
    return [path for _, path in sorted(found)]
