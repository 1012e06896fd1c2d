"""The examples in the docstrings run and print what they say."""

from __future__ import annotations

import doctest
import importlib
import inspect
import warnings
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

import gsfm_enrich

PACKAGE = Path(gsfm_enrich.__file__).parent
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text("utf-8") and path.name != "__init__.py"
)
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


class Finder(doctest.DocTestFinder):
    """Looks where things are written, as public ones say that they belong to the package."""

    def _from_module(self, module: Any, object: Any) -> bool:
        if inspect.isclass(object) and object.__name__ in gsfm_enrich._HOMES:
            home = f"gsfm_enrich.{gsfm_enrich._HOMES[object.__name__]}"
            return bool(module.__name__ == home)
        inner = inspect.unwrap(object) if callable(object) else object
        if inspect.isfunction(inner):
            return inner.__globals__ is vars(module)
        return bool(super()._from_module(module, object))  # type: ignore[misc]


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name: str) -> None:
    found = Finder().find(importlib.import_module(name))
    # what is inherited from gseapy's classes keeps gseapy's words, whose files are not here
    tests = [test for test in found if test.examples and not test.name.endswith(".__init__")]
    assert tests
    said: list[str] = []
    with mpl.rc_context({"backend": "Agg"}), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runner = doctest.DocTestRunner(optionflags=OPTIONS)
        failed = sum(runner.run(test, out=said.append).failed for test in tests)
    assert failed == 0, "".join(said)
