"""The README tells the truth: its code runs and prints what it says, its links and commands exist."""

from __future__ import annotations

import contextlib
import doctest
import io
import itertools
import re
import shlex
import warnings
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
import typer

from gsfm_enrich.cli import app
from gsfm_enrich.ranking.columns import GSEAPY, MODEL, markdown_table

ROOT = Path(__file__).parents[1]
PROTOCOLS = ("three quarters of the term hidden", "nothing hidden")
README = (ROOT / "README.md").read_text("utf-8")
BENCHMARKS = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
NETWORK = re.findall(
    r"^<!-- needs a network -->\n```python\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL
)


def python_blocks() -> list[tuple[str, str | None]]:
    """Every block of Python to be pasted, and the text that is shown below it, if any."""
    pairs = itertools.pairwise([*BLOCKS, ("", "")])
    return [
        (code, text if next_kind == "text" else None)
        for (kind, code), (next_kind, text) in pairs
        if kind == "python" and not code.startswith(">>>") and code not in NETWORK
    ]


def test_blocks_run_one_after_the_other_and_print_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    blocks = python_blocks()
    assert len(NETWORK) == 1
    assert sum(text is not None for _, text in blocks) == 4
    with mpl.rc_context({"backend": "Agg"}), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for code, text in blocks:
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile(code, "README.md", "exec"), namespace)
            assert output.getvalue().splitlines() == (text or "").splitlines()


def test_the_example_of_a_prediction_is_one() -> None:
    shown = next(text for code, text in python_blocks() if "predict_functions" in code)
    assert max(float(p) for p in re.findall(r" (0\.\d\d) ", shown or "")) > 0.3


def test_the_table_of_columns_is_that_of_the_package() -> None:
    assert markdown_table([*GSEAPY, *MODEL]) in README


def test_the_sessions_print_what_they_say() -> None:
    sessions = [code for kind, code in BLOCKS if kind == "python" and code.startswith(">>>")]
    assert sessions
    for session in sessions:
        test = doctest.DocTestParser().get_doctest(
            f">>> import gsfm_enrich as ge\n{session}", {}, "README", None, 0
        )
        assert doctest.DocTestRunner(verbose=False).run(test).failed == 0


def test_the_commands_exist_with_these_options() -> None:
    group = typer.main.get_command(app)
    lines = [line for kind, code in BLOCKS if kind == "sh" for line in code.splitlines()]
    commands = [
        shlex.split(line.split(" > ")[0], comments=True) for line in lines if line.startswith("gsfm-enrich ")
    ]
    assert {words[1] for words in commands} == set(group.commands)  # type: ignore[attr-defined]
    for words in commands:
        group.commands[words[1]].make_context(words[1], words[2:])  # type: ignore[attr-defined]


def test_the_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^make (\w+)", README, flags=re.MULTILINE)
    assert targets == ["demo", "test"]
    for target in targets:
        assert f"\n{target}: " in makefile


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)]+)\)", README))))
def test_links_lead_somewhere(link: str) -> None:
    if link.startswith("#"):
        headings = re.findall(r"^#+ (.+)$", README, flags=re.MULTILINE)
        assert link[1:] in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    elif not link.startswith("https://"):
        assert (ROOT / link).is_file()


def test_figures_are_those_that_the_benchmarks_wrote() -> None:
    results = ROOT / "benchmarks" / "results"
    completion = pd.concat(
        pd.read_csv(results / f"{name}.tsv", sep="\t") for name in ("gene_completion", "time_split")
    )
    written = completion["median AUROC"].str.split().str[0] + " / " + completion["mean AP"].str.split().str[0]
    shown = re.findall(r"(?<=\| )\d\.\d+ / \d\.\d+(?= \|)", BENCHMARKS)
    assert len(shown) == 6 * 4 + 10 * 3 + 3 * 2 * 2
    ranking = pd.read_csv(results / "term_ranking.tsv", sep="\t")
    perturbed = ranking["protocol"].str.startswith("TF perturbations")
    factors = ranking["AUROC"].map("{:.3f}".format) + " / " + ranking["MRR"].str.split().str[0]
    assert set(shown) <= {*written, *factors[perturbed]}
    ranking = ranking[ranking["protocol"].isin(PROTOCOLS)]  # the README shows two of them
    rows = re.findall(r"^\| [^|]+((?: \| [01]\.\d{3}){4}) \|$", README, flags=re.MULTILINE)
    assert len(rows) == 6
    written_rows = [set(group["MRR"].str.split().str[0]) for _, group in ranking.groupby("library")]
    for row in rows:
        figures = {figure for figure in row.split(" | ") if figure}
        assert any(figures <= written_row for written_row in written_rows), figures


def test_pictures_are_small() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\((?!https://)([^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).stat().st_size < 200_000 for picture in pictures)
