"""Paths of the pages."""

from django.urls import path
from django.views.generic import TemplateView

urlpatterns = [path("", TemplateView.as_view(template_name="web/explorer.html"), name="explorer")]
