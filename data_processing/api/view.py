"""What all endpoints have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.views import APIView

from data_processing.api.parameters import Parameter, read_query


class ApiView(APIView):
    """An endpoint. ``query`` declares the query parameters that it takes; ``asked`` holds their values."""

    query: ClassVar[Sequence[Parameter]] = ()
    asked: Mapping[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # A method that is not there is told first: the parameters are those of the others.
        if hasattr(self, (request.method or "").lower()):
            self.asked = read_query(request._request, self.query)
