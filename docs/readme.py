"""Update what README, benchmark page and model card show: outputs, picture and tables.

    python -m docs.readme

Run it after anything that changes them: the model, the ranking, a benchmark. It edits README.md,
benchmarks/README.md, the card of the default model and examples/images/ in place. Tests fail when it is due.
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from PIL import Image

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "examples" / "images"
RESULTS = ROOT / "benchmarks" / "results"
CARD = ROOT / "gsfm_enrich" / "data" / "default_model" / "README.md"
BENCHMARKS = ROOT / "benchmarks" / "README.md"
COMPLETION_METHODS = (
    "gsfm_enrich",
    "experiments alone",
    "co-occurrence, small papers first",
    "popularity",
)
COMPETITORS = (
    "gsfm_enrich",
    "published architecture",
    "co-occurrence, small papers first",
    "its truncated SVD",
    "popularity",
)
LATER_METHODS = ("gsfm_enrich", "co-occurrence, small papers first", "popularity")
RANKING_METHODS = {"overlap test": "overlap test (gseapy)", "GSFM": "GSFM p-value"}
PROTOCOLS = {"hidden": "three quarters of the term hidden", "nothing hidden": "nothing hidden"}
LIBRARIES = {
    "KEGG_2021_Human": "KEGG 2021",
    "WikiPathway_2023_Human": "WikiPathways 2023",
    "GO_Biological_Process_2023": "GO BP 2023 (partly recall)",
    "GWAS_Catalog_2023": "GWAS Catalog 2023",
    "MGI_Mammalian_Phenotype_Level_4_2021": "mouse phenotypes 2021",
    "ChEA_ChEA3": "ChEA (ChEA3)",
}
FACTORS = {"ChEA_ChEA3": "ChEA", "ENCODE_ChEA3": "ENCODE", "ReMap_ChEA3": "ReMap"}
SIGNATURES = {"TF perturbations": "all factors", "TF perturbations, other factors": "test factors"}
CODE = re.compile(
    r"^(<!-- needs a network -->\n)?```python\n(?!>>>)(.*?)^```\n(\n```text\n(.*?)^```\n)?",
    flags=re.MULTILINE | re.DOTALL,
)
TABLE = re.compile(
    r"(<!-- (gene completion|term ranking|perturbed factors|later genes|all figures|time split) -->\n)"
    r"(.*?)(<!-- end -->)",
    flags=re.DOTALL,
)


def main() -> None:
    """Edit the README, its pictures, the benchmark page and the card."""
    readme = ROOT / "README.md"
    readme.write_text(renew_outputs(renew_tables(readme.read_text("utf-8"))), "utf-8")
    for page in (BENCHMARKS, CARD):
        page.write_text(renew_tables(page.read_text("utf-8")), "utf-8")


def renew_tables(text: str) -> str:
    """Put the figures of the last benchmarks between the marks of their tables."""
    tables: dict[str, Callable[[], str]] = {
        "gene completion": completion_table,
        "term ranking": ranking_table,
        "perturbed factors": factors_table,
        "later genes": later_table,
        "all figures": all_figures,
        "time split": lambda: laid_out(read("time_split")),
    }
    return TABLE.sub(lambda found: found[1] + tables[found[2]]() + found[4], text)


def read(name: str) -> pd.DataFrame:
    """Read what a benchmark wrote, as text."""
    return pd.read_csv(RESULTS / f"{name}.tsv", sep="\t", dtype=str)


def all_figures() -> str:
    """Lay out gene completion: everything on the main libraries, models and counts on the others."""
    figures = read("gene_completion")
    main = figures["library"].isin(LIBRARIES)
    return laid_out(pd.concat([figures[main], figures[~main & figures["method"].isin(COMPETITORS)]]))


def laid_out(table: pd.DataFrame) -> str:
    """Lay out a whole table."""
    lines = [table.columns, ["---"] * table.shape[1], *table.itertuples(index=False)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def completion_table() -> str:
    """Lay out the median AUROC and the mean average precision, a row a library."""
    figures = pd.read_csv(RESULTS / "gene_completion.tsv", sep="\t").set_index(["library", "method"])
    rows = {}
    for library, name in LIBRARIES.items():
        of_methods = [figures.loc[(library, method)] for method in COMPLETION_METHODS]
        rows[name] = [f"{row['median AUROC'].split()[0]} / {row['mean AP'].split()[0]}" for row in of_methods]
    return markdown(COMPLETION_METHODS, rows)


def later_table() -> str:
    """Lay out the same of genes that later releases added, for all genes and for understudied ones."""
    figures = pd.read_csv(RESULTS / "time_split.tsv", sep="\t").set_index(["releases", "genes", "method"])
    rows = {}
    for releases, genes in dict.fromkeys(zip(*map(figures.index.get_level_values, (0, 1)), strict=True)):
        of_methods = [figures.loc[(releases, genes, method)] for method in LATER_METHODS]
        cells = [f"{row['median AUROC'].split()[0]} / {row['mean AP'].split()[0]}" for row in of_methods]
        rows[f"{releases}, {genes} genes"] = cells
    return markdown(LATER_METHODS, rows)


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


def factors_table() -> str:
    """Lay out AUROC and mean reciprocal rank of the lists of a perturbed factor, a row a library."""
    figures = pd.read_csv(RESULTS / "term_ranking.tsv", sep="\t").set_index(["library", "protocol", "method"])
    rows = {}
    for library, name in FACTORS.items():
        for protocol, factors in SIGNATURES.items():
            of_methods = [figures.loc[(library, protocol, method)] for method in RANKING_METHODS.values()]
            cells = [f"{row['AUROC']:.3f} / {row['MRR'].split()[0]}" for row in of_methods]
            rows[f"{name}, {factors}"] = [str(of_methods[0]["queries"]), *cells]
    return markdown(["signatures", *RANKING_METHODS], rows)


def markdown(headings: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    """Lay out a table whose first column is the library."""
    lines = [f"| library | {' | '.join(headings)} |", "|---|" + "---|" * len(headings)]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items())]) + "\n"


def renew_outputs(text: str) -> str:
    """Run the blocks of Python in order, as if pasted one after the other, and put in what they print."""
    namespace: dict[str, object] = {}

    def renewed(found: re.Match[str]) -> str:
        network, code, shown = found[1], found[2], found[3]
        if network:
            return found[0]
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile(code, "README.md", "exec"), namespace)
        for picture in Path().glob("*.png"):
            small = Image.open(picture).convert("RGB").quantize(64)  # a figure has few colours
            small.save(PICTURES / picture.name, optimize=True)
        return found[0] if shown is None else f"```python\n{code}```\n\n```text\n{output.getvalue()}```\n"

    with tempfile.TemporaryDirectory(dir=ROOT) as folder, contextlib.chdir(folder), mpl.rc_context():
        mpl.use("Agg")
        return CODE.sub(renewed, text)


if __name__ == "__main__":
    main()
