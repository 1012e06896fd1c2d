"""Downloads from a server that misbehaves: a real one, on loopback."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from gseapy.enrichr import EnrichrAPI

from gsfm_enrich.errors import LibraryError, OfflineError
from gsfm_enrich.libraries import enrichr
from gsfm_enrich.libraries.sources import cache_folder, load_library

pytestmark = pytest.mark.enable_socket

NAME = "Pathways_2022"
LINES = [f"term {i}\t\t" + "\t".join(f"G{i + j},1.0" for j in range(20)) + "\n" for i in range(110)]
TEXT = "".join(LINES).encode()


class Handler(BaseHTTPRequestHandler):
    """Sends what the test has put into the server's ``behaviour``."""

    def do_GET(self):
        server = self.server
        server.asked.append(self.path)
        if "datasetStatistics" in self.path:
            known = {"statistics": [{"libraryName": NAME, "numTerms": server.n_terms}]}
            self.send(json.dumps(known).encode() if server.n_terms else b"<html>busy</html>")
            return
        assert parse_qs(urlsplit(self.path).query)["libraryName"] == [NAME]
        server.behaviour(self)

    def send(self, body, status=200, **headers):
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.delenv("GSFM_ENRICH_OFFLINE")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.asked, server.n_terms, server.behaviour = [], len(LINES), lambda handler: handler.send(TEXT)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr(enrichr, "_address", lambda organism: address)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.address = address
    yield server
    server.shutdown()
    server.server_close()


def nothing_is_kept():
    left = [path.name for path in cache_folder().iterdir()]
    return left == [f".{NAME}.gmt.lock"]


def test_the_address_is_gseapys():
    assert enrichr._address("rat") == EnrichrAPI("human").base_url
    assert enrichr._address("fly") == EnrichrAPI("fly").base_url


@pytest.mark.parametrize("packed", [False, True])
def test_a_whole_reply_is_kept(server, packed):
    if packed:
        server.behaviour = lambda handler: handler.send(gzip.compress(TEXT), Content_Encoding="gzip")
    library = load_library(NAME)
    assert (len(library), len(library["term 5"])) == (110, 20)
    assert library["term 5"][:2] == ["G5", "G6"]
    asked = len(server.asked)
    assert load_library(NAME) == library
    assert len(server.asked) == asked == 2


@pytest.mark.parametrize("cut", [len("".join(LINES[:32])), len("".join(LINES[:32])) + 25])
def test_a_reply_that_is_cut_is_refused(server, cut):
    server.behaviour = lambda handler: handler.send(TEXT[:cut])
    with pytest.raises(LibraryError, match=rf"3[23] of the 110 terms of '{NAME}'"):
        load_library(NAME)
    assert nothing_is_kept()
    server.n_terms = 0  # nobody knows how many terms there are
    if cut == len("".join(LINES[:32])) + 25:
        with pytest.raises(LibraryError, match="in the middle of a line"):
            load_library(NAME)


def test_a_reply_shorter_than_announced_is_refused(server):
    server.n_terms = 0
    part = "".join(LINES[:32]).encode()
    server.behaviour = lambda handler: handler.send(part, Content_Length=str(len(TEXT)))
    with pytest.raises(OfflineError, match="broke off the download"):
        load_library(NAME)
    assert nothing_is_kept()


def test_a_chunked_reply_that_stops_is_refused(server):
    def chunked(handler):
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"1000\r\n" + TEXT[:0x1000] + b"\r\n")
        handler.wfile.flush()
        handler.connection.close()

    server.n_terms = 0
    server.behaviour = chunked
    with pytest.raises(OfflineError, match="broke off the download"):
        load_library(NAME)
    assert nothing_is_kept()


def test_a_silent_server_is_given_up(server, monkeypatch):
    monkeypatch.setattr(enrichr, "SECONDS", 0.5)
    server.behaviour = lambda handler: time.sleep(5)
    start = time.monotonic()
    with pytest.raises(OfflineError, match="cannot be reached"):
        load_library(NAME)
    assert time.monotonic() - start < 4
    assert nothing_is_kept()


def test_a_server_that_drips_is_given_up(server, monkeypatch):
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(TEXT)))
        handler.end_headers()
        for byte in TEXT[:200]:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(0.05)

    monkeypatch.setattr(enrichr, "LONGEST", 1)
    server.behaviour = drip
    start = time.monotonic()
    with pytest.raises(OfflineError, match="within 1 seconds"):
        load_library(NAME)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("bomb", [False, True])
def test_a_reply_without_end_is_refused(server, monkeypatch, bomb):
    monkeypatch.setattr(enrichr, "REPLY_BYTES", 1_000_000)
    body = TEXT * 200
    headers = {"Content_Encoding": "gzip"} if bomb else {}
    server.behaviour = lambda handler: handler.send(gzip.compress(body) if bomb else body, **headers)
    with pytest.raises(LibraryError, match="1,000,000 bytes"):
        load_library(NAME)
    assert nothing_is_kept()


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_an_error_of_the_server_is_said(server, status):
    server.behaviour = lambda handler: handler.send(b"<html>sorry</html>", status)
    with pytest.raises(LibraryError, match=f"{NAME}.*status {status}"):
        load_library(NAME)
    assert nothing_is_kept()


@pytest.mark.parametrize(
    "body", [b"<html>\n<p>please log in</p>\n</html>\n", b"\xff\xfe\x00\x01", b"", b"{}"]
)
def test_something_else_than_gene_sets_is_refused(server, body):
    server.n_terms = 0
    server.behaviour = lambda handler: handler.send(body)
    with pytest.raises(LibraryError, match=NAME):
        load_library(NAME)
    assert nothing_is_kept()


def test_many_processes_at_once_get_it_and_one_asks(server, tmp_path):
    code = (
        "import sys, gsfm_enrich.libraries.enrichr as e; e._address = lambda organism: sys.argv[1];"
        "from gsfm_enrich.libraries.sources import load_library; print(len(load_library(sys.argv[2])))"
    )
    environment = {**os.environ, "HOME": str(tmp_path / "nowhere"), "PYTHONDONTWRITEBYTECODE": "1"}
    server.behaviour = lambda handler: (time.sleep(0.5), handler.send(TEXT))
    command = [sys.executable, "-c", code, server.address, NAME]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(8)
    ]
    done = [process.communicate(timeout=120) for process in running]
    assert [(out.strip(), error) for out, error in done] == [("110", "")] * 8
    assert sum("geneSetLibrary" in path for path in server.asked) == 1
    assert sorted(path.name for path in cache_folder().iterdir()) == [f".{NAME}.gmt.lock", f"{NAME}.gmt"]
    assert not (tmp_path / "nowhere").exists()
