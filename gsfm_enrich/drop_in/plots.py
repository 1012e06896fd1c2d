"""gseapy's ``dotplot``, ``barplot`` and ``enrichment_map`` for results with the model's columns.

gseapy knows its own columns by name. Of other columns it takes the largest numbers below the cut-off, which
are the worst of the p-values. Here the model's p-values are drawn as p-values, and its other columns with the
best first. The model's adjusted p-values are the default if a result has them.
"""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable
from typing import Any

import gseapy
import pandas as pd

from gsfm_enrich.arguments import public
from gsfm_enrich.drop_in.calls import call_gseapy
from gsfm_enrich.errors import InputError

DEFAULT = "GSFM Adjusted P-value"
P_VALUES = {DEFAULT: "Adjusted P-value", "GSFM P-value": "P-value"}
"""The model's p-values, and the columns of gseapy that they replace in plots."""
LARGEST_FIRST = ("Expected Overlap", "GSFM Fold Enrichment", "Rank Change")
SMALLEST_FIRST = "GSFM Rank"
_ASIDE = "gseapy's own {}"


class _Default(str):
    """gseapy's default, distinct from the same word passed by the caller."""

    __slots__ = ()


def _signature(draw: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of gseapy's function, with a default column that can be recognised."""
    theirs = inspect.signature(draw)
    column = theirs.parameters["column"]
    ours = column.replace(default=_Default(column.default))
    return theirs.replace(parameters=[ours if p is column else p for p in theirs.parameters.values()])


_DOTPLOT, _BARPLOT, _MAP = map(_signature, (gseapy.dotplot, gseapy.barplot, gseapy.enrichment_map))


@public
def dotplot(*args: Any, **kwargs: Any) -> Any:
    """Draw the best terms as dots: ``gseapy.dotplot``, which also knows the model's columns.

    Parameters
    ----------
    *args, **kwargs
        Arguments of ``gseapy.dotplot``, in its order. ``df`` may be what `gsfm_enrich.enrichr` returns.
        ``column`` is ``"GSFM Adjusted P-value"`` by default if the results have it; ``cutoff`` applies only
        to p-values.

    Returns
    -------
    matplotlib.axes.Axes or None
        None when ``ofname`` is given.

    Raises
    ------
    InputError
        If the results have no such column, or no term passes the cut-off.

    Examples
    --------
    >>> import gsfm_enrich as gp
    >>> enr = gp.enrichr(["CD3D", "CD3E", "CD2", "LCK"], "GO_Biological_Process")
    >>> ax = gp.dotplot(enr.results, title="T cells")
    """
    return _draw(gseapy.dotplot, _DOTPLOT.bind(*args, **kwargs), "x")


@public
def barplot(*args: Any, **kwargs: Any) -> Any:
    """Draw the best terms as bars: ``gseapy.barplot``, which also knows the model's columns.

    Parameters
    ----------
    *args, **kwargs
        Arguments of ``gseapy.barplot``, in its order; ``df`` and ``column`` as in :func:`dotplot`.

    Returns
    -------
    matplotlib.axes.Axes or None
        None when ``ofname`` is given.

    Raises
    ------
    InputError
        As in :func:`dotplot`.

    Examples
    --------
    >>> import gsfm_enrich as gp
    >>> enr = gp.enrichr(["CD3D", "CD3E", "CD2", "LCK"], "GO_Biological_Process")
    >>> ax = gp.barplot(enr.results, column="Adjusted P-value")  # the overlap test's
    """
    return _draw(gseapy.barplot, _BARPLOT.bind(*args, **kwargs), "group")


@public
def enrichment_map(*args: Any, **kwargs: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the best terms and their shared genes: ``gseapy.enrichment_map``, also for the model's columns.

    Parameters
    ----------
    *args, **kwargs
        Arguments of ``gseapy.enrichment_map``, in its order; ``df`` and ``column`` as in :func:`dotplot`.

    Returns
    -------
    nodes, edges : DataFrame

    Raises
    ------
    InputError
        As in :func:`dotplot`.

    Examples
    --------
    >>> import gsfm_enrich as gp
    >>> enr = gp.enrichr(["CD3D", "CD3E", "CD2", "LCK"], "GO_Biological_Process")
    >>> nodes, edges = gp.enrichment_map(enr.results)
    """
    given = _MAP.bind(*args, **kwargs)
    column = _prepare(given, None)
    nodes, edges = call_gseapy(gseapy.enrichment_map, given)
    return nodes.rename(columns=_names_back(column)), edges


dotplot.__signature__ = _DOTPLOT  # type: ignore[attr-defined]
barplot.__signature__ = _BARPLOT  # type: ignore[attr-defined]
enrichment_map.__signature__ = _MAP  # type: ignore[attr-defined]


def _draw(draw: Callable[..., Any], given: inspect.BoundArguments, groups: str) -> Any:
    """Draw with gseapy, label the model's column, and only then save."""
    column = _prepare(given, groups)
    file, given.arguments["ofname"] = given.arguments["ofname"], None
    if not isinstance(file, str | os.PathLike | None):
        raise InputError(f"ofname must be the path of a file, or None, not a {type(file).__name__}.")
    axes = call_gseapy(draw, given)
    if axes is None:  # gseapy rejected a parameter, with a warning
        return None
    if column in P_VALUES:
        _name(axes, column)
    if column == SMALLEST_FIRST and draw is gseapy.barplot:
        axes.invert_yaxis()  # the best on top
    if file is None:
        return axes
    try:
        axes.figure.savefig(file, bbox_inches="tight", dpi=300)  # as gseapy does
    except (OSError, ValueError) as error:
        raise InputError(f"The figure cannot be written: {error}.") from error
    return None


def _name(axes: Any, column: str) -> None:
    """Label the p-values as the model's, on the axis and above the colour bar."""
    axes.set_xlabel(axes.get_xlabel().replace(P_VALUES[column], column))
    for drawn in axes.figure.axes:  # colour bars: log10 of 1 / FDR or 1 / Pval
        title = drawn.get_title(loc="left")
        for short in ("{ FDR }", "{ Pval }"):
            if short in title:
                ours = title.replace(short, short.replace("{ ", r"{ GSFM\ "))
                drawn.set_title(ours, loc="left", fontweight="bold", pad=12)  # gseapy's style


def _prepare(given: inspect.BoundArguments, groups: str | None) -> str:
    """Prepare the arguments for gseapy, and return the column to draw.

    Parameters
    ----------
    given
        The arguments, changed in place.
    groups
        Parameter that names a column of groups, each of which is shown with its own best terms.
    """
    given.apply_defaults()
    options = given.arguments
    table = options["df"] = getattr(options["df"], "results", options["df"])
    if not isinstance(table, pd.DataFrame):
        raise InputError(f"df must be the table of results, not {type(table).__name__}.")
    column = str(options["column"])
    if isinstance(options["column"], _Default) and DEFAULT in table.columns:
        column = DEFAULT
    options["column"] = column
    if column not in table.columns:
        if column in (*P_VALUES, *LARGEST_FIRST, SMALLEST_FIRST):
            raise InputError(f"The results have no column {column!r}; enrichr adds it with rerank=True.")
        return column
    if column in P_VALUES:
        theirs = P_VALUES[column]
        options.update(
            df=table.rename(columns={theirs: _ASIDE.format(theirs), column: theirs}), column=theirs
        )
    elif column in LARGEST_FIRST:
        options["cutoff"] = math.inf
    elif column == SMALLEST_FIRST:
        ranked = table.sort_values(column, kind="stable")
        by = options.get(groups) if groups else None
        apart = ranked.groupby(by, sort=False, observed=True) if by in table.columns else ranked
        options.update(df=apart.head(int(options["top_term"])), cutoff=math.inf)
    return column


def _names_back(column: str) -> dict[str, str]:
    """Return the mapping that gives columns their own names again, for `DataFrame.rename`."""
    theirs = P_VALUES.get(column)
    return {} if theirs is None else {theirs: column, _ASIDE.format(theirs): theirs}
