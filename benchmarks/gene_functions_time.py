"""Functions predicted before they were annotated: genes without any at a cut-off that got one later.

    python -m benchmarks.gene_functions_time --model FOLDER --org-db org.Hs.eg.sqlite

The model must have been trained on what existed at the cut-off only: `corpus_2017/` and publications with
PubMed ids below 29,300,000. It completes the terms of an old release of GO; a prediction is right when a
newer release lists the gene in that term. Symbols of all releases are resolved first.

How much a term's size counts was chosen on 2018 to 2021: .8, the least with which the first term is right as
often as co-occurrence's. The genes of 2021 to 2023 had no annotation in 2021 and were not looked at for it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from scipy.sparse import csr_array

from benchmarks.protocols import bootstrap, read_library, write_table
from gsfm_enrich.genes.match import match
from gsfm_enrich.genes.resolve import resolve
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.support import SIZE_CREDIT, size_credit
from gsfm_enrich.ranking.membership import library_membership
from gsfm_enrich.training.assemble import build_corpus
from gsfm_enrich.training.cooccurrence import PSEUDOCOUNT, SIZE_POWER, cooccurrence
from gsfm_enrich.training.corpus import LITERATURE, Corpus, source_sets

CUT_OFF = 29_300_000
"""PubMed ids below are of January 2018 and before."""
SPLITS = (("2018", "2021"), ("2018", "2023"), ("2021", "2023"))
LARGEST_SPECIFIC = 50
GO_ID = re.compile(r"\(GO:\d+\)")
DEPTHS = (1, 5, 10)


@dataclass(frozen=True)
class Split:
    """A question to all methods.

    Attributes
    ----------
    library : GeneSetLibrary
        The old release; its genes are approved symbols.
    truth : dict
        Terms of the old release that the newer one gives to each gene that the old one lacks.
    """

    library: GeneSetLibrary
    truth: Mapping[str, set[str]]


def approved(library: GeneSetLibrary) -> dict[str, list[str]]:
    """Return the terms by GO id with approved symbols; genes that cannot be resolved keep theirs."""
    found = resolve(library.genes).table
    symbol = {a: b or a for a, b in zip(found["input"], found["symbol"], strict=True)}
    sets = {}
    for term in library.terms:
        identifier = GO_ID.search(term)
        if identifier:
            sets[identifier[0]] = list(dict.fromkeys(symbol[gene] for gene in library[term]))
    return sets


def make_split(data: Path, old: str, new: str) -> Split:
    """Read two releases of GO and find the genes that only the newer one annotates."""
    before, after = (approved(read_library(data, f"GO_Biological_Process_{year}")) for year in (old, new))
    known = {gene for genes in before.values() for gene in genes}
    truth: dict[str, set[str]] = {}
    for term in sorted(set(before) & set(after)):
        for gene in after[term]:
            if gene not in known:
                truth.setdefault(gene, set()).add(term)
    return Split(GeneSetLibrary.from_dict(before, f"GO BP {old}"), truth)


def publications_before(org_db: Path, cut_off: int) -> pd.Series:
    """Count the publications of every gene below a PubMed id, by approved symbol."""
    with closing(sqlite3.connect(f"{org_db.resolve().as_uri()}?mode=ro", uri=True)) as db:
        counts = dict(
            db.execute(
                "SELECT gene_id, COUNT(DISTINCT pubmed_id) FROM pubmed JOIN genes USING (_id)"
                " WHERE CAST(pubmed_id AS INTEGER) < ? GROUP BY gene_id",
                (cut_off,),
            )
        )
    table = load_gene_table()
    return pd.Series(table["entrez"].map(counts).fillna(0).to_numpy(), index=table["symbol"])


def by_model(split: Split, genes: list[str], model: GSFM) -> dict[str, np.ndarray]:
    """Score every term (axis 1) for every gene (axis 0) as `predict_functions` does: no term lists them."""
    table = library_membership(split.library, model)
    columns = table.columns_of(genes)
    terms = np.arange(len(split.library))
    log_odds, credit = table.log_odds(terms, columns), size_credit(table.sizes)[:, None]
    scores = {
        "GSFM, score": log_odds + credit,
        "GSFM, size counts half": log_odds + credit / SIZE_CREDIT / 2,
        "GSFM, probability": table.predicted(terms, columns),
    }
    return {name: np.where(table.sizes > 0, values.T, -np.inf) for name, values in scores.items()}


def by_cooccurrence(split: Split, genes: list[str], corpus: Corpus) -> dict[str, np.ndarray]:
    """Score terms by the co-occurrence of the gene with their genes, in the literature before the cut-off."""
    sets = source_sets(corpus, LITERATURE)
    similarity = cooccurrence(corpus, sets, size_power=SIZE_POWER, pseudocount=PSEUDOCOUNT)
    held = match(split.library.genes, corpus.vocab.tokens).columns
    asked = match(genes, corpus.vocab.tokens).columns
    rows = csr_array(similarity[np.maximum(asked, 0)][:, np.maximum(held, 0)])
    rows = rows.multiply((asked >= 0)[:, None]).multiply((held >= 0)[None]).tocsr()
    summed = (rows @ split.library.incidence.T).toarray()
    return {
        "co-occurrence, summed over the term": summed,
        "co-occurrence, mean over the term": summed / split.library.sizes,
    }


def by_term(split: Split, genes: list[str], publications: pd.Series) -> dict[str, np.ndarray]:
    """Score terms whatever the gene: by how many genes they have, and by how popular these are."""
    popularity = publications.reindex(split.library.genes).fillna(0).to_numpy()
    of_terms = {
        "popularity (publications on the term's genes)": split.library.incidence @ popularity,
        "term frequency": split.library.sizes,
    }
    return {name: np.tile(values, (len(genes), 1)) for name, values in of_terms.items()}


def known_genes(split: Split, model: GSFM) -> list[str]:
    """Return the newly annotated genes that the model knows, sorted."""
    genes = sorted(split.truth)
    inside = match(genes, model.vocab.tokens).columns >= 0
    return [gene for gene, known in zip(genes, inside, strict=True) if known]


def right_terms(split: Split, genes: list[str]) -> np.ndarray:
    """Return whether each gene (axis 0) got each term of the old release (axis 1)."""
    return np.array([[term in split.truth[gene] for term in split.library.terms] for gene in genes])


def is_understudied(genes: list[str], publications: pd.Series) -> np.ndarray:
    """Return which genes have fewer publications than three of four genes that code for a protein."""
    coding = publications[load_gene_table().set_index("symbol")["type"] == "protein-coding"]
    return np.asarray(publications.reindex(genes).fillna(0) < coding.quantile(0.25))


def precision(scores: np.ndarray, truth: np.ndarray) -> dict[int, np.ndarray]:
    """Return for each depth the share of right terms among the first, one value a gene."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, : max(DEPTHS)]
    right = np.take_along_axis(truth, order, axis=1)
    return {depth: right[:, :depth].mean(axis=1) for depth in DEPTHS}


