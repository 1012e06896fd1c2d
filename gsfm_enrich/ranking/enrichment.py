"""One query against libraries: gseapy's columns and the model's in one table, and what the query lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gsfm_enrich.arrays import Floats
from gsfm_enrich.genes.resolve import first_few, say_reasons
from gsfm_enrich.genes.spelling import misread_species
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.organisms import ORTHOLOGY_ORGANISMS, RESOLVED_ORGANISMS
from gsfm_enrich.ranking.columns import BASE_COLUMNS
from gsfm_enrich.ranking.counts import QueryCounts
from gsfm_enrich.ranking.overlap import Overlap, benjamini_hochberg, combined_score

if TYPE_CHECKING:
    from gsfm_enrich.model.gsfm import GSFM
    from gsfm_enrich.ranking.list_null import ListNull

LONG_LIST, FEWEST_TESTED, LARGE_SHARE, SIGNIFICANT = 500, 100, 0.15, 0.05
"""A list of at least this many genes is too long if more than this share of at least this many terms is
significant."""
CORRELATED = "significant only if genes were independent"
"""The caution of terms that random genes make significant, and lists of permuted labels do not."""


def lacks_model(organism: str, model: Any) -> bool:
    """Return whether the default model, which is human, is asked about an organism without orthologues."""
    return organism not in RESOLVED_ORGANISMS and isinstance(model, str) and model == "default"


def model_for(organism: str, model: Any) -> tuple[GSFM | None, str]:
    """Load a model; the default one, which is human, only for genes whose orthologues are known.

    Parameters
    ----------
    organism
        Organism of the query.
    model
        As `gsfm_enrich.load_model` takes it.

    Returns
    -------
    model : GSFM or None
    message : str
        Why there is none; empty if there is one.
    """
    from gsfm_enrich.model.checkpoint import load_model

    if lacks_model(organism, model):
        return None, (
            f"There is no orthology table for {organism}, and the default model is human: the terms were not "
            "re-ranked. Pass model= for a model of the organism, or rerank=False."
        )
    return load_model(model), ""


@dataclass(frozen=True, eq=False)
class TermTests:
    """A query against one library: the figures of all terms, before any is left out.

    Attributes
    ----------
    counts : QueryCounts
        The query, counted against the library.
    overlap : Overlap
        The overlap test.
    tested : bool array, shape (n_terms,)
        The terms it counts as tested: those with a hit, as in gseapy; with permuted labels, whose laws hold
        for terms without one as well, those with a gene in the background.
    adjusted : float64 array, shape (n_terms,)
        Its adjusted p-values.
    model_columns : DataFrame or None
        The model's columns, one row per term; None without a model.
    """

    counts: QueryCounts
    overlap: Overlap
    tested: npt.NDArray[np.bool_]
    adjusted: Floats
    model_columns: pd.DataFrame | None


def term_tests(
    counted: Sequence[QueryCounts],
    model: GSFM | None,
    *,
    propensity: Any = None,
    completeness: float | None = None,
    nulls: Sequence[ListNull] | None = None,
) -> list[TermTests]:
    """Test a query against every term of libraries.

    Parameters
    ----------
    counted
        The query, counted against each library.
    model
        The model that adds its columns; None for gseapy's columns alone.
    propensity, completeness
        As `gsfm_enrich.enrichr` takes them.
    nulls
        For each library the laws of overlaps under permuted labels, which then give all p-values. The rank
        stays that of random genes: it finds right terms more often (`benchmarks.permuted_labels`).

    Returns
    -------
    list of TermTests
        One per library, with p-values adjusted within it.
    """
    tests = []
    given: Sequence[ListNull | None] = nulls or [None] * len(counted)
    for counts, null in zip(counted, given, strict=True):
        overlap = counts.overlap
        tested = overlap.hits > 0
        if null is not None:
            tested = overlap.sizes > 0
            p = null.members.p_values(overlap.hits)
            score = combined_score(p, overlap.odds_ratios)
            overlap = replace(overlap, p_values=p, combined_scores=score)
        adjusted = benjamini_hochberg(overlap.p_values, tested)
        columns = None
        if model is not None:
            columns = _model_columns(counts, model, propensity, completeness, null)
        tests.append(TermTests(counts, overlap, tested, adjusted, columns))
    return tests


def adjust_together(tests: Sequence[TermTests]) -> list[TermTests]:
    """Adjust the p-values of several queries and libraries as one family of tests.

    Parameters
    ----------
    tests
        Queries against libraries; all with the model's columns, or all without.

    Returns
    -------
    list of TermTests
        The same with adjusted p-values over all of them.
    """
    ends = np.cumsum([len(test.adjusted) for test in tests])[:-1]

    def over_all(p: Sequence[Floats], tested: Sequence[npt.NDArray[np.bool_]]) -> list[Floats]:
        return np.split(benjamini_hochberg(np.concatenate(p), np.concatenate(tested)), ends)

    adjusted = over_all([test.overlap.p_values for test in tests], [test.tested for test in tests])
    columns = [test.model_columns for test in tests]
    shown = [table for table in columns if table is not None]
    if shown:
        p = [table["GSFM P-value"].to_numpy() for table in shown]
        new = over_all(p, [test.counts.sizes > 0 for test in tests])
        columns = [
            table.assign(**{"GSFM Adjusted P-value": values})
            for table, values in zip(shown, new, strict=True)
        ]
    return [
        replace(test, adjusted=values, model_columns=table)
        for test, values, table in zip(tests, adjusted, columns, strict=True)
    ]


def enrichment_table(
    tests: Sequence[TermTests], *, min_overlap: int = 1, by_model: bool = True
) -> pd.DataFrame:
    """Return the result table of a query.

    Parameters
    ----------
    tests
        The query against each library.
    min_overlap
        Terms that share fewer genes with the query are left out.
    by_model
        Whether the terms of a library are ordered by the model's rank, if there is a model, or by name.

    Returns
    -------
    DataFrame
        One row per term, library by library, with the columns of `gsfm_enrich.ranking.columns`.
    """
    tables = []
    for test in tests:
        rows = _shown_rows(test.counts.library, test.overlap, min_overlap)
        table = _base_columns(test, rows)
        if test.model_columns is not None:
            table = pd.concat([table, test.model_columns.iloc[rows].reset_index(drop=True)], axis=1)
            if by_model:
                table = table.sort_values("GSFM Rank", kind="stable", ignore_index=True)
        tables.append(table)
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def _shown_rows(library: GeneSetLibrary, overlap: Overlap, min_overlap: int) -> npt.NDArray[np.int64]:
    """Return the terms with enough overlap, sorted by name as gseapy does."""
    rows = np.flatnonzero(overlap.hits >= min_overlap).tolist()
    return np.array(sorted(rows, key=library.terms.__getitem__), dtype=np.int64)


def _base_columns(test: TermTests, rows: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return gseapy's columns for some terms, in the order given.

    Genes are spelled as in the library; those matched by orthologues, as in the query.
    """
    counts, overlap = test.counts, test.overlap
    library = counts.library
    as_given = counts.organism in ORTHOLOGY_ORGANISMS
    symbols = counts.names if as_given else [library.genes[column] for column in counts.columns]
    starts, stops = counts.bounds[:-1][rows].tolist(), counts.bounds[1:][rows].tolist()
    members = counts.members.tolist()
    shared = zip(overlap.hits[rows].tolist(), overlap.sizes[rows].tolist(), strict=True)
    columns: dict[str, Any] = {
        "Gene_set": [library.name] * len(rows),
        "Term": [library.terms[row] for row in rows],
        "Overlap": [f"{hits}/{size}" for hits, size in shared],
        "P-value": overlap.p_values[rows],
        "Adjusted P-value": test.adjusted[rows],
        "Odds Ratio": overlap.odds_ratios[rows],
        "Combined Score": overlap.combined_scores[rows],
        "Genes": [
            ";".join([symbols[member] for member in members[start:stop]])
            for start, stop in zip(starts, stops, strict=True)
        ],
    }
    return pd.DataFrame(columns, columns=list(BASE_COLUMNS))


