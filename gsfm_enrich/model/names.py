"""Names of models: those on the Hugging Face hub, their commits, and the names that results record."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

PUBLISHED = ("maayanlab/gsfm-rummagene", "maayanlab/gsfm-rummageo", "maayanlab/gsfm-rummage")
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def name_of_model(model: Any) -> str:
    """Return the name recorded for a model: name and commit of a hub model, else its name, path or type.

    Examples
    --------
    >>> name_of_model("default")
    'default'
    """
    if isinstance(model, str | os.PathLike):
        return hub_source(str(model)) or str(model)
    return getattr(model, "source", "") or type(model).__name__


def hub_source(name: str) -> str:
    """Return name and commit of a cached hub model, as in ``model.source``; an empty string if not cached.

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
    except ValueError:  # not a valid name on the hub
        return ""
    return f"{name}@{Path(cached).parent.name}" if isinstance(cached, str) else ""
