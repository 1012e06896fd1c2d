"""How often the first predicted functions of a gene are known ones, by what terms are ranked by.

    python -m benchmarks.gene_functions

Every known function is scored with the gene taken out of the term. The literature sets of the bundled model
hold the papers that GO cites, so these figures are partly recall: they compare rankings, they do not say how
new functions do.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
import typer

from benchmarks.protocols import write_table
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.libraries.bundled import load_bundled
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.prediction.predict import score_functions
from gsfm_enrich.ranking.membership import library_membership

GROUPS = {"1 to 19 publications": (1, 20), "20 publications or more": (20, 10**6)}


def main(
    model: Annotated[str, typer.Option(help="Checkpoint.")] = "default",
    n_genes: Annotated[int, typer.Option(help="Genes a group.")] = 150,
    seed: int = 0,
) -> None:
    """Print and write the precision at 1, 5 and 10."""
    library = load_bundled("GO_Biological_Process")
    size = dict(zip(library.terms, library.sizes, strict=True))
    membership = library_membership(library, load_model(model))
    publications = load_gene_table().set_index("symbol")["publications"]
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for group, (low, high) in GROUPS.items():
        genes = [g for g in library.genes if low <= publications.get(g, 0) < high]
        chosen = list(rng.choice(genes, n_genes, replace=False))
        columns = membership.columns_of(chosen)
        asked = [(gene, int(column)) for gene, column in zip(chosen, columns, strict=True) if column >= 0]
        ranked = [
            functions.table(library, *functions.best(functions.score, membership, None, None))
            for functions in score_functions(asked, membership)
        ]
        table = pd.concat(ranked, ignore_index=True)
        table["size"] = table["term"].map(size)
        rankings = {
            "evidence alone": table["log_odds"],
            "score (evidence and size)": table["score"],
            "probability": table["probability"],
            "z-score": table["z_score"],
            "size of the term": table["size"],
        }
        for ranking, values in rankings.items():
            order = table.assign(by=values).sort_values("by", ascending=False, kind="stable")
            rows.append({"genes": group, "ranked by": ranking, **precision(order)})
    write_table(rows, "gene_functions")


def precision(order: pd.DataFrame) -> dict[str, object]:
    """Return the precision at 1, 5 and 10 and the size of the terms, for rows sorted best first."""
    figures: dict[str, object] = {}
    for n in (1, 5, 10):
        figures[f"precision at {n}"] = (
            f"{order.groupby('gene').head(n).groupby('gene')['known'].mean().mean():.3f}"
        )
    figures["median size of the first 5"] = int(order.groupby("gene").head(5)["size"].median())
    return figures


if __name__ == "__main__":
    typer.run(main)
