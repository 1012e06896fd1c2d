"""Options that several commands share, and reading genes from the command line."""

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
    typer.Option("-i", "--input-list", metavar="FILE", help="Text file with one gene per line; - for stdin."),
]
GeneSets = Annotated[
    str,
    typer.Option(
        "-g",
        "--gene-sets",
        metavar="NAMES",
        help="Libraries separated by commas: bundled ones (see info), GMT files, or Enrichr libraries.",
    ),
]
Gene = Annotated[str, typer.Argument(metavar="GENE", help="Symbol, alias, Ensembl, Entrez or UniProt id.")]
FunctionSets = Annotated[
    str,
    typer.Option(
        "-g",
        "--gene-sets",
        metavar="NAMES",
        help="Libraries of functions, separated by commas (default: the three of GO).",
        show_default=False,
    ),
]
THREE_OF_GO = "GO_Biological_Process,GO_Molecular_Function,GO_Cellular_Component"
Organism = Annotated[
    str, typer.Option("--org", "--organism", metavar="NAME", help="Organism of genes and libraries.")
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
    """Collect the genes given as arguments, in a file or on standard input.

    Parameters
    ----------
    arguments
        Genes as separate words; commas between them are allowed.
    file
        Path of a text file with one gene per line, or ``-`` for standard input.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If there is no gene, or no such file.
    """
    from gsfm_enrich.genes.inputs import as_gene_list
    from gsfm_enrich.genes.result_tables import columns_of_lines, refuse_table

    genes = [gene for word in arguments or () for gene in as_gene_list(word.split(","))]
    if file == "-":
        lines = sys.stdin.read().splitlines()
        refuse_table(columns_of_lines(lines), "Standard input")
        genes += as_gene_list(lines)
    elif file is not None and os.path.exists(file) and not os.path.isdir(file):  # a pipe is accepted as well
        genes += as_gene_list(file)
    elif file is not None and "," in file:
        genes += as_gene_list(file.split(","))
    elif file is not None:
        raise InputError(
            f"{file!r} is not a file; expected a text file with one gene per line, '-' for standard input, "
            "or genes separated by commas."
        )
    if not genes:
        raise InputError("No genes were given; name some, or pass a file with one gene per line (-i FILE).")
    return genes


def check_folder(path: str | os.PathLike[str]) -> None:
    """Reject a file where a folder is to be created.

    Raises
    ------
    InputError
        If the path exists and is not a folder.
    """
    if os.path.exists(path) and not os.path.isdir(path):
        raise InputError(f"{os.fspath(path)!r} is a file; expected a folder, or a new name.")
