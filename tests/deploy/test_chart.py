"""The Helm chart fits the schemas of Kubernetes, says what the compose file says, and holds together."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from django.conf import settings

from backend.server import STOP_WITHIN_S
from tests.deploy.chart import (
    CHART,
    ELSEWHERE,
    FULL,
    PLAIN,
    SECRET,
    Chart,
    Values,
    list_templates,
    render,
    run_helm,
    secrets,
    selects,
    variables,
)
from tests.deploy.compose import ROOT, read_config
from tests.deploy.keda import SCHEMAS
from tests.docs.test_reference import OF_OTHERS, list_documented

OPTIONS = {"plain": PLAIN, "full": FULL, "elsewhere": ELSEWHERE}
VERSIONS = ("1.27", kubernetes_validate.latest_version())
"""The oldest that Chart.yaml allows, and the newest."""
WORKERS = ("worker-housekeeping", "worker-interactive", "worker-bulk")
LASTING = {"web", "beat", *WORKERS}
SEES_DATA = {"web", *WORKERS}
OF_CELERY = {"REMAP_SIGTERM", "FLOWER_BASIC_AUTH"}
"""Read by Celery's and Flower's own code."""


@pytest.fixture(scope="module")
def plain() -> Chart:
    return render()


@pytest.fixture(scope="module")
def full() -> Chart:
    return render(FULL)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = read_config("docker-compose.yml", profiles=("backup",))["services"]
    return found


@pytest.mark.parametrize("values", OPTIONS.values(), ids=OPTIONS)
def test_every_object_fits_the_schemas(values: Values) -> None:
    for manifest in render(values).manifests:
        if schema := SCHEMAS.get(manifest.kind):
            jsonschema.validate(manifest.content, schema)
            continue
        for version in VERSIONS:
            kubernetes_validate.validate(manifest.content, version, strict=True)


def test_helm_finds_nothing_to_say_of_the_chart() -> None:
    linted = run_helm("lint", "--strict", str(CHART), values=FULL)
    assert linted.returncode == 0, linted.stdout
    assert "[WARNING]" not in linted.stdout


def test_every_template_makes_something(full: Chart) -> None:
    made = {manifest.template for manifest in full.manifests}
    assert made == {path.name for path in list_templates()}


def test_chart_starts_the_version_that_it_lies_beside(plain: Chart, services: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["version"] == chart["appVersion"] == project["version"]
    assert {container["image"] for container in plain.containers().values()} == {services["web"]["image"]}


def test_image_may_be_pinned_to_its_bytes(full: Chart) -> None:
    assert {each["image"] for each in full.containers().values()} == {f"philgeps-explorer@sha256:{'0' * 64}"}


def test_each_process_is_started_as_its_container_of_compose(full: Chart, services: dict[str, Any]) -> None:
    containers = full.containers()
    assert set(containers) == LASTING | {"flower", "migrate", "backup"}
    for component, container in containers.items():
        assert container["command"] == services[component]["command"], component
        chosen, composed = variables(container), services[component]["environment"]
        for name in {"REMAP_SIGTERM", "DATABASE_POOL_SIZE", "PROXIES", "SECURE_PROXY_SSL_HEADER"} & set(
            chosen
        ):
            assert chosen[name] == composed[name], (component, name)


def test_each_process_is_asked_as_its_container_of_compose(full: Chart, services: dict[str, Any]) -> None:
    for component in {*WORKERS, "beat"}:
        kind, *words = services[component]["healthcheck"]["test"]
        asked = ["sh", "-c", words[0].replace("$$", "$")] if kind == "CMD-SHELL" else words
        for probe in ("startupProbe", "readinessProbe"):
            assert full.containers()[component][probe]["exec"]["command"] == asked
    for component in ("web", "flower"):
        (url,) = re.findall(r"http://127\.0\.0\.1:(\d+)(/[a-z/]+)", str(services[component]["healthcheck"]))
        container = full.containers()[component]
        ports = {port["name"]: str(port["containerPort"]) for port in container["ports"]}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            get = container[probe]["httpGet"]
            assert (ports[get["port"]], get["path"]) == url


def test_web_is_asked_by_a_name_that_it_answers(plain: Chart) -> None:
    web = plain.containers()["web"]
    (host,) = web["livenessProbe"]["httpGet"]["httpHeaders"]
    allowed = variables(web)["ALLOWED_HOSTS"].split(",")
    assert {host["value"], "explorer.example", "explorer-web", "explorer-web.apps.svc"} <= set(allowed)


def test_no_outage_of_a_server_restarts_a_pod_at_its_work(plain: Chart) -> None:
    containers = plain.containers()
    # An export takes hours and needs no broker; its worker would be silent without one.
    assert "livenessProbe" not in containers["worker-bulk"]
    for component in LASTING - {"web", "worker-bulk"}:
        probe = containers[component]["livenessProbe"]
        assert probe["periodSeconds"] * probe["failureThreshold"] >= 600
    assert containers["web"]["livenessProbe"]["httpGet"]["path"] == "/health/live"


def test_every_pod_is_bounded(full: Chart) -> None:
    (user,) = re.findall(r"useradd --uid (\d+)", (ROOT / "deploy" / "Dockerfile").read_text())
    for component, pod in full.pods().items():
        spec, container = pod["spec"], full.containers()[component]
        whole = spec["securityContext"]
        assert whole["runAsNonRoot"] is True
        assert {whole["runAsUser"], whole["runAsGroup"], whole["fsGroup"]} == {int(user)}
        assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}
        assert {mount["mountPath"] for mount in container["volumeMounts"]} >= {"/tmp"}


def test_memory_is_what_containers_of_compose_may_take(full: Chart, services: dict[str, Any]) -> None:
    for component, container in full.containers().items():
        limit = container["resources"]["limits"]["memory"]
        assert limit.removesuffix("i").lower() == services[component]["mem_limit"], component


@pytest.mark.parametrize("seconds", [1, 20, 3600])
def test_worker_has_more_time_to_end_than_its_work(seconds: int) -> None:
    workers = {lane.removeprefix("worker-"): {"shutdownSeconds": seconds} for lane in WORKERS}
    chart = render({**PLAIN, "workers": workers})
    for component in WORKERS:
        assert variables(chart.containers()[component])["SHUTDOWN_TIMEOUT_S"] == str(seconds)
        # After its soft shutdown a worker hands back what is left, which takes a moment.
        assert chart.pods()[component]["spec"]["terminationGracePeriodSeconds"] >= seconds + 15


def test_web_has_more_time_to_end_than_its_answers(plain: Chart) -> None:
    command = plain.containers()["web"]["lifecycle"]["preStop"]["exec"]["command"]
    assert command[0] == "sleep"
    grace = plain.pods()["web"]["spec"]["terminationGracePeriodSeconds"]
    assert grace > int(command[1]) + STOP_WITHIN_S


def test_selectors_choose_the_pods_that_they_are_for(full: Chart) -> None:
    pods = full.pods()
    for name, deployment in full.of_kind("Deployment").items():
        chosen = [each for each, pod in pods.items() if selects(deployment["spec"]["selector"], pod)]
        assert [f"explorer-{component}" for component in chosen] == [name]
    for name, service in full.of_kind("Service").items():
        labels = {"matchLabels": service["spec"]["selector"]}
        (component,) = [each for each, pod in pods.items() if selects(labels, pod)]
        assert f"explorer-{component}" == name
        ports = {port["name"]: port["containerPort"] for port in full.containers()[component]["ports"]}
        assert {port["targetPort"]: port["port"] for port in service["spec"]["ports"]} == ports
    budgets = full.of_kind("PodDisruptionBudget").values()
    guarded = [
        each for budget in budgets for each, pod in pods.items() if selects(budget["spec"]["selector"], pod)
    ]
    assert sorted(guarded) == sorted(SEES_DATA)
    assert all(budget["spec"]["maxUnavailable"] == 1 for budget in budgets)


def test_ingress_leads_to_the_web_pods_by_https(full: Chart) -> None:
    (ingress,) = full.of_kind("Ingress").values()
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    backend = path["backend"]["service"]
    service = full.of_kind("Service")[backend["name"]]
    assert backend["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}
    assert ingress["spec"]["tls"] == [{"hosts": [rule["host"]], "secretName": "tls"}]
    given = variables(full.containers()["web"])
    assert (given["SECURE_COOKIES"], given["SECURE_SSL_REDIRECT"]) == ("true", "true")
    plainly = render(ELSEWHERE)
    assert variables(plainly.containers()["web"])["SECURE_COOKIES"] == "false"
    assert "tls" not in plainly.of_kind("Ingress")["explorer"]["spec"]


@pytest.mark.parametrize("values", OPTIONS.values(), ids=OPTIONS)
def test_every_mount_has_its_volume(values: Values) -> None:
    chart = render(values)
    brought = {"raw", "backups", "mine"}
    for component, pod in chart.pods().items():
        mounts = chart.containers()[component]["volumeMounts"]
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        assert {mount["name"] for mount in mounts} == set(volumes)
        claims = {
            volume["persistentVolumeClaim"]["claimName"]
            for volume in volumes.values()
            if "persistentVolumeClaim" in volume
        }
        assert claims - brought <= set(chart.of_kind("PersistentVolumeClaim"))
        folders = {mount["mountPath"] for mount in mounts}
        if component in SEES_DATA:
            data = variables(chart.containers()[component])["DATA_DIR"]
            assert {f"{data}/datasets", f"{data}/exports"} <= folders


def test_claims_stay_when_the_chart_is_removed(plain: Chart) -> None:
    claims = plain.of_kind("PersistentVolumeClaim")
    assert set(claims) == {"explorer-datasets", "explorer-exports"}
    for claim in claims.values():
        assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_exports_in_a_bucket_need_no_shared_folder() -> None:
    chart = render(ELSEWHERE)
    assert chart.of_kind("PersistentVolumeClaim") == {}
    given = variables(chart.containers()["worker-bulk"])
    assert (given["EXPORT_FOLDER_SHARED"], given["EXPORT_S3_BUCKET"]) == ("false", "exports")


def test_every_variable_is_a_documented_setting(full: Chart) -> None:
    for container in full.containers().values():
        given = set(variables(container)) | set(secrets(container))
        assert given - OF_OTHERS - OF_CELERY <= list_documented()


def test_secrets_come_from_the_secret_alone(full: Chart) -> None:
    source = (ROOT / "backend" / "settings.py").read_text()
    read = set(re.findall(r'env\.secret\(\s*"(\w+)"', source))
    asked = {name for container in full.containers().values() for name in secrets(container)}
    assert asked == read | {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "FLOWER_BASIC_AUTH"}
    for container in full.containers().values():
        assert asked & set(variables(container)) == set()
        assert {chosen["name"] for chosen in secrets(container).values()} == {SECRET}
    assert {manifest.kind for manifest in full.manifests} & {"Secret", "ConfigMap"} == set()


def test_each_role_is_a_user_of_the_broker_with_its_own_rights(full: Chart, services: dict[str, Any]) -> None:
    for component, container in full.containers().items():
        (user,) = re.findall(r"amqp://(\w+):", services[component]["environment"]["CELERY_BROKER_URL"])
        assert secrets(container)["CELERY_BROKER_URL"]["key"] == f"CELERY_BROKER_URL.{user}"


def test_secrets_that_a_role_does_not_use_stay_away_from_it(full: Chart) -> None:
    addresses = {"SECRET_KEY", "DATABASE_URL", "CELERY_RESULT_BACKEND", "CELERY_BROKER_URL"}
    assert set(secrets(full.containers()["beat"])) == addresses
    assert set(secrets(full.containers()["flower"])) == addresses | {"FLOWER_BASIC_AUTH"}
    optional = {name for name, key in secrets(full.containers()["web"]).items() if key.get("optional")}
    assert set(secrets(full.containers()["web"])) - optional == addresses


def test_pods_reach_what_they_need_and_nothing_else(full: Chart) -> None:
    policies = full.of_kind("NetworkPolicy")
    closed = policies["explorer-nothing-else"]["spec"]
    assert closed.keys() == {"podSelector", "policyTypes"}
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    reached: dict[str, set[int]] = {}
    for component, pod in full.pods().items():
        assert selects(closed["podSelector"], pod)
        rules = [
            rule
            for policy in policies.values()
            for rule in policy["spec"].get("egress", [])
            if selects(policy["spec"]["podSelector"], pod)
        ]
        reached[component] = {port["port"] for rule in rules for port in rule["ports"]}
    dns, postgresql, rabbitmq, redis, more = {53}, {5432}, {5671}, {6379}, {443}
    assert reached == {
        **dict.fromkeys(SEES_DATA, frozenset(dns | postgresql | rabbitmq | redis | more)),
        "beat": dns | postgresql | rabbitmq,
        "flower": dns | rabbitmq,
        "migrate": dns | postgresql,
        "backup": dns | postgresql,
    }
    assert policies["explorer-postgresql"]["spec"]["egress"][0]["to"] == [
        {"ipBlock": {"cidr": "10.0.0.8/32"}}
    ]


def test_only_the_site_is_reached_from_elsewhere(full: Chart) -> None:
    policies = full.of_kind("NetworkPolicy").values()
    open_ = [policy["spec"] for policy in policies if policy["spec"].get("ingress")]
    (spec,) = open_
    assert [each for each, pod in full.pods().items() if selects(spec["podSelector"], pod)] == ["web"]
    (rule,) = spec["ingress"]
    ports = {port["name"] for port in full.containers()["web"]["ports"]}
    assert {port["port"] for port in rule["ports"]} == ports
    assert rule["from"], "and from there alone"


def test_migration_runs_before_everything_of_a_new_version(plain: Chart) -> None:
    job = plain.of_kind("Job")["explorer-migrate"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    # What a hook needs has to be there before the chart is.
    assert [volume for volume in plain.pods()["migrate"]["spec"]["volumes"] if "emptyDir" not in volume] == []
    assert "serviceAccountName" not in plain.pods()["migrate"]["spec"]


def test_names_of_pods_are_host_names_however_long_the_release_is_called() -> None:
    chart = render(PLAIN, release="a-release-with-a-name-that-takes-all-53-characters-xx")
    for name in chart.of_kind("Deployment"):
        assert len(f"{name}-{'h' * 10}-{'p' * 5}") <= 63
    workers = [each for each in chart.of_kind("Deployment") if "worker" in each]
    assert len(workers) == len(WORKERS)


REFUSED = {
    "secret.name": {},
    "settings.SECRET_KEY": {**PLAIN, "settings": {"SECRET_KEY": "x"}},
    "settings.CELERY_BROKER_URL": {**PLAIN, "settings": {"CELERY_BROKER_URL": "x"}},
    "settings.SHUTDOWN_TIMEOUT_S": {**PLAIN, "settings": {"SHUTDOWN_TIMEOUT_S": "60"}},
    "settings.EXPORT_S3_BUCKET": {**PLAIN, "exports": {"shared": False}},
    "ingress.tlsSecret": {**PLAIN, "ingress": {"enabled": True}},
    "backup.existingClaim": {**PLAIN, "backup": {"enabled": True}},
    "replica": {**PLAIN, "web": {"replica": 3}},
    "/keda/lanes/bulk/min": {**PLAIN, "keda": {"lanes": {"bulk": {"min": 0}}}},
}
"""What is wrong, to the values that are."""


@pytest.mark.parametrize("culprit", REFUSED)
def test_values_that_cannot_work_are_refused_by_name(culprit: str) -> None:
    refused = run_helm("template", "explorer", str(CHART), values=REFUSED[culprit])
    assert refused.returncode != 0
    assert culprit in refused.stderr


def test_every_lane_of_the_product_has_its_worker(plain: Chart) -> None:
    commands = [plain.containers()[component]["command"] for component in WORKERS]
    served = [queue for command in commands for queue in command[command.index("-Q") + 1].split(",")]
    assert sorted(served) == sorted(
        queue.name for queue in settings.CELERY_TASK_QUEUES if "dead" not in queue.name
    )


def test_values_of_the_guide_are_an_installation() -> None:
    guide = (ROOT / "docs" / "how-to" / "kubernetes.md").read_text()
    installed, scaled = (yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL))
    chart = render({**installed, **scaled})
    assert len(chart.of_kind("Ingress")) == 1
    assert len(chart.of_kind("ScaledObject")) == 2
    made = set(chart.of_kind("Deployment")) | {"explorer-flower", "explorer-backup", "explorer-migrate"}
    named = set(re.findall(r"\b(?:deployment|service|job|cronjob)/([a-z-]+)", guide))
    assert named <= made
    literal = re.findall(r"--from-literal=([A-Z_.a-z]+)=", guide)
    asked = {key["key"] for each in chart.containers().values() for key in secrets(each).values()}
    needed = {key for key in asked if key.startswith("CELERY_BROKER_URL")} | {"SECRET_KEY", "DATABASE_URL"}
    assert needed <= set(literal) <= asked | {"CELERY_BROKER_URL.flower"}
