"""Read a homology report of Mouse Genome Informatics, and keep what is needed of it in one small file.

A report is a table of classes of homologous genes, one gene per line; the genes of the species and the human
genes of one class are orthologues. ``HOM_MouseHumanSequence.rpt`` has mouse and human,
``HOM_AllOrganism.rpt`` also has rat (https://www.informatics.jax.org/downloads/reports/). MGI replaces both
every week, under the same name and without a checksum, so the small file records when its report was fetched
and the report's SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from gsfm_enrich.errors import InputError
from gsfm_enrich.files import read_lines, write_atomically

TAXA = {"human": "9606", "mouse": "10090", "rat": "10116"}
COLUMNS = CLASS, TAXON, SYMBOL, ENTREZ, ACCESSION = (
    "DB Class Key",
    "NCBI Taxon ID",
    "Symbol",
    "EntrezGene ID",
    "Mouse MGI ID",
)


class Homologue(NamedTuple):
    """A gene of mouse or rat, by NCBI's and MGI's ids (possibly empty), and its human genes by Entrez id."""

    symbol: str
    entrez: str
    accession: str
    human: tuple[str, ...]


@dataclass(frozen=True)
class Origin:
    """Where a table comes from.

    Attributes
    ----------
    organism
        ``"mouse"`` or ``"rat"``.
    source
        Address or file name of the report.
    retrieved
        Date on which it was fetched, ``YYYY-MM-DD``.
    sha256
        Checksum of the report, as it was fetched.
    """

    organism: str
    source: str
    retrieved: str
    sha256: str


def read_report(path: Path, organism: str) -> list[Homologue]:
    """Read the genes of one species from a report of MGI, plain or gzipped.

    Parameters
    ----------
    path
        The report.
    organism
        ``"mouse"`` or ``"rat"``.

    Returns
    -------
    list of Homologue
        Sorted by symbol, each once, including those without a human gene.

    Raises
    ------
    InputError
        If there is no such file, it is not such a report, it is cut off, or it lacks the species or human.
    """
    if not path.is_file():
        raise InputError(f"There is no file {str(path)!r}; expected a homology report of MGI.")
    lines = _text(path).split("\n")
    names = lines[0].split("\t")
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise InputError(
            f"{str(path)!r} is not a homology report of MGI: its first line lacks the "
            f"column{'s' * (len(missing) > 1)} {', '.join(missing)}."
        )
    number = {name: names.index(name) for name in COLUMNS}
    if lines[-1]:
        raise InputError(f"{str(path)!r} is cut off: its last line is incomplete.")
    human: dict[str, set[str]] = defaultdict(set)
    genes: dict[str, tuple[str, str, set[str]]] = {}
    for position, line in enumerate(lines[1:-1], start=2):
        fields = line.split("\t")
        if len(fields) <= max(number.values()):
            raise InputError(f"{str(path)!r} is damaged: line {position} has {len(fields)} fields.")
        taxon, entrez = fields[number[TAXON]], fields[number[ENTREZ]]
        if taxon == TAXA["human"]:
            human[fields[number[CLASS]]].add(entrez)
        elif taxon == TAXA[organism]:
            new = entrez, fields[number[ACCESSION]], set[str]()
            genes.setdefault(fields[number[SYMBOL]], new)[2].add(fields[number[CLASS]])
    for species, found in ((organism, genes), ("human", human)):
        if not found:
            raise InputError(f"{str(path)!r} has no gene of {species} (taxon {TAXA[species]}).")
    return [
        Homologue(symbol, entrez, accession, tuple(sorted(set().union(*(human[key] for key in classes)))))
        for symbol, (entrez, accession, classes) in sorted(genes.items())
    ]


def save_table(genes: list[Homologue], origin: Origin, path: Path) -> None:
    """Write a table completely or not at all: one line of JSON (origin, checksum), then one line per gene."""
    rows = [(gene.symbol, gene.entrez, gene.accession, ";".join(gene.human)) for gene in genes]
    body = "".join("\t".join(row) + "\n" for row in rows)
    head = json.dumps({**asdict(origin), "table_sha256": _sha256(body.encode())})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, f"{head}\n{body}".encode())


def load_table(path: Path) -> tuple[list[Homologue], Origin]:
    """Read a table that `save_table` wrote.

    Raises
    ------
    InputError
        If it is damaged: its content does not match the recorded checksum.
    """
    try:
        head, body = path.read_text("utf-8").split("\n", 1)
        record = json.loads(head)
        if record.pop("table_sha256") != _sha256(body.encode()):
            raise ValueError("its content does not match its checksum")
        origin = Origin(**record)
        rows = [line.split("\t") for line in body.splitlines()]
        genes = [
            Homologue(symbol, entrez, accession, tuple(filter(None, human.split(";"))))
            for symbol, entrez, accession, human in rows
        ]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"The orthology table {str(path)!r} is damaged ({error}); renew it with "
            "gsfm-enrich orthology --update, or remove it."
        ) from error
    return genes, origin


def _text(path: Path) -> str:
    try:
        return b"".join(read_lines(path)).decode("utf-8-sig")
    except (InputError, UnicodeDecodeError) as error:
        raise InputError(f"{str(path)!r} is not a text file, plain or gzipped ({error}).") from error


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
