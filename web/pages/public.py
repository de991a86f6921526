"""What the public pages have in common: who may see them, how long they are kept, where they really stand."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.mixins import AccessMixin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from django.views.generic import TemplateView

from contracts.errors import NoDataset, SnapshotMissing


# Kept, but asked for again: an import changes what a page says. Its ETag is of the text, which names the
# dataset version; what a signed-in user sees holds a token and has another one each time.
@method_decorator(cache_control(private=True, no_cache=True), name="dispatch")
@method_decorator(conditional_page, name="dispatch")
class PublicPage(AccessMixin, TemplateView):
    """A page made from the current dataset. Unlike the shells' it sets no cookie, as its scripts ask nothing.

    Its template extends ``web/public.html``.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (request.user.is_authenticated or settings.ANONYMOUS_ACCESS):
            return self.handle_no_permission()
        try:
            return super().dispatch(request, *args, **kwargs)
        except NoDataset:
            return explain(request, 503, "There is no data yet", "Nothing has been imported so far.")
        except SnapshotMissing as missing:
            return explain(request, 503, "This cannot be shown now", f"{str(missing).capitalize()}.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """``canonical``: the page's address without its query; a view whose pages have several says so."""
        canonical = self.request.build_absolute_uri(self.request.path)
        return super().get_context_data(**{"canonical": canonical, **kwargs})


def explain(request: HttpRequest, status: int, heading: str, *sentences: str) -> HttpResponse:
    """A page that says why there is nothing to see."""
    context = {"heading": heading, "sentences": sentences}
    return render(request, "web/explained.html", context, status=status)
