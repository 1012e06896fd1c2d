"""Which publications name which human genes: the bundled pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.genes.table import human_columns

PUBLICATIONS = "gene_publications.npz"


@dataclass(frozen=True, eq=False)
class Publications:
    """Publications that name from two to a hundred genes, as NCBI Gene links them.

    Attributes
    ----------
    rows : dict
        Row of each gene, by symbol.
    starts : int64 array, shape (n_genes + 1,)
        Where the publications of each gene start.
    places : int64 array, shape (n_pairs,)
        Position of each in ``pubmed``, ascending within a gene.
    pubmed : int64 array, shape (n_publications,)
        PubMed ids, ascending.
    """

    rows: dict[str, int]
    starts: NDArray[np.int64]
    places: NDArray[np.int64]
    pubmed: NDArray[np.int64]

    def of(self, symbol: str) -> NDArray[np.int64]:
        """Return the positions of the publications that name a gene."""
        row = self.rows.get(symbol)
        return self.places[:0] if row is None else self.places[self.starts[row] : self.starts[row + 1]]


def publications_of_both(symbol: str, others: Sequence[str], most: int) -> list[int]:
    """Return publications that name a gene together with others.

    Parameters
    ----------
    symbol
        Approved symbol of the gene.
    others
        Approved symbols of the others; one of them is enough.
    most
        Largest number to return.

    Returns
    -------
    list of int
        PubMed ids: those that name most of the others first, then the newest.

    Examples
    --------
    >>> len(publications_of_both("CENPM", ["CENPH", "CENPK", "CENPN"], most=2))
    2
    """
    bundled = load_publications()
    own = bundled.of(symbol)
    shared = Counter(
        place for other in others for place in np.intersect1d(own, bundled.of(other), True).tolist()
    )
    first = sorted(shared, key=lambda place: (-shared[place], -place))[:most]
    return [int(bundled.pubmed[place]) for place in first]


@cache
def load_publications() -> Publications:
    """Load the bundled pairs of genes and publications, see ``gsfm_enrich/data/ATTRIBUTION.md``."""
    with files("gsfm_enrich.data").joinpath(PUBLICATIONS).open("rb") as stream:
        held = np.load(stream, allow_pickle=False)
        entrez, steps, pubmed, starts = (
            held[name].astype(np.int64) for name in ("entrez", "steps", "pubmed", "starts")
        )
    columns = human_columns()
    symbols = dict(zip(map(int, columns["entrez"]), columns["symbol"], strict=True))
    total = np.cumsum(steps)
    before = np.repeat(np.concatenate([[0], total])[starts[:-1]], np.diff(starts))
    rows = {symbols[gene]: row for row, gene in enumerate(entrez.tolist()) if gene in symbols}
    return Publications(rows, starts, total - before, np.cumsum(pubmed))
