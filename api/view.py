"""What all endpoints have in common: a view declares what it takes and answers, for the code that reads it
and for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from api.access.owners import expect_user
from api.access.tokens import require_scope
from api.document.shapes import Problem
from api.models import READ
from api.problems import MEDIA_TYPE
from api.requests.headers import AnswerHeader, Header
from api.requests.parameters import Parameter, read_query
from contracts.questions.model import Question


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One of the answers of an endpoint. ``shape`` is the type of its body (``api.document.shapes``);
    None where it has none."""

    meaning: str
    shape: Any = None
    headers: Sequence[AnswerHeader] = ()
    media_types: Sequence[str] = ("application/json",)


def refusal(meaning: str, *headers: AnswerHeader) -> Answer:
    """An answer that is a problem. Those that any endpoint may give need no declaration."""
    return Answer(meaning=meaning, shape=Problem, headers=headers, media_types=(MEDIA_TYPE,))


class ApiView(APIView):
    """An endpoint. ``query`` declares its query parameters, whose values ``asked`` holds; ``heeds`` the
    headers that change its answer; ``body`` the type of the body of a POST, or of a PATCH; ``answers`` what
    it answers, by method and status; ``scopes`` what a token must be allowed, by method: no token may do
    others."""

    query: ClassVar[Sequence[Parameter]] = ()
    heeds: ClassVar[Sequence[Header]] = ()
    body: ClassVar[type[Question] | None] = None
    answers: ClassVar[Mapping[str, Mapping[int, Answer]]] = {}
    scopes: ClassVar[Mapping[str, str]] = {"GET": READ}
    asked: Mapping[str, Any]

    @classmethod
    def is_there(cls) -> bool:
        """Whether this installation has the endpoint."""
        return True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # A method that is not there is told first: the parameters are those of the others.
        if hasattr(self, (request.method or "").lower()):
            self.asked = read_query(request._request, self.query)

    def check_permissions(self, request: Request) -> None:
        if self.authentication_classes:
            expect_user(request)
        super().check_permissions(request)
        method = "GET" if request.method == "HEAD" else request.method or ""
        # What is not there, or only describes itself, is answered as to anybody.
        if method != "OPTIONS" and hasattr(self, method.lower()):
            require_scope(request, self.scopes.get(method))

    def get_throttles(self) -> list[BaseThrottle]:
        # What asks nobody who they are is for supervisors, and costs little.
        return super().get_throttles() if self.authentication_classes else []

    def get_authenticate_header(self, request: Request) -> str:
        # Of all ways that are on; the framework would tell the first one only.
        challenges = [one.challenge(request) for one in self.get_authenticators()]  # type: ignore[attr-defined]
        return ", ".join(filter(None, challenges))
