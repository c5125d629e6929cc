"""Which servers a command is meant for: those that the environment names, else those of a running `pairloom dev`."""

from __future__ import annotations

import os
from pathlib import Path

from embedded.ground import Ground, GroundError, attach


def database_address(dev_data: Path) -> str:
    """The database that a command about the store is meant for; raises GroundError where there is none."""
    return os.environ.get("PAIRLOOM_DATABASE_URL") or running_ground(dev_data).database_url


def running_ground(dev_data: Path) -> Ground:
    """The servers of the `pairloom dev` on this data directory; raises GroundError where none runs."""
    ground = attach(dev_data)
    if ground is None:
        raise GroundError(
            "There is no Pairloom to talk to: start one with `pairloom dev`, or set PAIRLOOM_DATABASE_URL and "
            "TEMPORAL_ADDRESS."
        )
    return ground
