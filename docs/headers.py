"""Which headers of tables are read as what, out of the lists that the package reads by."""

from __future__ import annotations

from gsfm_enrich.genes import headers

FIGURES = {
    "log2fc": "log2 fold change",
    "fold": "fold change, converted to log2",
    "p_adjusted": "adjusted p-value",
    "p_value": "p-value",
    "score": "statistic",
    "auc": "area under the curve, as a statistic around 0.5",
    "unsigned": "statistic without a sign: read over, as it does not say which genes rise",
}
"""What each figure of `gsfm_enrich.genes.headers.HEADERS` is, in words."""


def table() -> str:
    """Return a table in Markdown: what is read, and under which headers, the preferred ones first.

    Examples
    --------
    >>> table().splitlines()[2].startswith("| gene | `names` `genesymbol` `symbol`")
    True
    """
    groups = sorted(headers.GROUP_WORDS)
    rows = {
        "gene": headers.GENE_HEADERS,
        "gene, as Entrez ids": sorted(headers.ENTREZ_HEADERS),
        **{words: headers.HEADERS[figure] for figure, words in FIGURES.items()},
        "group, if one of its words is": groups,
    }
    lines = [f"| {what} | {' '.join(f'`{name}`' for name in names)} |" for what, names in rows.items()]
    return "\n".join(["| read as | headers |", "|---|---|", *lines])
