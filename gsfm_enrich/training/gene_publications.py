r"""Build the bundled pairs of human genes and publications.

From the database that `gsfm_enrich.training.bundled_data` reads::

    python -m gsfm_enrich.training.gene_publications --org-db org.Hs.eg.sqlite --out gsfm_enrich/data

It writes ``gene_publications.npz``: publications that name from two to a hundred genes, since one gene alone
is not named together with any, and screens and sequencing projects say little about a pair. Ids are stored as
differences; the same database gives the same bytes.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.errors import InputError
from gsfm_enrich.files import write_atomically
from gsfm_enrich.genes.publications import PUBLICATIONS
from gsfm_enrich.training.bundled_data import open_database

FEWEST, MOST = 2, 100
"""Genes that a publication must name."""


def read_pairs(org_db: Path) -> NDArray[np.int64]:
    """Return pairs of an Entrez id and a PubMed id, sorted, shape (n_pairs, 2).

    Raises
    ------
    InputError
        If the file is missing or is not such a database.
    """
    with closing(open_database(org_db, "pubmed")) as db:
        found = db.execute("SELECT DISTINCT gene_id, pubmed_id FROM pubmed JOIN genes USING (_id)")
        pairs = np.array([(int(gene), int(paper)) for gene, paper in found], np.int64).reshape(-1, 2)
    _, paper, named = np.unique(pairs[:, 1], return_inverse=True, return_counts=True)
    pairs = pairs[(named[paper] >= FEWEST) & (named[paper] <= MOST)]
    return pairs[np.lexsort([pairs[:, 1], pairs[:, 0]])]


def pack(pairs: NDArray[np.int64]) -> bytes:
    """Return sorted pairs as the file that `gsfm_enrich.genes.publications` reads."""
    entrez, counts = np.unique(pairs[:, 0], return_counts=True)
    pubmed, places = np.unique(pairs[:, 1], return_inverse=True)
    starts = np.concatenate([[0], np.cumsum(counts)])
    steps = np.diff(places, prepend=0)
    steps[starts[:-1]] = places[starts[:-1]]
    arrays = {"entrez": entrez, "starts": starts, "steps": steps, "pubmed": np.diff(pubmed, prepend=0)}
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **{k: v.astype(np.int32) for k, v in arrays.items()})
    return packed.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script and return the exit code (0 for success, 2 if the database cannot be used)."""
    parser = argparse.ArgumentParser(
        prog="python -m gsfm_enrich.training.gene_publications",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--org-db", type=Path, required=True, metavar="SQLITE", help="org.Hs.eg.sqlite")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    options = parser.parse_args(arguments)
    try:
        pairs = read_pairs(options.org_db)
    except InputError as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    write_atomically(options.out / PUBLICATIONS, pack(pairs))
    sys.stdout.write(f"{PUBLICATIONS}: {len(pairs):,} pairs\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
