"""The files that were built from the real databases."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gsfm_enrich.data
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.libraries.bundled import load_bundled

NAMES = ["GO_Biological_Process", "GO_Molecular_Function", "GO_Cellular_Component"]
FOLDER = Path(gsfm_enrich.data.__file__).parent


@pytest.mark.parametrize("name", NAMES)
def test_go_library(name):
    library = load_bundled(name)

    assert library.sizes.min() >= 5
    assert library.sizes.max() <= 2_000
    assert set(library.genes) <= set(load_gene_table()["symbol"])
    assert all(term.endswith(")") and " (GO:" in term for term in library.terms)
    assert np.array_equal(library.sizes, np.diff(library.incidence.indptr))


def test_annotations_are_propagated():
    library = load_bundled("GO_Biological_Process")
    apoptosis = set(library["apoptotic process (GO:0006915)"])

    assert {"CASP3", "BAX", "TP53"} <= apoptosis
    assert set(library["intrinsic apoptotic signaling pathway (GO:0097193)"]) <= apoptosis


def test_the_roots_are_left_out():
    roots = {"GO:0008150", "GO:0003674", "GO:0005575"}
    ids = {term.rsplit("(", 1)[1].rstrip(")") for name in NAMES for term in load_bundled(name).terms}
    assert not roots & ids


def test_files_are_small():
    sizes = [(FOLDER / f"{name}.npz").stat().st_size for name in NAMES]
    assert sum(sizes) + (FOLDER / "human_genes.tsv.gz").stat().st_size < 4_000_000


def test_attribution_names_every_source():
    text = (FOLDER / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for needed in ("Gene Ontology", "CC BY 4.0", "2022-07-01", "NCBI Gene", "Ensembl", "UniProt", "3.16.0"):
        assert needed in text, needed


def test_loading_table_and_library_is_fast():
    """The goal is 0.3 s; the bound leaves room for a busy machine."""
    code = (
        "import pandas, scipy.sparse, time\n"
        "from gsfm_enrich.genes.table import load_gene_table\n"
        "from gsfm_enrich.libraries.bundled import load_bundled\n"
        "start = time.perf_counter(); load_gene_table(); load_bundled('GO_Biological_Process')\n"
        "print(time.perf_counter() - start)"
    )
    seconds = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
        for _ in range(3)
    ]
    assert min(seconds) < 0.9
