"""The pages: shells that their scripts fill from the public API. Knows no contract and no task."""

from __future__ import annotations

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.generic import TemplateView

PICKERS = (
    {"field": "contractors", "label": "Contractor", "hint": "Who got the contract"},
    {"field": "organizations", "label": "Organization", "hint": "The procuring entity"},
    {"field": "areas", "label": "Area of delivery", "hint": "Province, city or region"},
    {"field": "business_categories", "label": "Category", "hint": "What was bought"},
)
"""The name lists of the API's filters, as the form shows them."""


@method_decorator(ensure_csrf_cookie, name="dispatch")
class Explorer(TemplateView):
    """Search, filter and export. Sets the CSRF cookie, because a signed-in user's scripts send it back."""

    template_name = "web/explorer.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(pickers=PICKERS, **kwargs)
