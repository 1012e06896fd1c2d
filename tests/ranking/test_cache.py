"""Tables on disk: written whole, read back the same, rebuilt when damaged, bounded, shared by processes."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking import membership
from gsfm_enrich.ranking.cache import checksum, keep, key_of, make_room, model_hash, recall, tables_folder
from gsfm_enrich.ranking.membership import Membership

ARRAYS = {"a": np.arange(5, dtype=np.int32), "b": np.array(2.5)}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GSFM_ENRICH_CACHE", str(tmp_path))
    monkeypatch.setattr(membership, "FEWEST_KEPT", 10)
    return tables_folder()


def test_what_is_kept_comes_back() -> None:
    key = key_of("table", 1, [0.5, "human"])
    assert recall(key) is None
    keep(key, ARRAYS)
    found = recall(key)
    assert found is not None
    assert set(found) == {"a", "b"}
    assert found["a"].dtype == np.int32
    assert found["a"].tolist() == [0, 1, 2, 3, 4]
    assert float(found["b"]) == 2.5


def test_keys_differ_with_what_a_table_depends_on() -> None:
    assert len({key_of("a", 1), key_of("a", 2), key_of("b", 1), key_of("a", [1])}) == 4


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text"])
def test_damaged_tables_are_removed_and_said(
    damage: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep("k", ARRAYS)
    path = folder / "k.safetensors"
    data = bytearray(path.read_bytes())
    if damage == "flipped":
        data[-3] ^= 255
    damaged = {"cut": data[:-4], "flipped": data, "empty": b"", "text": b"no table"}[damage]
    path.write_bytes(bytes(damaged))
    with caplog.at_level(logging.WARNING):
        assert recall("k") is None
    assert "Removed the damaged table" in caplog.text
    assert not path.exists()


def test_the_longest_unused_go_first(folder: Path) -> None:
    for number, name in enumerate("abcd"):
        keep(name, {"x": np.zeros(1000)})
        os.utime(folder / f"{name}.safetensors", (number, number))
    recall("a")  # used just now
    make_room(folder, 2 * (folder / "a.safetensors").stat().st_size)
    assert sorted(path.stem for path in folder.glob("*.safetensors")) == ["a", "d"]


def test_the_newest_stays_even_alone_over_the_limit(folder: Path) -> None:
    keep("a", {"x": np.zeros(1000)})
    make_room(folder, 10)
    assert [path.stem for path in folder.glob("*.safetensors")] == ["a"]


def test_a_folder_that_cannot_be_written_is_let_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GSFM_ENRICH_CACHE", str(tmp_path / "file"))
    with caplog.at_level(logging.INFO):
        keep("k", ARRAYS)
    assert "The table k is not kept" in caplog.text
    assert recall("k") is None


def test_a_second_table_is_read_and_equal(
    block_model: GSFM, block_library: GeneSetLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Membership(block_library, block_model)
    expected = first.probable.toarray()

    def not_again(self: Membership, sets: object) -> None:
        raise AssertionError("the model was asked again")

    monkeypatch.setattr(Membership, "score", not_again)
    second = Membership(block_library, block_model)
    np.testing.assert_array_equal(second.probable.toarray(), expected)
    np.testing.assert_array_equal(second.calibration.coefficients, first.calibration.coefficients)
    assert second.calibration.ceiling == first.calibration.ceiling


def test_a_damaged_table_is_made_again(
    block_model: GSFM, block_library: GeneSetLibrary, folder: Path
) -> None:
    expected = Membership(block_library, block_model).probable.toarray()
    for path in folder.glob("*"):
        path.write_bytes(path.read_bytes()[:-8])
    np.testing.assert_array_equal(Membership(block_library, block_model).probable.toarray(), expected)


def test_another_model_has_another_hash(block_model: GSFM) -> None:
    import copy

    import torch

    other = copy.deepcopy(block_model)
    assert model_hash(other) == model_hash(block_model)
    changed = copy.deepcopy(block_model)
    with torch.no_grad():
        changed.output_layer.bias[3] += 1
    assert model_hash(changed) != model_hash(block_model)


def test_many_processes_write_the_same_table(tmp_path: Path) -> None:
    code = (
        "import numpy as np; from gsfm_enrich.ranking.cache import keep, recall\n"
        "for _ in range(50):\n"
        "    keep('k', {'x': np.arange(20000)})\n"
        "    found = recall('k')\n"
        "    assert found is not None and found['x'].sum() == 199990000\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", code], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()
    assert recall("k") is not None
    assert [path.name for path in tables_folder().iterdir()] == ["k.safetensors"]


def test_checksum_sees_names_types_and_shapes() -> None:
    arrays = [
        {"a": np.zeros(4)},
        {"b": np.zeros(4)},
        {"a": np.zeros(4, np.int64)},
        {"a": np.zeros((2, 2))},
        {"a": np.ones(4)},
    ]
    assert len({checksum(array) for array in arrays}) == 5


def test_a_table_under_another_name_is_not_trusted(folder: Path) -> None:
    keep("k", ARRAYS)
    (folder / "k.safetensors").rename(folder / "other.safetensors")
    assert recall("other") is None
    assert not (folder / "other.safetensors").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("indices", 10**9), ("indices", -1), ("indptr", 10**9), ("data", np.nan),
        ("data", np.inf), ("data", 2.0),
    ],
)  # fmt: skip
def test_altered_tables_with_a_new_checksum_are_made_again(
    name: str, value: float, block_model: GSFM, block_library: GeneSetLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Membership, "_is_kept", True)
    first = Membership(block_library, block_model)
    expected, key = first.inside.toarray(), first._key("inside")
    arrays = recall(key)
    assert arrays is not None
    arrays[name] = arrays[name].copy()
    arrays[name][len(arrays[name]) // 2] = value
    keep(key, arrays)
    again = Membership(block_library, block_model)
    np.testing.assert_array_equal(again.inside.toarray(), expected)
    found = recall(key)
    assert found is not None
    assert found[name].tolist() != arrays[name].tolist()


def test_altered_calibrations_are_made_again(
    block_model: GSFM, block_library: GeneSetLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Membership, "_is_kept", True)
    first = Membership(block_library, block_model)
    expected, key = first.calibration.to_arrays(), first._key("calibration")
    for change in ({"scale": np.array(np.nan)}, {"coefficients": np.zeros(3)}, {"shift": np.zeros(2)}):
        keep(key, expected | change)
        again = Membership(block_library, block_model).calibration.to_arrays()
        assert all(np.array_equal(again[name], expected[name]) for name in expected)


def test_what_a_killed_process_left_counts_and_goes_first(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    left = folder / ".k.safetensors.0123456789ab.tmp"
    left.write_bytes(bytes(10_000))
    os.utime(left, (1, 1))
    keep("a", {"x": np.zeros(100)})
    make_room(folder, 5_000)
    assert not left.exists()
    assert recall("a") is not None
