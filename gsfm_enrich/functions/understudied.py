"""Which genes are understudied: few publications and nothing about their function shown by experiment.

About 2,000 of some 19,000 human genes get most of the research (Stoeger et al., PLoS Biology 2018,
doi:10.1371/journal.pbio.2006643). The rule follows the "Tdark" class of the Target Central Resource Database
(Oprea et al., Nature Reviews Drug Discovery 2018, doi:10.1038/nrd.2018.14): little literature and no Gene
Ontology annotation from an experiment. Antibody counts and GeneRIFs, its other two signs, are not in the
bundled gene table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gsfm_enrich.errors import InputError
from gsfm_enrich.genes.inputs import as_gene_list
from gsfm_enrich.genes.resolve import resolve
from gsfm_enrich.genes.table import load_gene_table

if TYPE_CHECKING:
    import pandas as pd

MAX_PUBLICATIONS = 20
"""Publications up to which a gene counts as little studied.

Tdark's own limit of 5 is on a text-mining score. The gene table counts every paper NCBI Gene links to a gene,
genome-wide screens and sequencing projects included: the median protein-coding gene has 33 of them, and
hardly any expressed gene has 5 or fewer. At 20, together with the rule on annotations, a fifth of the
protein-coding genes is understudied.
"""

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
"""Symbols that say where a gene lies or what its sequence looks like, not what it does."""


def has_uninformative_name(symbol: str) -> bool:
    """Say whether a symbol is a placeholder: a position, a clone, or a shape seen in the sequence.

    Parameters
    ----------
    symbol
        A gene symbol in any case.

    Returns
    -------
    bool
        True for names such as ``C1orf112``, ``KIAA1671``, ``LOC100287010``, ``FAM13A`` or ``TMEM106B``.

    Examples
    --------
    >>> has_uninformative_name("C1orf112"), has_uninformative_name("TP53")
    (True, False)
    """
    return PLACEHOLDER_NAMES.fullmatch(symbol) is not None


def is_understudied(
    symbols: Iterable[str],
    organism: str = "human",
    *,
    max_publications: int = MAX_PUBLICATIONS,
    require_no_experimental_go: bool = True,
) -> pd.DataFrame:
    """Say which genes are understudied, and show what the judgement rests on.

    Parameters
    ----------
    symbols
        Genes, by any identifier :func:`gsfm_enrich.resolve` knows.
    organism
        Organism of the genes. Genes of mouse and rat are judged by their human counterpart.
    max_publications
        A gene is little studied up to this many publications (see ``MAX_PUBLICATIONS``).
    require_no_experimental_go
        Ask, too, that no annotation in the Gene Ontology rests on an experiment.

    Returns
    -------
    pandas.DataFrame
        One row per entry of `symbols` that is not blank, in their order:

        - ``symbol``: as given
        - ``publications``: float, NaN for a gene that is not in the table
        - ``experimental_go``: bool, whether any annotation rests on an experiment
        - ``uninformative_name``: bool, see :func:`has_uninformative_name`; reported, not part of the rule
        - ``understudied``: bool; False for a gene that is not in the table, about which nothing is known here
        - ``gene``: approved symbol, ``""`` for a gene that is not in the table

    Raises
    ------
    InputError
        If `max_publications` is negative, or the organism has no gene table.

    Examples
    --------
    >>> is_understudied(["TP53", "C1orf162"])[["symbol", "understudied"]].to_dict("list")
    {'symbol': ['TP53', 'C1orf162'], 'understudied': [False, True]}
    """
    import pandas as pd

    if not max_publications >= 0:
        raise InputError(f"max_publications must not be negative, got {max_publications!r}.")
    given = pd.Series(as_gene_list(symbols), name="symbol", dtype=object)
    resolution = resolve(given.tolist(), organism).table
    approved = dict(zip(resolution["input"], resolution["symbol"], strict=True))
    gene = given.map(approved)
    facts = load_gene_table("human").drop_duplicates("symbol").set_index("symbol")
    known = gene.notna() & gene.isin(facts.index)
    publications = gene.where(known).map(facts["publications"]).astype(float)
    experimental = gene.isin(facts.index[facts["experimental_go"]])
    understudied = known & (publications <= max_publications)
    if require_no_experimental_go:
        understudied &= ~experimental
    uninformative = [
        has_uninformative_name(symbol) or (known_gene and has_uninformative_name(name))
        for symbol, name, known_gene in zip(given, gene, known, strict=True)
    ]
    return pd.DataFrame(
        {
            "symbol": given,
            "publications": publications,
            "experimental_go": experimental,
            "uninformative_name": pd.Series(uninformative, index=given.index, dtype=bool),
            "understudied": understudied.astype(bool),
            "gene": gene.where(known, ""),
        }
    )
