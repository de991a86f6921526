"""What people see who have tried too many passwords."""

from __future__ import annotations

import math
from collections.abc import Callable

from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from data_processing.errors import TooManyTries


class TooManyTriesPage:
    """Middleware that answers with the login page and a sentence, also where the admin's was used."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    # A middleware, because the login forms of the site and of the admin are views of Django's.
    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, TooManyTries):
            return None
        context = {"form": AuthenticationForm(), "next": request.POST.get("next", ""), "refused": str(error)}
        response = render(request, "web/login.html", context, status=429)
        response.headers["Retry-After"] = str(math.ceil(error.retry_after_s))
        return response
