"""The result object: gseapy's class, its table, its files, its plots, and the model's columns beside them."""

import inspect

import gseapy
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csc_array

from gsfm_enrich.drop_in import enrichr as adapter
from gsfm_enrich.drop_in.enrichr import enrich, enrichr
from gsfm_enrich.errors import GsfmEnrichWarning
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.ranking.columns import BASE_COLUMNS
from gsfm_enrich.ranking.overlap import benjamini_hochberg
from gsfm_enrich.ranking.rerank import Reranked

mpl.use("Agg")

OWN = {
    "model": "default",
    "rerank": True,
    "min_overlap": 1,
    "sort": "gsfm",
    "propensity": None,
    "completeness": None,
    "fdr_over": "library",
}
GENES = [f"GEN-{i}" for i in range(200)]
SETS = {f"term {i}": GENES[5 * i : 5 * i + 10 + i] for i in range(20)} | {"far away": GENES[190:]}
QUERY = GENES[10:35][::-1]
MODEL_COLUMNS = [
    "Expected Overlap",
    "GSFM Fold Enrichment",
    "GSFM P-value",
    "GSFM Adjusted P-value",
    "GSFM Rank",
    "Rank Change",
    "Predicted Genes",
    "Caution",
]


@pytest.mark.parametrize("name", ["enrichr", "enrich"])
def test_signature_is_gseapys_with_ours_appended(name):
    ours = list(inspect.signature(getattr(adapter, name)).parameters.values())
    theirs = list(inspect.signature(getattr(gseapy, name)).parameters.values())
    described = [(parameter.name, parameter.kind, parameter.default) for parameter in ours]
    assert described[: len(theirs)] == [(p.name, p.kind, p.default) for p in theirs]
    keyword = inspect.Parameter.KEYWORD_ONLY
    assert described[len(theirs) :] == [(name, keyword, default) for name, default in OWN.items()]


def test_the_object_is_gseapys():
    enr = enrichr(QUERY, SETS, rerank=False)
    assert type(enr) is gseapy.Enrichr
    assert enr.results is enr.res2d
    assert isinstance(enr.results.index, pd.RangeIndex)
    assert list(enr.results.columns) == list(BASE_COLUMNS)
    enr.results["mine"] = 1
    assert enr.res2d["mine"].tolist() == [1] * len(enr.results)
    assert (enr.gene_list, enr.gene_sets, enr.organism, enr.cutoff) == (QUERY, SETS, "human", 0.05)
    assert enr.gene_report == "gs_ind_0: 25 of 25 query genes found (25 direct)"


def test_genes_are_in_the_order_of_the_query():
    table = enrichr(QUERY, SETS, rerank=False).results
    rows = zip(table["Term"], table["Genes"], strict=True)
    for term, genes in rows:
        assert genes.split(";") == [gene for gene in QUERY if gene in SETS[term]]


def test_no_hits_is_an_empty_table_with_all_columns():
    with pytest.warns(GsfmEnrichWarning, match="3 of 3 query genes are in none of the gene sets"):
        enr = enrichr(GENES[:3], {"far away": GENES[190:]}, rerank=False, background=GENES)
    assert enr.results is enr.res2d
    assert enr.results.empty
    full = enrichr(QUERY, SETS, rerank=False).results
    assert list(enr.results.columns) == list(full.columns)
    assert enr.results["P-value"].dtype == full["P-value"].dtype
    assert isinstance(enr.results.index, pd.RangeIndex)


def test_libraries_without_hits_leave_the_others_alone():
    table = enrichr(QUERY, [{"far away": GENES[190:]}, SETS], rerank=False, background=GENES).results
    alone = enrichr(QUERY, [{"x": GENES[:1]}, SETS], rerank=False, background=GENES).results
    pd.testing.assert_frame_equal(table, alone)


def test_min_overlap():
    some = enrichr(QUERY, SETS, rerank=False).results
    few = enrichr(QUERY, SETS, rerank=False, min_overlap=8).results
    every = enrichr(QUERY, SETS, rerank=False, min_overlap=0).results
    hits = some["Overlap"].str.split("/").str[0].astype(int)
    pd.testing.assert_frame_equal(few, some[hits >= 8].reset_index(drop=True))
    assert set(every["Term"]) == set(SETS)
    pd.testing.assert_frame_equal(every[every["Genes"] != ""].reset_index(drop=True), some)
    without = every[every["Genes"] == ""]
    assert len(without) == len(SETS) - len(some) > 0
    assert set(without["P-value"]) == set(without["Adjusted P-value"]) == {1.0}
    assert set(without["Combined Score"]) == {0.0}
    assert without["Overlap"].str.startswith("0/").all()


