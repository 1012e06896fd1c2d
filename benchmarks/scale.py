"""How ranking grows: ten thousand lists at once, many libraries in one call, and a second session.

python -m benchmarks.scale --data ../shared/data
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.protocols import write_table

LARGE = (
    "GO_Biological_Process_2018,GO_Biological_Process_2021,GO_Biological_Process_2023,HPO_MSigDB_7.2,"
    "HPO_MSigDB_2024.1,MGI_Mammalian_Phenotype_Level_4_2021,GWAS_Catalog_2019,GWAS_Catalog_2023,"
    "Reactome_MSigDB_2024.1,Reactome_MSigDB_7.0,GO_MF_MSigDB_2024.1,GO_CC_MSigDB_2024.1"
)
PROGRAM = """
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
from pathlib import Path
import numpy as np
import gsfm_enrich as ge
from benchmarks.protocols import read_library
data, what, argument = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
model = ge.load_model()
libraries = [read_library(data, name) for name in argument.split(",")]
rng = np.random.default_rng(0)
query = list(rng.choice(libraries[0].genes, 100, replace=False))
ge.enrich(query, libraries, rerank=False)
if what == "lists":
    ge.enrich(query, libraries, model=model)
    lists = {i: list(rng.choice(libraries[0].genes, 100, replace=False)) for i in range(int(sys.argv[4]))}
    start, used = time.perf_counter(), time.process_time()
    ge.rank_terms(lists, libraries, model=model, n_jobs=int(sys.argv[5]), progress=False)
else:
    start, used = time.perf_counter(), time.process_time()
    ge.enrich(query, libraries, model=model)
seconds, processor = time.perf_counter() - start, time.process_time() - used
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
terms = sum(map(len, libraries))
print(json.dumps({"seconds": seconds, "processor": processor, "peak": peak, "terms": terms}))
"""


def measured(data: Path, cache: Path, *arguments: str) -> dict[str, float]:
    """Run the program in a fresh process with this cache folder."""
    environment = {**os.environ, "GSFM_ENRICH_CACHE": str(cache)}
    command = [sys.executable, "-c", PROGRAM, str(data), *arguments]
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    n_lists: Annotated[int, typer.Option(help="Lists of 100 genes at once.")] = 10_000,
    n_jobs: Annotated[int, typer.Option(help="Processes for them.")] = 2,
) -> None:
    """Print and write seconds, seconds of processor time of the calling process, and its peak memory."""
    large, go = LARGE, "GO_Biological_Process_2021"
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        plan = {
            "one list, first session": ("one", go),
            "one list, later session": ("one", go),
            f"{n_lists:,} lists, {n_jobs} processes": ("lists", go, str(n_lists), str(n_jobs)),
            "one list, many libraries, first session": ("one", large),
            "one list, many libraries, later session": ("one", large),
        }
        for what, arguments in plan.items():
            found = measured(data, cache, *arguments)
            rows.append(
                {
                    "what": what,
                    "terms": int(found["terms"]),
                    "seconds": f"{found['seconds']:.2f}",
                    "processor seconds": f"{found['processor']:.2f}",
                    "peak memory, GB": f"{found['peak']:.2f}",
                    "load of the machine": f"{os.getloadavg()[0]:.1f}",
                }
            )
            print(*rows[-1].values(), time.strftime("%H:%M"), sep="\t", flush=True)
    write_table(rows, "scale")


if __name__ == "__main__":
    typer.run(main)
