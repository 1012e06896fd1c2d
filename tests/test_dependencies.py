"""The packages that the constraints install work together where scanpy users need them to."""

from __future__ import annotations

import subprocess
import sys

import anndata
import numpy as np
import pytest
import scanpy as sc


@pytest.fixture
def cells() -> anndata.AnnData:
    """5,000 cells of two types."""
    counts = np.random.default_rng(0).normal(size=(5000, 10)).astype(np.float32)
    counts[:2500] += 3
    return anndata.AnnData(counts)


def test_neighbors_and_leiden_run_on_5000_cells(cells: anndata.AnnData) -> None:
    sc.pp.neighbors(cells, use_rep="X", method="gauss")  # as the default, umap's, but not compiled first
    sc.tl.leiden(cells, flavor="igraph", n_iterations=2, directed=False)
    clusters = cells.obs["leiden"]
    assert not set(clusters.iloc[:2500]) & set(clusters.iloc[2500:])


APPROXIMATE = """
import anndata, numpy as np, scanpy as sc
cells = anndata.AnnData(np.random.default_rng(0).normal(size=(80, 10)).astype(np.float32))
sc.pp.neighbors(cells, use_rep="X", n_neighbors=5, transformer="pynndescent")
print(cells.obsp["distances"].shape)
"""


def test_approximate_neighbors_run() -> None:
    """What scanpy does above 8,192 cells, or 4,096 with a cosine distance, where pynndescent 0.7 fails.

    On few cells and uncompiled, as compiling takes a minute.
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", APPROXIMATE],
        env={"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": ":".join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "(80, 80)\n", done.stderr
