"""Real tables with known answers: does the right term come first? The benchmark that decides.

    python -m benchmarks.real_lists --cases ../shared/data/benchmark/real --out FILE.tsv

Methods, in the order of the best term first:

- overlap: the overlap test (hypergeometric) of lists, see `benchmarks.real_cases.lists_of`; measures are
  averaged over the lists of a case
- reranked: `gsfm_enrich.rank_terms` of the same lists, as shipped
- ranked: the threshold-free test as shipped: absolute view by p-value; for cell types up, by effect; terms
  of fewer than five measured members last
- ranked-p, ranked-effect: the same, all terms, by p-value or by effect
- ranked-contrast: for cell types what is shipped for contrasts of conditions, up
- ranked-members: the same without prediction
- ranked-plain: members alone, genes alike, the plain statistic, by effect
- ranked-either: the larger of up and down
- ranked-signed: up less down, members alone
- both: Cauchy combination of the p-values of reranked and ranked
- both-logs: sum of the logarithms of the p-values of overlap and ranked
- ulm, prerank, blitzgsea: decoupler, gseapy and blitzgsea, by absolute t or by p-value; by direction up for
  cell types

A right term's rank among equal ones is their mean. `mrr` is the reciprocal rank of the best right term,
`top10` whether it is among the first ten (for cell types: the right share of the first ten), `best` and
`mean` the rank of the best and of all right terms in percent of the library, 0 being first. The row of all
libraries is the mean of the libraries. `mrr_low` and `mrr_high` are the 95 % interval of the difference of
`mrr` to the overlap test, by bootstrap over clusters of cases.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from scipy.sparse import csr_array
from scipy.stats import rankdata

from benchmarks.protocols import read_library
from benchmarks.real_cases import MARKERS, Case, lists_of, marker_cases, read_cases
from gsfm_enrich.libraries.bundled import bundled_libraries
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.lists import rank_terms
from gsfm_enrich.ranking.overlap import hypergeometric_tail
from gsfm_enrich.ranking.ranked import (
    MARKER_EMPHASIS,
    ViewResult,
    gene_sampling_moments,
    marker_share,
    rank_views,
    standardise,
    view_sums,
)
from gsfm_enrich.ranking.ranked_weights import TermWeights, ranked_weights

OVERLAP = "overlap"
LIBRARIES = (
    "MSigDB_Hallmark_2024.1,KEGG_2021_Human,Reactome_MSigDB_2024.1,WikiPathway_2023_Human,"
    "GO_Biological_Process_2023,ChEA_ChEA3"
)
MARKER_LIBRARIES = ("GO_Biological_Process", "CellMarker_Human", "PanglaoDB_Human")
"""The first is the one that comes with the package."""
METHODS = (
    "overlap,reranked,ranked,ranked-members,ranked-p,ranked-effect,ranked-contrast,ranked-plain,ranked-either,"
    "ranked-signed,both,both-logs"
)
TINY = 1e-300
SMALLEST = 5
"""Fewest measured members of a term, as shipped."""


@dataclass(frozen=True, eq=False)
class Question:
    """One table against one library."""

    case: Case
    library: GeneSetLibrary
    model: GSFM

    @property
    def weights(self) -> TermWeights:
        """Completed terms."""
        return ranked_weights(self.library, self.model, self.case.genes)

    @property
    def members(self) -> TermWeights:
        """Terms without prediction."""
        completed = self.weights
        return TermWeights(csr_array(completed.weights.multiply(completed.members)), completed.members)

    @property
    def up(self) -> bool:
        """Whether only genes that go up count."""
        return self.case.kind == MARKERS

    def rows(self, table: pd.Series, missing: float) -> np.ndarray:
        """Put values by term into the order of the library."""
        return table.reindex(list(self.library.terms)).fillna(missing).to_numpy(dtype=np.float64)


Scores = list[np.ndarray]
"""One array a list, the best term with the highest value."""


def overlap(q: Question) -> Scores:
    """Return -log p of the overlap test."""
    return [-np.log(np.maximum(p, TINY)) for p in overlap_p(q)]


def overlap_p(q: Question) -> Scores:
    """Return the p-values of the overlap test."""
    members = q.weights.members.astype(np.int64)
    sizes = q.weights.sizes
    where = {gene: column for column, gene in enumerate(q.case.genes)}
    found = []
    for genes in lists_of(q.case):
        listed = np.zeros(len(q.case.genes), dtype=np.int64)
        listed[[where[gene] for gene in genes]] = 1
        hits = members @ listed
        found.append(hypergeometric_tail(hits, sizes, len(genes), len(where)))
    return found


def reranked_table(q: Question) -> list[pd.DataFrame]:
    """Return the terms of each list as shipped."""
    lists = dict(enumerate(lists_of(q.case)))
    table = rank_terms(
        lists, q.library, background=list(q.case.genes), top=None, progress=False, model=q.model
    )
    return [table[table["list"] == number].set_index("term") for number in lists]


def reranked(q: Question) -> Scores:
    """Return minus the rank."""
    return [-q.rows(table["gsfm_rank"], len(q.library) + 1) for table in reranked_table(q)]


def ranked_view(q: Question, weights: TermWeights) -> ViewResult:
    """Test a table as shipped: cell types by marker genes, else both directions."""
    if not q.up:
        return rank_views(q.case.statistic[None], weights, ["absolute"])["absolute"]
    share = 1.0 if q.case.expressed is None else marker_share(q.case.expressed)
    markers = q.case.statistic * share
    return rank_views(markers[None], weights, ["up"], MARKER_EMPHASIS)["up"]


def ranked_scores(
    q: Question, weights: TermWeights, *, by_effect: bool | None = None, smallest: int = 1
) -> np.ndarray:
    """Return places by p-value or by effect, the other one parting ties."""
    found = ranked_view(q, weights)
    effects, log_p = found.effects[0], -np.log(found.p_values[0])
    by_effect = q.up if by_effect is None else by_effect
    return _places(effects, log_p, weights.sizes >= smallest, by_effect=by_effect)


def _places(effects: np.ndarray, log_p: np.ndarray, tested: np.ndarray, *, by_effect: bool) -> np.ndarray:
    order = np.lexsort((log_p, effects) if by_effect else (effects, log_p))
    score = np.empty(len(order))
    score[order] = np.arange(len(order))
    return np.where(tested, score, -1.0)


def contrast(q: Question) -> np.ndarray:
    """Return places by p-value, without what is done for markers."""
    found = rank_views(q.case.statistic[None], q.weights, ["up" if q.up else "absolute"])
    (only,) = found.values()
    tested = q.weights.sizes >= SMALLEST
    return _places(only.effects[0], -np.log(only.p_values[0]), tested, by_effect=False)


def plain(q: Question, *, signed: bool = False) -> np.ndarray:
    """Return effects of members alone, all genes and the statistic as they are."""
    table = q.weights.members.astype(np.float64)
    weights = TermWeights(table, q.weights.members)
    sums = view_sums(q.case.statistic[None], weights)
    values = q.case.statistic[None] if signed else np.abs(q.case.statistic[None])
    total = sums["up"] - sums["down"] if signed else sums["absolute"]
    if q.up and not signed:
        values, total = np.maximum(q.case.statistic[None], 0), sums["up"]
    effects = standardise(total, gene_sampling_moments(values, weights, correlation=0))[0]
    effects = np.abs(effects) if signed and not q.up else effects
    return np.where(q.weights.sizes > 0, effects, -np.inf)


def either(q: Question) -> np.ndarray:
    """Return -log of the smaller p-value of up and down."""
    found = rank_views(q.case.statistic[None], q.weights, ["up", "down"])
    up, down = (-np.log(found[view].p_values[0]) for view in ("up", "down"))
    return up if q.up else np.maximum(up, down)


def ranked_p(q: Question) -> np.ndarray:
    """Return the p-values of the threshold-free test."""
    return ranked_view(q, q.weights).p_values[0]


def both(q: Question) -> Scores:
    """Return the Cauchy combination of lists and threshold-free test (Liu and Xie, JASA 115:393, 2020)."""
    p = np.clip(ranked_p(q), 1e-15, 1 - 1e-9)
    found = []
    for table in reranked_table(q):
        other = np.clip(q.rows(table["gsfm_p_value"], 1.0), 1e-15, 1 - 1e-9)
        combined = 1 / np.tan(np.pi * p) + 1 / np.tan(np.pi * other)
        found.append(combined + 1e-9 * -np.log(ranked_p(q)))
    return found


def both_logs(q: Question) -> Scores:
    """Return the sum of -log p of the overlap test and of the threshold-free test."""
    own = -np.log(ranked_p(q))
    return [own + scores for scores in overlap(q)]


def ulm(q: Question) -> np.ndarray:
    """Return decoupler's t."""
    import decoupler

    table = pd.DataFrame(q.case.statistic[None], columns=list(q.case.genes), index=["table"])
    t, _ = decoupler.mt.ulm(table, net_of(q), tmin=1)
    t = t.iloc[0] if q.up else t.iloc[0].abs()
    return q.rows(t, -1e300)


