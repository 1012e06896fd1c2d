"""Reading GMT files: what is taken, what is counted, what is refused."""

import gzip
from collections import Counter

import pytest

from gsfm_enrich.errors import InputError, LibraryError
from gsfm_enrich.libraries.gmt import format_gmt, iter_gmt, parse_gmt, read_gmt


def written(tmp_path, data, name="sets.gmt"):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize(
    ("data", "sets", "counts"),
    [
        pytest.param("a\td\tTP53\tBAX\nb\t\tMYC\n", {"a": ["TP53", "BAX"], "b": ["MYC"]}, {}, id="plain"),
        pytest.param(
            gzip.compress(b"a\td\tTP53\n"), {"a": ["TP53"]}, {}, id="gzip told by its bytes, not its name"
        ),
        pytest.param(b"\xef\xbb\xbfa\td\tTP53\n", {"a": ["TP53"]}, {}, id="byte order mark"),
        pytest.param(
            "a\td\tTP53\r\nb\td\tMYC\r\n", {"a": ["TP53"], "b": ["MYC"]}, {}, id="Windows line ends"
        ),
        pytest.param("a\td\tTP53\rb\td\tMYC", {"a": ["TP53"], "b": ["MYC"]}, {}, id="old Mac line ends"),
        pytest.param("a\td\tTP53\t\t BAX \t\n\n", {"a": ["TP53", "BAX"]}, {}, id="blank fields and lines"),
        pytest.param(
            "a\td\tTP53,1.5\tBAX,-2e-3\tMYC,\n", {"a": ["TP53", "BAX", "MYC"]}, {"weights": 3}, id="weights"
        ),
        pytest.param("a\td\t2,4-D\n", {"a": ["2,4-D"]}, {}, id="a comma that belongs to the name"),
        pytest.param(
            "a\td\tTP53\na\td\tBAX\n", {"a": ["BAX"]}, {"duplicate terms": 1}, id="the last of equal terms"
        ),
        pytest.param("a\td\nb\td\tMYC\n", {"a": [], "b": ["MYC"]}, {}, id="a set without genes"),
        pytest.param(
            "a\td\tTP53\nnonsense\nb\t\tMYC\n\tx\tBAX\nc\t\tEGFR\n",
            {"a": ["TP53"], "b": ["MYC"], "c": ["EGFR"]},
            {"malformed lines": 2},
            id="lines without a tab or a term",
        ),
    ],
)
def test_reads(tmp_path, data, sets, counts):
    parsed = read_gmt(written(tmp_path, data))
    assert parsed.sets == sets
    assert parsed.counts == counts


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("", "is not a GMT file: it is empty."),
        (" \n\n", "is not a GMT file: it is empty."),
        (
            "\nterm,gene\na,TP53\n",
            "is not a GMT file: line 2 has no tab ('term,gene'); "
            "expected a term, a description and genes, separated by tabs.",
        ),
        (
            "x" * 100,
            f"is not a GMT file: line 1 has no tab ('{'x' * 60}...'); "
            "expected a term, a description and genes, separated by tabs.",
        ),
        (
            "\tTP53\tBAX\n",
            "is not a GMT file: line 1 does not start with a term ('\\tTP53\\tBAX'); "
            "expected a term, a description and genes, separated by tabs.",
        ),
        (
            "a\tTP53\na\tBAX\n",
            "is not a GMT file: every line has two fields, none has genes after a term and a "
            "description. A table of terms and genes can be read with GeneSetLibrary.from_frame.",
        ),
        (b"a\td\tTP53\nSj\xf6gren\td\tMYC\n", "is not a GMT file: line 2 is not UTF-8 text."),
        (b"a\td\tTP53\nb\0\td\tMYC\n", "is not a GMT file: line 2 holds binary data."),
    ],
)
def test_refuses_what_is_no_gmt(tmp_path, data, problem):
    path = written(tmp_path, data)
    with pytest.raises(LibraryError) as caught:
        read_gmt(path)
    assert str(caught.value) == f"{str(path)!r} {problem}"


