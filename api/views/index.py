"""Which endpoints there are: the index, and what is answered where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import getdoc
from typing import Any, ClassVar, TypedDict, cast

from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.urls import Resolver404, URLPattern, get_resolver, get_script_prefix, resolve, reverse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from api.document import shapes
from api.view import Answer, ApiView
from data_processing.errors import NotFound

PLACEHOLDER = re.compile(r"<(?:\w+:)?(\w+)>")
PARAGRAPH_END = re.compile(r"\n\s*\n")


class Endpoint(TypedDict):
    """An address of the API. ``url`` has the names of its variable parts in braces; ``scopes`` says what a
    token must be allowed, by method: no token may do others."""

    name: str
    url: str
    methods: list[str]
    parameters: list[str]
    scopes: dict[str, str]
    description: str


class Addresses(TypedDict):
    """All addresses of the API, those of operators included; where they are described whole."""

    endpoints: list[Endpoint]
    document: shapes.Path
    docs: shapes.Path


class Index(ApiView):
    """What the API can do: each address with its methods, query parameters and a description."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    answers: ClassVar = {"GET": {200: Answer(meaning="the addresses", shape=Addresses)}}

    def get(self, request: Request) -> Response:
        found: Addresses = {
            "endpoints": [_describe(pattern) for pattern in _list_patterns() if _view(pattern).is_there()],
            "document": reverse("schema"),
            "docs": reverse("docs"),
        }
        return Response(found)


class MissingSlash(NotFound):
    """Something would be at the address with a slash at its end."""

    code = "missing-slash"


class UnknownPath(ApiView):
    """Whatever the API has no answer for: a problem, not a page. Who only left out the last slash is led to
    the address, or told it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Without a look at the query string, which belongs to the address with the slash.
        if not _lacks_slash(request.path_info):
            raise NotFound("there is nothing at this address")
        # Not redirected: many clients make a GET of a POST that is.
        if request.method not in ("GET", "HEAD"):
            raise MissingSlash(
                f"addresses here end with a slash; send this to {request.path}/. Nothing was done"
            )

    def get(self, request: Request, *args: str) -> HttpResponse:
        return HttpResponsePermanentRedirect(request._request.get_full_path(force_append_slash=True))


def _lacks_slash(path: str) -> bool:
    """Whether there is something at the address with a slash at its end."""
    if path.endswith("/"):
        return False
    try:
        view = resolve(f"{path}/").func
    except Resolver404:
        return False
    return getattr(view, "view_class", None) is not UnknownPath


def _list_patterns() -> Iterator[URLPattern]:
    """Those of the API that have a name; they stand in one flat list."""
    for pattern in get_resolver("api.urls").url_patterns:
        if isinstance(pattern, URLPattern) and pattern.name:
            yield pattern


def _view(pattern: URLPattern) -> type[ApiView]:
    return cast(type[ApiView], cast(Any, pattern.callback).view_class)


def _describe(pattern: URLPattern) -> Endpoint:
    view = _view(pattern)
    # Of the view itself, or of the one that it is made from.
    about = getdoc(view) or ""
    return {
        "name": str(pattern.name),
        "url": get_script_prefix() + PLACEHOLDER.sub(r"{\1}", str(pattern.pattern)),
        "methods": [method.upper() for method in ("get", "post", "patch", "delete") if hasattr(view, method)],
        "parameters": [parameter.name for parameter in view.query],
        "scopes": dict(view.scopes) if view.authentication_classes else {},
        "description": " ".join(PARAGRAPH_END.split(about)[0].split()),
    }
