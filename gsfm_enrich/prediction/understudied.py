"""Which genes are understudied: few publications, and nothing about their function shown by experiment.

About 2,000 of some 19,000 human genes get most of the research (Stoeger et al., PLoS Biology 2018,
doi:10.1371/journal.pbio.2006643). The rule is that of the class Tdark of the Target Central Resource Database
(Sheils et al., Nucleic Acids Research 2021, doi:10.1093/nar/gkaa993), as far as the bundled gene table goes:
a gene is dark there unless an experiment stands behind one of its most specific annotations in the Gene
Ontology, or two of three hold: a fractional publication count above 5, three GeneRIFs, fifty antibodies.
GeneRIFs and antibodies are not in the table, so here the publications decide alone.

A fractional count divides each publication by the number of genes it names, so that genome-wide screens
and sequencing projects, which name thousands, do not make a gene well studied. The database counts names in
abstracts, the table the publications that NCBI Gene links to a gene; the limit is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gsfm_enrich.arguments import checked
from gsfm_enrich.genes.inputs import GeneList
from gsfm_enrich.genes.resolve import resolve
from gsfm_enrich.genes.table import load_gene_table
from gsfm_enrich.prediction.arguments import single_or_many

if TYPE_CHECKING:
    import pandas as pd

MAX_PUBLICATIONS = 5.0
"""Fractional publication count up to which a gene counts as little studied: the limit of Tdark."""

PLACEHOLDER_NAMES = re.compile(
    r"""
    C(?:\d+|X|Y)orf\d+\w*             # open reading frame of a chromosome
    | (?:KIAA|FLJ|MGC|DKFZP?|LOC|LINC|FAM)\d+\w*   # sequencing projects, loci, families by similarity
    | (?:TMEM|CCDC|LRRC|ANKRD|SMIM|PRR|PRRC|TTC|WDR|ZNF)\d+\w*  # named for a shape seen in the sequence
    | (?:A[CDFJLPQ]|B[CX]|FP|Z|U|[ABC]U)\d{5,8}(?:\.\d+)?       # clone accessions
    | (?:RP\d+|CT[ABCD]|GS\d|KB|LL\w+|XX\w*)-\w+(?:\.\d+)?      # clone names
    | [A-Z]?\d{6,7}[A-Z]\d{2}Rik | Gm\d+                        # their counterparts in the mouse
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Symbols that say where a gene is or what its sequence looks like, not what it does.

