"""Letting go of what a request holds while it only waits: its database connection and its thread."""

from __future__ import annotations

from asgiref.sync import SyncToAsync
from django.db import connections


def release_connections() -> None:
    """Give this thread's database connections back; the next query takes one again. For the moment before a
    call that may wait for something else than the database."""
    for connection in connections.all(initialized_only=True):
        # In a transaction it belongs to somebody else (a test).
        if not connection.in_atomic_block:
            connection.close()


def release_request_thread() -> None:
    """Let go of the thread in which the request's middleware and view ran; repeatable.

    Django keeps a thread for a request until its response has been sent; asgiref makes another one if one is
    needed again (to close the response).
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context is not None else None
    if executor is not None:
        executor.shutdown(wait=False)
