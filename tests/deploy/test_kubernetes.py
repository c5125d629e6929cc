"""The manifests: Kubernetes' own kinds by kubernetes-validate, the others by models of what their authors document.

No registry has the schemas of the Worker Controller and of KEDA. The models below say what is used of them, as
the controller's API v1alpha1 (version 1.7) and KEDA's page on its Temporal scaler (2.22) have it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from checked import DEPLOY, bites, documents, passes, spoilt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
STRICT = ("kubernetes-validate", "--strict", "--no-warn")
Json = dict[str, Any]

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
Address = Annotated[str, Field(pattern=r"^[a-zA-Z0-9.-]+:[0-9]+$")]
Duration = Annotated[str, Field(pattern=r"^(\d+[hms])+$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Reference(Strict):
    name: Name


class SecretKey(Strict):
    name: Name
    key: str


class ConnectionSpec(Strict):
    hostPort: Address
    mutualTLSSecretRef: Reference | None = None
    apiKeySecretRef: SecretKey | None = None


class WorkerOptions(Strict):
    connectionRef: Reference
    temporalNamespace: Annotated[str, Field(min_length=1)]


class Step(Strict):
    rampPercentage: Annotated[int, Field(ge=1, le=99)]
    pauseDuration: Duration


class Rollout(Strict):
    strategy: Literal["Manual", "AllAtOnce", "Progressive"]
    steps: Annotated[list[Step], Field(max_length=20)] = []


class Sunset(Strict):
    scaledownDelay: Duration
    deleteDelay: Duration


class WorkerDeploymentSpec(Strict):
    workerOptions: WorkerOptions
    rollout: Rollout
    sunset: Sunset
    template: Json


class WorkerResourceTemplateSpec(Strict):
    workerDeploymentRef: Reference
    template: Json


class SecretTarget(Strict):
    parameter: Literal["apiKey", "cert", "key", "keyPassword", "ca"]
    name: Name
    key: str


class TriggerAuthenticationSpec(Strict):
    secretTargetRef: list[SecretTarget]


class TemporalTrigger(Strict):
    endpoint: Address
    namespace: str
    taskQueue: str
    queueTypes: str
    targetQueueSize: Annotated[str, Field(pattern=r"^\d+$")]
    workerDeploymentName: str
    workerDeploymentBuildId: str


class Trigger(Strict):
    type: Literal["temporal"]
    metadata: TemporalTrigger
    authenticationRef: Reference


class ScaledObjectSpec(Strict):
    scaleTargetRef: Json
    minReplicaCount: Annotated[int, Field(ge=0)]
    maxReplicaCount: Annotated[int, Field(ge=1)]
    pollingInterval: int
    cooldownPeriod: int
    triggers: list[Trigger]
    advanced: Json


CUSTOM: dict[tuple[str, str], type[Strict]] = {
    ("temporal.io/v1alpha1", "Connection"): ConnectionSpec,
    ("temporal.io/v1alpha1", "WorkerDeployment"): WorkerDeploymentSpec,
    ("temporal.io/v1alpha1", "WorkerResourceTemplate"): WorkerResourceTemplateSpec,
    ("keda.sh/v1alpha1", "TriggerAuthentication"): TriggerAuthenticationSpec,
    ("keda.sh/v1alpha1", "ScaledObject"): ScaledObjectSpec,
}


def resources(manifest: Path) -> list[Json]:
    """Every resource of a file, and what the Worker Controller will make of those that are templates."""
    found: list[Json] = documents(manifest)
    return found + [made for resource in found for made in _made(resource)]


def _made(resource: Json) -> list[Json]:
    metadata = {key: resource["metadata"][key] for key in ("name", "namespace") if key in resource["metadata"]}
    match resource["kind"]:
        case "WorkerDeployment":
            template = resource["spec"]["template"]
            selector = {"matchLabels": template["metadata"]["labels"]}
            spec = {"selector": selector, "template": template}
            return [{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}]
        case "WorkerResourceTemplate":
            return [{"metadata": metadata} | resource["spec"]["template"]]
        case _:
            return []


def built_in(manifest: Path, folder: Path) -> list[Path]:
    """Kubernetes' own resources of a manifest, a file each."""
    own = [resource for resource in resources(manifest) if (resource["apiVersion"], resource["kind"]) not in CUSTOM]
    files = [folder / f"{number}.json" for number in range(len(own))]
    for file, resource in zip(files, own, strict=True):
        file.write_text(json.dumps(resource))
    return files


