"""What would not replay is refused where rules and workflows are written, and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

WOULD_NOT_REPLAY = (
    "from datetime import datetime\n\nNOW = datetime.now()\n",
    "from datetime import date\n\nTODAY = date.today()\n",
    "import time\n\nNOW = time.time()\n",
    "from time import monotonic\n\nNOW = monotonic()\n",
    "import random\n\nLUCK = random.random()\n",
    "from uuid import uuid4\n\nNAME = uuid4()\n",
    "import os\n\nHOME = os.environ\n",
    "from pathlib import Path\n\nTEXT = Path('x').read_text()\n",
    "import asyncio\n\nFIRST = asyncio.wait([])\n",
)


@pytest.mark.parametrize("code", WOULD_NOT_REPLAY)
@pytest.mark.parametrize("room", ["domain/pairing", "workflows"])
def test_clock_chance_and_machine_are_refused_in_rules_and_workflows(room: str, code: str) -> None:
    assert "TID251" in _complaints(f"{room}/invented.py", code)


def test_an_activity_may_look_at_the_clock() -> None:
    assert _complaints("activities/invented.py", WOULD_NOT_REPLAY[0]) == ""


def _complaints(name: str, code: str) -> str:
    command = [sys.executable, "-m", "ruff", "check", "--quiet", "--select", "TID251", "--stdin-filename", name, "-"]
    return subprocess.run(command, cwd=ROOT, input=code, capture_output=True, text=True, check=False).stdout
