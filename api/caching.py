"""Whether the API's answers may be kept by browsers and proxies: not at all, unless a view says so."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

PATHS = ("/api/", "/health/", "/metrics")


def keep_nothing(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Middleware that forbids to keep an answer, also a problem, where the view has not said otherwise."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        # It belongs to who asked. The next to use the browser, or a proxy on the way, is somebody else.
        if request.path.startswith(PATHS):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return answer
