"""Checks of user input, and warnings about genes that the model does not know."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gsfm_enrich.errors import InputError, named, warn_caller
from gsfm_enrich.genes.distinct import one_name_per_gene
from gsfm_enrich.genes.inputs import GeneList, as_gene_list
from gsfm_enrich.genes.lookup import spell_as
from gsfm_enrich.genes.match import match
from gsfm_enrich.genes.resolve import say_reasons
from gsfm_enrich.genes.spelling import misread_species
from gsfm_enrich.model.vocab import N_SPECIAL
from gsfm_enrich.organisms import ORTHOLOGY_ORGANISMS
from gsfm_enrich.ranking.enrichment import lacks_model

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gsfm_enrich.model.gsfm import GSFM


@dataclass(frozen=True, eq=False)
class AskedGenes:
    """The genes that a model is asked about.

    Attributes
    ----------
    ids : list of str
        Distinct identifiers, as given.
    organism : str
        Its name in lower case, see `gsfm_enrich.organisms.organism_name`.
    model : GSFM
        The loaded model.
    """

    ids: list[str]
    organism: str
    model: GSFM

    @cached_property
    def units(self) -> NDArray[np.int64]:
        """Unit of each gene in the model's vocabulary; below ``N_SPECIAL`` for an unknown gene."""
        return match(self.ids, self.model.vocab.tokens, self.organism).columns

    @property
    def known(self) -> NDArray[np.int64]:
        """Positions of the genes that the model knows."""
        return np.flatnonzero(self.units >= N_SPECIAL)

    def unknown(self, found: Collection[str] | None = None) -> str:
        """Return which genes the model does not know and what ambiguous ones may mean; empty if it knows all.

        Parameters
        ----------
        found
            The known genes, if they do not follow from the vocabulary.
        """
        some = {self.ids[i] for i in self.known} if found is None else set(found)
        known = [gene for gene in self.ids if gene in some]
        others = [gene for gene in self.ids if gene not in some]
        # a second name of a gene that the model knows is known
        unknown = one_name_per_gene([*known, *others], self.organism, apart=known)[len(known) :]
        if not unknown:
            return ""
        return (
            f"The model does not know {len(unknown)} of {len(self.ids)} genes: {named(unknown)}."
            + say_reasons(unknown, self.organism)
        )

    def warn_unknown(self, found: Collection[str] | None = None) -> None:
        """Warn of the genes that `unknown` reports."""
        lost = self.unknown(found)
        if lost:
            warn_caller(lost)


def ask(
    genes: GeneList, organism: str, model: str | os.PathLike[str] | GSFM, beside: Sequence[str] = ()
) -> AskedGenes:
    """Read genes and load the model; warn about genes of another species.

    Parameters
    ----------
    genes, organism, model
        As in public functions.
    beside
        Genes that are given along with ``genes``; one warning covers both.

    Raises
    ------
    InputError
        If no gene is given, or the default model, which is human, is asked about an organism without an
        orthology table.
    """
    ids = distinct_genes(genes)
    network = model_of(organism, model)
    warn_misread([*ids, *beside], organism)
    return AskedGenes(ids, organism, network)


def distinct_genes(genes: GeneList) -> list[str]:
    """Return genes as a list without repeats; a string that is not a file is one gene.

    Raises
    ------
    InputError
        If no gene is given.
    """
    found = list(dict.fromkeys(single_or_many(genes)))
    if not found:
        raise InputError("No genes were given; pass at least one.")
    return found


def single_or_many(genes: GeneList) -> list[str]:
    """Return genes as a list; a string that is not a file is one gene."""
    alone = isinstance(genes, str) and not os.path.isfile(genes)
    return as_gene_list([genes] if alone else genes)


def spelled(frame: pd.DataFrame, organism: str) -> pd.DataFrame:
    """Rename the genes of a table to mouse or rat symbols; if several share one symbol, the best is kept."""
    if organism not in ORTHOLOGY_ORGANISMS:
        return frame
    frame = frame.assign(gene=spell_as(frame["gene"], organism))
    frame["known"] = frame.groupby("gene")["known"].transform("any")
    best_first = frame.sort_values("score", ascending=False, kind="stable")
    return best_first.drop_duplicates("gene").sort_index()


def model_of(organism: str, model: str | os.PathLike[str] | GSFM) -> GSFM:
    """Load a model; the default one, which is human, only for genes whose orthologues are known."""
    from gsfm_enrich.model.checkpoint import load_model

    if lacks_model(organism, model):
        raise InputError(
            f"There is no orthology table for {organism}, and the default model is human; "
            "pass model= for a model of the organism."
        )
    return load_model(model)


def warn_misread(ids: Sequence[str], organism: str) -> None:
    """Warn of genes that look like those of another species."""
    misread = misread_species(ids, organism)
    if misread:
        warn_caller(misread)
