r"""Build the bundled gene table and GO libraries from two Bioconductor databases.

Both databases come as Debian packages, which can be unpacked without installing R::

    apt-get download r-bioc-org.hs.eg.db r-bioc-go.db
    for package in r-bioc-*.deb; do dpkg -x "$package" unpacked; done
    python -m gsfm_enrich.training.bundled_data \
        --org-db unpacked/usr/lib/R/site-library/org.Hs.eg.db/extdata/org.Hs.eg.sqlite \
        --go-db unpacked/usr/lib/R/site-library/GO.db/extdata/GO.sqlite

It writes ``human_genes.tsv.gz``, ``GO_Biological_Process.npz``, ``GO_Molecular_Function.npz`` and
``GO_Cellular_Component.npz``. Everything is sorted and nothing holds a time stamp, so the same databases
give the same bytes.

What is left out or changed, and why:

* Gene type ``biological-region`` (enhancers, silencers and the like): these are not genes.
* Genes without an approved symbol keep NCBI's provisional one (``LOC...``).
* NCBI calls the mitochondrial genes ``ND1``, ``COX1``, ``TRNA``; they get their approved symbols ``MT-ND1``,
  ``MT-CO1``, ``MT-TA``, and NCBI's symbols become aliases.
* A symbol belongs to one gene. Where several share it (copies of one tRNA; a disease locus named like a
  gene) the protein-coding one keeps it, then any type other than ``unknown``, then the one with the
  most publications, then the lowest Entrez id. The others are dropped and counted.
* The official symbol is not an alias of its own gene.
* GO annotations without data (evidence ``ND``) and terms below 5 or above 2,000 genes are dropped.
"""

from __future__ import annotations

import argparse
import gzip
import io
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import fsum
from pathlib import Path

from gsfm_enrich.errors import InputError
from gsfm_enrich.files import write_atomically
from gsfm_enrich.libraries.bundled import save_bundled
from gsfm_enrich.libraries.library import GeneSetLibrary

GENE_TABLE = "human_genes.tsv.gz"
COLUMNS = (
    "symbol", "entrez", "ensembl", "uniprot", "aliases", "name", "type", "publications",
    "fractional_publications", "experimental_go",
)  # fmt: skip
NOT_A_GENE = "biological-region"
EXPERIMENTAL = frozenset({"EXP", "IDA", "IPI", "IMP", "IGI", "IEP", "HTP", "HDA", "HMP", "HGI", "HEP"})
ONTOLOGIES = {
    "GO_Biological_Process": "bp",
    "GO_Molecular_Function": "mf",
    "GO_Cellular_Component": "cc",
}
FUNCTIONS = ("bp", "mf")
"""The ontologies that say what a gene does; the third one says where its product is."""
PROTEIN_BINDING = "GO:0005515"
"""Says only that a protein has a partner, as every protein in a large interaction screen does."""
ROOTS = frozenset({"GO:0008150", "GO:0003674", "GO:0005575"})
MIN_GENES, MAX_GENES = 5, 2_000


@dataclass(frozen=True)
class Gene:
    """One row of the gene table, with the database's own row number `key`."""

    key: int
    symbol: str
    entrez: str
    ensembl: tuple[str, ...]
    uniprot: tuple[str, ...]
    aliases: tuple[str, ...]
    name: str
    type: str
    publications: int
    fractional_publications: float
    experimental_go: bool

    def line(self) -> str:
        """Return the row as tab-separated text, in the order of `COLUMNS`."""
        fields = (
            self.symbol, self.entrez, ";".join(self.ensembl), ";".join(self.uniprot), ";".join(self.aliases),
            self.name, self.type, str(self.publications), f"{self.fractional_publications:.4g}",
            str(int(self.experimental_go)),
        )  # fmt: skip
        return "\t".join(fields)


