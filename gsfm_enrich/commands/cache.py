"""``gsfm-enrich cache``: what is kept on disk, and how to remove it."""

from __future__ import annotations

from typing import Annotated

import typer

from gsfm_enrich.commands.output import closing, say, show_table

cache = typer.Typer(
    no_args_is_help=True,
    help="Show or remove what is kept on disk.",
    epilog=closing(
        "The folder is the user's cache folder, or the one named by GSFM_ENRICH_CACHE.",
        "Tables and corpora are recomputed when needed; libraries are downloaded again.",
    ),
)

KINDS = ("tables", "corpora", "libraries")
EVERYTHING = "**/*"
"""Include the temporary files that a killed process left behind."""


@cache.command()
def info() -> None:
    """Show how much is kept, and where."""
    import pandas as pd

    from gsfm_enrich.files import cache_base, kept_files

    rows = []
    for kind in KINDS:
        files = kept_files(cache_base() / kind, EVERYTHING)
        size = sum(path.stat().st_size for path in files) / 1e6
        rows.append((kind, len(files), f"{size:.1f}", str(cache_base() / kind)))
    show_table(pd.DataFrame(rows, columns=["kept", "files", "MB", "folder"]))


@cache.command()
def clear(
    *,
    libraries: Annotated[
        bool,
        typer.Option(
            "--libraries", help="Also remove downloaded libraries; getting them back needs the network."
        ),
    ] = False,
) -> None:
    """Remove computed tables, and the gene sets that were read for training."""
    from gsfm_enrich.files import cache_base, kept_files

    for kind in KINDS if libraries else ("tables", "corpora"):
        files = kept_files(cache_base() / kind, EVERYTHING)
        for path in files:
            path.unlink(missing_ok=True)
        say(f"Removed {len(files):,} files of {kind}.")
