"""Does it help to prefer the specific term of a hierarchy? Lists of real tables with known answers.

    python -m benchmarks.specific_terms --cases ../shared/data/benchmark/real

Terms of a hierarchy hold the members of the terms below them, so that a general term is found whenever a
specific one is. Methods, on the lists, cases and measures of `benchmarks.real_lists`:

- overlap, reranked: as there
- overlap-elim: as topGO's *elim* (Alexa et al., Bioinformatics 22:1600, 2006): from the smallest term to the
  largest, the genes of a term with p < .01 are taken from all terms that hold it whole
- reranked-elim: the same order of the genes' removal, by the expected counts of the completed library
- reranked-families: of the predicted genes of one family on a list only the most probable counts
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from scipy.sparse import csr_array

from benchmarks import real_lists
from benchmarks.orders import Completed, complete, families_once, of_all_lists
from benchmarks.protocols import write_table
from benchmarks.real_cases import lists_of, read_cases
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.ranking.expected_counts import Stratum, survival

SIGNIFICANT = 0.01
METHODS = ("overlap", "reranked", "reranked-families", "overlap-elim", "reranked-elim")


def completed(q: real_lists.Question) -> Completed:
    """Return the lists of a case against the completed library."""
    return complete(q.library, q.model, q.case.genes, lists_of(q.case))


def families(q: real_lists.Question) -> real_lists.Scores:
    """Return minus the logarithm of the p-values where a family counts once, few members last."""
    lists = completed(q)
    p = families_once(lists)
    return list(-np.log(np.maximum(p, real_lists.TINY)) - 1e4 * (lists.hits < 2))


def elim(q: real_lists.Question, share: float) -> real_lists.Scores:
    """Return minus the logarithm of the p-values after the genes of significant specific terms are removed.

    Parameters
    ----------
    q
        A table against a library.
    share
        What probabilities count: 0 for the overlap test, 1 for expected counts.
    """
    lists = completed(q).with_probabilities(lambda p: share * p)
    holders = above(lists.members)
    table = csr_array(lists.members + lists.probable)
    sizes, scores = lists.sizes + lists.missing, []
    plain = of_all_lists(lists.hits + lists.expected, sizes, lists)
    order = np.argsort(lists.sizes, kind="stable")
    for row, genes in enumerate(np.split(lists.held.indices, lists.held.indptr[1:-1])):
        here = table[:, genes].toarray()
        kept = np.ones(here.shape, dtype=bool)
        p = plain[row].copy()
        for term in order[plain[row][order] < SIGNIFICANT]:
            if not kept[term].all():
                urn = Stratum(lists.population, len(genes), sizes[term : term + 1])
                p[term] = survival(np.array([[here[term] @ kept[term]]]), [urn])[0, 0]
            if p[term] < SIGNIFICANT:
                parents = holders.indices[holders.indptr[term] : holders.indptr[term + 1]]
                kept[np.ix_(parents, here[term] > 0.5)] = False
        scores.append(-np.log(np.maximum(p, real_lists.TINY)) - 1e4 * (share > 0) * (lists.hits[row] < 2))
    return scores


def above(members: csr_array) -> csr_array:
    """Return which terms hold all members of a term and more, shape (n_terms, n_terms)."""
    shared = csr_array(members @ members.T)
    sizes = np.diff(members.indptr)
    rows = np.repeat(np.arange(len(sizes)), np.diff(shared.indptr))
    whole = (shared.data == sizes[rows]) & (sizes[shared.indices] > sizes[rows])
    at = rows[whole], shared.indices[whole]
    return csr_array((np.ones(len(at[0])), at), shape=shared.shape)


def main(
    cases: Annotated[Path, typer.Option(help="Folder of index.json and the tables.")] = Path(
        "../shared/data/benchmark/real"
    ),
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    libraries: Annotated[
        str, typer.Option(help="Comma-separated names.")
    ] = "GO_Biological_Process_2023,Reactome_MSigDB_2024.1",
    seed: int = 0,
) -> None:
    """Print and write how early the right terms come."""
    warnings.simplefilter("ignore")
    real_lists.SCORERS |= {
        "overlap-elim": lambda q: elim(q, 0.0),
        "reranked-elim": lambda q: elim(q, 1.0),
        "reranked-families": families,
    }
    network, tables = load_model(), list(read_cases(cases))
    found = []
    for name in libraries.split(","):
        found.append(real_lists.ask(tables, real_lists.library_of(name, data), METHODS, network))
        print(name, flush=True)
    table = real_lists.summary(pd.concat(found), tables, METHODS, seed)
    table = table[table["kind"].isin(["all", "half used to choose", "other half"])]
    write_table(table.to_dict("records"), "specific_terms")


if __name__ == "__main__":
    typer.run(main)
