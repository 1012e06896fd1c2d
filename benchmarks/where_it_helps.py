"""Where re-ranking helps and where it does not: by the query, the term and what is known of its genes.

    python -m benchmarks.where_it_helps --data ../shared/data

Half of each term that is asked for is taken out of the library. A query draws at random how many genes of the
term it has, which share of them the library does not list, and how many random genes come with them, so that
each of these can be looked at with the others mixed. Rank of the right term, overlap test and re-ranking.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from benchmarks.protocols import bootstrap, read_library, write_table
from benchmarks.queries import Task
from benchmarks.term_ranking import evaluate, fast_methods
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM

LIBRARIES = (
    "KEGG_2021_Human",
    "WikiPathway_2023_Human",
    "MGI_Mammalian_Phenotype_Level_4_2021",
    "GO_Biological_Process_2023",
    "GWAS_Catalog_2023",
)
OF_TERM = (3, 8, 20, 50)
HIDDEN = (0.0, 0.5, 1.0)
RANDOM = (0.0, 1.0, 2.0, 5.0)
SMALLEST, LARGEST = 12, 500
OVERLAP, OURS = "overlap test (gseapy)", "GSFM p-value"


@dataclass(frozen=True)
class Design:
    """How the query of one term is made.

    Attributes
    ----------
    term : str
    of_term : int
        Genes of the term in the query, if it has so many.
    hidden : float
        Share of these that the library does not list.
    random : float
        Random genes for each of these.
    """

    term: str
    of_term: int
    hidden: float
    random: float


def designs(library: GeneSetLibrary, n: int, rng: np.random.Generator) -> Iterator[Design]:
    """Draw terms, each with a random design."""
    usable = np.flatnonzero((library.sizes >= SMALLEST) & (library.sizes <= LARGEST))
    for row in rng.choice(usable, min(n, len(usable)), replace=False).tolist():
        yield Design(library.terms[row], *(rng.choice(levels) for levels in (OF_TERM, HIDDEN, RANDOM)))


def make_task(library: GeneSetLibrary, made: list[Design], rng: np.random.Generator) -> Task:
    """Hide half of each term, and write the queries."""
    sets, queries = library.to_dict(), []
    for design in made:
        genes = list(rng.permutation(library[design.term]))
        hidden, left = genes[: len(genes) // 2], genes[len(genes) // 2 :]
        n_hidden = round(design.of_term * design.hidden)
        inside = [*hidden[:n_hidden], *left[: design.of_term - n_hidden]]
        outside = rng.choice(library.genes, round(design.random * len(inside)), replace=False)
        queries.append(list(dict.fromkeys([*inside, *outside])))
        sets[design.term] = left
    terms = GeneSetLibrary.from_dict(sets, library.name)
    return Task("half of the term hidden", library.name, terms, queries, [[d.term] for d in made])


def measured(library: GeneSetLibrary, n: int, model: GSFM, seed: int) -> pd.DataFrame:
    """Return one row a query: how it was made, and the reciprocal rank by each method."""
    rng = np.random.default_rng(seed)
    made = list(designs(library, n, rng))
    task = make_task(library, made, rng)
    scores = fast_methods(task, model)
    publications = load_gene_table().set_index("symbol")["publications"]
    known = publications.reindex(library.genes).fillna(0)
    return pd.DataFrame(
        {
            "library": library.name,
            "genes in the query": [len(query) for query in task.queries],
            "share of the term's genes hidden": [design.hidden for design in made],
            "random genes for each of the term": [design.random for design in made],
            "genes of the term": [len(library[design.term]) for design in made],
            "median publications of its genes": [known[library[d.term]].median() for d in made],
            OVERLAP: 1 / evaluate(task, scores[OVERLAP])[0],
            OURS: 1 / evaluate(task, scores[OURS])[0],
        }
    )


def groups(table: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Go through what queries differ in, and the groups of each."""
    for name in table.columns[:-2]:
        if table[name].nunique() <= len(LIBRARIES):
            for value, part in table.groupby(name, sort=name != "library"):
                yield name, str(value), part
        else:
            for _, part in table.groupby(pd.qcut(table[name], 4, labels=False, duplicates="drop")):
                yield name, span(part[name]), part


def span(values: pd.Series) -> str:
    """Return the least and the greatest value."""
    return f"{values.min():g} to {values.max():g}"


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    n_queries: Annotated[int, typer.Option(help="Queries a library.")] = 300,
    seed: int = 0,
) -> None:
    """Print and write mean reciprocal ranks by groups of queries."""
    warnings.simplefilter("ignore")
    network = load_model()
    parts = []
    for name in LIBRARIES:
        parts.append(measured(read_library(data, name), n_queries, network, seed))
        print(name, parts[-1][[OVERLAP, OURS]].mean().round(3).to_dict(), flush=True)
    write_table(
        [
            {
                "by": name,
                "group": group,
                "queries": len(part),
                **{f"MRR, {method}": f"{part[method].mean():.3f}" for method in (OVERLAP, OURS)},
                "gain": bootstrap((part[OURS] - part[OVERLAP]).to_numpy()),
                "better": f"{(part[OURS] > part[OVERLAP]).mean():.2f}",
                "worse": f"{(part[OURS] < part[OVERLAP]).mean():.2f}",
            }
            for name, group, part in groups(pd.concat(parts, ignore_index=True))
        ],
        "where_it_helps",
    )


if __name__ == "__main__":
    typer.run(main)
