"""Which room answers which path."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from data_processing.api.views.health import UnknownPath

urlpatterns = [
    path("", include("web.urls")),
    path("", include("data_processing.api.urls")),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    # A template of ours, because the packaged one has inline styles and scripts.
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="web/swagger.html"),
        name="docs",
    ),
    re_path(r"^api/", UnknownPath.as_view()),
]
