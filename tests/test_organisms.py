"""The name of an organism is read where a public function is entered, and nowhere behind it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import gsfm_enrich as ge
from gsfm_enrich.errors import InputError

SETS = {"apoptosis": ["TP53", "BAX", "CASP3"], "growth": ["MYC", "EGFR"]}
EDGES = {
    "arguments.py",  # the check at the entrance of public functions
    "commands/reporting.py",
    "drop_in/gene_set_tests.py",  # gseapy's own functions have another entrance
    "genes/orthology.py",  # the command that installs a table
    "pl/_evidence.py",  # what a stored result says
}


@pytest.mark.parametrize("name", ["Mouse", "Mus musculus", "mm"])
def test_any_name_gives_the_same(name: str) -> None:
    genes = ["Trp53", "Bax"]
    for call in (
        lambda organism: ge.enrichr(genes, SETS, organism=organism, outdir=None, no_plot=True).results,
        lambda organism: ge.rank_terms({"a": genes}, SETS, organism=organism),
        lambda organism: ge.neighbors(genes, n=2, organism=organism),
    ):
        assert call(name).equals(call("mouse"))


def test_unknown_organism() -> None:
    with pytest.raises(InputError) as caught:
        ge.neighbors("TP53", organism="marsian")
    assert str(caught.value) == (
        "Unknown organism 'marsian'; known are human, mouse, rat, yeast, fly, fish, worm."
    )


def test_names_are_read_at_the_edge() -> None:
    package = Path(ge.__file__).parent
    calling = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name) and node.id == "organism_name"
    }
    assert calling == EDGES
