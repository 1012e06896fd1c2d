"""The examples in the docstrings run and print what they say."""

from __future__ import annotations

import doctest
import importlib
import warnings
from pathlib import Path

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


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name: str) -> None:
    found = doctest.DocTestFinder().find(importlib.import_module(name))
    # what is inherited from gseapy's classes keeps gseapy's words, whose files are not here
    tests = [test for test in found if test.examples and not test.name.endswith(".__init__")]
    assert tests
    said: list[str] = []
    with mpl.rc_context({"backend": "Agg"}), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runner = doctest.DocTestRunner(optionflags=OPTIONS)
        failed = sum(runner.run(test, out=said.append).failed for test in tests)
    assert failed == 0, "".join(said)
