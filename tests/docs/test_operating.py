"""The operations guide, taken from its page, run on a machine that was set up as the guide for that says."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from tests.docs.host import Host
from tests.docs.pages import HOW_TO, RUN, select
from tools.stack.children import spawn, stop_child
from tools.stack.client import TASKS, Client
from tools.stack.connection import NoAnswer
from tools.stack.polling import poll

PAGE = "operate.md"
WITHIN_S = 60
ELSEWHERE = (
    ".venv/bin/python manage.py doctor",
    ".venv/bin/python manage.py deadletters list",
    ".venv/bin/celery -A backend inspect active",
)
UNITS = (
    "explorer-web",
    "explorer-beat",
    "explorer-worker@housekeeping",
    "explorer-worker@interactive",
    "explorer-worker@bulk",
)
SEND_TO_REDIS = """
import django
django.setup()
from data_processing import datasets
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle import submission
kind = KINDS["search"]
wanted = kind.request.from_json({"filters": {"keywords": ["chairs"]}})
version = datasets.current_snapshot().version
print(submission.accept(kind, wanted, owner="shell", version=version, idempotency_key=None).run.id)
"""


class Visitor:
    """Who uses the site meanwhile."""

    def __init__(self, host: Host) -> None:
        self._url, self._cookie = host.url, ""

    def start(self, kind: str = "rehearsal", **body: Any) -> str:
        """A task: its id."""
        accepted = self._ask(lambda client: client.post(f"{TASKS}/{kind}/", body))
        return str(accepted["task_id"])

    def wait_for(self, task_id: str, *states: str) -> Mapping[str, Any]:
        """Its status in one of the states."""
        status = poll(lambda: self._look(task_id, states), within_s=WITHIN_S, every_s=0.2)
        assert status, f"{task_id} is not {' or '.join(states)}"
        return status

    def _look(self, task_id: str, states: Sequence[str]) -> Mapping[str, Any]:
        try:
            status = self._ask(lambda client: client.status(task_id))
        except NoAnswer:  # the web server is being started
            return {}
        return status if status["state"] in states else {}

    def _ask(self, act: Callable[[Client], Coroutine[Any, Any, Any]]) -> Mapping[str, Any]:
        async def ask() -> Mapping[str, Any]:
            client = Client(self._url, cookie=self._cookie)
            try:
                answer: Mapping[str, Any] = await act(client)
            finally:
                self._cookie = client.cookie
                client.close()
            return answer

        return asyncio.run(ask())


@pytest.fixture
def visitor(host: Host) -> Visitor:
    return Visitor(host)


def doctor(host: Host) -> Mapping[str, str]:
    """What is wrong: advice by text."""
    told = host.try_to_run(".venv/bin/python manage.py doctor --json").stdout
    return {one["text"]: one["advice"] for one in json.loads(told) if one["level"] == "error"}


def test_what_is_at_work_survives_stop_and_start(host: Host, visitor: Visitor) -> None:
    task = visitor.start(steps=60)
    visitor.wait_for(task, "STARTED", "PROGRESS")
    restart, drain = select(PAGE, section="Start, stop")
    assert host.run(restart.text).split() == ["active"] * len(UNITS)
    ended = visitor.wait_for(task, "SUCCESS")
    assert ended["meta"]["attempt"] > 1, "it was handed back and begun again"
    assert "empty" in host.run(drain.text)


def test_another_worker_joins_and_leaves(host: Host) -> None:
    (block,) = select(PAGE, section="Scale", mark="stays")
    log = host.folder / "another.log"
    with log.open("ab") as output:
        command = ["bash", "-c", f"exec {block.text}"]
        child = spawn(command, environment=host.environment, folder=host.folder, output=output)
    try:
        assert poll(lambda: "ready." in log.read_text(), within_s=WITHIN_S), log.read_text()
        assert re.search(r"bulk-2@\S+ ready\.", log.read_text())
        assert len(psutil.Process(child.pid).children()) == 4
    finally:
        assert stop_child(child, within_s=WITHIN_S) == 0


def test_looking_shows_how_it_stands(host: Host) -> None:
    (block,) = select(PAGE, section="Watch")
    told = host.run(block.text)
    assert "no error" in told
    assert '"status":"ok"' in told
    assert 'philgeps_unfinished_runs{queue="high",state="pending"} 0.0' in told


def test_dead_letters_are_listed_replayed_and_discarded(host: Host, visitor: Visitor) -> None:
    (block,) = select(PAGE, section="Dead letters")
    list_them, replay, discard = block.text.splitlines()
    task = visitor.start(fate="fail")
    visitor.wait_for(task, "FAILURE")
    assert f"attempts-used-up  rehearsal {task}" in host.run(list_them)
    assert "1 replay" in host.run(replay)
    visitor.wait_for(task, "FAILURE")
    assert "1 discard" in host.run(discard), "it has failed again"
    assert "0 dead letters" in host.run(list_them)


def list_looks() -> list[str]:
    """The commands of the table of symptoms that show what something is, but for those that other tests
    run."""
    _, _, rest = (HOW_TO / PAGE).read_text(encoding="utf-8").partition("\n## Troubleshoot by symptom\n")
    table, _, _ = rest.partition("\n## ")
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    found = {code for row in rows for code in re.findall(r"`([^`]+)`", row[2]) if " " in code}
    told = ("Out of", "import_contracts", *ELSEWHERE)
    return sorted(code for code in found if not code.startswith(told))


def test_commands_of_the_table_of_symptoms_look_and_change_nothing(host: Host) -> None:
    looks = list_looks()
    assert len(looks) > 9
    told = host.run(
        "set -a; . ./.env; set +a\n" + "\n".join(f"echo; echo '>>> {look}'; {look}" for look in looks)
    )
    said = dict(part.partition("\n")[::2] for part in told.split("\n>>> ")[1:])
    assert "PONG" in said['REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli ping']
    assert "critical" in said["sudo rabbitmqctl list_queues name messages consumers"]
    assert "worker" in said["sudo rabbitmqctl list_permissions"]


def test_symptoms_are_what_the_table_says(host: Host) -> None:
    request = urllib.request.Request(host.url, headers={"Host": "wrong.example"})
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(request)
    host.run("sudo systemctl stop explorer-worker@interactive")
    host.run("redis-cli -a $(sed -n 's/^REDIS_PASSWORD=//p' .env) config set maxmemory-policy allkeys-lru")
    found = doctor(host)
    assert "there is none of the lane interactive" in found
    assert "its maxmemory-policy is allkeys-lru: when it is full, results and limits go" in found
    host.run("redis-cli -a $(sed -n 's/^REDIS_PASSWORD=//p' .env) config set maxmemory-policy noeviction")
    host.run("sudo systemctl start explorer-worker@interactive")


def test_backup_comes_back_and_a_broker_is_changed_without_draining(host: Host, visitor: Visitor) -> None:
    before = visitor.start(number=1)
    visitor.wait_for(before, "SUCCESS")
    backup, restore = select(PAGE, section="Back up")
    assert "The backup is backups/explorer-" in host.run(backup.text)
    after = visitor.start(number=2)
    visitor.wait_for(after, "SUCCESS")
    stop, bring_back, start = restore.text.splitlines()
    host.run(stop)
    assert "Restored: the database of" in host.run(bring_back)
    migrated = move_from_redis(host)
    host.run(start)
    with psycopg.connect(host.secret("DATABASE_URL")) as connection:

        def list_runs() -> dict[str, str]:
            rows = connection.execute("SELECT id::text, state FROM data_processing_taskrun").fetchall()
            connection.rollback()
            return dict(rows)

        assert before in list_runs()
        assert after not in list_runs(), "it was started after the backup"
        assert poll(lambda: list_runs()[migrated] == "SUCCESS", within_s=WITHIN_S), list_runs()


def move_from_redis(host: Host) -> str:
    """Let a Redis be the broker, accept a task, and change the broker as the guide for that says: the task,
    whose message is in Redis."""
    broker = host.secret("CELERY_RESULT_BACKEND").removesuffix("1") + "5"
    host.run(f"sed -i 's#^CELERY_BROKER_URL=.*#CELERY_BROKER_URL={broker}#' .env")
    accept = f"DJANGO_SETTINGS_MODULE=backend.settings .venv/bin/python -c '{SEND_TO_REDIS}'"
    migrated = host.run(accept).strip()
    host.follow("migrate.md")
    assert host.secret("CELERY_BROKER_URL").startswith("amqp://worker:")
    return migrated


def test_secrets_are_changed_and_the_program_upgraded(host: Host, visitor: Visitor) -> None:
    """With one restart, which ends both."""
    *changes, restart = select(PAGE, section="Change a secret")
    (upgrade,) = select(PAGE, section="Upgrade")
    assert restart.text in upgrade.text
    names = ("RABBITMQ_WORKER_PASSWORD", "POSTGRES_PASSWORD", "REDIS_PASSWORD")
    old = {name: host.secret(name) for name in names}
    for change in changes:
        host.run(change.text)
    assert all(host.secret(name) != old[name] for name in names)
    refused = host.try_to_run(f"sudo rabbitmqctl authenticate_user worker {old['RABBITMQ_WORKER_PASSWORD']}")
    assert refused.returncode != 0
    migrate, _, look = upgrade.text.splitlines()
    host.run(f"{migrate}\n{restart.text}")
    host.run("curl --silent --fail --retry 20 --retry-connrefused http://127.0.0.1:3200/health/live")
    assert visitor.wait_for(visitor.start(number=3), "SUCCESS")["meta"]["attempt"] == 1
    # With the new passwords: each server answers it. The restart has not waited for workers and Beat.
    assert poll(lambda: "no error" in host.try_to_run(look).stdout, within_s=WITHIN_S)


def test_users_are_given_to_a_broker_by_its_management_pages(host: Host) -> None:
    """As the guide for clouds says, to a broker of which one has no shell."""
    host.set(RABBITMQ_FLOWER_PASSWORD="another-password-of-flower")
    (give, _) = select("cloud.md")
    admin = f"admin:{host.secret('RABBITMQ_PASSWORD')}"
    host.run(give.text, ADMIN=admin, MANAGEMENT=host.rabbitmq.management_url)
    host.run("sudo rabbitmqctl authenticate_user flower another-password-of-flower")


def test_no_command_of_the_guides_was_left_out(host: Host, request: pytest.FixtureRequest) -> None:
    chosen = [item for item in request.session.items if item.path == Path(__file__)]
    if len(chosen) < len([name for name in globals() if name.startswith("test_")]):
        pytest.skip("only some of these tests were chosen")
    ran = {line.strip() for text in host.ran for line in text.splitlines()}
    wanted = {line.strip() for page in RUN for block in select(page) for line in block.text.splitlines()}
    assert wanted - ran == set()
