"""How long the threshold-free test takes, beside gseapy's prerank in the same run, and what it needs.

python -m benchmarks.ranked_speed --data ../shared/data
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
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
from gsfm_enrich.ranking.ranked_table import compare_views
from gsfm_enrich.ranking.ranked_weights import ranked_weights

ALONE = """
import hashlib, json, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
import anndata
import numpy as np
import pandas as pd
import gsfm_enrich as ge
from benchmarks.protocols import read_library
data, cells, names = Path(sys.argv[1]), sys.argv[2], sys.argv[3].split(",")
libraries = [read_library(data, name) for name in names]
if cells:
    adata = anndata.read_h5ad(cells)
    ge.tl.enrich_ranked(adata, libraries, permutations=4)
    results = ge.get.enrichr_df(adata, key="gsfm_ranked")
else:
    genes = list(libraries[0].genes)
    ranked = pd.Series(np.random.default_rng(0).normal(size=len(genes)), index=genes)
    results = ge.enrich_ranked(ranked, libraries).results
digest = hashlib.sha256(pd.util.hash_pandas_object(results).to_numpy().tobytes()).hexdigest()
status = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
peak = int(status["VmHWM"].split()[0]) / 1e6
print(json.dumps({"peak": peak, "digest": digest, "terms": sum(map(len, libraries))}))
"""
"""Not `resource.getrusage`, whose peak a new process takes over from the one that starts it."""


def alone(data: Path, cells: str, libraries: str, threads: int, cache: str) -> dict[str, object]:
    """Test one table, or the groups of a file of cells, in a fresh process with so many threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, str(threads)), "GSFM_ENRICH_CACHE": cache}
    command = [sys.executable, "-c", ALONE, str(data), cells, libraries]
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def seconds(call: Callable[[], object], repeats: int) -> tuple[float, float, float]:
    """Return the median time of a call, and of the processors in it, and the load of the machine."""
    times = []
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        call()
        times.append((time.perf_counter() - start, time.process_time() - used))
    wall, processor = np.median(times, axis=0)
    return float(wall), float(processor), os.getloadavg()[0]


def random_cells(genes: list[str], n_cells: int, n_groups: int, seed: int) -> anndata.AnnData:
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
    cells = random_cells(genes, n_cells, n_groups, seed)
    of_groups = f"tl.enrich_ranked, {n_groups} groups of {n_cells:,} cells, {len(library):,} terms"
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        cells.write_h5ad(f"{folder}/cells.h5ad")
        for what, file in (("one table", ""), (f"{n_groups} groups of {n_cells:,} cells", "cells.h5ad")):
            path = f"{folder}/{file}" if file else ""
            one, two = (alone(data, path, "GO_Biological_Process_2021", n, folder) for n in (1, 2))
            same = "the same bytes" if one["digest"] == two["digest"] else "other bytes"
            rows.append({"what": f"{what}, on one and on two threads", "memory and threads": same})
            large = alone(data, path, LARGE, 1, f"{folder}/{file or 'table'}.cache")
            peak = f"{large['peak']:.2f} GB at most"
            rows.append({"what": f"{what}, {large['terms']:,} terms, none completed before",
                         "memory and threads": peak})  # fmt: skip
    ranked = pd.Series(np.random.default_rng(seed).normal(size=len(genes)), index=genes)
    weights, table = ranked_weights(library, model, tuple(genes)), ranked.to_numpy()[None]
    options = {"min_size": 5, "max_size": 10**6, "permutation_num": theirs, "seed": seed, "outdir": None}
    calls: dict[str, tuple[Callable[[], object], int]] = {
        "enrich_ranked, model loaded, first call": (
            partial(ge.enrich_ranked, ranked, library, model=model),
            1,
        ),
        "enrich_ranked, later calls, with tables and leading genes": (
            partial(ge.enrich_ranked, ranked, library, model=model),
            7,
        ),
        "the test of all terms in three views": (partial(compare_views, table, weights), 7),
        **{
            f"{of_groups}, {n} permutations": (
                partial(ge.tl.enrich_ranked, cells, library, model=model, permutations=n),
                3 if n == 2 else 1,
            )
            for n in (2, permutations)
        },
        f"gseapy.prerank, {theirs:,} permutations, {os.cpu_count()} threads": (
            partial(gseapy.prerank, ranked, library.to_dict(), threads=os.cpu_count(), **options),
            1,
        ),
    }
    measured = {what: seconds(*call) for what, call in calls.items()}
    reference = list(measured.values())[-1]
    rows = [
        {
            "what": what,
            "seconds": f"{wall:.3f}",
            "processor seconds": f"{processor:.3f}",
            "times faster than prerank": f"{reference[0] / wall:.0f}",
            "load of the machine": f"{load:.1f}",
        }
        for what, (wall, processor, load) in measured.items()
    ] + rows
    write_table(rows, "ranked_speed")


if __name__ == "__main__":
    typer.run(main)
