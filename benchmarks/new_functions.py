"""For how many genes the model speaks of a new function, and how often it is right.

    python -m benchmarks.new_functions --model FOLDER --org-db org.Hs.eg.sqlite

The genes, releases and model are those of `benchmarks.gene_functions_time`: genes without any process at the
cut-off that got one later. The first term that each rule shows is right when the newer release has it (true
path: annotations hold for all ancestors). The rule and its two constants were chosen on 2018 to 2021; the
genes of 2021 to 2023 were not looked at for it.

A rule speaks for a gene when a term passes its limits. For precision at a coverage, genes are ordered by the
rule's confidence in its first term; where it speaks for fewer genes there is no figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from benchmarks.gene_functions_time import (
    CUT_OFF,
    SPLITS,
    Split,
    by_cooccurrence,
    by_term,
    is_understudied,
    known_genes,
    make_split,
    publications_before,
    right_terms,
)
from benchmarks.protocols import bootstrap, write_table
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.new_functions import LEAST_BITS, LEAST_PROBABILITY
from gsfm_enrich.prediction.support import specificity
from gsfm_enrich.ranking.membership import library_membership
from gsfm_enrich.training.assemble import build_corpus

COVERAGES = (0.1, 0.2, 0.3)


def rules(split: Split, genes: list[str], model: GSFM) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield the name of each rule, the value of all terms (0: not shown) and the confidence in them."""
    table = library_membership(split.library, model)
    p = table.predicted(np.arange(len(split.library)), table.columns_of(genes)).T.astype(float)
    bits = specificity(split.library)
    for least in (0.05, LEAST_PROBABILITY, 0.2):
        shown = p * (p >= least)
        yield f"probability of {least} or more, the most probable", shown, p
        yield f"probability of {least} or more, the most specific", bits * (shown > 0), p
        for some in (0, LEAST_BITS, 1):
            value = shown * bits
            yield f"probability of {least}, {some} bits or more, the most bits", value * (value >= some), p


def first_terms(value: np.ndarray, confidence: np.ndarray, right: np.ndarray) -> pd.DataFrame:
    """Return for each gene its first term, whether the rule speaks, its confidence, and if it is right."""
    first, genes = value.argmax(axis=1), np.arange(len(value))
    return pd.DataFrame(
        {
            "term": first,
            "speaks": value[genes, first] > 0,
            "confidence": confidence[genes, first],
            "right": right[genes, first],
        }
    )


def figures(found: pd.DataFrame, sizes: np.ndarray) -> dict[str, object]:
    """Return coverage, precision and size of the terms that a rule shows first."""
    shown = found[found["speaks"]]
    ordered = shown.sort_values("confidence", ascending=False, kind="stable")["right"].to_numpy(float)
    at = {f"precision at {c:.0%}": round(c * len(found)) for c in COVERAGES}
    return {
        "genes": len(found),
        "coverage": f"{len(shown) / len(found):.3f}",
        "precision": bootstrap(ordered) if len(ordered) else "",
        **{name: f"{ordered[:n].mean():.3f}" if 0 < n <= len(ordered) else "" for name, n in at.items()},
        "median size": int(np.median(sizes[shown["term"]])) if len(shown) else 0,
    }


def main(
    model: Annotated[str, typer.Option(help="Checkpoint trained on what existed at the cut-off.")],
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    org_db: Annotated[Path, typer.Option(help="org.Hs.eg.sqlite")] = Path("org.Hs.eg.sqlite"),
    write: Annotated[bool, typer.Option(help="Write the table under results/.")] = True,
) -> None:
    """Print and write coverage and precision for all genes and for understudied ones."""
    network = load_model(model)
    publications = publications_before(org_db, CUT_OFF)
    corpus = build_corpus([], org_db, before=CUT_OFF, seen=2)
    rows: list[dict[str, object]] = []
    for old, new in (SPLITS[0], SPLITS[-1]):
        split = make_split(data, old, new)
        genes = known_genes(split, network)
        right, few = right_terms(split, genes), is_understudied(genes, publications)
        others = by_cooccurrence(split, genes, corpus) | by_term(split, genes, publications)
        methods = [*rules(split, genes, network), *((name, s, s) for name, s in others.items())]
        for name, value, confidence in methods:
            found = first_terms(value, confidence, right)
            for kind, some in {"all": found, "understudied": found[few]}.items():
                said = figures(some, split.library.sizes)
                rows.append({"split": f"{old} to {new}", "kind": kind, "rule": name, **said})
    if write:
        write_table(rows, "new_functions")
    else:
        print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    typer.run(main)
