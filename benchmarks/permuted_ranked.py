"""The threshold-free test on cells whose labels were permuted: what it finds there is false.

    python -m benchmarks.permuted_ranked --data ../shared/data

The moments of effects come from one set of permuted labels, as ``ge.tl.enrich_ranked`` takes them, and are
tried on another. Beside the p-value of permuted labels stands that of random genes. Genes count as for
markers or as for contrasts of conditions. For markers stand beside them the re-ranked test of the first genes
of each table, and the p-value of both, as ``ge.get.combined_df`` combines them. Power: terms with an adjusted
p-value below .05 in the real groups. Small p-values are counted down to .00001: below one in the number of
permuted tables they are extrapolated.
"""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path
from typing import Annotated

import anndata
import numpy as np
import scanpy as sc
import typer
from scipy.stats import kstest

from benchmarks.protocols import write_table
from gsfm_enrich.arrays import Floats, Ints
from gsfm_enrich.expression.label_statistics import (
    CellSums,
    label_statistics,
    permuted_codes,
    prepare_cells,
)
from gsfm_enrich.get._combined import cauchy_combination
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.progress import progress
from gsfm_enrich.ranking.lists import rank_terms
from gsfm_enrich.ranking.overlap import benjamini_hochberg
from gsfm_enrich.ranking.permutation_null import PermutationNull, permutation_nulls
from gsfm_enrich.ranking.ranked import EMPHASIS, MARKER_EMPHASIS, VIEWS, marker_share
from gsfm_enrich.ranking.ranked_table import compare_views
from gsfm_enrich.ranking.ranked_weights import ranked_weights

AT_ONCE = 5
LISTS_AT_ONCE = 50
LISTED = 100
"""Genes of a list: the highest statistics."""
FALSE = 0.05


def main(
    data: Annotated[Path, typer.Option(help="Folder with singlecell/.")] = Path("../shared/data"),
    cells: Annotated[int, typer.Option(help="Most cells of a data set.")] = 3000,
    permutations: Annotated[int, typer.Option(help="Labellings that give the moments.")] = 100,
    trials: Annotated[int, typer.Option(help="Labellings that are tested.")] = 50,
    smallest: Annotated[int, typer.Option(help="Fewest measured members of a term.")] = 5,
    seed: int = 0,
) -> None:
    """Print and write the share of small p-values, and of tables with any significant term."""
    warnings.simplefilter("ignore")
    library = load_libraries("GO_Biological_Process")[0]
    model = load_model()
    rows: list[dict[str, object]] = []
    for name, adata, column in data_sets(data, cells):
        labels = adata.obs[column].astype("category").cat
        codes, n_groups = labels.codes.to_numpy().astype(np.int64), len(labels.categories)
        weights = ranked_weights(library, model, tuple(map(str, adata.var_names)))
        usable = weights.sizes >= smallest
        prepared = prepare_cells(adata.X, "t-test")
        rng = np.random.default_rng(seed)

        drawn = permuted_tables(prepared, codes, n_groups, permutations, rng, name)
        trial = np.concatenate(permuted_tables(prepared, codes, n_groups, trials, rng, name))
        real = label_statistics(prepared, codes, n_groups)
        expressed = np.asarray((adata.X > 0).mean(axis=0)).ravel()
        nulls: dict[str, PermutationNull] = {}
        for aim, share, emphasis in (
            ("markers", marker_share(expressed), MARKER_EMPHASIS),
            ("contrasts", np.ones(len(expressed)), EMPHASIS),
        ):
            draws = [partial(np.multiply, table, share) for table in drawn]
            null = nulls[aim] = permutation_nulls(draws, [weights], emphasis)[0]
            for basis, law in (("random genes", None), ("permuted labels", null)):
                permuted = compare_views(trial * share, weights, law, emphasis)
                found = compare_views(real * share, weights, law, emphasis)
                rows += [_row((name, aim, basis), view, permuted[view].p_values[:, usable],
                              found[view].p_values[:, usable]) for view in VIEWS]  # fmt: skip
        share, genes = marker_share(expressed), tuple(map(str, adata.var_names))
        ranked, lists = [], []
        for table in (trial, real):
            views = compare_views(table * share, weights, nulls["markers"], MARKER_EMPHASIS)
            ranked.append(views["up"].p_values[:, usable])
            lists.append(list_p_values(table, library, model, genes)[:, usable])
        both = [cauchy_combination(np.stack(pair)) for pair in zip(lists, ranked, strict=True)]
        rows.append(_row((name, "markers", f"list of the first {LISTED}"), "up", *lists))
        rows.append(_row((name, "markers", "list and permuted labels together"), "up", *both))
    write_table(rows, "permuted_ranked")


