"""The methods that `benchmarks.real_lists` compares: each scores all terms of a library for one table.

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
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from benchmarks.real_cases import MARKERS, Case, lists_of
from gsfm_enrich.libraries.library import GeneSetLibrary
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
TINY = 1e-300
SMALLEST = 5
"""Fewest measured members of a term, as shipped."""
THEIR_PERMUTATIONS = 100
"""Permutations of prerank and blitzgsea. Ties of their p-values are parted by the normalised score."""


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
        rnk,
        sets,
        min_size=1,
        max_size=10**6,
        permutation_num=THEIR_PERMUTATIONS,
        threads=1,
        seed=0,
        outdir=None,
    )
    table = found.res2d.set_index("Term")
    return q.rows(_by_p(table["NOM p-val"].astype(float), table["NES"].astype(float), q), -1e300)


def blitz(q: Question) -> np.ndarray:
    """Return blitzgsea's -log p, ties parted by the normalised score."""
    import blitzgsea

    signature = pd.DataFrame({0: list(q.case.genes), 1: q.case.statistic})
    found = blitzgsea.gsea(
        signature,
        q.library.to_dict(),
        min_size=1,
        max_size=10**6,
        permutations=THEIR_PERMUTATIONS,
        processes=2,
        seed=0,
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
