"""What the room's endpoints have in common."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.views import APIView

from api.models import READ
from api.requests.parameters import InvalidParameter
from api.view import ApiView
from compat.bodies import Body


class OldView(ApiView):
    """An endpoint as the incumbent's clients know it: unknown parameters are passed over. It stands in no
    document."""

    # The OpenAPI document is of the API that is here to stay.
    schema = None
    # The incumbent asks by POST as well.
    scopes: ClassVar = {"GET": READ, "POST": READ}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Not ApiView's, which refuses what it does not know.
        APIView.initial(self, request, *args, **kwargs)
        self.asked = {}
        for parameter in self.query:
            text = request.query_params.get(parameter.name)
            if text is None and parameter.required:
                raise InvalidParameter("query", parameter.name, "is required")
            known = parameter.default if text is None else parameter.read(text, f"/{parameter.name}")
            self.asked[parameter.name] = known

    @staticmethod
    def body_of(request: Request) -> Body:
        """The body, which the parser makes sure is an object; empty where there is none."""
        return cast(Body, request.data)
