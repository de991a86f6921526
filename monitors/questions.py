"""What may be said of saved searches and monitors, read strictly."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Literal

import httpx2
from pydantic import AfterValidator, FailFast, Field, PlainValidator, Strict, WithJsonSchema

from contracts.questions.filters import Filters
from contracts.questions.model import Question, check_by, invalid
from contracts.questions.reading import identifier, storable
from contracts.questions.texts import SEEN, OneOf, clean, sort_distinct
from monitors.channels import TO_OWNERS, TO_RECEIVERS
from monitors.channels.addresses import may_reach
from monitors.models import LONGEST_NAME, LONGEST_NOTE, LONGEST_URL
from monitors.schedules import LONGEST, MEANING, read_schedule

MOST_SEARCHES = 200
"""Saved searches that an owner may have: a list that people can look through."""

_check_text = check_by(storable)


def _read_name(given: str) -> str:
    name = " ".join(clean(_check_text(given)).split())
    if not name:
        raise invalid("needs a name that can be seen")
    return name


Name = Annotated[
    str,
    Strict(),
    Field(max_length=LONGEST_NAME, json_schema_extra={"pattern": SEEN}),
    AfterValidator(_read_name),
]
Note = Annotated[
    str,
    Strict(),
    Field(max_length=LONGEST_NOTE, json_schema_extra={"pattern": r"^[^\u0000]*$"}),
    AfterValidator(_check_text),
]


class SearchToSave(Question):
    """A search to be kept under a name."""

    name: Name
    note: Note = ""
    filters: Filters = Filters()


class SearchChange(Question):
    """What is to become different of a saved search; what is not given stays."""

    name: Name | None = None
    note: Note | None = None
    filters: Filters | None = None


class SearchFile(Question):
    """Saved searches as they are exported and imported."""

    format: Literal["philgeps-saved-searches"] = "philgeps-saved-searches"
    version: Literal[1] = 1
    searches: Annotated[tuple[SearchToSave, ...], FailFast(), Field(max_length=MOST_SEARCHES)]


def _read_id(given: object, pointer: str) -> str:
    return str(identifier(given, pointer))


Identity = Annotated[
    str, PlainValidator(check_by(_read_id)), WithJsonSchema({"type": "string", "format": "uuid"})
]
"""The id of a row, which is a UUID, as text."""
Schedule = Annotated[
    str, Strict(), Field(max_length=LONGEST, description=MEANING), AfterValidator(read_schedule)
]
Channels = Annotated[
    tuple[Annotated[str, OneOf(TO_OWNERS, "channel that needs no receiver")], ...],
    Field(max_length=len(TO_OWNERS)),
    AfterValidator(sort_distinct),
]
MOST_RECEIVERS = 20
"""Receivers that an owner may have."""
Receivers = Annotated[tuple[Identity, ...], Field(max_length=MOST_RECEIVERS), AfterValidator(sort_distinct)]


def _read_url(given: str) -> str:
    """As it is given, where a request can be sent there. Where its name leads, each try looks anew."""
    try:
        url = httpx2.URL(_check_text(given))
        host = url.raw_host.decode("ascii")
    except (httpx2.InvalidURL, UnicodeError) as error:
        raise invalid(f"is no address: {error}") from None
    if url.scheme not in ("http", "https") or not host or not 0 < (url.port or 80) < 65536:
        raise invalid("must begin with https:// or http://, and name a host")
    if url.userinfo or url.fragment or not given.isprintable() or " " in given:
        raise invalid("must hold no password, fragment or space")
    if _is_closed(host):
        raise invalid("leads where nothing may be posted to")
    return given


def _is_closed(host: str) -> bool:
    """Whether it is the number of an address that may not be posted to. Names are looked up at each try."""
    try:
        return not may_reach(ip_address(host))
    except ValueError:
        return False


Url = Annotated[
    str,
    Strict(),
    Field(
        max_length=LONGEST_URL,
        json_schema_extra={"pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s#@]+$"},
    ),
    AfterValidator(_read_url),
]


class MonitorToMake(Question):
    """A saved ``search`` that is to be watched. Alerts are always shown on the site; ``channels`` tell them
    elsewhere too, and ``receivers``, by their ids, are posted them."""

    search: Identity
    schedule: Schedule = "version"
    channels: Channels = ()
    receivers: Receivers = ()


class MonitorChange(Question):
    """What is to become different of a monitor; what is not given stays."""

    schedule: Schedule | None = None
    channels: Channels | None = None
    receivers: Receivers | None = None
    paused: Annotated[bool, Strict()] | None = None


class ReceiverToMake(Question):
    """An address of one's own to which a ``channel`` is to post alerts."""

    name: Name
    channel: Annotated[str, OneOf(TO_RECEIVERS, "channel with receivers")] = "webhook"
    url: Url


class ReceiverChange(Question):
    """What is to become different of a receiver; what is not given stays."""

    name: Name | None = None
    url: Url | None = None
    disabled: Annotated[bool, Strict()] | None = None
