import datetime
import gzip

import numpy as np
import pandas as pd
import pytest

from gsfm_enrich.errors import GsfmEnrichWarning, InputError
from gsfm_enrich.genes.entries import MISSING, separate
from gsfm_enrich.genes.inputs import as_background, as_gene_list, read_gene_list
from gsfm_enrich.genes.table import load_gene_table

GENES = ["TP53", "BRCA1", "TP53"]


@pytest.mark.parametrize(
    "given",
    [
        GENES,
        tuple(GENES),
        iter(GENES),
        pd.Series(GENES, index=[5, 6, 7]),
        pd.Series(GENES, dtype="category"),
        pd.Index(GENES),
        pd.DataFrame({"gene": GENES}),
        pd.DataFrame({"gene": GENES, "weight": [1.0, 0.5, 0.2]}),
        pd.DataFrame({"weight": [1.0, 0.5, 0.2], "gene": GENES}),
        np.array(GENES),
        np.array(GENES, dtype=object),
        np.array([GENES]),
        np.array([GENES]).T,
        [" TP53", "BRCA1\n", "\tTP53 "],
        ["TP53", None, "BRCA1", float("nan"), pd.NA, pd.NaT, np.nan, "", "  ", "nan", "TP53"],
        dict.fromkeys([*GENES[:2], "TP53 "]).keys(),
    ],
    ids=lambda given: type(given).__name__,
)
def test_every_container(given):
    assert as_gene_list(given) == GENES


@pytest.mark.parametrize("given", [{"b", "a", "c"}, frozenset("cab")])
def test_sets_are_taken_in_sorted_order(given):
    assert as_gene_list(given) == ["a", "b", "c"]


@pytest.mark.parametrize("given", [["TP53"], pd.Series(["TP53"]), pd.DataFrame({"a": ["TP53"]}), ("TP53",)])
def test_one_gene(given):
    assert as_gene_list(given) == ["TP53"]


@pytest.mark.parametrize(
    "given", [[], (), set(), pd.Series([], dtype=object), np.array([]), [None, "", "NA"]]
)
def test_no_gene(given):
    assert as_gene_list(given) == []


@pytest.mark.parametrize(
    "given",
    [[7157, 672], [7157.0, 672.0], np.array([7157, 672]), np.array([7157.0, 672.0]), pd.Series([7157, 672])],
)
def test_numbers_become_entrez_ids(given):
    assert as_gene_list(given) == ["7157", "672"]


def test_numpy_scalars_and_dates_in_a_list():
    day = datetime.datetime(2023, 9, 2)
    given = [np.int64(7157), np.float32(672), np.str_("BAX"), day, day.date()]
    assert as_gene_list(given) == ["7157", "672", "BAX", "2023-09-02T00:00:00", "2023-09-02"]


def test_a_series_with_missing_entrez_ids():
    assert as_gene_list(pd.Series([7157, None, 672])) == ["7157", "672"]


def test_blank_entries_are_counted():
    assert read_gene_list(["TP53", None, " ", "nan", "TP53"]) == (["TP53", "TP53"], 3)


def test_no_approved_symbol_looks_missing():
    assert not MISSING & set(load_gene_table()["symbol"])


