"""Real tables with known answers: does the right term come first? The benchmark that decides.

    python -m benchmarks.real_lists --cases ../shared/data/benchmark/real --out FILE.tsv

The methods are those of `benchmarks.real_methods`. The other tools are slow: they are asked for a sample of
the cases (by a hash of the name), on which all methods are reported as well, and for all cell types; prerank
and blitzgsea in libraries of at most 1,200 terms.

A right term's rank among equal ones is their mean. `mrr` is the reciprocal rank of the best right term,
`top10` whether it is among the first ten (for cell types: the right share of the first ten), `best` and
`mean` the rank of the best and of all right terms in percent of the library, 0 being first. The row of all
libraries is the mean of the libraries. `mrr_low` and `mrr_high` are the 95 % interval of the difference of
`mrr` to the overlap test, by bootstrap over clusters of cases.
"""

from __future__ import annotations

import time
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from scipy.stats import rankdata

from benchmarks.protocols import read_library
from benchmarks.real_cases import MARKERS, Case, marker_cases, read_cases
from benchmarks.real_methods import OVERLAP, SCORERS, Question
from gsfm_enrich.libraries.bundled import bundled_libraries
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM

LIBRARIES = (
    "MSigDB_Hallmark_2024.1,KEGG_2021_Human,Reactome_MSigDB_2024.1,WikiPathway_2023_Human,"
    "GO_Biological_Process_2023,ChEA_ChEA3"
)
MARKER_LIBRARIES = ("GO_Biological_Process", "CellMarker_Human", "PanglaoDB_Human")
"""The first is the one that comes with the package."""
METHODS = (
    "overlap,reranked,ranked,ranked-members,ranked-p,ranked-effect,ranked-contrast,ranked-plain,ranked-either,"
    "ranked-signed,both,both-logs,ulm,prerank,blitzgsea"
)
SLOW = {"ulm": 10**6, "prerank": 1200, "blitzgsea": 1200}
"""What is asked for a sample of the cases alone, and of libraries with at most so many terms."""
SAMPLE = "sample"
MEASURES = ["mrr", "top10", "best", "mean"]
KEYS = ["library", "case", "method"]


def measures(scores: np.ndarray, right: np.ndarray, kind: str) -> np.ndarray:
    """Return reciprocal rank, top ten, best and mean rank in percent."""
    ranks = rankdata(-np.nan_to_num(scores, nan=-1e300), method="average")
    best = ranks[right].min()
    top = np.mean(np.isin(np.argsort(ranks, kind="stable")[:10], right)) if kind == MARKERS else best <= 10
    share = 100 * (ranks[right] - 1) / max(len(scores) - 1, 1)
    return np.array([1 / best, top, share.min(), share.mean()])


def sample_of(cases: Sequence[Case], size: int) -> set[str]:
    """Return the names of some cases, by a hash of the name."""
    names = sorted((case.name for case in cases), key=lambda name: zlib.crc32(f"sample {name}".encode()))
    return set(names[:size])


def ask(
    cases: Sequence[Case],
    library: GeneSetLibrary,
    methods: Sequence[str],
    model: GSFM,
    sample: set[str],
    known: pd.DataFrame,
) -> pd.DataFrame:
    """Return one row a case and method; what is known is not asked again."""
    rows, asked = [], set(zip(*(known[key] for key in KEYS), strict=True))
    for case in cases:
        right = case.answers(library, library.name)
        if not len(right):
            continue
        question = Question(case, library, model)
        for method in methods:
            if (library.name, case.name, method) in asked:
                continue
            small = len(library) <= SLOW.get(method, len(library))
            if not small or (method in SLOW and case.kind != MARKERS and case.name not in sample):
                continue
            given = SCORERS[method](question)
            lists = given if isinstance(given, list) else [given]
            figures = np.mean([measures(scores, right, case.kind) for scores in lists], axis=0)
            rows.append((library.name, case.name, method, *figures))
    return pd.DataFrame(rows, columns=[*KEYS, *MEASURES])


def kinds_of(cases: Sequence[Case], sample: set[str]) -> dict[str, list[Case]]:
    """Return the groups of cases that are reported."""
    tables = [case for case in cases if case.kind != MARKERS]
    groups = {
        "all": tables,
        "unflagged": [case for case in tables if not case.flagged],
        "flagged": [case for case in tables if case.flagged],
        "half used to choose": [case for case in tables if case.first_half],
        "other half": [case for case in tables if not case.first_half],
        SAMPLE: [case for case in tables if case.name in sample],
    }
    for case in cases:
        groups.setdefault(case.kind, []).append(case)
    return {kind: members for kind, members in groups.items() if members}


