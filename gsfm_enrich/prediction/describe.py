"""A gene in words: what is known, what is predicted, why, how sure that is, and what speaks against it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gsfm_enrich.arguments import checked
from gsfm_enrich.genes.match import match
from gsfm_enrich.genes.summaries import gene_summary
from gsfm_enrich.libraries.library import GeneSetLibrary
from gsfm_enrich.libraries.sources import load_libraries
from gsfm_enrich.model.gsfm import GSFM
from gsfm_enrich.prediction.arguments import AskedGenes, ask
from gsfm_enrich.prediction.new_functions import UNKNOWN, new_functions_of
from gsfm_enrich.prediction.predict import FOLD
from gsfm_enrich.prediction.understudied import gene_info

GO = ("GO_Biological_Process", "GO_Molecular_Function", "GO_Cellular_Component")
LIKELY = 0.5
"""Probability from which a prediction is called likely; it is called possible below."""
NAMED = 3


@dataclass(frozen=True, eq=False)
class GeneDescription:
    """A gene in plain sentences; printing it shows the paragraphs.

    Attributes
    ----------
    gene : str
        The gene, as given.
    known : str
        Who it is, its RefSeq summary, and its most specific terms in each library.
    predicted : str
        New functions with their probability and evidence, or why there are none.
    doubts : str
        What speaks against the predictions; empty if there are none.
    functions : DataFrame
        Its rows of `gsfm_enrich.new_functions`, from which the sentences are made.
    """

    gene: str
    known: str
    predicted: str
    doubts: str
    functions: pd.DataFrame

    @property
    def text(self) -> str:
        """The paragraphs, with an empty line between them."""
        return "\n\n".join(filter(None, (self.known, self.predicted, self.doubts)))

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(part)}</p>" for part in self.text.split("\n\n"))


@checked
def describe_gene(
    gene: str,
    gene_sets: Any = GO,
    *,
    top: int = 3,
    organism: str = "human",
    model: str | os.PathLike[str] | GSFM = "default",
) -> GeneDescription:
    """Describe a gene in plain sentences: what is known, what is predicted, why, and how sure that is.

    Every number and name comes from the gene table, the RefSeq summary, the libraries or
    `gsfm_enrich.new_functions`; nothing is added.

    Parameters
    ----------
    gene_sets
        Libraries whose terms are the functions, as `gsfm_enrich.enrichr` takes them.
    top
        Largest number of new functions to describe, the best over all libraries.

    Returns
    -------
    GeneDescription
        Printing it shows the text; ``text``, ``known``, ``predicted`` and ``doubts`` hold it.

    Raises
    ------
    InputError
        If ``gene`` is not one gene, ``top`` is below 1, or the default model, which is human, is asked about
        an organism without an orthology table.

    Examples
    --------
    >>> print(describe_gene("FUOM", "GO_Cellular_Component").known)
    FUOM (fucose mutarotase, protein-coding) is understudied: 10 publications, 2 when shared among the genes
    they name (at most 5), no function from an experiment. RefSeq has no summary of it. It is in none of the
    terms of GO_Cellular_Component.
    """
    asked = ask([gene.strip()], organism, model)
    libraries = load_libraries(gene_sets, asked.organism)
    return describe(asked, libraries, new_functions_of(asked, libraries, top).head(top))


def describe(
    asked: AskedGenes, libraries: Sequence[GeneSetLibrary], functions: pd.DataFrame
) -> GeneDescription:
    """Describe one gene from its rows of `gsfm_enrich.new_functions`.

    Parameters
    ----------
    asked
        The gene, and the model.
    libraries
        Libraries whose terms are the functions.
    functions
        Its rows of `gsfm_enrich.new_functions`.
    """
    gene = asked.ids[0]
    info = gene_info([gene], asked.organism).iloc[0]
    summary = gene_summary(info["symbol"])
    about = f"RefSeq: {summary}" if summary else "RefSeq has no summary of it."
    terms = known_functions(libraries, gene, asked.organism)
    known = " ".join([who(info), *([about] if info["symbol"] else []), terms])
    return GeneDescription(gene, known, predicted(functions), doubts(functions, info), functions)


def who(info: pd.Series) -> str:
    """Say which gene it is and how well studied it is, from its row of `gsfm_enrich.gene_info`."""
    if not info["symbol"]:
        return f"{info['gene']} is not in the gene table."
    other = f", given as {info['gene']}" if info["gene"] != info["symbol"] else ""
    what = f"{info['symbol']} ({info['name']}, {info['type']}{other})"
    return f"{what} is {'understudied' if info['understudied'] else 'not understudied'}: {info['why']}."


def predicted(functions: pd.DataFrame) -> str:
    """Say what the new functions are, how sure they are, and what they rest on.

    Parameters
    ----------
    functions
        Rows of one gene from `gsfm_enrich.new_functions`.
    """
    first = functions.iloc[0]
    if first["out_of_reach"] == UNKNOWN:
        return "The model does not know it and predicts nothing."
    if first["out_of_reach"]:
        return f"What else it does is out of reach: {first['out_of_reach']}."
    return " ".join(_prediction(row, place) for place, row in enumerate(functions.to_dict("records")))


def _prediction(row: dict[Any, Any], place: int) -> str:
    """Say one new function, the first or a further one."""
    p = float(row["probability"])
    start = "The model predicts that it belongs to" if place == 0 else "It may also belong to"
    sure = f"{'likely' if p >= LIKELY else 'possible'}, with a probability of {p:.2g}"
    channels = f"from {and_(row['channels'].split(';'))}" if row["channels"] else "weak in every channel"
    near = row["neighbours"].split(";") if row["neighbours"] else []
    members = f"; {and_(near)} of that term {'is' if len(near) == 1 else 'are'} most similar to it"
    return (
        f"{start} {row['term']}, a term of {row['term_size']:,.0f} genes: this is {sure}. "
        f"The evidence is {channels}{members if near else ''}.{_papers(row['pubmed'])}"
    )


def _papers(pubmed: str) -> str:
    """Say which publications name the gene together with its neighbours, if there are any."""
    return f" They are named together in PubMed {and_(pubmed.split(';'))}." if pubmed else ""


def doubts(functions: pd.DataFrame, info: pd.Series) -> str:
    """Say what speaks against new functions: few publications, low probability, popularity, one channel.

    Parameters
    ----------
    functions
        Rows of one gene from `gsfm_enrich.new_functions`.
    info
        Its row of `gsfm_enrich.gene_info`.
    """
    found = functions[functions["out_of_reach"] == ""]
    if found.empty:
        return ""
    said = []
    unsure = found[found["probability"].astype(float) < LIKELY]
    if len(unsure):
        many = f"{'all' if len(unsure) == len(found) else len(unsure)} of the {len(found)} predictions are"
        said.append(f"{many if len(found) > 1 else 'the prediction is'} more likely wrong than right")
    if info["understudied"]:
        said.append(f"only {info['publications']:.0f} publications name the gene")
    terms: dict[str, list[str]] = {}
    for term, cautions in zip(found["term"], found["caution"], strict=True):
        for caution in filter(None, cautions.split("; ")):
            terms.setdefault(caution, []).append(term)
    said += [f"{caution} ({and_(of)})" for caution, of in terms.items()]
    return f"What speaks against this: {'; '.join(said)}." if said else ""


def known_functions(libraries: Sequence[GeneSetLibrary], gene: str, organism: str) -> str:
    """Say which terms of libraries list the gene, the most specific first."""
    said, without = [], []
    for library in libraries:
        rows = known_terms(library, gene, organism)
        if not len(rows):
            without.append(library.name)
            continue
        named = and_(library.terms[row] for row in distinct_terms(library, rows)[:NAMED])
        many = "one term" if len(rows) == 1 else f"{len(rows):,} terms"
        said.append(f"It is in {many} of {library.name}, most specifically {named}.")
    if without:
        said.append(f"It is in none of the terms of {and_(without)}.")
    return " ".join(said)


def known_terms(library: GeneSetLibrary, gene: str, organism: str) -> NDArray[np.int64]:
    """Return the rows of the terms that list a gene, the smallest term first."""
    column = match([gene], library.genes, organism).columns[0]
    if column < 0:
        return np.zeros(0, np.int64)
    start, stop = library.by_gene.indptr[column : column + 2]
    rows = np.asarray(library.by_gene.indices[start:stop], np.int64)
    return rows[np.argsort(library.sizes[rows], kind="stable")]


def distinct_terms(library: GeneSetLibrary, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Leave out terms that contain all genes of an earlier one, or share half of their genes with it."""
    shared = (library.incidence[rows] @ library.incidence[rows].T).toarray().astype(np.float64)
    sizes = library.sizes[rows]
    repeats = (shared == sizes[None]) | (shared >= FOLD * (sizes[:, None] + sizes - shared))
    kept: list[int] = []
    for place, row in enumerate(repeats):
        if not row[kept].any():
            kept.append(place)
    return rows[kept]


def in_company(shared: pd.DataFrame) -> str:
    """Say what a gene shares with its companions, from its rows of `gsfm_enrich.functions_in_context`."""
    best = shared.iloc[0]
    if not best["companions"]:
        return (
            f"In the list it was found with, {best['term']} ranks first, but contains none of its companions."
        )
    return (
        f"The function it most probably shares with the genes it was found with is {best['term']}: "
        f"{best['expected_companions']:.1f} of them are expected there, "
        f"{best['fold_enrichment']:.1f} times as many as for random genes, "
        f"among them {and_(best['companions'].split(';'))}."
    )


def and_(names: Iterable[str]) -> str:
    """Join names as in a sentence.

    Examples
    --------
    >>> and_(["a"]), and_(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    given = [str(name) for name in names]
    return given[0] if len(given) == 1 else f"{', '.join(given[:-1])} and {given[-1]}"
