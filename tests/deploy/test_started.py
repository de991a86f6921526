"""The whole set of the compose file, started once as its containers are and used as people use it."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import pytest
from amqp import Message
from amqp.exceptions import AccessRefused
from kombu import Connection

from backend import topology
from tests.datasets import publish_awards
from tests.deploy.compose import SECRETS
from tests.deploy.started import Composed
from tools.stack.servers import PostgreSQL, Redis
from tools.stack.servers.nginx import Nginx, run_nginx

DATABASE = "composed"
SERVICES = ("web", "worker-housekeeping", "worker-interactive", "worker-bulk", "beat", "flower")
ROLES = ("web", "worker", "beat", "flower")
TASKS = "/api/v1/data-processing/tasks/"
PATIENCE_S = 60
SETTINGS = {"ANONYMOUS_ACCESS": "true", "REHEARSALS": "true"}
ADD_USER = """
import django
django.setup()
from django.contrib.auth.models import User
User.objects.create_user("ana", password="right")
"""
LEFT_TO_NGINX = ["security.W008", "security.W012", "security.W016"]
"""Whether HTTP is sent to HTTPS, and cookies only travel by it."""


@pytest.fixture(scope="module")
def composed(
    postgres: PostgreSQL, redis_server: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Composed]:
    """The tables are made, and there is a dataset; nothing runs."""
    addresses = {
        "DATABASE_URL": postgres.create_database(DATABASE),
        "CELERY_RESULT_BACKEND": redis_server.database_url(1),
    }
    composed = Composed(tmp_path_factory.mktemp("composed"), **addresses, **SETTINGS)
    with composed.broker:
        assert composed.run("migrate", composed.command("migrate")).returncode == 0
        publish_awards(composed.folder / "datasets")
        yield composed
        composed.broker.kill()
    postgres.drop_database(DATABASE)


@pytest.fixture(scope="module")
def started(composed: Composed) -> Iterator[Composed]:
    """Every service runs and is healthy."""
    with composed.running(*SERVICES):
        yield composed


@pytest.fixture(scope="module")
def site(started: Composed) -> Iterator[Nginx]:
    """The door of a plain start."""
    web, flower, exports = started.url("3200"), started.url("5555"), started.folder / "exports"
    with run_nginx(started.folder / "plain", web=web, flower=flower, exports=exports) as nginx:
        yield nginx


@pytest.fixture(scope="module")
def edge(started: Composed) -> Iterator[Nginx]:
    """The door of a public site."""
    with run_nginx(started.folder / "edge", web=started.url("3200"), edge=True) as nginx:
        yield nginx


def test_health_checks_fail_where_nothing_runs(composed: Composed) -> None:
    each_kind = ("web", "worker-housekeeping", "worker-bulk", "flower")
    assert [name for name in each_kind if composed.is_healthy(name)] == []


def test_django_complains_of_nothing_that_nginx_does_not_do(composed: Composed) -> None:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    told = composed.run("web", command).stderr
    assert sorted(part.split(")")[0] for part in told.split("?: (")[1:]) == LEFT_TO_NGINX


def test_service_can_change_nothing_but_its_data(started: Composed) -> None:
    if not started.is_contained:
        pytest.skip("this user may not make a mount namespace here")
    assert started.run("web", ["touch", "manage.py"]).returncode != 0
    assert started.run("web", ["touch", f"{started.folder}/exports/proof"]).returncode == 0


def test_migration_does_no_harm_while_all_runs(started: Composed) -> None:
    assert started.run("migrate", started.command("migrate")).returncode == 0


def test_doctor_finds_nothing_but_how_the_test_differs(started: Composed) -> None:
    told = started.run("worker-bulk", [sys.executable, "manage.py", "doctor", "--json"])
    found = json.loads(told.stdout)
    errors = [one["text"] for one in found if one["level"] == "error"]
    assert [text for text in errors if "a power cut loses tasks" not in text] == [], (
        "the tests' PostgreSQL may"
    )
    warned = {one["about"] for one in found if one["level"] == "warning"}
    assert warned == {"settings"}, "what is left to nginx"
    well = [one["text"] for one in found if one["about"] == "workers"]
    assert [text.split()[0] for text in well] == ["housekeeping:", "interactive:", "bulk:", "all"]


def test_backup_is_made_while_all_runs(started: Composed) -> None:
    told = started.run("backup", started.command("backup"))
    assert told.returncode == 0, told.stderr
    (backup,) = (started.folder / "backups").iterdir()
    assert (backup / "manifest.json").is_file()


def test_file_comes_of_a_request_and_is_sent_by_nginx(site: Nginx, export: str, visitor: Visitor) -> None:
    path = f"/api/v1/data-processing/exports/{export}/"
    described = visitor.ask(path)
    status, headers, content = site.fetch(f"{path}download/", cookies=visitor.cookies)
    assert (status, hashlib.sha256(content).hexdigest()) == (200, described["sha256"])
    assert content.count(b"Flood control along river") == 30
    assert described["sha256"] not in headers["ETag"], "nginx gives its own, the web container the checksum"


def test_events_come_when_they_are_sent(site: Nginx, visitor: Visitor) -> None:
    """Nobody keeps them until there are more: this task does not end while the test listens."""
    task_id = visitor.ask(f"{TASKS}rehearsal/", {"steps": 10_000})["task_id"]
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in visitor.cookies.items())
    request = f"GET {TASKS}{task_id}/events/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n"
    assert "rehearsing" in site.speak(request, until="rehearsing")
    visitor.ask(f"{TASKS}cancel/", {"task_id": task_id})


def test_page_of_rabbitmq_shows_the_queues(started: Composed) -> None:
    rabbitmq = started.broker
    queues = read_json(f"{rabbitmq.management_url}/api/queues", rabbitmq.user, rabbitmq.password)
    found = {queue["name"]: queue.get("type") for queue in queues}
    expected = {name for queue in topology.QUEUES for name in (queue, f"{queue}.dead")}
    assert {name for name, kind in found.items() if kind == "quorum"} == expected
    with urllib.request.urlopen(f"http://127.0.0.1:{rabbitmq.prometheus_port}/metrics") as answer:
        assert b"rabbitmq_queue_messages_ready" in answer.read()


def test_broker_has_a_user_of_each_role_and_no_guest(started: Composed) -> None:
    users = read_json(f"{started.broker.management_url}/api/users", "admin", started.broker.password)
    assert {user["name"]: user["tags"] for user in users} == {
        "admin": ["administrator"],
        **{role: [] for role in ROLES},
    }


@pytest.mark.parametrize(
    ("role", "act"),
    [
        ("web", lambda channel: channel.basic_get("high")),
        ("web", lambda channel: channel.queue_delete("high")),
        ("web", lambda channel: channel.queue_declare("mine")),
        ("beat", lambda channel: channel.basic_get("critical")),
        ("beat", lambda channel: channel.queue_declare("mine")),
        ("flower", lambda channel: channel.basic_get("high")),
        ("flower", lambda channel: channel.basic_publish_confirm(Message("x"), "tasks", "high")),
        ("flower", lambda channel: channel.basic_publish_confirm(Message("x"), "", "high")),
        ("worker", lambda channel: channel.queue_declare("mine")),
    ],
)
def test_role_may_do_nothing_that_is_not_its_own(
    started: Composed, role: str, act: Callable[[Any], object]
) -> None:
    password = SECRETS[f"RABBITMQ_{role.upper()}_PASSWORD"]
    with Connection(f"amqp://{role}:{password}@{started.broker.address}//") as connection:
        channel: Any = connection.channel()
        with pytest.raises(AccessRefused):
            act(channel)


def test_flower_shows_the_tasks_to_who_has_the_password(site: Nginx, export: str) -> None:
    def fetch(path: str, password: str, method: str = "GET") -> tuple[int, bytes]:
        signed_in = basic("admin", password) if password else {}
        return site.fetch(f"{site.other_url}{path}", method, headers=signed_in)[::2]

    password = SECRETS["FLOWER_PASSWORD"]
    wait_until(lambda: export.encode() in fetch("/api/tasks", password)[1])
    assert fetch("/workers", password)[0] == 200
    assert fetch("/workers", "guessed")[0] == fetch("/workers", "")[0] == 401
    assert fetch("/api/worker/shutdown/w", password, "POST")[0] in (403, 405), "it is for looking only"
    for path in ("/metrics", "//metrics", "/%6Detrics", "/metrics?a=1", "/x/../metrics"):
        assert fetch(path, "")[0] in (401, 404), "which Flower itself gives to anybody"


def test_edge_is_the_site_by_https(edge: Nginx, started: Composed) -> None:
    run = started.run("web", [sys.executable, "-c", ADD_USER])
    assert run.returncode == 0, run.stderr
    status, headers, _ = edge.fetch("/login/")
    assert (status, headers["Strict-Transport-Security"]) == (200, "max-age=31536000")
    assert edge.fetch("/", headers={"Host": "elsewhere.example"})[0] == 400, "a host that is not allowed"
    cookies = SimpleCookie(headers["Set-Cookie"])
    token = cookies["csrftoken"].value
    form = urlencode({"username": "ana", "password": "right", "csrfmiddlewaretoken": token}).encode()
    origin = {"Origin": edge.url, "Referer": f"{edge.url}/login/"}
    status, headers, _ = edge.fetch("/login/", "POST", body=form, cookies=cookies, headers=origin)
    assert (status, headers["Location"]) == (302, "/")
    for cookie in headers.get_all("Set-Cookie"):
        assert SimpleCookie(cookie).popitem()[1]["secure"]


class Visitor:
    """Who asks the API through a door of the site, with the cookie that it gives."""

    def __init__(self, site: Nginx) -> None:
        self._site = site
        self.cookies: SimpleCookie = SimpleCookie()

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON of a GET, or with a body of a POST, that is granted."""
        sent, method = (None, "GET") if body is None else (json.dumps(body).encode(), "POST")
        named = {"Content-Type": "application/json"}
        status, headers, answer = self._site.fetch(
            path, method, body=sent, cookies=self.cookies, headers=named
        )
        assert status < 300, answer
        for cookie in headers.get_all("Set-Cookie") or ():
            self.cookies.load(cookie)
        return json.loads(answer)


@pytest.fixture(scope="module")
def visitor(site: Nginx) -> Visitor:
    return Visitor(site)


@pytest.fixture(scope="module")
def export(visitor: Visitor) -> str:
    """A finished export of the visitor: its id."""
    task_id: str = visitor.ask(f"{TASKS}export/", {"format": "csv"})["task_id"]
    wait_until(lambda: visitor.ask(f"{TASKS}status/?task_id={task_id}")["successful"])
    return task_id


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def read_json(url: str, user: str, password: str) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers=basic(user, password))) as answer:
        return json.load(answer)
