"""Errors that Django answers by itself, with a page: on the API's paths they are problems too."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from api.problems import problem

API_PATH = re.compile(r"/(api|health|metrics)(/|$)")
CODES = {403: "permission-denied", 500: "internal-error"}
DETAILS = {
    400: "A part of the request that is read before all others, such as its Host, is not as it should be.",
    500: "Something went wrong on our side.",
}


def problems_for_the_api(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., object]:
    """Middleware that puts a problem in the place of an error page: an unknown Host, a failure of another
    middleware, a path that leads nowhere."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        page = response.headers.get("Content-Type", "").startswith("text/html")
        # By the type, not the status: what is JSON already was answered by the API itself.
        if response.status_code < 400 or not page or not API_PATH.match(request.path_info):
            return response
        return _make_problem(response)

    return answer


def _make_problem(page: HttpResponseBase) -> HttpResponse:
    status = page.status_code
    phrase = HTTPStatus(status).phrase
    code = CODES.get(status, phrase.lower().replace(" ", "-"))
    # Cookies and Retry-After stay; what describes the page's bytes goes with them.
    kept = {name: value for name, value in page.headers.items() if not name.startswith("Content-")}
    return problem(status, code, DETAILS.get(status, f"{phrase}."), headers=kept)
