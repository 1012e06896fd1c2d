"""Whether a list of genes hangs together: are its genes found from one another, better than random ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from gsfm_enrich.arguments import checked
from gsfm_enrich.errors import InputError
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.scores import GeneFactors
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.prediction.arguments import AskedGenes, ask
from gsfm_enrich.prediction.augment import augment
from gsfm_enrich.prediction.describe import and_
from gsfm_enrich.prediction.random_lists import matched_genes, random_lists
from gsfm_enrich.ranking.counts import count_overlap
from gsfm_enrich.ranking.membership import Membership, library_membership
from gsfm_enrich.ranking.rerank import rerank

FEWEST = 5
"""Genes that a list must have to be judged."""
FOLDS = 5
RANDOM_LISTS = 100
SIGNIFICANT = 0.05
FITS = 0.95
"""Share of the genes of similar popularity that must score below a gene for it to fit: one-sided 5 %."""
NAMED = 5
TERMS = 10
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ListFit:
    """How well a list of genes hangs together, and what belongs with it; printing it shows the sentences.

    Attributes
    ----------
    auroc : float
        Probability that a gene of the list, hidden from the model in one of five parts, scores above a gene
        of similar popularity (or a negative, if some were given); .5 is chance.
    log2_ap : float
        log2 of the average precision of the hidden genes over their share, the mean over the five parts;
        0 is chance.
    p_value : float
        How often the AUROC is as high for 100 random lists of as many genes of similar popularity.
    genes : DataFrame
        ``gene`` and ``percentile`` (share of the genes of similar popularity that score below it when it is
        hidden; NaN for one that the model does not know), the worst first, and ``fits`` (at least .95).
    terms : DataFrame
        The ten terms that the list resembles most: ``gene_set``, ``term``, ``p_value`` and
        ``adjusted_p_value`` of re-ranked enrichment.
    added : DataFrame
        `gsfm_enrich.augment`, with ``probability``: that the gene belongs to the list, as for a term
        of the first library with as many genes.
    """

    auroc: float
    log2_ap: float
    p_value: float
    genes: pd.DataFrame
    terms: pd.DataFrame
    added: pd.DataFrame

    @property
    def text(self) -> str:
        """The results in plain sentences."""
        together = self.p_value <= SIGNIFICANT
        verdict = "This list hangs together" if together else "This list is no better than a random one"
        odd = self.genes.loc[~self.genes["fits"] & self.genes["percentile"].notna(), "gene"]
        sure = int((self.added["adjusted_p_value"] <= SIGNIFICANT).sum())
        said = [
            f"{verdict}: genes that were hidden from the model are found with an AUROC of {self.auroc:.2f} "
            f"(0.5 is chance), and {RANDOM_LISTS} random lists of genes of the same popularity do as well "
            f"with p = {self.p_value:.2g}. The average precision is {2**self.log2_ap:.2g} times that of "
            f"chance (log2 {self.log2_ap:.2f})."
        ]
        if len(odd):
            more = f" and {len(odd) - NAMED} more" if len(odd) > NAMED else ""
            named = ", ".join(odd[:NAMED]) if more else and_(odd)
            said.append(f"{len(odd)} of {len(self.genes)} genes do not fit: {named}{more}.")
        similar = self.terms[self.terms["adjusted_p_value"] <= SIGNIFICANT]
        if len(similar):
            said.append(f"It resembles {and_(similar['term'].head(3))}.")
        said.append(
            f"Of the {len(self.added)} genes added, {sure} have an adjusted p-value of at most {SIGNIFICANT}"
            + (f", first {and_(self.added['gene'].head(3))}." if sure else ".")
        )
        return " ".join(said)

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


@checked
def list_fit(
    genes: Any,
    gene_sets: Any = "GO_Biological_Process",
    *,
    negatives: Any = None,
    n: int = 50,
    organism: str = "human",
    model: str | os.PathLike[str] | GSFM = "default",
) -> ListFit:
    """Find out whether a list of genes hangs together, which do not fit, and which are missing.

    The list is cut into five parts; each is hidden in turn, and the model completes the others. The genes
    hidden are compared with genes that about as many publications name, so that a list of well-studied
    genes does not look coherent for that reason alone. The same is done for 100 random lists.

    Parameters
    ----------
    gene_sets
        Libraries whose terms the list is compared with, as `gsfm_enrich.enrichr` takes them.
    negatives
        Genes known not to belong: the hidden genes are compared with these instead.
    n
        Number of genes to add.

    Returns
    -------
    ListFit
        Printing it shows the results in sentences.

    Raises
    ------
    InputError
        If the model knows fewer than five of the genes or none of the negatives, a gene is in both, or the
        default model, which is human, is asked about an organism without an orthology table.

    Warns
    -----
    GsfmEnrichWarning
        If the model does not know some of the genes, or some look like those of another species.

    Examples
    --------
    >>> found = list_fit(["NDUFA1", "NDUFA2", "NDUFB2", "NDUFB3", "NDUFS1", "NDUFV1", "NDUFA9", "TP53"])
    >>> found.auroc > 0.8, found.genes["gene"].iloc[0]
    (True, 'TP53')
    """
    asked = ask(genes, organism, model)
    units = np.unique(asked.units[asked.known])
    if len(units) < FEWEST:
        raise InputError(
            f"The model knows {len(units)} of the {len(asked.ids)} genes given; a list needs {FEWEST} genes "
            "to be judged."
        )
    against = _negatives(negatives, asked, units)
    factors = GeneFactors(asked.model, np.arange(N_SPECIAL, len(asked.model.vocab)))
    matched = matched_genes(asked.model, units)
    controls = np.unique(matched) if against is None else against
    shuffled = np.random.default_rng(0).permutation(units)
    auroc, log2_ap = held_out([shuffled], controls, factors)
    null = held_out(random_lists(matched, RANDOM_LISTS, seed=1), controls, factors)[0]
    p_value = (1 + (null >= auroc[0]).sum()) / (1 + len(null))
    libraries = load_libraries(gene_sets, asked.organism)
    ranked = []
    for library in libraries:
        table = rerank(count_overlap(library, asked.ids, None, asked.organism), asked.model).columns
        table = table.assign(gene_set=library.name, term=library.terms)
        ranked.append(table.nsmallest(TERMS, "GSFM Rank"))
    names = {"GSFM P-value": "p_value", "GSFM Adjusted P-value": "adjusted_p_value"}
    terms = pd.concat(ranked).sort_values("GSFM P-value", kind="stable").head(TERMS).rename(columns=names)
    added = augment(asked.ids, n, organism=asked.organism, model=asked.model)
    first = library_membership(libraries[0], asked.model, asked.organism)
    added["probability"] = _probability(first, asked.ids, added["gene"].tolist())
    return ListFit(
        float(auroc[0]),
        float(log2_ap[0]),
        float(p_value),
        _fit_of_genes(asked, units, matched, factors),
        terms[["gene_set", "term", "p_value", "adjusted_p_value"]].reset_index(drop=True),
        added.drop(columns="known"),
    )


def _negatives(negatives: Any, asked: AskedGenes, units: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return the units of genes that do not belong, None without any."""
    if negatives is None:
        return None
    others = ask(negatives, asked.organism, asked.model)
    against = np.unique(others.units[others.known])
    if not len(against):
        raise InputError(f"The model knows none of the {len(others.ids)} negatives given.")
    both = np.intersect1d(units, against)
    if len(both):
        names = [asked.model.vocab.tokens[unit] for unit in both[:NAMED]]
        raise InputError(f"{len(both)} genes are in the list and in negatives: {', '.join(names)}.")
    return against


