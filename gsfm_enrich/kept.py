"""Results that are kept on the object they describe: freed with it, and read-only where they are arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cached_property, wraps
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

O = TypeVar("O")  # noqa: E741  (the owner)
P = ParamSpec("P")
T = TypeVar("T")

_LOCK = Lock()


class Results(dict[str, dict[Any, Any]]):
    """What is kept on one object, by function; a copy of the object starts without."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Results:
        return Results()

    def __reduce__(self) -> tuple[type[Results], tuple[()]]:
        return Results, ()


def results_of(owner: object) -> Results:
    """Return what is kept on an object."""
    found: Results = vars(owner).setdefault("_kept", Results())
    return found


def kept_on_first(most: int) -> Callable[[Callable[Concatenate[O, P], T]], Callable[Concatenate[O, P], T]]:
    """Keep the last results of a function on the object that is its first argument.

    Unlike `functools.lru_cache` this keeps no object alive, and shares no array that could be changed.

    Parameters
    ----------
    most
        Results to keep for one object, those that were used last.

    Returns
    -------
    decorator
        For functions whose other arguments can be hashed.

    Examples
    --------
    >>> class Series:
    ...     def __init__(self, *values):
    ...         self.values = values
    >>> @kept_on_first(most=1)
    ... def powers(series, exponent):
    ...     return np.array(series.values) ** exponent
    >>> numbers = Series(1, 2, 3)
    >>> powers(numbers, 2), powers(numbers, 2) is powers(numbers, 2)
    (array([1, 4, 9]), True)
    """

    def keeping(function: Callable[Concatenate[O, P], T]) -> Callable[Concatenate[O, P], T]:
        name = f"{function.__module__}.{function.__qualname__}"

        @wraps(function)
        def kept(owner: O, /, *args: P.args, **kwargs: P.kwargs) -> T:
            results, key = results_of(owner).setdefault(name, {}), (args, tuple(sorted(kwargs.items())))
            with _LOCK:
                if key in results:
                    results[key] = results.pop(key)  # the last used comes last
                    return results[key]  # type: ignore[no-any-return]
            value = read_only(function(owner, *args, **kwargs))
            with _LOCK:
                results[key] = value
                while len(results) > most:
                    del results[next(iter(results))]
            return value

        return kept

    return keeping


class kept_property(cached_property[T]):  # noqa: N801  (as its base)
    """A `functools.cached_property` whose arrays are read-only.

    Parameters
    ----------
    function
        Computes the property.
    """

    def __init__(self, function: Callable[[Any], T]) -> None:
        super().__init__(lambda owner: read_only(function(owner)))
        self.__doc__ = function.__doc__


def read_only(value: T) -> T:
    """Make the arrays of a value read-only: an array, a sparse table, or these in a tuple, list or dataclass.

    Parameters
    ----------
    value
        Anything; what holds no array is returned as it is.

    Examples
    --------
    >>> read_only((np.zeros(2), "text"))[0].flags.writeable
    False
    """
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, tuple | list):
        for part in value:
            read_only(part)
    elif hasattr(value, "indptr"):  # a sparse table
        read_only((value.data, value.indices, value.indptr))  # type: ignore[attr-defined]
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            read_only(getattr(value, field.name))
    return value
