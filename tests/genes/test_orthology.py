"""Orthology tables: reading reports, keeping them, and what happens when that goes wrong."""

import datetime
import gzip
import hashlib
import json

import pooch
import pytest
import requests

from gsfm_enrich.errors import GsfmEnrichWarning, InputError, OfflineError
from gsfm_enrich.genes import orthology
from gsfm_enrich.genes.homology import read_report
from gsfm_enrich.genes.orthology import describe, install_orthology, load_orthology, table_path
from gsfm_enrich.genes.table import human_columns

MGI = "https://www.informatics.jax.org/downloads/reports/HOM_MouseHumanSequence.rpt"


class Server:
    """A stand-in for MGI at the one place where the network would be used."""

    def __init__(self, content):
        self.content, self.asked, self.error, self.break_off, self.status = content, [], None, False, 200

    def get(self, url, **options):
        self.asked.append((url, options["timeout"]))
        if self.error:
            raise self.error
        reply = requests.Response()
        reply.status_code = self.status

        def iter_content(chunk_size):
            yield self.content[:100]
            if self.break_off:
                raise requests.exceptions.ChunkedEncodingError("connection broken")
            yield self.content[100:]

        reply.iter_content = iter_content
        return reply


@pytest.fixture
def server(homology_report, monkeypatch):
    monkeypatch.delenv("GSFM_ENRICH_OFFLINE")
    orthology._download_once.cache_clear()
    server = Server(homology_report.read_bytes())
    monkeypatch.setattr(requests, "get", server.get)
    return server


def symbols(text, organism="mouse"):
    return [human_columns()["symbol"][row] for row in load_orthology(organism).rows(text)]


def test_a_report_is_read_in_full(homology_report):
    genes = {gene.symbol: gene for gene in read_report(homology_report, "mouse")}
    assert len(genes) == 10
    assert list(genes) == sorted(genes)
    assert genes["Trp53"] == ("Trp53", "22059", "MGI:98834", ("7157",))
    assert genes["H2-Ab1"].human == ("3119", "3120")
    assert genes["Vmn2r59"].human == ()
    assert [gene.symbol for gene in read_report(homology_report, "rat")] == ["Bax", "Tp53"]


def test_a_gene_of_two_classes_has_the_human_genes_of_both(tmp_path, report_text):
    row = ("mouse", "Try5", "103964", "MGI:102756")
    (tmp_path / "a.rpt").write_text(report_text([([row], [("PRSS1", "5644")]), ([row], [("PRSS3", "5646")])]))
    assert [gene.human for gene in read_report(tmp_path / "a.rpt", "mouse")] == [("5644", "5646")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Trp53", ["TP53"]),
        ("TRP53", ["TP53"]),
        ("trp53", ["TP53"]),
        ("22059", ["TP53"]),
        ("MGI:98834", ["TP53"]),
        ("mgi:98834", ["TP53"]),
        ("Gstm3", ["GSTM1"]),
        ("H2-Ab1", ["HLA-DQB1", "HLA-DQB2"]),  # the one with more publications first
        ("Vmn2r59", []),
        ("TP53", []),
        ("7157", []),
    ],
)
def test_identifiers_of_the_table(mouse_table, text, expected):
    assert symbols(text) == expected
    assert (text in mouse_table) == (bool(expected) or text == "Vmn2r59")


def test_the_best_of_several_orthologues(tmp_path, report_text):
    """The same symbol first, then coding genes before others, then the one with most publications."""
    human = [("NME2P1", "283458"), ("NME1-NME2", "654364"), ("NME1", "4830"), ("NME2", "4831")]
    classes = [
        ([("mouse", "Nme2", "18103", "MGI:97356")], human),
        ([("mouse", "Other", "1", "MGI:1")], human),
    ]
    (tmp_path / "a.rpt").write_text(report_text(classes))
    install_orthology("mouse", tmp_path / "a.rpt")
    columns = human_columns()
    row = {symbol: number for number, symbol in enumerate(columns["symbol"])}
    assert columns["type"][row["NME2P1"]] != "protein-coding"
    assert " readthrough" in columns["name"][row["NME1-NME2"]]
    publications = {symbol: int(columns["publications"][row[symbol]]) for symbol in ("NME1", "NME2")}
    assert publications["NME1"] > publications["NME2"]
    assert symbols("Nme2") == ["NME2", "NME1", "NME1-NME2", "NME2P1"]
    assert symbols("Other") == ["NME1", "NME2", "NME1-NME2", "NME2P1"]


