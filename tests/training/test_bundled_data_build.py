"""The build script, on miniature databases with the schema of the real ones."""

import gzip
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from gsfm_enrich.errors import InputError
from gsfm_enrich.libraries.bundled import read_arrays
from gsfm_enrich.training import bundled_data as build

# _id, Entrez id, symbol, name, type, chromosome
GENES = [
    (1, "10", "AAA", "alpha", "protein-coding", "1"),
    (2, "9", "BBB", "beta\tgene ", "ncRNA", "2"),
    (3, "30", "AAA", "a disease named alike", "unknown", "3"),
    (4, "40", "COX1", "cytochrome", "protein-coding", "MT"),
    (5, "50", "LOC50", "an enhancer", "biological-region", "1"),
    (6, "61", "TWIN", "twin", "tRNA", "1"),
    (7, "60", "TWIN", "twin", "tRNA", "1"),
    (8, "80", "DDD", "delta", "other", "1"),
    (9, "90", "EEE", "epsilon", "pseudo", "1"),
    (10, "100", "FFF", "zeta", "protein-coding", "1"),
]
ALIASES = [(1, "AAA"), (1, "a2; a1"), (1, "a1"), (4, "COX1"), (4, "COI"), (3, "lost")]
PUBLICATIONS = [(1, "5"), (1, "5"), (1, "6"), (2, "6"), (8, "6"), (3, "1"), (3, "2"), (3, "3")]
EVERYONE = (1, 2, 4, 8, 9, 10)


def _annotations() -> list[tuple[int, str, str]]:
    big = [(key, "GO:0000002", "IEA") for key in EVERYONE]
    unknown = [(key, "GO:0000003", "ND") for key in EVERYONE]
    small = [(key, "GO:0000004", "IDA") for key in EVERYONE[:4]]
    root = [(key, "GO:0008150", "IEA") for key in EVERYONE]
    twice = [(1, "GO:0000002", "IDA"), (5, "GO:0000002", "IDA"), (3, "GO:0000004", "IDA")]
    return [*root, *small, *unknown, *big, *twice]


def _databases(folder: Path, reverse: bool = False) -> tuple[Path, Path]:
    """Write both databases, the rows perhaps in the opposite order."""
    order = -1 if reverse else 1
    org, go = folder / f"org{order}.sqlite", folder / f"go{order}.sqlite"
    for path in (org, go):
        path.unlink(missing_ok=True)
    with closing(sqlite3.connect(org)) as db, db:
        tables = {
            "genes (_id, gene_id)": [row[:2] for row in GENES],
            "gene_info (_id, gene_name, symbol)": [(row[0], row[3], row[2]) for row in GENES],
            "genetype (_id, gene_type)": [(row[0], row[4]) for row in GENES],
            "chromosomes (_id, chromosome)": [(row[0], row[5]) for row in GENES],
            "alias (_id, alias_symbol)": ALIASES,
            "ensembl (_id, ensembl_id)": [(1, "ENSG00000000002"), (1, "ENSG00000000001")],
            "uniprot (_id, uniprot_id)": [(2, "P00001")],
            "pubmed (_id, pubmed_id)": PUBLICATIONS,
            "go_bp (_id, go_id, evidence)": [(1, "GO:0000002", "IDA"), (2, "GO:0000002", "IEA")],
            "go_mf (_id, go_id, evidence)": [(8, "GO:0000009", "HDA"), (10, "GO:0005515", "IPI")],
            "go_cc (_id, go_id, evidence)": [(9, "GO:0000009", "IDA")],
            "go_bp_all (_id, go_id, evidence)": _annotations(),
            "go_mf_all (_id, go_id, evidence)": _annotations(),
            "go_cc_all (_id, go_id, evidence)": _annotations(),
        }
        for table, rows in tables.items():
            db.execute(f"CREATE TABLE {table}")
            marks = ", ".join("?" * (table.count(",") + 1))
            db.executemany(f"INSERT INTO {table.split()[0]} VALUES ({marks})", rows[::order])
    with closing(sqlite3.connect(go)) as db, db:
        db.execute("CREATE TABLE go_term (_id, go_id, term)")
        terms = [(n, f"GO:000000{n}", f"term {n}") for n in range(1, 5)] + [(9, "GO:0008150", "root")]
        db.executemany("INSERT INTO go_term VALUES (?, ?, ?)", terms[::order])
    return org, go


@pytest.fixture
def databases(tmp_path: Path) -> tuple[Path, Path]:
    return _databases(tmp_path)


