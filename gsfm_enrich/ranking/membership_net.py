"""The membership table as a weighted net, for the methods of decoupler and similar packages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.inputs import as_gene_list
from gsfm_enrich.genes.lookup import spell_as
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.organisms import ORTHOLOGY_ORGANISMS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gsfm_enrich.model.gsfm import GSFM


@checked
def membership_net(
    terms: str | Iterable[str] | None = None,
    gene_sets: Any = "GO_Biological_Process",
    *,
    genes: Iterable[str] | None = None,
    min_weight: float = 0.02,
    organism: str = "human",
    model: Any = "default",
) -> pd.DataFrame:
    """Terms, their members and their predicted members, as the weighted net that decoupler's methods take.

    Parameters
    ----------
    terms
        One or several terms; by default all of the library.
    gene_sets
        One library, as :func:`gsfm_enrich.enrichr` takes it.
    genes
        Genes to include, spelled as in your data (``adata.var_names``); by default all that the library or
        the model knows.
    min_weight
        Predicted members with a smaller probability are left out. With 1 the net is the library itself, and
        no model is loaded.

    Returns
    -------
    pandas.DataFrame
        Columns ``source`` (term), ``target`` (gene) and ``weight``: 1 for a member, else the calibrated
        probability of membership. One row per pair, terms in order, the heaviest genes first.

    Raises
    ------
    InputError
        If `min_weight` is not above 0 and at most 1, or `gene_sets` is more than one library.
    LibraryError
        For an unknown library or term; the message gives close matches.

    Examples
    --------
    >>> import decoupler as dc  # doctest: +SKIP
    >>> net = membership_net(["B cell activation (GO:0042113)"], genes=adata.var_names)  # doctest: +SKIP
    >>> dc.mt.ulm(adata, net)  # doctest: +SKIP
    >>> membership_net(gene_sets={"apoptosis": ["TP53", "BAX"]}, min_weight=1)
          source target  weight
    0  apoptosis   TP53     1.0
    1  apoptosis    BAX     1.0
    """
    from gsfm_enrich.ranking.soft_sets import term_weights

    library, rows = chosen_terms(terms, gene_sets, organism)
    completing = completing_model(model, min_weight)
    names = _all_genes(library, completing, organism) if genes is None else as_gene_list(genes)
    weights = term_weights(library, rows, names, completing, organism=organism, min_weight=min_weight).tocoo()
    order = np.lexsort((weights.col, -weights.data, weights.row))
    chosen = [library.terms[row] for row in rows]
    return pd.DataFrame(
        {
            "source": [chosen[row] for row in weights.row[order]],
            "target": [names[column] for column in weights.col[order]],
            "weight": weights.data[order].astype(np.float64),
        }
    )


def chosen_terms(
    terms: str | Iterable[str] | None, gene_sets: Any, organism: str
) -> tuple[GeneSetLibrary, NDArray[np.int64]]:
    """Return one library and the rows of the terms asked for; None means all terms."""
    libraries = load_libraries(gene_sets, organism)
    if len(libraries) > 1:
        raise InputError(f"gene_sets must be one library here, not {len(libraries)}.")
    library = libraries[0]
    if terms is None:
        return library, np.arange(len(library), dtype=np.int64)
    names = [terms] if isinstance(terms, str) else list(dict.fromkeys(terms))
    if not names:
        raise InputError("terms is empty; name terms of the library, or pass None for all of them.")
    return library, np.array([library.position(name) for name in names], dtype=np.int64)


def completing_model(model: Any, min_weight: float) -> GSFM | None:
    """Return the model, or None if only certain members are wanted."""
    from gsfm_enrich.model.checkpoint import load_model

    return None if min_weight >= 1 else load_model(model)


def _all_genes(library: GeneSetLibrary, model: GSFM | None, organism: str) -> list[str]:
    """Return the genes of a library, and those that only the model knows, as the organism spells them."""
    names = list(library.genes)
    if model is not None:
        from gsfm_enrich.ranking.membership import library_membership

        names += library_membership(library, model, organism).names
    if organism in ORTHOLOGY_ORGANISMS:
        names = spell_as(names, organism)
    return list(dict.fromkeys(names))
