"""Takes the pictures in docs/ from a kept demo: `make demo ARGS="--keep"`, then `make screenshots`.

Needs Chromium, driven by its command line alone. `--data` names another demo's data directory.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from temporalio.client import Client

from embedded.ground import Ground, attach
from serving.connection import connect_to

DOCS = Path(__file__).parent
DEMO_DATA = Path(".pairloom/demo")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=20000",
)
PATIENCE = 120.0
"""Seconds for one picture: a cold Chromium on a small machine takes some."""

COMPLETED = "WorkflowType = 'PairingWorkflow' AND PairloomStage = 'COMPLETED'"
COHORT = "WorkflowType = 'CohortWorkflow'"


class NoPicture(Exception):
    """A picture cannot be taken; the message says what to do."""


@dataclass(frozen=True)
class Picture:
    """A page of the Temporal UI and the window that shows what matters of it."""

    file: str
    path: str
    width: int
    height: int


def main() -> int:
    """Take every picture; a failure is one sentence and exit code 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DEMO_DATA, help=f"the kept demo (default: {DEMO_DATA})")
    parser.add_argument("--into", type=Path, default=DOCS, help="where the pictures go (default: docs)")
    given = parser.parse_args()
    try:
        chromium = _chromium()
        ground = _kept_demo(given.data)
        for picture in asyncio.run(_pictures(ground)):
            _take(chromium, ground, picture, given.into.absolute())
            print(f"{given.into / picture.file}: {(given.into / picture.file).stat().st_size // 1024} KB")
    except NoPicture as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _chromium() -> str:
    for name in PROGRAMS:
        found = shutil.which(name)
        if found is not None:
            return found
    raise NoPicture("Chromium is missing: apt-get install chromium")


def _kept_demo(data: Path) -> Ground:
    ground = attach(data)
    if ground is None:
        raise NoPicture(f'No demo is running on {data}: make demo ARGS="--keep"')
    return ground


async def _pictures(ground: Ground) -> list[Picture]:
    client = await connect_to(ground.temporal_address)
    pairing, cohort = await _page(client, COMPLETED), await _page(client, COHORT)
    return [
        Picture("workflows.png", "/namespaces/default/workflows", 1440, 820),
        Picture("pairing-timeline.png", f"{pairing}/timeline", 1440, 1300),
        Picture("cohort.png", f"{cohort}/user-metadata", 1440, 700),
    ]


async def _page(client: Client, query: str) -> str:
    """The address of the first workflow by id that the query finds, the same one for the same demo."""
    found = sorted([(w.id, w.run_id) async for w in client.list_workflows(query)])
    if not found:
        raise NoPicture(f"The demo has no workflow with {query}: run one to its end, or with another --seed.")
    workflow, run = found[0]
    return f"/namespaces/default/workflows/{quote(workflow, safe='')}/{run}"


def _take(chromium: str, ground: Ground, picture: Picture, into: Path) -> None:
    with TemporaryDirectory() as profile:
        unfinished = Path(profile) / picture.file
        command = [
            *(chromium, *FLAGS, f"--user-data-dir={profile}", f"--window-size={picture.width},{picture.height}"),
            *(f"--screenshot={unfinished}", f"{ground.ui_url}{picture.path}"),
        ]
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise NoPicture(f"Chromium did not draw {picture.path} within {PATIENCE:.0f} s: try again.") from None
        if not unfinished.exists():
            raise NoPicture(
                f"Chromium took no picture of {picture.path}: open {ground.ui_url} in a browser to see why."
            )
        shutil.copyfile(unfinished, into / picture.file)


if __name__ == "__main__":
    sys.exit(main())
