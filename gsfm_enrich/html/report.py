"""One HTML file with everything: tables, plots, parameters, and what was lost (``ge.report``)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gsfm_enrich import pl
from gsfm_enrich.arguments import checked
from gsfm_enrich.get._results import p_column, stored
from gsfm_enrich.html.pages import page_path, write_page
from gsfm_enrich.html.tables import View, column_meanings, is_ranked, table_view
from gsfm_enrich.pl.figures import svg_address
from gsfm_enrich.pl.folding import FOLD, SIMILAR, fold_rows
from gsfm_enrich.pl.plot_data import list_keys, results_of, top_rows

TEMPLATE = "report.html.j2"
WORTH_A_NETWORK = 3
HEADINGS = {"up": "Up-regulated", "down": "Down-regulated", "both": "Up or down", "": "Terms"}
SIGNIFICANT = 0.05
"""Lists whose best adjusted p-value is above this get a table but no plot."""


@checked
def report(
    data: Any,
    path: str | os.PathLike[str] = "gsfm_enrich_report.html",
    *,
    key: str = "gsfm_enrichr",
    genes_key: str = "gsfm_annotate_genes",
    top_term: int = 50,
    cutoff: float = 1.0,
    title: str = "Gene set enrichment",
) -> Path:
    """Write results as one self-contained HTML file that needs neither a server nor a network.

    The report contains plots over all groups; for every group, plots and a table of terms that can be sorted,
    filtered and expanded; the understudied genes, the log of what was lost, and the parameters.

    Parameters
    ----------
    data
        An AnnData with results; or a data frame of results, or what :func:`gsfm_enrich.enrichr` or
        :func:`gsfm_enrich.tl.enrichr` returned.
    path
        File to write.
    key
        Slot of ``adata.uns`` with the results of :func:`gsfm_enrich.tl.enrichr`.
    genes_key
        Slot of ``adata.uns`` with the results of :func:`gsfm_enrich.tl.annotate_genes`; left out when
        missing.
    top_term
        Largest number of terms in the table of each group and direction; the report says how many there are.
    cutoff
        Largest adjusted p-value in the tables.
    title
        Heading of the report.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    InputError
        If `data` holds no results, or `path` is a folder.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.report(adata)  # doctest: +SKIP
    PosixPath('gsfm_enrich_report.html')
    """
    target = page_path(path, "report.html")
    results = results_of(data, key)
    enrichment = stored(data, key)
    log = enrichment.log
    groups = _groups(results, log, top_term, cutoff)
    texts = _texts(data)
    for view in groups:
        view["text"] = texts.get(view["name"], "")
    annotated = data.uns.get(genes_key) if hasattr(data, "uns") else None
    return write_page(
        target,
        TEMPLATE,
        title=title,
        lead=_summary(results, log) + _background(enrichment.params),
        overview=_overview(results),
        meanings=column_meanings(results),
        groups=groups,
        genes=_genes(annotated),
        log=_log(log),
        params=_params(
            {
                key: enrichment.params,
                genes_key: dict(annotated["params"]) if isinstance(annotated, Mapping) else {},
            }
        ),
    )


def _summary(results: pd.DataFrame, log: pd.DataFrame | None) -> str:
    significant = int((results[p_column(results)] <= SIGNIFICANT).sum())
    lists = len(log) if log is not None else len(list_keys(results))
    libraries = ", ".join(_libraries(results))
    where = f" of {libraries}" if libraries else ""
    kind = "ranked table" if is_ranked(results) else "gene list"
    return (
        f"{lists} {kind}{'s' * (lists != 1)}, {results['Term'].nunique():,} terms{where}; "
        f"{significant:,} rows with {_judged(results)} ≤ {SIGNIFICANT}."
    )


def _judged(results: pd.DataFrame) -> str:
    """Return what the column of adjusted p-values is called in the tables."""
    return "FDR q-val" if is_ranked(results) else p_column(results)


def _background(params: Mapping[str, Any]) -> str:
    """Say what the lists were drawn from."""
    if "background" not in params:
        return ""
    size = f"{params['background_genes']:,} genes; " if "background_genes" in params else ""
    return f" Background: {size}{params['background']}."


def _libraries(results: pd.DataFrame) -> list[str]:
    """Return the names of the libraries in a table, none where it does not say."""
    return list(dict.fromkeys(results["Gene_set"].astype(str))) if "Gene_set" in results else []


def _groups(results: pd.DataFrame, log: pd.DataFrame | None, top_term: int, cutoff: float) -> list[View]:
    """Return a view of every group, in the order they were tested."""
    lists = list_keys(results if log is None else log)
    rows_of = dict(list(results.groupby(["group", "direction"], sort=False)))
    views: dict[str, View] = {}
    for group, direction in lists:
        name = f"group-{len(views)}" if group not in views else views[group]["anchor"]
        view = views.setdefault(group, {"name": group, "anchor": name, "parts": []})
        rows = rows_of.get((group, direction), results[:0])
        view["parts"].append(_part(rows, direction, _log_row(log, group, direction), top_term, cutoff))
    return list(views.values())


def _texts(data: Any) -> dict[str, str]:
    """Return what :func:`gsfm_enrich.tl.describe` wrote about each group; empty without it."""
    held = data.uns.get("gsfm_describe") if hasattr(data, "uns") else None
    text = held.get("text") if isinstance(held, Mapping) else None
    return dict(zip(text["group"], text["text"], strict=True)) if isinstance(text, pd.DataFrame) else {}


def _log_row(log: pd.DataFrame | None, group: str, direction: str) -> Mapping[str, Any] | None:
    if log is None:
        return None
    rows = log[(log["group"] == group) & (log["direction"] == direction)]
    return {str(name): rows[name].iloc[0] for name in rows.columns}


def _part(
    rows: pd.DataFrame, direction: str, log: Mapping[str, Any] | None, top_term: int, cutoff: float
) -> View:
    """Return the view of one list: a sentence, its plots and its table."""
    said = []
    if log is not None:
        said.append(f"{log['found']} of {log['genes']} genes are in the gene sets.")
        if log["message"]:
            said.append(f"No result: {log['message']}.")
    best = top_rows(rows, None, cutoff, top_term) if len(rows) else rows
    kept = fold_rows(best, FOLD)
    if len(rows):
        below = f" with {_judged(rows)} ≤ {cutoff:g}" if cutoff < 1 else ""
        said.append(f"The best {len(best):,} of {len(rows):,} terms{below}.")
        if len(kept) < len(best):
            n = len(best) - len(kept)
            said.append(
                f"Of these {n:,} {'rest' if n > 1 else 'rests'} on the same genes as a better one: folded."
            )
    significant = len(rows) > 0 and rows[p_column(rows)].min() <= SIGNIFICANT
    if len(rows) and not significant:
        said.append(f"None has {_judged(rows)} ≤ {SIGNIFICANT}, so there is no plot.")
    heading = HEADINGS.get(direction, direction)
    return {
        "heading": heading,
        "note": " ".join(said),
        "images": _pictures(rows) if significant else [],
        "frame": table_view(*_folded(best, kept)) if len(best) else None,
    }


def _folded(best: pd.DataFrame, kept: pd.DataFrame) -> tuple[pd.DataFrame, list[bool]]:
    """Return the rows with the names of the terms folded into each, and which rows are folded themselves."""
    similar = kept[SIMILAR].str.replace("; ", ";", regex=False).reindex(best.index).fillna("")
    return best.assign(**{SIMILAR: similar}), [row not in kept.index for row in best.index]


def _pictures(rows: pd.DataFrame) -> list[View]:
    """Return the plots of one list."""
    ranked = is_ranked(rows)
    caption = (
        "Best terms; next to the bars, the leading members among the measured ones."
        if ranked
        else "Best terms by the model (bars) and by the overlap test (marks)."
    )
    images = [_image(partial(pl.barplot, rows, title=" "), caption)]
    if "Rank Change" in rows and len(_libraries(rows)) <= 1:
        caption = "Terms that the model moved, and the genes it adds."
        images.append(_image(partial(pl.ranks, rows, top_term=8, title=" "), caption))
    if (rows[p_column(rows)] <= SIGNIFICANT).sum() >= WORTH_A_NETWORK:
        caption = "Terms that rest on the same genes; numbers are ranks among the terms drawn."
        images.append(_image(partial(pl.network, rows, top_term=20, title=" "), caption))
    return images


def _overview(results: pd.DataFrame) -> list[View]:
    """Return plots over all groups, two for each direction."""
    if len(list_keys(results)) < 2:
        return []
    images = []
    for direction in dict.fromkeys(results["direction"]):
        of = f", {direction}-regulated genes" if direction in ("up", "down") else ""
        draw = partial(pl.dotplot, results, direction=direction)
        images.append(_image(draw, f"Best terms of each group{of}."))
        draw = partial(pl.heatmap, results, direction=direction)
        images.append(_image(draw, f"The same terms in every group{of}, with similar groups side by side."))
    return images


def _image(draw: Callable[..., Any], caption: str) -> View:
    return {"address": svg_address(draw), "caption": caption}


def _genes(annotated: Any) -> View | None:
    """Return the view of the understudied genes, if they were annotated."""
    if not isinstance(annotated, Mapping) or not isinstance(annotated.get("genes"), pd.DataFrame):
        return None
    genes, predictions = annotated["genes"], annotated["predictions"]
    chosen = genes[genes["understudied"]].sort_values("probability", ascending=False, kind="stable")
    unneeded = (
        ["understudied", "var_name"] if (genes["var_name"] == genes["gene"]).all() else ["understudied"]
    )
    text = (
        f"{len(chosen):,} of {len(genes):,} differentially expressed genes are understudied (few "
        "publications, no function shown by experiment); "
        f"for {int((chosen['predicted_function'] != '').sum()):,} of them the model has a new function that "
        "is probable and specific, and out_of_reach says why it has none for the others."
    )
    return {
        "note": text,
        "frame": table_view(chosen.drop(columns=unneeded)) if len(chosen) else None,
        "predictions": table_view(predictions) if len(predictions) else None,
    }


def _log(log: pd.DataFrame | None) -> View | None:
    if log is None:
        return None
    lost = int((log["genes"] - log["found"]).sum())
    silent = int((log["message"] != "").sum())
    text = (
        f"{lost:,} of {int(log['genes'].sum()):,} genes are in none of the gene sets; "
        f"{silent} of {len(log)} have no result."
    )
    return {"note": text, "frame": table_view(log)}


def _params(slots: Mapping[str, Mapping[str, Any]]) -> list[View]:
    """Return the parameters of each slot that has some, sorted by name."""
    return [
        {"heading": slot, "entries": [(name, _text(value)) for name, value in sorted(params.items())]}
        for slot, params in slots.items()
        if params
    ]


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple, np.ndarray)) else str(value)