@pytest.mark.parametrize(
    "content",
    [
        b"TP53\nBRCA1\nTP53\n",
        b"\xef\xbb\xbfTP53\r\nBRCA1\r\n\r\nTP53",
        b"TP53\t2.5\nBRCA1\t-1e-3\nTP53\t0\n",
        b"TP53,1,2\nBRCA1,0.5\nTP53\n",
        b'"TP53"\n"BRCA1"\n"TP53"\n',
        b'"TP53","2.5"\n"BRCA1","1"\n"TP53","0"\n',
        b'"x"\n"1" "TP53"\n"2" "BRCA1"\n"3" "TP53"\n',  # write.table of R
        b'"","x"\n"1","TP53"\n"2","BRCA1"\n"3","TP53"\n',  # write.csv
        b",0\n0,TP53\n1,BRCA1\n2,TP53\n",  # pandas
        b"TP53, BRCA1,TP53\n",
        b"TP53;BRCA1;TP53",
        b"TP53 BRCA1 TP53\n",
        b"TP53\tBRCA1\tTP53\n",
        b'[1] "TP53"  "BRCA1" "TP53"\n',
        b"['TP53', 'BRCA1', 'TP53']",
        "\u200bTP53\nBRC\u200bA1\u2060\n\u00a0TP53\n".encode(),
        "TP53\r\nBRCA1\r\nTP53\r\n".encode("utf-16"),
        gzip.compress(b"TP53\nBRCA1\nTP53\n"),
    ],
)
@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_files(tmp_path, content, kind):
    path = tmp_path / "genes.txt"
    path.write_bytes(content)
    assert as_gene_list(kind(path)) == GENES


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            "TP53",
            "'TP53' is not a file. For a single gene pass a list, ['TP53']; "
            "for genes in a file pass the path of a text file with one gene per line.",
        ),
        (None, "Genes must be a list of names, or the path of a text file, not a NoneType."),
        (7157, "Genes must be a list of names, or the path of a text file, not an int."),
        (b"TP53", "Genes must be a list of names, or the path of a text file, not a bytes."),
        ({"TP53": 1.0}, "Genes must be a list of names, or the path of a text file, not a dict."),
        (np.array("TP53"), "An array of genes must have one dimension, not the shape ()."),
        (np.ones((2, 2)), "An array of genes must have one dimension, not the shape (2, 2)."),
        (["TP53", 0.5], "Entry 1 of the genes is 0.5 (a float); expected a name or an Entrez id."),
        ([True], "Entry 0 of the genes is True (a bool); expected a name or an Entrez id."),
        ([["TP53"]], "Entry 0 of the genes is ['TP53'] (a list); expected a name or an Entrez id."),
        ([b"TP53"], "Entry 0 of the genes is b'TP53' (a bytes); expected a name or an Entrez id."),
        ([float("inf")], "Entry 0 of the genes is inf (a float); expected a name or an Entrez id."),
        (
            pd.DataFrame({"a": ["x"], "b": ["y"]}),
            "A data frame of genes must have one column of names, or names and numeric weights; "
            "this one has 2 columns ('a', 'b'). Pass one of them, such as df['gene'].",
        ),
        (
            pd.DataFrame({"chrom": ["1"], "start": [2], "end": [3]}),
            "A data frame of genes must have one column of names, or names and numeric weights; "
            "this one is a table with 3 columns ('chrom', 'start', 'end'). Pass the chosen genes, "
            "such as those of df['gene'] below a p-value, or the whole table to gsfm_enrich.tl.enrichr, "
            "which chooses them.",
        ),
        (
            pd.DataFrame(),
            "A data frame of genes must have one column of names, or names and numeric weights; "
            "this one has 0 columns (none). Pass one of them, such as df['gene'].",
        ),
    ],
)
def test_what_is_no_list_of_genes(given, message):
    with pytest.raises(InputError) as caught:
        as_gene_list(given)
    assert str(caught.value) == message


def test_missing_path(tmp_path):
    with pytest.raises(InputError) as caught:
        as_gene_list(tmp_path / "none.txt")
    expected = (
        f"There is no file {str(tmp_path / 'none.txt')!r}; expected a text file with one gene per line."
    )
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\x00\x80", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (
            gzip.compress(b"TP53\n")[:-3],
            "Compressed file ended before the end-of-stream marker was reached",
        ),
    ],
)
def test_file_that_is_no_text(tmp_path, content, why):
    path = tmp_path / "genes.txt"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        as_gene_list(path)
    assert repr(str(path)) in str(caught.value)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        (20_000, 20_000),
        (np.int64(20_000), 20_000),
        (20_000.0, 20_000),
        ("20000", 20_000),
        (" 20000 ", 20_000),
        (["TP53", None, "BAX"], ["TP53", "BAX"]),
        (pd.Series(["TP53", "BAX"]), ["TP53", "BAX"]),
        (pd.Index(["TP53", "BAX"]), ["TP53", "BAX"]),
        ({"TP53", "BAX"}, ["BAX", "TP53"]),
    ],
)
def test_backgrounds(given, expected):
    result = as_background(given)
    assert result == expected
    assert type(result) is type(expected)


