"""The picture of completed libraries: what is drawn is what the table says."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from gsfm_enrich.errors import InputError
from gsfm_enrich.pl.completion import completion


@pytest.fixture
def terms():
    rng = np.random.default_rng(0)
    parts = [("KEGG", "ours", 0.9), ("KEGG", "popularity", 0.6), ("GO", "ours", 0.8)]
    return pd.concat(
        [
            pd.DataFrame({"library": library, "method": method, "auroc": mean + rng.normal(0, 0.05, 40)})
            for library, method, mean in parts
        ]
    )


def test_medians_and_middle_halves(terms):
    ax = completion(terms)
    drawn = {line.get_label(): line.get_xdata() for line in ax.lines if line.get_marker() == "o"}
    expected = terms.groupby(["method", "library"])["auroc"].median()
    assert drawn["ours"] == pytest.approx(expected["ours"][["KEGG", "GO"]])
    assert drawn["popularity"] == pytest.approx(expected["popularity"][["KEGG"]])
    ends = [segment[:, 0] for segment in ax.collections[0].get_segments()]
    kegg = terms[(terms["library"] == "KEGG") & (terms["method"] == "ours")]["auroc"]
    assert ends[0] == pytest.approx(np.quantile(kegg, [0.25, 0.75]))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["KEGG", "GO"]
    plt.close("all")


def test_on_the_callers_axes_and_into_a_file(terms, tmp_path):
    _, own = plt.subplots()
    assert completion(terms, ax=own, save=tmp_path / "picture.svg") is own
    assert (tmp_path / "picture.svg").read_text("utf-8").startswith("<?xml")
    with pytest.raises(InputError, match="the suffix must be one of"):
        completion(terms, ax=own, save=tmp_path / "picture.doc")
    plt.close("all")
