"""Each service's command line and health check from the compose file, run on this machine."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode

import psycopg
import pytest

from tests.deploy.compose import ROOT, SECRETS, read_config
from tests.nginx import run_nginx
from tools.stack.children import kill_group, read_tail, spawn, stop_child, unmeasured, wait_until
from tools.stack.ports import pick_port
from tools.stack.servers import Servers

DATABASE = "composed"
SUBMIT = """
import os, uuid
from django.contrib.auth.models import User
from django.urls import reverse
from data_processing.lifecycle.runs import insertion, window
from data_processing.kinds.registry import KINDS
user = User.objects.create_user(os.environ["USER_NAME"], password=os.environ["USER_PASSWORD"])
limits = window.OwnerLimits(unfinished=9, window=9, window_queues=frozenset())
run, _ = insertion.submit(
    kind="search", owner=f"user:{user.pk}",
    request=KINDS["search"].request().to_json(), request_key=uuid.uuid4().hex,
    dataset_version="v", queue="high", publish_in_s=3600, limits=limits,
)
print(reverse("task-events", args=[run.id]))
"""
TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'django_celery_beat_periodictask'"


class Composed:
    """The compose file's services on this machine's servers."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        self._services = read_config("docker-compose.yml")["services"]
        self._servers = servers
        self._folder = folder
        self._ports = {"3200": str(pick_port()), "5555": str(pick_port())}

    def environment(self, name: str) -> dict[str, str]:
        """The service's own variables, with addresses of this machine's servers."""
        here = {**self._servers.environment(database=DATABASE), "DATA_DIR": str(self._folder)}
        given = self._services[name]["environment"]
        # Without a value it is passed on from the shell or .env, which here set none of them.
        declared = {key: str(text) for key, text in given.items() if text is not None}
        assert set(here) <= set(declared)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**unmeasured(), **declared, **here, "PATH": path, "HOSTNAME": socket.gethostname()}

    def url(self, port: str) -> str:
        return f"http://127.0.0.1:{self._ports[port]}"

    def translate(self, words: Sequence[str]) -> list[str]:
        """A command line with the ports and the address of this machine."""
        translated = []
        for word in words:
            for port, free in self._ports.items():
                word = word.replace(port, free)
            translated.append(word.replace("0.0.0.0", "127.0.0.1").replace("$$", "$"))
        return translated

    def command(self, name: str) -> list[str]:
        return self.translate(self._services[name]["command"])

    def health_check(self, name: str) -> list[str]:
        kind, *words = self._services[name]["healthcheck"]["test"]
        return ["sh", "-c", *words] if kind == "CMD-SHELL" else words

    def submit(self, *, name: str, password: str) -> str:
        """A new user's task that nobody works at: the path of its events."""
        command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", SUBMIT]
        environment = {**self.environment("web"), "USER_NAME": name, "USER_PASSWORD": password}
        run = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True)
        return run.stdout.strip()

    def is_healthy(self, name: str) -> bool:
        """Run the service's health check once."""
        argv = self.translate(self.health_check(name))
        check = subprocess.run(
            argv, env=self.environment(name), cwd=ROOT, capture_output=True, check=False, timeout=60
        )
        return check.returncode == 0

    @contextmanager
    def running(self, name: str, *, when: str = "") -> Iterator[None]:
        """The service: up by its own health check inside the block, ended by SIGTERM after it.

        A check that takes seconds is not tried before the log says `when`.
        """
        log = self._folder / f"{name}.log"
        with log.open("ab") as output:
            child = spawn(self.command(name), environment=self.environment(name), folder=ROOT, output=output)
        try:
            wait_until(
                lambda: when in log.read_text() and self.is_healthy(name),
                child=child,
                name=name,
                within_s=90,
                log=log,
            )
            yield
        finally:
            status = stop_child(child, within_s=45)
        assert status in (0, -15), read_tail(log)


@pytest.fixture(scope="module")
def composed(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    servers.postgres.create_database(DATABASE)
    composed = Composed(servers, tmp_path_factory.mktemp("composed"))
    subprocess.run(
        composed.command("migrate"), env=composed.environment("migrate"), cwd=ROOT, check=True, timeout=120
    )
    yield composed
    servers.postgres.drop_database(DATABASE)


def get_status(url: str, headers: Mapping[str, str] | None = None) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers or {}))) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_migrate_makes_the_tables_and_can_be_repeated(composed: Composed, servers: Servers) -> None:
    again = subprocess.run(
        composed.command("migrate"), env=composed.environment("migrate"), cwd=ROOT, check=False, timeout=120
    )
    assert again.returncode == 0
    with psycopg.connect(servers.postgres.database_url(DATABASE)) as connection:
        assert connection.execute(TABLES).fetchone() == (1,)


