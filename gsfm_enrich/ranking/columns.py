"""The columns of result tables: name, type and meaning, each given once.

A new column is one line here, and its values where they are computed: stored tables, the report and the table
in the README follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a result table.

    Attributes
    ----------
    name
        Name in the table.
    type
        Type of its values, as numpy writes it; ``object`` for text.
    meaning
        Its meaning, as a phrase.
    """

    name: str
    type: str
    meaning: str


GSEAPY = (
    Column("Gene_set", "object", "the library"),
    Column("Term", "object", "the term, as the library names it"),
    Column("Overlap", "object", "genes of the list in the term / genes of the term, both in the background"),
    Column("P-value", "float64", "overlap test: probability of this overlap or more for a random list"),
    Column("Adjusted P-value", "float64", "P-value adjusted over the library (Benjamini-Hochberg)"),
    Column("Odds Ratio", "float64", "odds of being in the term: genes of the list over all other genes"),
    Column("Combined Score", "float64", "-ln(P-value) times the odds ratio"),
    Column("Genes", "object", "the genes of the list in the term"),
)
"""gseapy's columns of an offline result, in its order."""

MODEL = (
    Column(
        "Expected Overlap",
        "float64",
        "what the overlap would be if the library were complete: the overlap, plus the probability of "
        "membership of each other gene of the list",
    ),
    Column("GSFM Fold Enrichment", "float64", "expected overlap over its mean for random lists of this size"),
    Column(
        "GSFM P-value",
        "float64",
        "what the overlap test would say if the library were as complete as the model believes",
    ),
    Column("GSFM Adjusted P-value", "float64", "GSFM P-value adjusted over the library (Benjamini-Hochberg)"),
    Column("GSFM Rank", "int64", "rank by GSFM P-value, 1 is the best; terms with one gene come last"),
    Column("Rank Change", "int64", "places gained (positive) or lost compared with the overlap test"),
    Column("Predicted Genes", "object", "genes of the list that the model adds to the term, strongest first"),
    Column("Caution", "object", "why to treat the term with caution; empty if there is no reason to"),
)
"""The model's columns, after gseapy's."""

RANKED = (
    *GSEAPY[:2],
    Column("Size", "int64", "members of the term that were measured"),
    Column("ES", "float64", "weighted mean statistic of the genes of the term, minus that of all genes"),
    Column("NES", "float64", "ES in standard deviations of the same mean for random genes"),
    Column(
        "NOM p-val",
        "float64",
        "probability of such a mean with permuted labels of cells; without cells, for random genes",
    ),
    Column("FDR q-val", "float64", "NOM p-val adjusted over the library (Benjamini-Hochberg)"),
    Column("Lead_genes", "object", "members of the term that carry its score, strongest first"),
    Column(
        "Predicted Lead Genes",
        "object",
        "genes that carry the score and that the model adds to the term, strongest first",
    ),
    Column("Up P-value", "float64", "p-value for the genes that go up"),
    Column("Down P-value", "float64", "p-value for the genes that go down"),
    Column("Absolute P-value", "float64", "p-value for genes that go either way"),
    Column("Rank", "int64", "1 is the best: by NES for markers of cell types, else by the p-value"),
)
"""Columns of the threshold-free test; those with gseapy's names have the same meaning as in its prerank."""

PREDICTION = (
    Column("gene", "object", "the gene, as it was given"),
    Column("gene_set", "object", "the library"),
    Column("term", "object", "the term, as the library names it"),
    Column("score", "float64", "what terms or genes are ranked by"),
    Column("z_score", "float64", "standard deviations above the mean score for random sets of the same size"),
    Column("rank", "int64", "1 is the best"),
    Column("probability", "float64", "that the gene belongs to the term, calibrated on hidden members"),
    Column("known", "bool", "whether the term lists the gene"),
    Column("term_size", "int64", "genes that the term lists"),
    Column("specificity", "float64", "bits of information in belonging to the term"),
    Column("term_auroc", "float64", "how well hidden members of the term are found again; 0.5 is chance"),
    Column("gene_percentile", "float64", "share of the genes outside the term that are placed below it"),
    Column("neighbours", "object", "members of the term that are most similar to the gene"),
    Column("caution", "object", "where popularity alone would do as well"),
    Column("fold_enrichment", "float64", "expected members in the list over those expected by chance"),
    Column("expected_companions", "float64", "members in the list, plus the probabilities of the others"),
    Column("companions", "object", "members of the term in the list, the most similar to the gene first"),
    Column("similar_terms", "object", "terms with much the same genes, merged into this one"),
)
"""Columns of predicted functions."""

BASE_COLUMNS = tuple(column.name for column in GSEAPY)
MODEL_COLUMNS = tuple(column.name for column in MODEL)


def types_of(columns: Iterable[Column]) -> dict[str, str]:
    """Return the type of each column by its name."""
    return {column.name: column.type for column in columns}


def meanings_of(columns: Iterable[Column]) -> dict[str, str]:
    """Return the meaning of each column by its name."""
    return {column.name: column.meaning for column in columns}


def markdown_table(columns: Iterable[Column]) -> str:
    """Return a table of names and meanings in Markdown.

    Examples
    --------
    >>> print(markdown_table([Column("Genes", "object", "the genes of the list in the term")]))
    | column | meaning |
    |---|---|
    | `Genes` | the genes of the list in the term |
    """
    rows = [f"| `{column.name}` | {column.meaning} |" for column in columns]
    return "\n".join(["| column | meaning |", "|---|---|", *rows])