def fake_rerank(seen):
    """Stand in for the model: ranks the terms backwards."""

    def rerank(counts, model, propensity, completeness):
        seen.append((counts, model))
        n = len(counts.library)
        ranks, q = np.arange(n, 0, -1), benjamini_hochberg(np.full(n, 0.5))
        values = [counts.hits + 0.5, ranks * 1.0, q, q, ranks, -ranks, ["GEN-1"] * n, [""] * n]
        columns = pd.DataFrame(dict(zip(MODEL_COLUMNS, values, strict=True)))
        return Reranked(columns, [], csc_array((n, 0)), csc_array((n, 0)))

    return rerank


@pytest.fixture
def seen(monkeypatch):
    from gsfm_enrich.model import checkpoint
    from gsfm_enrich.ranking import rerank as table

    seen = []
    monkeypatch.setattr(table, "rerank", fake_rerank(seen))
    monkeypatch.setattr(checkpoint, "load_model", lambda name: ("loaded", name))
    return seen


def test_model_columns_follow_and_order_the_rows(seen):
    library = GeneSetLibrary.from_dict(SETS, name="mine")
    base = enrichr(QUERY, library, rerank=False, background=GENES).results
    table = enrichr(QUERY, library, background=GENES).results
    assert list(table.columns) == [*BASE_COLUMNS, *MODEL_COLUMNS]
    assert table["GSFM Rank"].is_monotonic_increasing
    back = table.sort_values("Term", ignore_index=True)
    pd.testing.assert_frame_equal(back[list(BASE_COLUMNS)], base)
    expected = {term: len(SETS) - row for row, term in enumerate(library.terms)}
    assert dict(zip(table["Term"], table["GSFM Rank"], strict=True)) == {
        term: expected[term] for term in base["Term"]
    }
    hits = table["Overlap"].str.split("/").str[0].astype(float)
    assert (table["Expected Overlap"] == hits + 0.5).all()
    counts, model = seen[0]
    assert counts.library is library
    assert (counts.ids, counts.organism, counts.background) == (QUERY, "human", tuple(GENES))
    assert model == ("loaded", "default")
    assert counts.population == len(GENES)


def test_gseapys_order_with_model_columns(seen):
    table = enrichr(QUERY, SETS, sort="gseapy").results
    assert table["Term"].tolist() == sorted(table["Term"])
    assert list(table.columns) == [*BASE_COLUMNS, *MODEL_COLUMNS]
    assert not table["GSFM Rank"].is_monotonic_increasing


def test_libraries_keep_their_blocks(seen):
    table = enrich(QUERY, [SETS, dict(list(SETS.items())[:9])], model="other").results
    assert table["Gene_set"].tolist() == sorted(table["Gene_set"])
    for _, block in table.groupby("Gene_set"):
        assert block["GSFM Rank"].is_monotonic_increasing
    assert isinstance(table.index, pd.RangeIndex)
    assert seen[0][1] == ("loaded", "other")


def test_no_hits_with_model_columns(seen):
    with pytest.warns(GsfmEnrichWarning, match="3 of 3 query genes are in none of the gene sets"):
        table = enrichr(GENES[:3], {"far away": GENES[190:]}, background=GENES).results
    assert table.empty
    assert list(table.columns) == [*BASE_COLUMNS, *MODEL_COLUMNS]


def test_a_real_model_joins_in(sets, small_model):
    query = ["TP53", "BAX", "CASP8", "CD3D", "NKG7"]
    base = enrichr(query, sets, rerank=False, background=15_000).results
    table = enrichr(query, sets, model=small_model, background=15_000).results
    assert list(table.columns) == [*BASE_COLUMNS, *MODEL_COLUMNS]
    assert sorted(table["GSFM Rank"]) == table["GSFM Rank"].tolist()
    pd.testing.assert_frame_equal(table.sort_values("Term", ignore_index=True)[list(BASE_COLUMNS)], base)
    hits = table["Overlap"].str.split("/").str[0].astype(int)
    assert (table["Expected Overlap"] >= hits).all()
    assert table["GSFM P-value"].between(0, 1).all()


