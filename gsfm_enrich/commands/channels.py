"""``gsfm-enrich build``: train a model of channels, like the bundled one, in minutes."""

from __future__ import annotations

from typing import Annotated

import typer

from gsfm_enrich.commands.options import check_folder
from gsfm_enrich.commands.output import closing, show_table, working
from gsfm_enrich.commands.training import (
    Before,
    Exclude,
    GmtFiles,
    Literature,
    NearDuplicates,
    Out,
    read_corpus,
    write_manifest,
)

CHANNELS_CLOSING = closing(
    "Examples:",
    "  gsfm-enrich build --literature org.Hs.eg.sqlite --gmt sets/ --out runs/default",
    "  gsfm-enrich enrichr -i genes.txt -g GO_Biological_Process --model runs/default",
    "",
    "Exit code: 0 when trained, 2 on bad input.",
)


def train_channels(
    *,
    out: Out,
    gmt: GmtFiles = None,
    literature: Literature = None,
    exclude: Exclude = None,
    before: Before = None,
    near_duplicates: NearDuplicates = 1.0,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same model.")] = 0,
) -> None:
    """Train a model of channels, the architecture of the bundled model.

    Each channel is a closed-form view of which genes go together: experiments, literature, families by name
    and domain, and location on chromosomes (the last two need --literature). The channels are weighted for
    each set. No gradient descent; takes a few minutes.
    """
    check_folder(out)
    corpus = read_corpus(gmt, literature, exclude, before, near_duplicates)
    import pandas as pd

    from gsfm_enrich.model.checkpoint import save_model
    from gsfm_enrich.training.gate import train_channels as train

    with working("Building the channels, twice: their weights are learned from held-out sets"):
        model = train(corpus, literature, seed)
    save_model(model, out)
    write_manifest(corpus, out)
    names = [*model.config.dense, *model.config.tables]
    rows = {"checkpoint": str(out), "sets": str(len(corpus)), "genes": str(len(corpus.vocab) - 2)}
    rows |= {
        f"weight of {name}": " ".join(f"{number:.2f}" for number in numbers)
        for name, numbers in zip(names, model.gate.tolist(), strict=True)
    }
    show_table(pd.DataFrame(rows.items(), columns=["item", "value"]))
