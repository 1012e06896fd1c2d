"""Near duplicates, against a comparison of every pair."""

import numpy as np
import pytest

from gsfm_enrich.errors import InputError
from gsfm_enrich.training.duplicates import ROWS, band_keys, bands_for, gene_hashes, mix, similar_to_earlier
from gsfm_enrich.training.setfile import SetFile

N_GENES = 400
HASHES = gene_hashes([f"G{i}" for i in range(N_GENES)])


def jaccard(a, b):
    return len(a & b) / len(a | b)


def by_every_pair(sets, threshold):
    """Go through the sets in order and compare each with every one kept before."""
    kept, similar = [], []
    for units in map(set, sets):
        found = next((jaccard(units, other) for other in kept if jaccard(units, other) >= threshold), 0.0)
        similar.append(found)
        if not found:
            kept.append(units)
    return similar


def families(rng, n=150):
    """Sets, and after some of them variants with a few genes changed, at all degrees of similarity."""
    sets = []
    for _ in range(n):
        genes = rng.choice(N_GENES, rng.integers(2, 60), replace=False).tolist()
        sets.append(genes)
        for _ in range(rng.integers(0, 4)):
            variant = [gene for gene in genes if rng.random() > 0.06]
            variant += rng.choice(N_GENES, rng.integers(0, 3)).tolist()
            sets.append(list(dict.fromkeys(variant)) or [0])
    return [sets[i] for i in rng.permutation(len(sets))]


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9, 1.0])
@pytest.mark.parametrize("first", [0, 40])
def test_like_a_comparison_of_every_pair(tmp_path, threshold, first):
    sets = families(np.random.default_rng(0))
    with SetFile(tmp_path / "sets") as file:
        for units in sets:
            file.append(units)
        found = similar_to_earlier(file, first, HASHES, threshold)
        expected = by_every_pair(sets[first:], threshold)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        assert 0 < np.count_nonzero(expected) < len(expected)
        np.testing.assert_array_equal(similar_to_earlier(file, first, HASHES, threshold), found)


def test_a_set_like_one_that_was_left_out_stays(tmp_path):
    chain = [list(range(0, 20)), list(range(1, 21)), list(range(2, 22))]  # neighbours 19/21, ends 18/22
    with SetFile(tmp_path / "sets") as file:
        for units in chain:
            file.append(units)
        assert similar_to_earlier(file, 0, HASHES, 0.9).tolist() == [0, pytest.approx(19 / 21), 0]


def test_many_copies_of_one_set_take_no_time(tmp_path):
    with SetFile(tmp_path / "sets") as file:
        for _ in range(20_000):
            file.append([1, 2, 3])
        assert similar_to_earlier(file, 0, HASHES, 0.9).sum() == 19_999


def test_sets_share_a_band_as_often_as_theory_says(tmp_path):
    """The share of equal MinHash bands is the Jaccard index to the power of the rows."""
    a, b = range(0, 90), range(10, 100)
    with SetFile(tmp_path / "sets") as file:
        file.append(a)
        file.append(b)
        keys = np.array([band_keys(file, 0, HASHES, band) for band in range(2000)])
    share, expected = (keys[:, 0] == keys[:, 1]).mean(), (80 / 100) ** ROWS
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / 2000)


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9, 0.99])
def test_bands_are_just_enough(threshold):
    missed = [(1 - threshold**ROWS) ** n for n in (bands_for(threshold), bands_for(threshold) - 1)]
    assert missed[0] <= 1e-4 < missed[1]


def test_hashes_depend_on_the_symbol_alone_and_mix_one_to_one():
    np.testing.assert_array_equal(gene_hashes(["G7", "G3"]), HASHES[[7, 3]])
    assert len(set(HASHES.tolist())) == N_GENES
    mixed = mix(np.arange(100_000, dtype=np.uint64), 5)
    assert len(np.unique(mixed)) == 100_000
    assert int(mix(np.zeros(1, dtype=np.uint64), 0)[0]) == 0xE220A8397B1DCDAF  # SplitMix64's first from 0


@pytest.mark.parametrize("threshold", [0.49, 1.01, float("nan")])
def test_thresholds_out_of_range(tmp_path, threshold):
    with SetFile(tmp_path / "sets") as file, pytest.raises(InputError) as caught:
        similar_to_earlier(file, 0, HASHES, threshold)
    assert str(caught.value) == f"near_duplicates must be between 0.5 and 1, not {threshold}."
