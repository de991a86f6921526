"""The tools as a server of the Model Context Protocol, by its kept SDK.

Stateless and in JSON: any web process answers any call, and between two calls there is nothing to keep.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as OfferedTool
from starlette.requests import Request

from api.problems import handle_exception
from assistants.budget import take_call
from assistants.calls import Api, Application, Problem
from assistants.schemas import describe_arguments
from assistants.tools import TOOLS, Tool
from contracts.errors import ContractsError
from data_processing.errors import TaskError

Context = ServerRequestContext[Any, Any]
INSTRUCTIONS = (
    "Public procurement contracts of the Philippines (PhilGEPS). Amounts are pesos, as decimal text. "
    "Filters take names exactly as they are stored: look them up with find_names, or mean all names with "
    'some words by {"contains": "public works && district"}. Counts and totals are exact; where `truncated` '
    "is true the rows are not all there are: ask for the next page, for totals, or for an export. Give "
    "people the `permalink`, and say of which day the data is (`as_of`). The flood-control source overlaps "
    "the main one and is left out unless asked for."
)


def make_manager(application: Application) -> StreamableHTTPSessionManager:
    """What answers requests of the protocol, by calls of our API; for one life of an event loop."""

    offered = [describe_tool(tool) for tool in TOOLS.values()]

    async def list_tools(_: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=offered)

    async def call_tool(context: Context, wanted: CallToolRequestParams) -> CallToolResult:
        tool = TOOLS.get(wanted.name)
        if tool is None:
            raise MCPError(INVALID_PARAMS, f"there is no tool {wanted.name!r}; there are {', '.join(TOOLS)}")
        # The SDK keeps the request of its web framework beside each message.
        scope = cast(Request, context.request).scope
        return await answer_call(application, scope, tool, wanted.arguments)

    server = Server(
        "philgeps-data-explorer",
        title="PhilGEPS Data Explorer",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    # Hosts and origins are looked at by our own settings, before the request comes here.
    return StreamableHTTPSessionManager(
        server, json_response=True, stateless=True, max_request_body_size=settings.MAX_REQUEST_BYTES
    )


def describe_tool(tool: Tool[Any]) -> OfferedTool:
    """The tool as clients of the protocol read it."""
    return OfferedTool(
        name=tool.name,
        title=tool.title,
        description=tool.about,
        input_schema=describe_arguments(tool.takes),
        annotations=ToolAnnotations(
            title=tool.title, read_only_hint=not tool.changes, destructive_hint=False, open_world_hint=False
        ),
    )


async def answer_call(
    application: Application, scope: Mapping[str, Any], tool: Tool[Any], given: Mapping[str, Any] | None
) -> CallToolResult:
    """What the tool answers; what it refuses is an answer too, which a model can read and do better."""
    request = ASGIRequest(dict(scope), BytesIO())
    try:
        await sync_to_async(take_call, thread_sensitive=False)(request)
        return _tell(await tool.run(Api(application, scope, request), given))
    except Problem as problem:
        return _tell(problem.members, refused=True)
    except (ContractsError, TaskError) as error:
        return _tell(json.loads(handle_exception(error, {}).content), refused=True)


def _tell(body: Mapping[str, Any], *, refused: bool = False) -> CallToolResult:
    # As text too: many clients show a model nothing else.
    text = json.dumps(body, ensure_ascii=False)
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=dict(body), is_error=refused
    )
