"""The bundled libraries come completed, and what comes is what would be computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gsfm_enrich.libraries.bundled import bundled_libraries, load_bundled
from gsfm_enrich.model.checkpoint import load_model
from gsfm_enrich.prediction.neighbours import single_genes
from gsfm_enrich.prediction.support import keep_auroc
from gsfm_enrich.ranking import cache
from gsfm_enrich.ranking.cache import COMPLETED_LIBRARIES
from gsfm_enrich.ranking.membership import Membership

COMMAND = "python -m gsfm_enrich.prediction.completed_libraries"


def test_nothing_of_the_bundled_libraries_is_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    recall = cache.recall

    def recalled(key, check=dict):
        asked.append(key)
        return recall(key, check)

    def keep(key, arrays):
        raise AssertionError(f"a part is missing or out of date: {COMMAND}")

    monkeypatch.setattr(cache, "recall", recalled)
    monkeypatch.setattr("gsfm_enrich.ranking.membership.recall", recalled)
    monkeypatch.setattr(cache, "keep", keep)
    model = load_model()
    for name in bundled_libraries():
        table = Membership(load_bundled(name), model)
        for part in ("inside", "outside", "scores"):
            getattr(table, part)
        keep_auroc(table)
    single_genes.__wrapped__(model)
    assert {path.stem for path in COMPLETED_LIBRARIES.iterdir()} == set(asked), f"stale files: {COMMAND}"


def test_what_comes_is_what_would_be_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library, model = load_bundled("GO_Cellular_Component"), load_model()
    shipped = Membership(library, model).inside.toarray()
    monkeypatch.setattr(cache, "COMPLETED_LIBRARIES", tmp_path / "none")
    monkeypatch.setenv("GSFM_ENRICH_CACHE", str(tmp_path))
    computed = Membership(library, model).inside.toarray()
    np.testing.assert_allclose(shipped, computed, atol=0.011)  # a rare one is at the least probability kept
    assert (np.abs(shipped - computed) > 1e-4).sum() < 0.001 * (computed > 0).sum()
