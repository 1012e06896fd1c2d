"""Renew what the README shows: the output of its code, its picture, and its figures.

    python -m benchmarks.readme

To be run after anything that changes them: the model, the ranking, a benchmark. It edits README.md and
examples/images/ in place; the tests tell when it has to be run.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import pandas as pd

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "examples" / "images"
RESULTS = ROOT / "benchmarks" / "results"
COMPLETION_METHODS = (
    "gsfm_enrich",
    "autoencoder alone",
    "co-occurrence, small papers first",
    "popularity",
)
RANKING_METHODS = {"overlap test": "overlap test (gseapy)", "GSFM": "GSFM p-value"}
PROTOCOLS = {"hidden": "three quarters of the term hidden", "nothing hidden": "nothing hidden"}
LIBRARIES = {
    "KEGG_2021_Human": "KEGG 2021",
    "WikiPathway_2023_Human": "WikiPathways 2023",
    "GO_Biological_Process_2023": "GO BP 2023 (partly recall, see Limits)",
    "GWAS_Catalog_2023": "GWAS Catalog 2023",
    "MGI_Mammalian_Phenotype_Level_4_2021": "mouse phenotypes 2021",
    "ChEA_ChEA3": "ChEA (ChEA3)",
}
CODE = re.compile(r"^```python\n(?!>>>)(.*?)^```\n(\n```text\n(.*?)^```\n)?", flags=re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"(<!-- (gene completion|term ranking) -->\n)(.*?)(<!-- end -->)", flags=re.DOTALL)


def main() -> None:
    """Edit the README and its pictures."""
    readme = ROOT / "README.md"
    tables = {"gene completion": completion_table(), "term ranking": ranking_table()}
    text = TABLE.sub(lambda found: found[1] + tables[found[2]] + found[4], readme.read_text("utf-8"))
    readme.write_text(renew_outputs(text), "utf-8")


def completion_table() -> str:
    """Lay out the median AUROC and the mean average precision, a row a library."""
    figures = pd.read_csv(RESULTS / "gene_completion.tsv", sep="\t").set_index(["library", "method"])
    rows = {}
    for library, name in LIBRARIES.items():
        of_methods = [figures.loc[(library, method)] for method in COMPLETION_METHODS]
        rows[name] = [f"{row['median AUROC'].split()[0]} / {row['mean AP'].split()[0]}" for row in of_methods]
    return markdown(COMPLETION_METHODS, rows)


def ranking_table() -> str:
    """Lay out the mean reciprocal rank of the right term, a row a library."""
    figures = pd.read_csv(RESULTS / "term_ranking.tsv", sep="\t").set_index(["library", "protocol", "method"])
    headings = [f"{protocol}: {method}" for protocol in PROTOCOLS for method in RANKING_METHODS]
    rows = {}
    for library, name in LIBRARIES.items():
        if library in figures.index:
            keys = [
                (library, protocol, method)
                for protocol in PROTOCOLS.values()
                for method in RANKING_METHODS.values()
            ]
            rows[name] = [figures.loc[key, "MRR"].split()[0] for key in keys]
    return markdown(headings, rows)


def markdown(headings: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    """Lay out a table whose first column is the library."""
    lines = [f"| library | {' | '.join(headings)} |", "|---|" + "---|" * len(headings)]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items())]) + "\n"


def renew_outputs(text: str) -> str:
    """Run the blocks of Python with an output or a picture, in order, and put in what they print."""
    namespace: dict[str, object] = {}

    def renewed(found: re.Match[str]) -> str:
        code, shown = found[1], found[2]
        if shown is None and "save=" not in code:
            return found[0]
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile(code, "README.md", "exec"), namespace)
        for picture in Path().glob("*.png"):
            os.replace(picture, PICTURES / picture.name)
        return found[0] if shown is None else f"```python\n{code}```\n\n```text\n{output.getvalue()}```\n"

    with tempfile.TemporaryDirectory(dir=ROOT) as folder, contextlib.chdir(folder), mpl.rc_context():
        mpl.use("Agg")
        return CODE.sub(renewed, text)


if __name__ == "__main__":
    main()
