"""What the exceptions and warnings of the package share."""

import re
import warnings
from pathlib import Path

import gsfm_enrich as ge
from gsfm_enrich.errors import warn_caller

PACKAGE = Path(ge.__file__).parent


def test_a_warning_is_at_the_line_that_called_the_package():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ge.enrichr(["TP53", "none such"], {"a": ["TP53", "BAX"]}, rerank=False)
        ge.enrich(["TP53", "none such"], {"a": ["TP53", "BAX"]}, rerank=False)
    assert [warning.filename for warning in caught] == [__file__] * 2
    assert caught[1].lineno == caught[0].lineno + 1


def test_a_warning_said_outside_the_package_is_at_its_own_line():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_caller("one")
    assert (caught[0].filename, str(caught[0].message)) == (__file__, "one")


def test_there_is_one_way_to_warn():
    counting = re.compile(r"stacklevel|warnings\.warn\(")
    places = {path.name for path in PACKAGE.rglob("*.py") if counting.search(path.read_text("utf-8"))}
    assert places == {"errors.py"}
