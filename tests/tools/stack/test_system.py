"""What the system says of itself, and who may use its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.stack.errors import StackError, StartFailed
from tools.stack.logs import FileLog, TerminalLog
from tools.stack.ports import pick_port
from tools.stack.servers import EmbeddedRedis
from tools.stack.system import System


def make_system(folder: Path, **configured: str) -> System:
    return System(folder, port=pick_port(), write=FileLog(folder / "logs"), configured=configured)


def test_nothing_configured_means_the_embedded_default(tmp_path: Path) -> None:
    carriers = make_system(tmp_path).carriers
    assert carriers.broker == carriers.result_backend == "redis (embedded)"
    assert carriers.database == "sqlite (embedded)"


def test_configured_servers_are_named_without_credentials(tmp_path: Path) -> None:
    carriers = make_system(
        tmp_path,
        CELERY_BROKER_URL="amqp://explorer:secret@127.0.0.1:5672//",
        CELERY_RESULT_BACKEND="redis://:secret@cache:6379/1",
        DATABASE_URL="postgresql://explorer:secret@db/explorer",
    ).carriers
    assert carriers.broker == "amqp://127.0.0.1:5672"
    assert carriers.result_backend == "redis://cache:6379"
    assert carriers.database == "postgresql://db"


def test_configured_servers_win_over_embedded_ones(tmp_path: Path) -> None:
    system = make_system(tmp_path, CELERY_BROKER_URL="amqp://broker//", CELERY_RESULT_BACKEND="")
    assert system.environment["CELERY_BROKER_URL"] == "amqp://broker//"
    assert "CELERY_RESULT_BACKEND" not in system.environment
    assert system.environment["DATA_DIR"] == str(tmp_path)


def test_second_system_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with make_system(tmp_path), pytest.raises(StackError, match="already runs"), make_system(tmp_path):
        pass
    with make_system(tmp_path):
        pass


def test_busy_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with EmbeddedRedis() as somebody:
        system = System(tmp_path, port=somebody.port, write=FileLog(tmp_path), configured={})
        with pytest.raises(StartFailed, match=f"port {somebody.port} is in use"), system:
            pass


def test_file_log_keeps_one_file_per_program(tmp_path: Path) -> None:
    FileLog(tmp_path / "logs")("web", "of an earlier start")
    log = FileLog(tmp_path / "logs")
    log("web", "started")
    log("beat", "tick")
    log("web", "stopped")
    assert (tmp_path / "logs" / "web.log").read_text() == "started\nstopped\n"
    assert (tmp_path / "logs" / "beat.log").read_text() == "tick\n"


def test_terminal_log_puts_the_name_before_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    log = TerminalLog()
    log("web", "started")
    log("interactive", "ready")
    printed = capsys.readouterr().out.splitlines()
    assert [line.split("|") for line in printed] == [["web         ", " started"], ["interactive ", " ready"]]