def test_background_from_a_file(tmp_path):
    path = tmp_path / "background.txt"
    path.write_text("TP53\nBAX\n")
    assert as_background(path) == as_background(str(path)) == ["TP53", "BAX"]


WHOLE = "A background must have a positive whole number of genes, not "
NEITHER = (
    "is neither a number nor a file with one gene per line; "
    "pass a number of genes, a list of genes or the path of a text file."
)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (0, WHOLE + "0."),
        (-5, WHOLE + "-5."),
        (0.5, WHOLE + "0.5."),
        (True, WHOLE + "True."),
        (np.True_, WHOLE + "True."),
        (float("nan"), WHOLE + "nan."),
        (float("inf"), WHOLE + "inf."),
        ([], "The background has no genes."),
        ([None, ""], "The background has no genes."),
        ("nowhere.txt", f"The background 'nowhere.txt' {NEITHER}"),
        (
            "hsapiens_gene_ensembl",
            f"The background 'hsapiens_gene_ensembl' {NEITHER} BioMart data sets are not downloaded.",
        ),
        ({"a": 1}, "Genes must be a list of names, or the path of a text file, not a dict."),
    ],
)
def test_what_is_no_background(given, message):
    with pytest.raises(InputError) as caught:
        as_background(given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("entry", "genes", "some_left_out"),
    [
        ("CD79A///MIR4640", ["CD79A"], True),
        ("CD79A /// MIR4640", ["CD79A"], True),
        ("---///CD79A", ["CD79A"], False),
        ("LOC999999999///CD79A", ["CD79A"], True),
        ("P04637;P38398", ["P04637"], True),
        ("P04637-2;P04637", ["P04637-2"], True),
        ("TP53|7157", ["TP53"], True),
        ("?|7157", ["7157"], False),
        ("sp|P04637|P53_HUMAN", ["sp|P04637|P53_HUMAN"], False),
        ("TP53, BAX", ["TP53", "BAX"], False),
        ("GEN-1, GEN-2, GEN-3", ["GEN-1", "GEN-2", "GEN-3"], False),
        # one name each, for all that can be known
        ("2,4-D", ["2,4-D"], False),
        ("N,N-dimethylaniline", ["N,N-dimethylaniline"], False),
        ("(5'->5')-dinucleotides", ["(5'->5')-dinucleotides"], False),
        ("ADSS 2", ["ADSS 2"], False),
        ("C-C CKR-6", ["C-C CKR-6"], False),
        ("LINC01234 - TP53", ["LINC01234 - TP53"], False),
        ("TP53,0.7", ["TP53,0.7"], False),
    ],
)
def test_several_genes_in_one_entry(entry, genes, some_left_out):
    names, said = separate(["MYC", entry])
    assert names == ["MYC", *genes]
    assert bool(said) == (some_left_out)
    assert not some_left_out or ("1 entry" in said and entry in said)


def test_what_is_left_out_of_entries_is_said_at_the_callers_line():
    with pytest.warns(
        GsfmEnrichWarning, match=r"2 entries .*CD79A///MIR4640, P04637;P38398.*first"
    ) as caught:
        assert as_gene_list(["CD79A///MIR4640", "BAX", "P04637;P38398"]) == ["CD79A", "BAX", "P04637"]
    assert caught[0].filename == __file__


def test_missing_values_of_other_programs():
    assert as_gene_list(["TP53", "---", "#N/A", "NULL", "-", "#REF!", "."]) == ["TP53"]
