"""The command line ``gsfm-enrich``.

Nothing heavy is imported here, so that help and wrong options are answered at once.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gsfm_enrich.commands.cache import cache
from gsfm_enrich.commands.channels import CHANNELS_CLOSING, train_channels
from gsfm_enrich.commands.enrichment import ENRICHR_CLOSING, enrichr
from gsfm_enrich.commands.evaluation import EVALUATE_CLOSING, evaluate
from gsfm_enrich.commands.help_pages import WordedCommand
from gsfm_enrich.commands.info import info, installed_version
from gsfm_enrich.commands.lists import LIST_CLOSING, list_page
from gsfm_enrich.commands.output import BAD_INPUT, INTERRUPTED, closing, one_line_warnings, say
from gsfm_enrich.commands.prediction import (
    AUGMENT_CLOSING,
    COMPLETE_CLOSING,
    PREDICT_CLOSING,
    augment,
    complete,
    predict,
)
from gsfm_enrich.commands.ranked import RANKED_CLOSING, ranked
from gsfm_enrich.commands.reporting import GENE_CLOSING, REPORT_CLOSING, gene, report
from gsfm_enrich.commands.species import ORTHOLOGY_CLOSING, orthology
from gsfm_enrich.commands.training import TRAIN_CLOSING, train
from gsfm_enrich.commands.words import DESCRIBE_CLOSING, describe
from gsfm_enrich.errors import GsfmEnrichError

PROGRAM = "gsfm-enrich"


class OneSentenceErrors(TyperGroup):
    """A group whose commands answer bad input with one sentence on standard error and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            with one_line_warnings():
                return super().invoke(ctx)
        except GsfmEnrichError as error:
            say(f"{PROGRAM}: {error}")
        except OSError as error:
            if error.filename is None:  # of a pipe or of the network, not of a file that was named
                raise
            say(f"{PROGRAM}: {error.strerror}: {error.filename!r}.")
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        raise typer.Exit(BAD_INPUT)


app = typer.Typer(
    name=PROGRAM,
    cls=OneSentenceErrors,
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=closing(
        "Examples:",
        "  gsfm-enrich enrichr -i genes.txt -g GO_Biological_Process",
        "  gsfm-enrich predict C1orf112",
        "  gsfm-enrich augment TP53 MDM2 CDKN1A",
        "",
        "Help on one command: gsfm-enrich enrichr --help",
    ),
)
command = partial(app.command, cls=WordedCommand)
command(epilog=ENRICHR_CLOSING)(enrichr)
command(epilog=RANKED_CLOSING)(ranked)
command(epilog=REPORT_CLOSING)(report)
command(epilog=GENE_CLOSING)(gene)
command(epilog=DESCRIBE_CLOSING)(describe)
command(epilog=PREDICT_CLOSING)(predict)
command(epilog=COMPLETE_CLOSING)(complete)
command(epilog=AUGMENT_CLOSING)(augment)
command("list", epilog=LIST_CLOSING)(list_page)
command(epilog=TRAIN_CLOSING)(train)
command("build", epilog=CHANNELS_CLOSING)(train_channels)
command(epilog=EVALUATE_CLOSING)(evaluate)
command(epilog=ORTHOLOGY_CLOSING)(orthology)
command()(info)
app.add_typer(cache, name="cache")


def show_version(wanted: bool) -> None:
    """Print the version and exit."""
    if wanted:
        typer.echo(f"{PROGRAM} {installed_version(PROGRAM)}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Gene set enrichment that knows what the libraries miss.

    A gene set foundation model completes every term of a library: enriched terms are re-ranked by the overlap
    that a complete library would show, functions are predicted for genes that no term lists, and gene lists
    are extended by the genes they lack. Your genes never leave this machine. Libraries and checkpoints are
    downloaded once, by name, and so are the orthologues of mouse and rat.
    """
