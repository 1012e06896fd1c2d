"""Evidence: the bars are the memberships that the ranking used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
from drawn import labels
from matplotlib import colors

from gsfm_enrich import enrich_ranked, pl, tl
from gsfm_enrich.drop_in.enrichr import enrichr
from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.membership import library_membership
from gsfm_enrich.ranking.ranked_weights import gene_weights, ranked_weights
from gsfm_enrich.ranking.why import term_evidence

KNOWN, NEW = "#54708c", "#1b7f5c"


@pytest.fixture
def blocks(block_library: GeneSetLibrary, block_model: GSFM) -> Any:
    query = [f"B0G{n}" for n in range(25)] + ["B5G1", "B7G3"]
    with pytest.warns(GsfmEnrichWarning, match="query genes are in none of the gene sets"):
        return enrichr(query, block_library, model=block_model)


def test_evidence_is_the_membership(blocks: Any, block_library: GeneSetLibrary, block_model: GSFM) -> None:
    term = blocks.results["Term"][0]
    row = blocks.results.iloc[0]
    ax = pl.evidence(blocks, term, gene_sets=block_library, model=block_model)
    members, predicted = row["Genes"].split(";"), row["Predicted Genes"].split(";")
    assert members
    assert predicted
    genes, widths = labels(ax, "y"), [bar.get_width() for bar in ax.patches]
    assert genes == [*members, *predicted]
    assert widths[: len(members)] == [1.0] * len(members)
    table = library_membership(block_library, block_model, "human")
    column = [table.of_unit[block_model.vocab.tokens.index(gene)] for gene in predicted]
    expected = table.predicted(np.array([block_library.position(term)]), np.array(column))[0]
    np.testing.assert_allclose(widths[len(members) :], expected, rtol=1e-6)
    shades = [colors.to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert shades == [KNOWN] * len(members) + [NEW] * len(predicted)
    title = ax.get_title(loc="left").splitlines()
    assert title[-1].startswith(f"overlap {row['Overlap']}, expected overlap {row['Expected Overlap']:.1f} (")
    by_chance = row["Expected Overlap"] / row["GSFM Fold Enrichment"]
    assert title[-1].endswith(f"({by_chance:.1f} by chance)")


def test_evidence_of_a_long_list(blocks: Any, block_library: GeneSetLibrary, block_model: GSFM) -> None:
    row = blocks.results.iloc[0]
    members, predicted = row["Genes"].split(";"), row["Predicted Genes"].split(";")
    ax = pl.evidence(blocks, row["Term"], gene_sets=block_library, model=block_model, top_genes=6)
    assert labels(ax, "y") == [*members[:3], *predicted[:3]]
    left = len(members) + len(predicted) - 6
    assert ax.get_title(loc="left").splitlines()[-1] == f"{left} more genes are not drawn"


def test_evidence_finds_library_and_model_of_a_stored_result(
    adata: anndata.AnnData, sets: dict[str, list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "mine.gmt"
    GeneSetLibrary.from_dict(sets).write_gmt(path)
    with pytest.warns(GsfmEnrichWarning, match="lists have no result"):
        tl.enrichr(adata, str(path), rerank=False)
    ax = pl.evidence(adata, "T cell activation", groups="T/NK cells", direction="up")
    assert labels(ax, "y") == ["CD3D", "CD3E", "CD3G", "CD2", "LCK", "CD28"]
    assert ax.get_title(loc="left").splitlines() == ["T cell activation", "T/NK cells (up)", "overlap 6/10"]


def test_evidence_tells_neighbours_apart(factor_library: GeneSetLibrary, block_model: GSFM) -> None:
    query = [gene for gene in (f"B3G{i}" for i in range(20)) if gene in factor_library.genes]
    results = enrichr(query, factor_library, model=block_model).results
    row = results[results["Term"] == "B3G24_K562"].iloc[0]
    ax = pl.evidence(results, row["Term"], gene_sets=factor_library, model=block_model)
    counted = term_evidence(query, row["Term"], factor_library, model=block_model).set_index("gene")
    drawn = dict(zip(labels(ax, "y"), (bar.get_width() for bar in ax.patches), strict=True))
    beside = counted.index[counted["kind"] == "neighbour"].tolist()
    assert beside
    assert [drawn[gene] for gene in beside] == [0.0] * len(beside)
    assert [text.get_text() for text in ax.texts].count("in the p-value only") == len(beside)
    legend = ax.get_legend()
    assert legend is not None
    assert "neighbour of its gene" in [text.get_text() for text in legend.get_texts()]


def test_evidence_errors(blocks: Any, block_library: GeneSetLibrary) -> None:
    term = blocks.results["Term"][0]
    for options, message in (
        ({"term": term[:-1] + "99"}, "no term "),
        ({"term": term, "top_genes": 1}, "top_genes must be a whole number of at least 2, not 1."),
        (
            {"term": term},
            "the library 'blocks' of the term is neither bundled nor cached; pass it as gene_sets=.",
        ),
    ):
        with pytest.raises(InputError) as error:
            pl.evidence(blocks, **options)
        assert str(error.value).startswith(message)
    double = pd.concat([blocks.results, blocks.results.assign(Gene_set="second")])
    with pytest.raises(InputError) as error:
        pl.evidence(double, term)
    assert str(error.value) == (
        f"the term {term!r} is in several libraries; choose with gene_sets= from 'blocks', 'second'."
    )
    assert len(pl.evidence(double, term, gene_sets=block_library).patches) > 3


def test_evidence_of_the_threshold_free_test(block_library: GeneSetLibrary, block_model: GSFM) -> None:
    genes = [gene for gene in block_model.vocab.tokens if gene.startswith("B")]
    genes += [f"other {i}" for i in range(600 - len(genes))]
    ranked = pd.Series(np.random.default_rng(0).normal(size=600), index=genes)
    ranked[[gene.startswith("B0") for gene in genes]] += 2
    found = enrich_ranked(ranked, block_library, model=block_model, direction="up")
    row = found.results.iloc[0]
    ax = pl.evidence(found, row["Term"], gene_sets=block_library, model=block_model, top_genes=100)
    members, predicted = row["Lead_genes"].split(";"), row["Predicted Lead Genes"].split(";")
    drawn = dict(zip(labels(ax, "y"), (bar.get_width() for bar in ax.patches), strict=True))
    assert set(drawn) == {*members, *predicted}
    assert {drawn[gene] for gene in members} == {1.0}
    weights = ranked_weights(block_library, block_model, tuple(genes)).weights
    term = weights[[block_library.position(row["Term"])]].toarray()[0]
    of_gene = term[genes.index(predicted[0])] / gene_weight(block_library, predicted[0])
    np.testing.assert_allclose(drawn[predicted[0]], of_gene, rtol=1e-6)
    title = ax.get_title(loc="left").splitlines()[-1]
    assert title == f"{len(members)} of {row['Size']} measured members lead, and {len(predicted)} predicted"
    assert ax.get_xlabel() == "counts in the mean of the term"


def gene_weight(library: GeneSetLibrary, gene: str) -> float:
    return float(gene_weights(library)[library.genes.index(gene)]) if gene in library.genes else 2.0
