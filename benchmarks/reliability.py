"""Compare the probabilities of the membership table with members that it did not know.

    python -m benchmarks.reliability --data ../shared/data

*Hidden*: the calibration is fitted on half of a library's terms; of others a fifth is hidden, and the hidden
members are counted where the table is more or less sure. *Added later*: the table of an old release at the
completeness that the package takes for such a library, and the members that a newer one added. It was
chosen on other terms with a model of January 2018, see `benchmarks.future_library`.
"""

from __future__ import annotations

import re
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.protocols import read_library, write_table
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.ranking.calibration import ask, fit, hide_members
from gsfm_enrich.ranking.completed_sets import strongest
from gsfm_enrich.ranking.completeness import measured_completeness
from gsfm_enrich.ranking.membership import Membership

LIBRARIES = (
    "KEGG_2021_Human",
    "WikiPathway_2023_Human",
    "GO_Biological_Process_2023",
    "MGI_Mammalian_Phenotype_Level_4_2021",
    "GWAS_Catalog_2023",
    "Reactome_MSigDB_2024.1",
    "ChEA_ChEA3",
    "ReMap_ChEA3",
)
RELEASES = (
    ("GO_Biological_Process_2018", "GO_Biological_Process_2021"),
    ("GO_Biological_Process_2021", "GO_Biological_Process_2023"),
    ("GWAS_Catalog_2019", "GWAS_Catalog_2023"),
    ("Reactome_MSigDB_7.0", "Reactome_MSigDB_2024.1"),
    ("HPO_MSigDB_7.2", "HPO_MSigDB_2024.1"),
)
CHOSEN_ON = 500
"""Terms, the first of a random order, on which `gsfm_enrich.ranking.completeness.MEASURED` was chosen."""
BINS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)


def hidden_members(table: Membership, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return probability and truth of all genes that are not shown, for terms that were not fitted."""
    order = np.random.default_rng(seed).permutation(len(table.members))
    halves = [[table.members[i] for i in order[start::2]] for start in (0, 1)]
    learn, question = (hide_members(sets, seed) for sets in halves)
    if learn is None or question is None:
        raise SystemExit(f"{table.library.name} has too few terms.")
    scores = table.score(learn.shown)
    questions = ask(learn, strongest(scores, learn.shown), len(table.units), seed)
    calibration = fit(questions, scores.pairs(*questions.pairs).astype(np.float64), scores.own)
    asked = table.score(question.shown)
    sizes = np.array([len(members) for members in question.shown])
    slopes, offsets = calibration.slopes(sizes, asked.own), calibration.offsets(sizes, asked.own)
    genes = table.genes.at(np.arange(len(table.units)))
    probability, truth = [], []
    for row, (shown, hidden) in enumerate(zip(question.shown, question.hidden, strict=True)):
        here = np.array([row])
        p = calibration.probability(asked.block(here, genes, slopes[:, here])[0] + offsets[row])
        free = np.setdiff1d(np.arange(len(p)), shown)
        probability.append(p[free])
        truth.append(np.isin(free, hidden))
    return np.concatenate(probability), np.concatenate(truth)


def later_members(
    table: Membership, new: dict[str, list[str]], n_terms: int, seed: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the same for genes outside of terms that a newer release has; None if all were chosen on."""
    key = re.compile(r"GO:\d{7}")
    newer = {(key.search(term) or [term])[0]: genes for term, genes in new.items()}
    rows, later = [], []
    for row, term in enumerate(table.library.terms):
        name = (key.search(term) or [term])[0]
        if name in newer and table.sizes[row] >= 5:
            rows.append(row)
            later.append(newer[name])
    chosen = np.random.default_rng(seed).permutation(len(rows))[CHOSEN_ON : CHOSEN_ON + n_terms]
    if not len(chosen):
        return None
    probability, truth = [], []
    held = {gene: table.of_library[i] for i, gene in enumerate(table.library.genes)}
    columns = np.arange(table.n_library)
    for i in chosen:
        p = table.predicted(np.array([rows[i]]), columns)[0]
        member = table.known[[rows[i]]][:, columns].toarray()[0] > 0
        added = np.zeros(len(p), dtype=bool)
        there = [held[gene] for gene in later[i] if held.get(gene, -1) >= 0]
        added[there] = True
        probability.append(p[~member])
        truth.append(added[~member])
    return np.concatenate(probability), np.concatenate(truth)


def summary(p: np.ndarray, truth: np.ndarray) -> dict[str, object]:
    """Compare predicted and observed shares of members, bin by bin."""
    row: dict[str, object] = {"members": int(truth.sum())}
    error = 0.0
    for low, high in pairwise(BINS):
        there = (p >= low) & (p < high) if high < 1 else p >= low
        if not there.any():
            row[f"{low:g} to {high:g}"] = "none"
            continue
        predicted, observed = p[there].mean(), truth[there].mean()
        error += there.mean() * abs(predicted - observed)
        row[f"{low:g} to {high:g}"] = f"{predicted:.4f} / {observed:.4f} ({there.sum()})"
    row["expected calibration error"] = f"{error:.5f}"
    return row


def rows_for(data: Path, network: GSFM, names: list[str], n_terms: int, seed: int) -> list[dict[str, object]]:
    """Work out all rows of the table."""
    rows = []
    for name in names:
        table = Membership(read_library(data, name), network)
        found = summary(*hidden_members(table, seed))
        rows.append({"library": name, "truth": "hidden", **found})
        print(*rows[-1].values(), sep="\t", flush=True)
    for old, new in RELEASES if n_terms else ():
        table = Membership(read_library(data, old), network, completeness=measured_completeness(old))
        later = later_members(table, read_library(data, new).to_dict(), n_terms, seed)
        if later is None:
            continue
        found = summary(*later)
        rows.append({"library": old, "truth": f"added by {new}", **found})
        print(*rows[-1].values(), sep="\t", flush=True)
    return rows


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    model: Annotated[str, typer.Option(help="Checkpoint.")] = "default",
    libraries: Annotated[str, typer.Option(help="Comma-separated names.")] = ",".join(LIBRARIES),
    n_terms: Annotated[int, typer.Option(help="Terms a pair of releases; 0 leaves them out.")] = 300,
    seed: int = 0,
) -> None:
    """Print and write predicted and observed shares of members, and the expected calibration error."""
    warnings.simplefilter("ignore")
    write_table(rows_for(data, load_model(model), libraries.split(","), n_terms, seed), "reliability")


if __name__ == "__main__":
    typer.run(main)
