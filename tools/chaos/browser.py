"""HTTP as one visitor speaks it: cookies, two web servers, answers that may never come."""

from __future__ import annotations

import http.client
import json
import random
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from tools.chaos.calls import Call, Calls, name_route

TIMEOUT_S = 30


class NoAnswer(Exception):
    """The server was gone before it had answered."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Status and JSON body of an answer (None where the body is no JSON)."""

    status: int
    body: Any

    @property
    def code(self) -> str:
        """That of a problem, "" for other answers."""
        return find_code(self.body) if self.status >= 400 else ""

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300


class Browser:
    """One visitor's cookies; each call goes to a web server chosen at random and is noted in `calls`."""

    def __init__(self, urls: Sequence[str], rng: random.Random, calls: Calls) -> None:
        self.calls = calls
        self._urls = urls
        self._rng = rng
        self._jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))

    @property
    def cookie(self) -> str:
        """The visitor's cookies, for a header of that name."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    def choose_url(self) -> str:
        """One of the web servers."""
        return self._rng.choice(self._urls)

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        url: str | None = None,
        timeout_s: float = TIMEOUT_S,
        wait_s: int = 0,
        hangs_up: bool = False,
    ) -> Answer:
        """One exchange, at the server `url` if given. Raises NoAnswer.

        The server may take `wait_s` for its answer; who `hangs_up` does not mean to hear it (`timeout_s`).
        """
        request = urllib.request.Request(
            (url or self.choose_url()) + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **_prefer(wait_s), **(headers or {})},
            method=method,
        )
        answer, began = None, time.time()
        try:
            answer = self._exchange(request, timeout_s=timeout_s)
            return answer
        finally:
            self.calls.add(
                Call(
                    method=method,
                    route=name_route(path),
                    status=answer.status if answer else None,
                    code=answer.code if answer else "",
                    began=began,
                    ended=time.time(),
                    wait_s=wait_s,
                    hung_up=hangs_up and answer is None,
                )
            )

    def download(self, path: str, target: Path) -> int:
        """The status of a GET whose body goes into a file. Raises NoAnswer."""
        status, began = None, time.time()
        try:
            with self._open(urllib.request.Request(self.choose_url() + path)) as answer:
                status = int(answer.status)
                target.write_bytes(answer.read())
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"GET {path}: {error!r}") from error
        finally:
            route, ended = name_route(path), time.time()
            self.calls.add(Call(method="GET", route=route, status=status, began=began, ended=ended))
        return status

    def _exchange(self, request: urllib.request.Request, *, timeout_s: float) -> Answer:
        status = 0
        try:
            with self._open(request, timeout_s=timeout_s) as answer:
                status = answer.status
                return Answer(status=status, body=_parse(answer.read()))
        except (OSError, http.client.HTTPException) as error:
            if status >= 400:  # a refusal counts, whether or not its reasons came through
                return Answer(status=status, body=None)
            raise NoAnswer(f"{request.method} {request.full_url}: {error!r}") from error

    def _open(self, request: urllib.request.Request, *, timeout_s: float = TIMEOUT_S) -> Any:
        try:
            return self._opener.open(request, timeout=timeout_s)
        except HTTPError as error:  # an answer too
            return error


def find_code(body: Any) -> str:
    """The code of a problem, "" for what is none."""
    return str(body.get("code", "")) if isinstance(body, dict) else ""


def _prefer(wait_s: int) -> dict[str, str]:
    return {"Prefer": f"wait={wait_s}"} if wait_s else {}


def _parse(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
