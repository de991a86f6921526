"""The settings: what Django's checks say, secrets that can be guessed, values that do not fit each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.checks import ERROR, WARNING, run_checks

from data_processing import broker
from data_processing.operations.doctor.findings import Findings, error, ok, warning

SETTINGS, SECRETS = "settings", "secrets"
EVERYBODYS = frozenset(
    (
        "",
        "admin",
        "changeme",
        "explorer",
        "guest",
        "password",
        "postgres",
        "rabbitmq",
        "redis",
        "root",
        "secret",
    )
)
"""Passwords that are tried first: those of fresh installations, of examples, and none."""
SHORT = 16
"""Fewer letters and digits can be tried by a machine that has a copy of a hash."""
DRAW = 'set another one: python3 -c "import secrets; print(secrets.token_hex(32))"'


@dataclass(frozen=True, kw_only=True)
class Password:
    """``setting`` is the variable whose URL it stands in."""

    setting: str
    user: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """Settings of which each may be right. ``holds`` says whether they are so now."""

    holds: Callable[[], bool]
    text: str
    advice: str


def _is_behind_proxy() -> bool:
    return settings.SECURE_PROXY_SSL_HEADER is not None


MISFITS = (
    Misfit(
        holds=lambda: not settings.DEBUG and _is_behind_proxy() and settings.PROXIES == 0,
        text="a proxy says how requests come (SECURE_PROXY_SSL_HEADER), but PROXIES is 0: all visitors count"
        " as one address, and share its limits",
        advice="set PROXIES to the number of proxies before the web server",
    ),
    Misfit(
        holds=lambda: not settings.DEBUG and not _is_behind_proxy() and settings.PROXIES > 0,
        text="there are PROXIES, but none says how requests come: links begin with http, sign-in is refused",
        advice="set SECURE_PROXY_SSL_HEADER to the header in which the proxy says it",
    ),
    Misfit(
        holds=lambda: not settings.DEBUG and "*" in settings.ALLOWED_HOSTS,
        text="every host name is answered: a stranger's name gets into links",
        advice="name the hosts in ALLOWED_HOSTS",
    ),
    Misfit(
        holds=lambda: (
            not settings.DEBUG
            and any(origin.startswith("http://") for origin in settings.CORS_ALLOWED_ORIGINS)
        ),
        text="CORS_ALLOWED_ORIGINS names a page without HTTPS: whoever sits on the way can change it, and"
        " take the tokens that it sends",
        advice="name the origin with https://",
    ),
    Misfit(
        holds=lambda: not settings.DEBUG and not broker.is_rabbitmq(),
        text="the broker is no RabbitMQ: there are no dead-letter queues and no confirms",
        advice="set CELERY_BROKER_URL to a RabbitMQ",
    ),
    Misfit(
        holds=lambda: settings.SWEEP_EVERY_S > settings.LEASE_S,
        text="SWEEP_EVERY_S is more than LEASE_S: tasks of dead workers wait for the sweep",
        advice="sweep several times a lease",
    ),
    Misfit(
        holds=lambda: settings.CELERY_WORKER_MAX_MEMORY_PER_CHILD < settings.ENGINE_MEMORY_MB * 1024,
        text="WORKER_MAX_MEMORY_MB is less than ENGINE_MEMORY_MB: processes are replaced after each task",
        advice="give processes some hundred megabytes more than the engine",
    ),
    Misfit(
        holds=lambda: settings.EXPORT_KEEP_HOURS > settings.RUN_KEEP_DAYS * 24,
        text="EXPORT_KEEP_HOURS is more than RUN_KEEP_DAYS: files go with their rows before they expire",
        advice="keep the history longer than the files",
    ),
)


def check_django() -> Findings:
    """System checks, ours among them; those for production where DEBUG is off."""
    found = run_checks(include_deployment_checks=not settings.DEBUG)
    serious = [message for message in found if message.level >= WARNING and not message.is_silenced()]
    for message in serious:
        say = error if message.level >= ERROR else warning
        yield say(SETTINGS, str(message.msg).partition("\n")[0], message.hint or "docs/reference/settings.md")
    if not serious:
        yield ok(SETTINGS, "Django's checks have no complaint")


def check_secrets() -> Findings:
    if settings.DEBUG:
        yield ok(SECRETS, "not looked at, because DEBUG is on")
        return
    # SECRET_KEY is one of Django's checks.
    weak = [finding for password in _list_passwords() for finding in _judge(password)]
    yield from weak
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < SHORT:
        yield warning(SECRETS, f"METRICS_TOKEN has less than {SHORT} characters", DRAW)
    if not weak:
        yield ok(SECRETS, "none is a default or short")


def check_fit() -> Findings:
    """Settings that are right each, and wrong together."""
    found = [warning(SETTINGS, one.text, one.advice) for one in MISFITS if one.holds()]
    yield from found
    if not found:
        yield ok(SETTINGS, "they fit each other")


def _list_passwords() -> Iterator[Password]:
    database = settings.DATABASES["default"]
    if "sqlite" not in database["ENGINE"]:
        yield Password(setting="DATABASE_URL", user=database["USER"], text=database["PASSWORD"])
    for url in settings.CELERY_BROKER_URL.split(";"):
        yield _take_password("CELERY_BROKER_URL", url)
    yield _take_password("CELERY_RESULT_BACKEND", settings.CELERY_RESULT_BACKEND)


def _take_password(setting: str, url: str) -> Password:
    parts = urlsplit(url)
    return Password(setting=setting, user=parts.username or "", text=unquote(parts.password or ""))


def _judge(password: Password) -> Findings:
    """The password itself is not shown."""
    if password.text.lower() in EVERYBODYS or password.text == password.user:
        yield error(
            SECRETS, f"the password in {password.setting} is missing or one that is tried first", DRAW
        )
    elif len(password.text) < SHORT:
        yield warning(SECRETS, f"the password in {password.setting} has less than {SHORT} characters", DRAW)