def read_genes(org_db: Path) -> tuple[list[Gene], Counter[str]]:
    """Read every gene of an ``org.*.eg.sqlite`` database.

    Parameters
    ----------
    org_db
        The SQLite file of a Bioconductor ``org.Hs.eg.db`` package.

    Returns
    -------
    genes : list of Gene
        One gene per symbol, sorted by Entrez id.
    dropped : Counter
        How many rows were left out, by reason.

    Raises
    ------
    InputError
        If the file is missing or is not such a database.
    """
    with closing(open_database(org_db, "gene_info")) as db:
        ensembl = _grouped(db, "SELECT _id, ensembl_id FROM ensembl")
        uniprot = _grouped(db, "SELECT _id, uniprot_id FROM uniprot")
        aliases = _grouped(db, "SELECT _id, alias_symbol FROM alias")
        shares = _publication_shares(db)
        experimental = _experimental(db)
        mitochondrial = {key for (key,) in db.execute("SELECT _id FROM chromosomes WHERE chromosome = 'MT'")}
        rows = db.execute(
            "SELECT _id, gene_id, symbol, gene_name, gene_type"
            " FROM gene_info JOIN genes USING (_id) JOIN genetype USING (_id)"
        ).fetchall()

    dropped: Counter[str] = Counter()
    by_symbol: dict[str, list[Gene]] = defaultdict(list)
    for key, entrez, ncbi_symbol, name, kind in rows:
        if kind == NOT_A_GENE:
            dropped["biological regions"] += 1
            continue
        symbol = mitochondrial_symbol(ncbi_symbol) if key in mitochondrial else ncbi_symbol
        gene = Gene(
            key=key,
            symbol=symbol,
            entrez=entrez,
            ensembl=tuple(ensembl[key]),
            uniprot=tuple(uniprot[key]),
            aliases=_clean_aliases([*aliases[key], ncbi_symbol], symbol),
            name=" ".join(name.split()),
            type=kind,
            publications=len(shares[key]),
            fractional_publications=fsum(shares[key]),
            experimental_go=key in experimental,
        )
        by_symbol[symbol].append(gene)
    genes = [min(namesakes, key=_precedence) for namesakes in by_symbol.values()]
    dropped["namesakes"] = sum(map(len, by_symbol.values())) - len(genes)
    return sorted(genes, key=lambda gene: int(gene.entrez)), dropped


def read_go(org_db: Path, go_db: Path, genes: Sequence[Gene], ontology: str) -> dict[str, list[str]]:
    """Read the propagated annotations of one ontology.

    Parameters
    ----------
    org_db, go_db
        The SQLite files of Bioconductor's ``org.Hs.eg.db`` and ``GO.db``.
    genes
        The genes to keep, from `read_genes`.
    ontology
        ``"bp"``, ``"mf"`` or ``"cc"``.

    Returns
    -------
    dict
        ``{"apoptotic process (GO:0006915)": [symbol, ...]}``, sorted by GO id and by symbol; only terms with
        `MIN_GENES` to `MAX_GENES` genes.

    Raises
    ------
    InputError
        If a file is missing or is not such a database.
    """
    with closing(open_database(go_db, "go_term")) as db:
        names = dict(db.execute("SELECT go_id, term FROM go_term"))
    symbols = {gene.key: gene.symbol for gene in genes}
    members: dict[str, set[str]] = defaultdict(set)
    with closing(open_database(org_db, f"go_{ontology}_all")) as db:
        annotations = db.execute(f"SELECT DISTINCT go_id, _id FROM go_{ontology}_all WHERE evidence != 'ND'")
        for term, key in annotations:
            if key in symbols and term not in ROOTS:
                members[term].add(symbols[key])
    return {
        f"{names[term]} ({term})": sorted(members[term])
        for term in sorted(members)
        if term in names and MIN_GENES <= len(members[term]) <= MAX_GENES
    }


def mitochondrial_symbol(ncbi_symbol: str) -> str:
    """Return the approved symbol of a mitochondrial gene, given NCBI's symbol.

    Examples
    --------
    >>> [mitochondrial_symbol(symbol) for symbol in ("ND4L", "COX1", "CYTB", "TRNL1", "RNR2")]
    ['MT-ND4L', 'MT-CO1', 'MT-CYB', 'MT-TL1', 'MT-RNR2']
    """
    for ncbi, approved in (("MT-", ""), ("COX", "CO"), ("CYTB", "CYB"), ("TRN", "T")):
        if ncbi_symbol.startswith(ncbi):
            return "MT-" + approved + ncbi_symbol.removeprefix(ncbi)
    return "MT-" + ncbi_symbol


def write_gene_table(genes: Iterable[Gene], path: Path) -> None:
    """Write the gene table as gzipped tab-separated text, the same bytes for the same genes."""
    text = "\n".join(["\t".join(COLUMNS), *(gene.line() for gene in genes)]) + "\n"
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as stream:
        stream.write(text.encode("utf-8"))
    write_atomically(path, packed.getvalue())


