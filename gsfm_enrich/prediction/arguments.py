"""Checks of what users give, and what is said of genes that the model does not know."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gsfm_enrich.errors import InputError, named, warn_caller
from gsfm_enrich.genes.inputs import GeneList, as_gene_list
from gsfm_enrich.genes.lookup import spell_as
from gsfm_enrich.genes.resolve import say_reasons
from gsfm_enrich.genes.spelling import misread_species
from gsfm_enrich.genes.table import ORTHOLOGY_ORGANISMS, RESOLVED_ORGANISMS, organism_name

if TYPE_CHECKING:
    import pandas as pd


def distinct_genes(genes: GeneList) -> list[str]:
    """Return genes as a list without repeats; a string that is no file is one gene.

    Raises
    ------
    InputError
        If no gene is given.
    """
    found = list(dict.fromkeys(single_or_many(genes)))
    if not found:
        raise InputError("No gene was given.")
    return found


def single_or_many(genes: GeneList) -> list[str]:
    """Return genes as a list; a string that is no file is one gene."""
    alone = isinstance(genes, str) and not os.path.isfile(genes)
    return as_gene_list([genes] if alone else genes)


def spelled(frame: pd.DataFrame, organism: str) -> pd.DataFrame:
    """Name the genes of a table by the symbols of mouse or rat; of several of one symbol the best stays."""
    if organism_name(organism) not in ORTHOLOGY_ORGANISMS:
        return frame
    frame = frame.assign(gene=spell_as(frame["gene"], organism))
    frame["known"] = frame.groupby("gene")["known"].transform("any")
    best_first = frame.sort_values("score", ascending=False, kind="stable")
    return best_first.drop_duplicates("gene").sort_index()


def check_organism(organism: str, model: object) -> None:
    """Refuse to ask the default model, which is human, about genes that have no known orthologue."""
    name = organism_name(organism)
    if name not in RESOLVED_ORGANISMS and isinstance(model, str) and model == "default":
        raise InputError(
            f"There is no orthology table for {name}, and the default model is human; "
            "pass model= for a model of the organism."
        )


def warn_misread(ids: Sequence[str], organism: str) -> None:
    """Warn of genes that look like those of another species."""
    misread = misread_species(ids, organism)
    if misread:
        warn_caller(misread)


def warn_unknown(unknown: Sequence[str], asked: int, organism: str) -> None:
    """Warn of genes that the model does not know, and say what ambiguous ones may mean."""
    if unknown:
        warn_caller(
            f"The model does not know {len(unknown)} of {asked} genes: {named(unknown)}."
            + say_reasons(unknown, organism)
        )