def prerank(q: Question) -> np.ndarray:
    """Return gseapy's -log p, ties parted by the normalised score."""
    import gseapy

    rnk = pd.Series(q.case.statistic, index=list(q.case.genes)).sort_values(ascending=False)
    sets = q.library.to_dict()
    found = gseapy.prerank(
        rnk, sets, min_size=1, max_size=10**6, permutation_num=200, threads=1, seed=0, outdir=None
    )
    table = found.res2d.set_index("Term")
    return q.rows(_by_p(table["NOM p-val"].astype(float), table["NES"].astype(float), q), -1e300)


def blitz(q: Question) -> np.ndarray:
    """Return blitzgsea's -log p, ties parted by the normalised score."""
    import blitzgsea

    signature = pd.DataFrame({0: list(q.case.genes), 1: q.case.statistic})
    found = blitzgsea.gsea(
        signature, q.library.to_dict(), min_size=1, max_size=10**6, permutations=200, processes=2, seed=0
    )
    return q.rows(_by_p(found["pval"], found["nes"], q), -1e300)


def _by_p(p: pd.Series, nes: pd.Series, q: Question) -> pd.Series:
    scores = -np.log(p.clip(lower=TINY)) + 1e-6 * nes.abs()
    return scores * np.sign(nes) if q.up else scores