def check_custom(manifest: Path) -> None:
    """The other kinds, by the models above; raises ValidationError."""
    for resource in resources(manifest):
        model = CUSTOM.get((resource["apiVersion"], resource["kind"]))
        if model is not None:
            model.model_validate(resource["spec"])


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest.stem)
def test_a_manifest(manifest: Path, tmp_path: Path) -> None:
    check_custom(manifest)
    own = built_in(manifest, tmp_path)
    if own:
        passes(*STRICT, *own)


@pytest.mark.parametrize(
    ("file", "found", "planted", "part"),
    [
        ("worker.yaml", "readinessProbe:", "readynessProbe:", "readynessProbe"),
        ("worker.yaml", "containerPort: 9464", "containerPort: metrics", "containerPort"),
        ("autoscaling.yaml", "minAvailable: 1", "minimumAvailable: 1", "minimumAvailable"),
        ("network-policy.yaml", "policyTypes:", "policies:", "policies"),
        ("migration.yaml", "backoffLimit: 5", "backoffLimit: five", "backoffLimit"),
    ],
)
def test_kubernetes_validate_bites(tmp_path: Path, file: str, found: str, planted: str, part: str) -> None:
    manifest = spoilt(tmp_path, DEPLOY / "kubernetes" / file, found, planted)
    bites(part, *STRICT, *built_in(manifest, tmp_path))


@pytest.mark.parametrize(
    ("file", "found", "planted"),
    [
        ("worker.yaml", "rampPercentage: 50", "rampPercentage: 100"),
        ("worker.yaml", "connectionRef:", "connection:"),
        ("connection.yaml", "hostPort: ", "hostPort: https://"),
        ("autoscaling.yaml", "workerDeploymentRef:", "temporalWorkerDeploymentRef:"),
        ("autoscaling.yaml", 'targetQueueSize: "20"', 'targetQueueLength: "20"'),
        ("autoscaling.yaml", "parameter: apiKey", "parameter: apikey"),
    ],
)
def test_the_models_bite(tmp_path: Path, file: str, found: str, planted: str) -> None:
    with pytest.raises(ValidationError):
        check_custom(spoilt(tmp_path, DEPLOY / "kubernetes" / file, found, planted))


def test_what_one_manifest_names_another_has() -> None:
    everything = [resource for manifest in MANIFESTS for resource in documents(manifest)]
    names = {(resource["kind"], resource["metadata"]["name"]): resource for resource in everything}
    worker = names["WorkerDeployment", "worker"]
    assert ("Connection", worker["spec"]["workerOptions"]["connectionRef"]["name"]) in names
    assert ("ServiceAccount", worker["spec"]["template"]["spec"]["serviceAccountName"]) in names
    for resource in everything:
        if resource["kind"] == "WorkerResourceTemplate":
            assert resource["spec"]["workerDeploymentRef"]["name"] == "worker"
    metadata = worker["metadata"]
    [trigger] = names["WorkerResourceTemplate", "worker-autoscaling"]["spec"]["template"]["spec"]["triggers"]
    assert trigger["metadata"]["workerDeploymentName"] == f"{metadata['namespace']}/{metadata['name']}"
    assert trigger["metadata"]["endpoint"] == names["Connection", "temporal"]["spec"]["hostPort"]
    assert ("TriggerAuthentication", trigger["authenticationRef"]["name"]) in names
    policy = names["NetworkPolicy", "pairloom"]["spec"]
    labels = worker["spec"]["template"]["metadata"]["labels"]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()


def test_secrets_are_references_and_nobody_is_root() -> None:
    for manifest in MANIFESTS:
        assert "kind: Secret" not in manifest.read_text()
        for resource in resources(manifest):
            template = resource["spec"].get("template", {}) if resource["kind"] in ("Deployment", "Job") else {}
            for container in template.get("spec", {}).get("containers", []):
                assert all("valueFrom" in variable for variable in container["env"])
                assert container["securityContext"]["readOnlyRootFilesystem"]
                assert template["spec"]["securityContext"]["runAsNonRoot"]
