"""Progress bars: after two seconds, in terminals and notebooks, none elsewhere."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stderr

import pytest

from gsfm_enrich import progress as module
from gsfm_enrich.model.blocks import in_blocks
from gsfm_enrich.progress import no_bars, progress


class Terminal(io.StringIO):
    """A standard error that somebody watches."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bars show from the start."""
    monkeypatch.setattr(module, "SILENT_SECONDS", 0.0)


def shown(run: Callable[[], object], expected: object, stream: io.StringIO | None = None) -> str:
    """Run something, compare what it returns, and return what it writes to standard error."""
    stream = Terminal() if stream is None else stream
    with redirect_stderr(stream):
        assert run() == expected
    return stream.getvalue()


def counted(n: int = 3) -> list[int]:
    return list(progress(range(n), n, "counting"))


def test_a_terminal_sees_a_bar() -> None:
    assert "counting" in shown(counted, [0, 1, 2])


def test_a_pipe_and_one_step_have_no_bar() -> None:
    assert shown(counted, [0, 1, 2], io.StringIO()) == ""
    assert shown(lambda: counted(1), [0]) == ""


def test_no_bar_beside_another_display() -> None:
    with no_bars():
        assert shown(counted, [0, 1, 2]) == ""
    assert shown(counted, [0, 1, 2]) != ""


def test_quick_steps_have_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_SECONDS", 2.0)
    assert shown(counted, [0, 1, 2]) == ""


def test_blocks_have_a_bar_only_with_a_label() -> None:
    def ends(what: str) -> list[tuple[int, int]]:
        return in_blocks(lambda block: (block.start, block.stop), 5, rows=2, what=what)

    assert shown(lambda: ends(""), [(0, 2), (2, 4), (4, 5)]) == ""
    assert "halving" in shown(lambda: ends("halving"), [(0, 2), (2, 4), (4, 5)])
