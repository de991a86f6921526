"""Which room answers which path."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.urls import include, path, re_path
from django.utils.module_loading import import_string

from data_processing.api.views.health import UnknownPath


def documentation(view: str, **options: Any) -> Callable[[HttpRequest], HttpResponseBase]:
    """A view of drf_spectacular, loaded by the first request: a process takes half a second to load it."""

    @cache
    def load() -> Callable[[HttpRequest], HttpResponseBase]:
        return import_string(f"drf_spectacular.views.{view}").as_view(**options)  # type: ignore[no-any-return]

    return lambda request: load()(request)


urlpatterns = [
    path("", include("web.urls")),
    path("", include("data_processing.api.urls")),
    path("admin/", admin.site.urls),
    path("api/schema/", documentation("SpectacularAPIView"), name="schema"),
    # A template of ours, because the packaged one has inline styles and scripts.
    path(
        "api/docs/",
        documentation("SpectacularSwaggerSplitView", url_name="schema", template_name="web/swagger.html"),
        name="docs",
    ),
    re_path(r"^api/", UnknownPath.as_view()),
]
