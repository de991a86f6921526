"""Which room answers which path."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("web.urls")),
    # Before the API, whose paths some of these are.
    *([path("", include("compat.urls"))] if settings.COMPAT else []),
    path("", include("assistants.urls")),
    path("", include("api.urls")),
    path("admin/", admin.site.urls),
]
