"""Are the p-values true? Random queries from the genes of a library against the intact library.

python -m benchmarks.calibration --data ../shared/data
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from scipy.stats import kstest

from benchmarks.protocols import both_tests, read_library, write_table
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.ranking.overlap import benjamini_hochberg

LIBRARIES = ("KEGG_2021_Human", "MGI_Mammalian_Phenotype_Level_4_2021", "ChEA_ChEA3")
SIZES = (3, 10, 50, 200, 1000)


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    model: Annotated[str, typer.Option(help="Checkpoint.")] = "default",
    n_queries: Annotated[int, typer.Option(help="Random queries a size.")] = 100,
    libraries: Annotated[str, typer.Option(help="Comma-separated names.")] = ",".join(LIBRARIES),
    seed: int = 0,
) -> None:
    """Print and write the shares of small p-values and of queries with any significant term."""
    network = load_model(model)
    rows: list[dict[str, object]] = []
    for name in libraries.split(","):
        library = read_library(data, name)
        for size in SIZES:
            rng = np.random.default_rng([seed, size])
            p: dict[str, list[np.ndarray]] = {"GSFM p-value": [], "overlap test (gseapy)": []}
            found: dict[str, list[bool]] = {method: [] for method in p}
            for _ in range(n_queries):
                query = list(rng.choice(library.genes, size, replace=False))
                overlap, table = both_tests(library, query, network)
                p["GSFM p-value"].append(table["GSFM P-value"].to_numpy())
                found["GSFM p-value"].append(table["GSFM Adjusted P-value"].min() < 0.05)
                p["overlap test (gseapy)"].append(overlap.p_values)
                adjusted = benjamini_hochberg(overlap.p_values, overlap.hits > 0)
                found["overlap test (gseapy)"].append(adjusted.min() < 0.05)
            for method, values in p.items():
                values_ = np.concatenate(values)
                rows.append(
                    {
                        "library": name,
                        "query size": size,
                        "method": method,
                        "KS distance": f"{kstest(values_, 'uniform').statistic:.3f}",
                        "p<.05": f"{np.mean(values_ < 0.05):.4f}",
                        "p<.01": f"{np.mean(values_ < 0.01):.4f}",
                        "p<.001": f"{np.mean(values_ < 0.001):.5f}",
                        "queries with any FDR<.05": f"{np.mean(found[method]):.3f}",
                    }
                )
    write_table(rows, "calibration")


if __name__ == "__main__":
    typer.run(main)
