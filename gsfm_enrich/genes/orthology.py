"""Orthologues: the human genes of a gene of mouse or rat, and the reverse.

The table is that of Mouse Genome Informatics, see `gsfm_enrich.genes.homology`. It is downloaded at the first
use of a species, `install_orthology` installs a local copy or a newer one, and it is kept as
``<cache>/orthology/<organism>.tsv``. Without it (no network, or ``GSFM_ENRICH_OFFLINE`` set), and for symbols
that it lacks, a rule is used instead: the human gene with the same symbol except for case, or else the one
that has it as an alias or previous symbol. The rule only needs the human gene table.

When a gene has several human orthologues, they are tried in this order: the same symbol except for case, then
protein-coding genes, then those that are not read-through, then the one with the most publications.
"""

from __future__ import annotations

import datetime
import logging
import os
import tempfile
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from gsfm_enrich.errors import InputError, OfflineError, warn_caller
from gsfm_enrich.files import OFFLINE_VARIABLE, cache_base, is_offline
from gsfm_enrich.genes.homology import Homologue, Origin, load_table, read_report, save_table
from gsfm_enrich.genes.table import human_columns
from gsfm_enrich.organisms import organism_name

REPORTS = {
    "mouse": "https://www.informatics.jax.org/downloads/reports/HOM_MouseHumanSequence.rpt",
    "rat": "https://www.informatics.jax.org/downloads/reports/HOM_AllOrganism.rpt",
}
SECONDS = 20
"""Seconds without a response after which a download is given up."""

BY_RULE = "by rule (the same symbol or alias except for case)"


@dataclass(frozen=True, eq=False)
class Orthology:
    """The orthologues of one species.

    Attributes
    ----------
    organism : str
    genes : tuple of Homologue
        Empty if there is only the rule.
    origin : Origin or None
    """

    organism: str
    genes: tuple[Homologue, ...] = ()
    origin: Origin | None = None

    @property
    def source(self) -> str:
        """Where the orthologues come from, for a report."""
        if self.origin is None:
            return BY_RULE
        return f"MGI, {Path(self.origin.source).name} of {self.origin.retrieved}"

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self._number(text) is not None

    def rows(self, text: str) -> tuple[int, ...]:
        """Return the rows of the human gene table for a symbol, MGI accession or Entrez id, best first."""
        number = self._number(text)
        return () if number is None else self._rows[self.genes[number].symbol]

    def symbol(self, text: str) -> str | None:
        """Return the species' own spelling of a symbol in any case, or the symbol behind an id."""
        number = self._number(text)
        return None if number is None else self.genes[number].symbol

    def symbol_of(self, row: int) -> str | None:
        """Return the symbol of the species for a row of the human gene table, None when it has none."""
        if not self.genes:
            return _by_rule(human_columns()["symbol"][row])
        return self._symbols.get(row)

    def _number(self, text: str) -> int | None:
        number = self._exact.get(text)
        return self._numbers.get(text.upper()) if number is None else number

    @cached_property
    def _exact(self) -> dict[str, int]:
        return {gene.symbol: number for number, gene in enumerate(self.genes)}

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """Number of a gene by its symbol in upper case, its MGI accession and its Entrez id."""
        names: dict[str, int] = {}
        for number, gene in enumerate(self.genes):
            names.setdefault(gene.symbol.upper(), number)
        for number, gene in enumerate(self.genes):
            for name in filter(None, (gene.accession.upper(), gene.entrez)):
                names.setdefault(name, number)
        return names

    @cached_property
    def _rows(self) -> dict[str, tuple[int, ...]]:
        columns = human_columns()
        row_of = {entrez: row for row, entrez in enumerate(columns["entrez"])}

        def precedence(symbol: str, row: int) -> tuple[bool, bool, bool, int, int]:
            return (
                columns["symbol"][row].upper() != symbol.upper(),
                columns["type"][row] != "protein-coding",
                " readthrough" in columns["name"][row],
                -int(columns["publications"][row]),
                row,
            )

        rows = {}
        for gene in self.genes:
            found = [row_of[entrez] for entrez in gene.human if entrez in row_of]
            if len(found) > 1:
                found.sort(key=lambda row, symbol=gene.symbol: precedence(symbol, row))  # type: ignore[misc]
            rows[gene.symbol] = tuple(found)
        return rows

    @cached_property
    def _symbols(self) -> dict[int, str]:
        """Symbol of the species by human row: the same except for case, else one with this row as best."""
        human = human_columns()["symbol"]
        ranked: dict[int, tuple[bool, bool, str]] = {}
        for symbol, rows in self._rows.items():
            for row in rows:
                key = (symbol.upper() != human[row].upper(), row != rows[0], symbol)
                ranked[row] = min(key, ranked.get(row, key))
        return {row: key[-1] for row, key in ranked.items()}


def load_orthology(organism: str) -> Orthology:
    """Return the orthologues of mouse or rat: from the table, downloaded once, or by rule without it.

    Parameters
    ----------
    organism
        Any name of mouse or rat.

    Returns
    -------
    Orthology
        The same object at each call until another table is installed.

    Raises
    ------
    InputError
        If the organism is unknown or has no table, or the table in the cache is damaged.

    Warns
    -----
    GsfmEnrichWarning
        Once per process, when the table is not cached and cannot be downloaded.

    Examples
    --------
    >>> orthology = load_orthology("mouse")
    >>> human_columns()["symbol"][orthology.rows("Trp53")[0]]  # doctest: +SKIP
    'TP53'
    """
    organism = _with_report(organism)
    path = table_path(organism)
    if not path.is_file() and not is_offline():
        _download_once(organism, path)
    return cached_orthology(organism)


