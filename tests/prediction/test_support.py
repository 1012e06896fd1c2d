"""What is shown beside a predicted function, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.build import build
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.vocab import Vocab
from gsfm_enrich.prediction import support
from gsfm_enrich.prediction.neighbours import neighbors
from gsfm_enrich.prediction.predict import predict_functions
from gsfm_enrich.prediction.support import (
    Comparison,
    held_out_auroc,
    keep_auroc,
    library_comparison,
    term_auroc,
)
from gsfm_enrich.ranking.membership import Membership, library_membership


def test_a_term_is_as_reliable_as_its_hidden_members_are_found(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    table = library_membership(block_library, block_model)
    everything = np.arange(len(table.units))
    found = held_out_auroc(table, np.array([4, 9]), everything)
    for row, auroc in zip((4, 9), found, strict=True):
        members = table.known[[row]].indices
        shuffled = np.random.default_rng([0, row]).permutation(members)
        outside = np.setdiff1d(everything, members)
        wins, pairs = 0.0, 0
        for part in range(5):
            hidden = shuffled[part::5]
            kept = [block_library.terms[row]]
            rest = {
                kept[0]: [block_model.vocab.tokens[u] for u in table.units[np.setdiff1d(members, hidden)]]
            }
            scores = table.genes.score([block_model.vocab.encode(rest[kept[0]])])
            one = np.zeros(1, dtype=np.int64)
            given = scores.block(one, table.genes.at(everything))[0]
            wins += mannwhitneyu(given[hidden], given[outside]).statistic
            pairs += len(hidden) * len(outside)
        assert auroc == pytest.approx(wins / pairs, abs=1e-6)
        assert auroc > 0.95


def test_terms_that_cannot_be_predicted_show_it(block_model: GSFM) -> None:
    rng = np.random.default_rng(3)
    genes = np.array(block_model.vocab.genes)
    sets = {f"noise {i}": list(rng.choice(genes, 12, replace=False)) for i in range(30)}
    library = GeneSetLibrary.from_dict({**sets, "alone": [genes[0]]}, "noise")
    table = library_membership(library, block_model)
    auroc = held_out_auroc(table, np.arange(31), np.arange(len(table.units)))
    assert 0.4 < auroc[:30].mean() < 0.6
    assert np.isnan(auroc[30])


def test_the_same_whatever_terms_are_asked_beside(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    table = library_membership(block_library, block_model)
    compared = np.arange(100)
    together = held_out_auroc(table, np.arange(36), compared)
    alone = [held_out_auroc(table, np.array([row]), compared)[0] for row in (0, 17, 35)]
    np.testing.assert_allclose(together[[0, 17, 35]], alone, rtol=1e-6)


def test_size_and_specificity(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    table = predict_functions("B7G24", block_library, top=2, model=block_model)
    assert table["term_size"].tolist() == [12, 12]
    assert table["specificity"].tolist() == pytest.approx([np.log2(len(block_library.genes) / 12)] * 2)


def test_percentile_counts_genes_outside_the_term(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    found = predict_functions("B7G24", block_library, top=None, model=block_model).set_index("term")
    table = library_membership(block_library, block_model)
    compared = library_comparison(table).columns
    column = table.of_unit[block_model.vocab.index["B7G24"]]
    for row in (7, 20):
        everyone = table.log_odds(np.array([row]), np.arange(len(table.units)))[0]
        others = np.setdiff1d(compared, [column, *table.known[[row]].indices])
        expected = (everyone[others] < everyone[column]).mean()
        assert found.loc[block_library.terms[row], "gene_percentile"] == pytest.approx(expected)


def test_supporting_neighbours_are_the_closest_members(
    block_model: GSFM, block_library: GeneSetLibrary
) -> None:
    row = predict_functions("B7G24", block_library, top=1, model=block_model).iloc[0]
    close = neighbors("B7G24", None, model=block_model)["neighbour"].tolist()
    members = sorted(block_library[row["term"]], key=close.index)
    assert row["neighbours"].split(";") == members[:3]


def test_far_members_support_nothing(block_model: GSFM, block_library: GeneSetLibrary) -> None:
    found = predict_functions("B7G24", block_library, top=None, model=block_model)
    last = found.iloc[-1]
    close = neighbors("B7G24", None, model=block_model).set_index("neighbour")["score"]
    expected = [gene for gene in block_library[last["term"]] if close[gene] > close.median()]
    assert set(filter(None, last["neighbours"].split(";"))) == set(
        sorted(expected, key=lambda gene: -close[gene])[:3]
    )


def test_caution_where_popularity_does_as_well(
    block_model: GSFM, block_library: GeneSetLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = library_membership(block_library, block_model)
    first = predict_functions("B7G24", block_library, top=1, model=block_model)["term"].item()
    row = block_library.position(first)

    def caution(popular: str, average: float) -> str:
        """Of the best term, when one gene is popular and the term has this score for the average gene."""
        popularity, scores = np.zeros(len(table.units)), np.zeros(len(block_library))
        popularity[table.of_unit[block_model.vocab.index[popular]]], scores[row] = 1000, average
        compared = Comparison(np.arange(len(table.units)), popularity, scores, scores)
        monkeypatch.setattr(support, "library_comparison", lambda *_: compared)
        found = predict_functions("B7G24", block_library, top=1, model=block_model)
        return str(found["caution"].item())

    assert caution("B1G1", average=-1) == ""
    assert caution("B1G1", average=1) == "ranks as high for the average gene"
    assert caution("B7G24", average=-1) == "popularity alone ranks the gene as high"
    both = "popularity alone ranks the gene as high; ranks as high for the average gene"
    assert caution("B7G24", average=1) == both


def test_popularity_is_the_number_of_publications(block_model: GSFM) -> None:
    library = GeneSetLibrary.from_dict({f"t{i}": ["TP53", "MDM2", "CDKN1A"] for i in range(3)}, "real")
    vocab = Vocab(["<unk>", "<pad>", "TP53", "p21", "MDM2", "who"])
    model = build(GSFMConfig(len(vocab), d_model=2), vocab).eval()
    table = library_membership(library, model)
    compared = library_comparison(table)
    counts = load_gene_table().set_index("symbol")["publications"]
    expected = {"TP53": counts["TP53"], "MDM2": counts["MDM2"], "who": 0}
    for gene, publications in expected.items():
        assert compared.popularity[table.of_unit[vocab.index[gene]]] == publications


def test_kept_auroc_is_that_of_the_terms_alone(block_model: GSFM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Membership, "_is_kept", True)
    library = GeneSetLibrary.from_dict({f"t{b}": [f"B{b}G{g}" for g in range(3, 20)] for b in range(9)})
    rows = np.array([2, 7])
    alone = term_auroc(Membership(library, block_model), rows)
    keep_auroc(Membership(library, block_model))
    kept = Membership(library, block_model)
    monkeypatch.setattr("gsfm_enrich.prediction.support.held_out_auroc", None)  # it is not computed again
    np.testing.assert_array_equal(term_auroc(kept, rows), alone)