def median_size(scores: np.ndarray, sizes: np.ndarray) -> int:
    """Return the median number of genes of the terms that are ranked first."""
    return int(np.median(sizes[np.argmax(scores, axis=1)]))


def main(
    model: Annotated[str, typer.Option(help="Checkpoint trained on what existed at the cut-off.")],
    data: Annotated[Path, typer.Option(help="Folder with libraries/.")] = Path("../shared/data"),
    org_db: Annotated[Path, typer.Option(help="org.Hs.eg.sqlite")] = Path("org.Hs.eg.sqlite"),
    write: Annotated[bool, typer.Option(help="Write the table under results/.")] = True,
) -> None:
    """Print and write the precision at 1, 5 and 10 beside co-occurrence, popularity and term frequency."""
    network = load_model(model)
    publications = publications_before(org_db, CUT_OFF)
    corpus = build_corpus([], org_db, before=CUT_OFF, seen=2)
    rows: list[dict[str, object]] = []
    for old, new in SPLITS:
        split = make_split(data, old, new)
        genes, n_new = known_genes(split, network), len(split.truth)
        print(f"{old} to {new}: {len(genes)} of {n_new} newly annotated genes are known to the model")
        right = right_terms(split, genes)
        methods = {
            **by_model(split, genes, network),
            **by_cooccurrence(split, genes, corpus),
            **by_term(split, genes, publications),
        }
        understudied = is_understudied(genes, publications)
        sizes = split.library.sizes
        specific = sizes <= LARGEST_SPECIFIC
        everything = np.ones(len(specific), dtype=bool)
        kinds = {"all": everything, f"up to {LARGEST_SPECIFIC} genes": specific}
        for group, members in {"all": ~understudied | understudied, "understudied": understudied}.items():
            for terms, allowed in kinds.items():
                asked = members & right[:, allowed].any(axis=1)
                for method, scores in methods.items():
                    found = precision(scores[asked][:, allowed], right[asked][:, allowed])
                    rows.append(
                        {
                            "split": f"{old} to {new}",
                            "genes": group,
                            "terms": terms,
                            "n": int(asked.sum()),
                            "method": method,
                            **{f"precision at {d}": bootstrap(values) for d, values in found.items()},
                            "size of the first": median_size(scores[asked][:, allowed], sizes[allowed]),
                        }
                    )
    if write:
        write_table(rows, "gene_functions_time")
    else:
        print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    typer.run(main)
