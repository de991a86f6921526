"""Answers that get better when one waits, for the handler in backend/asgi.py."""

from __future__ import annotations

from abc import abstractmethod


class Later:
    """Beside HttpResponse in the bases of a response: it is complete, and may become a better one.

    The handler waits, in the event loop and without the request's thread and database connection, and then
    completes it. Where there is no event loop (WSGI, a test client) it is sent as it is.
    """

    @abstractmethod
    async def wait(self) -> bool:
        """Wait until there is something to complete; False when nobody waited. Cancelled when the client is
        gone."""

    @abstractmethod
    def complete(self) -> None:
        """Make the answer what it can be now. Called in a thread, after the middleware."""
