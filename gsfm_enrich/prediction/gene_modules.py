"""Functional modules of a gene list: genes that the model finds more similar than the average of the list."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from gsfm_enrich.arguments import checked
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.scores import GeneFactors
from gsfm_enrich.prediction.arguments import AskedGenes, ask
from gsfm_enrich.prediction.neighbours import gene_similarity
from gsfm_enrich.ranking.counts import count_overlap
from gsfm_enrich.ranking.rerank import rerank

GENE_COLUMNS = ("gene", "module", "similarity")
MODULE_COLUMNS = ("module", "size", "name", "gene_set", "terms", "adjusted_p_value", "similarity", "genes")
EDGE_COLUMNS = ("gene", "other", "similarity")
ROUNDS = 5
TERMS = 3
SIGNIFICANT = 0.05
UNNAMED = "unnamed"
"""Name of a module whose best term has a larger adjusted p-value."""
EDGES = 3
"""Number of other genes that each gene is joined to in the plot of modules."""


@dataclass(frozen=True, eq=False)
class GeneModules:
    """A gene list in modules.

    Attributes
    ----------
    genes : DataFrame
        One row per gene: ``gene``, ``module`` (0: none) and ``similarity`` (mean similarity to the others of
        its module).
    modules : DataFrame
        One row per module, the largest first: ``module`` (from 1), ``size``, ``name`` (its best term;
        ``unnamed`` if that has an adjusted p-value above .05), ``gene_set``, ``terms`` (its three best,
        joined by ``; ``), ``adjusted_p_value`` (of the best),
        ``similarity`` (mean over its pairs of genes) and ``genes`` (joined by ``;``, the most typical first).
    edges : DataFrame
        The three genes of the list most similar to each: ``gene``, ``other``, ``similarity``.
    """

    genes: pd.DataFrame
    modules: pd.DataFrame
    edges: pd.DataFrame


@checked
def gene_modules(
    genes: Any,
    gene_sets: Any = "GO_Biological_Process",
    *,
    smallest: int = 3,
    organism: str = "human",
    model: str | os.PathLike[str] | GSFM = "default",
) -> GeneModules:
    """Split a gene list into functional modules, and name each by its best terms.

    Similarity is that of `gsfm_enrich.neighbors`, minus each gene's mean similarity to the list: in a
    list of T cell genes it says nothing that two of them are related to T cells. Average linkage joins
    modules as long as the mean similarity between them is positive, which maximises modularity along the way.
    Then the model completes every module, and each gene moves to the module that ranks it highest when
    completed without it, for up to five rounds.

    Parameters
    ----------
    gene_sets
        Libraries whose terms name the modules, as `gsfm_enrich.enrichr` takes them. The best term has the
        smallest p-value of re-ranked enrichment.
    smallest
        Smaller modules are dissolved; their genes are in no module.

    Returns
    -------
    GeneModules
        Genes that the model does not know are in no module. Similarity has the units of the score of
        `gsfm_enrich.neighbors`, relative to the average over the list.

    Raises
    ------
    InputError
        If no gene is given or ``smallest`` is below 2.

    Warns
    -----
    GsfmEnrichWarning
        If the model does not know some of the genes, or some look like those of another species.

    Examples
    --------
    >>> found = gene_modules(["NDUFA1", "NDUFB2", "NDUFV1", "RPL3", "RPL4", "RPL5", "RPL7"])
    >>> found.genes["module"].tolist()
    [2, 2, 2, 1, 1, 1, 1]
    """
    asked = ask(genes, organism, model)
    asked.warn_unknown()
    return split_into_modules(asked, load_libraries(gene_sets, asked.organism), smallest)


def split_into_modules(asked: AskedGenes, libraries: Sequence[GeneSetLibrary], smallest: int) -> GeneModules:
    """Split genes into modules and name them, see `gene_modules`; gives no warnings.

    Parameters
    ----------
    asked
        The genes, and the model.
    libraries
        Libraries whose terms name the modules.
    smallest
        Modules of fewer genes are dissolved.
    """
    given, network, organism = asked.ids, asked.model, asked.organism
    units, known = asked.units, asked.known
    similarity = in_context(gene_similarity(network, units[known], units[known]))
    labels = largest_first(refine(network, units[known], split(similarity)), smallest)
    names = np.array(given, dtype=object)[known]
    own = similarity_to_module(similarity, labels)
    table = pd.DataFrame({"gene": given, "module": 0, "similarity": np.nan})
    table.loc[known, "module"] = labels
    table.loc[known, "similarity"] = np.where(labels > 0, own, np.nan)
    rows = []
    for module in range(1, labels.max(initial=0) + 1):
        members = np.flatnonzero(labels == module)
        members = members[np.argsort(-own[members], kind="stable")]
        named = name_module(names[members].tolist(), libraries, network, organism)
        rows.append((module, len(members), *named, own[members].mean(), ";".join(names[members])))
    modules = pd.DataFrame(rows, columns=list(MODULE_COLUMNS))
    return GeneModules(table, modules, closest_pairs(names, similarity))


def in_context(similarity: NDArray[np.float32]) -> NDArray[np.float64]:
    """Subtract each gene's mean similarity to the list (double centring); the diagonal is 0.

    Parameters
    ----------
    similarity : shape (n_genes, n_genes)
        Symmetric matrix; the diagonal is ignored.
    """
    centred = np.array(similarity, dtype=np.float64)
    n = len(centred)
    np.fill_diagonal(centred, 0)
    if n > 1:
        mean = centred.sum(axis=1) / (n - 1)
        centred += mean.mean() - mean[:, None] - mean[None]
        np.fill_diagonal(centred, 0)
    return centred


def split(similarity: NDArray[np.float64]) -> NDArray[np.int64]:
    """Join modules by average linkage while the mean similarity between them is positive; labels from 0."""
    if len(similarity) < 2:
        return np.zeros(len(similarity), dtype=np.int64)
    top = similarity.max()
    tree = linkage(squareform(top - similarity, checks=False), "average")
    return np.asarray(fcluster(tree, t=top, criterion="distance") - 1, dtype=np.int64)


def refine(model: GSFM, units: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Move each gene to the module that, completed without it, ranks it highest among the list's genes.

    Parameters
    ----------
    model
        The model that completes the modules.
    units
        Units of the genes.
    labels
        Module of each gene, from 0.

    Returns
    -------
    int64 array, shape (n_genes,)
    """
    factors = GeneFactors(model, units)
    everyone = np.arange(len(units))
    for _ in range(ROUNDS):
        labels = np.unique(labels, return_inverse=True)[1]
        modules = np.arange(labels.max(initial=0) + 1)
        sets = factors.score([units[labels == module] for module in modules])
        placed = sets.block(modules, factors.at(everyone))
        rest = [units[(labels == label) & (everyone != gene)] for gene, label in enumerate(labels)]
        own = factors.score(rest)
        placed[labels, everyone] = own.pairs(everyone, everyone).sum(axis=0)
        placed -= placed.mean(axis=1, keepdims=True)
        alone = np.array([len(others) == 0 for others in rest])
        best = np.where(alone, labels, placed.argmax(axis=0))
        if (best == labels).all():
            break
        labels = best
    return labels


