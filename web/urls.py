"""Paths of the pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from web.views import Compare, Datasets, Explorer, Help, MyTasks, Operations

urlpatterns = [
    path("", Explorer.as_view(), name="explorer"),
    path("compare/", Compare.as_view(), name="compare"),
    path("tasks/", MyTasks.as_view(), name="my-tasks"),
    path("operations/", Operations.as_view(), name="operations"),
    path("datasets/", Datasets.as_view(), name="datasets"),
    path("help/", Help.as_view(), name="help"),
    path(
        "login/",
        LoginView.as_view(template_name="web/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
]
