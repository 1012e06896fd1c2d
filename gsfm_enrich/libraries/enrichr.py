"""Enrichr's gene set libraries: their names, and their text.

The addresses are those of the installed gseapy. Every request has a time limit, and a reply is rejected if it
is longer than any library, not a GMT, or has fewer terms than the server lists for the library.
"""

from __future__ import annotations

import json
import time
from typing import Any

from gsfm_enrich.errors import LibraryError, OfflineError
from gsfm_enrich.files import OFFLINE_VARIABLE, is_offline
from gsfm_enrich.libraries.gmt import parse_gmt

SERVER_ORGANISMS = {"rat": "human"}
"""Enrichr keeps one set of libraries for human, mouse and rat; gseapy does not have rat."""
SECONDS = 15
"""Seconds without a response after which a request is given up."""
LONGEST = 600
"""Maximum seconds for a download."""
REPLY_BYTES = 500_000_000
"""Maximum size of a library in bytes; the largest of Enrichr have some 100 MB."""


class NoReplyError(Exception):
    """The server does not respond, or stops in the middle; the message continues ``Enrichr ...``."""


def server_libraries(organism: str) -> dict[str, int]:
    """Return the number of terms of each library that Enrichr has for an organism.

    Parameters
    ----------
    organism
        As `gsfm_enrich.organisms.organism_name` returns it.

    Raises
    ------
    OfflineError
        If the server cannot be reached, its reply cannot be read, or requests are turned off.
    """
    try:
        found = _statistics(organism)
    except NoReplyError as error:
        raise OfflineError(f"The names of Enrichr's libraries are not known: Enrichr {error}.") from error
    if found is None:
        raise OfflineError(
            "The names of Enrichr's libraries are not known: Enrichr's answer is not a list of them."
        )
    return found


def fetch(name: str, organism: str) -> dict[str, list[str]] | None:
    """Download a library.

    Parameters
    ----------
    name
        Name of the library, as in Enrichr.
    organism
        As `gsfm_enrich.organisms.organism_name` returns it.

    Returns
    -------
    dict or None
        Genes of each term; None if Enrichr has no library of this name.

    Raises
    ------
    NoReplyError
        If the server cannot be reached, stops in the middle, or requests are turned off.
    LibraryError
        If it sends anything other than the whole library.
    """
    known = _statistics(organism)
    if known and name not in known:
        return None
    text = _text(name, organism)
    try:
        parsed = parse_gmt(text, name)
    except LibraryError as error:
        raise LibraryError(f"Enrichr sent no gene sets for {name!r}: {error}") from error
    lines = sum(bool(line.strip()) for line in text.splitlines())
    expected = (known or {}).get(name, 0)
    if lines < expected:
        raise LibraryError(
            f"Enrichr sent {lines:,} of the {expected:,} terms of {name!r}; nothing was kept. Try again."
        )
    if not expected and not text.endswith("\n"):
        raise LibraryError(
            f"Enrichr's reply for {name!r} ends in the middle of a line; nothing was kept. Try again."
        )
    return parsed.sets


def _statistics(organism: str) -> dict[str, int] | None:
    """Return the number of terms of each library; None if the reply cannot be read."""
    reply = _ask(f"{_address(organism)}/datasetStatistics")
    if not reply.ok:
        return None
    body = _body(reply, "the list of libraries")
    try:
        return {
            str(entry["libraryName"]): int(entry.get("numTerms") or 0)
            for entry in json.loads(body)["statistics"]
        }
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None


def _text(name: str, organism: str) -> str:
    """Return the text of a library."""
    reply = _ask(f"{_address(organism)}/geneSetLibrary", mode="text", libraryName=name)
    if not reply.ok:
        raise LibraryError(
            f"Enrichr did not send the library {name!r} for {organism}: status {reply.status_code}."
        )
    try:
        return _body(reply, name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LibraryError(f"Enrichr sent no gene sets for {name!r}: the reply is not UTF-8 text.") from error


def _address(organism: str) -> str:
    """Return gseapy's address of the server for an organism."""
    from gseapy.enrichr import EnrichrAPI

    return str(EnrichrAPI(SERVER_ORGANISMS.get(organism, organism)).base_url)


def _ask(url: str, **params: str) -> Any:
    """Send a request, and return the reply before its body is read."""
    if is_offline():
        raise NoReplyError(f"is not asked, as {OFFLINE_VARIABLE} is set")
    import requests

    try:
        return requests.get(url, params=params, timeout=SECONDS, stream=True)
    except requests.RequestException as error:
        raise NoReplyError("cannot be reached") from error


def _body(reply: Any, what: str) -> bytes:
    """Read a reply in pieces, so that one that is slow or endless is given up."""
    from urllib3.exceptions import HTTPError

    parts: list[bytes] = []
    size, end = 0, time.monotonic() + LONGEST
    try:
        with reply:
            while part := reply.raw.read1(2**16, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > REPLY_BYTES:
                    raise LibraryError(
                        f"Enrichr's reply for {what} is longer than {REPLY_BYTES:,} bytes, and was refused."
                    )
                if time.monotonic() > end:
                    raise NoReplyError(f"did not send all of it within {LONGEST} seconds")
            if reply.raw.length_remaining:
                raise NoReplyError("broke off the download")
    except (HTTPError, OSError) as error:
        raise NoReplyError("broke off the download") from error
    return b"".join(parts)