def net_of(q: Question) -> pd.DataFrame:
    """Return the library as decoupler's network."""
    table = q.library.incidence.tocoo()
    terms, genes = np.array(q.library.terms, dtype=object), np.array(q.library.genes, dtype=object)
    return pd.DataFrame({"source": terms[table.row], "target": genes[table.col]})


SCORERS: dict[str, Callable[[Question], np.ndarray | Scores]] = {
    OVERLAP: overlap,
    "reranked": reranked,
    "ranked": lambda q: ranked_scores(q, q.weights, smallest=SMALLEST),
    "ranked-members": lambda q: ranked_scores(q, q.members, smallest=SMALLEST),
    "ranked-p": lambda q: ranked_scores(q, q.weights, by_effect=False),
    "ranked-effect": lambda q: ranked_scores(q, q.weights, by_effect=True),
    "ranked-contrast": contrast,
    "ranked-plain": plain,
    "ranked-either": either,
    "ranked-signed": lambda q: plain(q, signed=True),
    "both": both,
    "both-logs": both_logs,
    "ulm": ulm,
    "prerank": prerank,
    "blitzgsea": blitz,
}


def measures(scores: np.ndarray, right: np.ndarray, kind: str) -> np.ndarray:
    """Return reciprocal rank, top ten, best and mean rank in percent."""
    ranks = rankdata(-np.nan_to_num(scores, nan=-1e300), method="average")
    best = ranks[right].min()
    top = np.mean(np.isin(np.argsort(ranks, kind="stable")[:10], right)) if kind == MARKERS else best <= 10
    share = 100 * (ranks[right] - 1) / max(len(scores) - 1, 1)
    return np.array([1 / best, top, share.min(), share.mean()])


def ask(cases: Sequence[Case], library: GeneSetLibrary, methods: Sequence[str], model: GSFM) -> pd.DataFrame:
    """Return one row a case and method."""
    rows = []
    for case in cases:
        right = case.answers(library, library.name)
        if not len(right):
            continue
        question = Question(case, library, model)
        for method in methods:
            given = SCORERS[method](question)
            lists = given if isinstance(given, list) else [given]
            figures = np.mean([measures(scores, right, case.kind) for scores in lists], axis=0)
            rows.append((library.name, case.name, method, *figures))
    return pd.DataFrame(rows, columns=["library", "case", "method", "mrr", "top10", "best", "mean"])


def kinds_of(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """Return the groups of cases that are reported."""
    tables = [case for case in cases if case.kind != MARKERS]
    groups = {
        "all": tables,
        "unflagged": [case for case in tables if not case.flagged],
        "flagged": [case for case in tables if case.flagged],
        "half used to choose": [case for case in tables if case.first_half],
        "other half": [case for case in tables if not case.first_half],
    }
    for case in cases:
        groups.setdefault(case.kind, []).append(case)
    return {kind: members for kind, members in groups.items() if members}


def summary(found: pd.DataFrame, cases: Sequence[Case], methods: Sequence[str], seed: int) -> pd.DataFrame:
    """Return one row a library, kind of case and method."""
    rows = []
    clusters = {case.name: case.cluster for case in cases}
    for kind, members in kinds_of(cases).items():
        part = found[found["case"].isin([case.name for case in members])]
        names = list(dict.fromkeys(part["library"]))
        groups = {name: [name] for name in names} | ({"all": names} if len(names) > 1 else {})
        for library, held in groups.items():
            here = part[part["library"].isin(held)]
            base = here[here["method"] == OVERLAP]
            for method in methods:
                own = here[here["method"] == method]
                figures = own.groupby("library")[["mrr", "top10", "best", "mean"]].mean().mean()
                low, high = interval(own, base, clusters, seed)
                rows.append((library, kind, method, own["case"].nunique(), *figures, low, high))
    columns = ["library", "kind", "method", "cases", "mrr", "top10", "best", "mean", "mrr_low", "mrr_high"]
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
    found = []
    asked = [(name, tables) for name in libraries.split(",")]
    asked += [(name, types) for name in MARKER_LIBRARIES if types]
    for name, questions in asked:
        start = time.perf_counter()
        library = library_of(name, data)
        found.append(ask(questions, library, chosen, network))
        print(library.name, f"{time.perf_counter() - start:.0f} s", flush=True)
    table = summary(pd.concat(found), [*tables, *types], chosen, seed)
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
