"""Django system checks for settings that must not be combined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from backend import tls
from contracts.writers.excel import SHEET_ROWS


def check_secret_key(**_: Any) -> list[CheckMessage]:
    if not settings.DEBUG and settings.SECRET_KEY.startswith("insecure-"):
        return [
            Error(
                "SECRET_KEY must be set when DEBUG is off: visitors are known by what it signs",
                id="backend.E001",
            )
        ]
    return []


def check_lease(**_: Any) -> list[CheckMessage]:
    if settings.LEASE_S < 2:
        return [Error("LEASE_S under 2 seconds would fence out workers that merely pause", id="backend.E002")]
    return []


def check_split(**_: Any) -> list[CheckMessage]:
    if not 1 <= settings.EXPORT_SPLIT_ROWS <= SHEET_ROWS:
        return [Error(f"EXPORT_SPLIT_ROWS must be from 1 to {SHEET_ROWS}, a full sheet", id="backend.E006")]
    return []


def check_ocds_prefix(**_: Any) -> list[CheckMessage]:
    # The validator of OCDS refuses others.
    if not re.fullmatch("ocds-[a-z0-9]{6,}", settings.OCDS_PREFIX):
        return [Error("OCDS_PREFIX must be ocds- and six small letters or digits", id="backend.E011")]
    return []


def check_export_folders(**_: Any) -> list[CheckMessage]:
    if not settings.EXPORT_FOLDER_SHARED and "exports" not in settings.STORAGES:
        return [
            Error(
                "EXPORT_FOLDER_SHARED=0: hosts have export folders of their own, so that finished files "
                "need a place that all hosts see; set EXPORT_S3_BUCKET",
                id="backend.E007",
            )
        ]
    return []


def check_tls(**_: Any) -> list[CheckMessage]:
    """An authority that is named for an address without TLS, by which passwords would travel in the clear."""
    brokers = settings.CELERY_BROKER_URL.split(";")
    return [
        *_check_ca_file("DATABASE", "a PostgreSQL", "sqlite" not in settings.DATABASES["default"]["ENGINE"]),
        *_check_ca_file("CELERY_BROKER", "amqps:// alone", all(map(tls.is_tls, brokers))),
        *_check_ca_file("REDIS", "rediss://", tls.is_tls(settings.CELERY_RESULT_BACKEND)),
    ]


def _check_ca_file(server: str, address: str, fits: bool) -> Iterator[CheckMessage]:
    name = f"{server}_CA_FILE"
    file = getattr(settings, name)
    if file and not fits:
        yield Error(f"{name} is set: its address must be {address}", id="backend.E008")
    if file and not Path(file).is_file():
        yield Error(f"{name}: there is no file {file}", id="backend.E009")


def check_sqlite(**_: Any) -> list[CheckMessage]:
    if not settings.DEBUG and "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        return [Warning("SQLite serves one machine only; use PostgreSQL in production", id="backend.W001")]
    return []


def check_rate_limits(**_: Any) -> list[CheckMessage]:
    """Rates for what has none: a slip of the pen would be no limit at all."""
    # By its name: the registry needs the models, which are not loaded when this module is.
    kinds = import_string("data_processing.kinds.registry.KINDS")
    askers = import_string("api.access.throttles.RATES")
    return [
        *_check_names("TASK_RATE_LIMITS", kinds, "kinds", id="backend.E003"),
        *_check_names("REQUEST_RATE_LIMITS", askers, "rates", id="backend.E010"),
    ]


def _check_names(setting: str, known: Iterable[str], what: str, *, id: str) -> Iterator[CheckMessage]:
    unknown = sorted(set(getattr(settings, setting)) - set(known))
    if unknown:
        yield Error(f"{setting} names {', '.join(unknown)}; the {what} are {', '.join(known)}", id=id)


def check_downloads(**_: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    prefix = settings.EXPORT_ACCEL_PREFIX
    if prefix and "exports" in settings.STORAGES:
        problems.append(
            Error(
                "EXPORT_ACCEL_PREFIX lets nginx send files of the export folder; with EXPORT_S3_BUCKET there "
                "are none",
                id="backend.E004",
            )
        )
    if prefix and not (prefix.startswith("/") and prefix.endswith("/")):
        problems.append(Error("EXPORT_ACCEL_PREFIX must begin and end with /", id="backend.E005"))
    return problems
