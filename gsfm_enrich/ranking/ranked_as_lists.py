"""Results of the threshold-free test in the columns of lists, for plots, reports and groups of terms."""

from __future__ import annotations

from typing import Any

import pandas as pd

P_VALUE, FDR = "NOM p-val", "FDR q-val"


def as_list_results(results: pd.DataFrame) -> pd.DataFrame:
    """Return results of the threshold-free test with the columns that plots of list results use.

    Parameters
    ----------
    results
        Any results; those of lists are returned unchanged.

    Returns
    -------
    pandas.DataFrame
        Has ``Overlap``, the leading members and the measured members, ``Genes`` and ``Predicted Genes``, the
        leading genes, ``Expected Overlap``, leading members plus half a member per predicted one, and both
        kinds of p-value.

    Examples
    --------
    >>> row = {"Term": "a", "Size": 9, "Lead_genes": "CD19;BLK", "Predicted Lead Genes": "CD22"}
    >>> ranked = pd.DataFrame([{**row, "NES": 4.0, "NOM p-val": 0.01, "FDR q-val": 0.02, "Rank": 1}])
    >>> as_list_results(ranked)[["Overlap", "Genes", "Predicted Genes"]].iloc[0].tolist()
    ['2/9', 'CD19;BLK', 'CD22']
    """
    if FDR not in results or "Lead_genes" not in results or "Adjusted P-value" in results:
        return results
    leading, predicted = _count(results["Lead_genes"]), _count(results["Predicted Lead Genes"])
    columns: dict[str, Any] = {
        "Overlap": [f"{n}/{size}" for n, size in zip(leading, results["Size"], strict=True)],
        "P-value": results[P_VALUE],
        "Adjusted P-value": results[FDR],
        "Genes": results["Lead_genes"],
        "Predicted Genes": results["Predicted Lead Genes"],
        "Expected Overlap": leading + 0.5 * predicted,
        "GSFM P-value": results[P_VALUE],
        "GSFM Adjusted P-value": results[FDR],
        "GSFM Rank": results["Rank"],
        "Rank Change": 0,
    }
    return results.assign(**columns)


def _count(joined: pd.Series) -> pd.Series:
    return joined.map(lambda genes: len(genes.split(";")) if genes else 0)
