"""The membership table: how probable it is that a gene belongs to a term that does not list it.

The model completes every term of a library. *Popularity* and *scale* are taken off its logits, see
`gsfm_enrich.model.scores`; a *calibration*, fitted for each library on members that were hidden from the
model, says what the scores are worth there, see `gsfm_enrich.ranking.calibration`. Small probabilities are
left out, see `gsfm_enrich.ranking.probable_genes`.

If terms are named after genes, the neighbours of these genes are evidence for a term without being probable
members, see `gsfm_enrich.ranking.gene_named_terms`: the *weights* are what every gene counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, hstack

from gsfm_enrich.arrays import Ints
from gsfm_enrich.genes.match import Match, match, match_lists
from gsfm_enrich.kept import kept_on_first, kept_property, read_only
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.scores import GeneFactors, Scores
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.ranking.cache import Arrays, key_of, model_hash, recall, recall_or_make
from gsfm_enrich.ranking.calibration import (
    HIDDEN_SHARE,
    Calibration,
    ask,
    check_arrays,
    fit,
    hide_members,
    log_size,
    untrusted,
)
from gsfm_enrich.ranking.completed_sets import CompletedSets, strongest
from gsfm_enrich.ranking.completeness import as_missing, missing_members
from gsfm_enrich.ranking.gene_named_terms import NEIGHBOUR_WEIGHT, named_genes, neighbours
from gsfm_enrich.ranking.kept_scores import kept_scores
from gsfm_enrich.ranking.probable_genes import (
    LARGEST_TERM,
    LEAST,
    LIFT,
    check_probabilities,
    empty_table,
    probable_genes,
)

TERMS_AT_ONCE = 4096
"""Terms to complete again without a gene at a time, so that memory is bounded."""
FEWEST_KEPT = 50
"""Smaller libraries take no time, and would fill the disk with a file for every dict that is tried out."""
TABLES = 8
"""Number of tables to keep in memory for a model."""
FORMAT = 4
"""Increase this whenever the same model and library give a different table."""


class Membership:
    """The membership table of a library, completed by a model: terms x genes.

    Its columns are the genes that the model knows, those of the library first.

    Parameters
    ----------
    library
        The terms and their known members.
    model
        The model that completes the terms.
    organism
        Organism of the library's symbols.
    seed
        Seed of the held-out members that the calibration is fitted on.
    completeness
        How complete the library is, see `gsfm_enrich.ranking.completeness`; with 0 the probabilities are
        those that hidden members show.

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
        Number of columns that are genes of the library.
    known : csr_array, shape (n_terms, n_columns)
        1 for the members that the model knows.
    sizes : int64 array, shape (n_terms,)
        Number of members of each term that the model knows.
    """

    def __init__(
        self,
        library: GeneSetLibrary,
        model: GSFM,
        organism: str = "human",
        seed: int = 0,
        completeness: float = 0.0,
    ) -> None:
        self.completeness = completeness
        self.library, self.model, self.organism, self.seed = library, model, organism, seed
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
        self.sizes = np.diff(incidence.indptr).astype(np.int64)
        read_only([self.units, self.of_library, self.of_unit, self.known, self.sizes])

    @kept_property
    def genes(self) -> GeneFactors:
        """The gene side of the scores."""
        return GeneFactors(self.model, self.units)

    @kept_property
    def members(self) -> list[Ints]:
        """Columns of the members of each term."""
        return [part.astype(np.int64) for part in np.split(self.known.indices, self.known.indptr[1:-1])]

    @kept_property
    def calibration(self) -> Calibration:
        """What scores are worth in this library; also kept on disk."""
        check = partial(check_arrays, n_channels=self.genes.n_channels)
        return Calibration.from_arrays(self.kept("calibration", check, lambda: self._calibrate().to_arrays()))

    def _calibrate(self) -> Calibration:
        hidden = hide_members(self.members, self.seed)
        if hidden is None:
            return untrusted(self.genes.n_channels)
        scores = self.score(hidden.shown)
        questions = ask(hidden, strongest(scores, hidden.shown), len(self.units), self.seed)
        return fit(questions, scores.pairs(*questions.pairs).astype(np.float64), scores.own)

    @kept_property
    def scores(self) -> Scores:
        """The completed terms."""
        sets = self.units_of(self.members)
        return (
            kept_scores(self._key("weighing"), self.genes, sets) if self._is_kept else self.genes.score(sets)
        )

    @kept_property
    def inside(self) -> csr_array:
        """Probabilities of probable genes among the genes of the library, sparse; 0 for members."""
        return self._kept_table("inside", np.arange(self.n_library))

    @kept_property
    def outside(self) -> csr_array:
        """Like `inside`, for the genes that no term of the library has."""
        return self._kept_table("outside", np.arange(self.n_library, len(self.units)))

    @kept_property
    def neighbours(self) -> csr_array | None:
        """Neighbours of the genes that terms are named after, bool, shape (n_terms, n_columns), or None."""
        units = named_genes(self.library.terms, self.model.vocab.tokens, self.organism)
        if units is None:
            return None

        def score(columns: Ints) -> NDArray[np.float32]:
            scores = self.score([columns[i : i + 1] for i in range(len(columns))])
            slopes = np.ones((self.genes.n_channels, len(columns)))
            return scores.block(np.arange(len(columns)), self.genes.at(np.arange(len(self.units))), slopes)

        return neighbours(np.where(units < 0, -1, self.of_unit[units]), self.known, score)

    @property
    def _is_kept(self) -> bool:
        """Whether the table is worth keeping on disk."""
        return len(self.sizes) >= FEWEST_KEPT

    def kept(self, part: str, check: Callable[[Arrays], object], make: Callable[[], Arrays]) -> Arrays:
        """Return a part of the table from disk, or make it and keep it.

        Parameters
        ----------
        part
            Its name.
        check
            Raises an error for arrays that cannot be this part.
        make
            Computes it.
        """
        return recall_or_make(self._key(part), check, make) if self._is_kept else make()

    def recalled(self, part: str, check: Callable[[Arrays], object]) -> Arrays | None:
        """Return a part of the table from disk, None if it is not there."""
        return recall(self._key(part), check) if self._is_kept else None

    def _key(self, part: str) -> str:
        """Return the hash of all that a part of the table depends on."""
        # For mouse and rat, the unit of a gene of the library depends on the table of orthologues.
        units = hashlib.sha256(self.units.tobytes()).hexdigest()
        constants = [FORMAT, HIDDEN_SHARE, LARGEST_TERM, LEAST, LIFT, self.seed, self.organism, units]
        return key_of(part, model_hash(self.model), self.library.content_hash, constants)

    def _kept_table(self, part: str, columns: Ints) -> csr_array:
        """Read the probabilities of some genes, or compute and keep them."""
        shape = (len(self.sizes), len(columns))
        if not self.calibration.trusted:
            return empty_table(shape)

        def make() -> Arrays:
            table = probable_genes(self.scores, self.calibration, self.known, columns)
            return {"data": table.data, "indices": table.indices, "indptr": table.indptr}

        found = self.kept(part, partial(check_probabilities, shape=shape), make)
        probable: csr_array = csr_array((found["data"], found["indices"], found["indptr"]), shape=shape)
        return missing_members(probable, self.completeness, LEAST)

    @kept_property
    def probable(self) -> csc_array:
        """Like `inside`, for all genes: shape (n_terms, n_columns), fast to read by columns."""
        return csc_array(hstack([self.inside, self.outside]))

    @kept_property
    def probable_inside(self) -> csc_array:
        """Like `inside`, fast to read by columns."""
        return csc_array(self.inside)

    @kept_property
    def weights(self) -> csc_array:
        """What genes that are not members count, as a share of a member, shape (n_terms, n_columns)."""
        return self._weights(self.probable, self.neighbours)

    @kept_property
    def weights_inside(self) -> csc_array:
        """Like `weights`, for the genes of the library."""
        near = None if self.neighbours is None else csr_array(self.neighbours[:, : self.n_library])
        return self._weights(self.probable_inside, near)

    def _weights(self, probable: csc_array, near: csr_array | None) -> csc_array:
        """Return what probable genes and neighbours count, the larger of the two."""
        if near is None:
            return probable
        return csc_array(probable.maximum(near.astype(np.float32) * NEIGHBOUR_WEIGHT))

    @kept_property
    def names(self) -> tuple[str, ...]:
        """Name of each column: the library's spelling, or else the model's."""
        names = [self.model.vocab.tokens[unit] for unit in self.units]
        for gene, column in zip(self.library.genes, self.of_library, strict=True):
            if column >= 0:
                names[column] = gene
        return tuple(names)

    def columns_of(self, ids: Sequence[str]) -> Ints:
        """Return the column of each distinct identifier, by the library's or the model's spelling, or -1.

        Of several spellings of one gene, the first gets the column.
        """
        return self.columns_of_lists([ids])[0]

    def columns_of_lists(self, lists: Sequence[Sequence[str]]) -> list[Ints]:
        """Return `columns_of` for each of many lists of distinct identifiers."""
        held = match_lists(lists, self.library.genes, self.organism)
        units = match_lists(lists, self.model.vocab.tokens, self.organism)
        return [self._columns(*both) for both in zip(held, units, strict=True)]

    def _columns(self, held: Match, unit: Match) -> Ints:
        """Return the columns of identifiers that were found in the library and in the vocabulary."""
        columns = np.where(held.columns >= 0, self.of_library[held.columns], -1)
        by_model = (held.columns < 0) & (unit.columns >= 0)
        columns = np.where(by_model, self.of_unit[unit.columns], columns)
        first = np.zeros(len(columns), dtype=bool)
        first[np.unique(columns, return_index=True)[1]] = True
        return np.where(first, columns, -1)

    def only_neighbours(self, row: int, genes: Sequence[str]) -> NDArray[np.bool_]:
        """Return which genes count for a term only as neighbours of the gene that it is named after."""
        if self.neighbours is None:
            return np.zeros(len(genes), dtype=bool)
        columns = self.columns_of(genes)
        near = self.neighbours[[row]].toarray()[0] & (self.probable[[row]].toarray()[0] == 0)
        return np.asarray((columns >= 0) & near[columns])

    def memberships(self, rows: Ints, columns: Ints) -> NDArray[np.float64]:
        """Return 1 for members and a probability for others, shape (n_rows, n_columns)."""
        known = self.known[rows][:, columns].toarray()
        return np.asarray(self.predicted(rows, columns) + known, np.float64)

    def predicted(self, rows: Ints, columns: Ints) -> NDArray[np.float32]:
        """Return the probability that genes belong to terms that do not list them; 0 where they do.

        Includes small probabilities; shape (n_rows, n_columns).
        """
        p = self.probability(self.log_odds(rows, columns), self.sizes[rows][:, None])
        p = as_missing(p, self.completeness)
        members = self.known[rows][:, columns].tocoo()
        p[members.row, members.col] = 0
        return p

    def probability(self, log_odds: NDArray[np.float32], given: Ints) -> NDArray[np.float32]:
        """Return the probabilities that these log odds mean for sets of the given sizes; 0 for empty sets."""
        with np.errstate(divide="ignore"):
            return self.calibration.probability(log_odds + np.log(given) - np.log(len(self.units)))

    def log_odds(self, rows: Ints, columns: Ints) -> NDArray[np.float32]:
        """Return the log odds that genes belong to terms, in nats, shape (n_rows, n_columns).

        The logarithm of the odds of membership over those of any gene; see `probability` for what it means.
        """
        return self.completed.block(rows, columns)

    @kept_property
    def completed(self) -> CompletedSets:
        """Calibrated scores of all terms."""
        return self._weigh(self.scores, self.sizes, self.scores.own)

    def complete(self, sets: Sequence[Ints]) -> CompletedSets:
        """Complete sets of columns that are not terms of the library."""
        scores, sizes = self.score(sets), np.array([len(columns) for columns in sets], dtype=np.int64)
        return self._weigh(scores, sizes, scores.own)

    def left_out(self, rows: Ints, columns: Ints) -> CompletedSets:
        """Complete terms without one member each: set i is term ``rows[i]`` without ``columns[i]``."""
        pairs = zip(rows, columns, strict=True)
        scores = self.score([self.members[row][self.members[row] != column] for row, column in pairs])
        return self._weigh(scores, self.sizes[rows] - 1, self.scores.own[:, rows])

    def score_without(self, rows: Ints, columns: Ints) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return log odds and z-scores of members, each from its term completed without it.

        Parameters
        ----------
        rows, columns : shape (n_pairs,)
            Terms, and one member of each.
        """
        log_odds, z_score = np.zeros((2, len(rows)), dtype=np.float32)
        for start in range(0, len(rows), TERMS_AT_ONCE):
            here = slice(start, start + TERMS_AT_ONCE)
            rest, sets = self.left_out(rows[here], columns[here]), np.arange(len(rows[here]))
            log_odds[here] = rest.pairs(sets, columns[here])
            z_score[here] = rest.scores.z_pairs(sets, columns[here])
        return log_odds, z_score

    def _weigh(self, scores: Scores, sizes: Ints, coherence: NDArray[np.float64]) -> CompletedSets:
        """Weight scores by the calibration."""
        offsets = self.calibration.offsets(sizes, coherence) - log_size(sizes) + np.log(len(self.units))
        return CompletedSets(scores, self.calibration.slopes(sizes, coherence), offsets)

    def score(self, sets: Sequence[Ints]) -> Scores:
        """Complete sets of columns."""
        return self.genes.score(self.units_of(sets))

    def units_of(self, sets: Sequence[Ints]) -> list[Ints]:
        """Return the model's units for sets of columns."""
        return [self.units[columns] for columns in sets]


def library_membership(
    library: GeneSetLibrary, model: GSFM, organism: str = "human", completeness: float = 0.0
) -> Membership:
    """Return the membership table of a library; the last eight tables are kept for each model.

    A table is freed with its model and with its library.
    """
    tables = _tables(model, organism, completeness)
    table = tables.get(library)
    if table is None:
        # the copy does not keep the library alive
        table = Membership(copy(library), model, organism, completeness=completeness)
    tables.pop(library, None)
    tables[library] = table  # the most recently used comes last
    for old in list(tables)[:-TABLES]:
        tables.pop(old, None)
    return table


@kept_on_first(most=4)
def _tables(model: GSFM, organism: str, completeness: float) -> WeakKeyDictionary[GeneSetLibrary, Membership]:
    """Return the tables that are kept for a model."""
    return WeakKeyDictionary()
