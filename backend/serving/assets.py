"""Scripts, styles and images of the pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware


class Assets(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Middleware that answers with the static files, from where they lie in the packages."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "HTTP_IF_NONE_MATCH" in request.META:
            # Compressed, a file has a weak ETag; whitenoise compares letter by letter.
            request.META["HTTP_IF_NONE_MATCH"] = request.META["HTTP_IF_NONE_MATCH"].removeprefix("W/")
        response: HttpResponseBase = super().__call__(request)
        return response