The naming committee gives them to genes without functional data (Bruford et al., Nature Genetics 2020,
doi:10.1038/s41588-020-0669-3).
"""


def has_uninformative_name(symbol: str, pattern: re.Pattern[str] = PLACEHOLDER_NAMES) -> bool:
    """Return whether a symbol is a placeholder: a position, a clone, or a feature of the sequence.

    Parameters
    ----------
    symbol
        A gene symbol in any case.
    pattern
        Pattern that a whole placeholder matches.

    Returns
    -------
    bool
        True for names such as ``C1orf112``, ``KIAA1671``, ``LOC100287010``, ``FAM13A`` or ``TMEM106B``.

    Examples
    --------
    >>> has_uninformative_name("C1orf112"), has_uninformative_name("TP53")
    (True, False)
    """
    return pattern.fullmatch(symbol) is not None


@checked
def gene_info(
    genes: GeneList,
    organism: str = "human",
    *,
    max_publications: float = MAX_PUBLICATIONS,
    require_no_experimental_go: bool = True,
    require_uninformative_name: bool = False,
    uninformative_names: re.Pattern[str] = PLACEHOLDER_NAMES,
) -> pd.DataFrame:
    """Return what is known about genes, which of them are understudied, and what that judgement is based on.

    A gene is understudied when it has at most `max_publications` fractional publications and no function in
    the Gene Ontology that was shown by experiment. `gsfm_enrich.prediction.understudied` gives the sources.

    Parameters
    ----------
    organism
        Organism of the genes. Genes of mouse and rat are judged by their human counterpart.
    max_publications
        A gene is little studied up to this many fractional publications.
    require_no_experimental_go
        Also require that no biological process and no molecular function other than protein binding is
        based on an experiment.
    require_uninformative_name
        Also require that the name of the gene is uninformative.
    uninformative_names
        Pattern of uninformative symbols; upper and lower case are equal.

    Returns
    -------
    pandas.DataFrame
        One row per entry of `genes` that is not blank, in their order:

        - ``gene``: as given
        - ``symbol``, ``name``, ``type``: of the human gene, ``""`` for a gene that is not in the table
        - ``publications``: float, as linked to the gene by NCBI Gene; NaN for a gene that is not in the table
        - ``fractional_publications``: float, the same, each divided by the number of genes it names
        - ``experimental_go``: bool, whether a process or function (not protein binding) is based on an
          experiment
        - ``uninformative_name``: bool, whether its symbol is a placeholder such as ``C1orf112``
        - ``understudied``: bool; False for a gene that is not in the table, about which nothing is known
        - ``why``: the reasons in words

    Raises
    ------
    InputError
        If `max_publications` is negative, or the organism has no gene table.

    Examples
    --------
    >>> gene_info(["TP53", "C1orf162"])[["gene", "understudied"]].to_dict("list")
    {'gene': ['TP53', 'C1orf162'], 'understudied': [False, True]}
    >>> print(gene_info("FUOM")["why"].item())
    10 publications, 2 when shared among the genes they name (at most 5), no function from an experiment
    """
    import pandas as pd

    given = pd.Series(single_or_many(genes), name="gene", dtype=object)
    resolution = resolve(given.tolist(), organism).table
    symbol = given.map(dict(zip(resolution["input"], resolution["symbol"], strict=True)))
    facts = load_gene_table("human").set_index("symbol")
    info = facts.reindex(symbol)[["name", "type", "publications", "fractional_publications"]]
    info = info.fillna({"name": "", "type": ""}).reset_index(drop=True)
    info.insert(0, "gene", given)
    info.insert(1, "symbol", symbol.where(symbol.notna(), ""))
    info["experimental_go"] = symbol.isin(facts.index[facts["experimental_go"]])
    info["uninformative_name"] = [
        any(has_uninformative_name(name, uninformative_names) for name in names)
        for names in zip(given, info["symbol"], strict=True)
    ]
    understudied = info["fractional_publications"] <= max_publications  # False for NaN
    if require_no_experimental_go:
        understudied &= ~info["experimental_go"]
    if require_uninformative_name:
        understudied &= info["uninformative_name"]
    info["understudied"] = understudied
    info["why"] = _reasons(info, max_publications)
    return info


def publications_of(symbols: Iterable[str | None]) -> NDArray[np.float64]:
    """Return the number of publications of genes by approved symbol, NaN for others, shape (n_symbols,)."""
    counts = load_gene_table("human").set_index("symbol")["publications"]
    return counts.reindex(list(symbols)).to_numpy(dtype=np.float64)


def _reasons(info: pd.DataFrame, limit: float) -> list[str]:
    """Put the reasons for every gene into words."""
    columns = ("symbol", "publications", "fractional_publications", "experimental_go", "uninformative_name")
    reasons = []
    for symbol, publications, shared, experimental, uninformative in zip(
        *(info[column].tolist() for column in columns), strict=True
    ):
        if not symbol:
            reasons.append("not in the gene table")
            continue
        few = "at most" if shared <= limit else "more than"
        count = f"{shared:.0f}" if shared >= 100 else f"{shared:.2g}"
        signs = [
            f"{publications:.0f} publications, {count} when shared among the genes they name "
            f"({few} {limit:g})",
            f"{'a' if experimental else 'no'} function from an experiment",
        ]
        reasons.append(", ".join([*signs, "a name that says nothing"] if uninformative else signs))
    return reasons
