"""The Helm chart as `helm template` renders it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.compose import ROOT

CHART = ROOT / "deploy" / "helm"
HELM = shutil.which("helm") or str(ROOT / ".venv" / "bin" / "helm")
RELEASE = "explorer"
SECRET = "the-secret"
PEER = {"podSelector": {"matchLabels": {"app": "peer"}}}
Values = Mapping[str, Any]
PLAIN: Values = {"secret": {"name": SECRET}}
"""The least that an installation says."""
FULL: Values = {
    "settings": {"ANONYMOUS_ACCESS": "true", "OWNER_WINDOW": "3", "DATABASE_CA_FILE": "/authorities/ca.pem"},
    "secret": {"name": SECRET, "authoritiesConfigMap": "authorities"},
    "image": {"digest": f"sha256:{'0' * 64}", "pullSecrets": [{"name": "registry"}]},
    "flower": {"enabled": True},
    "raw": {"existingClaim": "raw"},
    "backup": {"enabled": True, "existingClaim": "backups"},
    "ingress": {"enabled": True, "className": "nginx", "annotations": {"a/b": "c"}, "tlsSecret": "tls"},
    "keda": {"enabled": True},
    "datasets": {"storageClass": "nfs"},
    "network": {
        "postgresql": {"to": [{"ipBlock": {"cidr": "10.0.0.8/32"}}]},
        "rabbitmq": {"port": 5671, "to": [PEER]},
        "redis": {"to": [PEER]},
        "moreEgress": [{"ports": [{"port": 443, "protocol": "TCP"}]}],
    },
    "serviceAccountName": "explorer",
    "podAnnotations": {"a/b": "c"},
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "data", "operator": "Exists"}],
}
"""Every option."""
ELSEWHERE: Values = {
    **PLAIN,
    "https": False,
    "settings": {"EXPORT_S3_BUCKET": "exports"},
    "exports": {"shared": False},
    "datasets": {"existingClaim": "mine"},
    "ingress": {"enabled": True},
    "network": {"enabled": False},
}
"""What is switched off, or brought along."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One object, and the template that it comes from."""

    template: str
    content: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.content["kind"])

    @property
    def name(self) -> str:
        return str(self.content["metadata"]["name"])


class Chart:
    """All objects of one installation."""

    def __init__(self, manifests: list[Manifest]) -> None:
        self.manifests = manifests

    def of_kind(self, kind: str) -> dict[str, Any]:
        """Their contents by name."""
        return {each.name: each.content for each in self.manifests if each.kind == kind}

    def pods(self) -> dict[str, Any]:
        """The templates of pods by component."""
        templates = [pod for each in self.manifests if (pod := _pod_of(each.content)) is not None]
        return {pod["metadata"]["labels"]["app.kubernetes.io/component"]: pod for pod in templates}

    def containers(self) -> dict[str, Any]:
        """The one container of each component."""
        return {component: _only(pod["spec"]["containers"]) for component, pod in self.pods().items()}


def _pod_of(content: Mapping[str, Any]) -> Any:
    spec = content.get("spec", {})
    return spec.get("jobTemplate", {}).get("spec", {}).get("template") or spec.get("template")


def _only(found: list[Any]) -> Any:
    (one,) = found
    return one


def run_helm(*arguments: str, values: Values) -> subprocess.CompletedProcess[str]:
    """A command of helm that takes values, from its standard input."""
    command = [HELM, *arguments, "--values", "-"]
    return subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)


def render(values: Values = PLAIN, *, release: str = RELEASE) -> Chart:
    return Chart(list(_read(_render(json.dumps(values), release))))


@cache
def _render(values: str, release: str) -> str:
    arguments = ("template", release, str(CHART), "--namespace", "apps")
    run = run_helm(*arguments, values=json.loads(values))
    assert run.returncode == 0, run.stderr
    return run.stdout


def _read(rendered: str) -> Iterator[Manifest]:
    for document in re.split(r"^---$", rendered, flags=re.MULTILINE):
        if content := yaml.load(document, Loader=yaml.CSafeLoader):
            (source,) = set(re.findall(r"^# Source: [^/]+/templates/(\S+)$", document, re.MULTILINE))
            yield Manifest(template=source, content=content)


def variables(container: Mapping[str, Any]) -> dict[str, str]:
    """Those whose values are written down, by name."""
    return {each["name"]: each["value"] for each in container["env"] if "value" in each}


def secrets(container: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Those that come from a Secret: its key and whether it may be missing, by name."""
    chosen = {each["name"]: each["valueFrom"] for each in container["env"] if "valueFrom" in each}
    assert all(set(source) == {"secretKeyRef"} for source in chosen.values())
    return {name: source["secretKeyRef"] for name, source in chosen.items()}


def selects(selector: Mapping[str, Any], pod: Mapping[str, Any]) -> bool:
    """Whether a selector of labels matches the pod."""
    labels = pod["metadata"]["labels"]
    wanted = selector.get("matchLabels", {})
    among = {each["key"]: each["values"] for each in selector.get("matchExpressions", [])}
    assert all(each["operator"] == "In" for each in selector.get("matchExpressions", []))
    return wanted.items() <= labels.items() and all(
        labels.get(key) in values for key, values in among.items()
    )


def list_templates() -> list[Path]:
    """The templates that make objects."""
    return sorted((CHART / "templates").glob("*.yaml"))
