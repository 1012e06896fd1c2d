"""Finding libraries by name: the order of places, the cache, and what happens without a network."""

import io
import os

import gseapy
import pytest
import requests
from urllib3 import HTTPResponse

from gsfm_enrich.errors import GsfmEnrichWarning, InputError, LibraryError, OfflineError
from gsfm_enrich.libraries.bundled import bundled_libraries
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import cache_folder, cached_libraries, load_libraries, load_library

GO = "GO_Biological_Process"
BUNDLED = ", ".join(bundled_libraries())


class Server:
    """A stand-in for Enrichr at the one place where the network would be used."""

    def __init__(self):
        self.names = ["KEGG_2021_Human", "Reactome_2022"]
        self.text = "apoptosis\t\tTP53,1.0\tBAX,1.0\ngrowth\t\tMYC,1.0\n"
        self.status = 200
        self.list_status = 200
        self.error = None
        self.break_off = False
        self.asked = []

    def get(self, url, params=None, **options):
        self.asked.append(url)
        if self.error:
            raise self.error
        if params:
            return self.reply(self.status, self.text, self.break_off)
        statistics = [f'{{"libraryName": "{name}"}}' for name in self.names]
        return self.reply(self.list_status, f'{{"statistics": [{", ".join(statistics)}]}}')

    def reply(self, status, text, break_off=False):
        reply = requests.Response()
        reply.status_code = status
        length = len(text) + 100 * break_off
        reply.raw = HTTPResponse(
            io.BytesIO(text.encode()), headers={"Content-Length": str(length)}, preload_content=False
        )
        return reply


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("GSFM_ENRICH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GSFM_ENRICH_OFFLINE")
    server = Server()
    monkeypatch.setattr(requests, "get", server.get)
    return server


@pytest.fixture
def gmt(tmp_path):
    path = tmp_path / "mine.gmt"
    path.write_text("apoptosis\t\tTP53\tBAX\n")
    return path


def test_every_kind_and_its_name(gmt):
    library = GeneSetLibrary.from_dict({"a": ["MYC"]}, name="own")
    loaded = load_libraries([GO, str(gmt), gmt, {"b": ["EGFR"]}, library, {"c": ["KRAS"]}])
    names = [GO, "mine.gmt", "mine.gmt", "gs_ind_3", "own", "gs_ind_5"]
    assert [entry.name for entry in loaded] == names
    assert loaded[4] is library
    assert loaded[5].to_dict() == {"c": ["KRAS"]}


def test_names_of_dicts_and_files_are_gseapys(gmt):
    enr = gseapy.Enrichr(["TP53"], [], outdir=None)
    enr._gs2dict([{"a": ["MYC"]}, str(gmt), {"b": ["EGFR"]}])
    ours = load_libraries([{"a": ["MYC"]}, str(gmt), {"b": ["EGFR"]}])
    assert [library.name for library in ours] == enr._gs_name


@pytest.mark.parametrize("joined", ["{a},{b}", "{a}, {b}", " {a} ,, {b},"])
def test_comma_strings(tmp_path, gmt, joined):
    other = tmp_path / "other.gmt"
    other.write_text("growth\t\tMYC\n")
    loaded = load_libraries(joined.format(a=gmt, b=other))
    assert [library.name for library in loaded] == ["mine.gmt", "other.gmt"]


def test_a_file_whose_name_has_a_comma(tmp_path):
    path = tmp_path / "a,b.gmt"
    path.write_text("growth\t\tMYC\n")
    assert [library.name for library in load_libraries(str(path))] == ["a,b.gmt"]


def test_a_dict_alone_and_a_tuple():
    assert load_libraries({"a": ["MYC"]})[0].name == "gs_ind_0"
    assert [library.name for library in load_libraries(({"a": ["MYC"]}, GO))] == ["gs_ind_0", GO]