def permuted_tables(
    cells: CellSums, codes: Ints, n_groups: int, n: int, rng: np.random.Generator, name: str
) -> list[Floats]:
    """Return the statistics of permuted labels, in portions."""
    steps = progress(range(0, n, AT_ONCE), -(-n // AT_ONCE), f"{name}: permuted labels")
    return [label_statistics(cells, permuted_codes(codes, AT_ONCE, rng), n_groups) for _ in steps]


def data_sets(data: Path, most: int) -> list[tuple[str, anndata.AnnData, str]]:
    """Return name, log-normalised cells and column of cell types of each data set."""
    pbmc = sc.datasets.pbmc68k_reduced().raw.to_adata()
    kang = anndata.read_h5ad(data / "singlecell" / "kang_ctrl_8684x2511.h5ad")
    sc.pp.subsample(kang, n_obs=min(most, kang.n_obs), random_state=0)
    sc.pp.normalize_total(kang, target_sum=1e4)
    sc.pp.log1p(kang)
    lung = anndata.read_h5ad(data / "singlecell" / "zilionis_mouse_lung_800x24248.h5ad")
    sc.pp.filter_genes(lung, min_cells=5)
    named = [("pbmc68k", pbmc, "bulk_labels"), ("Kang", kang, "cluster_id")]
    return [*named, ("mouse lung", lung, "Major_cell_type")]


def list_p_values(tables: Floats, library: GeneSetLibrary, model: GSFM, genes: tuple[str, ...]) -> Floats:
    """Return the re-ranked p-values of the first genes of each table, shape (n_tables, n_terms)."""
    first = np.argsort(-tables, axis=1, kind="stable")[:, :LISTED]
    p = np.ones((len(tables), len(library)))
    row_of = {term: row for row, term in enumerate(library.terms)}
    for start in range(0, len(tables), LISTS_AT_ONCE):
        part = first[start : start + LISTS_AT_ONCE]
        lists = {start + number: [genes[place] for place in places] for number, places in enumerate(part)}
        found = rank_terms(lists, library, background=list(genes), top=None, progress=False, model=model)
        p[found["list"].to_numpy(dtype=np.int64), found["term"].map(row_of)] = found["gsfm_p_value"]
    return p


def _row(of: tuple[str, str, str], view: str, p: Floats, real: Floats) -> dict[str, object]:
    any_found = np.mean([benjamini_hochberg(row).min() < FALSE for row in p])
    found = [int((benjamini_hochberg(row) < FALSE).sum()) for row in real]
    return {
        **dict(zip(("cells", "genes count as for", "p-value"), of, strict=True)),
        "view": view,
        "tables": len(p),
        "terms": p.shape[1],
        "p<.05": f"{np.mean(p < 0.05):.4f}",
        "p<.001": f"{np.mean(p < 0.001):.5f}",
        "p<.00001": f"{np.mean(p < 0.00001):.7f}",
        "distance to uniform (KS)": f"{kstest(p.ravel(), 'uniform').statistic:.3f}",
        "tables with any FDR<.05": f"{any_found:.3f}",
        "significant terms of a real group, median": f"{np.median(found):.0f}",
    }


if __name__ == "__main__":
    typer.run(main)
