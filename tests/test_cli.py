"""The command line, in the process and as a program of its own."""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import os
import re
import sqlite3
import subprocess
import sys
import warnings
from io import StringIO
from pathlib import Path

import anndata
import gseapy
import numpy as np
import pandas as pd
import pytest
import torch
import typer
from gseapy.__main__ import add_enrichr_parser
from rich.console import Console
from typer.testing import CliRunner

from gsfm_enrich import tl
from gsfm_enrich.cli import app
from gsfm_enrich.commands import (
    channels,
    enrichment,
    evaluation,
    info,
    lists,
    output,
    prediction,
    ranked,
    reporting,
    species,
    training,
    words,
)
from gsfm_enrich.errors import GsfmEnrichWarning
from gsfm_enrich.evaluation.evaluate import compare_halves
from gsfm_enrich.evaluation.scorers import model_scorer
from gsfm_enrich.html.gene_page import gene_report
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.build import build
from gsfm_enrich.model.checkpoint import DEFAULT_FOLDER, load_model, save_model
from gsfm_enrich.model.config import GSFMConfig
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.augment import augment
from gsfm_enrich.prediction.predict import predict_functions, predict_genes
from gsfm_enrich.training.config import TrainingConfig

COMMANDS = (
    "enrichr",
    "ranked",
    "report",
    "gene",
    "describe",
    "predict",
    "complete",
    "augment",
    "list",
    "train",
    "build",
    "evaluate",
    "orthology",
    "info",
    "cache",
)
CLOSINGS = {
    "enrichr": enrichment.ENRICHR_CLOSING,
    "ranked": ranked.RANKED_CLOSING,
    "report": reporting.REPORT_CLOSING,
    "gene": reporting.GENE_CLOSING,
    "describe": words.DESCRIBE_CLOSING,
    "predict": prediction.PREDICT_CLOSING,
    "complete": prediction.COMPLETE_CLOSING,
    "augment": prediction.AUGMENT_CLOSING,
    "list": lists.LIST_CLOSING,
    "train": training.TRAIN_CLOSING,
    "build": channels.CHANNELS_CLOSING,
    "evaluate": evaluation.EVALUATE_CLOSING,
    "orthology": species.ORTHOLOGY_CLOSING,
}
QUERY = ["B3G0", "B3G1", "B3G2", "B3G3", "B3G4", "B5G1", "B7G2"]
CARD = """---
license: bsd-3-clause
---
# Blocks

Knows the blocks
of genes.

## Data
None.
"""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GSFM_ENRICH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def files(tmp_path: Path, block_model: GSFM, block_library: GeneSetLibrary) -> Path:
    """A folder with a query, a library and a checkpoint."""
    (tmp_path / "genes.txt").write_text("\n".join(QUERY) + "\n")
    block_library.write_gmt(tmp_path / "blocks.gmt")
    save_model(block_model, tmp_path / "model")
    (tmp_path / "model" / "README.md").write_text(CARD)
    return tmp_path


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """A folder with two GMT files whose sets are drawn from blocks of ten real genes."""
    from gsfm_enrich.genes.table import load_gene_table

    table = load_gene_table()
    genes = table.loc[table["type"] == "protein-coding", "symbol"].tolist()[:40]
    rng = np.random.default_rng(0)
    folder = tmp_path / "sets"
    folder.mkdir()
    for name in ("a.gmt", "b.gmt"):
        lines = []
        for number in range(80):
            drawn = rng.choice(10, 6, replace=False) + 10 * (number % 4)
            lines.append(f"set {number} GSE{number}\t\t" + "\t".join(genes[g] for g in drawn))
        (folder / name).write_text("\n".join(lines) + "\n")
    return folder


def invoke(*arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
    """Run a command in this process; return exit code, standard output and standard error."""
    result = CliRunner().invoke(app, list(arguments), input=stdin, prog_name="gsfm-enrich")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a program of its own."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "gsfm_enrich", *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def table_of(text: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(text), sep="\t")


def options_of(command: str) -> dict[str, typer.core.TyperOption]:
    """Every spelling of the options of a command."""
    group = typer.main.get_command(app)
    parameters = group.commands[command].params  # type: ignore[attr-defined]
    return {
        spelling: parameter
        for parameter in parameters
        for spelling in [*parameter.opts, *parameter.secondary_opts]
    }


# Help


@pytest.mark.parametrize("command", COMMANDS)
def test_help_explains_every_option_and_ends_with_examples_that_parse(command: str) -> None:
    code, shown, _ = invoke(command, "--help")
    assert code == 0
    known = options_of(command)
    for spelling, option in known.items():
        assert option.hidden or spelling in shown
        assert option.hidden or not spelling.startswith("-") or option.help
    closing = CLOSINGS.get(command, "").removeprefix("\b\n")
    for line in closing.splitlines():
        assert line in shown or line.startswith("Exit code"), line
        words = line.partition("gsfm-enrich ")[2].split(" > ")[0].split()
        for word in words[1:]:
            if re.match("--?[a-z]", word):
                assert word in options_of(words[0]), line


def test_top_level_help_lists_every_command() -> None:
    code, shown, _ = invoke("--help")
    assert code == 0
    listed = re.findall(r"^  (\w+) {2,}\w", shown, flags=re.MULTILINE)
    assert listed == list(COMMANDS)
    assert not re.findall(r"[^]]\.\.\.$", shown, flags=re.MULTILINE)  # no summary is cut off


def test_version() -> None:
    assert invoke("--version") == (0, f"gsfm-enrich {info.installed_version('gsfm-enrich')}\n", "")
    assert info.installed_version("no-such-package-here") == "not installed"


def test_asking_for_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, gsfm_enrich.cli; "
        "print([m for m in ('torch', 'scanpy', 'gseapy', 'anndata', 'pandas', 'numpy', 'matplotlib') "
        "if m in sys.modules])"
    )
    path = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


