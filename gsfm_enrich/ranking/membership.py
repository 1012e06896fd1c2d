"""The membership table: how probable it is that a gene belongs to a term that does not list it.

The model completes every term of a library. *Popularity* and *scale* are taken off its logits, see
`gsfm_enrich.model.scores`; a *calibration*, fitted for each library on members that were hidden from the
model, says what the scores are worth there, see `gsfm_enrich.ranking.calibration`. Any column or row of the
table is computed when it is needed.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gsfm_enrich.genes.match import match
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.scores import GeneFactors, Scores
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.ranking.calibration import calibrate


class Membership:
    """The membership table of a library, completed by a model: terms x genes.

    Its columns are the genes that the model knows, those of the library first.

    Parameters
    ----------
    library
        Known members.
    model
        What completes the terms.
    organism
        Of the library's symbols.
    seed
        Seed of the held-out members that the calibration is fitted on.

    Attributes
    ----------
    library : GeneSetLibrary
    model : GSFM
    units : int64 array, shape (n_columns,)
        Unit of the model's vocabulary for each column.
    of_library : int64 array, shape (n_library_genes,)
        Column of each gene of the library, -1 for one that the model does not know.
    of_unit : int64 array, shape (V,)
        Column of each unit, -1 for the special ones.
    n_library : int
        Columns that are genes of the library.
    sizes : int64 array, shape (n_terms,)
        Members of each term that the model knows.
    calibration : Calibration
    """

    def __init__(self, library: GeneSetLibrary, model: GSFM, organism: str = "human", seed: int = 0) -> None:
        self.library, self.model = library, model
        units = match(library.genes, model.vocab.tokens, organism).columns
        known = np.flatnonzero(units >= N_SPECIAL)
        rest = np.setdiff1d(np.arange(N_SPECIAL, len(model.vocab)), units)
        self.units = np.concatenate([units[known], rest])
        self.n_library = len(known)
        self.of_library = np.full(len(units), -1, dtype=np.int64)
        self.of_library[known] = np.arange(len(known))
        self.of_unit = np.full(len(model.vocab), -1, dtype=np.int64)
        self.of_unit[self.units] = np.arange(len(self.units))
        incidence = library.incidence[:, known]
        self.known = csr_array(
            (incidence.data, incidence.indices, incidence.indptr), shape=(len(library), len(self.units))
        )
        members = np.split(incidence.indices, incidence.indptr[1:-1])
        self.sizes = np.diff(incidence.indptr).astype(np.int64)
        self.genes = GeneFactors(model, self.units)
        self.calibration = calibrate(self.genes, members, seed)
        self.scores = self.genes.score([self.units[columns] for columns in members])

    def predicted(
        self, rows: NDArray[np.int64] | slice = slice(None), columns: NDArray[np.int64] | slice = slice(None)
    ) -> NDArray[np.float32]:
        """Return the probability that genes belong to terms that do not list them; 0 where they do.

        Parameters
        ----------
        rows
            Terms; all by default.
        columns
            Columns of the table; all by default.

        Returns
        -------
        ndarray of float32, shape (n_rows, n_columns)
        """
        terms = np.arange(len(self.sizes))[rows]
        genes = np.arange(len(self.units))[columns]
        if not self.calibration.trusted:
            return np.zeros((len(terms), len(genes)), dtype=np.float32)
        probability = self.calibration.probability(self.log_odds(terms, genes), self.sizes[terms][:, None])
        known = self.known[terms][:, genes].tocoo()
        probability[known.row, known.col] = 0
        return probability

    def log_odds(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the evidence that genes belong to terms, shape (n_rows, n_columns), in nats.

        The log odds of membership up to a constant that depends on the size of the term.
        """
        deep, wide = self.scores.block(rows, columns), self.scores.wide_block(rows, columns)
        return self.calibration.log_odds(deep, wide)

    def left_out(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Scores:
        """Score terms completed without one member each: set i is term ``rows[i]`` less ``columns[i]``."""
        sets = []
        for row, column in zip(rows, columns, strict=True):
            members = self.known.indices[self.known.indptr[row] : self.known.indptr[row + 1]]
            sets.append(self.units[members[members != column]])
        return self.genes.score(sets)


@lru_cache(maxsize=8)
def library_membership(library: GeneSetLibrary, model: GSFM, organism: str = "human") -> Membership:
    """Return the membership table of a library; those of the last eight libraries are kept."""
    return Membership(library, model, organism)
