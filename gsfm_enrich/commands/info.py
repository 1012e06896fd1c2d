"""``gsfm-enrich info``: what is bundled and what is kept on disk."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gsfm_enrich.commands.output import show_table, working

if TYPE_CHECKING:
    import pandas as pd

MODEL_CARD = "README.md"
"""The card of a checkpoint, in its folder, as on the Hugging Face hub."""

COMPANIONS = ("gseapy", "scanpy", "anndata", "torch")


def info(
    card: Annotated[
        bool, typer.Option("--card", help="Print the model card: training data, figures, limits, licence.")
    ] = False,
) -> None:
    """Show what is bundled, and where downloads are kept."""
    from gsfm_enrich.libraries.bundled import DATA

    folder = DATA / "default_model"
    if card:
        typer.echo((folder / MODEL_CARD).read_text("utf-8"))
    else:
        with working("Counting what is bundled"):
            found = about(folder)
        show_table(found)


def installed_version(package: str) -> str:
    """Return the version of a package, or "not installed"."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def about(model: Path) -> pd.DataFrame:
    """Collect what is bundled, cached and installed.

    Parameters
    ----------
    model
        Folder of the default checkpoint.

    Returns
    -------
    pandas.DataFrame
        Columns topic, item and value, all text.
    """
    import pandas as pd

    rows = [*_versions(), *_libraries(), *_genes(), *_model(model), *_cache()]
    return pd.DataFrame(rows, columns=["topic", "item", "value"])


def _versions() -> Iterator[tuple[str, str, str]]:
    for package in ("gsfm-enrich", *COMPANIONS):
        yield "version", package, installed_version(package)


def _libraries() -> Iterator[tuple[str, str, str]]:
    from gsfm_enrich.libraries.bundled import bundled_libraries, load_bundled

    for name in bundled_libraries():
        library = load_bundled(name)
        sizes = f"{len(library):,} terms, {len(library.genes):,} genes, {library.sizes.sum():,} memberships"
        yield "library", name, sizes


def _genes() -> Iterator[tuple[str, str, str]]:
    from gsfm_enrich.genes.orthology import cached_orthology
    from gsfm_enrich.genes.table import load_gene_table
    from gsfm_enrich.organisms import ORTHOLOGY_ORGANISMS

    table = load_gene_table()
    coding = int((table["type"] == "protein-coding").sum())
    yield "gene table", "human", f"{len(table):,} genes, {coding:,} of them protein-coding"
    for organism in ORTHOLOGY_ORGANISMS:
        orthology = cached_orthology(organism)
        size = f"{len(orthology.genes):,} genes, " if orthology.genes else ""
        yield "orthologues", organism, size + orthology.source


def _model(folder: Path) -> Iterator[tuple[str, str, str]]:
    from gsfm_enrich.model.config import GSFMConfig
    from gsfm_enrich.model.names import PUBLISHED, hub_source

    config = GSFMConfig.from_json((folder / "config.json").read_text("utf-8"))
    megabytes = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    yield "default model", "size", f"{megabytes:.1f} MB, {config.vocab_size - 2:,} genes"
    yield (
        "default model",
        "network",
        f"{config.architecture}, depth {config.depth}, width {config.d_model}: "
        + " - ".join(map(str, (*config.encoder_widths, *config.decoder_widths[1:]))),
    )
    yield "default model", "about", card_summary((folder / MODEL_CARD).read_text("utf-8"))
    for name in PUBLISHED:
        if source := hub_source(name):
            yield "hub model", name, f"commit {source.rpartition('@')[2]}"


def card_summary(text: str) -> str:
    r"""Return the first paragraph of a model card, after metadata and headings, on one line.

    Examples
    --------
    >>> card_summary("---\nlicense: mit\n---\n# A model\n\nTrained on\nsets.\n\nMore.")
    'Trained on sets.'
    """
    body = text.split("\n---\n", 1)[-1] if text.startswith("---\n") else text
    paragraphs = (" ".join(part.split()) for part in body.split("\n\n"))
    return next((part for part in paragraphs if part and not part.startswith("#")), "")


def _cache() -> Iterator[tuple[str, str, str]]:
    from gsfm_enrich.libraries.sources import cache_folder

    human = cache_folder("human")
    yield "cache", "folder", str(human.parent.parent)
    for path in sorted(human.parent.glob("*/*.gmt")):
        yield "cache", path.stem, path.parent.name
