"""Whatever a public function or a command is given, it works or says what is wrong: no other exception.

A few hundred examples by default; 20,000 with
``GSFM_ENRICH_EXAMPLES=20000 pytest tests/test_any_input.py``.
"""

from __future__ import annotations

import contextlib
import datetime
import inspect
import os
import re
import warnings
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import gseapy
import joblib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import gsfm_enrich as ge
from gsfm_enrich.arguments import RULES
from gsfm_enrich.cli import app
from gsfm_enrich.model.checkpoint import save_model

UNLIMITED: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "derandomize": "GSFM_ENRICH_EXAMPLES" not in os.environ,
    "database": None,
}
EXAMPLES = int(os.environ.get("GSFM_ENRICH_EXAMPLES", "300"))
settings.register_profile("any input", max_examples=EXAMPLES, **UNLIMITED)
settings.load_profile("any input")

RANKED_SERIES = pd.Series(np.linspace(-3, 3, 600), index=[f"gene {i}" for i in range(600)])
GENES = ["CD3D", "CD3E", "CD2", "LCK", "CD19", "TP53", "BAX"]
ODD: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    2,
    -1,
    10**30,
    -(10**400),
    2**63,
    0.0,
    0.5,
    1.5,
    -0.1,
    float("nan"),
    float("inf"),
    "",
    " ",
    "TP53",
    "CD3D",
    "x" * 300,
    "y/" * 200,
    "a\0b",
    "☃",
    "\ud800",
    "$\\bad$",
    "group",
    "up",
    "default ",
    b"TP53",
    [],
    {},
    (),
    set(),
    [None],
    [[]],
    [b"TP53"],
    [1, "a"],
    ["TP53", "CD3D"],
    ["x" * 300],
    [object()],
    {"a": b"TP53"},
    {"a": None},
    {"a": ["TP53"]},
    {b"a": ["TP53"]},
    {"a": 1},
    {1: 2},
    {"a": {"up": 1}},
    {"a": []},
    {"TP53": "x"},
    {"TP53": 1.0},
    {"TP53": 1j},
    {None: ["TP53"]},
    {"a": [["TP53"]]},
    {"a": "TP53"},
    np.float32(1),
    np.int64(3),
    np.bool_(True),
    np.array([1, 2]),
    np.array("a"),
    np.array([[1.0, 2.0]]),
    object(),
    1j,
    Decimal("0.5"),
    Fraction(1, 2),
    pd.NA,
    pd.NaT,
    datetime.date(2020, 3, 1),
    range(3),
    int,
    len,
    pd.Series(["TP53"]),
    pd.Series({"TP53": 1.0}),
    pd.Series(dtype=float),
    pd.DataFrame(),
    pd.DataFrame({"gene": ["TP53"], "Term": [1]}),
    pd.DataFrame({"Term": ["a"], "P-value": ["b"]}),
    Path("none"),
    Path(),
    re.compile("x"),
    re.compile(b"x"),
    bytearray(b"a"),
    memoryview(b"a"),
    (1, 2),
    (0, 0),
    ("a", 1),
]
SIMPLE = st.one_of(
    st.integers(), st.floats(), st.text(max_size=8), st.binary(max_size=4), st.booleans(), st.none()
)
ANYTHING = st.one_of(
    st.sampled_from(ODD),
    SIMPLE,
    st.lists(SIMPLE, max_size=3),
    st.dictionaries(st.text(max_size=3), st.lists(st.text(max_size=4), max_size=3), max_size=3),
)
PATHS = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(exclude_characters="/~", codec="utf-8"), max_size=8),
)
GSEAPYS = set(gseapy.__all__) - {"enrich", "enrichr"}
READ = {
    "adata",
    "companions",
    "data",
    "de",
    "gene_list",
    "genes",
    "ids",
    "lists",
    "name",
    "negatives",
    "propensity",
    "results",
}
"""Parameters that hold genes or results: what reads them checks them."""
KINDS: dict[str, Any] = {
    **dict.fromkeys(("path", "save", "outdir", "folder", "ofname"), PATHS),
    "n_jobs": st.sampled_from(ODD),  # no thousand threads
}
LONG = ("permutation_num", "threads", "sample_size", "figsize", "size")
"""Parameters of gseapy by which a call takes as long, or as much memory, as somebody asks for."""


