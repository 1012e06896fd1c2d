"""Read gene set files in the GMT format, count oddities, and explain errors.

A GMT file has one set per line: ``TERM<TAB>DESCRIPTION<TAB>GENE<TAB>GENE...``. The reader accepts plain and
gzipped files (recognised by their first bytes), a byte order mark, any line ends, and weights after
commas (``GENE,1.5``), as Enrichr and Harmonizome write them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from pathlib import Path

from gsfm_enrich.errors import InputError, LibraryError, did_you_mean
from gsfm_enrich.files import read_lines
from gsfm_enrich.genes.lookup import find_genes

_NO_TEXT = frozenset({"", "na", "n/a", "null", "none", "-", ">"})  # in place of descriptions
_NEARLY_ALL = 0.9
HEAD = 1000
"""Number of lines from which the kind of a large file is determined."""
_SHOWN = 60  # characters of an offending line that an error message shows


@dataclass(frozen=True)
class ParsedGmt:
    """Contents of a GMT file.

    Attributes
    ----------
    sets
        Genes of each term, in the order of the file, weights removed; may hold repeats and empty lists.
    counts
        Counts of the oddities that occurred: ``"malformed lines"``, ``"duplicate terms"``, ``"weights"``,
        ``"descriptions read as genes"`` and ``"columns of a GMX file"``.
    """

    sets: dict[str, list[str]]
    counts: dict[str, int] = field(default_factory=dict)


def read_gmt(path: str | os.PathLike[str]) -> ParsedGmt:
    r"""Read a GMT file, plain or gzipped.

    Two kinds of files that are not quite GMT are recognised and read as such: GMX files (by their ending or
    by a second line of empty descriptions), whose sets are in columns; and files without the column of
    descriptions, whose second fields are genes.

    If a term occurs more than once, its last line is kept, as in gseapy. A number after a gene and a comma is
    removed. Lines with a single field are malformed: they are skipped and counted.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    ParsedGmt
        The sets and the counts of what was skipped or changed.

    Raises
    ------
    InputError
        If there is no such file.
    LibraryError
        If the file is not a GMT; the message gives the line and the reason.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "two.gmt"
    ...     _ = path.write_text("apoptosis\t\tTP53\tBAX,0.7\nnonsense\n")
    ...     parsed = read_gmt(path)
    >>> parsed.sets, parsed.counts
    ({'apoptosis': ['TP53', 'BAX']}, {'malformed lines': 1, 'weights': 1})
    """
    path = Path(path)
    require_file(path)
    return parse_gmt("\n".join(_read_lines(path)), str(path))


def iter_gmt(path: str | os.PathLike[str], counts: Counter[str]) -> Iterator[tuple[str, list[str]]]:
    r"""Yield the sets of a GMT file one by one; the file may be larger than memory.

    A file that is not quite GMT is read as in `read_gmt`; whether the column of descriptions is missing is
    determined from its first lines.

    Parameters
    ----------
    path
        The file, plain or gzipped.
    counts
        Increased in place by ``"malformed lines"``, ``"weights"`` and ``"descriptions read as genes"``, as in
        `ParsedGmt.counts`.

    Yields
    ------
    term, genes
        In the order of the file; a term that occurs twice is yielded twice.

    Raises
    ------
    InputError, LibraryError
        As in `read_gmt`. Whether more than half of the lines are malformed is only known at the end.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "one.gmt"
    ...     _ = path.write_text("apoptosis\t\tTP53\tBAX,0.7\n")
    ...     list(iter_gmt(path, Counter()))
    [('apoptosis', ['TP53', 'BAX'])]
    """
    path = Path(path)
    require_file(path)
    head = list(islice(_read_lines(path), HEAD))
    if _names_gmx(str(path)) or _is_gmx(head):
        parsed = read_gmt(path)
        counts.update(parsed.counts)
        yield from parsed.sets.items()
        return
    try:
        are_genes = _describe_genes(list(_scan(head, str(path), Counter())))
    except LibraryError:  # the whole file decides
        are_genes = False
    for term, description, genes in _scan(_read_lines(path), str(path), counts):
        counts["descriptions read as genes"] += are_genes
        yield term, [description, *genes] if are_genes else genes


def parse_gmt(text: str, source: str) -> ParsedGmt:
    r"""Parse the text of a GMT file.

    Parameters
    ----------
    text
        The whole file.
    source
        Its name in error messages.

    Returns
    -------
    ParsedGmt
        The sets and the counts of what was skipped or changed.

    Raises
    ------
    LibraryError
        If it has no set, or more than half of the lines are malformed.

    Examples
    --------
    >>> parse_gmt("a\tfirst\tTP53\na\tsecond\tBAX\n", "example").sets
    {'a': ['BAX']}
    """
    counts = Counter[str]()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if _names_gmx(source) or _is_gmx(lines):
        lines = _turn(lines)
        counts["columns of a GMX file"] = len(lines)
    return _collect(list(_scan(lines, source, counts)), counts)


def _names_gmx(source: str) -> bool:
    return source.lower().removesuffix(".gz").endswith(".gmx")


def _is_gmx(lines: Sequence[str]) -> bool:
    """Return whether sets are in columns: the second line has only placeholders."""
    head, second = ([field.strip() for field in line.split("\t")] for line in [*lines[:2], "", ""][:2])
    return len(head) > 1 and len(head) == len(second) and all(field.lower() in _NO_TEXT for field in second)


def _turn(lines: Sequence[str]) -> list[str]:
    """Turn columns into lines, without the blank ends of short columns."""
    rows = [line.split("\t") for line in lines if line.strip()]
    columns = zip_longest(*rows, fillvalue="")
    return ["\t".join(column).rstrip("\t ") for column in columns if any(map(str.strip, column))]


def _collect(read: Sequence[tuple[str, str, list[str]]], counts: Counter[str]) -> ParsedGmt:
    """Collect sets by term, the last of equal terms; descriptions that are genes become members."""
    are_genes = _describe_genes(read)
    sets: dict[str, list[str]] = {}
    for term, description, genes in read:
        counts["duplicate terms"] += term in sets
        counts["descriptions read as genes"] += are_genes
        sets[term] = [description, *genes] if are_genes else genes
    order = (
        "malformed lines", "duplicate terms", "weights", "descriptions read as genes",
        "columns of a GMX file",
    )  # fmt: skip
    return ParsedGmt(sets, {what: counts[what] for what in order if counts[what]})


def _describe_genes(read: Sequence[tuple[str, str, list[str]]]) -> bool:
    """Return whether the second fields are genes because there are no descriptions.

    Nearly all of them are known genes, or members of other sets, and the term is not named after them.
    """
    second = [description.strip() for _, description, _ in read]
    if not second or any(text.lower() in _NO_TEXT for text in second):
        return False
    members = {gene for _, _, genes in read for gene in genes}
    known = {
        text
        for text, (rows, how) in zip(second, find_genes(second), strict=True)
        if rows and how != "ambiguous"
    }
    genes = [
        (text in known or text in members)
        and text.lower() not in term.lower()
        and text != str(len(listed))
        and (not text.isdecimal() or all(gene.isdecimal() for gene in listed))
        for text, (term, _, listed) in zip(second, read, strict=True)
    ]
    return sum(genes) >= _NEARLY_ALL * len(genes)


def _scan(lines: Iterable[str], source: str, counts: Counter[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Read lines as term, description and genes; ``counts`` may already hold counts of other files."""
    first_bad: tuple[int, str] | None = None
    bad = lines_read = two_fields = 0
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        lines_read += 1
        term, *rest = raw.rstrip("\t ").split("\t")
        if not term.strip() or "\t" not in raw:
            bad += 1
            first_bad = first_bad or (number, raw)
            continue
        two_fields += len(rest) == 1
        genes, weights = _split_weights(rest[1:])
        counts["weights"] += weights
        yield term, rest[0] if rest else "", genes
    counts["malformed lines"] += bad
    if lines_read == 0:
        raise LibraryError(f"{source!r} is not a GMT file: it is empty.")
    if first_bad and 2 * bad > lines_read:
        raise LibraryError(_not_gmt(source, *first_bad))
    if two_fields == lines_read - bad and lines_read > bad + 1:
        raise LibraryError(
            f"{source!r} is not a GMT file: every line has two fields, none has genes after a term and a "
            "description. A table of terms and genes can be read with GeneSetLibrary.from_frame."
        )


