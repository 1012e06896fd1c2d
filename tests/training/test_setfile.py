"""A file of sets, against the same sets in a list."""

import numpy as np
import pytest

from gsfm_enrich.training import setfile
from gsfm_enrich.training.setfile import SetFile


@pytest.mark.parametrize("block", [1, 7, 64, 10_000])
def test_sets_come_back_one_by_one_and_in_blocks(tmp_path, monkeypatch, block):
    monkeypatch.setattr(setfile, "BLOCK", block)
    rng = np.random.default_rng(0)
    expected = [rng.integers(10**9, size=rng.integers(1, 20)).tolist() for _ in range(100)]
    with SetFile(tmp_path / "sets") as sets:
        for number, units in enumerate(expected):
            sets.append(units)
            assert len(sets) == number + 1
            if number % 9 == 0:  # reading in between disturbs nothing
                assert sets[number // 2].tolist() == expected[number // 2]
        assert [sets[i].tolist() for i in range(100)] == expected
        assert sets.starts.tolist() == np.cumsum([0, *map(len, expected)]).tolist()
        for first in (0, 1, 63, 99, 100):
            found = []
            for piece in sets.blocks(first):
                assert piece.first == first + len(found)
                assert len(piece.units) <= block or len(piece.sizes) == 1
                assert piece.rows.tolist() == np.repeat(range(len(piece.sizes)), piece.sizes).tolist()
                found += [part.tolist() for part in np.split(piece.units, piece.starts[1:-1])]
            assert found == expected[first:]


def test_no_sets(tmp_path):
    with SetFile(tmp_path / "sets") as sets:
        assert len(sets) == 0
        assert list(sets.blocks()) == []
