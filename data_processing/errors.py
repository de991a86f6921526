"""The error tree of the task machine. ``code`` is stable; ``retryable``: can trying again help?"""

from __future__ import annotations


class TaskError(Exception):
    """Root of all errors that the machine raises on purpose. Its text may be shown to the task's owner."""

    code = "task-error"
    retryable = False


class WorkCancelled(TaskError):
    """The owner asked to stop; raised inside the work at its next checkpoint."""

    code = "cancelled"


class LeaseLost(TaskError):
    """Another worker owns the run by now; whatever this one made must vanish."""

    code = "lease-lost"


class RehearsedFailure(TaskError):
    """A rehearsal that was told to fail."""

    code = "rehearsed-failure"
    retryable = True


class TimeLimitExceeded(TaskError):
    """The work took longer than its kind allows."""

    code = "time-limit"


class ExportTooLarge(TaskError):
    """The export would break the limit of rows."""

    code = "export-too-large"


class NotFound(TaskError):
    """No such thing, or it belongs to somebody else: the two are not told apart."""

    code = "not-found"


class AlreadyFinished(TaskError):
    """The task has ended; it cannot be cancelled any more."""

    code = "already-finished"


class NotDeletable(TaskError):
    """A task that cannot be taken out of the history (yet)."""

    code = "not-deletable"


class TryLater(TaskError):
    """Too much at the moment; ``retry_after_s`` says when it may be less."""

    def __init__(self, message: str, *, retry_after_s: float = 5) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooManyTasks(TryLater):
    """The owner has as many unfinished tasks as one may have, or asks more often than the kind allows."""

    code = "too-many-tasks"


class ExportStoreFull(TryLater):
    """All export files together would take more than they may."""

    code = "export-store-full"

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after_s=600)


class TooManyTries(TryLater):
    """Too many wrong passwords for an account, or from an address, in a while."""

    code = "too-many-tries"


class KeyReused(TaskError):
    """An Idempotency-Key came with another body than before."""

    code = "idempotency-key-reused"


class NotUnderstood(TaskError):
    """A task of another version of the program: this one shows it, but cannot run it."""

    code = "not-understood"


class UnreadableRequest(TaskError):
    """The work of a run that another version of the program recorded and this one cannot read. A worker of
    that version can do it, so that the run is tried again."""

    code = "unreadable-request"
    retryable = True


class BadCall(TaskError):
    """A task that was sent by Celery with arguments that are no request."""

    code = "bad-call"


class NotReplayable(TaskError):
    """A dead letter that cannot be replayed or discarded (any more)."""

    code = "not-replayable"


class Expired(TaskError):
    """It existed, but its time is over. ``rerun`` is the id of the task that can be run again."""

    code = "expired"

    def __init__(self, message: str, *, rerun: str) -> None:
        super().__init__(message)
        self.rerun = rerun


class ShareEnded(TaskError):
    """The link to a file was revoked, or its time is over."""

    code = "share-ended"


class TooManyShares(TaskError):
    """A file has as many links as it may have."""

    code = "too-many-shares"


class BadRequestBody(TaskError):
    """A request body that is not JSON, too large, or not an object."""

    code = "bad-request-body"

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
