"""Known and predicted functions of a gene (``ge.pl.functions``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError, did_you_mean
from gsfm_enrich.pl.bars import KNOWN, NEW, colour_legend, draw_bars
from gsfm_enrich.pl.colours import class_colours, ink
from gsfm_enrich.pl.figures import empty_plot, write_title
from gsfm_enrich.pl.labels import escape, term_labels
from gsfm_enrich.pl.options import ColouredByClass
from gsfm_enrich.pl.plot import plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROOM = 0.75
"""Probability from which on the text next to a bar needs room beyond 1."""


@checked
@plot
def functions(
    data: Any,
    gene: str | None = None,
    *,
    gene_sets: Any = "GO_Biological_Process",
    top_term: int = 15,
    organism: str = "human",
    model: Any = "default",
    key: str = "gsfm_annotate_genes",
    **figure: Unpack[ColouredByClass],
) -> Axes:
    """Draw the predicted functions of a gene, with those that the library already lists set apart.

    Bars show the probability that the gene belongs to the term, which says how far to believe a prediction,
    on a scale from 0 to 1. Terms are in the order of the score by which they are ranked. Next to the bars are
    the probability and the z-score, which is what is left after correction for the gene's popularity.

    Parameters
    ----------
    data
        A gene, the result of :func:`gsfm_enrich.predict_functions`, or an AnnData with the predictions of
        :func:`gsfm_enrich.tl.annotate_genes`.
    gene
        Gene to draw from a table; may be left out when there is only one.
    gene_sets, organism, model
        As in :func:`gsfm_enrich.predict_functions`, when `data` is a gene.
    top_term
        Maximum number of terms to draw.
    key
        Slot of ``adata.uns`` that holds the predictions.

    Raises
    ------
    InputError
        If `data` is none of these, for a gene without predictions, or for a suffix that cannot be written.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> ge.pl.functions("C1orf112", save="C1orf112.png")  # doctest: +SKIP
    """
    if isinstance(data, str):
        from gsfm_enrich.prediction.predict import predict_functions

        table = predict_functions(data, gene_sets, top=top_term, organism=organism, model=model)
    else:
        table = _predictions(data, key)
    table, name = _one_gene(table, gene if not isinstance(data, str) else data)
    if table.empty:
        return empty_plot(figure, f"no predicted function of {name}")
    table = table.sort_values("score", ascending=False, kind="stable").head(top_term)
    kinds = class_colours(figure.get("palette"), ["known", "new"], {"known": KNOWN, "new": NEW})
    colours = [kinds["known" if known else "new"] for known in table["known"]]
    probabilities = table["probability"].to_numpy(dtype=np.float64)
    ax = draw_bars(figure, probabilities, term_labels(table["term"]), colours)
    for place, (probability, z_score) in enumerate(zip(probabilities, table["z_score"], strict=True)):
        ax.annotate(f"{probability:.2g}, z {z_score:.1f}", (probability, place), xytext=(5, 0),
                    textcoords="offset points", va="center", fontsize=7.5, color=ink(0.75))  # fmt: skip
    ax.set_xlim(0, 1.25 if probabilities.max() > ROOM else 1)
    ax.set_xticks(np.linspace(0, 1, 6))
    ax.set_xlabel("probability of belonging to the term")
    colour_legend(ax, kinds, colours)
    write_title(ax, figure.get("title") or escape(f"Functions of {name}"))
    return ax


def _predictions(data: Any, key: str) -> pd.DataFrame:
    """Return a table of predicted functions out of what holds it."""
    if hasattr(data, "uns"):
        slot = data.uns.get(key)
        if slot is None:
            raise InputError(
                f"adata.uns has no {key!r}: run gsfm_enrich.tl.annotate_genes(adata, ...) first, or name its "
                "slot with key=." + did_you_mean(key, map(str, data.uns))
            )
        data = slot.get("predictions") if hasattr(slot, "get") else None
    needed = {"gene", "term", "score", "z_score", "probability", "known"}
    if not isinstance(data, pd.DataFrame) or not needed <= set(data):
        raise InputError(
            "expected a gene, the data frame of predict_functions, or an AnnData with predictions of "
            "annotate_genes."
        )
    return data


def _one_gene(table: pd.DataFrame, gene: str | None) -> tuple[pd.DataFrame, str]:
    """Return the rows of one gene, and its name."""
    genes = list(dict.fromkeys(table["gene"].astype(str)))
    if gene is None and len(genes) > 1:
        shown = ", ".join(map(repr, genes[:5])) + (", ..." if len(genes) > 5 else "")
        raise InputError(f"functions draws one gene; choose with gene= from {shown}.")
    if gene is not None and gene not in genes and genes:
        raise InputError(f"no predictions of {gene!r}." + did_you_mean(gene, genes))
    name = gene or (genes[0] if genes else "any gene")
    return table[table["gene"].astype(str) == name], name