def _model_columns(
    counts: QueryCounts,
    model: GSFM,
    propensity: Any,
    completeness: float | None,
    null: ListNull | None,
) -> pd.DataFrame:
    """Return the model's columns for all terms of a library; torch is only loaded if they are wanted."""
    from gsfm_enrich.ranking.rerank import rerank
    from gsfm_enrich.ranking.strata import as_propensity

    reranked = rerank(counts, model, as_propensity(propensity, counts.organism), completeness)
    if null is None or null.completed is None:
        return reranked.columns
    p = null.completed.p_values(counts.hits + np.asarray(reranked.weights.sum(axis=1)).ravel())
    adjusted = benjamini_hochberg(p, counts.sizes > 0)
    table = reranked.columns
    lost = (table["GSFM Adjusted P-value"] < SIGNIFICANT) & (adjusted >= SIGNIFICANT)
    cautions = [
        "; ".join(filter(None, [text, CORRELATED if found else ""]))
        for text, found in zip(table["Caution"], lost, strict=True)
    ]
    replaced: dict[str, Any] = {"GSFM P-value": p, "GSFM Adjusted P-value": adjusted, "Caution": cautions}
    return table.assign(**replaced)


def too_long(counted: Sequence[QueryCounts]) -> str:
    """Return a message if a query is so long that a large part of a library is significant.

    Parameters
    ----------
    counted
        The query, counted against each library.

    Returns
    -------
    str
        Empty if it is not.
    """
    n_genes = len(counted[0].ids)
    if n_genes < LONG_LIST:
        return ""
    for counts in counted:
        p = counts.overlap.p_values[counts.hits > 0]
        n_significant = int((benjamini_hochberg(p) < SIGNIFICANT).sum())
        if len(p) >= FEWEST_TESTED and n_significant > LARGE_SHARE * len(p):
            return (
                f"{n_significant:,} of the {len(p):,} terms of {counts.library.name} that share a gene with "
                f"the list have a false discovery rate below {SIGNIFICANT}: a list of {n_genes:,} genes is "
                "too long to be informative. Pass its strongest few hundred (max_genes= in "
                "ge.tl.enrichr), or all genes with a statistic to ge.tl.enrich_ranked."
            )
    return ""


