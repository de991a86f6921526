"""Typed reading of environment variables, and of the file that may hold some of them. With
``backend.secrets`` the only reader of ``os.environ``; every name appears in docs/reference/settings.md."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv

from backend import secrets

N = TypeVar("N", int, float)


def load_file(name: str, default: Path) -> None:
    """Take over into the environment, where libraries look as well, what the file says that the variable
    ``name`` names, or ``default``, which may be missing. What is set there already wins. Raises
    ImproperlyConfigured that names the file."""
    chosen = os.environ.get(name)
    path = Path(chosen or default)
    try:
        if path.exists():
            load_dotenv(path)
        elif chosen:
            raise ImproperlyConfigured(f"{name}: there is no file {path}")
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"settings cannot be read from {path}: {error}") from error


def text(name: str, default: str, *, aliases: Sequence[str] = ()) -> str:
    """The first value of ``name`` and its ``aliases``."""
    return next((value for each in (name, *aliases) if (value := os.environ.get(each))), default)


def secret(name: str, default: str, *, aliases: Sequence[str] = ()) -> str:
    """The same of a value that nobody should see, which may also come from a file or a service. Raises
    ImproperlyConfigured that names the variable."""
    return next((value for each in (name, *aliases) if (value := secrets.get(each))), default)


def number(name: str, default: int) -> int:
    """A whole number. Raises ImproperlyConfigured that names the variable."""
    return _read_number(name, default, int, "a whole number")


def seconds(name: str, default: float) -> float:
    """A duration in seconds, above zero. Raises ImproperlyConfigured that names the variable."""
    return _read_number(name, default, float, "a number of seconds above zero", fits=lambda read: read > 0)


def percent(name: str, default: float) -> float:
    """From 0 to 100. Raises ImproperlyConfigured that names the variable."""
    return _read_number(name, default, float, "a number from 0 to 100", fits=lambda read: 0 <= read <= 100)


def seconds_list(name: str, default: Sequence[float]) -> tuple[float, ...]:
    """Durations in seconds, separated by commas. Raises ImproperlyConfigured that names the variable."""
    value = os.environ.get(name)
    if not value:
        return tuple(default)
    try:
        return tuple(float(part) for part in value.split(","))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be seconds separated by commas, got {value!r}") from None


def rates(name: str) -> dict[str, tuple[int, float]]:
    """Rates by name, such as ``export=30/60,search=600/60``: name to (count, seconds). Raises
    ImproperlyConfigured that names the variable."""
    return dict(_parse_rate(name, part) for part in words(name, ()))


def flag(name: str, default: bool) -> bool:
    """True or False from 1/0, true/false, yes/no, on/off. Raises ImproperlyConfigured."""
    value = (os.environ.get(name) or str(default)).lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, got {value!r}")


def words(name: str, default: Sequence[str]) -> list[str]:
    """Words separated by commas."""
    value = os.environ.get(name)
    return [part.strip() for part in value.split(",") if part.strip()] if value else list(default)


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Networks such as ``10.1.0.0/16``, separated by commas. Raises ImproperlyConfigured that names the
    variable."""
    try:
        return [ip_network(part) for part in words(name, ())]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be networks separated by commas: {error}") from None


def _read_number(
    name: str, default: N, convert: Callable[[str], N], meaning: str, fits: Callable[[N], bool] | None = None
) -> N:
    value = os.environ.get(name) or str(default)
    try:
        read = convert(value)
    except ValueError:
        read = None
    if read is None or (fits and not fits(read)):
        raise ImproperlyConfigured(f"{name} must be {meaning}, got {value!r}")
    return read


def _parse_rate(name: str, text: str) -> tuple[str, tuple[int, float]]:
    match = re.fullmatch(r"([a-z_]+)=(\d+)/(\d+(?:\.\d+)?)", text)
    if match is None or int(match[2]) == 0 or float(match[3]) == 0:
        raise ImproperlyConfigured(f"{name} must look like export=30/60 (count/seconds), got {text!r}")
    return match[1], (int(match[2]), float(match[3]))