def table(lists: dict[str, list[str]]) -> pd.DataFrame:
    rows = [
        (
            "g",
            "up",
            "s",
            term,
            "2/5",
            0.01 * n,
            0.02 * n,
            3.0,
            9.0,
            ";".join(genes[:2]),
            2.0 + n,
            2.0,
            0.01,
            0.02,
            n,
            0,
            "",
        )
        for n, (term, genes) in enumerate(lists.items(), 1)
    ]
    columns = [
        "group",
        "direction",
        "Gene_set",
        "Term",
        "Overlap",
        "P-value",
        "Adjusted P-value",
        "Odds Ratio",
        "Combined Score",
        "Genes",
        "Expected Overlap",
        "GSFM Fold Enrichment",
        "GSFM P-value",
        "GSFM Adjusted P-value",
        "GSFM Rank",
        "Rank Change",
        "Predicted Genes",
    ]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def calls(adata, sets, small_model, tmp_path, monkeypatch):
    """Every public function with arguments that it can use."""
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ge.tl.enrichr(adata, sets, model=small_model)
        ge.tl.annotate_genes(adata, sets, model=small_model)
        ge.tl.gene_modules(adata, sets, model=small_model)
        ge.tl.score_terms(adata, list(sets)[:2], sets, model=small_model)
    results, term = table(sets), next(iter(sets))
    asked: dict[str, Any] = {"gene_sets": sets, "model": small_model}
    return {
        ge.enrichr: {"gene_list": GENES, **asked},
        ge.enrich: {"gene_list": GENES, **asked},
        ge.rank_terms: {"lists": {"a": GENES}, "progress": False, **asked},
        ge.term_evidence: {"genes": GENES, "term": term, **asked},
        ge.group_terms: {"results": results},
        ge.predict_functions: {"genes": GENES[:1], **asked},
        ge.predict_all: {**asked},
        ge.predict_genes: {"term": term, **asked},
        ge.functions_in_context: {"genes": GENES[:1], "companions": GENES, **asked},
        ge.augment: {"genes": GENES, "model": small_model},
        ge.list_fit: {"genes": GENES, **asked},
        ge.list_report: {"genes": GENES, "path": "list.html", **asked},
        ge.neighbors: {"genes": GENES[:1], "model": small_model},
        ge.new_functions: {"genes": GENES[:2], **asked},
        ge.describe_gene: {"gene": GENES[0], **asked},
        ge.gene_modules: {"genes": GENES, **asked},
        ge.gene_info: {"genes": GENES},
        ge.resolve: {"ids": GENES},
        ge.membership_net: {"terms": term, **asked},
        ge.load_libraries: {"gene_sets": sets},
        ge.load_model: {"name": small_model},
        ge.save_model: {"model": small_model, "folder": "saved"},
        ge.enrich_ranked: {"data": pd.DataFrame({"gene": GENES, "stat": range(7)}), **asked},
        ge.ranked_evidence: {"data": RANKED_SERIES, "term": term, **asked},
        ge.write_graph: {"data": table(sets), "path": "terms.graphml"},
        ge.report: {"data": adata, "path": "report.html"},
        ge.gene_report: {"gene": GENES[0], "path": "gene.html", **asked},
        ge.GeneSetLibrary.from_dict: {"sets": sets},
        ge.GeneSetLibrary.from_gmt: {"path": "none.gmt"},
        ge.GeneSetLibrary.from_frame: {"df": pd.DataFrame({"term": ["a"], "gene": ["TP53"]})},
        ge.get.enrichr_df: {"adata": adata},
        ge.get.term_scores: {"adata": adata},
        ge.get.combined_df: {"adata": adata},
        ge.get.compared_df: {"data": adata},
        ge.tl.enrichr: {"adata": adata, **asked},
        ge.tl.enrich_ranked: {"adata": adata, **asked},
        ge.tl.annotate_genes: {"adata": adata, **asked},
        ge.tl.describe: {"adata": adata},
        ge.tl.gene_modules: {"adata": adata, **asked},
        ge.tl.embed_cells: {"adata": adata, "model": small_model},
        ge.tl.embed_genes: {"adata": adata, "model": small_model},
        ge.GeneVectors.read: {"source": "none.csv"},
        ge.tl.score_terms: {"adata": adata, "terms": term, **asked},
        ge.pl.barplot: {"data": results},
        ge.pl.dotplot: {"data": adata},
        ge.pl.heatmap: {"data": adata},
        ge.pl.compare: {"data": adata},
        ge.pl.evidence: {"data": results, "term": term, **asked},
        ge.pl.functions: {"data": GENES[0], **asked},
        ge.pl.modules: {"data": adata, "groups": "B cells", "direction": "up"},
        ge.pl.neighbors: {"gene": GENES[0], "model": small_model},
        ge.pl.network: {"data": results},
        ge.pl.ranks: {"data": results},
        ge.pl.running_sum: {"data": adata, "term": term, "groups": "B cells", **asked},
    }