# enrichr


def test_enrichr_has_every_option_of_gseapy_with_its_default() -> None:
    parser = argparse.ArgumentParser()
    add_enrichr_parser(parser.add_subparsers())
    theirs = parser._subparsers._group_actions[0].choices["enrichr"]._actions  # type: ignore[union-attr]
    ours = options_of("enrichr")
    for action in theirs:
        if action.dest != "help":
            assert set(action.option_strings) <= set(ours)
            option = ours[action.option_strings[0]]
            assert bool(option.required) == action.required
            assert action.required or option.default == action.default, action.option_strings


def test_enrichr_writes_the_files_of_gseapy_and_its_figures(files: Path) -> None:
    code, _, error = invoke(
        "enrichr", "-i", "genes.txt", "-g", "blocks.gmt", "--no-rerank", "--format", "png", "-o", "ours"
    )
    assert (code, error) == (0, "Table and figure in ours/\n")
    gseapy.enrich(QUERY, "blocks.gmt", outdir="theirs", format="png")
    # the one name that differs says which function wrote it
    names = {re.sub(r"gene_sets|human\.enrichr|\d{5,}", "", path.name) for path in Path("ours").iterdir()}
    assert {name for name in names if name.endswith((".txt", ".png"))} == {
        "Enrichr..reports.txt",
        "Enrichr..reports.png",
    }
    ours = pd.read_csv("ours/Enrichr.human.enrichr.reports.txt", sep="\t")
    theirs = pd.read_csv(next(Path("theirs").glob("*.reports.txt")), sep="\t")
    assert list(ours.columns) == list(theirs.columns)
    pd.testing.assert_frame_equal(
        ours.drop(columns="Genes"), theirs.drop(columns="Genes"), rtol=1e-5, check_like=True
    )


def test_enrichr_prints_what_it_computed(files: Path) -> None:
    arguments = ["-i", "genes.txt", "-g", "blocks.gmt", "--model", "model", "--no-files", "-b", "5000"]
    code, shown, error = invoke("enrichr", *arguments)
    assert (code, error) == (0, "")
    assert list(Path().glob("GSEApy_reports*")) == []
    import gsfm_enrich as ge

    expected = ge.enrichr(QUERY, "blocks.gmt", model="model", background=5000).results
    printed = table_of(shown)
    assert list(printed.columns) == list(expected.columns)
    assert printed["Term"].tolist() == expected["Term"].tolist()
    np.testing.assert_allclose(printed["GSFM P-value"], expected["GSFM P-value"], rtol=1e-5)


def test_enrichr_reads_genes_from_a_pipe_and_between_commas(files: Path) -> None:
    rest = ["-g", "blocks.gmt", "--no-rerank", "--no-files"]
    from_file = invoke("enrichr", "-i", "genes.txt", *rest)
    assert from_file[0] == 0
    assert invoke("enrichr", "-i", "-", *rest, stdin="\n".join(QUERY)) == from_file
    assert invoke("enrichr", "-i", ",".join(QUERY), *rest) == from_file


def test_without_reranking_the_best_terms_come_first_unless_asked_by_name(files: Path) -> None:
    rest = ["-i", "genes.txt", "-g", "blocks.gmt", "--no-rerank", "--no-files"]
    best_first = table_of(invoke("enrichr", *rest)[1])
    by_name = table_of(invoke("enrichr", *rest, "--sort", "gseapy")[1])
    assert best_first["P-value"].is_monotonic_increasing
    assert by_name["Term"].is_monotonic_increasing
    assert sorted(best_first["Term"]) == sorted(by_name["Term"])


def test_enrichr_says_how_genes_were_found_only_when_asked(files: Path) -> None:
    rest = ["-i", "genes.txt", "-g", "blocks.gmt", "--no-rerank", "--no-files"]
    _, _, quiet = invoke("enrichr", *rest)
    _, _, verbose = invoke("enrichr", *rest, "-v")
    assert quiet == ""
    assert "blocks.gmt" in verbose


def test_nothing_found_is_code_1_with_the_header_and_a_warning(files: Path) -> None:
    code, shown, error = invoke("enrichr", "-i", "X1,X2", "-g", "blocks.gmt", "--no-rerank", "--no-files")
    assert code == 1
    assert shown.split("\t")[:2] == ["Gene_set", "Term"]
    assert len(shown.splitlines()) == 1
    assert error == "Warning: 2 of 2 query genes are in none of the gene sets: X1, X2.\n"


