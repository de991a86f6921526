"""The errors of this room; it must not know the product's own errors."""

from __future__ import annotations


class StackError(Exception):
    """Something does not run as it should; the message is meant for the person at the terminal."""


class ProgramMissing(StackError):
    """A server's program is not installed; the message names the package to install."""


class StartFailed(StackError):
    """A program died or did not become ready in time; the message ends with its last log lines."""


class ApiError(StackError):
    """The running system answered with an error (its HTTP `status`) or with what cannot be right (None)."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