def build(org_db: Path, go_db: Path, out: Path) -> list[str]:
    """Write the gene table and the three GO libraries into the folder `out`.

    Returns
    -------
    list of str
        One sentence per file written.

    Raises
    ------
    InputError
        If a database is missing or lacks the tables this script reads.
    """
    genes, dropped = read_genes(org_db)
    sets = {name: read_go(org_db, go_db, genes, ontology) for name, ontology in ONTOLOGIES.items()}
    out.mkdir(parents=True, exist_ok=True)
    write_gene_table(genes, out / GENE_TABLE)
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items())
    report = [f"{GENE_TABLE}: {len(genes):,} genes (left out: {left_out})"]
    for name, terms in sets.items():
        library = GeneSetLibrary.from_dict(terms, name=name)
        save_bundled(library, out / f"{name}.npz")
        report.append(f"{name}.npz: {len(library.terms):,} terms, {len(library.genes):,} genes")
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script and return the exit code (0 for success, 2 if a database cannot be used)."""
    parser = argparse.ArgumentParser(
        prog="python -m gsfm_enrich.training.bundled_data",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--org-db", type=Path, required=True, metavar="SQLITE", help="org.Hs.eg.sqlite")
    parser.add_argument("--go-db", type=Path, required=True, metavar="SQLITE", help="GO.sqlite")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent, metavar="DIR", help="folder (default: the package)"
    )
    options = parser.parse_args(arguments)
    try:
        report = build(options.org_db, options.go_db, options.out)
    except InputError as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return 2
    sys.stdout.write("\n".join(report) + "\n")
    return 0


def open_database(path: Path, table: str) -> sqlite3.Connection:
    """Open a database read-only and make sure that it holds `table`."""
    if not path.is_file():
        raise InputError(f"There is no database {str(path)!r}.")
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        found = db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    except sqlite3.DatabaseError as error:
        db.close()
        raise InputError(f"{str(path)!r} is not a SQLite database ({error}).") from error
    if found is None:
        db.close()
        raise InputError(f"The database {str(path)!r} has no table {table!r}; is it from the right package?")
    return db


def _grouped(db: sqlite3.Connection, query: str) -> defaultdict[int, list[str]]:
    """Collect the values of a (key, value) query by key, with each list sorted and without repeats."""
    groups: defaultdict[int, set[str]] = defaultdict(set)
    for key, value in db.execute(query):
        groups[key].add(value)
    return defaultdict(list, {key: sorted(values) for key, values in groups.items()})


def _publication_shares(db: sqlite3.Connection) -> defaultdict[int, list[float]]:
    """Return each gene's share of each of its publications: 1 over the number of genes that it names."""
    pairs = db.execute("SELECT DISTINCT _id, pubmed_id FROM pubmed").fetchall()
    named = Counter(pubmed_id for _, pubmed_id in pairs)
    shares: defaultdict[int, list[float]] = defaultdict(list)
    for key, pubmed_id in pairs:
        shares[key].append(1 / named[pubmed_id])
    return shares


def _experimental(db: sqlite3.Connection) -> set[int]:
    """Return the keys of genes with a function in a direct GO annotation from experimental evidence."""
    marks = ", ".join("?" * len(EXPERIMENTAL))
    union = " UNION ".join(
        f"SELECT _id FROM go_{ontology} WHERE evidence IN ({marks}) AND go_id != ?" for ontology in FUNCTIONS
    )
    return {key for (key,) in db.execute(union, [*sorted(EXPERIMENTAL), PROTEIN_BINDING] * len(FUNCTIONS))}


def _clean_aliases(aliases: Iterable[str], symbol: str) -> tuple[str, ...]:
    """Split the few fields that hold two aliases, and leave out the symbol itself."""
    found = {part.strip() for alias in aliases for part in alias.split(";")}
    return tuple(sorted(found - {symbol, ""}))


def _precedence(gene: Gene) -> tuple[bool, bool, int, int]:
    """Return the sort key among genes with the same symbol; the smallest keeps it."""
    return (gene.type != "protein-coding", gene.type == "unknown", -gene.publications, int(gene.entrez))


if __name__ == "__main__":
    raise SystemExit(main())