def lost_genes(counted: Sequence[QueryCounts]) -> str:
    """Return how many genes of a query cannot count, which ones, and which look like another species.

    Parameters
    ----------
    counted
        The query, counted against each library.

    Returns
    -------
    str
        Empty if there is nothing to report.

    Examples
    --------
    >>> from gsfm_enrich.ranking.counts import count_overlap
    >>> library = GeneSetLibrary.from_dict({"apoptosis": ["TP53", "BAX"]})
    >>> lost_genes([count_overlap(library, ["TP53", "stranger"])])
    '1 of 2 query genes is in none of the gene sets: stranger.'
    """
    first, total = counted[0], len(counted[0].ids)
    elsewhere = [set(counts.missing) for counts in counted[1:]]
    missing = [gene for gene in first.missing if all(gene in others for others in elsewhere)]
    alone = {gene for gene, how in zip(first.ids, first.how, strict=True) if how == "no orthologue"}
    problems = []
    for one, several, lost in (
        (
            "is in none of the gene sets",
            "are in none of the gene sets",
            [gene for gene in missing if gene not in alone],
        ),
        ("has no human orthologue", "have no human orthologue", [gene for gene in missing if gene in alone]),
        ("is outside the background", "are outside the background", first.outside),
    ):
        if lost:
            what = one if len(lost) == 1 else several
            problems.append(f"{len(lost):,} of {total:,} query genes {what}: {first_few(lost)}")
    misread = misread_species(first.ids, first.organism)
    if misread:
        problems.append(misread.rstrip("."))
    return "; ".join(problems) + "." + say_reasons(missing, first.organism) if problems else ""