def test_a_damaged_gzip_file(tmp_path):
    path = written(tmp_path, gzip.compress(b"a\td\tTP53\n" * 50)[:-9], "sets.gmt.gz")
    with pytest.raises(LibraryError) as caught:
        read_gmt(path)
    assert str(caught.value) == (
        f"{str(path)!r} is a damaged gzip file: "
        "Compressed file ended before the end-of-stream marker was reached."
    )


def test_a_missing_file_gets_the_names_nearby(tmp_path):
    written(tmp_path, "a\td\tTP53\n", "hallmarks.gmt")
    path = tmp_path / "halmarks.gmt"
    with pytest.raises(InputError) as caught:
        read_gmt(path)
    assert str(caught.value) == f"There is no file {str(path)!r}. Did you mean 'hallmarks.gmt'?"


def test_a_folder(tmp_path):
    with pytest.raises(InputError) as caught:
        read_gmt(tmp_path)
    assert str(caught.value) == f"{str(tmp_path)!r} is a folder; expected a GMT file."


def test_format_and_parse_are_inverse():
    sets = {"a (GO:1)": ["TP53", "BAX"], "b": ["HLA-A"]}
    assert parse_gmt(format_gmt(sets), "text").sets == sets


@pytest.mark.parametrize("sets", [{"a\tb": ["TP53"]}, {"a": ["TP\n53"]}])
def test_format_refuses_marks_of_the_format(sets):
    bad = next(text for text in (*sets, *next(iter(sets.values()))) if "\t" in text or "\n" in text)
    with pytest.raises(LibraryError) as caught:
        format_gmt(sets)
    assert str(caught.value) == f"{bad!r} holds a tab or a line break: a GMT file cannot hold it."


def test_without_descriptions_no_gene_is_lost():
    lines = ["B_CELL\tCD79A\tCD79B\tMS4A1", "MONO\tLYZ\tCD14\tCST3", "X\tACTB\tGAPDH\tTUBB"]
    parsed = parse_gmt("\n".join(lines), "nodesc.gmt")
    assert parsed.sets["MONO"] == ["LYZ", "CD14", "CST3"]
    assert parsed.counts == {"descriptions read as genes": 3}


@pytest.mark.parametrize(
    "lines",
    [
        ["MYC_TARGETS\tMYC\tCD79B\tMS4A1", "SPI1_TARGETS\tSPI1\tCD14\tCST3"],  # named after their factor
        ["A\tna\t79868\t57171", "B\tna\t7157\t672"],
        ["A\t2\tCD79B\tMS4A1", "B\t2\tCD14\tCST3"],  # sizes
        ["A\thttp://x\tCD79B\tMS4A1", "B\tCD8A\tCD14\tCST3"],
        ["A\t\tCD79B\tMS4A1", "B\tCD8A\tCD14\tCST3"],
    ],
)
def test_descriptions_stay_descriptions(lines):
    parsed = parse_gmt("\n".join(lines), "some.gmt")
    assert [len(genes) for genes in parsed.sets.values()] == [2, 2]
    assert parsed.counts == {}


@pytest.mark.parametrize("name", ["sets.gmx", "sets.gmt"])
def test_sets_in_columns(name):
    parsed = parse_gmt("B_CELL\tMONO\nna\tna\nCD79A\tLYZ\nCD79B\t\nMS4A1\n", name)
    assert parsed.sets == {"B_CELL": ["CD79A", "CD79B", "MS4A1"], "MONO": ["LYZ"]}
    assert parsed.counts == {"columns of a GMX file": 2}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain.gmt", "a\tfirst\tTP53\tBAX\nb\t\tMYC\n"),
        ("nodesc.gmt", "a\tTP53\tBAX\tMDM2\nb\tMYC\tEGFR\tKRAS\n"),
        ("columns.gmt", "A\tB\nna\tna\nTP53\tMYC\nBAX\t\n"),
        ("columns.gmx", "A\tB\nfirst\tsecond\nTP53\tMYC\nBAX\t\n"),
    ],
)
def test_sets_one_by_one_are_the_same_sets(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    counts = Counter()
    parsed = read_gmt(path)
    assert dict(iter_gmt(path, counts)) == parsed.sets
    assert {what: n for what, n in counts.items() if n} == parsed.counts
