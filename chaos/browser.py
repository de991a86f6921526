"""HTTP as one visitor speaks it: cookies, two web servers, answers that may never come."""

from __future__ import annotations

import http.client
import json
import random
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

TIMEOUT_S = 30


class NoAnswer(Exception):
    """The server was gone before it had answered."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Status and JSON body of an answer (None where the body is no JSON)."""

    status: int
    body: Any

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300


class Browser:
    """One visitor's cookies; each call goes to a web server chosen at random."""

    def __init__(self, urls: Sequence[str], rng: random.Random) -> None:
        self._urls = urls
        self._rng = rng
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        url: str | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> Answer:
        """One exchange, at the server `url` if given. Raises NoAnswer."""
        request = urllib.request.Request(
            (url or self._rng.choice(self._urls)) + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **(headers or {})},
            method=method,
        )
        try:
            with self._opener.open(request, timeout=timeout_s) as answer:
                return Answer(status=answer.status, body=_parse(answer.read()))
        except HTTPError as error:
            return Answer(status=error.code, body=_parse(_read(error)))
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{method} {path}: {error!r}") from error

    def download(self, path: str, target: Path) -> int:
        """The status of a GET whose body goes into a file. Raises NoAnswer."""
        request = urllib.request.Request(self._rng.choice(self._urls) + path)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                target.write_bytes(answer.read())
                return int(answer.status)
        except HTTPError as error:
            return error.code
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"GET {path}: {error!r}") from error


def _read(error: HTTPError) -> bytes:
    try:
        return error.read()
    except (OSError, http.client.HTTPException):
        return b""


def _parse(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
