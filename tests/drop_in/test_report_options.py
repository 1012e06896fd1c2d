"""Options of gseapy's files that cannot be used: said before anything is computed."""

import pytest

from gsfm_enrich.drop_in.enrichr import enrichr
from gsfm_enrich.drop_in.report_options import FORMATS, check_report_options
from gsfm_enrich.errors import InputError

SETS = {"apoptosis": ["TP53", "BAX", "CASP3"]}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "xyz"}, f"format must be one of {', '.join(FORMATS)}, not 'xyz'."),
        ({"format": ".png"}, f"format must be one of {', '.join(FORMATS)}, not '.png'."),
        ({"top_term": 0}, "top_term must be a whole number of at least 1, not 0."),
        ({"top_term": "a"}, "top_term must be a whole number of at least 1, not 'a'."),
        ({"cutoff": "0.05"}, "cutoff must be a number of at least 0, not '0.05'."),
        ({"figsize": 5}, "figsize must be width and height in inches, at most 400, not 5."),
        ({"figsize": (5, 0)}, "figsize must be width and height in inches, at most 400, not (5, 0)."),
        ({"outdir": ""}, "outdir must be a path, or None, not ''."),
        ({"outdir": 5}, "outdir must be a path, or None, not 5."),
    ],
)
def test_what_cannot_be_used(options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as error:
        enrichr(["TP53", "BAX"], SETS, rerank=False, **{"outdir": "out", **options})
    assert str(error.value) == message
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError) as error:
        enrichr(["TP53", "BAX"], SETS, rerank=False, outdir=tmp_path / "taken")
    assert str(error.value) == f"outdir must be a folder, but {str(tmp_path / 'taken')!r} is a file."


def test_nothing_is_checked_where_nothing_is_written():
    check_report_options(None, "a")
    assert len(enrichr(["TP53", "BAX"], SETS, rerank=False, outdir=None, format="xyz").results) == 1
