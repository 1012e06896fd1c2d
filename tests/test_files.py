"""Files are whole or not there, have the mode that they should, and are no bombs."""

from __future__ import annotations

import gzip
import os
import stat
from pathlib import Path

import pytest

from gsfm_enrich import files
from gsfm_enrich.errors import InputError, LibraryError
from gsfm_enrich.files import read_lines, write_atomically, written_aside
from gsfm_enrich.genes.inputs import as_gene_list
from gsfm_enrich.libraries.gmt import read_gmt


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(("umask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_obeys_the_umask(tmp_path: Path, umask: int, expected: int) -> None:
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "a", b"text")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "a") == expected


def test_an_existing_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o640)
    write_atomically(path, b"new")
    assert (path.read_text(), mode_of(path)) == ("new", 0o640)


def test_an_error_leaves_the_former_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")

    def interrupted() -> None:
        with written_aside(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("a", "old")]


def test_long_names_can_be_written(tmp_path: Path) -> None:
    write_atomically(tmp_path / ("a" * 250), b"text")
    assert (tmp_path / ("a" * 250)).read_bytes() == b"text"


@pytest.mark.parametrize("packed", [False, True])
def test_lines_of_plain_and_gzipped_files(tmp_path: Path, packed: bool) -> None:
    text = b"one\ntwo\r\nthree"
    (tmp_path / "a").write_bytes(gzip.compress(text) if packed else text)
    assert list(read_lines(tmp_path / "a")) == [b"one\n", b"two\r\n", b"three"]


def test_a_gzip_bomb_is_refused_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "UNPACKED", 1_000_000)
    path = tmp_path / "bomb.gmt.gz"
    path.write_bytes(gzip.compress(b"a\t\tTP53\tBAX\n" * 1_000_000))
    with pytest.raises(LibraryError, match=r"bomb\.gmt\.gz.*200 times its size"):
        read_gmt(path)
    with pytest.raises(InputError, match=r"bomb\.gmt\.gz.*200 times its size"):
        as_gene_list(path)


@pytest.mark.parametrize("packed", [False, True])
def test_a_line_without_end_is_refused(tmp_path: Path, packed: bool) -> None:
    text = b"a\t\tTP53\n" + b"A" * 10_000_000
    path = tmp_path / "long.gmt"
    path.write_bytes(gzip.compress(text) if packed else text)
    with pytest.raises(LibraryError, match=r"Line 2 of .*long\.gmt.*5,000,000 bytes"):
        read_gmt(path)
    with pytest.raises(InputError, match=r"Line 2 of .*long\.gmt.*5,000,000 bytes"):
        as_gene_list(str(path))


def test_a_damaged_gzip_file_is_said(tmp_path: Path) -> None:
    whole = gzip.compress(b"TP53\nBAX\n" * 100)
    for number, data in enumerate((whole[:20], whole[:10] + b"\xff" * 30, whole[:-8] + bytes(8))):
        path = tmp_path / f"{number}.txt.gz"
        path.write_bytes(data)
        with pytest.raises(InputError, match="damaged gzip"):
            as_gene_list(path)


def test_a_pipe_will_do(tmp_path: Path) -> None:
    read, write = os.pipe()
    with os.fdopen(write, "wb") as end:
        end.write(b"TP53\nBAX\n")
    assert as_gene_list(Path(f"/dev/fd/{read}")) == ["TP53", "BAX"]
    os.close(read)
