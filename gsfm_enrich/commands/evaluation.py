"""``gsfm-enrich evaluate``: whether a model knows which genes belong together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gsfm_enrich.commands.options import check_folder
from gsfm_enrich.commands.output import closing, say, show_table, working
from gsfm_enrich.commands.training import (
    Before,
    Exclude,
    GmtFiles,
    Literature,
    NearDuplicates,
    gmt_files,
    read_corpus,
)
from gsfm_enrich.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from gsfm_enrich.evaluation.scorers import Scorer

RECORDED = re.compile(r"<!-- all figures -->\n(.*?)<!-- end -->", flags=re.DOTALL)
SHOWN = {
    "library": "library",
    "method": "method",
    "terms": "terms",
    "median AUROC": "median AUROC",
    "mean AP": "mean AP",
    "recall at 50": "recall at 50",
    "matched median AUROC": "against genes as popular",
}

EVALUATE_CLOSING = closing(
    "Examples:",
    "  gsfm-enrich evaluate --default",
    "  gsfm-enrich evaluate --default --library libraries/ --max-terms 200 --splits 2",
    "  gsfm-enrich evaluate runs/mine --library KEGG.gmt --literature org.Hs.eg.sqlite --gmt sets/",
    "  gsfm-enrich evaluate runs/of_2018 --library GO_2018.gmt --later GO_2023.gmt",
    "",
    "A library that a model was trained on says nothing about it.",
    "",
    "Exit code: 0 when measured, 2 on bad input.",
)


def evaluate(
    *,
    model: Annotated[
        str | None,
        typer.Argument(help="Folder of a checkpoint, or a name on the Hugging Face hub.", show_default=False),
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="Evaluate the bundled model.")] = False,
    library: Annotated[
        list[Path] | None,
        typer.Option("--library", metavar="PATH", help="GMT file or folder of GMT files; repeatable."),
    ] = None,
    later: Annotated[
        list[Path] | None,
        typer.Option(
            "--later",
            metavar="PATH",
            help="Newer release of each --library, in the same order; the genes it adds are to be found.",
        ),
    ] = None,
    compare: Annotated[
        list[Path] | None,
        typer.Option("--compare", metavar="DIR", help="Folder of another checkpoint; repeatable."),
    ] = None,
    gmt: GmtFiles = None,
    literature: Literature = None,
    exclude: Exclude = None,
    before: Before = None,
    near_duplicates: NearDuplicates = 1.0,
    splits: Annotated[int, typer.Option("--splits", min=1, help="Random halves per term.")] = 5,
    max_terms: Annotated[
        int | None, typer.Option("--max-terms", min=1, help="Terms per library, drawn at random.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Random seed for terms, halves and intervals.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Folder for libraries.tsv, terms.tsv and terms.png."),
    ] = None,
) -> None:
    """Measure how a model completes gene sets.

    Half of each term is given; where does the model rank the other half? Reports AUROC, average precision and
    recall with bootstrap intervals, also against genes that are as popular as the hidden ones. With --gmt and
    --literature, baselines that count in these sets answer the same questions: popularity, co-occurrence, and
    its truncated SVD. --default alone shows the figures of the model card.
    """
    if default == (model is not None):
        raise InputError("evaluate takes either a checkpoint or --default.")
    if out is not None:
        check_folder(out)
    if library is None:
        if not default:
            raise InputError("There is nothing to evaluate on; pass gene sets with --library.")
        recorded = recorded_figures()
        say("As recorded in the model card; use --library to measure them.")
        show_table(recorded)
        return
    files, newer = gmt_files(library), gmt_files(later or [])
    if later is not None and len(files) != len(newer):
        raise InputError(
            f"--later pairs each library with a newer release: {len(files)} and {len(newer)} were given."
        )
    with working("Loading the models"):
        scorers = model_scorers("default" if model is None else model, compare or [])
    if gmt or literature:
        from gsfm_enrich.evaluation.scorers import counting_scorers

        scorers |= counting_scorers(read_corpus(gmt, literature, exclude, before, near_duplicates))
    import pandas as pd

    from gsfm_enrich.evaluation.evaluate import compare_halves, compare_later
    from gsfm_enrich.libraries.library import GeneSetLibrary

    read = [GeneSetLibrary.from_gmt(path, name=path.name.split(".gmt")[0]) for path in [*files, *newer]]
    found = []
    for number, old in enumerate(read[: len(files)]):
        with working(f"Completing the terms of {old.name}"):
            if newer:
                new = read[len(files) + number]
                found.append(compare_later(old, new, scorers, max_terms=max_terms, seed=seed))
            else:
                found.append(compare_halves(old, scorers, splits=splits, max_terms=max_terms, seed=seed))
    summary = pd.concat([summary for summary, _ in found], ignore_index=True)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        summary.to_csv(out / "libraries.tsv", sep="\t", index=False)
        terms = pd.concat([terms for _, terms in found])
        terms.to_csv(out / "terms.tsv", sep="\t", index=False, float_format="%.6f")
        from gsfm_enrich.pl.completion import completion

        completion(terms, save=out / "terms.png")
    show_table(summary, columns=SHOWN)


def recorded_figures() -> pd.DataFrame:
    """Return the figures from the card of the bundled model."""
    import pandas as pd

    from gsfm_enrich.commands.info import MODEL_CARD
    from gsfm_enrich.libraries.bundled import DATA  # the folder as the model knows it would import torch

    found = RECORDED.search((DATA / "default_model" / MODEL_CARD).read_text("utf-8"))
    if found is None:
        raise InputError("The model card has no table of figures.")
    heading, _, *rows = (
        [cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()
    )
    return pd.DataFrame(rows, columns=heading)


def model_scorers(model: str, others: list[Path]) -> dict[str, Scorer]:
    """Load checkpoints, keyed by their names."""
    from gsfm_enrich.evaluation.scorers import model_scorer
    from gsfm_enrich.model.checkpoint import load_model

    return {name: model_scorer(load_model(name)) for name in [model, *map(str, others)]}
