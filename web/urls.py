"""Paths of the pages."""

from django.urls import path

from web.views import Explorer

urlpatterns = [path("", Explorer.as_view(), name="explorer")]