@pytest.mark.parametrize(
    ("gene_sets", "message"),
    [
        ([], "gene_sets is empty; expected at least one library."),
        ("", "gene_sets is empty; expected at least one library."),
        (" , ", "gene_sets is empty; expected at least one library."),
        ([""], "gene_sets has an empty name; expected the name of a library or a file."),
        (
            None,
            "gene_sets must be the name of a library, the path of a GMT file, a dict, a GeneSetLibrary, or a "
            "list of these, not NoneType.",
        ),
        (
            [GO, 3],
            "gene_sets must be the name of a library, the path of a GMT file, a dict, a GeneSetLibrary, or a "
            "list of these, not int.",
        ),
    ],
)
def test_refuses(gene_sets, message):
    with pytest.raises(InputError) as caught:
        load_libraries(gene_sets)
    assert str(caught.value) == message


def test_a_missing_file(tmp_path, gmt):
    path = tmp_path / "mines.gmt"
    for given in (path, str(path)):
        with pytest.raises(InputError) as caught:
            load_library(given)
        assert str(caught.value) == f"There is no file {str(path)!r}. Did you mean 'mine.gmt'?"


def test_a_file_is_read_again_when_it_changed(gmt):
    first = load_library(gmt)
    assert load_library(gmt) is first
    gmt.write_text("apoptosis\t\tTP53\tBAX\tCASP3\n")
    os.utime(gmt, ns=(1, 1))
    assert load_library(gmt).to_dict() == {"apoptosis": ["TP53", "BAX", "CASP3"]}


def test_losses_of_a_file_are_told_at_each_call(gmt):
    gmt.write_text("apoptosis\t\tTP53\tBAX\nnonsense\ngrowth\t\tMYC\n")
    for _ in range(2):
        with pytest.warns(GsfmEnrichWarning, match=r"^mine\.gmt: left out 1 malformed line\.$"):
            load_library(gmt)


def test_bundled_comes_first_and_asks_nobody(server):
    assert load_libraries(GO, "Human")[0].name == GO
    assert server.asked == []


def test_a_download_is_kept_and_then_used_without_network(server):
    first = load_library("KEGG_2021_Human")
    assert first.to_dict() == {"apoptosis": ["TP53", "BAX"], "growth": ["MYC"]}
    assert len(server.asked) == 2
    server.error = requests.ConnectionError("no network")
    again = load_library("KEGG_2021_Human")
    assert again == first
    assert again.name == "KEGG_2021_Human"
    assert len(server.asked) == 2
    assert cached_libraries() == ["KEGG_2021_Human"]
    assert load_libraries("KEGG_2021_Human,GO_Molecular_Function")[0] == first


def test_one_folder_for_each_organism(server, tmp_path):
    load_libraries("KEGG_2021_Human", "Human")
    server.text = "flight\t\twg\n"
    (fly,) = load_libraries("KEGG_2021_Human", "D. melanogaster")
    assert fly.to_dict() == {"flight": ["wg"]}
    assert "FlyEnrichr" in server.asked[-1]
    assert load_library("KEGG_2021_Human").terms == ("apoptosis", "growth")
    stored = sorted(
        path.relative_to(tmp_path / "cache").as_posix() for path in tmp_path.rglob("cache/**/*.gmt")
    )
    assert stored == ["libraries/fly/KEGG_2021_Human.gmt", "libraries/human/KEGG_2021_Human.gmt"]


def test_rat_uses_the_server_of_the_mammals(server):
    assert load_library("KEGG_2021_Human", "rat").terms == ("apoptosis", "growth")
    assert "/Enrichr/" in server.asked[-1]
    assert cached_libraries("rat") == ["KEGG_2021_Human"]


def test_the_bundled_libraries_are_not_for_flies(server):
    with pytest.raises(LibraryError) as caught:
        load_library(GO, "fly")
    assert str(caught.value).startswith(f"There is no gene set library {GO!r} for fly.")


def test_unknown_name(server):
    with pytest.raises(LibraryError) as caught:
        load_library("KEGG_2021")
    message = "There is no gene set library 'KEGG_2021' for human. Did you mean 'KEGG_2021_Human'?"
    assert str(caught.value) == message
    assert cached_libraries() == []


