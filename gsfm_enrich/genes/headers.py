"""Column headers in the result tables of many tools, read without case and punctuation."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

GENE_HEADERS = (
    "names", "genesymbol", "symbol", "genename", "genenames", "hgncsymbol", "hgnc", "mgisymbol", "mgi",
    "externalgenename", "extgene", "gene", "genes", "geneshortname", "feature", "featurename", "variable",
    "geneid", "ensemblgeneid", "ensembl", "ensgene", "ensemblid", "ensembltranscriptid", "primerid",
    "targetid", "rownames",
)  # fmt: skip
"""Headers under which genes are expected; of several columns of the same genes the first is taken."""

ENTREZ_HEADERS = frozenset(
    {"entrez", "entrezid", "entrezgene", "entrezgeneid", "ncbigeneid", "ncbigene", "ncbi", "geneid"}
)
"""Headers under which integers are Entrez ids."""

HEADERS: dict[str, tuple[str, ...]] = {
    "log2fc": (
        "logfoldchanges", "log2foldchange", "avglog2fc", "log2fc", "logfc", "lfc", "logfoldchange",
        "avglogfc", "log2ratio", "normalizedeffect", "coef", "decoef", "beta", "estimate", "effect",
        "effectsize", "avgdiff", "meandiff", "difference",
    ),
    "p_adjusted": (
        "pvalsadj", "padj", "pvaladj", "adjpval", "adjpvalue", "fdr", "waldfdr", "padjloc", "padjglb",
        "pvalueadj", "pvalueadjusted", "adjustedpvalue", "adjustedpval", "padjusted", "padjust", "adjp",
        "qvalue", "qval", "qvalues", "q", "fdrqvalue", "fdrpvalue", "falsediscoveryrate", "svalue",
    ),
    "p_value": (
        "pvals", "pvalue", "pval", "pvalues", "waldpvalue", "depval", "p", "rawp", "praw", "rawpvalue",
        "nominalpvalue", "prchisq", "prt", "prz", "prf",
    ),
    "score": (
        "scores", "score", "stat", "statistic", "t", "z", "zscore", "tstat", "tstatistic", "tvalue",
        "zvalue", "waldstatistic", "teststatistic", "scored", "testval",
    ),
    "auc": ("myauc", "auc", "auroc"),
    "fold": ("fc", "foldchange", "fold", "avgfoldchange", "foldchanges"),
    "unsigned": (
        "f", "fstat", "fvalue", "lr", "chisq", "teststat", "power", "moransi",
        "moransteststatistic",
    ),
}  # fmt: skip
"""Headers of each figure in scanpy, Seurat, DESeq2, PyDESeq2, edgeR, limma, pertpy, MAST, MAGeCK, memento,
muscat, sleuth, monocle3 and samr; of several the first is taken."""

FIGURES = tuple(HEADERS)

GROUP_WORDS = frozenset({
    "cluster", "clusters", "leiden", "louvain", "group", "groups", "contrast", "contrasts", "comparison",
    "condition", "conditions", "timepoint", "ident", "celltype", "celltypes", "treatment", "tx", "tissue",
    "subset", "lineage", "perturbation", "genotype", "stage", "dose", "drug", "metacluster", "day", "term",
    "component", "coef", "sample", "donor", "stim", "subtype", "region", "time", "hour", "hours", "level",
    "annotation", "population", "compartment", "assay",
})  # fmt: skip
_DESCRIBING_WORDS = frozenset({
    "biotype", "type", "chr", "chrom", "chromosome", "seqname", "seqnames", "strand", "locus", "significant",
    "significance", "sig", "direction", "regulation", "regulated", "change", "changed", "status",
    "description", "title", "family", "species", "organism", "source", "gene", "genes", "protein",
    "transcript", "expressed", "diffexpressed", "de", "deg", "test", "method", "model", "go", "pathway",
    "location", "function", "notes", "comment", "flag", "expression",
})  # fmt: skip
_NO_GROUP_WORDS = frozenset({
    "gene", "genes", "pct", "n", "num", "size", "mean", "avg", "count", "counts", "cells", "expr", "fraction",
    "frac", "score", "p", "pval", "padj", "log", "se", "id_ref", "modelcomponent", "go",
})  # fmt: skip

_LOG_OF_P = re.compile(
    r"^[^a-z0-9]*(?:neg|negative|minus|m|n)?[^a-z0-9]*(log|lg|ln)(?:[^a-z0-9]*(10|2|e(?![a-z])))?"
    r"(?=[^a-z]|p|q|fdr|adj|of)[^a-z0-9]*(?:of[^a-z])?(.+)$"
)
_PATTERNS = (
    (
        "p_adjusted",
        re.compile(
            r"adj[a-z]*[\W_]*p|(?<![a-z])p[a-z]*[\W_]*(?:val[a-z]*[\W_]*)?adj|fdr|(?<![a-z])q[\W_]*val|benjamini"
        ),
    ),
    ("p_value", re.compile(r"(?<![a-z])p[\W_]*val|(?<![a-z0-9])p(?![a-z0-9])|pvalue|pr\(>")),
    ("log2fc", re.compile(r"log.{0,6}(?:fold|fc|ratio)|lfc(?!se)|difference")),
    ("score", re.compile(r"test[\W_]*statistic")),
)


class Figure(NamedTuple):
    """What a column holds according to its header: the figure, its scale, and how certain it is."""

    name: str
    scale: str  # "" as it is, "log10", "log2" or "ln" of p-values, "per cent"
    rank: int  # place among the known headers; after all of them if only a pattern fits


def plain(header: object) -> str:
    """Return a header in lower case, with letters and digits only.

    Examples
    --------
    >>> plain("adj.P.Val"), plain(" P-value ")
    ('adjpval', 'pvalue')
    """
    return re.sub(r"[^a-z0-9]", "", str(header).lower())


@lru_cache(maxsize=4096)
def figure_of(header: str) -> Figure | None:
    """Return the figure that a column holds, according to its header.

    Parameters
    ----------
    header
        The column's name.

    Returns
    -------
    Figure or None
        None if the header is not recognised.

    Examples
    --------
    >>> figure_of("padj")
    Figure(name='p_adjusted', scale='', rank=1)
    >>> figure_of("-log10(P.Value)").scale, figure_of("q-value(%)").scale
    ('log10', 'per cent')
    """
    text = header.strip().lower()
    known = _known(text)
    if known is not None:
        return known
    if logged := _LOG_OF_P.match(text):
        inner = figure_of(logged[3])
        if inner is not None and inner.name in ("p_value", "p_adjusted") and not inner.scale:
            natural = logged[1] == "ln" or logged[2] == "e"
            return Figure(inner.name, "ln" if natural else f"log{logged[2] or 10}", inner.rank)
    if re.search(r"(?<![a-z])se(?![a-z])|std|error|lfcse|rank|pct|mean", text):
        return None
    for name, pattern in _PATTERNS:
        if pattern.search(text):
            return Figure(name, "per cent" if "%" in text else "", len(HEADERS[name]))
    return None


def _known(text: str) -> Figure | None:
    bare = plain(text)
    if text == "b":  # sleuth's; limma's B is the log-odds of a difference
        return None
    for name, headers in HEADERS.items():
        if bare in headers:
            per_cent = "%" in text or text.endswith("...")  # what R's make.names makes of (%)
            scale = "per cent" if per_cent and name.startswith("p_") else ""
            return Figure(name, scale, headers.index(bare))
    return None


def gene_rank(header: str) -> int | None:
    """Return the place of a header among those of columns of genes; None if it is not one of them.

    Examples
    --------
    >>> gene_rank("Gene.symbol"), gene_rank("Description")
    (1, None)
    """
    bare = plain(header)
    if bare in GENE_HEADERS:
        return GENE_HEADERS.index(bare)
    return len(GENE_HEADERS) if bare in ENTREZ_HEADERS else None


def is_group_header(header: str) -> bool:
    """Return whether a column holds clusters, contrasts or other groups, according to its header.

    Examples
    --------
    >>> [is_group_header(name) for name in ("cluster_id", "cell type", "leiden_0.5", "gene_biotype")]
    [True, True, True, False]
    """
    words = _words(header)
    return bool(words & GROUP_WORDS) and not words & _NO_GROUP_WORDS


def describes_genes(header: str) -> bool:
    """Return whether a column of words describes genes or their test, according to its header.

    Examples
    --------
    >>> describes_genes("gene_biotype"), describes_genes("module")
    (True, False)
    """
    return bool(_words(header) & _DESCRIBING_WORDS)


def _words(header: str) -> set[str]:
    """Return the words of a header, and its pairs of words joined."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(header)).lower()
    words = re.findall(r"[a-z]+", spaced)
    return {*words, *(first + second for first, second in pairwise(words))}