def test_no_check_of_django_complains_of_the_settings_of_production(composed: Composed) -> None:
    check = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    run = subprocess.run(check, env=composed.environment("web"), cwd=ROOT, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()


def test_web_checks_healthy_and_sends_all_else_to_https(composed: Composed) -> None:
    with composed.running("web"):
        assert get_status(f"{composed.url('3200')}/health/live") == 200
        with pytest.raises(URLError, match="SSL"):
            get_status(f"{composed.url('3200')}/")
    assert not composed.is_healthy("web")


def test_site_is_behind_nginx_by_https(composed: Composed, tmp_path: Path) -> None:
    events = composed.submit(name="ana", password="right")
    with composed.running("web"), run_nginx(tmp_path / "nginx", web=composed.url("3200")) as nginx:
        check = [word.replace("3200", str(nginx.port)) for word in composed.health_check("nginx")]
        assert subprocess.run(check, capture_output=True, check=False).returncode == 0
        status, headers, _ = nginx.fetch("/login/")
        assert (status, headers["Strict-Transport-Security"]) == (200, "max-age=31536000")
        # A host that is not allowed gets nothing.
        assert nginx.fetch("/", headers={"Host": "elsewhere.example"})[0] == 400
        cookies = SimpleCookie(headers["Set-Cookie"])
        assert cookies["csrftoken"]["secure"]
        token = cookies["csrftoken"].value
        form = urlencode({"username": "ana", "password": "right", "csrfmiddlewaretoken": token}).encode()
        origin = {"Origin": nginx.url, "Referer": f"{nginx.url}/login/"}
        status, headers, _ = nginx.fetch("/login/", "POST", body=form, cookies=cookies, headers=origin)
        assert (status, headers["Location"]) == (302, "/")
        for cookie in headers.get_all("Set-Cookie"):
            cookies.load(cookie)
        assert cookies["sessionid"]["secure"]
        cookie = f"Cookie: sessionid={cookies['sessionid'].value}"
        request = f"GET {events} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{cookie}\r\n\r\n"
        # They come when they are sent: nobody works at the task, so the stream does not end.
        assert "PENDING" in nginx.speak(request, until="PENDING")
    assert subprocess.run(check, capture_output=True, check=False).returncode != 0


def test_certificate_is_made_once(tmp_path: Path) -> None:
    make = ["sh", str(ROOT / "deploy" / "certificate.sh"), str(tmp_path)]
    subprocess.run(make, check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(made) == {"certificate.pem", "key.pem"}
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    subprocess.run(make, check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == made


def test_redis_wants_its_password_and_its_health_check_has_it(composed: Composed, tmp_path: Path) -> None:
    port = str(pick_port())
    command = [*composed.command("redis"), "--port", port, "--dir", str(tmp_path)]
    program, *rest = composed.health_check("redis")
    check = [program, "-p", port, *rest]

    def is_healthy(**environment: str) -> bool:
        return not subprocess.run(
            check, env={**os.environ, **environment}, capture_output=True, check=False
        ).returncode

    with (tmp_path / "log").open("ab") as output:
        child = spawn(command, environment=os.environ, folder=tmp_path, output=output)
    try:
        password = {"REDISCLI_AUTH": SECRETS["REDIS_PASSWORD"]}
        wait_until(
            lambda: is_healthy(**password), child=child, name="redis", within_s=20, log=tmp_path / "log"
        )
        assert not is_healthy()
        assert not is_healthy(REDISCLI_AUTH="guessed")
    finally:
        kill_group(child)


@pytest.mark.parametrize("lane", ["worker-interactive", "worker-bulk"])
def test_worker_lane_answers_its_health_check(composed: Composed, lane: str) -> None:
    with composed.running(lane, when=" ready."):
        pass


def test_health_check_of_a_worker_fails_without_the_worker(composed: Composed) -> None:
    assert not composed.is_healthy("worker-bulk")


def test_housekeeping_and_beat_are_healthy_once_they_have_an_effect(composed: Composed) -> None:
    assert not composed.is_healthy("worker-housekeeping")
    with composed.running("worker-housekeeping"):
        assert not composed.is_healthy("beat")
        with composed.running("beat"):
            pass


def test_flower_shows_nothing_without_its_password(composed: Composed, tmp_path: Path) -> None:
    flower = composed.url("5555")
    with composed.running("flower"), run_nginx(tmp_path / "nginx", web=flower, flower=flower) as nginx:
        page = f"{nginx.flower_url}/workers"
        assert get_status(page) == 401
        assert get_status(page, _basic("admin", SECRETS["FLOWER_PASSWORD"])) == 200
        assert get_status(page, _basic("admin", "guessed")) == 401
        # Flower itself gives its figures to anybody.
        assert get_status(f"{flower}/metrics") == 200
        for path in ("/metrics", "//metrics", "/%6Detrics", "/metrics?a=1", "/x/../metrics"):
            assert get_status(nginx.flower_url + path) in (401, 404)


def _basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}