def cached_orthology(organism: str) -> Orthology:
    """Return the orthologues from the table in the cache, or by rule without one; see `load_orthology`.

    Raises
    ------
    InputError
        As in `load_orthology`.
    """
    organism = _with_report(organism)
    path = table_path(organism)
    try:
        state = path.stat()
    except FileNotFoundError:
        return _rule(organism)
    return _load_unchanged(organism, path, state.st_mtime_ns, state.st_size)


def table_path(organism: str) -> Path:
    """Return the path at which the table of a species is kept; the file need not exist."""
    return cache_base() / "orthology" / f"{organism}.tsv"


def install_orthology(
    organism: str = "mouse",
    source: str | os.PathLike[str] | None = None,
    *,
    known_hash: str | None = None,
) -> str:
    """Install an orthology table, replacing the one that is kept, if any.

    The old table stays until the new one is complete: an interrupted download changes nothing. Libraries that
    were completed earlier in this session keep the orthologues they were completed with.

    Parameters
    ----------
    organism
        Any name of mouse or rat.
    source
        A homology report of MGI, or a similar one: the path of a copy, plain or gzipped, or a web address. By
        default the current report of MGI.
    known_hash
        Expected SHA-256 of the report; by default it is only recorded, as MGI replaces its reports every
        week.

    Returns
    -------
    str
        A sentence that says what was installed.

    Raises
    ------
    InputError
        If the organism has no table, or the report is not a homology report or has another checksum.
    OfflineError
        If the report cannot be downloaded.

    Examples
    --------
    >>> install_orthology("mouse", "HOM_MouseHumanSequence.rpt.gz")  # doctest: +SKIP
    'Orthologues of mouse: 21,810 genes, 20,117 of them with a human one (MGI, HOM_MouseHumanSequence...'
    """
    organism = _with_report(organism)
    path = table_path(organism)
    path.parent.mkdir(parents=True, exist_ok=True)
    address = REPORTS[organism] if source is None else os.fspath(source)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as folder:
        report = _download(address, known_hash, Path(folder)) if "://" in address else Path(address)
        genes = read_report(report, organism)
        sha256 = _checked(report, known_hash)
        origin = Origin(organism, address, datetime.date.today().isoformat(), sha256)
        save_table(genes, origin, path)
    return describe(cached_orthology(organism))


def describe(orthology: Orthology) -> str:
    """Return a sentence on what a table holds and where it comes from."""
    if orthology.origin is None:
        return f"Orthologues of {orthology.organism}: {BY_RULE}; no table is cached."
    mapped = sum(bool(orthology.rows(gene.symbol)) for gene in orthology.genes)
    return (
        f"Orthologues of {orthology.organism}: {len(orthology.genes):,} genes, {mapped:,} of them with a "
        f"human gene ({orthology.source}, SHA-256 {orthology.origin.sha256})."
    )


def _with_report(organism: str) -> str:
    name = organism_name(organism)
    if name not in REPORTS:
        raise InputError(
            f"There is no orthology table for {name}; there are tables for {' and '.join(REPORTS)}."
        )
    return name


def _download(url: str, known_hash: str | None, folder: Path) -> Path:
    """Download a report into a folder."""
    if is_offline():
        raise OfflineError(f"{url} cannot be downloaded, as {OFFLINE_VARIABLE} is set.")
    import pooch
    import requests  # used by pooch for downloads

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)  # it would print what is recorded anyway
    try:
        file = pooch.retrieve(
            url,
            known_hash=None if known_hash is None else f"sha256:{known_hash}",
            fname="report",
            path=folder,
            downloader=pooch.HTTPDownloader(timeout=SECONDS),
        )
    except requests.RequestException as error:
        raise OfflineError(f"{url} cannot be downloaded ({type(error).__name__}).") from error
    except ValueError as error:  # pooch raises it if the hash differs
        raise InputError(f"The file at {url} does not have the checksum {known_hash}.") from error
    finally:
        logger.setLevel(level)
    return Path(file)


def _checked(report: Path, known_hash: str | None) -> str:
    """Return the SHA-256 of a file; raise an error if it is not the expected one."""
    import pooch

    found: str = pooch.file_hash(str(report), alg="sha256")
    if known_hash is not None and found != known_hash.lower():
        raise InputError(f"{str(report)!r} has the SHA-256 {found}, not {known_hash}.")
    return found


@lru_cache(maxsize=8)
def _download_once(organism: str, path: Path) -> None:
    """Try once per process to download a missing table."""
    try:
        install_orthology(organism)
    except (OSError, InputError) as error:  # no network, or an answer that is not a report
        warn_caller(
            f"There is no orthology table of {organism}, and it was not downloaded: {error} Genes were "
            f"mapped {BY_RULE}, which finds fewer; to use a copy of the table, run "
            "gsfm-enrich orthology --from FILE."
        )


@lru_cache(maxsize=8)
def _rule(organism: str) -> Orthology:
    return Orthology(organism)


@lru_cache(maxsize=4)
def _load_unchanged(organism: str, path: Path, modified: int, size: int) -> Orthology:
    """Read a table, again only if it has changed."""
    genes, origin = load_table(path)
    return Orthology(organism, tuple(genes), origin)


def _by_rule(human: str) -> str:
    """Spell a human symbol as in mouse and rat: ``TP53`` as ``Tp53``, ``MT-ND1`` as ``mt-Nd1``."""
    if human.startswith("MT-"):
        return "mt-" + human.removeprefix("MT-").capitalize()
    return human.capitalize()
