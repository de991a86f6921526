"""Which room answers which path."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

from data_processing.api.views.health import UnknownPath

urlpatterns = [
    path("", include("web.urls")),
    path("", include("data_processing.api.urls")),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    # Templates of ours, because the packaged ones have inline scripts and fetch fonts from another host.
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="web/swagger.html"),
        name="docs",
    ),
    path(
        "api/redoc/",
        SpectacularRedocView.as_view(url_name="schema", template_name="web/redoc.html"),
        name="redoc",
    ),
    re_path(r"^api/", UnknownPath.as_view()),
]
