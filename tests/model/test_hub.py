"""Checkpoints of the Hugging Face hub, with its client replaced by one that never leaves the machine."""

import huggingface_hub
import pytest
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from gsfm_enrich.commands.info import about
from gsfm_enrich.errors import InputError, OfflineError
from gsfm_enrich.model.checkpoint import DEFAULT_FOLDER, load_model, save_model
from gsfm_enrich.model.names import hub_source, name_of_model

NAME = "maayanlab/gsfm-rummagene"
OFFLINE = (
    "'maayanlab/gsfm-rummagene' is not cached yet and the Hugging Face hub cannot be reached. "
    "Call it once with a network, give a local folder, or use 'default'."
)


class Hub:
    """Stands in for `snapshot_download`; remembers how it was called."""

    def __init__(self, cached=None, answer=None):
        self.cached, self.answer, self.calls = cached, answer, []

    def __call__(self, name, *, allow_patterns, local_files_only=False, revision=None):
        self.revision = revision
        assert allow_patterns == ["config.json", "model.safetensors", "vocab.txt"]
        self.calls.append((name, "cache" if local_files_only else "network"))
        answer = self.cached if local_files_only else self.answer
        if isinstance(answer, Exception):
            raise answer
        return str(answer)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GSFM_ENRICH_OFFLINE")

    def install(**behaviour):
        fake = Hub(**behaviour)
        monkeypatch.setattr(huggingface_hub, "snapshot_download", fake)
        return fake

    return install


@pytest.fixture
def snapshot(make_model, tmp_path):
    save_model(make_model(), tmp_path / "snapshot")
    return tmp_path / "snapshot"


def http_error(kind):
    """Make an error of the hub client without the response that its constructor asks for."""
    return kind.__new__(kind, "the hub said no")


def test_a_cached_checkpoint_needs_no_network(hub, snapshot):
    fake = hub(cached=snapshot)
    model = load_model(NAME)
    assert model.vocab.genes[:2] == ("G0", "G1")
    assert load_model(NAME) is model
    assert fake.calls == [(NAME, "cache")] * 2


def test_the_first_time_it_is_downloaded(hub, snapshot):
    fake = hub(cached=LocalEntryNotFoundError("nothing here"), answer=snapshot)
    assert load_model(NAME).config.d_model == 4
    assert fake.calls == [(NAME, "cache"), (NAME, "network")]


def test_an_interrupted_download_goes_on(hub, snapshot, tmp_path):
    (tmp_path / "partial").mkdir()
    (tmp_path / "partial" / "config.json").write_text("{}")
    fake = hub(cached=tmp_path / "partial", answer=snapshot)
    assert load_model(NAME).config.d_model == 4
    assert fake.calls == [(NAME, "cache"), (NAME, "network")]


@pytest.mark.parametrize(
    "reason",
    [
        LocalEntryNotFoundError("no network"),
        ConnectionError("no network"),
        http_error(HfHubHTTPError),
    ],
    ids=lambda reason: type(reason).__name__,
)
def test_offline_and_not_cached(hub, reason):
    hub(cached=LocalEntryNotFoundError("nothing here"), answer=reason)
    with pytest.raises(OfflineError) as caught:
        load_model(NAME)
    assert str(caught.value) == OFFLINE
    assert caught.value.__cause__ is reason
    assert isinstance(caught.value, OSError)


def test_a_failing_transport_is_offline_too(hub):
    """Errors of the hub client's HTTP library are no OSError; a proxy that refuses raises one of them."""
    base = next(kind for kind in HfHubHTTPError.__bases__ if kind.__name__ == "HTTPError")
    hub(cached=LocalEntryNotFoundError("nothing here"), answer=base("proxy refused"))
    with pytest.raises(OfflineError) as caught:
        load_model(NAME)
    assert str(caught.value) == OFFLINE


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        (
            "maayanlab/gsfm-rumagene",
            " Did you mean 'maayanlab/gsfm-rummagene' or 'maayanlab/gsfm-rummage'"
            " or 'maayanlab/gsfm-rummageo'?",
        ),
        ("models/mine", ""),
    ],
)
def test_the_hub_has_no_such_model(hub, name, hint):
    hub(cached=LocalEntryNotFoundError("nothing here"), answer=http_error(RepositoryNotFoundError))
    with pytest.raises(InputError) as caught:
        load_model(name)
    assert str(caught.value) == f"There is no folder {name!r}, and the hub has no model of this name.{hint}"


def test_a_name_that_the_hub_does_not_allow(hub):
    fake = hub(cached=HFValidationError("no"))
    with pytest.raises(InputError) as caught:
        load_model("../mine")
    assert str(caught.value) == "There is no folder '../mine', and the hub has no model of this name."
    assert fake.calls == [("../mine", "cache")]


def test_a_folder_of_that_name_comes_first(hub, make_model, tmp_path):
    fake = hub(cached=LocalEntryNotFoundError("nothing here"))
    save_model(make_model(n_genes=7), tmp_path / "models" / "mine")
    assert len(load_model("models/mine").vocab) == 9
    assert fake.calls == []


def test_downloads_forbidden(hub, monkeypatch):
    fake = hub(cached=LocalEntryNotFoundError("not there"))
    monkeypatch.setenv("GSFM_ENRICH_OFFLINE", "1")
    with pytest.raises(OfflineError) as caught:
        load_model(NAME)
    assert str(caught.value) == (
        "'maayanlab/gsfm-rummagene' is not cached yet, and GSFM_ENRICH_OFFLINE is set. "
        "Give a local folder, or use 'default'."
    )
    assert fake.calls == [(NAME, "cache")]


def test_a_revision_is_handed_on_and_the_model_says_which(hub, snapshot):
    fake = hub(cached=snapshot)
    model = load_model(NAME, revision="abc123")
    assert fake.revision == "abc123"
    assert model.source == f"{NAME}@{snapshot.name}"


def test_a_revision_that_is_not_there(hub):
    fake_error = http_error(RevisionNotFoundError)
    hub(cached=LocalEntryNotFoundError("not here"), answer=fake_error)
    with pytest.raises(InputError, match=r"maayanlab/gsfm-rummagene.*no revision 'gone'"):
        load_model(NAME, revision="gone")


def test_the_cached_commit_is_written_down(tmp_path, monkeypatch):
    snapshot = tmp_path / "snapshots" / "abc123"
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda name, file: str(snapshot / file))
    assert hub_source(NAME) == name_of_model(NAME) == f"{NAME}@abc123"
    assert name_of_model("default") == "default"
    assert ("hub model", NAME, "commit abc123") in set(
        about(DEFAULT_FOLDER).itertuples(index=False, name=None)
    )
