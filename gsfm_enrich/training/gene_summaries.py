r"""Build the bundled RefSeq summaries of human genes.

NCBI publishes the summaries of all species as one table, ``gene_summary.gz``, at
https://ftp.ncbi.nlm.nih.gov/gene/DATA/::

    python -m gsfm_enrich.training.gene_summaries --summaries gene_summary.gz --out gsfm_enrich/data

It writes ``gene_summaries.tsv.xz``, sorted by Entrez id; the same table gives the same bytes. The first
summary of a gene is kept. PubMed ids at its end and provenance notes in brackets are removed.
"""

from __future__ import annotations

import argparse
import gzip
import lzma
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from gsfm_enrich.errors import InputError
from gsfm_enrich.files import write_atomically
from gsfm_enrich.genes.summaries import SUMMARIES

COLUMNS = ("Taxon_ID", "Gene_ID", "Gene_summary")
HUMAN = "9606"
NOTES = re.compile(r"\s*(\[[^]]*\]|\((?:PMIDs?|PubMed)[^)]*\))\.?")
"""Notes of the curators, such as ``[provided by RefSeq, Jul 2008]``."""


def read_summaries(path: Path) -> dict[int, str]:
    """Read the summaries of human genes, by Entrez id.

    Parameters
    ----------
    path
        NCBI's gzipped table.

    Raises
    ------
    InputError
        If the file is missing or has other columns.

    Returns
    -------
    dict
        Sorted by Entrez id.
    """
    if not path.is_file():
        raise InputError(f"There is no file {str(path)!r}.")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        header = next(lines, "").lstrip("#").rstrip("\n").split("\t")
        missing = [name for name in COLUMNS if name not in header]
        if missing:
            raise InputError(f"{str(path)!r} has no column {', '.join(missing)}; it has {', '.join(header)}.")
        taxon, gene, text = map(header.index, COLUMNS)
        found: dict[int, str] = {}
        for line in lines:
            fields = line.rstrip("\n").split("\t")
            if fields[taxon] == HUMAN and fields[gene].isdecimal():
                found.setdefault(int(fields[gene]), tidy(fields[text]))
    return {gene: found[gene] for gene in sorted(found) if found[gene]}


def tidy(text: str) -> str:
    """Return a summary without notes in brackets, with single spaces and a full stop at its end.

    Examples
    --------
    >>> tidy("It binds  DNA (PMID: 123). [provided by RefSeq, Jul 2008].")
    'It binds DNA.'
    """
    text = " ".join(NOTES.sub("", text).split()).rstrip(".")
    return f"{text}." if text else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script and return the exit code (0 for success, 2 if the table cannot be used)."""
    parser = argparse.ArgumentParser(
        prog="python -m gsfm_enrich.training.gene_summaries",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--summaries", type=Path, required=True, metavar="GZ", help="gene_summary.gz")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    options = parser.parse_args(arguments)
    try:
        found = read_summaries(options.summaries)
    except InputError as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return 2
    text = "".join(f"{gene}\t{summary}\n" for gene, summary in found.items())
    packed = lzma.compress(f"entrez\tsummary\n{text}".encode(), preset=9 | lzma.PRESET_EXTREME)
    options.out.mkdir(parents=True, exist_ok=True)
    write_atomically(options.out / SUMMARIES, packed)
    sys.stdout.write(f"{SUMMARIES}: {len(found):,} genes\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
