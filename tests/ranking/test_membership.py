"""The membership table against dense computations and against hidden members."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from scipy.special import expit

from gsfm_enrich.kept import results_of
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.channels import ChannelGSFM
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.scores import (
    REFERENCE_SIZES,
    GeneFactors,
    mean_and_covariance,
    nearest_reference,
    reference,
)
from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.ranking import probable_genes
from gsfm_enrich.ranking.completed_sets import strongest
from gsfm_enrich.ranking.membership import Membership
from gsfm_enrich.ranking.probable_genes import LEAST, LIFT
from gsfm_enrich.training.cooccurrence import strongest_neighbours


def channel_model(vocab: Vocab, *, within: bool) -> ChannelGSFM:
    """Make a model of a dense channel of noise and a table: neighbours of a gene's own block, or any."""
    rng = np.random.default_rng(0)
    v = len(vocab)
    config = GSFMConfig(v, architecture="gsfm-channels", dense={"noise": 8}, tables={"near": 8})
    model = ChannelGSFM(config, vocab)
    places = rng.standard_normal((v, 8)).astype(np.float32)
    places[:2] = 0
    model.dense_channels[0].store(places)
    block = (np.arange(v) - 2) // 25
    near = rng.uniform(0.5, 1, (v, v)) * ((block[:, None] == block) | (not within))
    near[:2] = near[:, :2] = 0
    near *= rng.random((v, v)) < (0.5 if within else 0.04)
    model.table_channels[0].store(*strongest_neighbours(csr_array(near.astype(np.float32)), 8))
    model.gate[:, 0] = 1.0
    return model.eval()


def test_nearest_reference_is_nearest_on_a_log_scale() -> None:
    sizes = np.array([0, 1, 5, 6, 17, 18, 5000])
    assert [REFERENCE_SIZES[i] for i in nearest_reference(sizes)] == [3, 3, 3, 10, 10, 30, 1000]


def test_reference_is_mean_and_scale_over_random_sets(block_model: GSFM) -> None:
    mean, sd = reference(block_model, 10)
    rng = np.random.default_rng(5)
    genes = np.array(block_model.vocab.genes)
    logits = block_model.complete([list(rng.choice(genes, 10, replace=False)) for _ in range(4000)])
    logits -= logits[:, 2:].mean(axis=1, keepdims=True)
    np.testing.assert_allclose(mean[2:], logits.mean(axis=0)[2:], atol=0.15)
    spread = logits.std(axis=0)[2:]
    np.testing.assert_allclose(sd[2:], spread + np.median(spread), rtol=0.15)