def test_gene_table_holds_one_row_per_symbol(databases, tmp_path):
    genes, dropped = build.read_genes(databases[0])
    build.write_gene_table(genes, tmp_path / "table.tsv.gz")

    lines = gzip.decompress((tmp_path / "table.tsv.gz").read_bytes()).decode().splitlines()
    assert lines == [
        "symbol\tentrez\tensembl\tuniprot\taliases\tname\ttype\tpublications\tfractional_publications"
        "\texperimental_go",
        "BBB\t9\t\tP00001\t\tbeta gene\tncRNA\t1\t0.3333\t0",
        "AAA\t10\tENSG00000000001;ENSG00000000002\t\ta1;a2\talpha\tprotein-coding\t2\t1.333\t1",
        "MT-CO1\t40\t\t\tCOI;COX1\tcytochrome\tprotein-coding\t0\t0\t0",
        "TWIN\t60\t\t\t\ttwin\ttRNA\t0\t0\t0",
        "DDD\t80\t\t\t\tdelta\tother\t1\t0.3333\t1",  # a function seen in an experiment
        "EEE\t90\t\t\t\tepsilon\tpseudo\t0\t0\t0",  # a place seen in one
        "FFF\t100\t\t\t\tzeta\tprotein-coding\t0\t0\t0",  # partners seen in one
    ]
    assert dropped == {"biological regions": 1, "namesakes": 2}


def test_go_keeps_terms_with_data_of_the_right_size(databases):
    genes, _ = build.read_genes(databases[0])

    terms = build.read_go(*databases, genes, "bp")

    assert terms == {"term 2 (GO:0000002)": ["AAA", "BBB", "DDD", "EEE", "FFF", "MT-CO1"]}


def test_go_drops_terms_that_are_too_large(databases, monkeypatch):
    monkeypatch.setattr(build, "MAX_GENES", 5)
    genes, _ = build.read_genes(databases[0])

    assert build.read_go(*databases, genes, "bp") == {}


def test_same_bytes_whatever_the_order_of_the_rows(tmp_path):
    for reverse in (False, True):
        build.build(*_databases(tmp_path, reverse), tmp_path / str(reverse))

    names = sorted(path.name for path in (tmp_path / "False").iterdir())
    assert names == [
        "GO_Biological_Process.npz",
        "GO_Cellular_Component.npz",
        "GO_Molecular_Function.npz",
        "human_genes.tsv.gz",
    ]
    for name in names:
        assert (tmp_path / "False" / name).read_bytes() == (tmp_path / "True" / name).read_bytes(), name


def test_same_bytes_in_another_process(databases, tmp_path):
    build.build(*databases, tmp_path / "here")
    command = [sys.executable, "-m", "gsfm_enrich.training.bundled_data"]
    command += ["--org-db", str(databases[0]), "--go-db", str(databases[1]), "--out", str(tmp_path / "there")]

    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(build.__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
    )

    assert done.stdout.splitlines() == [
        "human_genes.tsv.gz: 7 genes (left out: 1 biological regions, 2 namesakes)",
        "GO_Biological_Process.npz: 1 terms, 6 genes",
        "GO_Molecular_Function.npz: 1 terms, 6 genes",
        "GO_Cellular_Component.npz: 1 terms, 6 genes",
    ]
    for path in (tmp_path / "here").iterdir():
        assert path.read_bytes() == (tmp_path / "there" / path.name).read_bytes(), path.name


def test_libraries_can_be_read_back(databases, tmp_path):
    build.build(*databases, tmp_path)

    library = read_arrays(tmp_path / "GO_Biological_Process.npz")
    assert library.to_dict() == {"term 2 (GO:0000002)": ["AAA", "BBB", "DDD", "EEE", "FFF", "MT-CO1"]}


def test_missing_database(tmp_path):
    path = tmp_path / "nowhere.sqlite"
    with pytest.raises(InputError) as caught:
        build.read_genes(path)
    assert str(caught.value) == f"There is no database {str(path)!r}."


def test_file_that_is_no_database(tmp_path):
    path = tmp_path / "text.sqlite"
    path.write_text("hello\n" * 100)
    with pytest.raises(InputError) as caught:
        build.read_genes(path)
    assert str(caught.value) == f"{str(path)!r} is not a SQLite database (file is not a database)."


def test_the_other_database(databases):
    with pytest.raises(InputError) as caught:
        build.read_genes(databases[1])
    expected = f"The database {str(databases[1])!r} has no table 'gene_info'; is it from the right package?"
    assert str(caught.value) == expected


def test_main_reports_an_unusable_database(tmp_path, capsys):
    code = build.main(["--org-db", str(tmp_path / "x"), "--go-db", str(tmp_path / "y")])

    assert code == 2
    message = f"python -m gsfm_enrich.training.bundled_data: There is no database {str(tmp_path / 'x')!r}.\n"
    assert capsys.readouterr().err == message


def test_help_says_how_to_get_the_databases(capsys):
    with pytest.raises(SystemExit) as caught:
        build.main(["--help"])

    assert caught.value.code == 0
    assert "apt-get download r-bioc-org.hs.eg.db r-bioc-go.db" in capsys.readouterr().out