def largest_first(labels: NDArray[np.int64], smallest: int) -> NDArray[np.int64]:
    """Give modules numbers from 1, largest first; those smaller than ``smallest`` become 0."""
    modules, sizes = np.unique(labels, return_counts=True)
    order = [module for module in np.argsort(-sizes, kind="stable") if sizes[module] >= smallest]
    number = {int(modules[module]): place for place, module in enumerate(order, 1)}
    return np.array([number.get(int(label), 0) for label in labels], dtype=np.int64)


def similarity_to_module(similarity: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean similarity of each gene to the others of its module, shape (n_genes,)."""
    together = (labels[:, None] == labels[None]) & ~np.eye(len(labels), dtype=bool)
    return np.asarray((similarity * together).sum(axis=1) / np.maximum(together.sum(axis=1), 1))


def name_module(
    genes: list[str], libraries: Sequence[GeneSetLibrary], model: GSFM, organism: str
) -> tuple[str, str, str, float]:
    """Return the name of a module, the library of its best term, its best terms, and the best adjusted p."""
    ranked = []
    for library in libraries:
        counts = count_overlap(library, genes, None, organism)
        table = rerank(counts, model).columns.assign(term=library.terms, gene_set=library.name)
        ranked.append(table.nsmallest(TERMS, "GSFM Rank"))
    best = pd.concat(ranked).sort_values("GSFM P-value", kind="stable").head(TERMS)
    first, terms = best.iloc[0], "; ".join(best["term"])
    p = float(first["GSFM Adjusted P-value"])
    return str(first["term"]) if p <= SIGNIFICANT else UNNAMED, str(first["gene_set"]), terms, p


def closest_pairs(names: NDArray[np.object_], similarity: NDArray[np.float64]) -> pd.DataFrame:
    """Return the ``EDGES`` genes most similar to each, if more similar than the list is on average."""
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :EDGES]
    rows = np.repeat(np.arange(len(names)), order.shape[1])
    values = similarity[rows, order.ravel()]
    frame = pd.DataFrame({"gene": names[rows], "other": names[order.ravel()], "similarity": values})
    return frame[values > 0].reset_index(drop=True)