def test_mean_and_covariance_are_numpys() -> None:
    x = np.random.default_rng(0).normal(3, 2, (50, 4)).astype(np.float32)
    mean, covariance = mean_and_covariance(x)
    np.testing.assert_allclose(mean, x.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(covariance, np.cov(x, rowvar=False), rtol=1e-4, atol=1e-5)


def test_scores_are_standardised_logits(block_model: GSFM) -> None:
    units = np.arange(2, len(block_model.vocab))
    sets = [np.array([2, 3, 4]), np.array([30, 60, 90, 120, 150, 180])]
    scores = GeneFactors(block_model, units).score(sets)
    table = scores.block(np.array([0, 1]), scores.genes.at(np.arange(len(units))))
    logits = block_model.complete([[block_model.vocab.tokens[u] for u in s] for s in sets])[:, 2:]
    logits -= logits.mean(axis=1, keepdims=True)
    for row, size in ((0, 3), (1, 10)):
        mean, sd = reference(block_model, size)
        z = (logits[row] - mean[2:]) / sd[2:]
        np.testing.assert_allclose(table[row], (z - z.mean()) / z.std(ddof=1), atol=1e-3)
        unscaled = scores.against_random(table[[row]], np.array([row]))[0]
        np.testing.assert_allclose(unscaled, z, atol=1e-3)
    pairs = scores.pairs(np.array([1, 0]), np.array([7, 9]))
    np.testing.assert_allclose(pairs, [[table[1, 7], table[0, 9]]], atol=1e-5)
    own = [[row[given - 2].mean() for row, given in zip(table, sets, strict=True)]]
    np.testing.assert_allclose(scores.own, own, atol=1e-4)


def test_members_get_zero_and_block_mates_the_most(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    table = Membership(block_library, block_model)
    terms, genes = np.arange(len(block_library)), np.arange(len(block_model.vocab) - 2)
    p = table.predicted(terms, genes)
    block_of_column = (table.units - 2) // 25
    for row in range(len(block_library)):
        member = table.known[[row]].toarray().ravel() > 0
        mates = (block_of_column == row % 12) & ~member
        assert np.all(p[row, member] == 0)
        assert p[row, mates].min() > 10 * p[row, ~mates & ~member].max()
    some = table.predicted(np.array([3, 5]), np.array([7, 1, 2]))
    np.testing.assert_allclose(some, p[np.ix_([3, 5], [7, 1, 2])], rtol=1e-4)


def test_the_strongest_are_the_highest_scores_of_what_is_not_shown(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    table = Membership(block_library, block_model)
    shown = [members[:8] for members in table.members]
    scores = table.score(shown)
    everything = scores.block(np.arange(len(shown)), table.genes.at(np.arange(len(table.units))))
    for row, found in enumerate(strongest(scores, shown)):
        free = np.setdiff1d(np.arange(len(table.units)), shown[row])
        best = free[np.argsort(-everything[row, free])][: len(table.units) // 4]
        assert set(found.tolist()) == set(best.tolist())


def test_the_sparse_table_keeps_the_probabilities_that_count(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    table = Membership(block_library, block_model)
    p = table.predicted(np.arange(len(block_library)), np.arange(len(table.units)))
    least = np.maximum(LEAST, LIFT * table.sizes / len(table.units))
    expected = np.where(p >= least[:, None], p, 0)
    np.testing.assert_allclose(table.probable.toarray(), expected, rtol=1e-4)
    np.testing.assert_array_equal(table.inside.toarray(), table.probable.toarray()[:, : table.n_library])
    np.testing.assert_array_equal(table.outside.toarray(), table.probable.toarray()[:, table.n_library :])
    assert table.probable.nnz < 0.2 * p.size


def test_calibrated_probabilities_count_the_hidden_members(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    """Two of 12 members were hidden among 15 genes of their block; 13 others are left."""
    table = Membership(block_library, block_model)
    expected = len(block_library) * 13 * (2 / 15) * (12 / 10)
    p = table.predicted(np.arange(len(block_library)), np.arange(len(table.units)))
    assert p.sum() == pytest.approx(expected, rel=0.15)


def test_a_model_that_knows_nothing_leaves_the_table_binary(block_model: GSFM) -> None:
    rng = np.random.default_rng(3)
    genes = np.array(block_model.vocab.genes)
    anything = {f"random {i}": list(rng.choice(genes, 20, replace=False)) for i in range(60)}
    table = Membership(GeneSetLibrary.from_dict(anything, "noise"), block_model)
    assert table.predicted(np.arange(60), np.arange(len(genes))).max() < 0.2
    assert table.probable.nnz == 0
    few = Membership(GeneSetLibrary.from_dict({"a": list(genes[:20])}, "few"), block_model)
    assert not few.calibration.trusted
    assert not few.predicted(np.zeros(1, dtype=int), np.arange(len(genes))).any()
    assert few.probable.nnz == 0


def test_large_terms_stay_as_they_are(
    block_model: GSFM, block_library: GeneSetLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = Membership(block_library, block_model).sizes
    largest = int(np.median(sizes)) - (0 if len(set(sizes)) > 1 else 1)
    monkeypatch.setattr(probable_genes, "LARGEST_TERM", largest)
    table = Membership(block_library, block_model)
    predicted = np.diff(table.probable.tocsr().indptr)
    assert not predicted[sizes > largest].any()
    assert predicted[sizes <= largest].any() == (sizes <= largest).any()


def test_left_out_members_are_scored_as_strangers(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    table = Membership(block_library, block_model)
    row, column = np.array([4]), table.known[[4]].indices[:1].astype(np.int64)
    score = table.left_out(row, column).scores.pairs(np.array([0]), column)[0]
    rest = [gene for gene in block_library[block_library.terms[4]] if gene != block_library.genes[column[0]]]
    smaller = Membership(
        GeneSetLibrary.from_dict({"rest": rest, **block_library.to_dict()}, "l"), block_model
    )
    same = smaller.of_library[smaller.library.gene_positions[block_library.genes[column[0]]]]
    np.testing.assert_allclose(
        score, smaller.scores.block(np.array([0]), smaller.genes.at(np.array([same])))[0], atol=1e-4
    )


def test_same_bytes_on_one_thread_and_two(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    before = torch.get_num_threads()
    tables = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            results_of(block_model).clear()
            tables.append(Membership(block_library, block_model).probable)
    finally:
        torch.set_num_threads(before)
    for part in ("data", "indices", "indptr"):
        assert getattr(tables[0], part).tobytes() == getattr(tables[1], part).tobytes()


def test_each_channel_is_weighed_by_what_it_predicts(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    """Beside a dense channel of noise, neighbours within blocks help and others do not."""
    trusted, untrusted = (channel_model(block_model.vocab, within=within) for within in (True, False))
    helped, table = Membership(block_library, trusted), Membership(block_library, untrusted)
    slopes = [t.calibration.slopes(t.sizes, t.scores.own).mean(axis=1) for t in (helped, table)]
    assert slopes[1][1] < 0.3 * slopes[0][1]
    assert slopes[0][0] < 0.3 * slopes[0][1]
    rows, columns = np.array([1, 8]), np.array([5, 90, 200])
    dense, near = (
        helped.scores.block(rows, helped.genes.at(columns), np.eye(2)[channel][:, None].repeat(2, axis=1))
        for channel in (0, 1)
    )
    asked = helped.sizes[rows], helped.scores.own[:, rows]
    slope, offset = helped.calibration.slopes(*asked), helped.calibration.offsets(*asked)
    full = slope[0][:, None] * dense + slope[1][:, None] * near + offset[:, None]
    expected = full - np.log(helped.sizes[rows] / len(helped.units))[:, None]  # over the odds of any gene
    p = helped.probability(expected.astype(np.float32), helped.sizes[rows][:, None])
    np.testing.assert_allclose(p, np.minimum(expit(full), helped.calibration.ceiling), rtol=1e-4)
    np.testing.assert_allclose(helped.log_odds(rows, columns), expected, rtol=1e-4)
    sets = [block_library[block_library.terms[row]] for row in rows]
    whole = trusted.complete(sets)[:, helped.units[columns]]
    np.testing.assert_allclose(dense + near, whole, rtol=1e-4, atol=1e-5)


def test_a_kept_table_is_not_read_for_other_orthologues(block_model: GSFM) -> None:
    genes = list(block_model.vocab.genes)
    library = GeneSetLibrary.from_dict({f"t{i}": genes[i : i + 20] for i in range(0, 100, 20)})
    table, same, other = (Membership(library, block_model) for _ in range(3))
    other.units = np.roll(other.units, 1)  # as another table of orthologues would have it
    assert table._key("inside") == same._key("inside") != other._key("inside")
