"""Does re-ranking put the right term higher? Noisy mixtures, part of the term hidden or nothing.

    python -m benchmarks.term_ranking --data ../shared/data

Every method sees the same queries in one run. Nothing is tuned on these libraries.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.protocols import bootstrap, both_tests, noisy_mixture, rank_of, read_library, write_table
from gsfm_enrich.model.checkpoint import load_model

LIBRARIES = (
    "KEGG_2021_Human",
    "WikiPathway_2023_Human",
    "MGI_Mammalian_Phenotype_Level_4_2021",
    "GO_Biological_Process_2023",
    "ChEA_ChEA3",
)
PROTOCOLS = {"three quarters of the term hidden": (0.3, 0.1), "nothing hidden": (0.0, 0.2)}


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    model: Annotated[str, typer.Option(help="Checkpoint.")] = "default",
    n_terms: Annotated[int, typer.Option(help="Queries a library and protocol.")] = 150,
    libraries: Annotated[str, typer.Option(help="Comma-separated names.")] = ",".join(LIBRARIES),
    seed: int = 0,
) -> None:
    """Print and write the mean reciprocal rank of the right term and how often it is in the top ten."""
    network = load_model(model)
    rows: list[dict[str, object]] = []
    for name in libraries.split(","):
        whole = read_library(data, name)
        for protocol, (hidden, left) in PROTOCOLS.items():
            library, queries = noisy_mixture(whole, n_terms, hidden, left, seed)
            ranks: dict[str, list[float]] = {}
            for term, query in queries:
                overlap, table = both_tests(library, query, network)
                by = {
                    "overlap test (gseapy)": overlap.p_values,
                    "combined score (gseapy)": -overlap.combined_scores,
                    "GSFM p-value": table["GSFM P-value"].to_numpy(),
                }
                for method, p in by.items():
                    ranks.setdefault(method, []).append(rank_of(term, library, p))
            base = 1 / np.array(ranks["overlap test (gseapy)"])
            for method, found in ranks.items():
                reciprocal = 1 / np.array(found)
                rows.append(
                    {
                        "library": name,
                        "protocol": protocol,
                        "method": method,
                        "queries": len(found),
                        "MRR": bootstrap(reciprocal),
                        "gain over overlap": bootstrap(reciprocal - base),
                        "top ten": f"{np.mean(np.array(found) <= 10):.3f}",
                    }
                )
    write_table(rows, "term_ranking")


if __name__ == "__main__":
    typer.run(main)