def test_back_to_the_symbols_of_the_species(mouse_table):
    row = {symbol: number for number, symbol in enumerate(human_columns()["symbol"])}
    asked = ("TP53", "GSTM1", "HLA-DQB1", "HLA-DQB2", "SERPINA1", "GSTM3")
    assert [mouse_table.symbol_of(row[symbol]) for symbol in asked] == [
        "Trp53", "Gstm3", "H2-Ab1", "H2-Ab1", "Serpina1a", None,
    ]  # fmt: skip


def test_back_by_rule():
    row = {symbol: number for number, symbol in enumerate(human_columns()["symbol"])}
    by_rule = load_orthology("rat")
    spelled = [by_rule.symbol_of(row[symbol]) for symbol in ("TP53", "MT-ND4L", "C1orf112")]
    assert spelled == ["Tp53", "mt-Nd4l", "C1orf112"]


def test_what_was_installed_is_recorded(homology_report):
    said = install_orthology("mouse", homology_report)
    digest = hashlib.sha256(homology_report.read_bytes()).hexdigest()
    today = datetime.date.today().isoformat()
    assert said == (
        "Orthologues of mouse: 10 genes, 9 of them with a human gene "
        f"(MGI, HOM_AllOrganism.rpt of {today}, SHA-256 {digest})."
    )
    record = json.loads(table_path("mouse").read_text().splitlines()[0])
    assert record["sha256"] == digest
    assert (record["source"], record["retrieved"]) == (str(homology_report), today)
    assert install_orthology("Rattus norvegicus", homology_report).startswith(
        "Orthologues of rat: 2 genes, 2 "
    )


def test_a_gzipped_copy(homology_report, tmp_path):
    packed = tmp_path / "copy.rpt.gz"
    packed.write_bytes(gzip.compress(homology_report.read_bytes()))
    install_orthology("mouse", str(packed))
    assert symbols("Trp53") == ["TP53"]


def test_without_a_table_nothing_is_in_it():
    by_rule = load_orthology("mouse")
    assert "Trp53" not in by_rule
    assert by_rule.rows("Trp53") == ()
    assert describe(by_rule) == (
        "Orthologues of mouse: by rule (the same symbol or alias except for case); no table is cached."
    )


def test_another_table_takes_effect(mouse_table, tmp_path, report_text):
    (tmp_path / "a.rpt").write_text(report_text([([("mouse", "Trp53", "22059", "")], [("MYC", "4609")])]))
    install_orthology("mouse", tmp_path / "a.rpt")
    assert symbols("Trp53") == ["MYC"]
    assert load_orthology("mouse") is load_orthology("mm")


def test_the_first_use_downloads_and_later_ones_do_not(server):
    assert symbols("Trp53") == ["TP53"]
    assert symbols("Bax") == ["BAX"]
    assert server.asked == [(MGI, orthology.SECONDS)]
    orthology._download_once.cache_clear()  # as in another process
    assert symbols("Trp53") == ["TP53"]
    assert len(server.asked) == 1
    assert json.loads(table_path("mouse").read_text().splitlines()[0])["source"] == MGI


def test_rat_has_its_own_report(server):
    assert symbols("Tp53", "rat") == ["TP53"]
    assert [url for url, _ in server.asked] == [MGI.replace("MouseHumanSequence", "AllOrganism")]


def test_pooch_says_nothing(server, capfd):
    before = pooch.get_logger().level
    install_orthology("mouse")
    assert capfd.readouterr() == ("", "")
    assert pooch.get_logger().level == before


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.exceptions.ConnectionError("no route"), "ConnectionError"),
        (requests.exceptions.ReadTimeout("silence"), "ReadTimeout"),
    ],
)
def test_without_network_the_rule_is_used_and_said_once(server, error, kind):
    server.error = error
    with pytest.warns(GsfmEnrichWarning) as caught:
        assert load_orthology("mouse").genes == ()
    assert [str(warning.message) for warning in caught] == [
        f"There is no orthology table of mouse, and it was not downloaded: {MGI} cannot be downloaded "
        f"({kind}). Genes were mapped by rule (the same symbol or alias except for case), which finds fewer; "
        "to use a copy of the table, run gsfm-enrich orthology --from FILE."
    ]
    load_orthology("mouse")
    assert len(server.asked) == 1


