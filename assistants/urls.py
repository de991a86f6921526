"""Paths of what is read by machine. That of the protocol is answered before Django (``endpoint``)."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from assistants.overview import describe_site


@require_safe
def llms_txt(request: HttpRequest) -> HttpResponse:
    text = describe_site(request.build_absolute_uri)
    return HttpResponse(
        text, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "max-age=3600"}
    )


urlpatterns = [path("llms.txt", llms_txt, name="llms-txt")]
