"""P-values where only a table is at hand, corrected by how far the model says a term's genes go together.

    python -m benchmarks.table_estimates --data ../shared/data

Without cells, the test of a table takes the genes of all terms to have the same small correlation. Here the
standard deviation of each term's effect over tables of permuted labels is predicted from its size and from
the model's scores of its own genes. The prediction is fitted on two data sets and tried on the third: how
often does a table of permuted labels, in which all is false, have a significant term?
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.permuted_ranked import FALSE, data_sets, permuted_tables
from benchmarks.protocols import write_table
from gsfm_enrich.arrays import Floats
from gsfm_enrich.expression.label_statistics import prepare_cells
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.ranking.membership import library_membership
from gsfm_enrich.ranking.overlap import benjamini_hochberg
from gsfm_enrich.ranking.ranked import EMPHASIS, VIEWS, View, pearson3_tail, tamed, tested_views
from gsfm_enrich.ranking.ranked_weights import ranked_weights

SHIPPED = "as shipped"
PREDICTIONS = (SHIPPED, "one factor for all terms", "by size", "by size and the model's scores",
               "the same with products of both")  # fmt: skip


def features(prediction: str, sizes: Floats, own: Floats) -> Floats:
    """Return what the spread is predicted from, shape (n_terms, n_features)."""
    constant, size = np.ones((len(sizes), 1)), np.log(sizes)[:, None]
    products = np.hstack([size, own.T, size * own.T, size**2])
    parts = [constant, size, own.T, products]
    return np.hstack(parts[: PREDICTIONS.index(prediction)])


def main(
    data: Annotated[Path, typer.Option(help="Folder with singlecell/.")] = Path("../shared/data"),
    cells: Annotated[int, typer.Option(help="Most cells of a data set.")] = 3000,
    labellings: Annotated[int, typer.Option(help="Labellings of each data set.")] = 100,
    smallest: Annotated[int, typer.Option(help="Fewest measured members of a term.")] = 5,
    seed: int = 0,
) -> None:
    """Print and write, by prediction and view, the share of false tables with any significant term."""
    warnings.simplefilter("ignore")
    library, model = load_libraries("GO_Biological_Process")[0], load_model()
    scores = library_membership(library, model).scores.own
    effects: dict[str, dict[View, tuple[Floats, Floats]]] = {}
    asked: dict[str, tuple[Floats, Floats]] = {}
    for name, adata, column in data_sets(data, cells):
        labels = adata.obs[column].astype("category").cat
        codes, n_groups = labels.codes.to_numpy().astype(np.int64), len(labels.categories)
        weights = ranked_weights(library, model, tuple(map(str, adata.var_names)))
        usable = weights.sizes >= smallest
        prepared, rng = prepare_cells(adata.X, "t-test"), np.random.default_rng(seed)
        tables = permuted_tables(prepared, codes, n_groups, labellings, rng, name)
        found: dict[View, list[tuple[Floats, Floats]]] = {view: [] for view in VIEWS}
        for portion in tables:
            for view, (_, moments, own) in tested_views(tamed(portion, EMPHASIS), weights, VIEWS):
                found[view].append((own[:, usable], moments.skewness[:, usable]))
        effects[name] = {
            view: (np.concatenate([own for own, _ in parts]), np.concatenate([skew for _, skew in parts]))
            for view, parts in found.items()
        }
        asked[name] = weights.sizes[usable].astype(np.float64), scores[:, usable]
    rows: list[dict[str, object]] = []
    for prediction in PREDICTIONS:
        for name in effects:
            row: dict[str, object] = {"prediction": prediction, "cells": name}
            for view in VIEWS:
                factor = predicted(prediction, view, name, effects, asked)
                own, skewness = effects[name][view]
                p = pearson3_tail(own / factor, skewness)
                false = np.mean([benjamini_hochberg(table).min() < FALSE for table in p])
                spread = own.std(axis=0)
                row |= {f"{view}: tables with any FDR<.05": f"{false:.3f}",
                        f"{view}: p<.001": f"{np.mean(p < 0.001):.5f}",
                        f"{view}: spread, 5 %, median, 95 % of terms":
                        " ".join(f"{q:.2f}" for q in np.quantile(spread, [0.05, 0.5, 0.95])),
                        f"{view}: correlation with the prediction":
                        f"{np.corrcoef(spread, factor)[0, 1]:.2f}" if np.ptp(factor) > 0 else ""}  # fmt: skip
            rows.append({**row, "tables": len(own), "terms": own.shape[1]})
    write_table(rows, "table_estimates")


def predicted(
    prediction: str,
    view: View,
    name: str,
    effects: dict[str, dict[View, tuple[Floats, Floats]]],
    asked: dict[str, tuple[Floats, Floats]],
) -> Floats:
    """Return the predicted spread of each term's effect, fitted on the other data sets; 1 as shipped."""
    if prediction == SHIPPED:
        return np.ones(len(asked[name][0]))
    others = [other for other in effects if other != name]
    x = np.concatenate([features(prediction, *asked[other]) for other in others])
    y = np.concatenate([np.log(effects[other][view][0].std(axis=0)) for other in others])
    balance = np.concatenate([np.full(len(asked[o][0]), len(asked[o][0]) ** -0.5) for o in others])[:, None]
    coefficients = np.linalg.lstsq(x * balance, y * balance[:, 0], rcond=None)[0]
    return np.asarray(np.exp(features(prediction, *asked[name]) @ coefficients))


if __name__ == "__main__":
    typer.run(main)
