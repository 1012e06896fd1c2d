"""Names of models: those of the Hugging Face hub, their commits, and what results write down."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

PUBLISHED = ("maayanlab/gsfm-rummagene", "maayanlab/gsfm-rummageo", "maayanlab/gsfm-rummage")
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def name_of_model(model: Any) -> str:
    """Return what to write down for a model: of a hub model its name and commit, else its name, path or type.

    Examples
    --------
    >>> name_of_model("default")
    'default'
    """
    if isinstance(model, str | os.PathLike):
        return hub_source(str(model)) or str(model)
    return getattr(model, "source", "") or type(model).__name__


def hub_source(name: str) -> str:
    """Return the name and the commit of a hub model that is cached, as ``model.source`` has it, else nothing.

    Examples
    --------
    >>> hub_source("nobody/no-such-model")
    ''
    """
    if not HUB_NAME.fullmatch(name) or Path(name).expanduser().is_dir():
        return ""
    from huggingface_hub import try_to_load_from_cache

    try:
        cached = try_to_load_from_cache(name, "config.json")
    except ValueError:  # no name that the hub could have
        return ""
    return f"{name}@{Path(cached).parent.name}" if isinstance(cached, str) else ""
