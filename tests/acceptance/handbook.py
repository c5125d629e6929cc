"""The commands of docs/operations.md, in the order in which an operations team gives them."""

from __future__ import annotations

import re

from tests.acceptance.command_line import PROJECT

PAGE = PROJECT / "docs" / "operations.md"


def handbook_commands() -> list[str]:
    """Every line of every ```sh block."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    return [" ".join(line.split()) for block in blocks for line in block.splitlines() if line.strip()]
