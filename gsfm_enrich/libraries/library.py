"""The gene set library: terms, genes, and the sparse table of which gene is in which term."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import LibraryError, did_you_mean, warn_caller
from gsfm_enrich.files import write_atomically
from gsfm_enrich.genes.match import Names
from gsfm_enrich.kept import kept_property, read_only
from gsfm_enrich.libraries import indexing
from gsfm_enrich.libraries.gmt import format_gmt, read_gmt

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class GeneSetLibrary:
    """A gene set library, immutable.

    Build one with :meth:`from_dict`, :meth:`from_gmt`, :meth:`from_frame` or :meth:`from_arrays`, or by
    name with :func:`gsfm_enrich.load_libraries`.

    Attributes
    ----------
    name
        Name of the library in results.
    terms
        The terms, in the order of the source, without repeats.
    genes
        The library's own symbols, in order of first appearance, without repeats.
    incidence
        Terms x genes, float32, 1 where the gene is a member; sorted column indices, read-only.
    skipped
        Counts of what was dropped or merged in reading, e.g. ``{"malformed lines": 1, "empty sets": 2}``.

    Examples
    --------
    >>> library = GeneSetLibrary.from_dict({"a": ["TP53", "BAX"], "b": ["BAX", "BAX"], "c": []})
    >>> library
    GeneSetLibrary('gs_ind_0': 2 terms, 2 genes, 3 memberships; skipped: 1 empty set, 1 duplicate gene)
    >>> library["b"], "c" in library
    (['BAX'], False)
    """

    __module__ = "gsfm_enrich"

    name: str
    terms: tuple[str, ...]
    genes: tuple[str, ...]
    incidence: sparse.csr_array
    skipped: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    @checked
    def from_dict(
        cls,
        sets: Mapping[str, Iterable[object]],
        name: str = "gs_ind_0",
        *,
        skipped: Mapping[str, int] | None = None,
    ) -> GeneSetLibrary:
        """Build a library from a mapping of terms to genes.

        Parameters
        ----------
        sets
            Genes of each term. Genes may be strings or numbers (Entrez ids); blanks, ``None`` and NaN are
            dropped and counted as ``"missing values"``, repeats as ``"duplicate genes"``, terms without
            genes as ``"empty sets"``.
        name
            Name of the library in results; by default gseapy's name for the first dict of a call.
        skipped
            Counts of what was dropped before, which are kept with the library.

        Returns
        -------
        GeneSetLibrary

        Raises
        ------
        InputError
            If `sets` is not a mapping, or a set is a bare string or not iterable.
        LibraryError
            If no term has a gene.

        Examples
        --------
        >>> GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX"]}, name="mine").genes
        ('TP53', 'BAX')
        """
        indexed = indexing.index_sets(sets)
        if not indexed.terms:
            raise LibraryError(f"The gene set library {name!r} has no term with genes.")
        counts = indexing.add_counts(skipped or {}, indexed.counts)
        labels = indexed.terms, indexed.genes
        return cls.from_arrays(name, *labels, indexed.indptr, indexed.indices, skipped=counts)

    @classmethod
    @checked
    def from_gmt(
        cls, path: str | os.PathLike[str], name: str | None = None, *, warn: bool = True
    ) -> GeneSetLibrary:
        r"""Read a library from a GMT file, plain or gzipped.

        Parameters
        ----------
        path
            The file.
        name
            Name of the library in results; by default the file's base name, as in gseapy.
        warn
            Whether to warn of lines and terms that were left out; `skipped` always counts them.

        Returns
        -------
        GeneSetLibrary

        Raises
        ------
        InputError
            If there is no such file.
        LibraryError
            If the file is not a GMT, or has no term with genes.

        Warns
        -----
        GsfmEnrichWarning
            If lines or terms were dropped, with their number.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "mine.gmt"
        ...     _ = path.write_text("apoptosis\t\tTP53\tBAX\n")
        ...     library = GeneSetLibrary.from_gmt(path)
        >>> library.name, library["apoptosis"]
        ('mine.gmt', ['TP53', 'BAX'])
        """
        parsed = read_gmt(path)
        library = cls.from_dict(parsed.sets, name or Path(path).name, skipped=parsed.counts)
        lost = indexing.describe_losses(library.name, library.skipped)
        if lost and warn:
            warn_caller(lost)
        return library

    @classmethod
    @checked
    def from_frame(
        cls, df: pd.DataFrame, term: str = "term", gene: str = "gene", name: str = "frame"
    ) -> GeneSetLibrary:
        """Build a library from a long table with one row per membership.

        Parameters
        ----------
        df
            The table.
        term, gene
            Its columns of terms and genes (``"source"`` and ``"target"`` in decoupler's networks).
        name
            Name of the library in results.

        Returns
        -------
        GeneSetLibrary

        Raises
        ------
        InputError
            If a column is missing.
        LibraryError
            If no row has both a term and a gene.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"source": ["a", "a", "b"], "target": ["TP53", "BAX", "BAX"]})
        >>> GeneSetLibrary.from_frame(table, "source", "target").to_dict()
        {'a': ['TP53', 'BAX'], 'b': ['BAX']}
        """
        sets, missing = indexing.sets_of_frame(df, term, gene)
        return cls.from_dict(sets, name, skipped={"missing values": missing} if missing else None)

    @classmethod
    def from_arrays(
        cls,
        name: str,
        terms: Sequence[str],
        genes: Sequence[str],
        indptr: npt.ArrayLike,
        indices: npt.ArrayLike,
        *,
        skipped: Mapping[str, int] | None = None,
    ) -> GeneSetLibrary:
        """Build a library from the arrays of its sparse table.

        Parameters
        ----------
        name
            Name of the library in results.
        terms, genes
            Labels of the rows and columns, each without repeats.
        indptr, indices
            The compressed rows: the columns of row ``i`` are ``indices[indptr[i]:indptr[i + 1]]``, rising
            and without repeats.
        skipped
            Counts of what was dropped before.

        Returns
        -------
        GeneSetLibrary

        Raises
        ------
        LibraryError
            If labels repeat or the arrays do not fit each other.

        Examples
        --------
        >>> GeneSetLibrary.from_arrays("mine", ["a", "b"], ["TP53", "BAX"], [0, 2, 3], [0, 1, 1])["b"]
        ['BAX']
        """
        rows = np.array(indptr, dtype=np.int32)
        columns = np.array(indices, dtype=np.int32)
        if problem := indexing.misfit(terms, genes, rows, columns):
            raise LibraryError(f"The arrays of the gene set library {name!r} do not match: {problem}.")
        ones = np.ones(len(columns), dtype=np.float32)
        incidence = sparse.csr_array((ones, columns, rows), shape=(len(terms), len(genes)))
        incidence.has_canonical_format = True
        return cls(name, tuple(terms), Names(genes), read_only(incidence), dict(skipped or {}))

    @kept_property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Number of distinct genes of each term, shape (terms,)."""
        return np.diff(self.incidence.indptr).astype(np.int64)

    @kept_property
    def by_gene(self) -> sparse.csr_array:
        """`incidence` with genes as rows, shape (genes, terms)."""
        return sparse.csr_array(self.incidence.T)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256, in hex, of terms, genes and memberships: equal for equal content under any name."""
        digest = hashlib.sha256()
        for labels in (self.terms, self.genes):
            digest.update("\n".join(labels).encode())
            digest.update(b"\0")
        for array in (self.incidence.indptr, self.incidence.indices):
            digest.update(array.astype("<i4").tobytes())
        return digest.hexdigest()

    @cached_property
    def term_positions(self) -> Mapping[str, int]:
        """Row of each term in `incidence`."""
        return {term: row for row, term in enumerate(self.terms)}

    @cached_property
    def gene_positions(self) -> Mapping[str, int]:
        """Column of each gene in `incidence`."""
        return {gene: column for column, gene in enumerate(self.genes)}

    def position(self, term: str) -> int:
        """Return the row of a term.

        Parameters
        ----------
        term
            A term, spelled as in the library.

        Raises
        ------
        LibraryError
            If there is no such term; the message gives close matches.

        Examples
        --------
        >>> GeneSetLibrary.from_dict({"a": ["TP53"], "b": ["BAX"]}).position("b")
        1
        """
        try:
            return self.term_positions[term]
        except (KeyError, TypeError):
            close = did_you_mean(str(term), self.terms)
            raise LibraryError(f"The library {self.name!r} has no term {term!r}.{close}") from None

    def restrict(self, genes: Iterable[str]) -> GeneSetLibrary:
        """Return the library with the given genes only, without the terms that become empty.

        Parameters
        ----------
        genes
            The genes to keep, spelled as in the library; others are ignored.

        Returns
        -------
        GeneSetLibrary
            Its `skipped` also counts the ``"genes outside"`` and the newly ``"empty sets"``.

        Raises
        ------
        LibraryError
            If nothing is left.

        Examples
        --------
        >>> GeneSetLibrary.from_dict({"a": ["TP53", "BAX"], "b": ["MYC"]}).restrict(["BAX"]).to_dict()
        {'a': ['BAX']}
        """
        wanted = set(genes)
        columns = [column for column, gene in enumerate(self.genes) if gene in wanted]
        kept = sparse.csr_array(self.incidence[:, columns])
        kept.sort_indices()
        rows = np.flatnonzero(np.diff(kept.indptr))
        if not len(rows):
            raise LibraryError(f"None of the {len(wanted)} genes given is in the library {self.name!r}.")
        dropped = {"genes outside": len(self.genes) - len(columns), "empty sets": len(self) - len(rows)}
        skipped = indexing.add_counts(self.skipped, {what: n for what, n in dropped.items() if n})
        terms = [self.terms[row] for row in rows]
        indptr = np.concatenate([[0], kept.indptr[rows + 1]])  # an empty row leaves its start unchanged
        names = [self.genes[column] for column in columns]
        return GeneSetLibrary.from_arrays(self.name, terms, names, indptr, kept.indices, skipped=skipped)

    def to_dict(self) -> dict[str, list[str]]:
        """Return the genes of every term as a plain dict, as gseapy accepts it.

        Examples
        --------
        >>> GeneSetLibrary.from_dict({"a": ["TP53", "BAX"]}).to_dict()
        {'a': ['TP53', 'BAX']}
        """
        return {term: self[term] for term in self.terms}

    @checked
    def write_gmt(self, path: str | os.PathLike[str]) -> None:
        r"""Write the library as a GMT file, gzipped when the name ends in ``.gz``.

        The file appears completely or not at all: an interruption leaves a previous file as it was.

        Parameters
        ----------
        path
            Where to write; its folder must exist.

        Raises
        ------
        LibraryError
            If a term or gene holds a tab or a line break, which the format cannot express.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     GeneSetLibrary.from_dict({"a": ["TP53", "BAX"]}).write_gmt(Path(folder) / "a.gmt")
        ...     (Path(folder) / "a.gmt").read_text()
        'a\t\tTP53\tBAX\n'
        """
        data = format_gmt(self.to_dict()).encode()
        write_atomically(path, gzip.compress(data, mtime=0) if str(path).endswith(".gz") else data)

    def __len__(self) -> int:
        return len(self.terms)

    def __iter__(self) -> Iterator[str]:
        return iter(self.terms)

    def __contains__(self, term: object) -> bool:
        return isinstance(term, Hashable) and term in self.term_positions

    def __getitem__(self, term: str) -> list[str]:
        row = self.position(term)
        start, stop = self.incidence.indptr[row], self.incidence.indptr[row + 1]
        return [self.genes[column] for column in self.incidence.indices[start:stop]]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GeneSetLibrary):
            return NotImplemented
        return self.name == other.name and self.content_hash == other.content_hash

    def __hash__(self) -> int:
        return hash((self.name, self.content_hash))

    def __repr__(self) -> str:
        parts = {"terms": len(self), "genes": len(self.genes), "memberships": int(self.incidence.nnz)}
        skipped = f"; skipped: {indexing.count_words(self.skipped)}" if self.skipped else ""
        return f"GeneSetLibrary({self.name!r}: {indexing.count_words(parts)}{skipped})"
