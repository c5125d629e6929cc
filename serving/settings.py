"""What the environment decides about a worker, and what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from eventstore.addresses import hosts_of
from telemetry.environment import traces_wanted
from workflows.contract import TASK_QUEUE

DEPLOYMENT = "pairloom"
"""The worker deployment whose versions the workers are, unless a platform names another."""


class WorkerError(Exception):
    """The worker cannot start; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """What the environment decides. `build_id` turns Worker Deployment Versioning on, in the deployment of that name;
    the Worker Controller of Kubernetes gives both by variables of its own.

    `master_key` seals people's answers; without it they are stored readable.
    `metrics` and `health` are `host:port` to listen at; `traces` sends spans where OpenTelemetry's variables say.
    """

    database_url: str
    task_queue: str = TASK_QUEUE
    profile: str | None = None
    build_id: str | None = None
    deployment: str = DEPLOYMENT
    json_logs: bool = True
    metrics: str | None = None
    health: str | None = None
    traces: bool = False
    master_key: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings; raises WorkerError where one is missing."""
        url = environment.get("PAIRLOOM_DATABASE_URL")
        if not url:
            raise WorkerError(
                "PAIRLOOM_DATABASE_URL is not set: give the address of the event store's database, such as "
                "postgresql://pairloom@db.example:5432/pairloom"
            )
        _check_port(url)
        return cls(
            database_url=url,
            task_queue=environment.get("PAIRLOOM_TASK_QUEUE", TASK_QUEUE),
            profile=environment.get("TEMPORAL_PROFILE"),
            build_id=environment.get("PAIRLOOM_BUILD_ID") or environment.get("TEMPORAL_WORKER_BUILD_ID"),
            deployment=environment.get("TEMPORAL_DEPLOYMENT_NAME", DEPLOYMENT),
            json_logs=environment.get("PAIRLOOM_LOGS", "json" if not sys.stderr.isatty() else "console") == "json",
            metrics=environment.get("PAIRLOOM_METRICS"),
            health=environment.get("PAIRLOOM_HEALTH"),
            traces=traces_wanted(environment),
            master_key=environment.get("PAIRLOOM_MASTER_KEY") or None,
        )


def _check_port(url: str) -> None:
    """The driver's own complaint about a port would quote the address, password and all."""
    try:
        hosts_of(url)
    except ValueError:
        raise WorkerError(
            "PAIRLOOM_DATABASE_URL is no address: expected postgresql://user@host:port/database, "
            "and special characters in a password written as %40."
        ) from None