def format_gmt(sets: Mapping[str, Iterable[str]]) -> str:
    r"""Write gene sets as the text of a GMT file.

    Parameters
    ----------
    sets
        Genes of each term.

    Returns
    -------
    str
        One line per term, with an empty description.

    Raises
    ------
    LibraryError
        If a term or gene holds a tab or a line break, which the format cannot express.

    Examples
    --------
    >>> format_gmt({"apoptosis": ["TP53", "BAX"]})
    'apoptosis\t\tTP53\tBAX\n'
    """
    lines = []
    for term, genes in sets.items():
        fields = [term, "", *genes]
        for field_text in fields:
            if any(mark in field_text for mark in "\t\n\r"):
                raise LibraryError(f"{field_text!r} holds a tab or a line break: a GMT file cannot hold it.")
        lines.append("\t".join(fields) + "\n")
    return "".join(lines)


def _not_gmt(source: str, number: int, line: str) -> str:
    """Return a message on which line shows that a file is not a GMT, and why."""
    shown = line if len(line) <= _SHOWN else line[:_SHOWN] + "..."
    why = "has no tab" if "\t" not in line else "does not start with a term"
    return (
        f"{source!r} is not a GMT file: line {number} {why} ({shown!r}); "
        "expected a term, a description and genes, separated by tabs."
    )


