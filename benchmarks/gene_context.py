"""Does the company of a gene help to find its function? Genes before they were annotated, among companions.

    python -m benchmarks.gene_context --model FOLDER

For genes that GO lists later only (see `benchmarks.gene_functions_time`, also for how the model is made), one
of the terms they get later is drawn. The companions are two fifths of the genes that the term had before, the
same of five other terms, and as many random genes as from all six: a list of differentially expressed genes
with several functions, of which one is the gene's. The figure is the rank of the right term among all terms
of the old release. The company alone cannot know which of the six it is, the gene alone not what its company
does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.gene_functions_time import SPLITS, Split, make_split
from benchmarks.protocols import bootstrap, write_table
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.context import COMPANY, Context
from gsfm_enrich.prediction.predict import score_functions
from gsfm_enrich.ranking.membership import library_membership

SMALLEST, LARGEST = 20, 500
OF_TERM, OTHER_TERMS = 0.4, 5


def ranks_of(split: Split, model: GSFM, n_genes: int, seed: int) -> dict[str, np.ndarray]:
    """Return the rank of the right term for every gene, by method."""
    library = split.library
    table = library_membership(library, model)
    rng = np.random.default_rng(seed)
    ranks: dict[str, list[int]] = {}
    asked = 0
    usual_terms = [t for t in library.terms if SMALLEST <= len(library[t]) <= LARGEST]
    for gene in rng.permutation(sorted(split.truth)).tolist():
        terms = [t for t in sorted(split.truth[gene]) if SMALLEST <= len(library[t]) <= LARGEST]
        column = int(table.columns_of([gene])[0])
        if not terms or column < 0 or asked == n_genes:
            continue
        asked += 1
        term = str(rng.choice(terms))
        usual = [t for t in usual_terms if t not in split.truth[gene]]
        some: list[str] = []
        for drawn in (term, *rng.choice(usual, OTHER_TERMS, replace=False)):
            members = list(library[drawn])
            some += list(rng.choice(members, round(OF_TERM * len(members)), replace=False))
        others = list(rng.choice(library.genes, len(some), replace=False))
        context = Context(library, table, list(dict.fromkeys([*some, *others])), "human")
        (alone,) = score_functions([(gene, column)], table)
        enrichment, _ = context.enrichment(alone)
        row = library.position(term)
        scores = {
            "score in context": alone.score + COMPANY * np.log(enrichment),
            "score alone": alone.score,
            "probability alone": alone.probability,
            "companions alone (fold enrichment)": enrichment,
        }
        for method, values in scores.items():
            usable = np.where(alone.usable, values, -np.inf)
            ties = (usable == usable[row]).sum() - 1
            ranks.setdefault(method, []).append(1 + int((usable > usable[row]).sum()) + ties // 2)
    return {method: np.array(found) for method, found in ranks.items()}


def main(
    model: Annotated[str, typer.Option(help="Checkpoint trained on what existed at the cut-off.")],
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    n_genes: Annotated[int, typer.Option(help="Genes a pair of releases.")] = 200,
    seed: int = 0,
) -> None:
    """Print and write mean reciprocal rank and share in the top ten, by method."""
    network = load_model(model)
    rows: list[dict[str, object]] = []
    for old, new in SPLITS[::2]:
        found = ranks_of(make_split(data, old, new), network, n_genes, seed)
        usual = 1 / found["score alone"]
        for method, ranks in found.items():
            rows.append(
                {
                    "split": f"{old} to {new}",
                    "method": method,
                    "genes": len(ranks),
                    "MRR": bootstrap(1 / ranks),
                    "gain over score alone": bootstrap(1 / ranks - usual),
                    "top ten": f"{np.mean(ranks <= 10):.3f}",
                    "median rank": int(np.median(ranks)),
                }
            )
            print(*rows[-1].values(), sep="\t", flush=True)
    write_table(rows, "gene_context")


if __name__ == "__main__":
    typer.run(main)
