"""Names of terms and lists: short, legible and still distinct."""

from __future__ import annotations

import pytest

from gsfm_enrich.pl.labels import list_label, list_labels, shorten, term_labels

LONG = (
    "antigen processing and presentation of endogenous peptide antigen via MHC class I via ER pathway "
    "(GO:0002484)"
)


@pytest.mark.parametrize(
    ("term", "label"),
    [
        ("apoptotic process (GO:0006915)", "apoptotic process"),
        (LONG, "antigen processing and presentation of\nendogenous peptide antigen v…via ER pathway"),
        ("HALLMARK_TNFA_SIGNALING_VIA_NFKB", "HALLMARK TNFA SIGNALING VIA NFKB"),
        ("Apoptosis WP254", "Apoptosis WP254"),
        ("cost in $", r"cost in \$"),
        ("", ""),
    ],
)
def test_term_labels(term: str, label: str) -> None:
    assert term_labels([term]) == [label]


def test_ids_stay_where_names_are_the_same() -> None:
    assert term_labels(["growth (GO:0000001)", "growth (GO:0000002)", "death (GO:0000003)"]) == [
        "growth (GO:0000001)",
        "growth (GO:0000002)",
        "death",
    ]


def test_short_names() -> None:
    assert shorten("abcdef", 4) == "ab…f"
    assert shorten("abcd", 4) == "abcd"
    assert list_label("CD19+ B", "up") == "CD19+ B (up)"
    assert list_label("", "") == ""


def test_long_names_that_differ_in_the_middle_stay_distinct() -> None:
    ends = ("alpha, of the first kind,", "beta, of the second kind,")
    terms = [
        f"regulation of antigen processing {'and presentation ' * 4}{end}{' in the cell' * 6}" for end in ends
    ]
    found = term_labels(terms)
    assert len(set(found)) == 2
    assert all("…" in label for label in found)
    groups = [(f"cluster of the left ventricle {end} of the heart of the mouse", "up") for end in ends]
    assert len(set(list_labels(groups))) == 2
    assert list_labels([("B", "up"), ("B", "down")]) == ["B (up)", "B (down)"]
