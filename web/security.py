"""The Content-Security-Policy of every answer: one for our own pages, one for those of packages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

SOURCES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# No text ever becomes markup or code on our pages, so the browser may refuse every attempt.
OWN_POLICY = f"{SOURCES}; require-trusted-types-for 'script'; trusted-types 'none'"
# The scripts of these come with packages and write markup themselves.
PACKAGED_PAGES = ("/admin/", "/api/docs/")
PACKAGED_POLICY = SOURCES


@sync_and_async_middleware
def content_security_policy(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware that sends the policy with everything, files and errors included."""

    def add_policy(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        packaged = request.path.startswith(PACKAGED_PAGES)
        response.headers["Content-Security-Policy"] = PACKAGED_POLICY if packaged else OWN_POLICY
        return response

    def answer(request: HttpRequest) -> HttpResponseBase:
        return add_policy(request, get_response(request))

    # Without this half, every request would change threads on its way through.
    async def answer_async(request: HttpRequest) -> HttpResponseBase:
        response: Awaitable[HttpResponseBase] = get_response(request)
        return add_policy(request, await response)

    return answer_async if iscoroutinefunction(get_response) else answer
