"""Progress bars of steps that take more than two seconds: in terminals and notebooks, none when piped."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Step = TypeVar("Step")
SILENT_SECONDS = 2.0
_WANTED = ContextVar("_WANTED", default=True)


@contextmanager
def no_bars() -> Iterator[None]:
    """Show no progress bars meanwhile, where something else shows that the work goes on."""
    token = _WANTED.set(False)
    try:
        yield
    finally:
        _WANTED.reset(token)


def progress(steps: Iterable[Step], total: int, what: str) -> Iterator[Step]:
    """Iterate over steps, with a progress bar once they have taken two seconds.

    Parameters
    ----------
    steps
        What to iterate over.
    total
        Number of steps.
    what
        The label of the bar, in a few words.

    Yields
    ------
    Step
        The steps.

    Examples
    --------
    >>> list(progress("ab", 2, "letters"))
    ['a', 'b']
    """
    if total < 2 or not _WANTED.get():
        yield from steps
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without ipywidgets tqdm draws text, and says so with a path
        from tqdm.auto import tqdm

    # tqdm disables itself without a terminal; notebooks have none and still show bars
    in_notebook = any("notebook" in base.__module__ for base in tqdm.__mro__)
    disable = False if in_notebook else None
    yield from tqdm(steps, total=total, desc=what, delay=SILENT_SECONDS, leave=False, disable=disable)
