"""How long calls take, beside gseapy in the same run; ratios are what counts.

python -m benchmarks.speed --data ../shared/data
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from unittest import mock

import gseapy
import numpy as np
import typer

import gsfm_enrich as ge
from benchmarks.protocols import read_library, write_table
from gsfm_enrich.files import CACHE_VARIABLE

RUSAGE = """
import resource, runpy, sys
sys.argv = ["demo.py", "--output", sys.argv[1]]
runpy.run_path("examples/demo.py", run_name="__main__")
print("PEAK", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""


def seconds(call: Callable[[], object], repeats: int = 7) -> float:
    """Return the median time of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    seed: int = 0,
) -> None:
    """Print and write one table: what is called, how long it takes, and how many times faster than gseapy."""
    warnings.simplefilter("ignore")
    library = read_library(data, "GO_Biological_Process_2021")
    sets = library.to_dict()
    query = list(np.random.default_rng(seed).choice(library.genes, 100, replace=False))
    theirs = seconds(lambda: gseapy.enrich(query, sets, outdir=None, no_plot=True), 5)
    theirs_number = seconds(
        lambda: gseapy.enrich(query, sets, background=20_000, outdir=None, no_plot=True), 5
    )
    start = time.perf_counter()
    ge.enrich(query, sets, rerank=False)
    from_dict = time.perf_counter() - start
    overlap = seconds(lambda: ge.enrich(query, library, rerank=False))
    overlap_number = seconds(lambda: ge.enrich(query, library, background=20_000, rerank=False))
    model = ge.load_model()
    fresh = read_library(data, "GO_Biological_Process_2021")
    with tempfile.TemporaryDirectory() as empty, mock.patch.dict(os.environ, {CACHE_VARIABLE: empty}):
        start = time.perf_counter()
        ge.enrich(query, fresh, model=model)
        first = time.perf_counter() - start
    later = seconds(lambda: ge.enrich(query, fresh, model=model))
    imported = [
        sys.executable,
        "-c",
        "import time; t = time.perf_counter(); import gsfm_enrich; print(time.perf_counter() - t)",
    ]
    times = [
        float(subprocess.run(imported, capture_output=True, check=True, text=True).stdout) for _ in range(7)
    ]
    with tempfile.TemporaryDirectory() as empty, mock.patch.dict(os.environ, {CACHE_VARIABLE: empty}):
        demo = subprocess.run(
            [sys.executable, "-c", RUSAGE, "demo_output"], capture_output=True, check=True, text=True
        )
    peak = float(demo.stdout.rsplit("PEAK", 1)[1])
    measured = {
        "gseapy.enrich, library as background": (theirs, theirs),
        "overlap part, library as background": (overlap, theirs),
        "overlap part, first call from a dict": (from_dict, theirs),
        "gseapy.enrich, background=20000": (theirs_number, theirs_number),
        "overlap part, background=20000": (overlap_number, theirs_number),
        "re-ranked, first time with a library, model loaded": (first, theirs),
        "re-ranked, afterwards": (later, theirs),
        "import gsfm_enrich": (float(np.median(times)), None),
    }
    rows: list[dict[str, object]] = [
        {
            "what": what,
            "seconds": f"{mine:.4f}",
            "times faster than gseapy": "" if reference is None else f"{reference / mine:.1f}",
        }
        for what, (mine, reference) in measured.items()
    ]
    rows.append(
        {"what": "peak memory of the demo, GB", "seconds": f"{peak:.2f}", "times faster than gseapy": ""}
    )
    write_table(rows, "speed")


if __name__ == "__main__":
    typer.run(main)
