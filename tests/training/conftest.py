"""Miniature sources of a corpus."""

import gzip
import sqlite3
from contextlib import closing

import pytest
import torch

ENTREZ = {
    "TP53": "7157",
    "MDM2": "4193",
    "CDKN1A": "1026",
    "CCND1": "595",
    "RB1": "5925",
    "BRCA1": "672",
    "MYC": "4609",
}
PUBLICATIONS = {
    "9": ["TP53", "MDM2"],
    "10": ["TP53", "MDM2"],
    "100": ["MYC", "TP53", "CDKN1A"],
    "101": ["MYC"],
    "200": ["RB1", "CCND1", "MYC", "BRCA1"],
    "3000": ["BRCA1", "TP53"],
}


def write_org_db(path, publications=PUBLICATIONS, extra=()):
    """Write the two tables of org.Hs.eg.sqlite that matter; ``extra`` are rows of Entrez id and PubMed id."""
    rows = [(ENTREZ[gene], pubmed) for pubmed, genes in publications.items() for gene in genes]
    rows += extra
    numbers = {entrez: number for number, entrez in enumerate(sorted({entrez for entrez, _ in rows}), 1)}
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE genes (_id INTEGER PRIMARY KEY, gene_id VARCHAR(10) NOT NULL UNIQUE)")
        database.execute("CREATE TABLE pubmed (_id INTEGER NOT NULL, pubmed_id VARCHAR(10) NOT NULL)")
        database.executemany("INSERT INTO genes VALUES (?, ?)", [(n, e) for e, n in numbers.items()])
        database.executemany("INSERT INTO pubmed VALUES (?, ?)", [(numbers[e], p) for e, p in rows])
        database.commit()
    return path


def write_gmt(path, sets):
    text = "".join("\t".join([term, "", *genes]) + "\n" for term, genes in sets.items())
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small only lose time by sharing work between threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def publications():
    """Genes by PubMed id, of the database that `org_db` writes."""
    return PUBLICATIONS


@pytest.fixture
def entrez():
    """Entrez ids of some genes."""
    return ENTREZ


@pytest.fixture
def make_org_db():
    """Write a miniature org.Hs.eg.sqlite."""
    return write_org_db


@pytest.fixture
def make_gmt():
    """Write a GMT file, gzipped when its name says so."""
    return write_gmt
