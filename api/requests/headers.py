"""Reads request headers, as strictly as bodies where a wrong one would change what is done. Others are
ignored when they cannot be read, as RFC 9110 and RFC 7240 say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rest_framework.request import Request

from api.requests.parameters import InvalidParameter
from contracts.questions.model import Schema

# Below what proxies wait for an answer: a minute with nginx, unless it is told otherwise.
MAX_WAIT_S = 30
MAX_KEY_LENGTH = 200

# No blank at its ends, which servers cut off.
KEY = re.compile(rf"^[!-~]([ -~]{{0,{MAX_KEY_LENGTH - 2}}}[!-~])?$")
SECONDS = re.compile(r'[0-9]{1,9}|"[0-9]{1,9}"')
BYTE_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)", re.IGNORECASE)
BEYOND_ALL = 10**20


@dataclass(frozen=True, kw_only=True)
class Header:
    """A header that changes an answer, as the OpenAPI document describes it."""

    name: str
    meaning: str
    schema: Schema = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, kw_only=True)
class AnswerHeader(Header):
    """A header of an answer; ``always``: it is never missing."""

    always: bool = True


PREFER = Header(
    name="Prefer",
    meaning=f"RFC 7240: with wait=N the answer may take N seconds, at most {MAX_WAIT_S}, and be the result "
    "then; other preferences are ignored",
)
IDEMPOTENCY_KEY = Header(
    name="Idempotency-Key",
    meaning="the same key with the same request is the same task, for a day",
    schema={"type": "string", "pattern": KEY.pattern},
)
IF_NONE_MATCH = Header(name="If-None-Match", meaning="RFC 9110: answer 304 if this ETag is still right")
RANGE = Header(name="Range", meaning="RFC 9110: one range of bytes; anything else is ignored")
IF_RANGE = Header(name="If-Range", meaning="RFC 9110: heed Range only if this ETag is still right")
LAST_EVENT_ID = Header(name="Last-Event-ID", meaning="the id of the last event seen")

_URL: Schema = {"type": "string", "format": "uri-reference"}
_SECONDS: Schema = {"type": "integer", "minimum": 0}
# A weak one where the answer came compressed.
_ETAG: Schema = {"type": "string", "pattern": '^(W/)?"[0-9a-f]+"$'}

LOCATION = AnswerHeader(name="Location", meaning="where to look next", schema=_URL)
RETRY_AFTER = AnswerHeader(name="Retry-After", meaning="seconds after which to come again", schema=_SECONDS)
MAYBE_RETRY_AFTER = AnswerHeader(
    name="Retry-After",
    meaning="seconds after which to come again, while it may change",
    schema=_SECONDS,
    always=False,
)
PREFERENCE_APPLIED = AnswerHeader(
    name="Preference-Applied",
    meaning="the wait=N that was heeded",
    schema={"type": "string", "pattern": "^wait=[0-9]+$"},
    always=False,
)
ETAG = AnswerHeader(name="ETag", meaning="changes with the answer", schema=_ETAG)
ACCEPT_RANGES = AnswerHeader(name="Accept-Ranges", meaning="Range is heeded", schema={"const": "bytes"})
CONTENT_RANGE = AnswerHeader(
    name="Content-Range",
    meaning="which bytes of how many",
    schema={"type": "string", "pattern": r"^bytes ([0-9]+-[0-9]+|\*)/[0-9]+$"},
)
CONTENT_DISPOSITION = AnswerHeader(name="Content-Disposition", meaning="the file's name")
WWW_AUTHENTICATE = AnswerHeader(name="WWW-Authenticate", meaning="how to sign in")


def read_idempotency_key(request: Request) -> str | None:
    """The Idempotency-Key. Raises InvalidParameter."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        message = f"must have 1 to {MAX_KEY_LENGTH} printable ASCII characters"
        raise InvalidParameter("header", "Idempotency-Key", message)
    return key


def read_wait_s(request: Request) -> int | None:
    """N of ``Prefer: wait=N`` (RFC 7240), at most MAX_WAIT_S; other preferences are ignored, as it says.
    Raises InvalidParameter where N is no number of seconds."""
    for preference in request.headers.get("Prefer", "").split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":
            # Not ignored, though the RFC would allow it: who asks to wait shall know that nobody does.
            if not SECONDS.fullmatch(value.strip()):
                raise InvalidParameter("header", "Prefer", "wait must be a whole number of seconds")
            return min(int(value.strip().strip('"')), MAX_WAIT_S)
    return None


def names_etag(request: Request, etag: str) -> bool:
    """Whether If-None-Match names ``etag`` (RFC 9110, weak comparison)."""
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    return etag in known or known == ["*"]


def read_range(request: Request, *, size: int, etag: str) -> tuple[int, int] | None:
    """The half-open range of ``size`` bytes that Range asks for; None if it lies beyond them. All bytes where
    Range is no single range, or where If-Range names another file."""
    match = BYTE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or match.groups() == ("", "") or request.headers.get("If-Range", etag) != etag:
        return 0, size
    first, last = match.groups()
    if not first:
        length = _offset(last)
        return (max(0, size - length), size) if length else None
    start, end = _offset(first), _offset(last) if last else size
    # "9-3" is no range by the grammar, however large the file is.
    if end < start and last:
        return 0, size
    return (start, min(size, end + 1)) if start < size else None


def _offset(digits: str) -> int:
    """The number, or one beyond every file."""
    # int() refuses more than 4,300 digits with an error of its own.
    known = digits.lstrip("0") or "0"
    return int(known) if len(known) < 20 else BEYOND_ALL
