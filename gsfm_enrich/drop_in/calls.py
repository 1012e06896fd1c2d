"""Calls of gseapy; its exceptions for unusable arguments are raised as ours."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from gsfm_enrich.errors import GsfmEnrichError, InputError


def call_gseapy(function: Callable[..., Any], given: inspect.BoundArguments) -> Any:
    """Call a function of gseapy.

    Parameters
    ----------
    function
        The function.
    given
        Its arguments.

    Returns
    -------
    Any
        What it returns.

    Raises
    ------
    InputError
        With the message of gseapy's exception, and its type unless it is a ValueError.

    Examples
    --------
    >>> def half(number):
    ...     raise TypeError("no number")
    >>> call_gseapy(half, inspect.signature(half).bind("one"))
    Traceback (most recent call last):
        ...
    gsfm_enrich.InputError: gseapy.half cannot use these arguments (TypeError: no number).
    """
    try:
        return function(*given.args, **given.kwargs)
    except BaseException as error:
        panics = type(error).__name__ == "PanicException"  # of gseapy's compiled part, which is no Exception
        if isinstance(error, GsfmEnrichError) or not (panics or isinstance(error, Exception)):
            raise
        text = str(error).removeprefix("Warning: ")
        if isinstance(error, ValueError) and text:
            raise InputError(text) from error
        name = function.__qualname__.removesuffix(".__init__")
        raise InputError(
            f"gseapy.{name} cannot use these arguments ({type(error).__name__}: {text})."
        ) from error
