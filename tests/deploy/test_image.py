"""The image: its Dockerfile by hadolint, the scripts by shellcheck; and that it has every package, and no more."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from checked import DEPLOY, PROJECT, bites, passes, spoilt

SCRIPTS = [*sorted((DEPLOY / "compose").glob("*.sh")), PROJECT / ".ci" / "run"]
DOCKERFILE = DEPLOY / "Dockerfile"


def test_the_dockerfile() -> None:
    passes("hadolint", DOCKERFILE)


@pytest.mark.parametrize(
    ("found", "planted", "code"),
    [
        ("FROM python:3.13-slim-trixie AS", "FROM python AS", "DL3006"),
        ("USER 10001:10001", "USER root", "DL3002"),
        ('CMD ["python", "worker.py"]', "CMD python worker.py", "DL3025"),
    ],
)
def test_hadolint_bites(tmp_path: Path, found: str, planted: str, code: str) -> None:
    bites(code, "hadolint", spoilt(tmp_path, DOCKERFILE, found, planted))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_the_scripts(script: Path) -> None:
    passes("shellcheck", script)


def test_shellcheck_bites(tmp_path: Path) -> None:
    script = DEPLOY / "compose" / "temporal-namespace.sh"
    bites("SC2086", "shellcheck", spoilt(tmp_path, script, '"$TEMPORAL_NAMESPACE"', "$TEMPORAL_NAMESPACE"))


def test_the_image_has_every_package_of_the_distribution_and_nothing_else() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    wanted = {name.removesuffix("*") for name in packages}
    copied = set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE.read_text(), re.MULTILINE))
    assert copied == wanted
    let_through = set(re.findall(r"^!(\w+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE))
    assert let_through == wanted | {"LICENSE"}