@given(data=st.data())
def test_functions_work_or_say_what_is_wrong(calls, data):
    function = data.draw(st.sampled_from(list(calls)))
    arguments = dict(calls[function])
    names = st.sampled_from(list(inspect.signature(function).parameters))
    for name in data.draw(st.lists(names, min_size=1, max_size=2, unique=True)):
        arguments[name] = data.draw(KINDS.get(name, ANYTHING), label=name)
    with (
        warnings.catch_warnings(),
        contextlib.suppress(ge.GsfmEnrichError),
        joblib.parallel_config(backend="threading"),
    ):
        warnings.simplefilter("ignore")
        function(**arguments)
    plt.close("all")


@pytest.fixture
def gseapys(sets, tmp_path, monkeypatch):
    """gseapy's functions as this package has them, with arguments that they can use."""
    monkeypatch.chdir(tmp_path)
    values = np.random.default_rng(0).normal(size=(len(GENES), 4))
    table_of_genes = pd.DataFrame(values, index=GENES, columns=list("abcd"))
    asked: dict[str, Any] = {"gene_sets": sets, "min_size": 1, "threads": 1, "outdir": None}
    few = {**asked, "permutation_num": 3}
    results = table(sets)
    return {
        ge.prerank: {"rnk": table_of_genes["a"], **few},
        ge.gsea: {"data": table_of_genes, "cls": ["x", "x", "y", "y"], **few},
        ge.ssgsea: {"data": table_of_genes, **asked},
        ge.gsva: {"data": table_of_genes, **asked},
        ge.get_library: {"name": "GO_Molecular_Function"},
        ge.dotplot: {"df": results},
        ge.barplot: {"df": results},
        ge.enrichment_map: {"df": results},
    }


@settings(max_examples=max(EXAMPLES // 4, 1))
@given(data=st.data())
def test_gseapys_functions_work_or_say_what_is_wrong(gseapys, data):
    function = data.draw(st.sampled_from(list(gseapys)))
    arguments = dict(gseapys[function])
    names = [name for name in inspect.signature(function).parameters if name not in {"kwargs", *LONG}]
    for name in data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)):
        arguments[name] = data.draw(KINDS.get(name, ANYTHING), label=name)
    with warnings.catch_warnings(), contextlib.suppress(ge.GsfmEnrichError):
        warnings.simplefilter("ignore")
        function(**arguments)
    plt.close("all")


