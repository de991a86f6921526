"""The OpenAPI document, put together from what the views declare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from django.conf import settings
from drf_spectacular import authentication
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.negotiation import DefaultContentNegotiation

from api.access.owners import IsOwner
from api.document import json_schema
from api.models import SCOPES
from api.requests.headers import RETRY_AFTER, WWW_AUTHENTICATE
from api.view import Answer, ApiView, refusal
from contracts.questions.model import Question, Schema


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """An API token; the requirement names the scope that the operation needs."""

    target_class = "api.access.authentication.TokenAuthentication"
    name = "tokenAuth"

    def get_security_definition(self, auto_schema: AutoSchema) -> Any:
        meanings = "; ".join(f"`{scope}`: {words}" for scope, words in SCOPES.items())
        return {"type": "http", "scheme": "bearer", "description": f"Made on the page /tokens/. {meanings}."}

    def get_security_requirement(self, auto_schema: AutoSchema) -> Any:
        scope = cast(ApiView, auto_schema.view).scopes.get(auto_schema.method)
        return None if scope is None else {self.name: [scope]}


class SessionScheme(authentication.SessionScheme):  # type: ignore[no-untyped-call]
    target_class = "api.access.authentication.SessionAuthentication"


class BasicScheme(authentication.BasicScheme):  # type: ignore[no-untyped-call]
    """For installations where BASIC_AUTH is on."""

    target_class = "api.access.authentication.BasicAuthentication"

    def get_security_requirement(self, auto_schema: AutoSchema) -> Any:
        return super().get_security_requirement(auto_schema) if settings.BASIC_AUTH else None


class Components(dict[str, Schema]):
    """What one shape refers to by name. What ``registry`` has already counts as described: the generator asks
    for each shape some ten times, and most shapes refer to the same models."""

    def __init__(self, registry: ComponentRegistry) -> None:
        super().__init__()
        self._registry = registry

    def __contains__(self, name: object) -> bool:
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, object=name)  # type: ignore[no-untyped-call]
        return super().__contains__(name) or component in self._registry


class DescribedSchema(AutoSchema):
    """Describes an operation by what its ApiView declares."""

    def is_excluded(self) -> bool:
        return not self._endpoint.is_there()

    def get_operation_id(self) -> str:
        # By the view, not by the path: generated clients name their functions after it.
        makes = self.method == "POST" and hasattr(self.view, "get")
        act = "Create" if makes else {"DELETE": "Delete", "PATCH": "Change"}.get(self.method, "")
        return f"{type(self.view).__name__}{act}"

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation and self._body and any(one.is_required() for one in self._body.model_fields.values()):
            operation["requestBody"]["required"] = True
        return operation

    def get_request_serializer(self) -> Any:
        return None if self._body is None else {"application/json": self._describe(self._body)}

    def get_auth(self) -> Any:
        anonymous = any(isinstance(one, IsOwner) for one in self._endpoint.get_permissions())
        # An empty requirement is OpenAPI's way to say that it can be done without.
        return [*super().get_auth(), *([{}] if anonymous and settings.ANONYMOUS_ACCESS else [])]

    def get_response_serializers(self) -> Any:
        return {
            (str(status), *answer.media_types): OpenApiResponse(
                None if answer.shape is None else self._describe(answer.shape), description=answer.meaning
            )
            for status, answer in self._answers.items()
        }

    def get_override_parameters(self) -> list[Any]:
        return [*self._query(), *self._request_headers(), *self._answer_headers()]

    @property
    def _endpoint(self) -> ApiView:
        return cast(ApiView, self.view)

    @property
    def _body(self) -> type[Question] | None:
        return self._endpoint.body if self.method in ("POST", "PATCH") else None

    @property
    def _answers(self) -> Mapping[int, Answer]:
        mine = self._endpoint.answers[self.method]
        return dict(sorted({**self._common_refusals(), **mine}.items()))

    def _common_refusals(self) -> dict[int, Answer]:
        """What any endpoint of its sort may answer, whatever it is about."""
        found = {400: refusal("what is asked cannot be read; errors names it")}
        if self._endpoint.get_authenticators():
            found |= {
                401: refusal("sign in first", WWW_AUTHENTICATE),
                403: refusal(
                    "not allowed, or the CSRF token is missing, or the token lacks the scope",
                    replace(WWW_AUTHENTICATE, always=False),
                ),
                503: refusal("the database is away for a moment", RETRY_AFTER),
            }
            if settings.BASIC_AUTH or settings.REQUEST_RATE_LIMITS:
                found[429] = refusal("too many requests, or wrong passwords", RETRY_AFTER)
        if "{" in self.path:
            found[404] = refusal("there is no such thing, or it is somebody else's")
        if self._endpoint.content_negotiation_class is DefaultContentNegotiation:
            found[406] = refusal("none of the accepted media types can be answered")
        if self._body is not None:
            found[408] = refusal("the body took too long")
            found[413] = refusal("the body is too large")
            found[415] = refusal("the body is not of the type application/json")
        return found

    def _describe(self, shape: Any) -> Schema:
        components = Components(self.registry)
        schema = json_schema.describe(shape, components)
        for name, component in components.items():
            self.registry.register_on_missing(
                ResolvedComponent(name, ResolvedComponent.SCHEMA, component, object=name)  # type: ignore[no-untyped-call]
            )
        return schema

    def _query(self) -> Iterator[OpenApiParameter]:
        for parameter in self._endpoint.query:
            yield OpenApiParameter(
                parameter.name,
                parameter.describe(),
                required=parameter.required,
                description=parameter.meaning,
                default=parameter.default,
            )

    def _request_headers(self) -> Iterator[OpenApiParameter]:
        for header in self._endpoint.heeds:
            yield OpenApiParameter(
                header.name, header.schema, OpenApiParameter.HEADER, description=header.meaning
            )

    def _answer_headers(self) -> Iterator[OpenApiParameter]:
        for status, answer in self._answers.items():
            for header in answer.headers:
                yield OpenApiParameter(
                    header.name,
                    header.schema,
                    OpenApiParameter.HEADER,
                    required=header.always,
                    description=header.meaning,
                    response=[status],
                )
