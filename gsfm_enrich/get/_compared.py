"""Compare the terms of two or more contrasts: which are shared, which are specific, which are opposite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError
from gsfm_enrich.expression.markers import choose
from gsfm_enrich.get._results import p_column, stored
from gsfm_enrich.ranking.ranked_as_lists import as_list_results

KINDS = ("opposite", "shared", "specific")
SCORE = "score "
"""What the columns of scores start with, before the name of the group."""
TERM = ["Gene_set", "Term"]
SMALLEST_P = 1e-300


@checked
def compared_df(
    data: Any,
    groups: str | Iterable[str] | None = None,
    *,
    cutoff: float = 0.05,
    key: str = "gsfm_enrichr",
) -> pd.DataFrame:
    """Compare the terms of two or more groups or contrasts: shared, specific and opposite ones.

    Parameters
    ----------
    data
        An AnnData with results, a data frame of results with a column ``group``, the result of
        :func:`gsfm_enrich.tl.enrichr`, or a dict of any of these by the name of the contrast.
    groups
        Groups to compare; all by default.
    cutoff
        Largest adjusted p-value (the model's, where there is one) of a term that counts for a group.

    Returns
    -------
    pandas.DataFrame
        One row per library and term that counts for at least one group: ``Gene_set``, ``Term``, ``kind``,
        ``n_groups``, ``up`` and ``down``, the groups for which the term counts in either direction, joined
        by ``;``, and for each group a column ``score`` and its name: -log10 of the adjusted p-value, negative
        for genes that go down, of the direction in which it is smaller. A term is ``opposite`` if it is up
        in one group and down in another or the same, ``shared`` if it counts for several, else
        ``specific``. Lists without a direction are in ``up``. Opposite terms come first; terms of more
        groups, then of larger scores, come before others.

    Raises
    ------
    InputError
        If there are no results, fewer than two groups, or a group that does not exist.

    Examples
    --------
    >>> rows = [("a", "up", "x", 0.01), ("b", "down", "x", 0.001), ("b", "up", "y", 0.02)]
    >>> results = pd.DataFrame(rows, columns=["group", "direction", "Term", "Adjusted P-value"])
    >>> compared_df(results)[["Term", "kind", "up", "down"]].values.tolist()
    [['x', 'opposite', 'a', 'b'], ['y', 'specific', 'b', '']]
    """
    results = contrasts(data, key)
    names = choose(groups, list(dict.fromkeys(results["group"])))
    if len(names) < 2:
        raise InputError(f"a comparison needs at least two groups, and there is only {names[0]!r}.")
    results = results[results["group"].isin(names)]
    column = p_column(results)
    p_values = results[column].to_numpy(dtype=np.float64)
    sign = np.where(results["direction"] == "down", -1.0, 1.0)
    scored = results[[*TERM, "group"]].assign(
        score=-np.log10(np.clip(p_values, SMALLEST_P, 1.0)), sign=sign, counts=p_values <= cutoff
    )
    best = scored.sort_values("score", ascending=False, kind="stable").drop_duplicates([*TERM, "group"])
    signed = best.assign(score=best["score"] * best["sign"])
    wide = signed.pivot_table(index=TERM, columns="group", values="score", aggfunc="first")
    table = _kinds(scored, names).join(wide.reindex(columns=names).add_prefix(SCORE))
    order = np.lexsort(
        (
            -table[[f"{SCORE}{name}" for name in names]].abs().max(axis=1).to_numpy(),
            -table["n_groups"].to_numpy(),
            table["kind"].map(KINDS.index).to_numpy(),
        )
    )
    table = table.iloc[order].reset_index()
    return table if "Gene_set" in _first(data, key) else table.drop(columns="Gene_set")


def contrasts(data: Any, key: str) -> pd.DataFrame:
    """Return results with ``group``, ``direction``, ``Gene_set`` and ``Term``, of one or more objects."""
    if isinstance(data, Mapping) and not isinstance(data, pd.DataFrame):
        if not data:
            raise InputError("the dict of contrasts is empty.")
        parts = [_named(contrasts(part, key), str(name)) for name, part in data.items()]
        return pd.concat(parts, ignore_index=True)
    results = as_list_results(stored(data, key).results)
    missing = [name for name in ("Term", p_column(results)) if name not in results]
    if missing:
        raise InputError(f"the results have no column {', '.join(map(repr, missing))}.")
    text = {
        name: results[name].astype(str) if name in results else ""
        for name in ("group", "direction", "Gene_set")
    }
    return results.assign(**text).reset_index(drop=True)


def _first(data: Any, key: str) -> pd.DataFrame:
    while isinstance(data, Mapping) and not isinstance(data, pd.DataFrame):
        data = next(iter(data.values()))
    return stored(data, key).results


def _named(results: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return results whose groups say which contrast they are of."""
    several = len(set(results["group"])) > 1
    return results.assign(group=name + ": " + results["group"] if several else name)


def _kinds(scored: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return, for each term that counts, the groups that it is up and down in, and what that makes it."""
    counting = scored[scored["counts"]].drop_duplicates([*TERM, "group", "sign"])
    place = counting["group"].map({name: at for at, name in enumerate(names)})
    counting = counting.iloc[np.argsort(place.to_numpy(), kind="stable")]
    joined = {
        name: counting[counting["sign"] == sign].groupby(TERM, sort=False)["group"].agg(";".join)
        for name, sign in (("up", 1.0), ("down", -1.0))
    }
    n_groups = counting.groupby(TERM, sort=False)["group"].nunique()
    table = pd.DataFrame({"n_groups": n_groups, **joined}).reindex(n_groups.index)
    table[["up", "down"]] = table[["up", "down"]].fillna("")
    opposite = (table["up"] != "") & (table["down"] != "")
    kind = np.where(opposite, "opposite", np.where(table["n_groups"] > 1, "shared", "specific"))
    table.insert(0, "kind", kind)
    return table