# predict and augment


def test_report_of_a_table_that_enrichr_wrote(files: Path) -> None:
    invoke("enrichr", "-i", "genes.txt", "-g", "blocks.gmt", "--model", "model", "-o", "out", "--no-plot")
    [table] = (files / "out").glob("*.txt")
    code, shown, error = invoke("report", str(table), "--title", "Blocks & more", "-t", "3")
    written = table.with_suffix(".html")
    assert (code, shown, error) == (0, "", f"Report in {written}\n")
    page = written.read_text("utf-8")
    assert "<h1>Blocks &amp; more</h1>" in page
    best = pd.read_csv(table, sep="\t")["Term"]
    assert [term in page.partition("<tbody>")[2] for term in best[:4]] == [True, True, True, False]


def test_report_of_an_h5ad_file(files: Path) -> None:
    cells = anndata.AnnData(np.ones((2, 3), dtype=np.float32))
    lists = {"one/two": ["B3G0", "B3G1", "B3G2"]}
    tl.enrichr(cells, str(files / "blocks.gmt"), de=lists, background=300, rerank=False, key_added="mine")
    cells.write_h5ad(files / "cells.h5ad")
    code, _, error = invoke("report", "cells.h5ad", "--key", "mine", "-o", "folder/page.html")
    assert (code, error) == (0, f"Report in {Path('folder/page.html')}\n")
    assert "one/two" in Path("folder/page.html").read_text("utf-8")
    code, _, error = invoke("report", "cells.h5ad")
    assert (code, error) == (
        2,
        "gsfm-enrich: adata.uns has no 'gsfm_enrichr': run gsfm_enrich.tl.enrichr(adata, ...) first, or name "
        "its slot with key=.\n",
    )


def test_gene_writes_the_page_that_gene_report_writes(files: Path) -> None:
    arguments = ["-g", "blocks.gmt", "--model", "model", "-t", "2"]
    code, shown, error = invoke("gene", "B3G22", *arguments)
    assert (code, shown, error) == (0, "", "Page in B3G22.html\n")
    expected = gene_report("B3G22", "expected.html", "blocks.gmt", top=2, model="model")
    assert Path("B3G22.html").read_bytes() == expected.read_bytes()
    code, _, error = invoke("gene", "B3G22", "-i", "genes.txt", "-o", "folder/page.html", *arguments)
    assert (code, error) == (0, f"Page in {Path('folder/page.html')}\n")
    expected = gene_report("B3G22", "expected.html", "blocks.gmt", companions=QUERY, top=2, model="model")
    assert Path("folder/page.html").read_bytes() == expected.read_bytes()
    assert "Shared with its companions" in expected.read_text("utf-8")


def test_gene_that_the_model_does_not_know_gets_a_page_that_says_so(files: Path) -> None:
    code, _, error = invoke("gene", "X1", "-g", "blocks.gmt", "--model", "model")
    assert code == 1
    assert error == "Warning: The model does not know 1 of 1 genes: X1.\nPage in X1.html\n"
    assert "The model does not know it and predicts nothing." in Path("X1.html").read_text("utf-8")


def test_predict_prints_the_functions_of_genes(files: Path) -> None:
    arguments = ["predict", "B3G22", "B4G22", "-g", "blocks.gmt", "--model", "model", "--top", "2"]
    code, shown, error = invoke(*arguments)
    assert (code, error) == (0, "")
    expected = predict_functions(["B3G22", "B4G22"], "blocks.gmt", top=2, model="model")
    shown_table = table_of(shown).fillna({"caution": "", "similar_terms": ""})
    pd.testing.assert_frame_equal(shown_table, expected, check_dtype=False, rtol=1e-4)
    _, new, _ = invoke("predict", "B3G1", "-g", "blocks.gmt", "--model", "model", "--new")
    assert not table_of(new)["known"].any()


def test_describe_prints_sentences(files: Path) -> None:
    code, shown, _ = invoke("describe", "B3G5", "-g", "blocks.gmt", "--model", "model")
    assert code == 0
    assert shown.startswith("B3G5 is not in the gene table.")
    assert "The model predicts that it belongs to" in shown
    code, shown, _ = invoke("describe", "who", "-g", "blocks.gmt", "--model", "model")
    assert code == 1
    assert "The model does not know it" in shown


def test_predict_prints_the_genes_of_a_term(files: Path, block_library: GeneSetLibrary) -> None:
    term = block_library.terms[4]
    code, shown, error = invoke("predict", "--term", term, "-g", "blocks.gmt", "--model", "model")
    assert (code, error) == (0, "")
    expected = predict_genes(term, "blocks.gmt", model="model")
    assert len(expected) == prediction.DEFAULT_GENES
    pd.testing.assert_frame_equal(table_of(shown), expected, check_dtype=False, rtol=1e-4)


