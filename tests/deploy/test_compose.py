"""compose.yaml: by the schema of the Compose Specification, and by Docker Compose's own reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from checked import DEPLOY, bites, documents, passes, spoilt

COMPOSE = DEPLOY / "compose.yaml"
SCHEMA = ("check-jsonschema", "--builtin-schema", "vendor.compose-spec")
SECRETS = {
    line.removesuffix("="): "secret"
    for line in (DEPLOY / ".env.example").read_text().splitlines()
    if line.endswith(("PASSWORD=", "_KEY="))
}


def reader(compose: Path) -> tuple[str | Path, ...]:
    return ("docker-compose", "--file", compose, "config", "--quiet")


def test_the_file() -> None:
    passes(*SCHEMA, COMPOSE)
    passes(*reader(COMPOSE), **SECRETS)


@pytest.mark.parametrize(
    ("found", "planted", "part"),
    [
        ("stop_grace_period: 30s", "stop_grace_time: 30s", "stop_grace_time"),
        ("cap_drop: [ALL]", "cap_drop: ALL", "cap_drop"),
    ],
)
def test_the_schema_bites(tmp_path: Path, found: str, planted: str, part: str) -> None:
    bites(part, *SCHEMA, spoilt(tmp_path, COMPOSE, found, planted))


@pytest.mark.parametrize(
    ("found", "planted", "part"),
    [
        ("{ temporal: { condition: service_healthy } }", "{ temporall: { condition: service_healthy } }", "temporall"),
        ("networks: [watching]", "networks: [watchers]", "watchers"),
        ("- grafana:/var/lib/grafana", "- graphana:/var/lib/grafana", "graphana"),
    ],
)
def test_docker_compose_bites(tmp_path: Path, found: str, planted: str, part: str) -> None:
    bites(part, *reader(spoilt(tmp_path, COMPOSE, found, planted)), **SECRETS)


def test_a_missing_password_is_a_sentence() -> None:
    for missing in SECRETS:
        given = {name: value for name, value in SECRETS.items() if name != missing}
        bites(f"{missing} is missing a value: set it in deploy/.env", *reader(COMPOSE), **given)


def test_every_file_that_is_mounted_exists_and_nothing_listens_outside_this_machine() -> None:
    [compose] = documents(COMPOSE)
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert not source.startswith(".") or (DEPLOY / source).is_file(), source
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert compose["services"]["worker"]["deploy"]["replicas"] == 2
