"""How long the threshold-free test takes, beside gseapy's prerank in the same run, and what it needs.

python -m benchmarks.ranked_speed --data ../shared/data
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Annotated

import anndata
import gseapy
import numpy as np
import pandas as pd
import scanpy as sc
import typer
from scipy import sparse

import gsfm_enrich as ge
from benchmarks.protocols import read_library, write_table
from benchmarks.scale import LARGE
from benchmarks.speed import seconds
from gsfm_enrich.ranking.ranked_table import compare_views
from gsfm_enrich.ranking.ranked_weights import ranked_weights

ALONE = """
import hashlib, json, resource, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
import numpy as np
import pandas as pd
import gsfm_enrich as ge
from benchmarks.protocols import read_library
libraries = [read_library(Path(sys.argv[1]), name) for name in sys.argv[2].split(",")]
genes = list(libraries[0].genes)
ranked = pd.Series(np.random.default_rng(0).normal(size=len(genes)), index=genes)
results = ge.enrich_ranked(ranked, libraries).results
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
digest = hashlib.sha256(results.to_csv().encode()).hexdigest()
print(json.dumps({"peak": peak, "digest": digest, "terms": sum(map(len, libraries))}))
"""


def alone(data: Path, libraries: str, threads: int) -> dict[str, object]:
    """Test one table in a fresh process with so many threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, str(threads))}
    command = [sys.executable, "-c", ALONE, str(data), libraries]
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def cells(genes: list[str], n_cells: int, n_groups: int, seed: int) -> anndata.AnnData:
    """Return random cells in which one gene in twenty is expressed, ranked by scanpy."""
    rng = np.random.default_rng(seed)
    matrix = sparse.random_array((n_cells, len(genes)), density=0.05, format="csr", rng=rng, dtype=np.float32)
    data = anndata.AnnData(sparse.csr_matrix(matrix), var=pd.DataFrame(index=genes))
    data.obs["group"] = pd.Categorical(rng.integers(0, n_groups, n_cells).astype(str))
    sc.tl.rank_genes_groups(data, "group")
    return data


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    n_cells: Annotated[int, typer.Option(help="Cells.")] = 10_000,
    n_groups: Annotated[int, typer.Option(help="Groups of cells.")] = 30,
    permutations: Annotated[int, typer.Option(help="Labellings of the cells.")] = 200,
    theirs: Annotated[int, typer.Option(help="Permutations of prerank.")] = 1000,
    seed: int = 0,
) -> None:
    """Print and write one table: what is called, seconds, how many times faster than prerank, memory."""
    warnings.simplefilter("ignore")
    library, model = read_library(data, "GO_Biological_Process_2021"), ge.load_model()
    genes = list(library.genes)
    ranked = pd.Series(np.random.default_rng(seed).normal(size=len(genes)), index=genes)
    sets = library.to_dict()
    options = {"min_size": 5, "max_size": 10**6, "permutation_num": theirs, "threads": 1, "seed": seed}
    reference = seconds(lambda: gseapy.prerank(ranked, sets, outdir=None, **options), 1)
    first = seconds(lambda: ge.enrich_ranked(ranked, library, model=model), 1)
    whole = seconds(lambda: ge.enrich_ranked(ranked, library, model=model))
    weights, table = ranked_weights(library, model, tuple(genes)), ranked.to_numpy()[None]
    test = seconds(lambda: compare_views(table, weights))
    grouped = cells(genes, n_cells, n_groups, seed)
    few, many = (
        seconds(lambda: ge.tl.enrich_ranked(grouped, library, model=model, permutations=n), 1)  # noqa: B023
        for n in (2, permutations)
    )
    measured = {
        f"gseapy.prerank, {theirs:,} permutations, one thread": reference,
        "enrich_ranked, model loaded, first call": first,
        "enrich_ranked, later calls, with tables and leading genes": whole,
        "the test of all terms in three views": test,
        f"tl.enrich_ranked, {n_groups} groups of {n_cells:,} cells, 2 permutations": few,
        f"the same, {permutations} permutations": many,
    }
    rows: list[dict[str, object]] = [
        {"what": what, "seconds": f"{value:.3f}", "times faster than prerank": f"{reference / value:.0f}"}
        for what, value in measured.items()
    ]
    one, two = (alone(data, "GO_Biological_Process_2021", threads) for threads in (1, 2))
    same = "the same bytes" if one["digest"] == two["digest"] else "other bytes"
    rows.append({"what": f"on one and on two threads: {same}"})
    large = alone(data, LARGE, 1)
    rows.append({"what": f"peak memory of one table, {large['terms']:,} terms: {large['peak']:.2f} GB"})
    write_table(rows, "ranked_speed")


if __name__ == "__main__":
    typer.run(main)