def test_predictions_prints_all_of_them(files: Path) -> None:
    arguments = ["complete", "-g", "blocks.gmt", "--model", "model", "--min-probability"]
    code, shown, error = invoke(*arguments, "0.05")
    assert (code, error) == (0, "")
    assert (table_of(shown)["probability"] >= 0.05).all()
    assert invoke(*arguments, "1")[0] == 1


def test_predict_without_a_known_gene_finds_nothing(files: Path) -> None:
    code, shown, error = invoke("predict", "X1", "-g", "blocks.gmt", "--model", "model")
    assert code == 1
    assert len(shown.splitlines()) == 1
    assert error == "Warning: The model does not know 1 of 1 genes: X1.\n"


def test_augment_prints_the_genes_that_a_list_lacks(files: Path) -> None:
    code, shown, error = invoke("augment", "-i", "genes.txt", "-n", "7", "--model", "model")
    assert (code, error) == (0, "")
    expected = augment(QUERY, 7, model="model")
    pd.testing.assert_frame_equal(table_of(shown), expected, check_dtype=False, rtol=1e-4)
    assert invoke("augment", *QUERY, "-n", "7", "--model", "model")[1] == shown


def test_list_writes_a_page(files: Path) -> None:
    code, shown, error = invoke("list", "-i", "genes.txt", "-g", "blocks.gmt", "--model", "model")
    assert (code, error) == (0, "Page in list.html\n")
    assert "AUROC" in shown
    assert shown.split(":")[0] in Path("list.html").read_text("utf-8")


# info


def test_info_says_what_is_bundled(files: Path) -> None:
    about = info.about(files / "model")
    topics = ["version", "library", "gene table", "orthologues", "default model", "cache"]
    assert about["topic"].unique().tolist() == topics
    items = dict(zip(about["item"], about["value"], strict=True))
    assert items["gseapy"] == gseapy.__version__
    assert items["about"] == "Knows the blocks of genes."
    assert items["network"] == "gsfm-scaled, depth 1, width 12: 302 - 12 - 302"
    assert items["size"].endswith(", 300 genes")
    assert re.fullmatch(r"[\d,]+ terms, [\d,]+ genes, [\d,]+ memberships", items["GO_Cellular_Component"])


def test_info_lists_what_is_cached(files: Path, block_library: GeneSetLibrary) -> None:
    cached = files / "cache" / "libraries" / "human"
    cached.mkdir(parents=True)
    block_library.write_gmt(cached / "KEGG_2021_Human.gmt")
    about = info.about(files / "model")
    shown = about.loc[about["topic"] == "cache", ["item", "value"]].to_numpy().tolist()
    assert shown == [["folder", str(files / "cache")], ["KEGG_2021_Human", "human"]]


def test_info_of_the_bundled_model() -> None:
    code, shown, error = invoke("info")
    assert (code, error) == (0, "")
    rows = table_of(shown)
    assert "GO_Biological_Process" in rows["item"].tolist()
    code, card, _ = invoke("info", "--card")
    assert code == 0
    assert card == (DEFAULT_FOLDER / info.MODEL_CARD).read_text() + "\n"


# train


def test_training_writes_a_checkpoint_that_loads(sets: Path) -> None:
    arguments = [
        "train",
        "--gmt",
        "sets",
        "--out",
        "run",
        "--steps",
        "20",
        "--batch-size",
        "16",
        "--width",
        "4",
    ]
    Path("held_out.gmt").write_text("TF GSE7\t\tTP53\tBAX\n")
    code, shown, error = invoke(*arguments, "--exclude", "held_out.gmt", "--half")
    assert code == 0
    assert "sets of a benchmark's GEO series (2)" in error
    rows = dict(table_of(shown).to_numpy().tolist())
    distinct = {
        (path.name, frozenset(line.split("\t")[2:]))
        for path in sets.iterdir()
        for line in path.read_text().splitlines()
        if "GSE7\t" not in line
    }
    assert (rows["checkpoint"], rows["sources"], rows["sets"]) == ("run", "2", str(len(distinct)))
    model = load_model("run")
    assert model.config == GSFMConfig(
        len(model.vocab), d_model=4, dropout=0.2, partition=0.5, architecture="gsfm-scaled"
    )
    assert rows["genes"] == str(len(model.vocab) - 2)
    from safetensors.torch import load_file

    assert {weight.dtype for weight in load_file("run/model.safetensors").values()} == {torch.float16}
    manifest = json.loads(Path("run/corpus.json").read_text())
    assert (manifest["sets"], manifest["rules"]["exclude"]) == (len(distinct), ["GSE7"])
    logged = Path("run/log.tsv").read_text().split()
    assert rows["validation loss"] == f"{float(logged[-1]):.4f}"
    # the same command again has nothing left to do; other settings are refused
    code, shown, _ = invoke(*arguments, "--exclude", "held_out.gmt", "--half")
    assert code == 0
    assert "loss" not in shown
    code, _, error = invoke(*arguments, "--seed", "1")
    assert code == 2
    assert error.endswith(
        "gsfm-enrich: 'run' holds a run with other settings; choose another folder, or remove it.\n"
    )


