"""Building channels: eigenvectors and whitening against dense linear algebra, the whole on blocks."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from gsfm_enrich.errors import InputError
from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.model.whitening import RIDGE, whiten
from gsfm_enrich.training.annotation import family_similarity, location_similarity, name_words
from gsfm_enrich.training.channels import build_channels, kinds_of, span
from gsfm_enrich.training.gate import fit_gate, make_lessons, train_channels


def test_span_is_the_leading_eigenspace(block_corpus) -> None:
    sets = np.flatnonzero(block_corpus.source == 1)
    places = span(block_corpus, sets, 6)
    v = len(block_corpus.vocab)
    incidence = np.zeros((len(sets), v))
    for row, number in enumerate(sets):
        units = block_corpus[number]
        incidence[row, units] = (len(units) - 1) ** -0.25
    degree = incidence.T @ incidence.sum(axis=1)
    scale = np.where(degree > 0, 1 / np.sqrt(degree + np.median(degree[degree > 0])), 0)
    values, vectors = np.linalg.eigh((incidence * scale).T @ (incidence * scale))
    leading = vectors[:, -6:] * values[-6:] ** 0.25
    length = np.linalg.norm(leading, axis=1, keepdims=True)
    leading = leading / (length + 1e-3 * np.median(length[length > 1e-9]))
    np.testing.assert_allclose(places @ places.T, leading @ leading.T, atol=2e-3)


def test_whiten_is_a_ridge_discriminant() -> None:
    rng = np.random.default_rng(0)
    spans = [rng.standard_normal((40, 5)).astype(np.float32), rng.standard_normal((40, 3)).astype(np.float32)]
    places = whiten(spans, width=8)
    x = np.hstack(spans)[2:].astype(float)
    x -= x.mean(axis=0)
    covariance = x.T @ x / len(x)
    ridge = RIDGE * np.trace(covariance) / 8
    np.testing.assert_allclose(
        places[2:] @ places[2:].T,
        x @ np.linalg.inv(covariance + ridge * np.eye(8)) @ x.T,
        rtol=1e-3,
        atol=1e-4,
    )
    assert not places[:2].any()


def test_sources_are_sorted_into_kinds(make_corpus) -> None:
    tokens = ["<unk>", "<pad>", "A", "B", "C"]
    sets = [[2, 3], [3, 4]]
    corpus = make_corpus(
        {"literature": sets, "ppi_biogrid": sets, "ppi_humap": sets[:1], "mine": sets}, tokens
    )
    assert {kind: numbers.tolist() for kind, numbers in kinds_of(corpus).items()} == {
        "interactions": [2, 3, 4],
        "mine": [5, 6],
    }


@pytest.fixture(scope="module")
def trained(block_corpus):
    return train_channels(block_corpus, None)


def test_a_trained_model_completes_blocks(block_corpus, trained) -> None:
    scores = trained.complete([["B0G0", "B0G3", "B0G7"], ["B4G1"]])
    genes = block_corpus.vocab.tokens
    for row, block, given in ((scores[0], "B0", {"B0G0", "B0G3", "B0G7"}), (scores[1], "B4", {"B4G1"})):
        ranked = [genes[unit] for unit in np.argsort(-row) if genes[unit] not in given]
        assert {gene[:2] for gene in ranked[: 10 - len(given)]} == {block}


def test_the_same_seed_gives_the_same_model(block_corpus, trained) -> None:
    again = train_channels(block_corpus, None)
    for name, weight in trained.state_dict().items():
        assert weight.equal(again.state_dict()[name]), name


def test_weights_are_learned(block_corpus) -> None:
    chosen = np.zeros(len(block_corpus), dtype=bool)
    chosen[np.flatnonzero(block_corpus.source == 1)[:40]] = True
    model = build_channels(block_corpus, None, ~chosen)
    lessons = make_lessons(model, block_corpus, chosen)
    assert fit_gate(model, lessons) < np.log(len(block_corpus.vocab) - 2)  # what a uniform guess would lose
    assert (model.gate[:, 0] > -1).any()


def test_sets_to_learn_weights_from_are_needed(make_corpus) -> None:
    tokens = ["<unk>", "<pad>", *(f"G{i}" for i in range(9))]
    rng = np.random.default_rng(0)
    sets = [np.sort(2 + rng.choice(9, 3, replace=False)) for _ in range(30)]
    with pytest.raises(InputError) as caught:
        train_channels(make_corpus({"mine": sets}, tokens), None)
    assert str(caught.value) == (
        "The weights of the channels are learned from sets of 10 to 1000 genes, "
        "and the corpus has none to hold out."
    )


@pytest.fixture
def org_db(tmp_path: Path) -> Path:
    path = tmp_path / "org.Hs.eg.sqlite"
    database = sqlite3.connect(path)
    database.executescript(
        """
        CREATE TABLE genes (_id INTEGER, gene_id TEXT);
        CREATE TABLE gene_info (_id INTEGER, gene_name TEXT, symbol TEXT);
        CREATE TABLE pfam (_id INTEGER, ipi_id TEXT, pfam_id TEXT);
        CREATE TABLE prosite (_id INTEGER, ipi_id TEXT, prosite_id TEXT);
        CREATE TABLE chromosome_locations (_id INTEGER, seqname TEXT, start_location INTEGER);
        INSERT INTO genes VALUES (1, '973'), (2, '974'), (3, '7157'), (4, '4609');
        INSERT INTO gene_info VALUES (1, 'CD79a molecule', 'CD79A'), (2, 'CD79b molecule', 'CD79B'),
            (3, 'tumor protein p53', 'TP53'), (4, 'MYC proto-oncogene', 'MYC');
        INSERT INTO pfam VALUES (1, 'x', 'PF1'), (3, 'x', 'PF1'), (4, 'x', NULL);
        INSERT INTO prosite VALUES (2, 'x', 'PS9');
        INSERT INTO chromosome_locations VALUES (1, '19', 1000), (2, '19', -51000), (3, '19', 5000000),
            (4, '8', 1000), (4, '8_alt_long', 5);
        """
    )
    database.commit()
    database.close()
    return path


VOCAB = Vocab(["<unk>", "<pad>", "CD79A", "CD79B", "TP53", "MYC"])


def test_families_share_words_and_domains(org_db: Path) -> None:
    found = family_similarity(org_db, VOCAB).toarray()
    # CD79A and CD79B share "molecule", the stem "CD" and the start "CD79"; TP53 shares a domain with CD79A.
    weight = (np.log(6 / 2) / np.log(6)) ** 1.5
    length = np.sqrt(3 * weight**2) + 0.3
    np.testing.assert_allclose(found[2, 3], 3 * weight**2 / length**2, rtol=1e-5)
    np.testing.assert_allclose(found[2, 4], weight**2 / (weight + 0.3) ** 2, rtol=1e-5)
    assert found[2, 5] == found[3, 4] == 0


def test_neighbours_on_a_chromosome(org_db: Path) -> None:
    found = location_similarity(org_db, VOCAB).toarray()
    expected = np.zeros((6, 6))
    expected[2, 3] = expected[3, 2] = 1 / (1 + 50_000 / 50_000)
    np.testing.assert_allclose(found, expected)


def test_words_of_a_name() -> None:
    assert set(name_words("CD79A", "CD79a molecule")) == {
        "cd79a",
        "molecule",
        "cd79a molecule",
        "stem CD",
        "start CD79",
    }
