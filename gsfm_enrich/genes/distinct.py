"""Count genes, not their names: two identifiers of the same gene count once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from gsfm_enrich.genes.lookup import find_genes
from gsfm_enrich.genes.orthology import load_orthology
from gsfm_enrich.organisms import ORTHOLOGY_ORGANISMS, RESOLVED_ORGANISMS


def one_name_per_gene(
    ids: Iterable[str], organism: str = "human", *, apart: Collection[str] = ()
) -> list[str]:
    """Return identifiers without further names of the same genes.

    Parameters
    ----------
    ids
        Stripped identifiers.
    organism
        Any name of an organism that gseapy knows. Without a gene table (fly, yeast, fish, worm) only strings
        are compared. Two genes of mouse or rat with the same human orthologue are two genes.
    apart
        Names that always stay, such as those of a library, which may list a gene under two names and then
        counts it as two.

    Returns
    -------
    list of str
        In the order given. Unknown and ambiguous identifiers stay, once each regardless of case.

    Examples
    --------
    >>> one_name_per_gene(["TP53", "p53", "ENSG00000141510", "stranger", "TP53"])
    ['TP53', 'stranger']
    """
    distinct = list(dict.fromkeys(ids))
    if organism not in RESOLVED_ORGANISMS:
        return distinct
    named = list(zip(distinct, gene_keys(distinct, organism), strict=True))
    kept = {text for text in distinct if text in apart}
    taken = {gene for text, gene in named if text in kept}
    for text, gene in named:
        if text not in kept and gene not in taken:
            kept.add(text)
            taken.add(gene)
    return [text for text in distinct if text in kept]


def gene_keys(ids: Sequence[str], organism: str = "human") -> list[int | str]:
    """Return a key of the gene of each identifier: its row in the human table, its own symbol, or the text.

    Examples
    --------
    >>> keys = gene_keys(["TP53", "p53", "stranger"])
    >>> keys[0] == keys[1], keys[2]
    (True, 'STRANGER')
    """
    if organism not in RESOLVED_ORGANISMS:
        return list(ids)
    orthology = load_orthology(organism) if organism in ORTHOLOGY_ORGANISMS else None
    genes: list[int | str] = []
    for text, (rows, how) in zip(ids, find_genes(ids, organism), strict=True):
        own = orthology.symbol(text) if orthology else None
        if own is None and len(rows) == 1 and how != "ambiguous":
            genes.append((orthology and orthology.symbol_of(rows[0])) or rows[0])
        else:
            genes.append(own or text.upper())
    return genes
