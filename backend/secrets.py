"""Where passwords and keys come from: a file, Google Secret Manager, the environment.

A value is kept in memory for a few minutes, because a start asks for each more than once, and a service that
does not answer for a moment should not stop one.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from django.core.exceptions import ImproperlyConfigured

logger = logging.getLogger(__name__)

PROJECT, ENDPOINT, PREFIX = "GOOGLE_SECRETS_PROJECT", "GOOGLE_SECRETS_ENDPOINT", "GOOGLE_SECRETS_PREFIX"
KEPT_S = 300.0
ASK_WITHIN_S = 5.0
EXTRA = "pip install 'philgeps-data-explorer[google]'"


class Store(Protocol):
    """A service that keeps secrets."""

    def read(self, name: str) -> str | None:
        """None where there is no such secret. Raises OSError where the service does not answer."""

    def write(self, name: str, value: str) -> None:
        """A new version of the secret. Raises OSError."""


@dataclass(frozen=True)
class GoogleStore:
    """Secrets of a project in Google Secret Manager, named by ``prefix`` and the name of the variable. It is
    spoken to by REST: gRPC's threads do not survive the fork of a worker's children."""

    project: str
    prefix: str
    endpoint: str | None = None

    def read(self, name: str) -> str | None:
        errors = import_module("google.api_core.exceptions")
        path = f"projects/{self.project}/secrets/{self.prefix}{name}/versions/latest"
        try:
            answer = self._client().access_secret_version(name=path, timeout=ASK_WITHIN_S, retry=None)
        except errors.NotFound:
            return None
        except errors.GoogleAPIError as error:
            raise OSError(f"Google Secret Manager: {error}") from error
        value: bytes = answer.payload.data
        return value.decode()

    def write(self, name: str, value: str) -> None:
        errors = import_module("google.api_core.exceptions")
        parent = f"projects/{self.project}"
        client, secret = self._client(), f"{parent}/secrets/{self.prefix}{name}"
        try:
            try:
                client.get_secret(name=secret, timeout=ASK_WITHIN_S)
            except errors.NotFound:
                made: dict[str, dict[str, dict[str, str]]] = {"replication": {"automatic": {}}}
                client.create_secret(
                    parent=parent, secret_id=f"{self.prefix}{name}", secret=made, timeout=ASK_WITHIN_S
                )
            version = {"data": value.encode()}
            client.add_secret_version(parent=secret, payload=version, timeout=ASK_WITHIN_S)
        except errors.GoogleAPIError as error:
            raise OSError(f"Google Secret Manager: {error}") from error

    def _client(self) -> Any:
        # By its name: the package is an extra, and costs each start a third of a second.
        try:
            library = import_module("google.cloud.secretmanager_v1")
        except ImportError:
            raise ImproperlyConfigured(f"{PROJECT} needs the package of the extra: {EXTRA}") from None
        if self.endpoint is None:
            return library.SecretManagerServiceClient(transport="rest")
        anonymous = import_module("google.auth.credentials").AnonymousCredentials()
        transport = library.SecretManagerServiceClient.get_transport_class("rest")
        scheme, _, host = self.endpoint.partition("://")
        return library.SecretManagerServiceClient(
            transport=transport(host=host, url_scheme=scheme, credentials=anonymous)
        )


def get_store() -> Store | None:
    """The service that the environment names, if any."""
    project = os.environ.get(PROJECT)
    if not project:
        return None
    return GoogleStore(project, os.environ.get(PREFIX, ""), os.environ.get(ENDPOINT))


_kept: dict[str, tuple[float, str]] = {}


def get(name: str) -> str | None:
    """The secret: from the file that ``NAME_FILE`` names, from the service, from the variable; None where
    none has it. Raises ImproperlyConfigured that names the variable."""
    value = _read_file(name) or _read_store(name)
    if value and name in os.environ:
        # Celery looks into CELERY_BROKER_URL by itself, before the settings.
        os.environ[name] = value
    return value or os.environ.get(name) or None


def forget() -> None:
    """Ask the service anew."""
    _kept.clear()


def _read_file(name: str) -> str | None:
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return None
    try:
        # Editors and `echo` end a file with a line break, which no secret of ours has.
        value = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read: {error}") from error
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE: {path} is empty")
    return value


def _read_store(name: str) -> str | None:
    store = get_store()
    if store is None:
        return None
    read_at, value = _kept.get(name, (0.0, ""))
    if value and time.monotonic() - read_at < KEPT_S:
        return value
    try:
        answer = store.read(name)
    except OSError as error:
        if not value and not os.environ.get(name):
            raise ImproperlyConfigured(f"{name} cannot be read: {error}") from error
        logger.warning("%s is taken as it was, or from the environment: %s", name, error)
        return value or None
    if answer:
        _kept[name] = (time.monotonic(), answer)
    return answer
