"""The page of saved searches, monitors and alerts, and the one that ends mails in one click."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from api.access.owners import owner_of
from data_processing.errors import NotFound
from monitors import watching
from monitors.channels import mail
from web.views import Page


class Saved(Page):
    """One's saved searches, how they are watched, and the alerts."""

    template_name = "web/saved.html"


class Growth(Page):
    """How one's own monitor grew by day."""

    template_name = "web/growth.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            monitor = watching.get_monitor(owner_of(self.request), kwargs["monitor_id"])
        except NotFound as error:
            raise Http404 from error
        return super().get_context_data(monitor=monitor, **kwargs)


# By mail programs too, which have no token of a page; the signed link is all that is needed (RFC 8058).
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ends the mails of the monitors that the link means by POST. GET asks first: programs that look at links
    end nothing."""
    monitors = mail.find_signed(token)
    if not monitors:
        raise Http404
    if request.method == "POST":
        mail.unsubscribe(monitors)
    context = {"names": [monitor.search.name for monitor in monitors], "done": request.method == "POST"}
    return render(request, "web/unsubscribe.html", context)
