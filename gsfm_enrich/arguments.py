"""What the arguments of public functions may be, defined once: a name means the same everywhere."""

from __future__ import annotations

import functools
import inspect
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

from gsfm_enrich.descriptions import described
from gsfm_enrich.errors import GsfmEnrichError, InputError, did_you_mean
from gsfm_enrich.organisms import organism_name

P = ParamSpec("P")
R = TypeVar("R")

LARGEST_NUMBER = 2**31 - 1
"""Largest whole number that is accepted."""
MOST_JOBS = 1024
LARGEST_SIDE = 400
"""Longest side of a figure in inches: matplotlib draws up to 65,536 pixels."""
SHOWN = 60
"""How many characters of a wrong argument a message repeats."""


@dataclass(frozen=True)
class Rule:
    """What an argument may be.

    Attributes
    ----------
    expected
        What is accepted, in words.
    read
        Returns the argument in the form that the function uses; raises TypeError or ValueError otherwise.
    choices
        The accepted words, if there are only a few.
    """

    expected: str
    read: Callable[[Any], Any]
    choices: tuple[str, ...] = ()


def public(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function say that it is in the module where users find it: the package, `tl`, `pl` or `get`."""
    part = function.__module__.split(".")[1:2]
    function.__module__ = ".".join(["gsfm_enrich", *(name for name in part if name in ("tl", "pl", "get"))])
    return function


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Make a public function reject arguments that it cannot use, by the rule for each name.

    None is accepted where the annotation allows it. A path that cannot be read or written also raises
    `InputError`.

    Parameters
    ----------
    function
        A function with annotations.

    Returns
    -------
    function
        With the same signature, `public`, and with the descriptions of parameters that functions share.

    Examples
    --------
    >>> @checked
    ... def first(n: int | None = 5) -> int | None:
    ...     return n
    >>> first(3), first(None)
    (3, None)
    >>> first("3")
    Traceback (most recent call last):
        ...
    gsfm_enrich.InputError: n must be a whole number of at least 1, or None, not '3'.
    """
    signature = inspect.signature(function)
    rules = {name: RULES[name] for name in signature.parameters if name in RULES}
    optional = {name for name, part in signature.parameters.items() if _takes_none(str(part.annotation))}

    @functools.wraps(function)
    def entrance(*args: P.args, **kwargs: P.kwargs) -> R:
        bound = signature.bind(*args, **kwargs)
        for name in bound.arguments.keys() & rules.keys():
            value = bound.arguments[name]
            if value is not None or name not in optional:
                bound.arguments[name] = _read(name, value, rules[name], name in optional)
        try:
            return function(*bound.args, **bound.kwargs)
        except OSError as error:
            if isinstance(error, GsfmEnrichError) or error.filename is None:
                raise
            raise InputError(f"{_shown(os.fspath(error.filename))}: {error.strerror}.") from error

    if function.__doc__:
        entrance.__doc__ = described(function.__doc__, list(signature.parameters))
    return public(entrance)


def _takes_none(annotation: str) -> bool:
    return annotation == "Any" or annotation.endswith("None")


def _read(name: str, value: Any, rule: Rule, optional: bool) -> Any:
    """Return an argument as read by its rule."""
    try:
        return rule.read(value)
    except GsfmEnrichError:
        raise
    except (TypeError, ValueError, OverflowError, AttributeError):
        close = did_you_mean(value, rule.choices) if isinstance(value, str) else ""
        raise InputError(
            f"{name} must be {rule.expected}{', or None' if optional else ''}, not {_shown(value)}.{close}"
        ) from None


def _shown(value: Any) -> str:
    """Show a wrong argument in a message: in full if it is short, else its type or its beginning."""
    if isinstance(value, str | bytes):
        return repr(value if len(value) <= SHOWN else value[:SHOWN]) + ("..." if len(value) > SHOWN else "")
    if value is None or isinstance(value, Real):
        text = (
            repr(value) if not isinstance(value, int) or abs(value) <= LARGEST_NUMBER**2 else "a huge number"
        )
        return text.removeprefix("np.float64(").removesuffix(")")
    if isinstance(value, tuple | list) and len(value) <= 3 and all(isinstance(part, Real) for part in value):
        return repr(value)
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


def _real(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError
    return value


def _whole(least: int, most: int = LARGEST_NUMBER) -> Rule:
    def read(value: Any) -> int:
        number = int(_real(value))
        if number != value or not least <= number <= most:
            raise ValueError
        return number

    return Rule(f"a whole number of at least {least}", read)


def _number(least: float, most: float = math.inf, *, above: bool = False) -> Rule:
    def read(value: Any) -> float:
        number = float(_real(value))
        if not least <= number <= most or (above and number == least):
            raise ValueError
        return number

    lower = f"above {least:g}" if above else f"of at least {least:g}"
    if most == math.inf:
        return Rule(f"a number {lower}", read)
    between = f"above {least:g} and at most {most:g}" if above else f"from {least:g} to {most:g}"
    return Rule(f"a number {between}", read)


def _flag(value: Any) -> bool:
    if type(value).__name__ not in ("bool", "bool_", "int") or value not in (0, 1):
        raise TypeError
    return bool(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()  # fails for half a surrogate pair
    return str(value)


def _name(value: Any) -> str:
    if not _text(value).strip():
        raise ValueError
    return str(value)


def _path(value: Any) -> Any:
    if not isinstance(value, str | os.PathLike) or not os.fspath(value) or "\0" in os.fspath(value):
        raise TypeError
    os.fsencode(value)
    return value


def _file(value: Any) -> Any:
    if not os.path.basename(os.path.normpath(_path(value))).strip("."):
        raise ValueError
    return value


def _names(value: Any) -> Any:
    """Accept a name, a number used as a name, or several of them."""
    if isinstance(value, bytes | Mapping):
        raise TypeError
    if not isinstance(value, str | Real):
        iter(value)
    return _text(value) if isinstance(value, str) else value


def _terms(value: Any) -> Any:
    if isinstance(value, Real):
        raise TypeError
    names = _names(value)
    return names if isinstance(names, str) else [_text(name) for name in names]


def _background(value: Any) -> Any:
    """Reject impossible numbers of genes; lists are checked where they are read."""
    number = int(value) if isinstance(value, str) and value.strip().isdecimal() else value
    if isinstance(number, Real) and not abs(float(number)) <= LARGEST_NUMBER:
        raise ValueError
    return value


def _frame(value: Any) -> Any:
    if not hasattr(value, "columns"):
        raise TypeError
    return value


def _columns(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError
    return value


def _counts(value: Any) -> Any:
    if not isinstance(value, Mapping) or not all(isinstance(count, Integral) for count in value.values()):
        raise TypeError
    return value


def _dtype(value: Any) -> Any:
    """Accept a floating point type of torch, without importing torch."""
    if not value.is_floating_point:
        raise TypeError
    return value


def _model(value: Any) -> Any:
    if not isinstance(value, str | os.PathLike) and not hasattr(value, "vocab"):
        raise TypeError
    return _path(value) if isinstance(value, str | os.PathLike) else value


def _gene_sets(value: Any) -> Any:
    """Reject impossible names; the content of a file or a dict is checked when it is read."""
    for name in [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []:
        if isinstance(name, str) and "\0" in _text(name):
            raise ValueError
    if isinstance(value, bytes):
        raise TypeError
    if isinstance(value, Iterable):
        iter(value)  # a 0-dimensional array raises
    return value


def _axes(value: Any) -> Any:
    """Accept matplotlib axes, without importing matplotlib."""
    if not any(
        f"{kind.__module__}.{kind.__name__}" == "matplotlib.axes._axes.Axes" for kind in type(value).__mro__
    ):
        raise TypeError
    return value


def _figsize(value: Any) -> Any:
    width, height = (float(_real(side)) for side in value)
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise ValueError
    return value


def _colour_map(value: Any) -> Any:
    """Accept a name, or a colour map of matplotlib, without importing matplotlib."""
    return value if callable(value) and hasattr(value, "N") else _name(value)


def _palette(value: Any) -> Any:
    """Accept what may be colours; whether they are is seen when they are used."""
    return _name(value) if isinstance(value, str) else value if isinstance(value, Mapping) else list(value)


def _jobs(value: Any) -> int:
    number = int(_real(value))
    if number != value or number == 0 or abs(number) > MOST_JOBS:
        raise ValueError
    return number


def _pattern(value: Any) -> Any:
    if not isinstance(value, re.Pattern) or not isinstance(value.pattern, str):
        raise TypeError
    return value


def _choice(*choices: str) -> Rule:
    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError
        return str(value)

    *others, last = map(repr, choices)
    return Rule(f"{', '.join(others)} or {last}", read, choices)


FLAG = Rule("True or False", _flag)
TEXT = Rule("text", _text)
NAME = Rule("a name", _name)
NAMES = Rule("one or more names", _names)
PATH = Rule("a path", _path)
FILE = Rule("the path of a file", _file)
FEW = _whole(1)
SHARE = _number(0, 1)
BOUND = Rule(
    "a number of at least 0 (a magnitude, for rising and for falling genes; see direction=)",
    _number(0).read,
)

RULES: dict[str, Rule] = {
    **dict.fromkeys(("n", "top", "top_term", "max_genes", "min_size", "max_size"), FEW),
    **dict.fromkeys(("min_overlap", "seed"), _whole(0)),
    **dict.fromkeys(("smallest", "top_genes", "permutations"), _whole(2)),
    "n_jobs": Rule(f"a whole number from -{MOST_JOBS} to {MOST_JOBS} other than 0", _jobs),
    **dict.fromkeys(("similarity", "pval_cutoff", "min_probability", "completeness"), SHARE),
    **dict.fromkeys(("fold", "min_weight", "min_similarity"), _number(0, 1, above=True)),
    **dict.fromkeys(("log2fc_min", "log2fc_max"), BOUND),
    **dict.fromkeys(("cutoff", "max_publications"), _number(0)),
    **dict.fromkeys(
        ("known", "rerank", "copy", "cluster", "progress", "verbose", "no_plot", "use_raw", "warn",
         "return_fig", "show", "require_no_experimental_go", "require_uninformative_name"),
        FLAG,
    ),
    "organism": Rule("the name of an organism", organism_name),
    **dict.fromkeys(("term", "gene"), NAME),
    **dict.fromkeys(("p_column", "statistic_column", "gene_column", "revision"), TEXT),
    **dict.fromkeys(
        ("key", "key_added", "genes_key", "column", "gene_set", "gene_symbols", "layer", "title",
         "replicate", "batch", "ranked_key", "format"),
        TEXT,
    ),
    **dict.fromkeys(("groups", "group", "groupby"), NAMES),
    "terms": Rule("one or more terms", _terms),
    "background": Rule("a number of genes (at least 1), a list of genes or a file", _background),
    "columns": Rule("a dict of column names", _columns),
    "channels": Rule("one or more channels", _terms),
    "df": Rule("a data frame", _frame),
    "skipped": Rule("a dict of counts", _counts),
    "dtype": Rule("a floating-point dtype of torch", _dtype),
    **dict.fromkeys(("path", "save"), FILE),
    **dict.fromkeys(("outdir", "folder"), PATH),
    "direction": _choice("up", "down", "both"),
    "sort": _choice("gsfm", "gseapy"),
    "fdr_over": _choice("library", "all"),
    "which": _choice("understudied", "all"),
    "model": Rule("the name or folder of a model, or a GSFM", _model),
    "gene_sets": Rule("a library by name, a GMT file, a dict, a GeneSetLibrary, or a list", _gene_sets),
    **dict.fromkeys(("color_map", "cmap"), Rule("a colour map or the name of one", _colour_map)),
    "palette": Rule("the name of a colour map, a list of colours or a dict of colours", _palette),
    "ax": Rule("matplotlib axes", _axes),
    "figsize": Rule(f"width and height in inches, at most {LARGEST_SIDE}", _figsize),
    "uninformative_names": Rule("a regular expression compiled by re.compile", _pattern),
}  # fmt: skip
"""What each parameter may be. Parameters that hold genes or results (``genes``, ``background``, ``adata``,
``data`` and the like) are checked where they are read."""