def test_training_on_publications_up_to_a_date(tmp_path: Path) -> None:
    from gsfm_enrich.genes.table import load_gene_table

    genes = load_gene_table().head(30)
    with sqlite3.connect(tmp_path / "org.sqlite") as database:
        database.execute("CREATE TABLE genes (_id INTEGER, gene_id TEXT)")
        database.execute("CREATE TABLE pubmed (_id INTEGER, pubmed_id TEXT)")
        database.executemany("INSERT INTO genes VALUES (?, ?)", enumerate(genes["entrez"].astype(str)))
        rng = np.random.default_rng(0)
        for paper in range(1, 151):
            drawn = rng.choice(10, 4, replace=False) + 10 * (paper % 3)
            database.executemany("INSERT INTO pubmed VALUES (?, ?)", [(int(g), str(paper)) for g in drawn])
    database.close()
    command = "train --literature org.sqlite --before 140 --out run --steps 5 --batch-size 8 --width 4"
    code, shown, error = invoke(*command.split())
    assert code == 0
    assert error == "Left out: publications from the cut-off on (11).\n"
    assert dict(table_of(shown).to_numpy().tolist())["sets"] == "139"


def test_build_makes_a_model_that_completes_its_sets(tmp_path: Path) -> None:
    from gsfm_enrich.genes.table import load_gene_table

    symbols = load_gene_table()["symbol"].head(60).to_numpy().reshape(3, 20)
    rng = np.random.default_rng(0)
    lines = ["\t".join([f"set {n}", "", *rng.choice(symbols[n % 3], 12, replace=False)]) for n in range(240)]
    (tmp_path / "blocks.gmt").write_text("\n".join([*lines, lines[0].replace("set 0", "again")]) + "\n")
    code, shown, error = invoke("build", "--gmt", "blocks.gmt", "--out", "run", "--near-duplicates", "0.99")
    assert code == 0
    assert error == "Left out: sets repeated within their source (1).\n"
    assert json.loads((tmp_path / "run" / "corpus.json").read_text())["rules"]["near_duplicates"] == 0.99
    rows = dict(table_of(shown).to_numpy().tolist())
    assert (rows["checkpoint"], rows["sets"], rows["genes"]) == ("run", "240", "60")
    assert set(rows) == {"checkpoint", "sets", "genes", "weight of experiments"}
    model = load_model("run")
    assert model.config.architecture == "gsfm-channels"
    scores = model.complete([symbols[1][:5].tolist()])[0]
    best = [model.vocab.tokens[unit] for unit in np.argsort(-scores)[:20]]
    assert set(best) == set(symbols[1])


def test_defaults_of_train_are_those_of_its_settings() -> None:
    ours = {name: p.default for name, p in inspect.signature(training.train).parameters.items()}
    trained, shape = TrainingConfig(), GSFMConfig(3)
    for name in (
        "steps", "batch_size", "learning_rate", "balance", "validate_on", "patience", "seed", "precision",
    ):  # fmt: skip
        assert ours[name] == getattr(trained, name)
    assert (ours["width"], ours["depth"], ours["dropout"]) == (shape.d_model, shape.depth, shape.dropout)
    assert ours["architecture"] == "gsfm-scaled"


