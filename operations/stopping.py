"""Ending what an earlier command left running, and nothing else."""

from __future__ import annotations

import signal
from pathlib import Path

from embedded.ground import attach
from operations.worker_process import recorded_worker


def stop_everything(data: Path) -> bool:
    """Stop the worker and the servers of a data directory, keep the data; True if anything ran."""
    ground, left = attach(data), recorded_worker(data)
    ran = ground is not None or (left is not None and left.alive())
    if left is not None:
        left.stop((signal.SIGTERM, 30.0))
        (data / "worker" / "worker.json").unlink(missing_ok=True)
    if ground is not None:
        ground.stop()
    return ran
