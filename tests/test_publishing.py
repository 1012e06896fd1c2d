"""What is published agrees with itself: one version, one list of dependencies, one list of Pythons."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REQUIREMENT = re.compile(r"([\w.-]+?)(?:\[[\w,]+\])?>=([\d.]+)(?:,<([\d.]+))?")
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}


def requirements(lines: list[str]) -> dict[str, tuple[str, ...]]:
    """Lower and, if any, upper bound of each requirement, without extras of the package itself."""
    found = [REQUIREMENT.fullmatch(line) for line in lines if not line.startswith("gsfm-enrich[")]
    assert all(found)
    return {match[1]: tuple(filter(None, match.groups()[1:])) for match in found if match}


def loaded(path: str) -> dict[Any, Any]:
    parsed = yaml.safe_load((ROOT / path).read_text("utf-8"))
    assert isinstance(parsed, dict)
    return parsed


def test_versions_agree() -> None:
    version = PROJECT["version"]
    assert loaded("CITATION.cff")["version"] == version
    assert json.loads((ROOT / "codemeta.json").read_text("utf-8"))["version"] == version
    assert loaded(".ci/conda/recipe.yaml")["context"]["version"] == version
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_descriptions_and_addresses_agree() -> None:
    codemeta = json.loads((ROOT / "codemeta.json").read_text("utf-8"))
    recipe = loaded(".ci/conda/recipe.yaml")
    assert codemeta["description"] == PROJECT["description"] == recipe["about"]["summary"]
    assert codemeta["keywords"] == PROJECT["keywords"] == loaded("CITATION.cff")["keywords"]
    source = PROJECT["urls"]["Source"]
    assert codemeta["codeRepository"] == source == loaded("CITATION.cff")["repository-code"]
    assert loaded(".ci/conda/recipe.yaml")["about"]["repository"] == source


def test_the_conda_recipe_needs_what_the_package_needs() -> None:
    run = loaded(".ci/conda/recipe.yaml")["requirements"]["run"]
    needs = [line for line in run if not line.startswith("python ")]
    ours = [
        CONDA_NAMES.get(name, name) + " >=" + ",<".join(bounds)
        for name, bounds in requirements(PROJECT["dependencies"]).items()
    ]
    assert sorted(needs) == sorted(ours)


def test_the_lowest_versions_are_the_lower_bounds() -> None:
    lowest = dict(
        line.split("==")
        for line in (ROOT / "constraints-lowest.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    )
    bounds = requirements(PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"])
    assert set(requirements(PROJECT["dependencies"])) - set(lowest) == {"torch"}
    for name, version in lowest.items():
        assert re.fullmatch(rf"{re.escape(bounds[name][0])}(\.0)*(\.post\d+)?", version), name


def test_tests_run_on_every_python_that_is_named() -> None:
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    matrix = loaded(".github/workflows/test.yml")["jobs"]["tests"]["strategy"]["matrix"]["python"]
    assert matrix == named
    assert f">={named[0]}" == PROJECT["requires-python"]
    assert loaded(".ci/conda/recipe.yaml")["context"]["python_min"] == named[0]


def test_a_release_runs_the_tests_first_and_stores_no_secret() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    publish = yaml.safe_load(text)["jobs"]["publish"]
    assert publish["needs"] == ["tests", "version"]
    assert publish["permissions"] == {"id-token": "write"}
    assert "secrets." not in text


def test_hooks_use_the_ruff_that_is_tested_with() -> None:
    pinned = re.search(r"^ruff==(.+)$", (ROOT / "constraints.txt").read_text("utf-8"), flags=re.MULTILINE)
    hooks = {
        repo["repo"].rsplit("/", 1)[1]: repo["rev"] for repo in loaded(".pre-commit-config.yaml")["repos"]
    }
    assert pinned is not None
    assert hooks["ruff-pre-commit"] == f"v{pinned[1]}"


@pytest.mark.parametrize(
    "form", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*_*.yml")), ids=lambda form: form.stem
)
def test_issue_forms_are_complete(form: Path) -> None:
    parsed = loaded(str(form.relative_to(ROOT)))
    assert {"name", "description", "body"} <= set(parsed)
    identifiers = [field["id"] for field in parsed["body"]]
    assert len(identifiers) == len(set(identifiers)) > 1
    assert all(field["attributes"]["label"] for field in parsed["body"])
