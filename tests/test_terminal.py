"""What the commands print does not steer the terminal, and pages stay in their folder."""

import pandas as pd
import pytest
from rich.console import Console

from gsfm_enrich.commands.output import draw_table, file_stem, say


def test_control_characters_are_written_out(capsys):
    say("There is no gene \x1b[2J\x07\x9b.")
    assert capsys.readouterr().err == "There is no gene \\x1b[2J\\x07\\x9b.\n"


def test_tables_hold_no_control_characters(capsys):
    draw_table(pd.DataFrame({"term": ["a\x1b]0;title\x07", "b"]}), Console(width=80))
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\\x1b]0;title\\x07" in shown


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("TP53", "TP53"),
        ("../../x", "_.._x"),
        ("/etc/x", "_etc_x"),
        ("..", "gene"),
        ("a\\b", "a_b"),
        ("A" * 400, "A" * 100),
    ],
)
def test_a_page_stays_in_its_folder(name, stem):
    assert file_stem(name) == stem
