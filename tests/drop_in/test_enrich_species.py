"""Genes of mouse, rat and others through enrichment: orthologues, the user's symbols, and what is said."""

import warnings

import anndata
import numpy as np
import pandas as pd
import pytest
import scanpy as sc

import gsfm_enrich as ge
from gsfm_enrich.errors import GsfmEnrichWarning
from gsfm_enrich.libraries.bundled import load_bundled
from gsfm_enrich.libraries.library import GeneSetLibrary

SETS = {
    "stress": ["TP53", "BAX", "CASP3", "GSTM1"],
    "immune": ["HLA-DQB2", "CD3D", "GSTM3"],
    "growth": ["MYC", "EGFR", "SERPINA1"],
}
MOUSE_SETS = {
    "stress": ["Trp53", "Bax", "Casp3", "Gstm3"],
    "immune": ["H2-Ab1", "Cd3d"],
    "growth": ["Myc", "Egfr", "Serpina1a"],
}


def said(*arguments, **options):
    """Run an overlap test; return its table and its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = ge.enrichr(*arguments, outdir=None, rerank=False, **options).results
    return table, [str(w.message) for w in caught if issubclass(w.category, GsfmEnrichWarning)]


def rows(table):
    return {row.Term: (row.Overlap, row.Genes) for row in table.itertuples()}


def test_results_come_back_in_the_users_symbols(mouse_table):
    table, told = said(["Trp53", "Gstm3", "H2-Ab1", "Serpina1b", "Serpina1a"], SETS, organism="mouse")
    assert rows(table) == {
        "stress": ("2/4", "Trp53;Gstm3"),
        "immune": ("1/3", "H2-Ab1"),  # not Gstm3, which is human GSTM1
        "growth": ("1/3", "Serpina1b"),  # the same human gene as Serpina1a, which counts once
    }
    assert told == []


@pytest.mark.parametrize("spell", [str, str.upper])
def test_human_and_mouse_libraries_give_one_answer(mouse_table, spell):
    """The same query by its orthologues, in mouse symbols of either case and against either library."""
    query = ["Trp53", "Bax", "H2-Ab1", "Cd3d", "Myc"]
    background = sorted({gene for genes in MOUSE_SETS.values() for gene in genes})
    human = [{"Trp53": "TP53", "H2-Ab1": "HLA-DQB2", "Cd3d": "CD3D"}.get(g, g.upper()) for g in query]
    asked = {"organism": "mouse", "background": [spell(gene) for gene in background]}
    mouse, _ = said([spell(gene) for gene in query], MOUSE_SETS, **asked)
    sets = {**SETS, "immune": SETS["immune"][:2]}  # identical strings win: GSTM3 would be Gstm3
    through, _ = said([spell(gene) for gene in query], sets, **asked)
    direct, _ = said(human, sets, background=9)
    numbers = ["Term", "Overlap", "P-value", "Odds Ratio"]
    pd.testing.assert_frame_equal(mouse[numbers], through[numbers])
    pd.testing.assert_frame_equal(mouse[numbers], direct[numbers])


def test_what_has_no_orthologue_is_counted_and_named(mouse_table):
    given = ["Trp53", "Vmn2r59", "Gm12345"]
    enr_table, told = said(given, SETS, organism="mouse")
    assert rows(enr_table) == {"stress": ("1/4", "Trp53")}
    assert told == [
        "1 of 3 query genes is in none of the gene sets: Gm12345; "
        "1 of 3 query genes has no human orthologue: Vmn2r59."
    ]
    with pytest.warns(GsfmEnrichWarning):
        report = ge.enrichr(given, SETS, organism="mouse", rerank=False).gene_report
    assert report == (
        "gs_ind_0: 1 of 3 query genes found (1 orthologue); 1 no orthologue: Vmn2r59; 1 unknown: Gm12345"
    )


def test_human_genes_passed_as_mouse(mouse_table):
    table, told = said(["TP53", "BAX", "EGFR", "GSTM1"], SETS, organism="mouse")
    assert rows(table) == {"stress": ("3/4", "TP53;BAX;GSTM1"), "growth": ("1/3", "EGFR")}
    assert told == [
        "3 of 4 genes are human symbols, not mouse symbols: TP53, EGFR, GSTM1; they were read as human "
        "genes; if all are, pass organism='human'."
    ]


def test_mouse_genes_passed_as_human():
    table, told = said(["Trp53", "Bax", "Myc"], SETS)
    assert rows(table) == {"stress": ("2/4", "TP53;BAX"), "growth": ("1/3", "MYC")}
    assert told == [
        "3 of 3 genes are written as in mouse or rat: Trp53, Bax, Myc; if they are, pass organism='mouse'."
    ]


def test_a_species_without_a_table_is_only_tested_for_overlap():
    sets = {"a": ["dpp", "wg"], "b": ["en"]}
    with pytest.warns(GsfmEnrichWarning) as caught:
        table = ge.enrichr(["dpp", "en"], sets, organism="fly").results
    assert [str(warning.message) for warning in caught] == [
        "There is no orthology table for fly, and the default model is human: the terms were not re-ranked. "
        "Pass model= for a model of the organism, or rerank=False."
    ]
    assert "GSFM Rank" not in table
    assert rows(table) == {"a": ("1/2", "dpp"), "b": ("1/1", "en")}
    assert said(["dpp", "en"], sets, organism="fly")[1] == []


def test_reranked_terms_name_predicted_genes_as_the_user_does(mouse_table):
    """The query is the same for the model, whichever species it is written in."""
    mouse = ["Trp53", "Casp3", "Cd3d", "Gstm3"]
    human = ["TP53", "CASP3", "CD3D", "GSTM1"]
    whole = load_bundled("GO_Biological_Process")
    some = [
        term for term in whole.terms if any(word in term for word in ("apoptotic", "glutathione", "T cell"))
    ]
    library = GeneSetLibrary.from_dict({term: whole[term] for term in some}, "some")
    asked = {"background": 20_000, "min_overlap": 0}
    ours = ge.enrichr(mouse, library, organism="mouse", **asked).results
    theirs = ge.enrichr(human, library, **asked).results
    numbers = ["Term", "Overlap", "Expected Overlap", "GSFM P-value", "GSFM Rank"]
    pd.testing.assert_frame_equal(ours[numbers], theirs[numbers])
    rename = dict(zip(human, mouse, strict=True))
    for column in ("Genes", "Predicted Genes"):
        spelled = theirs[column].map(lambda text: ";".join(rename[gene] for gene in text.split(";") if gene))
        assert ours[column].tolist() == spelled.tolist()
    assert ours["Predicted Genes"].ne("").any()


@pytest.fixture
def mouse_data():
    """Two groups of cells; three genes of stress are up in the first."""
    genes = ["Trp53", "Bax", "Casp3", "Gstm3", "H2-Ab1", "Cd3d", "Myc", "Vmn2r59", "Egfr", "Gm1"]
    rng = np.random.default_rng(0)
    counts = rng.poisson(1.0, (60, len(genes))).astype(np.float32)
    counts[:30, :3] += rng.poisson(8.0, (30, 3))
    cells = pd.DataFrame({"cell": ["a"] * 30 + ["b"] * 30}, index=[f"c{n}" for n in range(60)])
    data = anndata.AnnData(np.log1p(counts), obs=cells.astype("category"), var=pd.DataFrame(index=genes))
    sc.tl.rank_genes_groups(data, "cell", method="wilcoxon")
    return data


def test_a_mouse_data_set(mouse_table, mouse_data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GsfmEnrichWarning)  # lists without a result
        ge.tl.enrichr(mouse_data, SETS, organism="mouse", rerank=False, groups="a", direction="up")
    table = ge.get.enrichr_df(mouse_data, "a", direction="up")
    overlap, genes = rows(table)["stress"]
    assert (overlap, sorted(genes.split(";"))) == ("3/4", ["Bax", "Casp3", "Trp53"])


def test_a_mouse_data_set_said_to_be_human(mouse_data):
    with pytest.warns(GsfmEnrichWarning, match="are written as in mouse or rat") as caught:
        ge.tl.enrichr(mouse_data, SETS, rerank=False, groups="a", direction="up")
    spelled = [warning for warning in caught if "written as in mouse" in str(warning.message)]
    assert len(spelled) == 1
    assert spelled[0].filename == __file__
