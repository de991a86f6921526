"""Request bodies: strict JSON of bounded size and depth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from django.conf import settings
from rest_framework.parsers import BaseParser

from data_processing.errors import BadRequestBody


class BoundedJSONParser(BaseParser):
    """Parses a JSON object. Raises BadRequestBody for anything else."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        limit = settings.MAX_REQUEST_BYTES
        # Once more than in backend.bodies: other servers, and Django's test client, do not come by there.
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BadRequestBody(f"the request body is larger than {limit:,} bytes", status=413)
        try:
            data = json.loads(body.decode("utf-8"), parse_constant=_reject_constant)
        except UnicodeDecodeError as error:
            raise BadRequestBody(
                f"the request body is not UTF-8: {error.reason} at byte {error.start}"
            ) from None
        except json.JSONDecodeError as error:
            raise BadRequestBody(
                f"the request body is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
            ) from None
        # Python's parser recurses into each bracket, and its int() takes 4,300 digits at most.
        except (RecursionError, ValueError) as error:
            raise BadRequestBody(f"the request body cannot be read: {error}") from None
        if not isinstance(data, dict):
            raise BadRequestBody("the request body must be a JSON object")
        return data


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