def _split_weights(fields: list[str]) -> tuple[list[str], int]:
    """Strip genes and remove the numbers after their commas; also count those."""
    genes: list[str] = []
    weights = 0
    for gene in map(str.strip, fields):
        if not gene:
            continue
        symbol, comma, weight = gene.partition(",")
        if comma and _is_number(weight):
            weights += 1
            genes.append(symbol.strip())
        else:  # a comma may also belong to the name, as in "2,4-D"
            genes.append(gene)
    return genes, weights


def _is_number(text: str) -> bool:
    """Return whether a string reads as a number; an empty one (``GENE,``) is an omitted weight."""
    if not text.strip():
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def require_file(path: Path) -> None:
    """Raise an error if there is no file at a path.

    Raises
    ------
    InputError
        With similar names in the same folder.
    """
    if path.is_dir():
        raise InputError(f"{str(path)!r} is a folder; expected a GMT file.")
    if not path.exists():
        folder = path.parent
        nearby = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        raise InputError(f"There is no file {str(path)!r}.{did_you_mean(path.name, nearby)}")


def _read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a plain or gzipped UTF-8 file, with errors that explain the problem."""
    try:
        for number, data in enumerate(read_lines(path), start=1):
            yield from _decode(data, number, path)
    except InputError as error:
        raise LibraryError(str(error)) from error


def _decode(data: bytes, number: int, path: Path) -> list[str]:
    """Decode the bytes between two line feeds: one line, or several with the line ends of old Macs."""
    try:
        text = data.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise LibraryError(f"{str(path)!r} is not a GMT file: line {number} is not UTF-8 text.") from error
    if "\0" in text:
        raise LibraryError(f"{str(path)!r} is not a GMT file: line {number} holds binary data.")
    return text.removesuffix("\n").removesuffix("\r").split("\r")
