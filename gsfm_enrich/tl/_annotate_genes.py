"""Understudied genes among the differentially expressed ones, and what they may do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.expression.markers import Cutoffs, Direction, MarkerList
from gsfm_enrich.expression.rank_genes_groups import (
    check_adata,
    ranking_record,
    select_markers,
    symbol_map,
    used_raw,
)
from gsfm_enrich.get.storage import (
    check_key,
    empty_frame,
    name_of,
    storable_frame,
    storable_params,
)
from gsfm_enrich.model.names import name_of_model

if TYPE_CHECKING:
    from anndata import AnnData


FACTS = (
    "publications", "fractional_publications", "experimental_go", "uninformative_name", "understudied",
)  # fmt: skip
"""What is written down about each differentially expressed gene, of what `gsfm_enrich.gene_info` says."""

IN_CONTEXT = 3
"""Terms to keep for each gene and list it was found in."""


@checked
def annotate_genes(
    adata: AnnData,
    gene_sets: Any = "GO_Biological_Process",
    *,
    key: str = "rank_genes_groups",
    groups: str | Iterable[str] | None = None,
    direction: Direction = "both",
    pval_cutoff: float | None = 0.05,
    log2fc_min: float | None = None,
    log2fc_max: float | None = None,
    max_genes: int | None = None,
    gene_symbols: str | None = None,
    organism: str = "human",
    which: Literal["understudied", "all"] = "understudied",
    max_publications: float | None = None,
    top: int = 10,
    model: Any = "default",
    key_added: str = "gsfm_annotate_genes",
    copy: bool = False,
) -> AnnData | None:
    """Flag understudied genes, and predict functions of those that are differentially expressed.

    Functions are predicted for each gene alone, and again in context: functions that a gene shares with the
    genes that it is differentially expressed with.

    Parameters
    ----------
    adata
        Annotated data on which ``scanpy.tl.rank_genes_groups`` was run.
    gene_sets
        Libraries whose terms are predicted: whatever :func:`gsfm_enrich.predict_functions` takes.
    key, groups, direction, pval_cutoff, log2fc_min, log2fc_max, max_genes, gene_symbols, organism
        Which genes are differentially expressed, as in :func:`gsfm_enrich.tl.enrichr`.
    which
        Predict functions of the ``"understudied"`` differentially expressed genes, or of ``"all"`` of them.
    max_publications
        Fractional publications up to which a gene counts as little studied; by default that of
        :func:`gsfm_enrich.gene_info`.
    top
        Terms to predict per gene.

    Returns
    -------
    anndata.AnnData or None
        The copy if `copy`, else None. Written are

        - ``adata.var["understudied"]``: bool, for every gene
        - ``adata.var["predicted_function"]``: the best new term of :func:`gsfm_enrich.new_functions`, ``""``
          for a gene without one
        - ``adata.var["predicted_function_probability"]``: float, of that term; NaN without one
        - ``adata.uns[key_added]["new_functions"]``: the columns of :func:`gsfm_enrich.new_functions`
        - ``adata.uns[key_added]["predictions"]``: the columns of :func:`gsfm_enrich.predict_functions`
        - ``adata.uns[key_added]["in_context"]``: ``group``, ``direction``, and for the three best terms
          of each gene there the columns of :func:`gsfm_enrich.functions_in_context`
        - ``adata.uns[key_added]["genes"]``: one row per differentially expressed gene: ``gene``,
          ``var_name``, ``groups`` (such as ``CD19+ B (up)``, joined by ``;``), ``publications``,
          ``fractional_publications``, ``experimental_go``, ``uninformative_name``, ``understudied``,
          ``predictions`` (number of predicted terms), ``predicted_function``, ``probability`` and
          ``out_of_reach`` (why there is none)
        - ``adata.uns[key_added]["params"]``: a flat dict of the parameters

    Raises
    ------
    InputError
        For an unknown key, group, direction, column or cut-off, or another `which`.

    Warns
    -----
    GsfmEnrichWarning
        If the model does not know some of the genes, with their number.

    Examples
    --------
    >>> import scanpy as sc
    >>> import gsfm_enrich as ge
    >>> adata = sc.datasets.pbmc68k_reduced()
    >>> sc.tl.rank_genes_groups(adata, "bulk_labels")
    >>> ge.tl.annotate_genes(adata, groups="CD14+ Monocyte", max_genes=50)
    >>> bool(adata.var.loc["C1orf162", "understudied"])
    True
    """
    check_adata(adata)
    check_key(key_added, key)
    cutoffs = Cutoffs(pval_cutoff, log2fc_min, log2fc_max, max_genes)
    markers = select_markers(
        adata,
        key=key,
        groups=groups,
        direction=direction,
        cutoffs=cutoffs,
        gene_symbols=gene_symbols,
    )
    symbols = symbol_map(adata, gene_symbols, raw=used_raw(adata, ranking_record(adata, key)))
    studied = _studied(adata, markers, symbols, organism, max_publications)
    genes = _gene_table(markers, studied)
    asked = genes["gene"][genes["understudied"] | (which == "all")].drop_duplicates().tolist()
    predictions = _predict(asked, gene_sets, organism=organism, top=top, model=model)
    new = _new_functions(asked, gene_sets, organism=organism, model=model)
    best = new.drop_duplicates("gene").set_index("gene")
    genes["predictions"] = genes["gene"].map(predictions["gene"].value_counts()).fillna(0).astype(int)
    genes["predicted_function"] = genes["gene"].map(best["term"]).fillna("")
    genes["probability"] = genes["gene"].map(best["probability"]).astype(float)
    genes["out_of_reach"] = genes["gene"].map(best["out_of_reach"]).fillna("")
    in_context = _in_context(predictions, markers, gene_sets, organism=organism, model=model)
    adata = adata.copy() if copy else adata
    var_names = adata.var_names.astype(str)
    adata.var["understudied"] = studied["understudied"].reindex(var_names).to_numpy(dtype=bool)
    gene_of = studied["gene"].reindex(var_names)
    asked_for = pd.Series(var_names.isin(genes["var_name"]), index=var_names)
    term, probability = (gene_of.map(best[what]).where(asked_for) for what in ("term", "probability"))
    adata.var["predicted_function"] = term.fillna("").to_numpy(dtype=object)
    adata.var["predicted_function_probability"] = probability.to_numpy(dtype=float)
    adata.uns[key_added] = {
        "genes": storable_frame(genes),
        "predictions": storable_frame(predictions),
        "new_functions": storable_frame(new),
        "in_context": storable_frame(in_context),
        "params": storable_params(
            key=key, direction=direction, pval_cutoff=pval_cutoff, log2fc_min=log2fc_min,
            log2fc_max=log2fc_max, max_genes=max_genes, gene_symbols=gene_symbols, organism=organism,
            which=which, top=top, model=name_of_model(model), max_publications=max_publications,
            gene_sets=name_of(gene_sets),
        ),
    }  # fmt: skip
    return adata if copy else None


def _studied(
    adata: AnnData,
    markers: list[MarkerList],
    symbols: dict[str, str],
    organism: str,
    max_publications: float | None,
) -> pd.DataFrame:
    """Return how well studied every gene of `adata` and of the lists is, by var name."""
    from gsfm_enrich.prediction.understudied import MAX_PUBLICATIONS, gene_info

    names = list(
        dict.fromkeys([*map(str, adata.var_names), *(name for marker in markers for name in marker.names)])
    )
    limit = MAX_PUBLICATIONS if max_publications is None else max_publications
    genes = [symbols.get(name, name).strip() for name in names]
    facts = gene_info(genes, organism, max_publications=limit).drop_duplicates("gene").set_index("gene")
    studied = facts[list(FACTS)].reindex(genes).reset_index()
    for flag in ("experimental_go", "uninformative_name", "understudied"):
        studied[flag] = studied[flag].eq(True)  # a blank name has no row: missing becomes False
    return studied.set_index(pd.Index(names, dtype=object))


def _gene_table(markers: list[MarkerList], studied: pd.DataFrame) -> pd.DataFrame:
    """Return one row per marker gene, with the groups it marks, the least studied first."""
    groups: dict[str, list[str]] = {}
    for marker in markers:
        for name in dict.fromkeys(marker.names):
            groups.setdefault(name, []).append(f"{marker.group} ({marker.direction})")
    table = studied.loc[list(groups)]
    table.insert(1, "var_name", list(groups))
    table.insert(2, "groups", [";".join(names) for names in groups.values()])
    table = table.sort_values(
        ["understudied", "fractional_publications"], ascending=[False, True], kind="stable"
    )
    return table.reset_index(drop=True)


def _predict(genes: list[str], gene_sets: Any, **options: Any) -> pd.DataFrame:
    """Return the predictions for some genes; with none, the same columns and no row."""
    from gsfm_enrich.prediction.predict import FUNCTION_COLUMNS, predict_functions

    if not genes:
        return empty_frame(FUNCTION_COLUMNS)
    predictions = predict_functions(genes, gene_sets=gene_sets, known=True, **options)
    return predictions if len(predictions) else empty_frame(FUNCTION_COLUMNS)


def _in_context(
    predictions: pd.DataFrame, markers: list[MarkerList], gene_sets: Any, *, organism: str, model: Any
) -> pd.DataFrame:
    """Return what the genes with predictions share with the others of each list they are in."""
    from gsfm_enrich.prediction.arguments import AskedGenes, model_of
    from gsfm_enrich.prediction.context import CONTEXT_COLUMNS, functions_in_lists

    genes = list(dict.fromkeys(predictions["gene"]))
    lists = {
        str(place): list(dict.fromkeys(marker.genes))
        for place, marker in enumerate(markers)
        if not set(genes).isdisjoint(marker.genes)
    }
    if not lists:
        return empty_frame(("group", "direction", *CONTEXT_COLUMNS))
    asked = AskedGenes(genes, organism, model_of(organism, model))
    found = functions_in_lists(asked, lists, gene_sets, top=IN_CONTEXT)
    of = [markers[int(place)] for place in found.pop("list")]
    found.insert(0, "group", [marker.group for marker in of])
    found.insert(1, "direction", [marker.direction for marker in of])
    return found


def _new_functions(genes: list[str], gene_sets: Any, organism: str, model: Any) -> pd.DataFrame:
    """Return the new functions worth showing; what the model does not know was said with the predictions."""
    from gsfm_enrich.prediction.arguments import AskedGenes, model_of
    from gsfm_enrich.prediction.new_functions import NEW_FUNCTION_COLUMNS, new_functions_of

    if not genes:
        return empty_frame(NEW_FUNCTION_COLUMNS)
    return new_functions_of(AskedGenes(genes, organism, model_of(organism, model)), gene_sets)
