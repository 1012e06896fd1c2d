"""Every parameter of every public function is described, once and in order."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

import gsfm_enrich as ge
from gsfm_enrich.descriptions import SHARED, described

CHECKED: dict[str, Any] = {
    f"{place.__name__}.{name}": getattr(place, name)
    for place in (ge, ge.tl, ge.pl, ge.get)
    for name in place.__all__
    if inspect.isfunction(getattr(place, name))
    and "arguments.py" in getattr(place, name).__code__.co_filename
}
ENTRY = re.compile(r"^(\w[\w, ]*)(?: : .*)?\n    \S", re.MULTILINE)


def parameters_in(text: str) -> list[str]:
    """Return the parameters that a docstring describes."""
    section = inspect.cleandoc(text).split("Parameters\n----------\n")[1]
    section = re.split(r"\n\n\w+\n---", section)[0]
    return [name.strip() for entry in ENTRY.findall(section) for name in entry.split(",")]


@pytest.mark.parametrize("name", CHECKED)
def test_all_parameters_are_described(name: str) -> None:
    function = CHECKED[name]
    documented = parameters_in(function.__doc__)
    assert sorted(documented) == sorted(inspect.signature(function).parameters)


def test_most_public_functions_are_seen() -> None:
    assert len(CHECKED) > 30
    shared = [
        name for function in CHECKED.values() for name in parameters_in(function.__doc__) if name in SHARED
    ]
    assert len(shared) > 80


def test_what_a_function_says_itself_is_kept() -> None:
    end = "\n\n    Returns\n    -------\n    int\n    "
    text = "Draw.\n\n    Parameters\n    ----------\n    ax, save\n        Mine." + end
    assert described(text, ["ax", "save"]) == text
    more = described(text, ["key", "ax", "save", "other"])
    assert parameters_in(more) == ["key", "ax", "save"]
    assert more.endswith(end)


def test_text_without_parameters_is_left_as_it_is() -> None:
    assert described("Draw.", ["ax"]) == "Draw."