def held_out(
    lists: Sequence[NDArray[np.int64]], controls: NDArray[np.int64], factors: GeneFactors
) -> tuple[Floats, Floats]:
    """Hide the genes of lists in parts; return how well each is found, averaged over the parts.

    Parameters
    ----------
    lists
        Units of each list, in random order.
    controls
        Units of the genes to compare with; those of a list are not compared with it.
    factors
        The genes of the model.

    Returns
    -------
    auroc, log2_ap : float arrays, shape (n_lists,)
        AUROC, and log2 of average precision over the share of hidden genes.
    """
    folds = [min(FOLDS, len(genes)) for genes in lists]
    shown = [
        np.delete(genes, slice(part, None, parts))
        for genes, parts in zip(lists, folds, strict=True)
        for part in range(parts)
    ]
    scores, rows = factors.score(shown), iter(range(len(shown)))
    found = np.zeros((2, len(lists)))
    others = scores.block(np.arange(len(shown)), factors.at(controls - N_SPECIAL))
    for place, (genes, parts) in enumerate(zip(lists, folds, strict=True)):
        free = ~np.isin(controls, genes)
        for part in range(parts):
            hidden, row = genes[part::parts], next(rows)
            own = scores.pairs(np.full(len(hidden), row), hidden - N_SPECIAL).sum(axis=0)
            found[:, place] += np.array(_auroc_and_ap(own, others[row, free])) / parts
    return found[0], found[1]


def _auroc_and_ap(own: NDArray[np.floating], others: NDArray[np.floating]) -> tuple[float, float]:
    """Return AUROC, and log2 of average precision over the share of ``own``; ties count half, or against."""
    n, m = len(own), len(others)
    ranks = rankdata(np.concatenate([own, others]))[:n]
    auroc = (ranks.sum() - n * (n + 1) / 2) / (n * m)
    ordered = np.sort(own)[::-1]
    above = m - np.searchsorted(np.sort(others), ordered, side="left")
    hits = np.arange(1, n + 1)
    precision = (hits / (hits + above)).mean()
    return float(auroc), float(np.log2(precision * (n + m) / n))


def _fit_of_genes(
    asked: AskedGenes, units: NDArray[np.int64], matched: NDArray[np.int64], factors: GeneFactors
) -> pd.DataFrame:
    """Return how each gene scores, if hidden alone, among genes of its popularity; the worst first."""
    rest = factors.score([np.delete(units, place) for place in range(len(units))])
    rows = np.arange(len(units))
    own = rest.pairs(rows, units - N_SPECIAL).sum(axis=0)
    width = matched.shape[1]
    others = rest.pairs(np.repeat(rows, width), matched.ravel() - N_SPECIAL).sum(axis=0).reshape(-1, width)
    share = dict(zip(units.tolist(), (others < own[:, None]).mean(axis=1), strict=True))
    percentile = [share.get(unit, np.nan) for unit in asked.units.tolist()]
    frame = pd.DataFrame({"gene": asked.ids, "percentile": percentile})
    frame["fits"] = frame["percentile"] >= FITS
    return frame.sort_values("percentile", kind="stable", ignore_index=True)


def _probability(table: Membership, genes: Sequence[str], added: Sequence[str]) -> NDArray[np.float32]:
    """Return the probability that genes belong to a list, as for a term of a library."""
    held = np.unique(table.columns_of(genes))
    held = held[held >= 0]
    columns = table.columns_of(added)
    known = columns >= 0
    probability = np.full(len(columns), np.nan, np.float32)
    if len(held):
        log_odds = table.complete([held]).block(np.zeros(1, np.int64), columns[known])
        probability[known] = table.probability(log_odds, np.array([[len(held)]]))[0]
    return probability