def summary(
    found: pd.DataFrame, cases: Sequence[Case], methods: Sequence[str], sample: set[str], seed: int
) -> pd.DataFrame:
    """Return one row a library, kind of case and method, if the method was asked for all cases."""
    rows = []
    clusters = {case.name: case.cluster for case in cases}
    for kind, members in kinds_of(cases, sample).items():
        part = found[found["case"].isin([case.name for case in members])]
        if kind == SAMPLE:  # the libraries that all methods were asked of
            part = part[part.groupby("library")["method"].transform("nunique") == part["method"].nunique()]
        names = list(dict.fromkeys(part["library"]))
        groups = {name: [name] for name in names} | ({"all": names} if len(names) > 1 else {})
        for library, held in groups.items():
            here = part[part["library"].isin(held)]
            base = here[here["method"] == OVERLAP]
            for method in methods:
                own = here[here["method"] == method]
                if len(own) < len(here[KEYS[:2]].drop_duplicates()):
                    continue
                figures = own.groupby("library")[MEASURES].mean().mean()
                low, high = interval(own, base, clusters, seed)
                rows.append((library, kind, method, own["case"].nunique(), *figures, low, high))
    columns = ["library", "kind", "method", "cases", *MEASURES, "mrr_low", "mrr_high"]
    return pd.DataFrame(rows, columns=columns).round(4)


def interval(
    own: pd.DataFrame, base: pd.DataFrame, clusters: dict[str, str], seed: int, draws: int = 2000
) -> tuple[float, float]:
    """Return the interval of the difference in MRR, the mean of the libraries, by bootstrap over clusters."""
    keys = ["library", "case"]
    joined = own.merge(base, on=keys, suffixes=("", "_base")) if len(base) else own.assign(mrr_base=np.nan)
    if joined["mrr_base"].isna().all():
        return np.nan, np.nan
    joined = joined.assign(
        difference=joined["mrr"] - joined["mrr_base"], cluster=joined["case"].map(clusters)
    )
    table = joined.pivot_table("difference", "cluster", "library", aggfunc=["sum", "count"], fill_value=0)
    sums, counts = table["sum"].to_numpy(), table["count"].to_numpy()
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=draws)
    with np.errstate(invalid="ignore"):
        means = np.nanmean((drawn @ sums) / (drawn @ counts), axis=1)
    low, high = np.nanpercentile(means, [2.5, 97.5])
    return float(low), float(high)


def main(
    cases: Annotated[Path, typer.Option(help="Folder of index.json and the tables.")] = Path(
        "../shared/data/benchmark/real"
    ),
    data: Annotated[Path, typer.Option(help="Folder with libraries/ and singlecell/.")] = Path(
        "../shared/data"
    ),
    libraries: Annotated[str, typer.Option(help="Comma-separated names, or GMT files.")] = LIBRARIES,
    methods: Annotated[str, typer.Option(help=f"Comma-separated, of {', '.join(SCORERS)}.")] = METHODS,
    out: Annotated[Path, typer.Option(help="Where to write the table.")] = Path(
        "benchmarks/results/real_lists.tsv"
    ),
    figures: Annotated[
        Path | None,
        typer.Option(help="Where the figures of each case are kept; those found there are not asked again."),
    ] = None,
    sample: Annotated[int, typer.Option(help=f"Cases for {', '.join(SLOW)}.")] = 16,
    model: Annotated[str, typer.Option(help="Checkpoint.")] = "default",
    markers: Annotated[bool, typer.Option(help="Whether to ask for cell types.")] = True,
    seed: int = 0,
) -> None:
    """Print and write how early the right terms of real tables come."""
    warnings.simplefilter("ignore")
    chosen = methods.split(",")
    unknown = [method for method in chosen if method not in SCORERS]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is not one of {', '.join(SCORERS)}.")
    network = load_model(model)
    tables = list(read_cases(cases))
    types = list(marker_cases(data / "singlecell")) if markers else []
    of_sample = sample_of(tables, sample)
    found = pd.DataFrame(columns=[*KEYS, *MEASURES])
    if figures is not None and figures.exists():
        found = pd.read_csv(figures, sep="\t")
    asked = [(name, tables) for name in libraries.split(",")]
    asked += [(name, types) for name in MARKER_LIBRARIES if types]
    for name, questions in asked:
        start = time.perf_counter()
        library = library_of(name, data)
        new = ask(questions, library, chosen, network, of_sample, found)
        found = pd.concat([part for part in (found, new) if len(part)])
        if figures is not None:
            found.to_csv(figures, sep="\t", index=False)
        print(library.name, f"{time.perf_counter() - start:.0f} s", flush=True)
    table = summary(found, [*tables, *types], chosen, of_sample, seed)
    out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(out, sep="\t", index=False)
    shown = table[(table["library"] == "all") | (table["kind"].isin(["all", MARKERS]))]
    print(shown.to_string(index=False))
    print(f"written to {out}")


def library_of(name: str, data: Path) -> GeneSetLibrary:
    """Read a library by name or file; a file keeps the name by which cases know it."""
    if name in bundled_libraries():
        return load_libraries(name)[0]
    if Path(name).is_file():
        return GeneSetLibrary.from_gmt(name, name=Path(name).name.removesuffix(".gz").removesuffix(".gmt"))
    return read_library(data, name)


if __name__ == "__main__":
    typer.run(main)
