"""The tools of the formats in deploy/, as `make deploy-check` has installed them, on the files and on spoilt copies."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

PROJECT = Path(__file__).parents[2]
DEPLOY = PROJECT / "deploy"
BIN = Path(sys.executable).parent


def run(tool: str, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What the tool says; it must be there."""
    return subprocess.run(
        [BIN / tool, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": f"{BIN}:/usr/bin:/bin", "HOME": "/nonexistent"} | environment,
    )


def passes(tool: str, *arguments: str | Path, **environment: str) -> None:
    """The tool has nothing to say against it."""
    said = run(tool, *arguments, **environment)
    assert said.returncode == 0, said.stdout + said.stderr


def bites(part: str, tool: str, *arguments: str | Path, **environment: str) -> None:
    """The tool refuses, and says why."""
    said = run(tool, *arguments, **environment)
    assert said.returncode != 0, "a planted mistake went unnoticed"
    assert part in said.stdout + said.stderr


def spoilt(folder: Path, original: Path, found: str, planted: str) -> Path:
    """A copy of all of deploy/ in which one file has a mistake; that file's path."""
    copy = folder / "deploy"
    shutil.copytree(DEPLOY, copy)
    file = copy / original.relative_to(DEPLOY)
    text = file.read_text()
    assert found in text, "the mistake cannot be planted"
    file.write_text(text.replace(found, planted, 1))
    return file


def documents(path: Path) -> list[Any]:
    """Every YAML document of a file, as plain values."""
    return list(YAML(typ="safe", pure=True).load_all(path))