def test_an_answer_that_is_no_report(server):
    server.content = b"<html>" + b" " * 200 + b"</html>\n"
    with pytest.warns(
        GsfmEnrichWarning, match="is not a homology report of MGI: its first line lacks the columns"
    ):
        assert load_orthology("mouse").genes == ()
    assert not table_path("mouse").exists()


@pytest.mark.parametrize("fault", ["broken connection", "not found", "cut off", "another checksum"])
def test_a_failed_update_leaves_the_former_table(mouse_table, server, fault):
    before = table_path("mouse").read_bytes()
    server.break_off = fault == "broken connection"
    server.status = 404 if fault == "not found" else 200
    if fault == "cut off":
        server.content = server.content[:-20]
    wanted = "0" * 64 if fault == "another checksum" else None
    with pytest.raises((OfflineError, InputError)):
        install_orthology("mouse", known_hash=wanted)
    assert table_path("mouse").read_bytes() == before
    assert [path.name for path in table_path("mouse").parent.iterdir()] == ["mouse.tsv"]
    assert symbols("Trp53") == ["TP53"]


def test_an_interruption_leaves_the_former_table(mouse_table, server):
    before = table_path("mouse").read_bytes()
    server.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        install_orthology("mouse")
    assert table_path("mouse").read_bytes() == before
    assert [path.name for path in table_path("mouse").parent.iterdir()] == ["mouse.tsv"]


def test_the_checksum_that_was_recorded_can_be_asked_for(server):
    digest = hashlib.sha256(server.content).hexdigest()
    assert digest in install_orthology("mouse", known_hash=digest)
    with pytest.raises(InputError) as caught:
        install_orthology("mouse", known_hash="0" * 64)
    assert str(caught.value) == f"The file at {MGI} does not have the checksum {'0' * 64}."


def test_a_copy_with_another_checksum(homology_report):
    digest = hashlib.sha256(homology_report.read_bytes()).hexdigest()
    with pytest.raises(InputError) as caught:
        install_orthology("mouse", homology_report, known_hash="0" * 64)
    assert str(caught.value) == f"{str(homology_report)!r} has the SHA-256 {digest}, not {'0' * 64}."


def test_downloads_forbidden():
    with pytest.raises(OfflineError) as caught:
        install_orthology("mouse")
    assert str(caught.value) == f"{MGI} cannot be downloaded, as GSFM_ENRICH_OFFLINE is set."


def test_a_species_without_a_table():
    for call in (install_orthology, load_orthology):
        with pytest.raises(InputError) as caught:
            call("fly")
        assert str(caught.value) == "There is no orthology table for fly; there are tables for mouse and rat."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "", "is not a homology report of MGI: its first line lacks the columns DB Class Key, "),
        (lambda text: text.replace("NCBI Taxon ID", "Taxon"), "lacks the column NCBI Taxon ID."),
        (lambda text: text[:-5], "is cut off: its last line is incomplete."),
        (lambda text: text + "1\tmouse\n", "is damaged: line 24 has 2 fields."),
        (lambda text: text.replace("\t10090\t", "\t7955\t"), "has no gene of mouse (taxon 10090)."),
        (lambda text: text.replace("\t9606\t", "\t7955\t"), "has no gene of human (taxon 9606)."),
    ],
)
def test_files_that_are_no_report(homology_report, change, message):
    homology_report.write_text(change(homology_report.read_text()))
    with pytest.raises(InputError) as caught:
        install_orthology("mouse", homology_report)
    assert str(caught.value).startswith(repr(str(homology_report)))
    assert message in str(caught.value)


def test_binary_and_missing_files(tmp_path):
    path = tmp_path / "a.rpt"
    with pytest.raises(InputError) as caught:
        install_orthology("mouse", path)
    assert str(caught.value) == f"There is no file {str(path)!r}; expected a homology report of MGI."
    path.write_bytes(gzip.compress(b"x" * 100)[:20])
    with pytest.raises(InputError, match="is not a text file, plain or gzipped"):
        install_orthology("mouse", path)


@pytest.mark.parametrize("damage", [lambda text: text[:-10], lambda text: "nonsense\n", lambda text: ""])
def test_a_damaged_table_is_not_used(mouse_table, damage):
    path = table_path("mouse")
    path.write_text(damage(path.read_text()))
    with pytest.raises(InputError) as caught:
        load_orthology("mouse")
    assert str(caught.value).startswith(f"The orthology table {str(path)!r} is damaged (")
    assert str(caught.value).endswith("renew it with gsfm-enrich orthology --update, or remove it.")
