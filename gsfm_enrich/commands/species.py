"""``gsfm-enrich orthology``: the table that maps mouse and rat genes to human ones."""

from __future__ import annotations

from typing import Annotated

import typer

from gsfm_enrich.commands.options import Organism
from gsfm_enrich.commands.output import closing, say, working
from gsfm_enrich.errors import InputError

ORTHOLOGY_CLOSING = closing(
    "Examples:",
    "  gsfm-enrich orthology",
    "  gsfm-enrich orthology --update",
    "  gsfm-enrich orthology --org rat --from HOM_AllOrganism.rpt",
    "",
    "Exit code: 0 when done, 2 on bad input or without a network; then the previous table is kept.",
)


def orthology(
    *,
    organism: Organism = "mouse",
    update: Annotated[
        bool, typer.Option("--update", help="Download the current table of Mouse Genome Informatics.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Read your own copy of MGI's HOM_MouseHumanSequence.rpt (for rat, HOM_AllOrganism.rpt), "
            "plain or gzipped, or a web address.",
        ),
    ] = None,
    sha256: Annotated[
        str | None,
        typer.Option("--sha256", metavar="HEX", help="SHA-256 checksum that the table must have."),
    ] = None,
) -> None:
    """Show or replace the table of human orthologues of mouse or rat.

    The first use of --organism mouse or rat downloads it; it is kept with its date and checksum. Without a
    network, genes are mapped by symbol instead.
    """
    if update and source is not None:
        raise InputError("orthology takes either --update or --from.")
    if sha256 is not None and not update and source is None:
        raise InputError("--sha256 needs --update or --from.")
    from gsfm_enrich.genes.orthology import cached_orthology, describe, install_orthology

    if update or source is not None:
        with working("Reading the orthology table"):
            say(install_orthology(organism, source, known_hash=sha256))
    else:
        typer.echo(describe(cached_orthology(organism)))
