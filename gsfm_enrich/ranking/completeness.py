"""How complete a library is, and what the model may add to it.

The calibration of a membership table hides a fifth of every term, as if a fifth were missing. Libraries with
older releases show what really was missing: of the genes that hidden members make as likely as not, few
became members later. With a completeness c, log odds l become ``logit(1 - c) + l / 2``, and never higher than
they were: of genes as likely as not, a share of 1 - c is expected to be missing. Nothing is added to a
library that is complete.

The form and the numbers below come from 500 terms of each pair of releases and a model of January 2018;
``benchmarks/reliability.py`` reports on other terms, which the GWAS Catalog of 2019 does not have.
"""

from __future__ import annotations

import re

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit, logit

from gsfm_enrich.arrays import Floats32

MEASURED = (
    ("GO", r"go|gobp|gocc|gomf", 0.88),
    ("Reactome", r"reactome", 0.98),
    ("HPO", r"hpo|hp|human_phenotype(?:_ontology)?", 0.82),
    ("GWAS Catalog", r"gwas(?:_catalog)?", 0.79),
)
"""Libraries with releases years apart: what they are, the words in their names, their completeness."""
NEARLY_COMPLETE = 0.95
"""From this value on, the measured completeness is the default. In less complete libraries the benchmarks do
not call for it: on real lists and future releases it changes nothing beyond noise, and results for hidden
members and markers of cell types get worse."""


def measured_completeness(name: str) -> float:
    """Return the completeness of a library by its name, as later releases showed it; 0 if none did.

    Examples
    --------
    >>> measured_completeness("Reactome_Pathways_2024"), measured_completeness("KEGG_2021_Human")
    (0.98, 0.0)
    """
    for _, words, completeness in MEASURED:
        if re.search(rf"(?:^|[^a-z])(?:{words})(?:[^a-z]|$)", name.lower()):
            return completeness
    return 0.0


def default_completeness(name: str) -> float:
    """Return the completeness that is assumed for a library by default.

    Examples
    --------
    >>> default_completeness("Reactome_Pathways_2024"), default_completeness("GO_Biological_Process")
    (0.98, 0.0)
    """
    measured = measured_completeness(name)
    return measured if measured >= NEARLY_COMPLETE else 0.0


def assumed_completeness(name: str, given: float | None) -> float:
    """Return the completeness that was asked for, or the default for the library's name.

    Examples
    --------
    >>> assumed_completeness("Reactome_Pathways_2024", None), assumed_completeness("Reactome", 0.5)
    (0.98, 0.5)
    """
    return default_completeness(name) if given is None else given


def as_missing(probabilities: Floats32, completeness: float) -> Floats32:
    """Return what probabilities are worth in a library of the given completeness.

    Parameters
    ----------
    probabilities
        Probabilities calibrated on members hidden from the model, of any shape.
    completeness
        From 0, where they stay as they are, to 1, where all become 0.

    Examples
    --------
    >>> as_missing(np.array([0.5, 0.1, 0.0]), 0.9).round(3)
    array([0.1  , 0.036, 0.   ], dtype=float32)
    """
    if completeness == 0:
        return probabilities
    log_odds = logit(np.asarray(probabilities, dtype=np.float64))
    with np.errstate(invalid="ignore"):  # a certain member of a complete library
        shrunk = np.nan_to_num(expit(logit(1 - completeness) + log_odds / 2))
    return np.minimum(probabilities, shrunk).astype(np.float32)


def missing_members(probable: csr_array, completeness: float, least: float) -> csr_array:
    """Return a sparse table of what the given probabilities are worth, without those below ``least``."""
    if completeness == 0:
        return probable
    data = as_missing(probable.data, completeness)
    data[data < least] = 0
    table = csr_array((data, probable.indices.copy(), probable.indptr.copy()), shape=probable.shape)
    table.eliminate_zeros()
    return table