def test_every_function_is_called(calls):
    every = [getattr(ge, name) for name in ge.__all__ if name not in GSEAPYS]
    own = {value for value in every if inspect.isfunction(value)}
    own |= {getattr(room, name) for room in (ge.tl, ge.pl, ge.get) for name in room.__all__}
    assert own <= set(calls)


def test_every_parameter_has_a_rule(calls):
    functions = [function for function in calls if inspect.isfunction(function)]
    names = {name for function in functions for name in inspect.signature(function).parameters}
    assert names - set(RULES) == READ


WORDS = st.one_of(
    st.sampled_from(
        [
            "TP53",
            "CD3D",
            "-i",
            "genes.txt",
            "ranks.rnk",
            "table.csv",
            "--gmt",
            "--library",
            "--out",
            "--seed",
            "--before",
            "--near-duplicates",
            "--direction",
            "--min-size",
            "--default",
            "bad.gz",
            "none.txt",
            "-g",
            "sets.gmt",
            "bad.gmt",
            "-o",
            "out",
            "--top",
            "0",
            "-1",
            "5",
            "x",
            "--org",
            "mouse",
            "--background",
            "--max-overlap",
            "",
            ",",
            "x" * 300,
            "a\0b",
            "☃",
            ".",
            "genes.txt/x",
            "--no-rerank",
            "--known",
            "--cut-off",
            "nan",
            "inf",
            "1e400",
            "99999999999999999999",
            "--title",
            "$\\bad$",
        ]
    ),
    st.text(st.characters(exclude_characters="/~", codec="utf-8"), max_size=6),
)
COMMANDS = (
    "enrichr", "ranked", "predict", "augment", "gene", "report", "info", "orthology", "cache", "train",
    "build", "evaluate", "nothing",
)  # fmt: skip
ASKED = {
    "train": ["--gmt", "sets.gmt", "--out", "run", "--steps", "1", "--width", "4", "--batch-size", "4"],
    "build": ["--gmt", "sets.gmt", "--out", "run"],
    "evaluate": ["model", "--library", "sets.gmt", "--splits", "1"],
    "ranked": ["-i", "ranks.rnk"],
}
"""Words without which a command does little."""


@pytest.fixture
def folder(tmp_path, monkeypatch, small_model, sets):
    """A folder with files to read, good ones and bad ones."""
    monkeypatch.chdir(tmp_path)
    save_model(small_model, "model")
    Path("genes.txt").write_text("\n".join(GENES))
    Path("sets.gmt").write_text(
        "".join(f"{term}\t\t" + "\t".join(genes) + "\n" for term, genes in sets.items())
    )
    Path("ranks.rnk").write_text("".join(f"G{n}\t{n - 300}\n" for n in range(600)))
    Path("table.csv").write_text("gene,logFC,padj\nTP53,1,0.01\n")
    Path("bad.gz").write_bytes(b"\x1f\x8b\x08\0" + bytes(range(60)))
    Path("bad.gmt").write_bytes(b"\x1f\x8b\x08\0" + bytes(range(60)))
    return tmp_path


@settings(max_examples=max(EXAMPLES // 4, 1))
@given(command=st.sampled_from(COMMANDS), words=st.lists(WORDS, max_size=4))
def test_commands_work_or_say_what_is_wrong(folder, command, words):
    asked = list(ASKED.get(command, ()))
    asked += ["-g", "sets.gmt"] if command in ("enrichr", "ranked", "predict", "gene") else []
    asked += ["--model", "model"] if command in ("enrichr", "ranked", "predict", "augment", "gene") else []
    before = os.getcwd()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = CliRunner().invoke(app, [command, *asked, *words])
    assert os.getcwd() == before
    assert done.exception is None or isinstance(done.exception, SystemExit), (words, repr(done.exception))
    assert done.exit_code in (0, 1, 2)
