"""The OpenAPI document and the page that shows it."""

from __future__ import annotations

from functools import cache

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from api.requests.parameters import Choice, Text
from api.view import ApiView

RENDERERS = {
    renderer.media_type: renderer
    for renderer in (OpenApiYamlRenderer, OpenApiYamlRenderer2, OpenApiJsonRenderer, OpenApiJsonRenderer2)
}
NAMED = {"yaml": OpenApiYamlRenderer.media_type, "json": OpenApiJsonRenderer.media_type}


class Document(ApiView):
    """The OpenAPI document, as YAML or JSON by Accept, or by ``format``."""

    query = (Choice(name="format", choices=tuple(NAMED)),)
    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = tuple(RENDERERS.values())
    schema = None

    def get(self, request: Request) -> HttpResponse:
        media_type = NAMED.get(self.asked["format"], request.accepted_renderer.media_type)
        return HttpResponse(_render(media_type), content_type=media_type)


# Half a second of work, and the same for everybody.
@cache
def _render(media_type: str) -> str | bytes:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return RENDERERS[media_type]().render(document, renderer_context={})


class DocumentPage(ApiView, SpectacularSwaggerSplitView):
    """The document as a page to read and to try calls on; with ``script``, the page's script."""

    query = (Text(name="script"),)
    schema = None
    url_name = "schema"
    # A template of ours, because the packaged one has inline styles and scripts.
    template_name = "web/swagger.html"
