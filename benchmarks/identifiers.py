"""The share of the identifiers in HGNC's complete set that `resolve` maps to the right gene.

Run from the root of the repository::

    python -m benchmarks.identifiers --hgnc hgnc_complete_set.txt.gz

Right means: the gene that HGNC names, by approved symbol or, where the bundled table (September 2022) has
an older one, by Entrez id. Genes that the table lacks altogether are left out and counted.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections import Counter
from pathlib import Path

from gsfm_enrich.genes.resolve import resolve
from gsfm_enrich.genes.table import load_gene_table

COLUMNS = ("symbol", "prev_symbol", "alias_symbol", "ensembl_gene_id", "entrez_id", "uniprot_ids")


def main() -> None:
    """Print how each column of the HGNC table resolves."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hgnc", type=Path, default=Path("../shared/data/ids/hgnc_complete_set.txt.gz"))
    parser.add_argument("--coding", action="store_true", help="only protein-coding genes")
    parser.add_argument("--show", metavar="COLUMN", help="list the wrong answers of one column")
    options = parser.parse_args()
    with gzip.open(options.hgnc, "rt", encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream, delimiter="\t"))
    if options.coding:
        records = [record for record in records if record["locus_group"] == "protein-coding gene"]
    table = load_gene_table()
    ours = dict(zip(table["entrez"], table["symbol"], strict=True))
    known = [record for record in records if record["entrez_id"] in ours]
    print(f"{len(known):,} of HGNC's {len(records):,} genes are in the table\n")
    print(f"{'column':<18}{'ids':>8}{'right':>9}{'wrong':>9}{'ambiguous':>11}{'unknown':>9}")
    for column in COLUMNS:
        truth: dict[str, set[str]] = {}
        for record in known:
            for text in filter(None, record[column].strip('"').split("|")):
                truth.setdefault(text.strip(), set()).add(ours[record["entrez_id"]])
        counts: Counter[str] = Counter()
        found = resolve(list(truth)).table
        for text, symbol, how in found.itertuples(index=False):
            mapped = "right" if symbol in truth[text] else "wrong"
            verdict = how if how in {"ambiguous", "unknown"} else mapped
            counts[verdict] += 1
            if verdict == "wrong" and column == options.show:
                print(f"  {text}: {symbol} ({how}), HGNC {' or '.join(sorted(truth[text]))}")
        shares = [
            f"{counts[verdict] / len(truth):.2%}" for verdict in ("right", "wrong", "ambiguous", "unknown")
        ]
        print(f"{column:<18}{len(truth):>8,}{shares[0]:>9}{shares[1]:>9}{shares[2]:>11}{shares[3]:>9}")


if __name__ == "__main__":
    main()
