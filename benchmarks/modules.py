"""Whether known complexes and pathways, mixed into one list, are separated again.

    python -m benchmarks.modules --data ../shared/data --org-db org.Hs.eg.sqlite

A list is the genes of three, five or eight terms without a common gene, alone or with half as many random
genes. Nobody says how many modules there are. Adjusted Rand index of the modules and the terms, over the
genes of the terms. Co-occurrence in the literature is clustered in the same way, and again without taking
off what genes are to the list on average. How similarity is computed was chosen on Reactome 2016.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from benchmarks.protocols import bootstrap, read_library, write_table
from gsfm_enrich.genes.match import match
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.prediction.gene_modules import in_context, refine, split
from gsfm_enrich.prediction.neighbours import gene_similarity
from gsfm_enrich.training.assemble import build_corpus
from gsfm_enrich.training.cooccurrence import PSEUDOCOUNT, SIZE_POWER, cooccurrence
from gsfm_enrich.training.corpus import LITERATURE, Corpus, source_sets

LIBRARIES = {
    "KEGG_2021_Human": "",
    "WikiPathway_2023_Human": "",
    "GO_CC_MSigDB_2024.1": "_COMPLEX",  # complexes; literature models have partly seen GO
}
COUNTS = (3, 5, 8)
SIZES = (8, 60)


def mixture(
    sets: dict[str, list[str]], genes: list[str], count: int, noise: float, rng: np.random.Generator
) -> tuple[list[str], NDArray[np.int64]]:
    """Mix terms without a common gene, and random genes, of label -1."""
    chosen: list[str] = []
    names = sorted(sets)
    while len(chosen) < count:
        term = names[rng.integers(len(names))]
        if all(set(sets[term]).isdisjoint(sets[other]) for other in chosen):
            chosen.append(term)
    mixed = [(gene, label) for label, term in enumerate(chosen) for gene in sets[term]]
    inside = {gene for gene, _ in mixed}
    outside = [gene for gene in genes if gene not in inside]
    mixed += [(str(gene), -1) for gene in rng.choice(outside, round(noise * len(mixed)), replace=False)]
    order = rng.permutation(len(mixed))
    return [mixed[i][0] for i in order], np.array([mixed[i][1] for i in order])


def known_sets(library: GeneSetLibrary, model: GSFM, named: str) -> tuple[dict[str, list[str]], list[str]]:
    """Return the terms of fitting size, of genes that the model knows, and all such genes."""
    units = match(library.genes, model.vocab.tokens).columns
    known = [gene for gene, unit in zip(library.genes, units, strict=True) if unit >= N_SPECIAL]
    kept = set(known)
    sets = {term: [gene for gene in library[term] if gene in kept] for term in library.terms if named in term}
    return {term: genes for term, genes in sets.items() if SIZES[0] <= len(genes) <= SIZES[1]}, known


def partitions(genes: list[str], model: GSFM, shared: NDArray[np.float64]) -> dict[str, NDArray[np.int64]]:
    """Return the modules by each method; ``shared`` is the logarithm of co-occurrence of these genes."""
    units = match(genes, model.vocab.tokens).columns
    ours = split(in_context(gene_similarity(model, units, units)))
    return {
        "GSFM": refine(model, units, ours),
        "GSFM, modules not completed again": ours,
        "co-occurrence, clustered alike": split(in_context(shared)),
        "co-occurrence, above its mean": split(shared - shared[~np.eye(len(shared), dtype=bool)].mean()),
    }


def log_cooccurrence(genes: list[str], corpus: Corpus, similarity: object) -> NDArray[np.float64]:
    """Return log(1 + scaled co-occurrence) of some genes, 0 for genes that no publication names."""
    columns = match(genes, corpus.vocab.tokens).columns
    table = similarity[columns][:, columns].toarray()  # type: ignore[index]
    table[columns < 0] = 0
    table[:, columns < 0] = 0
    return np.log1p(50_000 * table)


def main(
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    org_db: Annotated[Path, typer.Option(help="org.Hs.eg.sqlite")] = Path("org.Hs.eg.sqlite"),
    model: Annotated[str, typer.Option(help="Checkpoint.")] = "default",
    n_lists: Annotated[int, typer.Option(help="Lists a library, number of terms and noise.")] = 7,
    seed: int = 0,
) -> None:
    """Print and write the adjusted Rand index."""
    network = load_model(model)
    corpus = build_corpus([], org_db, seen=2)
    sets_of_papers = source_sets(corpus, LITERATURE)
    similarity = cooccurrence(corpus, sets_of_papers, size_power=SIZE_POWER, pseudocount=PSEUDOCOUNT)
    rows: list[dict[str, object]] = []
    for name, named in LIBRARIES.items():
        sets, known = known_sets(read_library(data, name), network, named)
        for noise in (0.0, 0.5):
            rng = np.random.default_rng([seed, len(rows)])
            found: dict[str, list[float]] = {}
            counts: dict[str, list[int]] = {}
            for count in COUNTS:
                for _ in range(n_lists):
                    genes, truth = mixture(sets, known, count, noise, rng)
                    asked = truth >= 0
                    shared = log_cooccurrence(genes, corpus, similarity)
                    for method, labels in partitions(genes, network, shared).items():
                        index = adjusted_rand_score(truth[asked], labels[asked])
                        found.setdefault(method, []).append(index)
                        counts.setdefault(method, []).append(len(np.unique(labels[asked])) - count)
            for method, values in found.items():
                gain = np.array(found["GSFM"]) - np.array(values)
                rows.append(
                    {
                        "library": name,
                        "random genes": noise,
                        "method": method,
                        "lists": len(values),
                        "adjusted Rand index": bootstrap(np.array(values)),
                        "gain of GSFM": bootstrap(gain),
                        "modules too many": f"{np.mean(counts[method]):.1f}",
                    }
                )
                print(*rows[-1].values(), sep="\t", flush=True)
    write_table(rows, "modules")


if __name__ == "__main__":
    typer.run(main)