@pytest.fixture
def results():
    return enrichr(QUERY, SETS, rerank=False, background=2000)


def test_gseapys_plots(results, seen):
    for table in (results.results, enrichr(QUERY, SETS, background=2000).res2d):
        assert gseapy.dotplot(table, cutoff=0.5).get_yticklabels()
        assert gseapy.barplot(table, cutoff=0.5).get_yticklabels()
        nodes, edges = gseapy.enrichment_map(table, cutoff=0.5)
        assert len(nodes) > 1
        assert {"src_name", "targ_name", "jaccard_coef"} <= set(edges.columns)


def test_dotplot_by_score(results):
    axes = gseapy.dotplot(results.results, column="Combined Score", cutoff=np.inf, top_term=3)
    assert len(axes.get_yticklabels()) == 3


def test_output_files_are_gseapys(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    enrichr(QUERY, SETS, rerank=False, background=2000, outdir=ours)
    gseapy.enrichr(QUERY, SETS, background=2000, outdir=str(theirs))
    names = {path.name for path in ours.iterdir() if path.suffix != ".log"}
    assert names == {path.name for path in theirs.iterdir() if path.suffix != ".log"}
    assert names == {"Enrichr.human.enrichr.reports.txt", "Enrichr.human.enrichr.reports.pdf"}
    assert {path.suffix for path in ours.iterdir()} == {".log", ".txt", ".pdf"}
    report = "Enrichr.human.enrichr.reports.txt"
    mine, other = pd.read_csv(ours / report, sep="\t"), pd.read_csv(theirs / report, sep="\t")
    pd.testing.assert_frame_equal(mine.drop(columns="Genes"), other.drop(columns="Genes"), rtol=1e-6)
    genes = [frame["Genes"].str.split(";").map(frozenset) for frame in (mine, other)]
    assert genes[0].equals(genes[1])
    assert (ours / "Enrichr.human.enrichr.reports.pdf").read_bytes().startswith(b"%PDF")


def test_output_options(tmp_path):
    options = {"outdir": str(tmp_path), "rerank": False, "background": 2000}
    enrichr(QUERY, SETS, format="png", organism="Mouse", **options)
    assert (tmp_path / "Enrichr.mouse.enrichr.reports.png").read_bytes().startswith(b"\x89PNG")
    enrichr(QUERY, SETS, no_plot=True, **options)
    assert (tmp_path / "Enrichr.human.enrichr.reports.txt").exists()
    assert not (tmp_path / "Enrichr.human.enrichr.reports.pdf").exists()


@pytest.mark.parametrize(
    ("options", "column"), [({}, "GSFM Adjusted P-value"), ({"rerank": False}, "Adjusted P-value")]
)
def test_the_figure_shows_the_best_terms_of_the_table(
    options, column, tmp_path, monkeypatch, block_model, block_library
):
    drawn = []
    monkeypatch.setattr(adapter, "barplot", lambda df, **given: drawn.append(given["column"]))
    enrichr(list(block_library.genes[:12]), block_library, model=block_model, outdir=tmp_path, **options)
    assert drawn == [column]


def test_no_figure_without_a_term_to_show(tmp_path):
    with pytest.warns(GsfmEnrichWarning) as caught:
        enrichr(QUERY, SETS, rerank=False, min_overlap=50, outdir=tmp_path)
    message = "No term has an adjusted p-value of at most 0.05, so no figure was drawn."
    assert str(caught[0].message) == message
    assert caught[0].filename == __file__
    report = (tmp_path / "Enrichr.human.enrichr.reports.txt").read_text()
    assert report == "\t".join(BASE_COLUMNS) + "\n"


def test_nothing_is_written_without_outdir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    enrichr(QUERY, SETS, rerank=False, background=2000)
    assert list(tmp_path.iterdir()) == []


def test_verbose_logs_how_genes_were_found(capfd):
    enrichr(QUERY, SETS, rerank=False, verbose=True)
    assert "gs_ind_0: 25 of 25 query genes found (25 direct)" in capfd.readouterr().err
    enrichr(QUERY, SETS, rerank=False)
    assert capfd.readouterr().err == ""
