"""Asking tools by the SDK's own client."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, Tool

# Without certificates, which nobody shows here and which take a tenth of a second to load.
WEB = httpx2.Client(verify=False, timeout=60)


@dataclass(frozen=True)
class Assistant:
    """A client of the protocol at a site."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    mode: str = "auto"

    def ask(self, tool: str, **arguments: object) -> Any:
        """The answer as JSON; AssertionError where it is refused."""
        result = self.call(tool, arguments)
        assert not result.is_error, result.structured_content
        return result.structured_content

    def ask_badly(self, tool: str, **arguments: object) -> Any:
        """The problem of a call that is refused."""
        result = self.call(tool, arguments)
        assert result.is_error, result.structured_content
        return result.structured_content

    def named(self, token: str) -> Assistant:
        """The same client with a token."""
        return replace(self, headers={**self.headers, "Authorization": f"Bearer {token}"})

    def call(self, tool: str, arguments: dict[str, object]) -> CallToolResult:
        async def scene() -> CallToolResult:
            async with self._connect() as client:
                return await client.call_tool(tool, arguments)

        return asyncio.run(scene())

    def list_tools(self) -> list[Tool]:
        async def scene() -> list[Tool]:
            async with self._connect() as client:
                return (await client.list_tools()).tools

        return asyncio.run(scene())

    def _connect(self) -> Client:
        http_client = httpx2.AsyncClient(headers=self.headers, timeout=60, verify=False)
        return Client(streamable_http_client(f"{self.url}/mcp", http_client=http_client), mode=self.mode)
