"""Pages of HTML: one environment for all templates, and files written completely or not at all."""

from __future__ import annotations

import os
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gsfm_enrich.errors import InputError
from gsfm_enrich.files import write_atomically

if TYPE_CHECKING:
    from jinja2 import Environment


def page_path(path: str | os.PathLike[str], example: str) -> Path:
    """Return where a page is to be written.

    Raises
    ------
    InputError
        If `path` is a folder; the message says what a file in it may be called.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError(
            f"{str(target)!r} is a folder; give the path of an HTML file, such as {str(target / example)!r}."
        )
    return target


def write_page(target: Path, template: str, **content: Any) -> Path:
    """Fill a template of this folder, and write the page.

    Parameters
    ----------
    target
        File to write; its folder is made where it is missing.
    template
        Name of the template's file. All of them extend ``base.html.j2``.
    content
        What the template names. Text is escaped.

    Returns
    -------
    pathlib.Path
        The file written.
    """
    page = _environment().get_template(template).render(**content, version=_version())
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, page.encode("utf-8"))
    return target


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("gsfm_enrich.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _version() -> str:
    try:
        return version("gsfm-enrich")
    except PackageNotFoundError:  # run from a source folder
        return "(source)"
