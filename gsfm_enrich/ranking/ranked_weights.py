"""What every measured gene counts in every term: members, predicted members; genes of many terms less."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gsfm_enrich.arrays import Floats, Ints
from gsfm_enrich.genes.match import match
from gsfm_enrich.kept import kept_on_first, kept_property
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.gene_named_terms import NEIGHBOUR_WEIGHT
from gsfm_enrich.ranking.membership import Membership, library_membership

PREDICTED_WEIGHT = 0.5
"""What a predicted member of probability 1 would count; others by the square root of theirs."""
FREQUENT_QUANTILE = 0.99
"""Genes in more terms than this quantile of a library's genes count as if they were in just as many."""


@dataclass(frozen=True, eq=False)
class TermWeights:
    """What every measured gene counts in every term of a library.

    Attributes
    ----------
    weights : csr_array of float64, shape (n_terms, n_genes)
        0 for genes that are neither members nor predicted.
    members : csr_array of bool, shape (n_terms, n_genes)
        The members among them; the other genes with a weight are predicted members.
    """

    weights: csr_array
    members: csr_array

    @kept_property
    def power_sums(self) -> tuple[Floats, Floats, Floats]:
        """Sums of the weights, their squares and their cubes, each of shape (n_terms,)."""
        table = self.weights
        squares, cubes = table.power(2), table.power(3)
        return tuple(np.asarray(part.sum(axis=1)) for part in (table, squares, cubes))  # type: ignore[return-value]

    @kept_property
    def is_member(self) -> NDArray[np.bool_]:
        """Whether each entry of `weights`, in the order of its data, is a member."""
        places = csr_array(
            (np.arange(1, self.weights.nnz + 1), self.weights.indices, self.weights.indptr),
            self.weights.shape,
        )
        found = np.zeros(self.weights.nnz, dtype=bool)
        found[places.multiply(self.members).data - 1] = True
        return found

    @kept_property
    def sizes(self) -> Ints:
        """Measured members of each term, shape (n_terms,)."""
        return np.diff(self.members.indptr).astype(np.int64)


def gene_weights(library: GeneSetLibrary) -> Floats:
    """Return the weight of each gene of a library: 2 for a gene in one term, 1 for the most frequent genes.

    A gene in f terms counts ``1 + sqrt((q - f) / (q - 1))``, q being the 99 % quantile of f; more frequent
    genes count like those in q terms. The shape is that of PADOG (Tarca et al., BMC Bioinformatics 13:136,
    2012), with the quantile in place of the largest f.

    Parameters
    ----------
    library
        Library whose terms give the frequency of each gene.

    Returns
    -------
    float64 array, shape (n_library_genes,)

    Examples
    --------
    >>> library = GeneSetLibrary.from_dict({"a": ["TP53", "BAX"], "b": ["TP53"], "c": ["TP53", "MYC"]})
    >>> gene_weights(library).round(2).tolist()
    [1.0, 2.0, 2.0]
    """
    frequency = np.asarray(library.incidence.sum(axis=0), dtype=np.float64)
    most = max(float(np.quantile(frequency, FREQUENT_QUANTILE)), 1.0)
    return frequency_weights(frequency, most)


def frequency_weights(frequency: Floats, most: float) -> Floats:
    """Return the weights of genes that are in this many terms; see `gene_weights`."""
    if most <= 1:
        return np.full(len(frequency), 2.0)
    return 1 + np.sqrt((most - np.clip(frequency, 1, most)) / (most - 1))


def ranked_weights(
    library: GeneSetLibrary, model: GSFM | None, genes: tuple[str, ...], organism: str = "human"
) -> TermWeights:
    """Return what the genes of ranked tables count in each term; the last results are kept.

    Parameters
    ----------
    library
        The terms.
    model
        The model that completes them; None for the members alone.
    genes
        Distinct identifiers of any kind, the columns of the result. Of two names of one gene, only the first
        counts.
    organism
        Organism of the genes and the library.

    Returns
    -------
    TermWeights
        A member counts 1, a predicted member of probability p half the square root of p, a neighbour of the
        gene that a term is named after one half (`gsfm_enrich.ranking.gene_named_terms`), all times the
        weight of the gene, see `gene_weights`. A predicted member that is in no term has the weight 2. Terms
        without a measured member have no weights: predictions alone are not tested.

    Examples
    --------
    >>> library = GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX"], "p53": ["TP53"]})
    >>> ranked_weights(library, None, ("MYC", "p53", "BAX")).weights.toarray().round(2)
    array([[0., 1., 2.],
           [0., 1., 0.]])
    """
    if model is None:
        return _member_weights(library, genes, organism)
    return _completed_weights(library_membership(library, model, organism), genes)


@kept_on_first(most=8)
def _member_weights(library: GeneSetLibrary, genes: tuple[str, ...], organism: str) -> TermWeights:
    """Return what the members count."""
    held = match(genes, library.genes, organism).columns
    members = _members(library, held)
    return _times_frequency(members, members, library, held)


@kept_on_first(most=8)
def _completed_weights(table: Membership, genes: tuple[str, ...]) -> TermWeights:
    """Return what members, predicted members and neighbours count."""
    held = match(genes, table.library.genes, table.organism).columns
    members = _members(table.library, held)
    columns = table.columns_of(genes)
    known = columns >= 0
    counts = _predicted_counts(table, columns[known])
    weights = csr_array(members.maximum(_spread(counts, np.flatnonzero(known), len(genes))))
    weights = csr_array(weights.multiply((np.diff(members.indptr) > 0)[:, None]))
    weights.eliminate_zeros()
    return _times_frequency(weights, members, table.library, held)


def _members(library: GeneSetLibrary, held: Ints) -> csr_array:
    """Return 1 for the genes of each term, shape (n_terms, n_genes); ``held`` holds their columns."""
    there = held >= 0
    return _spread(library.incidence[:, held[there]], np.flatnonzero(there), len(held))


def _times_frequency(
    weights: csr_array, members: csr_array, library: GeneSetLibrary, held: Ints
) -> TermWeights:
    """Multiply weights by those of the genes, see `gene_weights`; ``held`` holds their columns."""
    of_gene = np.full(len(held), 2.0)
    of_gene[held >= 0] = gene_weights(library)[held[held >= 0]]
    weights = csr_array(weights.multiply(of_gene[None, :]))
    weights.sort_indices()
    return TermWeights(weights, members.astype(bool))


def _predicted_counts(table: Membership, columns: Ints) -> csr_array:
    """Return what genes that are not members count, by their probability or as neighbours."""
    counts = csr_array(table.probable[:, columns])
    counts.data = PREDICTED_WEIGHT * np.sqrt(counts.data)
    if table.neighbours is None:
        return counts
    near = csr_array(table.neighbours[:, columns]).astype(np.float64)
    return csr_array(counts.maximum(near * NEIGHBOUR_WEIGHT))


def _spread(table: csr_array, columns: Ints, width: int) -> csr_array:
    """Move the columns of a table to other positions in a wider one."""
    indices = columns[table.indices]
    wide = csr_array((table.data.astype(np.float64), indices, table.indptr), shape=(table.shape[0], width))
    wide.sort_indices()
    return wide
