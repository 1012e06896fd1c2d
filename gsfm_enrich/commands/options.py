"""Options that several commands share, and the ways in which genes are given."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from gsfm_enrich.errors import InputError

DEFAULT_LIBRARY = "GO_Biological_Process"

Genes = Annotated[
    list[str] | None,
    typer.Argument(help="Symbols, aliases, Ensembl, Entrez or UniProt ids, in any case.", show_default=False),
]
GeneFile = Annotated[
    str | None,
    typer.Option("-i", "--input-list", metavar="FILE", help="Text file with one gene a line; - for stdin."),
]
GeneSets = Annotated[
    str,
    typer.Option(
        "-g",
        "--gene-sets",
        metavar="NAMES",
        help="Libraries with commas between them: bundled (see info), GMT files, or names of Enrichr's.",
    ),
]
Organism = Annotated[
    str, typer.Option("--org", "--organism", metavar="NAME", help="Whose genes and libraries these are.")
]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="NAME",
        help="'default', the folder of a checkpoint, or a name on the Hugging Face hub.",
    ),
]


def genes_of(arguments: Sequence[str] | None, file: str | None) -> list[str]:
    """Collect the genes that a command was given as arguments, in a file or on the standard input.

    Parameters
    ----------
    arguments
        Genes as words of the command line; commas between them are fine.
    file
        Path of a text file with one gene a line, or ``-`` for the standard input.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        When there is no gene, or no such file.
    """
    from gsfm_enrich.genes.inputs import as_gene_list
    from gsfm_enrich.genes.result_tables import columns_of_lines, refuse_table

    genes = [gene for word in arguments or () for gene in as_gene_list(word.split(","))]
    if file == "-":
        lines = sys.stdin.read().splitlines()
        refuse_table(columns_of_lines(lines), "The standard input")
        genes += as_gene_list(lines)
    elif file is not None and os.path.exists(file) and not os.path.isdir(file):  # a pipe, too
        genes += as_gene_list(file)
    elif file is not None and "," in file:
        genes += as_gene_list(file.split(","))
    elif file is not None:
        raise InputError(
            f"{file!r} is not a file; expected a text file with one gene a line, '-' for the standard input, "
            "or genes with commas between them."
        )
    if not genes:
        raise InputError("No gene was given; name some, or a text file with one gene a line (-i FILE).")
    return genes


def check_folder(path: str | os.PathLike[str]) -> None:
    """Refuse a file where a folder is to be made.

    Raises
    ------
    InputError
        When the path is there and no folder.
    """
    if os.path.exists(path) and not os.path.isdir(path):
        raise InputError(f"{os.fspath(path)!r} is a file; expected a folder, or a new name.")
