"""Makes of every error that leaves an RFC 9457 ``application/problem+json``, whatever the client accepts."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from http import HTTPStatus

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from rest_framework.exceptions import APIException, Throttled

from api.requests.parameters import InvalidParameter
from contracts.errors import (
    ContractDropped,
    ContractsError,
    InvalidQuery,
    NoDataset,
    NotTrained,
    SnapshotMissing,
    UnknownEntity,
)
from data_processing.errors import (
    AlreadyFinished,
    BadRequestBody,
    Expired,
    KeyReused,
    NotDeletable,
    NotFound,
    NotReplayable,
    NotUnderstood,
    ShareEnded,
    TaskError,
    TooManyShares,
    TryLater,
)
from monitors.errors import AlreadyWatched, SignsNothing, TooManySaved

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[Exception], int] = {
    InvalidQuery: 400,
    UnknownEntity: 404,
    NotTrained: 404,
    NoDataset: 503,
    SnapshotMissing: 410,
    ContractDropped: 410,
    NotFound: 404,
    AlreadyFinished: 409,
    NotDeletable: 409,
    NotReplayable: 409,
    NotUnderstood: 409,
    TooManyShares: 409,
    TooManySaved: 409,
    AlreadyWatched: 409,
    SignsNothing: 409,
    KeyReused: 422,
    TryLater: 429,
    Expired: 410,
    ShareEnded: 410,
}
"""HTTP status of each error that may leave; any other error of ours is a 500."""


def handle_exception(error: Exception, context: Mapping[str, object]) -> HttpResponse:
    """DRF's exception handler. What is not ours to explain is logged and leaves without details."""
    if isinstance(error, TaskError | ContractsError):
        return _from_own(error)
    if isinstance(error, Http404):
        return problem(404, "not-found", "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return problem(403, "permission-denied", str(error) or "You may not do this.")
    if isinstance(error, APIException):
        return _from_framework(error)
    if isinstance(error, RequestDataTooBig):
        return problem(413, "bad-request-body", "The request body is too large.")
    if isinstance(error, SuspiciousOperation | BadRequest | UnreadablePostError):
        return problem(400, "bad-request", "The request cannot be read.")
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("the database is away: %s", error)
        detail = "The database is away for a moment; nothing was accepted. Try again."
        return problem(503, "database-unavailable", detail, headers={"Retry-After": "2"})
    logger.error("unhandled error in %s", context.get("view"), exc_info=error)
    return problem(500, "internal-error", "Something went wrong on our side.")


def problem(
    status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: object
) -> HttpResponse:
    """A problem response; ``members`` are RFC 9457 extension members."""
    body = {
        "type": f"urn:philgeps:problem:{code}",
        "code": code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **members,
    }
    # Not DRF's Response: its renderer is the one that the client asked for, be it of YAML or HTML.
    return HttpResponse(json.dumps(body), status=status, headers=headers, content_type=MEDIA_TYPE)


def _from_own(error: TaskError | ContractsError) -> HttpResponse:
    status = _status_of(error)
    members: dict[str, object] = {}
    if isinstance(error, InvalidQuery):
        place = error.place if isinstance(error, InvalidParameter) else "body"
        members["errors"] = [{"in": place, "pointer": error.pointer, "detail": error.message}]
    if isinstance(error, Expired):
        members["rerun"] = error.rerun
    if isinstance(error, ContractDropped):
        members["last_version"] = error.last_version
    headers = {}
    if isinstance(error, TryLater):
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    # That nothing has been imported yet is no fault, and each visitor would repeat it in the log.
    if status >= 500 and not isinstance(error, NoDataset):
        logger.error("error %s reached the client", error.code, exc_info=error)
    return problem(status, error.code, str(error), headers=headers, **members)


def _status_of(error: TaskError | ContractsError) -> int:
    if isinstance(error, BadRequestBody):
        return error.status
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def _from_framework(error: APIException) -> HttpResponse:
    if isinstance(error, Throttled):
        detail = "You ask more often than you may here (REQUEST_RATE_LIMITS)."
        headers = {"Retry-After": str(max(1, math.ceil(getattr(error, "wait", None) or 0)))}
        return problem(429, "too-many-requests", detail, headers=headers)
    headers = {}
    auth_header = getattr(error, "auth_header", None)
    if auth_header:
        headers["WWW-Authenticate"] = auth_header
    code = str(error.default_code).replace("_", "-")
    members: Mapping[str, object] = getattr(error, "members", {})
    return problem(error.status_code, code, str(error.detail), headers=headers, **members)
