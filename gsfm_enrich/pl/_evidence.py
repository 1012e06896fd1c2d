"""The genes behind a term (``ge.pl.evidence``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError, did_you_mean
from gsfm_enrich.get._results import stored
from gsfm_enrich.libraries.bundled import bundled_libraries
from gsfm_enrich.libraries.sources import cached_libraries
from gsfm_enrich.organisms import organism_name
from gsfm_enrich.pl.bars import KNOWN, NEW, colour_legend, draw_bars
from gsfm_enrich.pl.colours import class_colours, ink
from gsfm_enrich.pl.figures import empty_plot, write_title
from gsfm_enrich.pl.labels import escape, list_label, term_labels
from gsfm_enrich.pl.options import ColouredByClass
from gsfm_enrich.pl.plot import plot
from gsfm_enrich.pl.plot_data import list_keys, one_list, pick, results_of, split_genes
from gsfm_enrich.ranking.membership_net import chosen_terms

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = {"member of the term": KNOWN, "predicted member": NEW, "neighbour of its gene": "#8a6d1b"}
"""What a gene is to a term, and its colour; the gene is the one that the term is named after."""
SHOWN = 1e-4
"""Probabilities below this are not evidence."""


@checked
@plot
def evidence(
    data: Any,
    term: str,
    *,
    groups: str | None = None,
    direction: str | None = None,
    gene_sets: Any = None,
    model: Any = None,
    top_genes: int = 30,
    key: str = "gsfm_enrichr",
    **figure: Unpack[ColouredByClass],
) -> Axes:
    """Draw the genes of a list behind the rank of a term: its members, and those the model places in it.

    A member adds 1 to the expected overlap, any other gene the probability that it belongs to the term. Where
    terms are named after genes, neighbours of the term's gene count only in the p-value. For results of the
    threshold-free test, the bars are what the leading genes count in the mean: 1 for a member.

    Parameters
    ----------
    term
        A term of the results, with or without its id.
    groups
        Group to draw; may be left out when there is only one.
    direction
        ``"up"`` or ``"down"``; may be left out when there is only one.
    gene_sets
        Library of the term; by default the one named in the results, if it is bundled or cached.
    model
        Model that was used; by default the one named in the results, else ``"default"``.
    top_genes
        Maximum number of genes to draw; predicted members take precedence for half of the places.

    Raises
    ------
    InputError
        For a term that is not in the results, if more than one gene list or library is left, if the library
        is neither bundled nor cached, or for a suffix that cannot be written.

    Examples
    --------
    >>> import gsfm_enrich as ge
    >>> term = "natural killer cell mediated cytotoxicity (GO:0042267)"
    >>> ge.pl.evidence(adata, term, groups="CD56+ NK", direction="up")  # doctest: +SKIP
    """
    results = one_list(pick(results_of(data, key), groups, direction), "evidence")
    params = stored(data, key).params
    row = _row_of(results, term, gene_sets)
    organism = organism_name(params.get("organism", "human"))
    genes = _weights(row, gene_sets, model or params.get("model", "default"), organism)
    ranked = "FDR q-val" in results
    if ranked:
        genes = _as_counted(genes)
    if genes.empty:
        return empty_plot(figure, f"no gene of the list is in {row['Term']}, and the model places none there")
    drawn, left = _cut(genes, top_genes)
    kinds = class_colours(figure.get("palette"), list(KINDS), KINDS)
    member, predicted, beside_gene = kinds.values()
    colours = [
        beside_gene if beside else member if weight == 1 else predicted
        for weight, beside in zip(drawn["weight"], drawn["neighbour"], strict=True)
    ]
    labels = [escape(gene) for gene in drawn["gene"]]
    ax = draw_bars(figure, drawn["weight"].to_numpy(), labels, colours)
    for place, (weight, beside) in enumerate(zip(drawn["weight"], drawn["neighbour"], strict=True)):
        if weight < 1:
            text = f"{weight:.2g}" if ranked or not beside else "in the p-value only"
            colour = beside_gene if beside else ink(0.75)
            ax.text(weight + 0.015, place, text, va="center", fontsize=7.5, color=colour)
    ax.set_xlim(0, 1.14)
    ax.set_xlabel("counts in the mean of the term" if ranked else "adds to the expected overlap")
    colour_legend(ax, kinds, colours)
    heading = (
        figure.get("title")
        or f"{term_labels([row['Term']], width=60)[0]}\n{list_label(*list_keys(results)[0])}".rstrip()
    )
    write_title(ax, f"{heading}\n{_sum(row, genes, left)}", fontsize=9.5)
    return ax


def _row_of(results: pd.DataFrame, term: str, gene_sets: Any) -> dict[str, Any]:
    """Return the row of a term, found by its name with or without its id."""
    labels = pd.Series(term_labels(results["Term"], width=10_000), index=results.index, dtype=object)
    rows = results[(results["Term"] == term) | (labels == escape(term))]
    if rows.empty:
        raise InputError(f"no term {term!r} in the results." + did_you_mean(term, map(str, results["Term"])))
    libraries = list(dict.fromkeys(rows["Gene_set"].astype(str))) if "Gene_set" in rows else []
    if len(libraries) > 1:
        rows = rows[rows["Gene_set"] == str(getattr(gene_sets, "name", gene_sets))]
        if rows.empty:
            raise InputError(
                f"the term {term!r} is in several libraries; choose with gene_sets= from "
                f"{', '.join(map(repr, libraries))}."
            )
    return {str(name): value for name, value in rows.iloc[0].items()}


def _weights(row: dict[str, Any], gene_sets: Any, model: Any, organism: str) -> pd.DataFrame:
    """Return the genes of a row that are or may be in its term, with their membership, largest first."""
    from gsfm_enrich.model.checkpoint import load_model
    from gsfm_enrich.ranking.membership import library_membership
    from gsfm_enrich.ranking.soft_sets import term_weights

    members, predicted = split_genes(row.get("Genes")), split_genes(row.get("Predicted Genes"))
    table = pd.DataFrame({"gene": [*members, *predicted], "weight": 1.0, "neighbour": False})
    if predicted:
        source = _library_at_hand(str(row.get("Gene_set", "")), organism) if gene_sets is None else gene_sets
        library, rows = chosen_terms(row["Term"], source, organism)
        network = load_model(model)
        completed = term_weights(library, rows, predicted, network, organism=organism, min_weight=SHOWN)
        near = library_membership(library, network, organism).only_neighbours(int(rows[0]), predicted)
        table.loc[len(members) :, "weight"] = np.where(near, 0.0, completed.toarray()[0])
        table.loc[len(members) :, "neighbour"] = near
    return table.sort_values("weight", ascending=False, kind="stable", ignore_index=True)


def _as_counted(genes: pd.DataFrame) -> pd.DataFrame:
    """Return the leading genes with what they count in the threshold-free test, largest first."""
    from gsfm_enrich.ranking.gene_named_terms import NEIGHBOUR_WEIGHT
    from gsfm_enrich.ranking.ranked_weights import PREDICTED_WEIGHT

    predicted = np.where(genes["neighbour"], NEIGHBOUR_WEIGHT, PREDICTED_WEIGHT * np.sqrt(genes["weight"]))
    genes = genes.assign(weight=np.where(genes["weight"] == 1, 1.0, predicted))
    return genes.sort_values("weight", ascending=False, kind="stable", ignore_index=True)


def _library_at_hand(name: str, organism: str) -> str:
    """Return the name of a library if it can be read without a network: plots download nothing."""
    if name not in bundled_libraries() and name not in cached_libraries(organism):
        raise InputError(
            f"the library {name!r} of the term is neither bundled nor cached; pass it as gene_sets=."
        )
    return name


def _cut(genes: pd.DataFrame, top: int) -> tuple[pd.DataFrame, int]:
    """Return at most `top` genes, up to half of them predicted, and how many were left out."""
    if len(genes) <= top:
        return genes, 0
    member = genes["weight"] == 1
    n_predicted = min(int((~member).sum()), max(top // 2, top - int(member.sum())))
    kept = pd.concat([genes[member].head(top - n_predicted), genes[~member].head(n_predicted)])
    return kept, len(genes) - len(kept)


def _sum(row: dict[str, Any], genes: pd.DataFrame, left: int) -> str:
    """Return a text that says what the bars add up to."""
    more = f"\n{left} more genes are not drawn" if left else ""
    if "FDR q-val" in row:
        predicted = int((genes["weight"] < 1).sum())
        members = f"{len(genes) - predicted} of {row['Size']} measured members lead"
        return members + (f", and {predicted} predicted" if predicted else "") + more
    hits = int((genes["weight"] == 1).sum())
    text = f"overlap {row['Overlap']}" if "Overlap" in row else f"overlap {hits}"
    if "Expected Overlap" in row:
        expected = float(row["Expected Overlap"])
        text += f", expected overlap {expected:.1f}"
        if row.get("GSFM Fold Enrichment", 0) > 0:
            text += f" ({expected / row['GSFM Fold Enrichment']:.1f} by chance)"
    return text + more
