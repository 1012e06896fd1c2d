"""What is kept on models and libraries: freed with them, and read-only."""

from __future__ import annotations

import copy
import dataclasses
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest
from scipy.sparse import issparse

import gsfm_enrich as ge
from gsfm_enrich.kept import Results, kept_on_first, kept_property, results_of
from gsfm_enrich.ranking.membership import library_membership
from gsfm_enrich.ranking.ranked_weights import ranked_weights


class Owner:
    calls = 0

    @kept_property
    def numbers(self) -> list[np.ndarray]:
        """Two arrays."""
        return [np.zeros(2), np.ones(2)]


@kept_on_first(most=2)
def times(owner: Owner, factor: int, *, plus: int = 0) -> np.ndarray:
    owner.calls += 1
    return owner.numbers[1] * factor + plus


def test_the_results_that_were_used_last_are_kept() -> None:
    owner, other = Owner(), Owner()
    first = times(owner, 1)
    assert times(owner, 2, plus=1).tolist() == [3, 3]
    assert times(owner, 1) is first
    times(owner, 3)  # the second goes
    assert times(owner, 1) is first
    times(owner, 2, plus=1)
    assert (owner.calls, other.calls) == (4, 0)
    assert times(other, 1) is not first


def test_copies_begin_without() -> None:
    owner = Owner()
    times(owner, 1)
    for again in (copy.deepcopy(owner), pickle.loads(pickle.dumps(owner))):
        assert results_of(again) == Results()
    assert len(results_of(owner)) == 1


def test_arrays_are_read_only() -> None:
    owner = Owner()
    for array in (times(owner, 1), *owner.numbers):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def arrays_in(value: Any, seen: set[int]) -> list[np.ndarray]:
    """Return the arrays in a value that the code could change."""
    if id(value) in seen:
        return []
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        return [value]
    if issparse(value):
        return [value.data, value.indices, value.indptr]
    parts: list[Any] = []
    if isinstance(value, dict):
        parts = list(value.values())
    elif isinstance(value, tuple | list):
        parts = list(value[:50])
    elif dataclasses.is_dataclass(value):
        parts = [getattr(value, field.name) for field in dataclasses.fields(value)]
    return [array for part in parts for array in arrays_in(part, seen)]


@pytest.fixture
def own(block_model: ge.GSFM) -> tuple[ge.GSFM, ge.GeneSetLibrary]:
    """A model and a library of this test alone."""
    sets = {f"t{b}": [f"B{b}G{i}" for i in range(14)] for b in range(12)}
    return copy.deepcopy(block_model), ge.GeneSetLibrary.from_dict(sets)


def use(model: ge.GSFM, library: ge.GeneSetLibrary) -> None:
    """Call everything that keeps results."""
    genes = [f"B3G{i}" for i in range(6, 20)]
    background = [f"B{b}G{i}" for b in range(12) for i in range(20)]
    for tested in (None, background):
        ge.enrichr(genes, library, background=tested, model=model, outdir=None, no_plot=True)
    ge.predict_functions(genes[:2], library, model=model)
    ge.functions_in_context(genes[:2], genes, library, model=model)
    ge.neighbors(genes[:2], model=model)
    ge.gene_modules(genes, library, model=model)
    for completing in (None, model):
        ranked_weights(library, completing, tuple(background))


@pytest.mark.filterwarnings("ignore:.*query genes")
def test_no_array_that_is_kept_can_be_changed(own: tuple[ge.GSFM, ge.GeneSetLibrary]) -> None:
    model, library = own
    use(model, library)
    table = library_membership(library, model)
    seen: set[int] = set()
    found = [
        array
        for owner in (model, library, table)
        for value in (*results_of(owner).values(), *vars(owner).values())
        if not isinstance(value, Results)
        for array in arrays_in(value, seen)
    ]
    assert len(found) > 30
    assert [array for array in found if array.flags.writeable] == []


@pytest.mark.filterwarnings("ignore:.*query genes")
@pytest.mark.parametrize("first", ["model", "library"])
def test_memory_is_freed_with_the_model_and_with_the_library(
    own: tuple[ge.GSFM, ge.GeneSetLibrary], first: str, request: pytest.FixtureRequest
) -> None:
    sets = own[1].to_dict()
    model, library = copy.deepcopy(own[0]), ge.GeneSetLibrary.from_dict(sets, "of this test")
    use(model, library)
    table = weakref.ref(library_membership(library, model))
    assert table() is not None
    gone = weakref.ref(model if first == "model" else library)
    if first == "model":
        del model
    else:
        del library
    gc.collect()
    assert gone() is None
    assert table() is None
