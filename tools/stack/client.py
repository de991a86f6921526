"""A small client of the product's HTTP API: JSON, one visitor's cookies, tasks followed to their end."""

from __future__ import annotations

import json
import shutil
import time
import urllib.request
from collections.abc import Iterator, Mapping
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

from tools.stack.errors import ApiError

TASKS = "/api/v1/data-processing/tasks"
TIMEOUT_S = 60
FIRST_POLL_S, LONGEST_POLL_S = 0.02, 0.25


class Client:
    """One visitor. Paths begin with '/'; answers of status 400 and above raise ApiError."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str, **query: str) -> Any:
        """The JSON of a GET."""
        suffix = f"?{urlencode(query)}" if query else ""
        return self._exchange(urllib.request.Request(self._base_url + path + suffix))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON of a POST of JSON."""
        headers = {"Content-Type": "application/json"}
        data = json.dumps(body).encode()
        return self._exchange(urllib.request.Request(self._base_url + path, data=data, headers=headers))

    def download(self, path: str, target: Path) -> None:
        """Write the body of a GET into a file, in pieces."""
        with self._open(urllib.request.Request(self._base_url + path)) as answer, target.open("wb") as file:
            shutil.copyfileobj(answer, file, 1 << 20)

    def follow(self, task_id: str, *, within_s: float) -> Iterator[Mapping[str, Any]]:
        """The status of a task again and again until it has succeeded; ApiError when it ends otherwise."""
        deadline, pause_s = time.monotonic() + within_s, FIRST_POLL_S
        while True:
            status = self.get(f"{TASKS}/status/", task_id=task_id)
            yield status
            if status["ready"]:
                break
            if time.monotonic() > deadline:
                raise ApiError(f"task {task_id} is {status['state']} after {within_s:.0f} s")
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.3, LONGEST_POLL_S)
        if not status["successful"]:
            raise ApiError(f"task {task_id} ended as {status['state']}: {status['error']}")

    def answer(self, kind: str, body: Mapping[str, Any], *, within_s: float) -> Any:
        """The result of a search or of aggregates, whether it was at hand or had to be computed."""
        accepted = self.post(f"{TASKS}/{kind}/", body)
        if accepted["status"] == "cached":
            return accepted["data"]
        for _status in self.follow(accepted["task_id"], within_s=within_s):
            pass
        return self.get(f"{TASKS}/result/", task_id=accepted["task_id"])

    def _exchange(self, request: urllib.request.Request) -> Any:
        with self._open(request) as answer:
            return json.load(answer)

    def _open(self, request: urllib.request.Request) -> Any:
        try:
            return self._opener.open(request, timeout=TIMEOUT_S)
        except HTTPError as error:
            detail = error.read(2000).decode(errors="replace")
            where = f"{request.get_method()} {request.full_url}"
            raise ApiError(f"{where}: {error.code} {detail}", status=error.code) from error
