"""What tells one gene from another, whatever it is called."""

from __future__ import annotations

from collections.abc import Sequence

from gsfm_enrich.genes.lookup import find_genes
from gsfm_enrich.genes.orthology import load_orthology
from gsfm_enrich.genes.table import ORTHOLOGY_ORGANISMS, RESOLVED_ORGANISMS, organism_name


def gene_keys(ids: Sequence[str], organism: str = "human") -> list[int | str]:
    """Return what tells the gene of each identifier: equal for two names of one gene.

    Parameters
    ----------
    ids
        Stripped identifiers.
    organism
        Any name of an organism that gseapy knows. Without a gene table (fly, yeast, fish, worm) only strings
        are compared. Two genes of mouse or rat with one human orthologue are two genes.

    Returns
    -------
    list of int or str
        The row of the human gene table, the symbol of mouse or rat, or the text where nothing is known.

    Examples
    --------
    >>> keys = gene_keys(["TP53", "p53", "ENSG00000141510", "stranger"])
    >>> keys[0] == keys[1] == keys[2], keys[3]
    (True, 'STRANGER')
    """
    name = organism_name(organism)
    if name not in RESOLVED_ORGANISMS:
        return list(ids)
    orthology = load_orthology(name) if name in ORTHOLOGY_ORGANISMS else None
    keys: list[int | str] = []
    for text, (rows, how) in zip(ids, find_genes(ids, name), strict=True):
        own = orthology.symbol(text) if orthology else None
        if own is None and len(rows) == 1 and how != "ambiguous":
            keys.append((orthology and orthology.symbol_of(rows[0])) or rows[0])
        else:
            keys.append(own or text.upper())
    return keys
