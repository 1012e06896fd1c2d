"""Every exception and warning of the package.

::

    GsfmEnrichError
    ├── InputError        what the caller gave cannot be used          (also a ValueError)
    ├── LibraryError      a gene set library is unknown or malformed   (also a ValueError)
    ├── CheckpointError   weights, config and vocabulary do not fit    (also a ValueError)
    ├── OfflineError      something not yet cached needs the network   (also an OSError)
    └── MissingPackageError  an optional package is not installed      (also an ImportError)

    GsfmEnrichWarning     something was left out, and how much         (a UserWarning)
"""

from __future__ import annotations

import difflib
import os
import sys
import warnings
from collections.abc import Iterable, Sequence


class GsfmEnrichError(Exception):
    """Base of every error this package raises on purpose."""

    __module__ = "gsfm_enrich"


class InputError(GsfmEnrichError, ValueError):
    """What the caller gave cannot be used."""

    __module__ = "gsfm_enrich"


class LibraryError(GsfmEnrichError, ValueError):
    """A gene set library is unknown or malformed."""

    __module__ = "gsfm_enrich"


class CheckpointError(GsfmEnrichError, ValueError):
    """Weights, configuration and vocabulary do not fit together."""

    __module__ = "gsfm_enrich"


class OfflineError(GsfmEnrichError, OSError):
    """Something that is not cached yet needs the network, and there is none."""

    __module__ = "gsfm_enrich"


class MissingPackageError(GsfmEnrichError, ImportError):
    """An optional package that is needed here is not installed; the message says which."""

    __module__ = "gsfm_enrich"


class GsfmEnrichWarning(UserWarning):
    """Something was left out or assumed; the message says what and how much."""

    __module__ = "gsfm_enrich"


NAMED = 5
"""Names that a warning spells out."""
SHORTEST = 4
"""Shortest name that may be the beginning of a longer one, in letters."""
_PACKAGE = os.path.join(os.path.dirname(__file__), "")


def warn_caller(message: str) -> None:
    """Warn at the line that called the package, however deep inside the package the warning arises.

    Parameters
    ----------
    message
        What was left out or assumed, and how much.

    Notes
    -----
    Does what ``skip_file_prefixes`` of `warnings.warn` does from Python 3.12 on.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_caller("2 genes were left out.")
    >>> str(caught[0].message)
    '2 genes were left out.'
    """
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, GsfmEnrichWarning, stacklevel=level)


def did_you_mean(name: str, choices: Iterable[str], n: int = 3) -> str:
    """Return ``" Did you mean 'a' or 'b'?"``, or an empty string if nothing is close.

    Parameters
    ----------
    name
        What was given.
    choices
        What would have been accepted.
    n
        Largest number of suggestions.

    Returns
    -------
    str
        A sentence with a leading space, ready to be appended to a message.

    Examples
    --------
    >>> did_you_mean("KEGG_2021", ["KEGG_2021_Human", "Reactome_2022"])
    " Did you mean 'KEGG_2021_Human'?"
    """
    spelled = {choice.lower(): choice for choice in choices}
    given = name.lower()
    longer = sorted((choice for choice in spelled if choice.startswith(given)), key=len)
    alike = difflib.get_close_matches(given, spelled, n=n)
    close = list(dict.fromkeys([*(longer if len(given) >= SHORTEST else []), *alike]))[:n]
    if not close:
        return ""
    return " Did you mean " + " or ".join(repr(spelled[choice]) for choice in close) + "?"


def named(names: Sequence[str]) -> str:
    """Join the first names, for a warning.

    Examples
    --------
    >>> named(["A", "B"]), named(["A", "B", "C", "D", "E", "F"])
    ('A, B', 'A, B, C, D, E, ...')
    """
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