def test_without_network(server):
    load_library("Reactome_2022")
    server.error = requests.ConnectionError("no network")
    with pytest.raises(OfflineError) as caught:
        load_library("KEGG_2021_Human")
    assert str(caught.value) == (
        "The library 'KEGG_2021_Human' is neither bundled, nor a file, nor cached for human, and Enrichr "
        f"cannot be reached. Bundled: {BUNDLED}; cached: Reactome_2022."
    )
    with pytest.raises(OfflineError) as caught:
        load_library("KEGG_2021_Human", "worm")
    assert str(caught.value) == (
        "The library 'KEGG_2021_Human' is neither bundled, nor a file, nor cached for worm, and Enrichr "
        "cannot be reached. Bundled: none; cached: none."
    )


def test_a_broken_download_leaves_the_previous_file(server, tmp_path):
    load_library("KEGG_2021_Human")
    kept = cache_folder() / "KEGG_2021_Human.gmt"
    before = kept.read_bytes()
    server.break_off = True
    server.text = "other\t\tEGFR\nmore\t\tKRAS\n"
    with pytest.raises(OfflineError) as caught:
        load_library("Reactome_2022")
    assert str(caught.value) == (
        "The library 'Reactome_2022' is neither bundled, nor a file, nor cached for human, and Enrichr "
        f"broke off the download. Bundled: {BUNDLED}; cached: KEGG_2021_Human."
    )
    assert cached_libraries() == ["KEGG_2021_Human"]
    assert kept.read_bytes() == before


def test_an_interrupted_cache_write_leaves_nothing(server, monkeypatch):
    def interrupted(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_library("KEGG_2021_Human")
    assert [path.name for path in cache_folder().glob("*") if not path.name.endswith(".lock")] == []
    monkeypatch.undo()
    assert cached_libraries() == []


def test_a_cache_that_cannot_be_written(server, tmp_path, monkeypatch):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    monkeypatch.setenv("GSFM_ENRICH_CACHE", str(blocked))
    with pytest.warns(GsfmEnrichWarning) as caught:
        library = load_library("KEGG_2021_Human")
    assert library.terms == ("apoptosis", "growth")
    folder = str(blocked / "libraries" / "human")
    expected = f"KEGG_2021_Human was downloaded but could not be saved in {folder!r}: "
    assert str(caught[0].message).startswith(expected)


def test_a_server_that_does_not_send(server):
    server.status = 404
    with pytest.raises(LibraryError) as caught:
        load_library("KEGG_2021_Human")
    assert str(caught.value) == "Enrichr did not send the library 'KEGG_2021_Human' for human: status 404."
    assert cached_libraries() == []


def test_a_list_that_cannot_be_read_does_not_stop_the_download(server):
    server.list_status = 503
    assert load_library("KEGG_2021_Human").terms == ("apoptosis", "growth")
    server.list_status, server.names = 200, ['broken"']
    assert load_library("Another").terms == ("apoptosis", "growth")


def test_an_empty_reply_is_not_kept(server):
    server.text = "\n"
    with pytest.raises(LibraryError) as caught:
        load_library("KEGG_2021_Human")
    assert "'KEGG_2021_Human'" in str(caught.value)
    assert cached_libraries() == []


def test_unknown_organism():
    with pytest.raises(InputError, match=r"^Unknown organism 'humna'"):
        load_libraries(GO, "humna")


def test_the_usual_cache_folder(monkeypatch):
    import platformdirs

    monkeypatch.delenv("GSFM_ENRICH_CACHE", raising=False)
    expected = platformdirs.user_cache_path("gsfm_enrich") / "libraries" / "mouse"
    assert cache_folder("mouse") == expected


def test_downloads_forbidden(server, monkeypatch):
    monkeypatch.setenv("GSFM_ENRICH_OFFLINE", "1")
    with pytest.raises(OfflineError) as caught:
        load_library("KEGG_2021_Human")
    assert str(caught.value) == (
        "The library 'KEGG_2021_Human' is neither bundled, nor a file, nor cached for human, and Enrichr is "
        f"not asked, as GSFM_ENRICH_OFFLINE is set. Bundled: {BUNDLED}; cached: none."
    )
    assert server.asked == []


def test_missing_members_of_a_dict_are_said():
    with pytest.warns(GsfmEnrichWarning, match="left out 2 missing values"):
        [library] = load_libraries({"a": ["TP53", None, "NA", "BAX"]})
    assert library["a"] == ["TP53", "BAX"]
