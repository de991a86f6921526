"""Responses that get better by waiting, for which the handler in backend/asgi.py waits."""

from __future__ import annotations

from abc import abstractmethod


class Later:
    """A base, beside HttpResponse, of responses that are complete and may become better ones.

    The handler waits, in the event loop and without the request's thread and database connection, and then
    completes the response. Where there is no event loop (WSGI, a test client) it is sent as it is.
    """

    @abstractmethod
    async def wait(self) -> bool:
        """Wait until there is something to complete; False when nobody waited. Cancelled when the client is
        gone."""

    @abstractmethod
    def complete(self) -> None:
        """Make the answer what it can be now. Called in a thread, after the middleware."""
