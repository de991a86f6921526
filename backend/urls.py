"""Which room answers which path."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("web.urls")),
    path("", include("api.urls")),
    path("admin/", admin.site.urls),
]
