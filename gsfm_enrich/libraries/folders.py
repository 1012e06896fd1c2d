"""Where things that took time are kept: libraries that were downloaded, tables that were computed."""

from __future__ import annotations

import os
from pathlib import Path


def cache_base() -> Path:
    """Return the folder of everything that is kept; it need not exist.

    The user's cache folder for this package, or what the environment variable ``GSFM_ENRICH_CACHE`` names.

    Examples
    --------
    >>> cache_base().is_absolute()
    True
    """
    chosen = os.environ.get("GSFM_ENRICH_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return platformdirs.user_cache_path("gsfm_enrich")


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