def test_training_passes_on_where_to_validate_and_when_to_stop(
    sets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def interrupted(corpus: object, network: object, training: TrainingConfig, *_: object) -> None:
        asked.append((training.validate_on, training.patience, training.weights))
        raise KeyboardInterrupt

    monkeypatch.setattr("gsfm_enrich.training.fit.fit", interrupted)
    options = "--validate-on literature --patience 3 --weight experiments=2 --weight a=b=0.5"
    invoke("train", "--gmt", "sets", "--out", "run", *options.split())
    assert asked == [("literature", 3, {"experiments": 2.0, "a=b": 0.5})]


def test_only_the_first_of_many_processes_writes_beside_the_checkpoint(
    sets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    assert not output.is_first_process()
    code, shown, _ = invoke(
        "train", "--gmt", "sets", "--out", "run", "--steps", "2", "--batch-size", "4", "--width", "2"
    )
    assert (code, shown) == (0, "")
    assert not Path("run/corpus.json").exists()


def test_interrupted_training_says_how_to_go_on(sets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gsfm_enrich.training.fit.fit", interrupted)
    code, _, error = invoke("train", "--gmt", "sets", "--out", "run")
    assert code == 130
    assert error.splitlines()[-1].startswith("Interrupted; the same command")
    assert error.splitlines()[-1].endswith("run/.")


def test_other_commands_can_be_interrupted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(info, "about", interrupted)
    assert invoke("info")[0] == 130


def test_training_without_its_extra_says_what_to_install(sets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "find_spec", lambda _: None)
    assert invoke("train", "--gmt", "sets", "--out", "run") == (
        2,
        "",
        "gsfm-enrich: Training needs lightning-fabric; install it with: pip install 'gsfm-enrich[train]'.\n",
    )


class Terminal(StringIO):
    """A stream that says a person watches it."""

    def isatty(self) -> bool:
        return True


def test_only_a_person_sees_progress(
    sets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def trained(name: str) -> tuple[str, str]:
        training.train(gmt=[sets], out=Path(name), steps=30, batch_size=16, width=4)
        shown = capsys.readouterr()
        return shown.out, shown.err

    printed, told = trained("unwatched")
    assert told.startswith("Left out: ")
    assert told.count("\n") == 1
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert trained("watched")[0] == printed.replace("unwatched", "watched")
    bar = sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert "30/30" in bar
    assert re.search(r"loss \d\.\d{3}, validation \d\.\d{3}, [\d,]+ sets/s", bar)


# Bad input


BAD = [
    ("enrichr -i TP53 -g blocks.gmt", "'TP53' is not a file", "one gene per line", "commas"),
    ("enrichr -i , -g blocks.gmt", "No genes were given", "-i FILE"),
    ("predict", "No genes were given", "-i FILE"),
    ("augment -i empty.txt", "No genes were given", "-i FILE"),
    ("predict TP53 --term apoptosis", "genes", "--term"),
    ("enrichr -i A,B -g nowhere.gmt", "'nowhere.gmt'"),
    ("augment A --model nowhere", "'nowhere'", "'default'", "folder", "'maayanlab/gsfm-rummagene'"),
    ("train --out run", "--gmt", "--literature"),
    ("train --out run --gmt nowhere", "'nowhere'", "GMT files"),
    ("train --out run --gmt empty", "'empty'", ".gmt or .gmt.gz"),
    ("train --out run --gmt empty --before 29300000", "--before", "--literature"),
    ("build --out run --gmt nowhere", "'nowhere'", "GMT files"),
    ("train --out run --literature x.sqlite", "'x.sqlite'", "org.Hs.eg.sqlite"),
    ("train --out run --gmt few.gmt", "No gene set", "2 genes", "10 sets"),
    ("build --out run --gmt few.gmt --near-duplicates 0.3", "near_duplicates", "0.5", "1", "0.3"),
    ("train --out run --gmt sets --dropout 2", "dropout", "0", "below 1", "2.0"),
    ("enrichr -i A,B -g blocks.gmt --no-rerank -o taken", "'taken'", "folder"),
    ("gene TP53 -o empty", "'empty' is a folder", "'empty/gene.html'"),
    ("gene TP53 -i empty.txt", "No genes were given", "-i FILE"),
    ("gene TP53 -g nowhere.gmt", "'nowhere.gmt'"),
    ("report nowhere.h5ad", "'nowhere.h5ad'", ".h5ad file"),
    ("report few.gmt", "'few.gmt'", ".h5ad, .csv, .tsv, .txt"),
    ("report broken.h5ad", "'broken.h5ad'"),
    ("report empty.txt", "'empty.txt'"),
    ("train --gmt few.gmt --out new --weight literature", "--weight", "literature=2", "'literature'"),
    ("train --gmt few.gmt --out new --weight few=-1", "'few'", "at least 0", "-1.0"),
    ("evaluate --library few.gmt", "checkpoint", "--default"),
    ("evaluate run --default", "checkpoint", "--default"),
    ("evaluate run", "--library"),
    ("evaluate --default --library few.gmt --later few.gmt --later blocks.gmt", "--later", "1 and 2"),
    ("evaluate --default --library few.gmt", "No term", "every model"),
    ("evaluate --default --library few.gmt --out taken", "'taken'", "folder"),
    ("train --out taken --gmt few.gmt", "'taken'", "folder"),
]


@pytest.mark.parametrize(
    ("command", "facts"), [(bad[0], bad[1:]) for bad in BAD], ids=[bad[0] for bad in BAD]
)
def test_bad_input_gets_one_sentence_and_code_2(command: str, facts: tuple[str, ...]) -> None:
    Path("empty").mkdir()
    Path("empty.txt").write_text("\n")
    Path("taken").write_text("")
    Path("broken.h5ad").write_text("no cells")
    Path("few.gmt").write_text("one set\t\tTP53\tBAX\n")
    Path("blocks.gmt").write_text("one set\t\tA\tB\n")
    code, shown, error = invoke(*command.split())
    assert (code, shown) == (2, "")
    assert error.startswith("gsfm-enrich: ")
    assert [fact for fact in facts if fact not in error] == []
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    ["enrichr -g GO_Biological_Process", "enrichr -i a -g b --format bmp", "predict --tpo 3", "predcit TP53"],
)
def test_wrong_usage_is_code_2_and_names_the_help(command: str) -> None:
    code, shown, error = invoke(*command.split())
    assert (code, shown) == (2, "")
    assert error.startswith("Usage: gsfm-enrich")
    assert "Traceback" not in error


def test_the_program_has_the_same_exit_codes_and_no_traceback(files: Path) -> None:
    found = program("enrichr", "-i", "genes.txt", "-g", "blocks.gmt", "--no-rerank", "--no-files")
    assert (found.returncode, found.stderr) == (0, "")
    assert len(table_of(found.stdout)) > 3
    bad = program("enrichr", "-i", "genes.txt", "-g", "nowhere.gmt")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("gsfm-enrich: There is no file 'nowhere.gmt'")
    assert bad.stderr.count("\n") == 1


# What a person sees


def drawn(frame: pd.DataFrame, **options: object) -> list[str]:
    console = Console(file=StringIO(), width=100)
    output.draw_table(frame, console, **options)  # type: ignore[arg-type]
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_tables_for_a_person_are_aligned_and_say_what_they_leave_out() -> None:
    frame = pd.DataFrame(
        {"term": ["a [bold]", "b"], "p": [1.23456e-7, np.nan], "n": [12345, 2], "known": [True, False]}
    )
    assert drawn(frame) == [
        "term             p       n  known",
        "a [bold]  1.23e-07  12,345    yes",
        "b                        2     no",
    ]
    assert drawn(frame, columns={"n": "how many", "absent": "no"}, rows=1) == [
        "how many",
        "  12,345",
        "... and 1 more row; redirect the output to a file to see all of them.",
    ]


def test_the_table_is_drawn_when_the_output_is_watched(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "is_watched", lambda _: True)
    output.show_table(pd.DataFrame({"gene": ["TP53"], "score": [0.123456]}))
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == ["gene  score", "TP53  0.123"]


def test_only_a_person_is_told_what_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for stream, told in ((StringIO(), False), (Terminal(), True)):
        monkeypatch.setattr(sys, "stderr", stream)
        with output.working("Thinking hard"):
            pass
        assert ("Thinking hard" in stream.getvalue()) is told


def test_only_the_first_of_many_processes_shows_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    assert output.is_watched(Terminal())
    assert not output.is_watched(StringIO())
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert not output.is_watched(Terminal())


def test_warnings_are_one_line_each_and_the_usual_display_comes_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = warnings.showwarning
    with output.one_line_warnings():
        for _ in range(2):
            warnings.warn("lost\n  two genes", GsfmEnrichWarning, stacklevel=1)
    assert capsys.readouterr().err == "Warning: lost two genes\n" * 2
    assert warnings.showwarning is before


# evaluate


def test_evaluate_asks_every_model_the_same_and_writes_what_it_found(files: Path) -> None:
    other = build(GSFMConfig(302, d_model=2), load_model("model").vocab)
    save_model(other, "other")
    command = "evaluate model --library blocks.gmt --compare other --splits 2 --max-terms 20 --out found"
    code, shown, _ = invoke(*command.split())
    assert code == 0
    table = table_of(shown).set_index("method")
    assert list(table.index) == ["model", "other"]
    assert (table["library"] == "blocks").all()
    assert (table["terms"] == 20).all()
    scorers = {name: model_scorer(load_model(name)) for name in ("model", "other")}
    library = GeneSetLibrary.from_gmt("blocks.gmt", name="blocks")
    expected, of_terms = compare_halves(library, scorers, splits=2, max_terms=20)
    assert table["median AUROC"].tolist() == expected["median AUROC"].tolist()
    assert float(table.loc["model", "median AUROC"].split()[0]) > 0.95
    written = pd.read_csv("found/terms.tsv", sep="\t")
    assert written["auroc"].to_numpy() == pytest.approx(of_terms["auroc"].to_numpy(), abs=1e-6)
    assert pd.read_csv("found/libraries.tsv", sep="\t")["mean AP"].tolist() == expected["mean AP"].tolist()
    assert Path("found/terms.png").read_bytes().startswith(b"\x89PNG")


def test_evaluate_on_what_a_newer_release_adds(files: Path) -> None:
    old = {f"t{block}": [f"B{block}G{i}" for i in range(8)] for block in range(6)}
    new = {term: [*genes, f"B{term[1:]}G20"] for term, genes in old.items()}
    (files / "old.gmt").write_text("".join("\t".join([t, "", *g]) + "\n" for t, g in old.items()))
    (files / "new.gmt").write_text("".join("\t".join([t, "", *g]) + "\n" for t, g in new.items()))
    code, shown, _ = invoke("evaluate", "model", "--library", "old.gmt", "--later", "new.gmt")
    assert code == 0
    (row,) = table_of(shown).to_dict("records")
    assert (row["library"], row["terms"]) == ("new", 6)
    assert row["median AUROC"].startswith("1.000 ")  # above the added genes of five other blocks


def test_evaluate_beside_what_counts_in_a_corpus(sets: Path) -> None:
    invoke("train", "--gmt", "sets", "--out", "run", "--steps", "5", "--batch-size", "8", "--width", "4")
    lines = [line.split("\t") for path in sets.iterdir() for line in path.read_text().splitlines()]
    genes = sorted({gene for line in lines for gene in line[2:]})
    Path("lib.gmt").write_text("".join(f"t{i}\t\t" + "\t".join(genes[i : i + 15]) + "\n" for i in range(5)))
    code, shown, _ = invoke("evaluate", "run", "--library", "lib.gmt", "--gmt", "sets")
    assert code == 0
    assert table_of(shown)["method"].tolist() == [
        "run", "co-occurrence", "co-occurrence, small sets first", "its truncated SVD", "popularity",
    ]  # fmt: skip


def test_evaluate_reprints_the_figures_of_the_card() -> None:
    code, shown, said = invoke("evaluate", "--default")
    assert code == 0
    assert "model card" in said
    assert "--library" in said
    lines = [[cell.strip() for cell in line.split("\t")] for line in shown.splitlines()]
    card = (DEFAULT_FOLDER / info.MODEL_CARD).read_text()
    assert all(f"| {' | '.join(line)} |\n" in card for line in lines)
    assert len(lines) > 30


def test_a_card_without_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "default_model").mkdir()
    (tmp_path / "default_model" / info.MODEL_CARD).write_text(CARD)
    monkeypatch.setattr("gsfm_enrich.libraries.bundled.DATA", tmp_path)
    code, shown, error = invoke("evaluate", "--default")
    assert (code, shown) == (2, "")
    assert error == "gsfm-enrich: The model card has no table of figures.\n"


# orthology


def test_orthology_shows_takes_a_copy_and_shows_again(homology_report: Path) -> None:
    code, shown, said = invoke("orthology")
    assert (code, said) == (0, "")
    assert shown.startswith("Orthologues of mouse: by rule")
    code, shown, said = invoke("orthology", "--from", str(homology_report))
    assert (code, shown) == (0, "")
    assert said.startswith(
        "Orthologues of mouse: 10 genes, 9 of them with a human gene (MGI, HOM_AllOrganism.rpt"
    )
    assert invoke("orthology") == (0, said, "")
    digest = hashlib.sha256(homology_report.read_bytes()).hexdigest()
    code, _, said = invoke("orthology", "--org", "rat", "--from", str(homology_report), "--sha256", digest)
    assert code == 0
    assert said.startswith("Orthologues of rat: 2 genes, 2 of them with a human gene ")
    about = info.about(DEFAULT_FOLDER)
    shown_by_info = about.loc[about["topic"] == "orthologues", ["item", "value"]].to_numpy().tolist()
    assert [item for item, _ in shown_by_info] == ["mouse", "rat"]
    assert shown_by_info[0][1].startswith("10 genes, MGI, HOM_AllOrganism.rpt of ")


@pytest.mark.parametrize(
    ("arguments", "facts"),
    [
        (["--update", "--from", "a.rpt"], ["--update", "--from"]),
        (["--sha256", "00"], ["--sha256", "--update", "--from"]),
        (["--from", "a.rpt"], ["'a.rpt'", "homology report of MGI"]),
        (["--org", "fly"], ["fly", "mouse and rat"]),
        (["--update"], ["HOM_MouseHumanSequence.rpt", "GSFM_ENRICH_OFFLINE"]),
    ],
)
def test_orthology_on_bad_input(arguments: list[str], facts: list[str]) -> None:
    code, shown, error = invoke("orthology", *arguments)
    assert (code, shown) == (2, "")
    assert error.startswith("gsfm-enrich: ")
    assert [fact for fact in facts if fact not in error] == []
    assert error.count("\n") == 1


def test_genes_of_mouse_on_the_command_line(mouse_table: object, files: Path) -> None:
    (files / "sets.gmt").write_text("one\t\tTP53\tGSTM1\ntwo\t\tGSTM3\tMYC\n")
    code, shown, said = invoke(
        "enrichr",
        "-i",
        "Trp53,Gstm3,Vmn2r59",
        "-g",
        "sets.gmt",
        "--org",
        "mouse",
        "--no-rerank",
        "--no-files",
    )
    assert code == 0
    assert table_of(shown)[["Term", "Overlap", "Genes"]].to_numpy().tolist() == [
        ["one", "2/2", "Trp53;Gstm3"]
    ]
    assert said == "Warning: 1 of 3 query genes has no human orthologue: Vmn2r59.\n"


def test_cache_is_shown_and_cleared(tmp_path: Path) -> None:
    names = (
        "tables/a.safetensors",
        "tables/b.safetensors",
        "corpora/1f/units.npy",
        "libraries/human/KEGG.gmt",
    )
    for name in names:
        path = tmp_path / "cache" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0" * 500_000)
    code, out, _ = invoke("cache", "info")
    assert code == 0
    shown = pd.read_csv(StringIO(out), sep="\t").set_index("kept")
    assert shown.loc["tables", ["files", "MB"]].tolist() == [2, 1.0]
    assert shown.loc["corpora", ["files", "MB"]].tolist() == [1, 0.5]
    assert shown.loc["libraries", ["files", "MB"]].tolist() == [1, 0.5]
    assert shown.loc["tables", "folder"] == str(tmp_path / "cache" / "tables")
    code, _, err = invoke("cache", "clear")
    assert (code, err) == (0, "Removed 2 files of tables.\nRemoved 1 files of corpora.\n")
    assert [path.name for path in (tmp_path / "cache").rglob("*.*")] == ["KEGG.gmt"]
    code, _, err = invoke("cache", "clear", "--libraries")
    assert (code, err) == (
        0,
        "Removed 0 files of tables.\nRemoved 0 files of corpora.\nRemoved 1 files of libraries.\n",
    )
    assert not list((tmp_path / "cache").rglob("*.*"))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_types_in_words(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"]).output
    assert not re.search(r"<(int|float|str|path|list)|INTEGER|FLOAT|RANGE|x>=|<=x", shown)
